"""A directive for Sphinx: `live-figure` with the name of a module whose `figure()` makes one. Its pages need no server.

The drawing is in the page, so a reader without scripts sees it; style sheet and script are two files of the site.
"""

from importlib import import_module
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive

from livefigure.assets import runtime_script, widget_stylesheet


class LiveFigureDirective(Directive):
    required_arguments = 1

    def run(self):
        figure = import_module(self.arguments[0]).figure()
        return [nodes.raw("", figure.page_html(), format="html")]


def write_assets(app):
    static = Path(app.outdir) / "_static"
    static.mkdir(parents=True, exist_ok=True)
    (static / "livefigure.css").write_text(widget_stylesheet(), encoding="utf-8")
    (static / "livefigure.js").write_text(runtime_script(), encoding="utf-8")


def setup(app):
    app.add_directive("live-figure", LiveFigureDirective)
    app.connect("builder-inited", write_assets)
    app.add_css_file("livefigure.css")
    app.add_js_file("livefigure.js", loading_method="defer")
    return {"parallel_read_safe": True}
