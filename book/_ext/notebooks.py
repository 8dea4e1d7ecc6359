"""Every chapter as an executed notebook beside the site: `_build/html/notebooks/<chapter>.ipynb`.

The text is the page's (plain.py), so nothing raw is left in it; the code cells are the chapter's own (but for what only
hands numbers to the text, spoken.py), with the outputs of the build. A first cell finds the book's code, or fetches it
where the notebook runs alone, and installs what the book needs beyond that.
"""

import io
from base64 import b64decode, b64encode
from pathlib import Path

import nbformat
from jupyter_cache import get_cache
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from PIL import Image

from .live import MARK
from .plain import is_chapter, markdown
from .spoken import leave_out

GLUED = "application/papermill.record/"  # how a number travels from code to text, which has it already
OPENING = """\
# Find the book's own code beside this notebook{or_fetch}, and install what this Python lacks.
import os, sys
from importlib.util import find_spec
from pathlib import Path

needs = {needs}
missing = " ".join(package for module, package in needs.items() if find_spec(module) is None)
if missing:
    %pip install -q {{missing}}
places = [folder / "book" for folder in (Path.cwd(), *Path.cwd().parents)] + [Path.cwd(), Path("{name}/book")]
home = next((place for place in places if (place / "clustermath").is_dir()), None)
if home is None:
    {otherwise}
os.chdir(home)
sys.path.insert(0, os.getcwd())"""
FETCH = '!git clone -q --depth 1 {repository}\n    home = Path("{name}/book")'
REFUSE = 'raise ModuleNotFoundError("Put this notebook anywhere in a copy of the book: its code is in the folder book/ there.")'
# Module and package of all that the chapters' code imports.
NEEDED = {
    "numpy": "numpy",
    "matplotlib": "matplotlib",
    "ipywidgets": "ipywidgets",
    "anywidget": "anywidget",
    "yaml": "pyyaml",
    "font_source_sans_pro": "font-source-sans-pro",
}


def needs(requirements: Path) -> dict[str, str]:
    """What an exported notebook imports: module → its package, at the version that the book is built with."""
    lines = (line.split("#")[0].strip() for line in requirements.read_text(encoding="utf-8").splitlines())
    pinned = {line.split("==")[0]: line for line in lines if "==" in line}
    return {module: pinned[package] for module, package in NEEDED.items()}


def first_cell(repository: str, requirements: Path):
    """The cell that makes the book's packages importable, and the book's folder the working directory."""
    name = repository.rstrip("/").split("/")[-1] or "fifty-four-days"
    otherwise = FETCH.format(repository=repository, name=name) if repository else REFUSE
    text = OPENING.format(or_fetch=" or fetch it" if repository else "", needs=needs(requirements), name=name, otherwise=otherwise)
    return new_code_cell(text, id="find-the-book", metadata=folded(["remove-cell"]))


def folded(tags: list[str]) -> dict:
    """A cell's metadata; code that the page leaves out is there, but folded, as a notebook's reader finds it."""
    return {"tags": tags, "jupyter": {"source_hidden": True}} if "remove-cell" in tags else {"tags": tags} if tags else {}


def portable(cell, source: str, index: int):
    """A copy of an executed code cell in which live figures are pictures: no widget manager, no script."""
    cell = nbformat.from_dict(cell)
    cell.source, cell.id = source, f"code-{index}"  # its own id is another in each build
    cell.metadata = folded(cell.metadata.get("tags", []))
    cell.outputs = [output for output in cell.outputs if not any(kind.startswith(GLUED) for kind in output.get("data", {}))]
    for output in cell.outputs:
        if MARK in output.get("data", {}).get("text/html", ""):
            output.data = {kind: output.data[kind] for kind in ("image/png", "text/plain")}
            output.data["image/png"] = fewer_colours(output.data["image/png"])
            output.metadata = {"image/png": {"alt": output.data["text/plain"]}}
    return cell


def fewer_colours(png: str) -> str:
    """A drawing with 32 colours, which it has with the shades at its letters' edges: exports are a fifth of the site."""
    small = io.BytesIO()
    Image.open(io.BytesIO(b64decode(png))).convert("RGB").quantize(32, dither=Image.Dither.NONE).save(small, format="png", optimize=True)
    return b64encode(small.getvalue()).decode()


def assemble(parts: list[str | int], executed, opening) -> nbformat.NotebookNode:
    """Text and code in reading order. Code cells that the page leaves out stand where the source has them."""
    cells, done = [opening], 0
    code = [index for index, cell in enumerate(executed.cells) if cell.cell_type == "code"]
    sources = dict(zip(code, leave_out([executed.cells[index].source for index in code])))

    def code_up_to(end: int):
        nonlocal done
        cells.extend(portable(executed.cells[k], sources[k], k) for k in range(done, end) if sources.get(k))
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
    _, executed = get_cache(app.execution_cache(docname)).merge_match_into_notebook(source)
    opening = first_cell(app.config.book_repository, Path(app.srcdir) / "requirements.txt")
    notebook = assemble(markdown(app, doctree, docname), executed, opening)
    target = Path(app.outdir) / "notebooks" / f"{Path(docname).name}.ipynb"
    target.parent.mkdir(exist_ok=True)
    nbformat.write(notebook, target, indent=0)  # no one reads its lines, and a hundredth of the site would be spaces


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
