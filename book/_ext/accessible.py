"""What the HTML of libraries lacks for readers of screen readers."""


def repair(app, pagename, templatename, context, doctree):
    """A list of sources has items: sphinxcontrib-bibtex gives the list its role, Sphinx its entries a deprecated one."""
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def setup(app):
    app.connect("html-page-context", repair)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
