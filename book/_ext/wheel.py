"""The book's code as a wheel beside the exported notebooks, which install it where they lie alone: book/pyproject.toml says what is in it.

`make downloads` builds it, with the PDF and the zip: in a copy of the book nobody needs it. Its bytes follow from the
code's alone, since hatchling dates every file alike. Its name changes with the version in CITATION.cff only, so that a
notebook downloaded some time ago finds the wheel of today.
"""

import hashlib
import re
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

from livefigure.fonts import FEATURES, GLYPHS, subset
from livefigure.look import WEIGHTS, font_file

from .fonts import GREEK, source

FOLDER = "notebooks"
PACKAGES = ("clustermath", "figures", "livefigure")
INSIDE = "font-source-sans-pro"  # the package whose faces the wheel has in itself
LETTERS = GLYPHS | {*GREEK}  # what figures say, and a reader's own in the notebook may


def wheel_name(book: Path) -> str:
    """What the wheel of the code in `book` is called."""
    settings = tomllib.loads((book / "pyproject.toml").read_text(encoding="utf-8"))
    version = settings["tool"]["hatch"]["version"]
    found = re.search(version["pattern"], (book / version["path"]).read_text(encoding="utf-8"))
    return f"{settings['project']['name'].replace('-', '_')}-{found['version']}-py3-none-any.whl"


def requirements(book: Path) -> list[str]:
    """The packages that the code in `book` needs, each from a version on: "numpy>=2.0"."""
    return tomllib.loads((book / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]


def wheel_requirements(book: Path) -> list[str]:
    """Those of them that the wheel beside the notebooks asks for."""
    return [package for package in requirements(book) if not package.startswith(INSIDE)]


def fingerprint(book: Path) -> str:
    """What tells the modules in `book` from those of another day: the first cell of a notebook computes it of those it finds."""
    files = sorted(file.relative_to(book).as_posix() for package in PACKAGES for file in (book / package).rglob("*.py"))
    return hashlib.sha256(b"".join(file.encode() + (book / file).read_bytes() for file in files)).hexdigest()[:16]


def build_wheel(book: Path, folder: Path) -> Path:
    """Write the wheel of the code in `book` into `folder`, in place of earlier ones, with the faces that its figures are drawn in."""
    from hatchling.builders.wheel import WheelBuilder  # of the tests' requirements: a build of the book does without

    settings = tomllib.loads((book / "pyproject.toml").read_text(encoding="utf-8"))
    settings["project"]["dependencies"] = wheel_requirements(book)
    included = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    with TemporaryDirectory() as faces:
        for file in map(font_file, WEIGHTS):
            subset(file, LETTERS, FEATURES, form=None).save(Path(faces) / file.name)
            included[str(Path(faces) / file.name)] = f"livefigure/faces/{file.name}"
        included[str(source("font_source_sans_pro", "LICENSE.txt"))] = "livefigure/faces/LICENSE.txt"
        made = Path(next(WheelBuilder(str(book), config=settings).build(directory=str(folder), versions=["standard"])))
    for earlier in [path for path in folder.glob("*.whl") if path != made]:
        earlier.unlink()
    return made
