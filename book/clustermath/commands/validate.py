"""How well the model predicts measured training runs, row by row; for your own runs too.

FILE is a CSV in the columns of data/published_runs.csv; blanks get the defaults that clustermath/measured.py lists.
A chip that the book doesn't know is described in a CSV as data/chips.csv; `row` takes the same file.
Example: python -m clustermath validate
"""

from ..cli import own_chips
from ..measured import PUBLISHED
from ..validation import validate


def add_arguments(parser):
    parser.add_argument("file", nargs="?", default=PUBLISHED, metavar="FILE", help="measured runs (the published ones)")
    parser.add_argument("--chip-file", type=own_chips, default={}, metavar="CHIPS", help="a CSV in the columns of data/chips.csv: chips that the rows name")


def run(args):
    try:
        return validate(args.file, args.chip_file)
    except OSError as problem:
        raise ValueError(f"{args.file}: {problem.strerror}") from None
