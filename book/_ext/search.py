"""The search finds what this book is about: claims, figures, formulas, words and numbers; chapters first, functions last.

Sphinx's own knows words of whole pages, leaves numbers out of a question, and asks for each hit's page to quote from it,
which a browser refuses to a page from disk. Here each page's entries (entries.py) are written down as it is made, and all
of them, with their text to quote from, are one script, which only the page that searches loads.
"""

import json
import re
from pathlib import Path

from figures.pages import pages as numbered

from .entries import entries
from .finished import rewrite_pages

SEARCH = "scripts/search.js"
INDEX = "scripts/entries.js"
SPHINX = ("searchindex.js", "_static/searchtools.js", "_static/language_data.js")
FOR_SPHINX = re.compile(r'<script [^>]*src="[^"]*(?:searchtools|language_data|searchindex)\.js[^>]*></script>\n?[ \t]*')
REFERENCE = "book/api"


def noted(app, docname: str = "") -> Path:
    """Where the entries of a page are kept between builds."""
    return Path(app.doctreedir) / "entries" / (f"{docname.replace('/', '.')}.json" if docname else "")


def bring_back(app):
    """Sphinx reads in its index which pages it need not write again."""
    kept = noted(app) / "searchindex.js"
    if app.builder.format == "html" and kept.exists():
        kept.replace(Path(app.outdir) / "searchindex.js")


def note(app, pagename, templatename, context, doctree):
    if doctree is not None and app.builder.format == "html":
        noted(app).mkdir(parents=True, exist_ok=True)
        found = entries(context["body"], doctree)
        noted(app, pagename).write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    if pagename == "search":
        app.add_js_file(INDEX, loading_method="defer")
        app.add_js_file(SEARCH, loading_method="defer")


def order(docname: str, chapters: set[str]) -> int:
    """Chapters before pages about the book, and these before the reference."""
    return 0 if docname in chapters else 2 if docname.startswith(REFERENCE) else 1


def write(app, exception):
    if exception or app.builder.format != "html":
        return
    known = numbered(Path(app.srcdir))
    chapters = {page.file for page in known if page.chapter} | {app.config.root_doc}
    kickers = {page.file: page.kicker for page in known}
    found = []
    for docname in sorted(app.env.found_docs, key=lambda name: [page.file for page in known].index(name) if name in kickers else 0):
        if noted(app, docname).exists():
            title = app.env.titles[docname].astext()
            all_of_it = json.loads(noted(app, docname).read_text(encoding="utf-8"))
            found.append([f"{docname}.html", title, kickers.get(docname, ""), order(docname, chapters), all_of_it])
    target = Path(app.outdir) / "_static" / INDEX
    target.write_text(f"globalThis.bookEntries={json.dumps(found, ensure_ascii=False, separators=(',', ':'))}", encoding="utf-8")
    rewrite_pages(app, exception, lambda html: FOR_SPHINX.sub("", html))
    noted(app).mkdir(parents=True, exist_ok=True)
    for name in SPHINX:
        path = Path(app.outdir) / name
        if path.exists():
            path.replace(noted(app) / path.name)


def setup(app):
    app.connect("builder-inited", bring_back, priority=100)
    app.connect("html-page-context", note, priority=650)  # when the live figures stand where they stay
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
