"""Scripts that don't hold up the page.

The theme and the extensions put a dozen scripts into the head, each of which holds up the reading of the page until it
has come. Deferred, they come side by side and run in the same order, once the page has been read. The few that must
run at once are written into the page, before the style sheets, for which they would have to wait.
"""

import re
from pathlib import Path

from .finished import rewrite_pages

AT_ONCE = "documentation_options|scheme"  # inline scripts read the one; the other prevents a flash of the wrong colours
SCRIPT = re.compile(rf'<script (?!defer)((?:data-[\w-]+="[^"]*" )?src="(?![^"]*(?:{AT_ONCE}))[^"]+")')
HURRIED = re.compile(r"[ \t]*<script(?![^>]*(?:\sdefer|\stype=))[^>]*>.*?</script>\n?", re.DOTALL)
ELSEWHERE = re.compile(r'<script src="[^"?]*?_static/([^"?]+)[^"]*">')


def defer(app, exception):
    static = Path(app.outdir) / "_static"

    def written_in(script: str) -> str:
        return ELSEWHERE.sub(lambda found: f"<script>{(static / found[1]).read_text(encoding='utf-8')}", script)

    def hurried_first(html: str) -> str:
        """The page with the head's scripts that aren't deferred before its first style sheet, in their order."""
        start, end = html.find('<link rel="stylesheet"'), html.find("</head>")
        if start < 0:
            return html
        before, head, after = html[:start], html[start:end], html[end:]
        return before + "".join(map(written_in, HURRIED.findall(head))) + HURRIED.sub("", head) + after

    rewrite_pages(app, exception, lambda html: hurried_first(SCRIPT.sub(r"<script defer \1", html)))


def setup(app):
    app.connect("build-finished", defer, priority=910)  # when there is one style sheet
    return {"parallel_read_safe": True, "parallel_write_safe": True}
