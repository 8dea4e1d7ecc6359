"""Execute chapters again when the code they import has changed.

The execution cache knows only a notebook's own cells, and Sphinx only its source file: edit a formula in
`clustermath` and both would keep the old numbers. So the cache lives in a folder named after a hash of everything
a chapter imports or reads. A changed hash is a changed configuration value, which makes Sphinx read every page
again, and an empty cache, which makes MyST-NB execute it. The extensions and style sheets beside this file make pages
anew, from cached results.
"""

import hashlib
import shutil
from pathlib import Path

from sphinx.errors import ConfigError

from figures.pages import places

IMPORTED = ("clustermath", "livefigure", "figures", "data")
PAGE_MAKERS = ("_ext", "_static")
BYPRODUCTS = {"__pycache__", ".ipynb_checkpoints"}


def digest(book: Path, folders=IMPORTED) -> str:
    """Hash of the names and contents of all files under `folders` of the book."""
    total = hashlib.sha256()
    for path in sorted(path for folder in folders for path in (book / folder).rglob("*")):
        if path.is_file() and not BYPRODUCTS.intersection(path.parts):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            total.update(f"{path.relative_to(book).as_posix()} {content}\n".encode())
    return total.hexdigest()[:16]


def name_cache(app, config):
    """Point the execution cache at the folder of this hash, and delete those of earlier ones."""
    config.page_makers = digest(Path(app.srcdir) / "book", PAGE_MAKERS)
    caches = Path(app.outdir).parent / ".jupyter_cache"
    try:
        config.figure_numbers = {name: place.number for name, place in places().items()}
    except ValueError as error:
        raise ConfigError(str(error)) from None
    current = caches / hashlib.sha256(f"{digest(Path(app.srcdir) / 'book')} {config.figure_numbers}".encode()).hexdigest()[:16]
    config.nb_execution_cache_path = str(current)
    for earlier in caches.glob("*"):
        if earlier != current:
            shutil.rmtree(earlier) if earlier.is_dir() else earlier.unlink()


def setup(app):
    app.add_config_value("page_makers", "", "env", types=str)
    app.add_config_value("figure_numbers", {}, "env", types=dict)
    app.connect("config-inited", name_cache)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
