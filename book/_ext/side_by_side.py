"""Execute the chapters that have changed side by side, one for each core.

MyST-NB executes a chapter when it reads it, one after the other, each in a kernel that imports first what this process
has already. Those it will have to execute are executed here before it begins (cells.py), each in a process forked from
this one, and put into its cache. One that fails is left to MyST-NB, which says why.
"""

import os
from functools import partial
from pathlib import Path

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from myst_nb.core.read import create_nb_reader
from sphinx.util import logging
from sphinx.util.parallel import ParallelTasks, parallel_available

LOGGER = logging.getLogger(__name__)


def chapters_to_execute(app, env, docnames) -> dict:
    """path → (notebook, its cache), of all that are notebooks and are not in their cache."""
    found = {}
    for docname in docnames:
        path = Path(env.doc2path(docname))
        content = path.read_text(encoding="utf-8")
        reader = create_nb_reader(str(path), env.myst_config, env.mystnb_config, content)
        if reader is None:
            continue
        notebook, cache = reader.read(content), get_cache(app.execution_cache(docname))
        try:
            cache.match_cache_notebook(notebook)
        except KeyError:
            found[path] = notebook, cache
    return found


def fill_cache(app, env, docnames):
    """Sphinx's `env-before-read-docs`."""
    settings = env.mystnb_config
    if settings.execution_mode != "cache":
        return
    waiting = chapters_to_execute(app, env, docnames)
    if not waiting:
        return
    from myst_nb.ext import glue  # noqa: F401  with all that it imports, for every chapter

    from .cells import run

    LOGGER.info("executing %d chapters on %d cores ...", len(waiting), os.cpu_count())

    def keep(path, _, executed):
        if executed is not None:
            waiting[path][1].cache_notebook_bundle(CacheBundleIn(executed, str(path)), check_validity=False, overwrite=True)
            LOGGER.info("executed %s", path.name)

    tasks = ParallelTasks(os.cpu_count())
    for path in sorted(waiting, key=lambda path: -path.stat().st_size):  # the longest begin at once
        notebook, _ = waiting[path]
        tasks.add_task(partial(run, notebook, str(path.parent), settings.execution_timeout), None, partial(keep, path))
    tasks.join()


def setup(app):
    if parallel_available:
        app.connect("env-before-read-docs", fill_cache)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
