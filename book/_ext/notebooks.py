"""Every chapter as an executed notebook beside the site: `_build/html/notebooks/<chapter>.ipynb`.

The text is the page's (plain.py), so nothing raw is left in it; the code cells are the chapter's own, with the outputs
of the build. A first cell finds the book's code, or fetches it where the notebook runs alone.
"""

from pathlib import Path

import nbformat
from jupyter_cache import get_cache
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from .live import MARK
from .plain import is_chapter, markdown

GLUED = "application/papermill.record/"  # how a number travels from code to text, which has it already
FIND = """\
# The book's own code: beside this notebook, or fetched.
import os, sys
from pathlib import Path

places = [folder / "book" for folder in (Path.cwd(), *Path.cwd().parents)] + [Path.cwd(), Path("{name}/book")]
home = next((place for place in places if (place / "clustermath").is_dir()), None)
"""
FETCH = """\
if home is None:
    %pip install -q {packages}
    !git clone -q --depth 1 {repository}
    home = Path("{name}/book")
"""
MISSING = """\
if home is None:
    raise ModuleNotFoundError("Run this notebook inside a copy of the book: its code is in the folder book/.")
"""
ENTER = """\
os.chdir(home)
sys.path.insert(0, os.getcwd())"""
FETCHED = ("anywidget", "font-source-sans-pro", "font-source-serif-pro", "myst-nb")  # what Colab lacks


def pinned(requirements: Path) -> str:
    """The packages of `FETCHED` at the versions that the book is built with."""
    lines = (line.split("#")[0].strip() for line in requirements.read_text(encoding="utf-8").splitlines())
    return " ".join(line for line in lines if line.split("==")[0] in FETCHED)


def first_cell(repository: str, requirements: Path):
    """The cell that makes the book's packages importable, and the book's folder the working directory."""
    name = repository.rstrip("/").split("/")[-1] or "fifty-four-days"
    fetch = FETCH.format(packages=pinned(requirements), repository=repository, name=name) if repository else MISSING
    return new_code_cell(FIND.format(name=name) + fetch + ENTER, id="find-the-book", metadata={"tags": ["remove-cell"]})


def portable(cell):
    """A copy of an executed code cell in which live figures are pictures: no widget manager, no script."""
    cell = nbformat.from_dict(cell)
    cell.metadata = {key: value for key, value in cell.metadata.items() if key == "tags"}
    cell.outputs = [output for output in cell.outputs if not any(kind.startswith(GLUED) for kind in output.get("data", {}))]
    for output in cell.outputs:
        if MARK in output.get("data", {}).get("text/html", ""):
            output.data = {kind: output.data[kind] for kind in ("image/png", "text/plain")}
    return cell


def assemble(parts: list[str | int], executed, opening) -> nbformat.NotebookNode:
    """Text and code in reading order. Code cells that the page leaves out stand where the source has them."""
    cells, done = [opening], 0

    def code_up_to(end: int):
        nonlocal done
        cells.extend(portable(cell) for cell in executed.cells[done:end] if cell.cell_type == "code")
        done = max(done, end)

    for part in parts:
        if isinstance(part, int):
            code_up_to(part + 1)
        elif part:
            cells.append(new_markdown_cell(part, id=f"text-{len(cells)}"))
    code_up_to(len(executed.cells))
    metadata = {key: executed.metadata[key] for key in ("kernelspec", "language_info") if key in executed.metadata}
    return new_notebook(cells=cells, metadata=metadata)


def export(app, doctree, docname):
    """Write the notebook of a page that is about to be written."""
    if app.builder.format != "html" or not is_chapter(app, docname):
        return
    source = nbformat.read(Path(app.outdir).parent / "jupyter_execute" / f"{docname}.ipynb", as_version=4)
    _, executed = get_cache(app.config.nb_execution_cache_path).merge_match_into_notebook(source)
    opening = first_cell(app.config.book_repository, Path(app.srcdir) / "requirements.txt")
    notebook = assemble(markdown(app, doctree, docname), executed, opening)
    target = Path(app.outdir) / "notebooks" / f"{Path(docname).name}.ipynb"
    target.parent.mkdir(exist_ok=True)
    nbformat.write(notebook, target)


def add_download(app, pagename, templatename, context, doctree):
    """A button at the top of a page that downloads its notebook."""
    if doctree is not None and is_chapter(app, pagename):
        address = context["pathto"](f"notebooks/{Path(pagename).name}.ipynb", 1)
        context["header_buttons"].append(
            {"type": "link", "url": address, "text": "", "tooltip": "Download as a notebook", "icon": "fas fa-download", "label": "download-notebook"}
        )


def setup(app):
    app.setup_extension("sphinx_markdown_builder")  # its settings; its builder stays unused
    app.connect("doctree-resolved", export, priority=900)
    app.connect("html-page-context", add_download, priority=550)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
