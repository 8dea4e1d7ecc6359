"""After a build that was stopped while it wrote pages, the next one writes all of them.

Sphinx rewrites the pages whose sources are newer, and of the others keeps what the search index says. A stopped build
leaves no index, so that the pages it had written would be missing from every later one, and perhaps half a page.
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


def written(app, exception):
    if exception is None and app.builder.format == "html":
        mark(app).touch()


def setup(app):
    app.connect("builder-inited", start_anew)
    app.connect("write-started", writing)
    app.connect("build-finished", written, priority=999)  # when nobody mends a page any more
    return {"parallel_read_safe": True, "parallel_write_safe": True}
