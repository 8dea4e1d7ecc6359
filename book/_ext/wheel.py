"""The book's code as a wheel beside the exported notebooks, which install it where they lie alone: book/pyproject.toml says what is in it.

`make downloads` builds it, with the PDF and the zip: in a copy of the book nobody needs it. Its bytes follow from the
code's alone, since hatchling dates every file alike. Its name changes with the version in CITATION.cff only, so that a
notebook downloaded some time ago finds the wheel of today.
"""

import re
import tomllib
from pathlib import Path

FOLDER = "notebooks"


def wheel_name(book: Path) -> str:
    """What the wheel of the code in `book` is called."""
    settings = tomllib.loads((book / "pyproject.toml").read_text(encoding="utf-8"))
    version = settings["tool"]["hatch"]["version"]
    found = re.search(version["pattern"], (book / version["path"]).read_text(encoding="utf-8"))
    return f"{settings['project']['name'].replace('-', '_')}-{found['version']}-py3-none-any.whl"


def requirements(book: Path) -> list[str]:
    """The packages that the code in `book` needs, each from a version on: "numpy>=2.0"."""
    return tomllib.loads((book / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]


def build_wheel(book: Path, folder: Path) -> Path:
    """Write the wheel of the code in `book` into `folder`, in place of earlier ones."""
    from hatchling.builders.wheel import WheelBuilder  # of the tests' requirements: a build of the book does without

    made = Path(next(WheelBuilder(str(book)).build(directory=str(folder), versions=["standard"])))
    for earlier in [path for path in folder.glob("*.whl") if path != made]:
        earlier.unlink()
    return made
