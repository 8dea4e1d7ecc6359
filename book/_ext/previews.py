"""What search engines, chats and mailers show of a page: its title, and its lede as the description.

Not the text that follows: chapters open with somebody else's claim, which a preview would make the book's own sentence.
"""

import re
from html import escape

from docutils import nodes

from .finished import rewrite_pages

MADE = {"search": "Search the chapters, figures and functions of this book.", "genindex": "Names in this book."}
VIEWPORT = re.compile(r'\s*<meta name="viewport"[^>]*>')  # Sphinx, docutils and the theme write one each
LENGTH = 200  # characters, about what a preview shows
TWICE = re.compile(r"<title>(.*?) &#8212; \1</title>")  # the first page has the book's name


def description(doctree: nodes.document) -> str:
    """The lede, or the first paragraph of a page that has none, cut to what is shown."""
    containers = [node for node in doctree.findall(nodes.container) if "lede" in node["classes"]]
    paragraph = next(iter((containers[0] if containers else doctree).findall(nodes.paragraph)), None)
    text = " ".join(paragraph.astext().split()) if paragraph else ""
    return text if len(text) <= LENGTH else text[:LENGTH].rpartition(" ")[0].rstrip(",;:") + " …"


def describe(app, pagename, templatename, context, doctree):
    """Before sphinxext-opengraph, which takes a description that it finds."""
    if text := description(doctree) if doctree is not None else MADE.get(pagename, ""):
        context["metatags"] = context.get("metatags", "") + f'<meta name="description" content="{escape(text)}" />\n'
        context["meta"] = {**(context.get("meta") or {}), "og:description": escape(text)}


def name_once(app, exception):
    rewrite_pages(app, exception, lambda html: one_viewport(TWICE.sub(r"<title>\1</title>", html, count=1)))


def one_viewport(html: str) -> str:
    first = VIEWPORT.search(html)
    return html if first is None else html[: first.end()] + VIEWPORT.sub("", html[first.end() :])


def setup(app):
    app.connect("html-page-context", describe, priority=400)
    app.connect("build-finished", name_once)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
