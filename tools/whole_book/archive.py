"""The site in a zip: unpacked anywhere, its index.html opens the book."""

import zipfile
from pathlib import Path

from _ext.whole_book import FILES, with_links

FOLDER = "fifty-four-days"


def write(site: Path, target: Path) -> None:
    """All files of the site but the whole book's own, all of one day; its pages offer no file that isn't in it."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in site.rglob("*") if path.is_file()):
            name = path.relative_to(site).as_posix()
            if name in FILES:
                continue
            content = path.read_bytes()
            if path.suffix == ".html":
                content = with_links(content.decode(), name, {}).encode()
            archive.writestr(zipfile.ZipInfo(f"{FOLDER}/{name}"), content, zipfile.ZIP_DEFLATED)
