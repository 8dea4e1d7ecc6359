"""What the HTML of libraries lacks for readers of screen readers."""

import re

from .finished import rewrite_pages

SIDEBAR = '<div id="pst-primary-sidebar" class'
LANDMARK = '<div id="pst-primary-sidebar" role="complementary" aria-label="About this book" class'
ARROW = '<summary><span class="toctree-toggle"'
REPEATED = re.compile(r' id="(?:exercise|solution)-content"')  # sphinx-exercise gives it to each
NAMED_ARROW = '<summary aria-label="Pages below"><span class="toctree-toggle"'


# What may be wider than its column is a stop of the tab key, and then needs a name.
STOPS = {'<div class="math notranslate': "Formula", '<div class="pasted-math math notranslate': "Formula", "<pre>": "Code", '<div class="pst-scrollable-table-container': "Table"}


def name_stops(html: str) -> str:
    for start, name in STOPS.items():
        tag, _, rest = start.partition(">")
        element, _, attributes = tag.partition(" ")
        named = f'{element} role="group" aria-label="{name}"' + (f" {attributes}" if attributes else "") + (">" if start.endswith(">") else "")
        html = html.replace(start, named)
    return html


def repair_sources(app, pagename, templatename, context, doctree):
    """A list of sources has items: sphinxcontrib-bibtex gives the list its role, Sphinx its entries a deprecated one."""
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def repair_frame(app, exception):
    """The theme's sidebar holds the title and the search outside any landmark, its arrows have no names, some ids are many's."""
    rewrite_pages(app, exception, lambda html: name_stops(REPEATED.sub("", html.replace(SIDEBAR, LANDMARK).replace(ARROW, NAMED_ARROW))))


def setup(app):
    app.connect("html-page-context", repair_sources)
    app.connect("build-finished", repair_frame)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
