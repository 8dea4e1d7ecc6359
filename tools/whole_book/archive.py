"""The site in a zip: unpacked anywhere, its index.html opens the book."""

import zipfile
from pathlib import Path

from _ext.whole_book import FILES, with_links

from .faces import from_disk, sheet

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
            elif path == sheet(site):
                content = from_disk(content.decode()).encode()
            entry = zipfile.ZipInfo(f"{FOLDER}/{name}")
            entry.external_attr = 0o644 << 16  # or it is unpacked as its owner's alone, and no server may read it
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
