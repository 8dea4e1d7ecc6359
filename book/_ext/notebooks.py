"""Every chapter as an executed notebook beside the site: `_build/html/notebooks/<chapter>.ipynb`.

The text is the page's (plain.py), so nothing raw is left in it; the code cells are the chapter's own (but for what only
makes the text's numbers, spoken.py), with the outputs of the build. A first cell finds the book's code or, where the
notebook lies alone, installs it from the wheel (wheel.py), and with it what it needs.
"""

import io
import re
from base64 import b64decode, b64encode
from pathlib import Path

import nbformat
from jupyter_cache import get_cache
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from PIL import Image

from .address import site_address
from .finished import rewrite
from .live import MARK
from .plain import is_chapter, markdown
from .spoken import leave_out
from .wheel import FOLDER, PACKAGES, fingerprint, requirements, wheel_name, wheel_requirements

MODULES = {"fonttools": "fontTools", "ipython": "IPython", "pillow": "PIL"}
GLUED = "application/papermill.record/"  # how a number travels from code to text, which has it already
OPENING = """\
# The book's own code, used where it is: in a copy of the book around this notebook, or installed. If it is nowhere, pip
# installs the wheel below; of the packages that it needs, pip installs those that are not here yet, or too old.
import hashlib, importlib, os, subprocess, sys
from importlib.util import find_spec
from pathlib import Path

WHEEL = "{wheel}"
PLACE = os.environ.get("FIFTY_FOUR_DAYS", "")  # a folder or an address that has it; empty: beside this notebook{or_there}

MADE_WITH = ""  # tells the book's code as it was when this notebook was made from any other
above = [Path.cwd(), *Path.cwd().parents]
around = [str(folder / "book") for folder in above if (folder / "book" / "clustermath").is_dir()][:1]
sys.path[:0] = around
needs = {needs}
if around:  # whose figures are drawn in faces that the wheel has in itself
    needs |= {faces}
missing = [package for module, package in needs.items() if find_spec(module) is None]
page_knows = find_spec("anywidget") is not None
if find_spec("clustermath") is None:
    place = PLACE or next((folder for folder in above if (folder / WHEEL).is_file()), "{place}")
    if not place:
        raise ModuleNotFoundError(f"{{WHEEL}} is in the folder notebooks/ of the book's site and of its zip: put it beside this notebook, or say in PLACE where it is.")
    missing = [f"{{place}}/{{WHEEL}}", *missing]
if missing:
    print("Installing", *missing)
    pip = subprocess.run([sys.executable, "-m", "pip", "install", "-q", *missing], capture_output=True, text=True)
    if pip.returncode:
        print(pip.stdout + pip.stderr)
    elif not page_knows:
        print("A page in a browser learns of anywidget, which brings figures to life, as it loads: should they be errors below, reload it and run all cells.")
importlib.invalidate_caches()
code = find_spec("clustermath")
if code is None:
    raise ModuleNotFoundError("pip could not install the book's code; what it said is above. In an environment of your own (python -m venv) it can.")
found = Path(code.origin).parents[1]
print("The book's code is in", found)
if str(found) not in around:
    files = sorted(file.relative_to(found).as_posix() for package in {packages} for file in (found / package).rglob("*.py"))
    if not hashlib.sha256(b"".join(file.encode() + (found / file).read_bytes() for file in files)).hexdigest().startswith(MADE_WITH):
        print("CAUTION: that is older or newer code than this notebook was made with. Names may be missing in it, and numbers may differ.")
        print("For this notebook's own: %pip uninstall -y fifty-four-days clustermath livefigure, then restart the kernel and run this cell again.")"""


STAMP = re.compile(r'(MADE_WITH = \\")[0-9a-f]*')  # in the cell, as JSON has it


def first_cell(wheel: str, packages: list[str], faces: list[str], place: str):
    """The cell that makes the book's packages importable.

    packages: what the wheel requires; faces: what a copy of the book's code does, too; place: where the wheel is published, if it is.
    """

    def modules(packages: list[str]) -> dict[str, str]:
        return {MODULES.get(name := re.match(r"[\w-]+", package)[0], name.replace("-", "_")): package for package in packages}

    there = ", or else where the book is published" * bool(place)
    text = OPENING.format(wheel=wheel, place=place, or_there=there, needs=modules(packages), faces=modules(faces), packages=PACKAGES)
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
    chapter = [executed.cells[index] for index in code]
    sources = dict(zip(code, leave_out([cell.source for cell in chapter], ["remove-cell" in cell.metadata.get("tags", []) for cell in chapter])))

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
    opening = first_cell(*app.config.book_wheel, wheel_place(app.config.book_repository))
    notebook = assemble(markdown(app, doctree, docname), executed, opening)
    target = Path(app.outdir) / "notebooks" / f"{Path(docname).name}.ipynb"
    target.parent.mkdir(exist_ok=True)
    nbformat.write(notebook, target, indent=0)  # no one reads its lines, and a hundredth of the site would be spaces


def stamp(app, problem):
    """Say in every export which code it comes from: also in one that isn't written again, since this code changes nothing in it."""
    if problem or app.builder.format != "html":
        return
    made_with = fingerprint(Path(app.srcdir) / "book")
    rewrite((Path(app.outdir) / "notebooks").glob("*.ipynb"), lambda notebook: STAMP.sub(rf"\g<1>{made_with}", notebook))


def add_download(app, pagename, templatename, context, doctree):
    """A button at the top of a page that downloads its notebook."""
    if doctree is not None and is_chapter(app, pagename):
        address = context["pathto"](f"notebooks/{Path(pagename).name}.ipynb", 1)
        context["header_buttons"].append(
            {"type": "link", "url": address, "text": "", "tooltip": "Download as a notebook", "icon": "fas fa-download", "label": "download-notebook"}
        )


def wheel_place(repository: str) -> str:
    """The address of the folder in which the book is published with its notebooks, if it is."""
    return f"{site_address(repository)}{FOLDER}" if repository else ""


def name_wheel(app, config):
    """The exports are written again when the wheel that they name is another."""
    book = Path(app.srcdir) / "book"
    brought = wheel_requirements(book)
    config.book_wheel = [wheel_name(book), brought, [package for package in requirements(book / "livefigure") if package not in brought]]


def setup(app):
    app.add_config_value("book_wheel", [], "env", types=list)
    app.connect("config-inited", name_wheel)
    app.setup_extension("sphinx_markdown_builder")  # its settings; its builder stays unused
    app.connect("doctree-resolved", export, priority=900)
    app.connect("html-page-context", add_download, priority=550)
    app.connect("build-finished", stamp)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
