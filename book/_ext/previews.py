"""What search engines, chats and mailers show of a page: its title, and its lede as the description.

Not the text that follows: chapters open with somebody else's claim, which a preview would make the book's own sentence.
"""

import re
from html import escape

from docutils import nodes

from .finished import rewrite_pages

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
    if doctree is not None and (text := description(doctree)):
        context["metatags"] += f'<meta name="description" content="{escape(text)}" />\n'
        context["meta"] = {**(context["meta"] or {}), "og:description": escape(text)}


def name_once(app, exception):
    rewrite_pages(app, exception, lambda html: TWICE.sub(r"<title>\1</title>", html, count=1))


def setup(app):
    app.connect("html-page-context", describe, priority=400)
    app.connect("build-finished", name_once)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
