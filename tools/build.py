"""Build the book into _build/html: `jupyter-book build . -W --keep-going -n`, a second or two sooner.

Jupyter Book checks _config.yml with jsonschema, which, as soon as it is imported, builds a grammar of the addresses in
RFC 3987 if a package for it is here, as it is beside JupyterLab. No setting of a book is held against that grammar.
"""

import sys
from pathlib import Path

sys.modules["rfc3987_syntax"] = None  # as if it were not installed; jsonschema does without

from jupyter_book.cli.main import main  # noqa: E402

if __name__ == "__main__":
    main(["build", str(Path(__file__).resolve().parent.parent), "-W", "--keep-going", "-n", *sys.argv[1:]])
