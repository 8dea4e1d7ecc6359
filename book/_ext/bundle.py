"""One style sheet for a page instead of the dozen that theme and extensions bring: a browser paints when the last has come."""

import hashlib
import json
import posixpath
import re
from functools import cache
from pathlib import Path

from rcssmin import cssmin

from .finished import pages
from .joined import STATIC, join, tags
from .lean import JOINED
from .unused import names, used, without_idle_properties

LINK = tags('link (?=[^>]*rel="stylesheet")', "href")
OURS = ("book.css", "fonts.css", "palette.", "livefigure.")  # of which nothing is cut
BOOTSTRAP = "bootstrap-whole.js"  # it could set the classes of a dozen kinds of things; these are of the two that pages have
SET_BY_BOOTSTRAP = {"show", "fade", "tooltip", "tooltip-inner", "tooltip-arrow", "bs-tooltip-auto", "dropdown", "dropdown-menu", "dropdown-toggle", "--bs-position"}
IMPORT = re.compile(r'@import\s*"([^"]+)"\s*;')
URL = re.compile(r"url\(\s*([\"']?)(?!data:|#|[a-z]+:)([^)\"']+)\1\s*\)")
NOT_WANTED = re.compile(r'@charset "[^"]*";|/\*# sourceMappingURL=.*?\*/')


def sheet(static: Path, name: str) -> str:
    """The style sheet `name` of `static`, with what it imports and its addresses seen from there."""
    folder = posixpath.dirname(name)
    text = NOT_WANTED.sub("", (static / name).read_text(encoding="utf-8"))
    text = URL.sub(lambda url: f'url("{posixpath.normpath(posixpath.join(folder, url[2]))}")', text)
    return IMPORT.sub(lambda found: sheet(static, posixpath.normpath(posixpath.join(folder, found[1]))), text)


def bundle(app, exception):
    static = Path(app.outdir) / STATIC
    memory = Path(app.doctreedir) / "cut_sheets.json"  # what the last build cut: to read a sheet takes longer than all the rest
    earlier = json.loads(memory.read_text(encoding="utf-8")) if memory.exists() else {}
    kept = {}

    @cache
    def known():
        return names(pages(app), [path for path in static.rglob("*.js") if path.name != BOOTSTRAP], SET_BY_BOOTSTRAP)

    @cache
    def cut(name: str) -> str:
        """A sheet without what no page has; with `@import` and addresses resolved."""
        text = sheet(static, name)
        if name.startswith(OURS):
            return text
        key = hashlib.sha256(f"{text} {known().digest}".encode()).hexdigest()
        kept[key] = earlier[key] if key in earlier else used(text, known())
        return kept[key]

    def text_of(sheets: tuple[str, ...]) -> str:
        return '@charset "UTF-8";' + without_idle_properties(cssmin("\n".join(cut(name) for name in sheets)), known())

    join(app, exception, LINK, JOINED, ".css", text_of, '<link rel="stylesheet" href="{address}" data-sources="{sources}" />')
    if kept:
        memory.write_text(json.dumps(kept), encoding="utf-8")


def setup(app):
    app.connect("build-finished", bundle, priority=900)  # after the theme has written its colours of code
    return {"parallel_read_safe": True, "parallel_write_safe": True}
