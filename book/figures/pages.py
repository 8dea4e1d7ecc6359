"""Where each figure stands: its page, and its number, counted from `_toc.yml` and from the cells of the pages.

Chapters are the pages of the parts without a caption; the third figure that the second of them shows is figure 2.3.
A cell shows a figure if it ends in `the_module.figure()` or in a name that an earlier line gave to one.
"""

import ast
import re
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(---\n.*?\n---\n|(?::[\w-]+:[^\n]*\n)*)(.*?)^```", re.MULTILINE | re.DOTALL)
PACKAGE = "figures"


@dataclass(frozen=True)
class Page:
    """A page of the book. file: as `_toc.yml` has it, "book/power". chapter: its number, 0 if it is no chapter. part: its part's caption."""

    file: str
    chapter: int = 0
    part: str = ""

    @property
    def kicker(self) -> str:
        """The small line above the page's title."""
        return f"Chapter {self.chapter}" if self.chapter else self.part


@dataclass(frozen=True)
class Place:
    """Where a figure stands. number: "4.1", or nothing on a page that is no chapter."""

    page: Page
    number: str = ""


def below(entry: dict):
    """The files of an entry of `_toc.yml`, its children's after its own."""
    if "file" in entry:
        yield entry["file"]
    for child in (*entry.get("parts", ()), *entry.get("chapters", ()), *entry.get("sections", ())):
        yield from below(child)


def pages(root: Path = ROOT) -> list[Page]:
    """The pages of the book at `root` in their order; none where there is no `_toc.yml`, as in a copy of the code alone,
    or no PyYAML, as in a reader's own Python, which needs no numbers of figures."""
    if not (root / "_toc.yml").is_file() or find_spec("yaml") is None:
        return []
    import yaml

    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    found = [Page(toc["root"])]
    for part in toc.get("parts", [toc]):
        for chapter in part.get("chapters", ()):
            number = 0 if "caption" in part else 1 + sum(page.chapter > 0 for page in found)
            found += [Page(file, number if file == chapter.get("file") else 0, part.get("caption", "")) for file in below(chapter)]
    return found


def cells(text: str) -> list[ast.Module]:
    """The code cells of a page's Markdown that the build runs, parsed; one that is not Python is left out."""
    found = []
    for options, cell in CELL.findall(text):
        if "skip-execution" in options:
            continue
        try:
            found.append(ast.parse(cell))
        except SyntaxError:  # half-written, or a magic command: the build says so, if it is one to say
            continue
    return found


def shown(text: str) -> list[str]:
    """The modules whose figures a page shows, in its order: "four_clocks", "gallery.curve"."""
    modules: dict[str, str] = {}  # a name in the cells → the module it stands for
    figures: dict[str, str] = {}  # a name in the cells → the module whose figure it holds
    order = []

    def made(value) -> str:
        """The module whose figure an expression makes or names."""
        match value:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="figure")):
                return modules.get(name, "")
            case ast.Name(id=name):
                return figures.get(name, "")
        return ""

    for cell in cells(text):
        for statement in cell.body:
            match statement:
                case ast.ImportFrom(module=package, names=names) if package and package.split(".")[0] == PACKAGE:
                    inside = package.removeprefix(PACKAGE).removeprefix(".")
                    modules |= {alias.asname or alias.name: f"{inside}.{alias.name}".removeprefix(".") for alias in names}
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if made(value):
                    figures[name] = made(value)
                case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                    figures |= {target.id: made(value) for target, value in zip(targets, values) if isinstance(target, ast.Name) and made(value)}
        if cell.body and isinstance(cell.body[-1], ast.Expr) and made(cell.body[-1].value):
            order.append(made(cell.body[-1].value))
    return order


def name_of(module: str) -> str:
    """What the figure of a module is called: `figures.four_clocks` makes "four-clocks", `gallery.curve` "gallery-curve"."""
    return module.removeprefix(f"{PACKAGE}.").replace(".", "-").replace("_", "-")


def count(root: Path = ROOT) -> dict[str, Place]:
    """Each figure that a page shows → where it stands: in the first chapter that shows it, or else on the first page.

    ValueError if two chapters show the same figure, or one shows it twice: its number would stand twice.
    """
    places: dict[str, Place] = {}
    for page in pages(root):
        file = root / f"{page.file}.md"
        for at, name in enumerate(map(name_of, shown(file.read_text(encoding="utf-8")) if file.is_file() else ()), 1):
            if page.chapter and name in places and places[name].number:
                raise ValueError(f"{page.file}.md shows {name} again, which is figure {places[name].number}, in {places[name].page.file}.md; show it once, and refer to it.")
            if page.chapter or name not in places:
                places[name] = Place(page, f"{page.chapter}.{at}" if page.chapter else "")
    return places


@cache
def places() -> dict[str, Place]:
    """`count` of this book, once in a process."""
    return count()


def kicker(module: str) -> str:
    """The small line above the figure of a module, `__name__`: "Live figure 4.1", or nothing outside the chapters."""
    place = places().get(name_of(module))
    return f"Live figure {place.number}" if place and place.number else ""
