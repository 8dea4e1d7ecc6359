"""The whole book as a file: links on every page to its PDF, its EPUB and the zip of the site, where these were made.

`make downloads` (tools/downloads.py) makes them from the built site, since a PDF needs a browser to print it and a build
shall not wait for that. So the links come last: after a build for the files that are there, after `make downloads` again.
"""

import re
from html import escape
from pathlib import Path

from .finished import pages

FILES = {
    "downloads/fifty-four-days.pdf": "PDF, to print or annotate",
    "downloads/fifty-four-days.epub": "EPUB, for readers of books",
    "downloads/fifty-four-days.zip": "Zip of these pages, to read without a network",
}
BEFORE = '<button class="btn btn-sm nav-link pst-navbar-icon theme-switch-button'  # among the buttons above each page
MARK = '<details class="whole-book">'
LINKS = re.compile(re.escape(MARK) + r".*?</details>", re.DOTALL)


def made(site: Path) -> dict[str, int]:
    """Which of the files a site has → their size [B]."""
    return {name: (site / name).stat().st_size for name in FILES if (site / name).is_file()}


def with_links(html: str, page: str, sizes: dict[str, int]) -> str:
    """A page, whose address in the site is `page`, with links to these files and to no others."""
    html = LINKS.sub("", html)
    if not sizes:
        return html
    up = "../" * page.count("/")
    items = "".join(f'<li><a href="{up}{name}" download>{escape(FILES[name])} ({size / 1e6:.0f} MB)</a></li>' for name, size in sizes.items())
    return html.replace(BEFORE, f'{MARK}<summary class="btn btn-sm" title="Download the whole book">Book</summary><ul>{items}</ul></details>{BEFORE}', 1)


def link(site: Path, pages: list[Path]) -> None:
    """Bring the links of all pages up to date with the files that are there."""
    sizes = made(site)
    for path in pages:
        html = path.read_text(encoding="utf-8")
        changed = with_links(html, path.relative_to(site).as_posix(), sizes)
        if changed != html:
            path.write_text(changed, encoding="utf-8")


def keep(app, exception):
    if not exception and app.builder.format == "html":
        link(Path(app.outdir), pages(app))


def setup(app):
    app.connect("build-finished", keep, priority=940)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
