"""One script for a page instead of the dozen that theme and extensions bring: each is a request, and on a phone a journey.

They stand in one file in their order, minified, under a name that says its content, so that a browser may keep it for
ever. It comes after the live figures' script, which has its own. What one page alone asks for (the ledger, the search)
isn't among them.
"""

import hashlib
import re
from functools import cache
from pathlib import Path

from rjsmin import jsmin

from .finished import rewrite_pages
from .lean import OF_A_MAP

SCRIPT = re.compile(r'[ \t]*<script defer(?: data-sources="([^"]+)")? src="([^"?]*?_static/)([^"?]+)[^>]*></script>\n?')
AHEAD = re.compile(r'[ \t]*<link rel="preload" as="script"[^>]*>\n?')  # of scripts that now come together
STEM = "scripts."


def join(app, exception):
    """A page from an earlier build says in its script what that was made of."""
    static = Path(app.outdir) / "_static"
    made = set()

    @cache
    def joined(sources: tuple[str, ...]) -> str:
        text = ";\n".join(jsmin(OF_A_MAP.sub("", (static / name).read_text(encoding="utf-8"))) for name in sources)
        name = f"{STEM}{hashlib.sha256(text.encode()).hexdigest()[:10]}.js"
        (static / name).write_text(text, encoding="utf-8")
        made.add(name)
        return name

    def load_once(html: str) -> str:
        scripts = list(SCRIPT.finditer(html))
        if not scripts:
            return html
        sources = tuple(name for script in scripts for name in (script[1].split() if script[1] else [script[3]]))
        one = f'<script defer data-sources="{" ".join(sources)}" src="{scripts[0][2]}{joined(sources)}"></script>\n'
        return AHEAD.sub("", SCRIPT.sub("", html)).replace("</head>", f"{one}</head>", 1)

    rewrite_pages(app, exception, load_once)
    for earlier in [path for path in static.glob(f"{STEM}*.js") if made and path.name not in made]:
        earlier.unlink()


def setup(app):
    app.connect("build-finished", join, priority=915)  # when all are deferred, and those that a page can do without are gone
    return {"parallel_read_safe": True, "parallel_write_safe": True}
