"""The search finds what this book is about: numbers, names with numbers, and chapters before functions.

The index is for the page that searches; a theme loads it on every page. Sphinx's script leaves bare numbers out of a question, and asks for each hit's page to quote from it, which a browser
refuses to a page from disk. Both are mended in the copy that is published; where its text is no longer as expected,
the build says so.
"""

import re
from pathlib import Path

from sphinx.util import logging

from .finished import rewrite_pages

MENDED = {
    "searchtools.js": {
        # Colossus2 is Colossus 2
        "_parseQuery: (query) => {": '_parseQuery: (query) => {\n    query = query.replace(/([a-z]{4,})(\\d+)/gi, "$1 $2");',
        # a number is a word
        " ||\n        queryTerm.match(/^\\d+$/)": "",
        # quote where a page can be asked for
        "const showSearchSummary = DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY;": 'const showSearchSummary = location.protocol !== "file:";',
        # of the chapter itself, not of its table of contents or its figures' labels
        'const docContent = htmlElement.querySelector(\'[role="main"]\');': 'const docContent = htmlElement.querySelector("article");\n    docContent?.querySelectorAll(".live-figure").forEach((figure) => figure.remove());',
        "if (docContent) return docContent.textContent;": 'if (docContent) return docContent.textContent.replace(/\\s+/g, " ");',
        # where the longest of the words begins a word
        ".map((k) => textLower.indexOf(k.toLowerCase()))": '.sort((a, b) => b.length - a.length)\n      .map((k) => textLower.search(new RegExp("(?<![\\\\w.,])" + _escapeRegExp(k.toLowerCase()))))',
        ".slice(-1)[0];": "[0] ?? 0;",
        # open the page where the words stand, in browsers that can
        "linkEl.href = linkUrl + anchor;": 'linkEl.href = linkUrl + (anchor || (highlightTerms.size ? "#:~:text=" + encodeURIComponent([...highlightTerms][0]) : ""));',
        "objNameMatch: 11,": "objNameMatch: 4,",
        "objPartialMatch: 6,": "objPartialMatch: 2,",
        "1: 5, //": "1: -5, //",
    },
}
FOR_SEARCHING = re.compile(r'[ \t]*<script [^>]*src="[^"]*(?:searchtools|language_data|searchindex)\.js[^>]*></script>\n?')
MARK = "/* mended by _ext/search.py */\n"
logger = logging.getLogger(__name__)


def mend(app, exception):
    if exception or app.builder.format != "html":
        return
    for name, changes in MENDED.items():
        script = Path(app.outdir) / "_static" / name
        text = script.read_text(encoding="utf-8")
        if text.startswith(MARK):
            continue  # from an earlier build
        for before, after in changes.items():
            if text.count(before) != 1:
                logger.warning("%s has changed: %r is not in it once", name, before)
            text = text.replace(before, after)
        script.write_text(MARK + text, encoding="utf-8")
    rewrite_pages(app, exception, lambda html: html if 'id="search-results"' in html else FOR_SEARCHING.sub("", html))


def setup(app):
    app.connect("build-finished", mend)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
