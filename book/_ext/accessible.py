"""What the HTML of libraries lacks for readers of screen readers."""

from .finished import rewrite_pages

SIDEBAR = '<div id="pst-primary-sidebar" class'
LANDMARK = '<div id="pst-primary-sidebar" role="complementary" aria-label="About this book" class'
ARROW = '<summary><span class="toctree-toggle"'
NAMED_ARROW = '<summary aria-label="Pages below"><span class="toctree-toggle"'


def repair_sources(app, pagename, templatename, context, doctree):
    """A list of sources has items: sphinxcontrib-bibtex gives the list its role, Sphinx its entries a deprecated one."""
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def repair_frame(app, exception):
    """The theme's sidebar holds the title and the search outside any landmark, and its arrows have no names."""
    rewrite_pages(app, exception, lambda html: html.replace(SIDEBAR, LANDMARK).replace(ARROW, NAMED_ARROW))


def setup(app):
    app.connect("html-page-context", repair_sources)
    app.connect("build-finished", repair_frame)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
