"""One style sheet for a page instead of the dozen that theme and extensions bring: a browser paints when the last has come."""

import hashlib
import posixpath
import re
from functools import cache
from pathlib import Path

from rcssmin import cssmin

from .finished import pages, rewrite_pages
from .unused import names, used, without_idle_properties

STATIC = "_static/"
LINK = re.compile(rf'[ \t]*<link (?=[^>]*rel="stylesheet")[^>]*href="([^"]*?){STATIC}([^"?]+)[^>]*>\n?')
SOURCES = re.compile(r'data-sources="([^"]+)"')
OURS = ("book.css", "fonts.css", "palette.", "livefigure.")  # of which nothing is cut
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
    """Join the style sheets that a page links to. A page from an earlier build says in its link what it was made of."""
    static = Path(app.outdir) / STATIC
    made = set()

    @cache
    def known():
        return names(pages(app), list(static.rglob("*.js")))

    @cache
    def cut(name: str) -> str:
        """A sheet without what no page has; with `@import` and addresses resolved."""
        text = sheet(static, name)
        return text if name.startswith(OURS) else used(text, known())

    @cache
    def joined(sheets: tuple[str, ...]) -> str:
        text = '@charset "UTF-8";' + without_idle_properties(cssmin("\n".join(cut(name) for name in sheets)), known())
        target = f"styles.{hashlib.sha256(' '.join(sheets).encode()).hexdigest()[:10]}.css"
        (static / target).write_text(text, encoding="utf-8")
        made.add(target)
        return f"{target}?v={hashlib.sha256(text.encode()).hexdigest()[:8]}"

    def link_once(html: str) -> str:
        links = list(LINK.finditer(html))
        if not links:
            return html
        earlier = SOURCES.search(links[0][0])
        sheets = tuple(earlier[1].split() if earlier else (link[2] for link in links))
        one = f'<link rel="stylesheet" href="{links[0][1]}{STATIC}{joined(sheets)}" data-sources="{" ".join(sheets)}" />\n'
        return html[: links[0].start()] + one + LINK.sub("", html[links[0].end() :])

    rewrite_pages(app, exception, link_once)
    for earlier in [path for path in static.glob("styles.*.css") if made and path.name not in made]:
        earlier.unlink()


def setup(app):
    app.connect("build-finished", bundle, priority=900)  # after the theme has written its colours of code
    return {"parallel_read_safe": True, "parallel_write_safe": True}
