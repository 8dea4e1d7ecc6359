"""All pages of the book are there, and no others.

After a build that was stopped while it wrote pages, the next one writes all of them: Sphinx rewrites the pages whose
sources are newer, and of the others keeps what the search index says. A stopped build leaves no index, so that the pages
it had written would be missing from every later one, and perhaps half a page.

Nor does Sphinx remove a page that the book no longer has, and that names scripts and sheets of another day.
"""

from pathlib import Path

from .finished import pages


def mark(app) -> Path:
    """The file that says that all pages are written."""
    return Path(app.doctreedir) / "complete"


def start_anew(app):
    if app.builder.format == "html" and not (mark(app).exists() and (Path(app.outdir) / "searchindex.js").exists()):
        for page in pages(app):
            page.unlink()  # a page that isn't there is out of date


def writing(app, builder):
    mark(app).unlink(missing_ok=True)


def asked_for(app, pagename, templatename, context, doctree):
    """Pages that are no document, such as the search's, are made in every build."""
    app.made_pages.add(pagename)


def remove_others(app, exception):
    if exception or app.builder.format != "html" or not app.made_pages:
        return
    known = {"index", *app.env.found_docs, *app.made_pages}  # the first is Jupyter Book's own, which leads to the book's
    for page in pages(app):
        if page.relative_to(app.outdir).with_suffix("").as_posix() not in known:
            page.unlink()


def written(app, exception):
    if exception is None and app.builder.format == "html":
        mark(app).touch()


def setup(app):
    app.made_pages = set()
    app.connect("builder-inited", start_anew)
    app.connect("html-page-context", asked_for)
    app.connect("build-finished", remove_others, priority=100)  # before anybody mends pages
    app.connect("write-started", writing)
    app.connect("build-finished", written, priority=999)  # when nobody mends a page any more
    return {"parallel_read_safe": True, "parallel_write_safe": True}
