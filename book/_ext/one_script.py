"""One script for what theme and extensions run on a page, minified.

It comes after the live figures' script, which has its own. What one page alone asks for (the ledger, the search) isn't
part of it.
"""

from pathlib import Path

from rjsmin import jsmin

from .joined import STATIC, join, tags
from .lean import OF_A_MAP

SCRIPT = tags("script defer(?= (?:data-sources|src)=)", "src")


def join_scripts(app, exception):
    static = Path(app.outdir) / STATIC

    def text_of(sources: tuple[str, ...]) -> str:
        return ";\n".join(jsmin(OF_A_MAP.sub("", (static / name).read_text(encoding="utf-8"))) for name in sources)

    join(app, exception, SCRIPT, "scripts.", ".js", text_of, '<script defer data-sources="{sources}" src="{address}"></script>')


def setup(app):
    app.connect("build-finished", join_scripts, priority=915)  # when all are deferred, and those that a page can do without are gone
    return {"parallel_read_safe": True, "parallel_write_safe": True}
