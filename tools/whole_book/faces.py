"""The site's style sheet for files that are read from a disk: its faces are shown whenever they are there.

A page on the web takes the faces that are there when it is first painted, so that nothing moves. Of a page on a disk a
browser never has them by then, and its text would stay without.
"""

from pathlib import Path


def from_disk(css: str) -> str:
    return css.replace("font-display:optional", "font-display:swap")


def sheet(site: Path) -> Path:
    """The one style sheet of a built site."""
    return next((site / "_static").glob("styles.*.css"))
