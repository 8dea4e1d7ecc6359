"""The live figure's script and style sheet: the palette on every page, the runtime where there is something to run.

What only *Explore* needs is a script of its own, which the runtime loads at the first press. So are the readers of
files that readers bring: the runtime's tag names that script in `data-readers`, its address from the runtime's own.

The models of a page come after its text: a browser that meets a script stops reading until all style sheets are there.
So does what figures are told in JSON: side by side the records of chips that several of them have take no room twice.
Script and style sheet are written minified under names that carry a hash of their content, so that a host may let
browsers keep them for ever.
"""

import hashlib
import os
import re
from collections import Counter
from pathlib import Path

from rcssmin import cssmin
from sphinx.util import logging

from clustermath.readers.page import script as readers_script
from figures.pages import places
from livefigure.assets import later_script, runtime_script, stylesheet
from livefigure.figure import FOR_A_PAGE
from livefigure.look import css_variables

from .short_names import minified

MARK = "data-live-figure"
NAMED = re.compile(f'{MARK}="([^"]+)"')
MODEL = re.compile(r"<script>\(globalThis\.livefigureModels.*?</script>", re.DOTALL)
DATA = re.compile(r'<script type="application/json" id="[^"]+--spec">.*?</script>', re.DOTALL)
logger = logging.getLogger(__name__)
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"  # for a widget manager, which the page does without


def write(static: Path, stem: str, suffix: str, content: str) -> str:
    """Write `content` to a file of `static` named after it, delete its predecessors, return the name."""
    name = f"{stem}.{hashlib.sha256(content.encode()).hexdigest()[:10]}{suffix}"
    static.mkdir(parents=True, exist_ok=True)
    for earlier in static.glob(f"{stem}.*{suffix}"):
        earlier.unlink()
    (static / name).write_text(content, encoding="utf-8")
    return name


def write_assets(app):
    if app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    app.add_css_file(write(static, "palette", ".css", cssmin(css_variables())), priority=100)
    later = write(static, "explore", ".js", minified(later_script()))
    app.readers_script = write(static, "readers", ".js", minified(readers_script()))
    app.live_script = write(static, "livefigure", ".js", minified(runtime_script(later)))
    app.live_style = write(static, "livefigure", ".css", cssmin(stylesheet()))


def add_runtime(app, pagename, templatename, context, doctree):
    scripts = context["script_files"]
    scripts[:] = [script for script in scripts if getattr(script, "attributes", {}).get("type") != WIDGET_STATE]
    body = context.get("body", "")
    app.add_css_file(app.live_style)  # on every page, so that all ask for one style sheet
    if MARK in body:
        for name, count in Counter(NAMED.findall(body)).items():
            if count > 1:
                logger.warning("%d figures are called %s: a link could not tell them apart", count, name, location=pagename)
        here = [name for name, place in places().items() if place.number and place.page.file == pagename]
        if (found := [name for name in dict.fromkeys(NAMED.findall(body)) if name in places() and places()[name].number]) != here:
            logger.warning("figures are counted as %s, but the page shows %s: end a cell in the figure itself", ", ".join(here), ", ".join(found), location=pagename)
        text = DATA.sub("", MODEL.sub("", body))
        context["body"] = text + "".join(DATA.findall(body)) + "".join(MODEL.findall(body))
        app.add_js_file(app.live_script, loading_method="defer", **{"data-readers": app.readers_script})


def ask_for_html(app, config):
    os.environ[FOR_A_PAGE] = "1"  # the kernels that execute chapters inherit it


def setup(app):
    app.connect("config-inited", ask_for_html)
    app.connect("builder-inited", write_assets)
    app.connect("html-page-context", add_runtime, priority=600)  # after MyST-NB has added the state
    return {"parallel_read_safe": True, "parallel_write_safe": True}
