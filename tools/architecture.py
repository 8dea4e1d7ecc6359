"""The picture in MAINTAINING.md: which part of the book imports which, read from the code. `python tools/architecture.py` draws it anew.

A part is a folder; an arrow leads to a part that its files import from, or one of whose tables they name. Mermaid draws
it, which GitHub and JupyterLab show.
"""

import ast
import re
import sys
from collections import Counter
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "book"))

from figures.pages import cells  # noqa: E402  (found through the line above)

PARTS = {  # name in the picture → folder, in reading order
    "chapters": "book",
    "_ext": "book/_ext",
    "figures": "book/figures",
    "livefigure": "book/livefigure",
    "clustermath": "book/clustermath",
    "data": "book/data",
    "tools": "tools",
    "tests": "tests",
}
ABOUT = {
    "chapters": "pages, Markdown with code",
    "_ext": "how pages are made",
    "figures": "one module a figure",
    "livefigure": "tracer, drawing, the page’s script",
    "clustermath": "the physics",
    "data": "tables, every value with its source",
    "tools": "what make runs",
    "tests": "mirror the book",
}
PICTURE = re.compile(r"```mermaid\n.*?```", re.DOTALL)


def files(part: str) -> list[Path]:
    """The files of a part: pages, modules, or tables."""
    folder = ROOT / PARTS[part]
    if part == "chapters":
        return sorted(folder.glob("*.md"))
    if part == "data":
        return sorted(path for path in folder.rglob("*") if path.suffix in (".csv", ".json"))
    return sorted(path for path in folder.rglob("*.py") if "findings" not in path.parts)


def trees(path: Path) -> list[ast.Module]:
    text = path.read_text(encoding="utf-8")
    return cells(text) if path.suffix == ".md" else [ast.parse(text)]


def asked(path: Path, tables: set[str]) -> set[str]:
    """The parts that a page or module asks for."""
    found = set()
    for tree in trees(path):
        for node in ast.walk(tree):
            match node:
                case ast.Import(names=names):
                    found |= {alias.name.partition(".")[0] for alias in names}
                case ast.ImportFrom(module=str(module), level=0):
                    found.add(module.partition(".")[0])
                case ast.Constant(value=str(text)) if text in tables:
                    found.add("data")
    return (found & set(PARTS)) | ({"tools"} if found & TOOLS else set())


# Modules of tools/ are imported by their own names.
TOOLS = {path.stem for path in (ROOT / PARTS["tools"]).glob("*") if path.suffix == ".py" or (path / "__init__.py").exists()}


@cache
def arrows() -> Counter:
    """(from, to) → how many files of the one ask for the other."""
    tables = {path.name for path in files("data")}
    found: Counter = Counter()
    for part in PARTS:
        for path in files(part) if part != "data" else ():
            found.update((part, other) for other in asked(path, tables) if other != part)
    return found


def picture() -> str:
    """The graph as Mermaid's text."""
    nodes = [f'  {part}["{part}<br>{about}"]' for part, about in ABOUT.items()]
    lines = [f"  {one} --> {other}" for one, other in sorted(arrows(), key=lambda arrow: [list(PARTS).index(part) for part in arrow])]
    return "\n".join(["```mermaid", "graph TD", *nodes, *lines, "```"])


def main() -> None:
    page = ROOT / "MAINTAINING.md"
    page.write_text(PICTURE.sub(lambda _: picture(), page.read_text(encoding="utf-8"), count=1), encoding="utf-8")


if __name__ == "__main__":
    main()
