"""Scripts that wait until the page is there.

The theme and the extensions put a dozen scripts into the head, each of which holds up the reading of the page until it
has come. Deferred, they come side by side and run in the same order, once the page has been read.
"""

import re
from pathlib import Path

AT_ONCE = "documentation_options|scheme"  # inline scripts read the one; the other prevents a flash of the wrong colours
SCRIPT = re.compile(rf'<script (?!defer)((?:data-[\w-]+="[^"]*" )?src="(?![^"]*(?:{AT_ONCE}))[^"]+")')


def defer(app, exception):
    if exception or app.builder.format != "html":
        return
    for path in Path(app.outdir).rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        deferred = SCRIPT.sub(r"<script defer \1", html)
        if deferred != html:
            path.write_text(deferred, encoding="utf-8")


def setup(app):
    app.connect("build-finished", defer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
