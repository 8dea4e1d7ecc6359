"""One script for what theme and extensions run on a page, minified.

It comes after the live figures' script, which has its own. What one page alone asks for (the ledger, the search) isn't
part of it.

The theme's runs when the page has been painted: it asks where the sidebar and the header are, for which a browser would
have to lay out all of the page within that one task. And one thing of it is left out: as a page has loaded, and after every
change of it, it asks each table and each block of code whether it is too wide. scrolls.js is told so by the browser.
"""

import re
from pathlib import Path

from rjsmin import jsmin

from .joined import STATIC, join, tags
from .lean import OF_A_MAP

SCRIPT = tags("script defer(?= (?:data-sources|src)=)", "src")

THEME = "scripts/pydata-sphinx-theme.js"
AT_LOAD = re.compile(r',"complete"===document\.readyState\?(\w+)\(\):window\.addEventListener\("load",\1\)')


def unhurried(name: str, script: str) -> str:
    """`script`; the theme's so that it has no page laid out. ValueError where what it does at load isn't found."""
    if name != THEME:
        return script
    script, found = AT_LOAD.subn("", script)
    if found != 1:
        raise ValueError(f"{name} no longer asks at load what is too wide, or in other words: see book/_ext/one_script.py")
    return f"requestAnimationFrame(() => setTimeout(() => {{\n{script}\n}}));"


def join_scripts(app, exception):
    static = Path(app.outdir) / STATIC

    def text_of(sources: tuple[str, ...]) -> str:
        return ";\n".join(jsmin(unhurried(name, OF_A_MAP.sub("", (static / name).read_text(encoding="utf-8")))) for name in sources)

    join(app, exception, SCRIPT, "scripts.", ".js", text_of, '<script defer data-sources="{sources}" src="{address}"></script>')


def setup(app):
    app.connect("build-finished", join_scripts, priority=915)  # when all are deferred, and those that a page can do without are gone
    return {"parallel_read_safe": True, "parallel_write_safe": True}
