"""Execute a chapter again when the code it imports has changed, and only then.

The execution cache knows only a notebook's own cells, and Sphinx only its source file: edit a formula in
`clustermath` and both would keep the old numbers. So each chapter has a cache of its own, in a folder named after a
hash of all that its cells depend on (figures/dependencies.py). A changed hash is an empty cache, which makes MyST-NB
execute the chapter. Sphinx reads every page again, from cached results, after any change in what pages are made of.

To find what cells depend on takes seconds. It is remembered until any code, table, cell or figure's number is another.
"""

import hashlib
import json
import shutil
from functools import cache
from pathlib import Path

from sphinx.errors import ConfigError

from figures.dependencies import Code, numbers
from figures.pages import CELL, places

MADE_OF = ("clustermath", "livefigure", "figures", "data", "_ext", "_static")
BYPRODUCTS = {"__pycache__", ".ipynb_checkpoints"}


def digest(book: Path, folders=MADE_OF) -> str:
    """Hash of the names and contents of all files under `folders` of the book."""
    total = hashlib.sha256()
    for path in sorted(path for folder in folders for path in (book / folder).rglob("*")):
        if path.is_file() and not BYPRODUCTS.intersection(path.parts):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            total.update(f"{path.relative_to(book).as_posix()} {content}\n".encode())
    return total.hexdigest()[:16]


def count_figures(app, config):
    """A page is out of date if anything is that pages are made of, or if figures stand in another order."""
    config.made_of = digest(Path(app.srcdir) / "book")
    try:
        config.figure_numbers = {name: place.number for name, place in places().items()}
    except ValueError as error:
        raise ConfigError(str(error)) from None
    app.execution_cache = cache(lambda docname: str(cache_folder(app, docname)))  # a build sees one state of the code
    app.code_of_the_book = Code(Path(app.srcdir) / "book")
    app.state_of_code = state(app)
    app.hashes_of_code = remembered(app)


def cache_folder(app, docname: str) -> Path:
    """Where the results of a chapter are kept: under the hash of what its cells depend on, and of the packages they run with."""
    known = app.hashes_of_code
    if docname not in known:
        code, root = app.code_of_the_book, Path(app.srcdir)
        files = code.of_page((root / f"{docname}.md").read_text(encoding="utf-8"))
        known[docname] = code.digest(files, numbers(files, code.book), packages(app))
    return Path(app.outdir).parent / ".jupyter_cache" / f"{docname.replace('/', '.')}-{known[docname]}"


def packages(app) -> str:
    return (Path(app.srcdir) / "requirements.txt").read_text(encoding="utf-8")


def memory(app) -> Path:
    """Where the hashes of the last build are kept, with the state of the book that they are of."""
    return Path(app.doctreedir) / "hashes_of_code.json"


def state(app) -> str:
    """Hash of all that decides what cells depend on, and what that is."""
    cells = {path.stem: CELL.findall(path.read_text(encoding="utf-8")) for path in sorted((Path(app.srcdir) / "book").glob("*.md"))}
    return hashlib.sha256(repr((app.config.made_of, app.config.figure_numbers, cells, packages(app))).encode()).hexdigest()


def remembered(app) -> dict[str, str]:
    """page → hash of what its cells depend on, as the last build found it, if all is still as it was."""
    if not memory(app).exists():
        return {}
    last, hashes = json.loads(memory(app).read_text(encoding="utf-8"))
    return hashes if last == app.state_of_code else {}


def forget_the_past(app, env, docnames):
    """Delete the results of earlier states of the code."""
    current = {Path(app.execution_cache(docname)) for docname in env.found_docs if is_notebook(app, docname)}
    memory(app).write_text(json.dumps([app.state_of_code, app.hashes_of_code]), encoding="utf-8")
    for earlier in (Path(app.outdir).parent / ".jupyter_cache").glob("*"):
        if earlier not in current:
            shutil.rmtree(earlier) if earlier.is_dir() else earlier.unlink()


def is_notebook(app, docname: str) -> bool:
    """Whether a page is a notebook, before it is read."""
    file = Path(app.srcdir) / f"{docname}.md"
    return file.is_file() and "\nkernelspec:" in file.read_text(encoding="utf-8")


def choose_cache(app, docname, source):
    """MyST-NB is about to read a page, and to look for its results where the settings say."""
    if is_notebook(app, docname):
        app.env.mystnb_config = app.env.mystnb_config.copy(execution_cache_path=app.execution_cache(docname))


def setup(app):
    app.add_config_value("made_of", "", "env", types=str)
    app.add_config_value("figure_numbers", {}, "env", types=dict)
    app.connect("config-inited", count_figures)
    app.connect("env-before-read-docs", forget_the_past)
    app.connect("source-read", choose_cache)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
