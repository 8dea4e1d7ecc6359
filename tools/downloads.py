"""Make the whole book's files from the built site: PDF, EPUB and a zip, into _build/html/downloads. `python tools/downloads.py [pdf epub zip]`

And the wheel of its code, which goes beside the notebooks, and so into the zip.

They need a Chromium-family browser, Playwright, pypdf and pikepdf (tests/requirements.txt). Each page links to the files that are there.
"""

import argparse
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
sys.path.insert(0, str(ROOT / "book"))

import find_browser  # noqa: E402
from _ext import whole_book as links  # noqa: E402  (found through the line above)
from _ext.address import site_address  # noqa: E402
from _ext.wheel import FOLDER as NOTEBOOKS, build_wheel  # noqa: E402
from figures.pages import pages  # noqa: E402
from playwright.sync_api import Browser, sync_playwright  # noqa: E402
from whole_book import archive, articles, epub, pdf, record  # noqa: E402

KINDS = ("pdf", "epub", "zip")


def make(site: Path, folder: Path, browser: Browser, kinds=KINDS, root: Path = ROOT) -> list[Path]:
    """Make the files of these kinds in `folder` from a built site of the book at `root`."""
    repository = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))["sphinx"]["config"]["book_repository"]
    citation = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    about = record.of_citation(citation, site_address(repository) if repository else "")
    folder.mkdir(parents=True, exist_ok=True)
    build_wheel(root / "book", site / NOTEBOOKS)
    made = [folder / f"{archive.FOLDER}.{kind}" for kind in kinds]
    for kind, target in zip(kinds, made):
        if kind == "zip":
            archive.write(site, target)
        else:
            {"pdf": pdf, "epub": epub}[kind].write(articles.read(site, pages(root)), about, site, browser, target)
    return made


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"what to make: {', '.join(KINDS)} (default: all)")
    kinds = parser.parse_args().kinds or KINDS
    if unknown := set(kinds) - set(KINDS):
        parser.error(f"no such kind: {', '.join(sorted(unknown))}")
    if not (SITE / "index.html").is_file():
        print("The book is not built yet: run `make book` or `jupyter-book build .` first.", file=sys.stderr)
        return 1
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser.find(), args=["--disable-gpu", *find_browser.flags()])
        for path in make(SITE, SITE / "downloads", browser, kinds):
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1e6:.1f} MB", flush=True)
        browser.close()
    links.link(SITE, [path for path in SITE.rglob("*.html") if "_static" not in path.relative_to(SITE).parts])
    return 0


if __name__ == "__main__":
    sys.exit(main())
