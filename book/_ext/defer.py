"""Scripts that don't hold up the page.

The theme and the extensions put a dozen scripts into the head, each of which holds up the reading of the page until it
has come. Deferred, they come side by side and run in the same order, once the page has been read. The few that must
run at once are written into the page, before the style sheets, for which they would have to wait.

A page without a thing that a script serves goes without the script. What the theme's Bootstrap does few readers ask for:
a script in its place fetches it then.
"""

import re
import shutil
from importlib.util import find_spec
from pathlib import Path

from .finished import rewrite_pages

AT_ONCE = "documentation_options|scheme"  # inline scripts read the one; the other prevents a flash of the wrong colours
SCRIPT = re.compile(rf'<script (?!defer)((?:data-[\w-]+="[^"]*" )?src="(?![^"]*(?:{AT_ONCE}))[^"]+")')
HURRIED = re.compile(r"<script(?![^>]*(?:\sdefer|\stype=))[^>]*>.*?</script>\n?[ \t]*", re.DOTALL)
ELSEWHERE = re.compile(r'<script src="[^"?]*?_static/([^"?]+)[^"]*">')
# script → what it serves, as pages have it
SERVES = {
    "design-tabs.js": re.compile(r'class="[^"]*\bsd-tab-set\b'),
    "togglebutton.js": re.compile(r'class="[^"]*(?<![\w-])(?:toggle|dropdown)(?![\w-])'),
    "copy.js": re.compile(r'<div class="highlight'),
}
FOR_NOTHING = "doctools|sphinx_highlight|fontawesome"  # keys to turn pages, off here; marks of what Sphinx's own search has found; empty: icons come from a face
NEEDLESS = re.compile(rf'<script[^>]*src="[^"]*/(?:{FOR_NOTHING})\.js[^>]*></script>\n?[ \t]*')
AHEAD = re.compile(r'<link rel="preload" as="script"[^>]*>\n?[ \t]*')  # of scripts that come together (`one_script.py`)


def without_needless(html: str) -> str:
    for script, served in SERVES.items():
        if not served.search(html):
            html = re.sub(rf'<script[^>]*src="[^"]*/{re.escape(script)}[^>]*></script>\n?[ \t]*', "", html)
    return AHEAD.sub("", NEEDLESS.sub("", html))


def keep_bootstrap(app):
    """Beside the script that stands in its place (book/_static/scripts/bootstrap.js)."""
    if app.builder.format == "html":
        theirs = Path(find_spec("pydata_sphinx_theme").origin).parent / "theme/pydata_sphinx_theme/static/scripts/bootstrap.js"
        (place := Path(app.outdir) / "_static" / "scripts").mkdir(parents=True, exist_ok=True)
        shutil.copy(theirs, place / "bootstrap-whole.js")


def defer(app, exception):
    static = Path(app.outdir) / "_static"

    def written_in(script: str) -> str:
        return ELSEWHERE.sub(lambda found: f"<script>{(static / found[1]).read_text(encoding='utf-8')}", script)

    def hurried_first(html: str) -> str:
        """The page with the head's scripts that aren't deferred before its first style sheet, in their order."""
        head, end, rest = html.partition("</head>")
        before, sheet, after = HURRIED.sub("", head).partition('<link rel="stylesheet"')
        return before + "".join(map(written_in, HURRIED.findall(head))) + sheet + after + end + rest if sheet else html

    rewrite_pages(app, exception, lambda html: hurried_first(SCRIPT.sub(r"<script defer \1", without_needless(html))))


def setup(app):
    app.connect("builder-inited", keep_bootstrap)
    app.connect("build-finished", defer, priority=910)  # when there is one style sheet
    return {"parallel_read_safe": True, "parallel_write_safe": True}
