"""The book as an EPUB 3: a file of XHTML for each article, formulas as MathML, figures as SVG, the page's own faces.

The pages are HTML, an EPUB wants XML: a browser reads the one and writes the other, with all namespaces.
"""

import re
import uuid
import zipfile
from html import escape
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from livefigure.look import PALETTE
from playwright.sync_api import Browser, Page

from .articles import Article, relink
from .faces import from_disk, sheet
from .record import Record

STYLE = Path(__file__).with_name("epub.css")
VARIABLE = re.compile(r"var\(--lf-([\w-]+)\)")
FACES = re.compile(r"@font-face\s*\{[^}]*\}")
FONT = re.compile(r"""url\(["']?(fonts/[\w.-]+\.woff2)""")
HELD_BY_STYLE = ("displaystyle", "scriptlevel")  # MathML 3 lets only these elements say it
MAY_HOLD = {"math", "mstyle", "mtable"}
IN_XML = """(html) => {
    const parsed = new DOMParser().parseFromString(html, "text/html");
    const serializer = new XMLSerializer();
    return serializer.serializeToString(parsed.documentElement);
}"""
TYPE = "epub:type"  # a browser knows this prefix as letters of a name
CONTAINER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
    '<rootfiles><rootfile full-path="book/package.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
MEDIA = {".xhtml": "application/xhtml+xml", ".css": "text/css", ".woff2": "font/woff2", ".png": "image/png", ".svg": "image/svg+xml", ".jpg": "image/jpeg"}


def place(stem: str, anchor: str) -> str:
    """Where a page's element stands in the EPUB: "power.xhtml#turbines"."""
    return f"{stem}.xhtml#{anchor}" if anchor else f"{stem}.xhtml"


def write(articles: list[Article], record: Record, site: Path, browser: Browser, target: Path) -> None:
    """Write the book to `target`."""
    relink(articles, place, site, record.address)
    files: dict[str, bytes] = {}
    page = browser.new_page()
    for article in articles:
        pictures(article, site, files)
        plain(article.body)
        body = f'<article lang="en">{coloured(article.body.decode_contents())}</article>'
        files[f"{article.stem}.xhtml"] = xhtml(page, article.title, body).encode()
    nav = xhtml(page, "Contents", contents(articles))
    front = f'<section class="front"><h1>{escape(record.name)}</h1><p>{escape(record.subtitle)}</p><p class="imprint">{escape(record.imprint)}</p></section>'
    files |= {"title.xhtml": xhtml(page, record.title, front).encode(), "contents.xhtml": nav.encode()}
    page.close()
    files |= style(site)
    order = ["title", *(article.stem for article in articles)]
    files["package.opf"] = package(record, files, order).encode()
    pack(files, target)


def pictures(article: Article, site: Path, files: dict[str, bytes]) -> None:
    """Each picture of an article goes into the EPUB."""
    for picture in article.body.find_all("img", src=True):
        path = (site / "book" / re.sub(r"[?#].*", "", picture["src"])).resolve()
        picture["src"] = f"images/{path.name}"
        files[picture["src"]] = path.read_bytes()


def plain(body: Tag) -> None:
    """Without what EPUB's schemas don't know: data for scripts, attributes of MathML at elements that don't have them."""
    for tag in body.find_all(True):
        for name in [name for name in tag.attrs if name.startswith(("data-", "aria-")) and tag.name != "div" or name in ("data-live-figure", "data-state")]:
            del tag[name]
        if tag.name not in MAY_HOLD and (moved := {name: tag.attrs.pop(name) for name in HELD_BY_STYLE if name in tag.attrs}):
            style = BeautifulSoup("", "html.parser").new_tag("mstyle", attrs=moved)
            if tag.name == "mtd":  # the cell of a row stays its child
                style.extend(list(tag.children))
                tag.append(style)
            else:
                tag.wrap(style)


def coloured(html: str) -> str:
    """The palette's light colours instead of variables, which many readers don't know."""
    return VARIABLE.sub(lambda name: PALETTE[name[1]][0], html)


def xhtml(page: Page, title: str, body: str) -> str:
    html = f'<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title><link rel="stylesheet" href="book.css"></head><body>{body}</body></html>'
    return '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html>\n' + page.evaluate(IN_XML, html).replace(f"<nav {TYPE}", f'<nav xmlns:epub="http://www.idpf.org/2007/ops" {TYPE}') + "\n"


def contents(articles: list[Article]) -> str:
    """EPUB's navigation: articles, and their sections below them."""
    items = []
    for article in articles:
        sections = "".join(f'<li><a href="{place(article.stem, anchor)}">{escape(heading)}</a></li>' for anchor, heading in article.sections())
        number = f"{article.chapter}\u2002" if article.chapter else ""
        items.append(f'<li><a href="{place(article.stem, "")}">{escape(number + article.title)}</a>{f"<ol>{sections}</ol>" if sections else ""}</li>')
    return f'<nav {TYPE}="toc" id="contents"><h1>Contents</h1><ol>{"".join(items)}</ol></nav>'


def style(site: Path) -> dict[str, bytes]:
    """The style sheet with the faces that it uses."""
    css = from_disk(sheet(site).read_text(encoding="utf-8"))
    faces = [face for face in FACES.findall(css) if FONT.search(face)]
    text = "\n".join([*faces, coloured(STYLE.read_text(encoding="utf-8"))])
    fonts = {name: (site / "_static" / name).read_bytes() for name in FONT.findall(text)}
    return {"book.css": text.encode(), **fonts}


def package(record: Record, files: dict[str, bytes], order: list[str]) -> str:
    """The list of all files, the reading order, and what the book is."""
    identifier = uuid.uuid5(uuid.NAMESPACE_URL, f"{record.title} {record.version} {record.day}")
    manifest = "".join(f'<item id="{name_of(name)}" href="{name}" media-type="{MEDIA[Path(name).suffix]}"{properties(name, content)}/>' for name, content in sorted(files.items()))
    spine = "".join(f'<itemref idref="{stem}.xhtml"/>' for stem in [order[0], "contents", *order[1:]])
    modes = "".join(f'<meta property="schema:accessMode">{mode}</meta>' for mode in ("textual", "visual"))
    features = "".join(f'<meta property="schema:accessibilityFeature">{feature}</meta>' for feature in ("tableOfContents", "alternativeText", "MathML", "structuralNavigation"))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="book" xml:lang="en">'
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<dc:identifier id="book">urn:uuid:{identifier}</dc:identifier><dc:title>{escape(record.title)}</dc:title><dc:language>en</dc:language>'
        f"<dc:creator>{escape(record.author)}</dc:creator><dc:description>{escape(record.abstract)}</dc:description><dc:rights>CC BY 4.0</dc:rights>"
        f'<dc:date>{record.day}</dc:date><meta property="dcterms:modified">{record.day}T00:00:00Z</meta>{modes}{features}'
        '<meta property="schema:accessModeSufficient">textual</meta><meta property="schema:accessibilityHazard">none</meta>'
        f"</metadata><manifest>{manifest}</manifest><spine>{spine}</spine></package>\n"
    )


def name_of(path: str) -> str:
    return path.replace("/", ".")


def properties(name: str, content: bytes) -> str:
    """What a reader has to be able to do to show a file."""
    held = [kind for kind, mark in (("mathml", b"<math "), ("svg", b"<svg ")) if name.endswith(".xhtml") and mark in content]
    held += ["nav"] * (name == "contents.xhtml")
    return f' properties="{" ".join(held)}"' if held else ""


def pack(files: dict[str, bytes], target: Path) -> None:
    """A zip whose first file, not compressed, says what it is. All of one day, so that the same book gives the same bytes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr(zipfile.ZipInfo("mimetype"), "application/epub+zip", zipfile.ZIP_STORED)
        book.writestr(zipfile.ZipInfo("META-INF/container.xml"), CONTAINER, zipfile.ZIP_DEFLATED)
        for name, content in sorted(files.items()):
            book.writestr(zipfile.ZipInfo(f"book/{name}"), content, zipfile.ZIP_DEFLATED)
