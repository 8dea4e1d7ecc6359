"""One file for a page instead of a dozen, each of which is a request, and on a phone a journey: the frame of `bundle.py` and `one_script.py`.

The tag of the one file names in `data-sources` what it was made of, so that a build which leaves a page as it is finds
it there. The file's name says its content, so that a browser may keep it for ever.
"""

import hashlib
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from .finished import rewrite_pages

STATIC = "_static/"
SOURCES = re.compile(r'data-sources="([^"]+)"')


def tags(attributes: str, address: str) -> re.Pattern:
    """What finds the tags of a page that name a file of `_static` as their `address` (href, src); attributes: how one begins."""
    return re.compile(rf'<{attributes}[^>]*{address}="(?P<up>[^"?]*?){STATIC}(?P<name>[^"?]+)[^>]*>(?:</script>)?\n?[ \t]*')


def join(app, exception, found: re.Pattern, stem: str, suffix: str, text_of: Callable[[tuple[str, ...]], str], frame: str) -> None:
    """Write one file for what the tags `found` in a page name, and one tag for it at the end of the head.

    text_of: the text of files of these names, in their order. frame: what asks for the one at `{address}`, made of `{sources}`.
    """
    static = Path(app.outdir) / STATIC
    made = set()

    @cache
    def joined(sources: tuple[str, ...]) -> str:
        text = text_of(sources)
        name = f"{stem}{hashlib.sha256(text.encode()).hexdigest()[:10]}{suffix}"
        (static / name).write_text(text, encoding="utf-8")
        made.add(name)
        return name

    def once(html: str) -> str:
        each = list(found.finditer(html))
        if not each:
            return html
        named = [earlier[1] if (earlier := SOURCES.search(tag[0])) else tag["name"] for tag in each]
        sources = tuple(" ".join(named).split())
        one = frame.format(address=f"{each[0]['up']}{STATIC}{joined(sources)}", sources=" ".join(sources))
        return found.sub("", html).replace("</head>", f"{one}\n</head>", 1)

    rewrite_pages(app, exception, once)
    for earlier in [path for path in static.glob(f"{stem}*{suffix}") if made and path.name not in made]:
        earlier.unlink()
