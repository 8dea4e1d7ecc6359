"""Scripts that wait until the page is there.

The theme and the extensions put a dozen scripts into the head, each of which holds up the reading of the page until it
has come. Deferred, they come side by side and run in the same order, once the page has been read.
"""

import re

from .finished import rewrite_pages

AT_ONCE = "documentation_options|scheme"  # inline scripts read the one; the other prevents a flash of the wrong colours
SCRIPT = re.compile(rf'<script (?!defer)((?:data-[\w-]+="[^"]*" )?src="(?![^"]*(?:{AT_ONCE}))[^"]+")')


def defer(app, exception):
    rewrite_pages(app, exception, lambda html: SCRIPT.sub(r"<script defer \1", html))


def setup(app):
    app.connect("build-finished", defer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
