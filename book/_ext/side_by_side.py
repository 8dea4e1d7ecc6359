"""Execute the chapters that have changed side by side, one for each core.

MyST-NB executes a chapter when it reads it, one after the other. Those it will have to execute are executed here
before it begins, by its own means, and put into its cache. One that fails is left to MyST-NB, which says why.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.executors.utils import single_nb_execution
from myst_nb.core.read import create_nb_reader
from sphinx.util import logging

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
    if len(waiting) < 2:
        return
    LOGGER.info("executing %d chapters on %d cores ...", len(waiting), os.cpu_count())

    def execute(path):
        return single_nb_execution(waiting[path][0], cwd=str(path.parent), timeout=settings.execution_timeout, allow_errors=False)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, done in zip(waiting, pool.map(execute, waiting)):
            if done.err is None:
                bundle = CacheBundleIn(done.nb, str(path), data={"execution_seconds": done.time})
                waiting[path][1].cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
                LOGGER.info("executed %s in %.1f s", path.name, done.time)


def setup(app):
    app.connect("env-before-read-docs", fill_cache)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
