"""A Content-Security-Policy in every page: it runs its own scripts and loads from its own site, and nothing else.

Inline scripts (the theme's, and the traced model of each live figure) are named by their hash; nothing is evaluated
from strings. Styles may be inline, because drawings carry style attributes. `file:` lets the same page open from disk.
"""

import base64
import hashlib
import re

from .finished import rewrite_pages

INLINE_SCRIPT = re.compile(r"<script(?![^>]*\ssrc=)(?![^>]*\stype=\"application/)[^>]*>(.*?)</script>", re.DOTALL)
NEXT = re.compile(r'<link rel="next"[^>]*>\n?[ \t]*')  # Firefox fetches it in advance, which no policy but a wide one allows
FIRST = re.compile(r'<meta charset="utf-8"\s*/?>')
HTTP_EQUIV = '<meta http-equiv="Content-Security-Policy"'


def policy(html: str) -> str:
    """The policy that lets the scripts of this page run."""
    digests = {hashlib.sha256(script.encode()).digest() for script in INLINE_SCRIPT.findall(html)}
    hashes = sorted(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src 'self' file: {' '.join(hashes)}",
            "style-src 'self' file: 'unsafe-inline'",
            "img-src 'self' file: data:",
            "font-src 'self' file:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'self' file:",
        ]
    )


def with_policy(html: str) -> str:
    """The page with its policy right after its character set."""
    if HTTP_EQUIV in html:
        return html
    html = NEXT.sub("", html)
    tag = f'{HTTP_EQUIV} content="{policy(html)}">'
    return FIRST.sub(lambda meta: meta[0] + tag, html, count=1)


def add_policy(app, exception):
    rewrite_pages(app, exception, with_policy)


def setup(app):
    app.connect("build-finished", add_policy, priority=920)  # when the scripts stand where they stay
    return {"parallel_read_safe": True, "parallel_write_safe": True}
