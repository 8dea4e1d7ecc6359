"""Where things are, and how the book is built: for fixtures, tests and benchmarks alike."""

import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "book"
SITE = ROOT / "_build" / "html"
BROWSER_FLAGS = ["--disable-gpu", "--disable-quic", "--disable-background-networking"]


def build(root: Path = ROOT) -> subprocess.CompletedProcess:
    """`make book` in `root`, without make: warnings and unresolved references are errors."""
    own = root / "tools" / "build.py"
    jupyter_book = str(Path(sys.executable).with_name("jupyter-book"))
    command = [sys.executable, str(own)] if own.exists() else [jupyter_book, "build", str(root), "-W", "--keep-going", "-n"]  # as an earlier state, for the benchmark
    return subprocess.run(command, capture_output=True, text=True, cwd=root)


def pages() -> list[str]:
    """Every page in the table of contents, as in "book/fifty-four-days", in its order."""

    def below(entry: dict):
        yield from [entry["file"]] if "file" in entry else []
        for child in [*entry.get("parts", []), *entry.get("chapters", []), *entry.get("sections", [])]:
            yield from below(child)

    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    return [toc["root"], *below(toc)]


def chapters() -> list[str]:
    """The pages that are notebooks, too."""
    return [page for page in pages() if "\nkernelspec:" in (ROOT / f"{page}.md").read_text(encoding="utf-8")]


# Notebooks. nbformat is imported when one is read: it brings a grammar of addresses that takes seconds to build, and all
# workers of pytest-xdist would build it to collect the tests.


def read_notebook(path: Path):
    """A notebook as nbformat reads it."""
    import nbformat

    return nbformat.read(path, as_version=4)


def run_notebook(notebook, folder: Path, kernel: str = "python3", first: str = "", last: str = "") -> None:
    """Run all cells in `folder`, perhaps with some code before and after them; the outputs are in the notebook then."""
    from nbclient import NotebookClient
    from nbformat.v4 import new_code_cell

    notebook.cells = [*([new_code_cell(first)] if first else []), *notebook.cells, *([new_code_cell(last)] if last else [])]
    NotebookClient(notebook, kernel_name=kernel, timeout=600, resources={"metadata": {"path": str(folder)}}).execute()
