"""How well the model predicts measured training runs, row by row; for your own runs too.

FILE is a CSV in the columns of data/published_runs.csv; blanks get the defaults that clustermath/measured.py lists.
Example: python -m clustermath validate
"""

from ..measured import PUBLISHED
from ..validation import validate


def add_arguments(parser):
    parser.add_argument("file", nargs="?", default=PUBLISHED, metavar="FILE", help="measured runs (the published ones)")


def run(args):
    try:
        return validate(args.file)
    except OSError as problem:
        raise ValueError(f"{args.file}: {problem.strerror}") from None
