"""The book as a PDF: all articles on one page with a title and contents, printed by a Chromium-family browser.

A browser can't say in the text on which sheet something will stand. So it prints twice, and the numbers of the contents
are read from the first print.
"""

from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

import pikepdf
from playwright.sync_api import Browser
from pypdf import PdfReader

from .articles import Article, relink
from .faces import from_disk, sheet
from .record import Record

STYLE = Path(__file__).with_name("pdf.css")
NAMES = ("id", "for", "aria-labelledby", "aria-describedby", "aria-controls")  # attributes that hold an id


def place(stem: str, anchor: str) -> str:
    """Where a page's element stands on the one page: "#power--turbines"."""
    return f"#{stem}--{anchor}" if anchor else f"#{stem}"


def write(articles: list[Article], record: Record, site: Path, browser: Browser, target: Path) -> None:
    """Print the book to `target`."""
    relink(articles, place, site, record.address)
    for article in articles:
        name_apart(article)
    page = browser.new_page(java_script_enabled=False)
    page.emulate_media(media="print")  # so that a face that only the print has is there before it begins
    numbers: dict[str, int] = {}
    with TemporaryDirectory() as folder:
        assembled = Path(folder) / "book.html"
        for last in (False, True):
            assembled.write_text(document(articles, record, site, numbers), encoding="utf-8")
            page.goto(assembled.as_uri())
            page.evaluate("document.fonts.ready.then(() => true)")  # a page has loaded before its faces have
            page.pdf(path=target, prefer_css_page_size=True, print_background=True, outline=last, tagged=last)
            numbers = numbers or sheets(target)
    page.close()
    describe(target, record)


def name_apart(article: Article) -> None:
    """Every id with its page's name before it: two pages may both have an element "sources". A drawing's are its own.

    A section's goes to its heading, which may stand on the sheet after the one where the section's room begins.
    """
    for heading in article.body.select("section[id] > :is(h2, h3, h4)"):
        heading["id"] = heading.parent.attrs.pop("id", None) or heading.get("id", "")
    for tag in article.body.find_all(lambda tag: any(name in tag.attrs for name in NAMES)):
        if tag.find_parent("svg") or tag.name == "svg":
            continue
        for name in NAMES:
            if name in tag.attrs:
                tag[name] = place(article.stem, tag[name])[1:]


def document(articles: list[Article], record: Record, site: Path, numbers: dict[str, int]) -> str:
    """The whole book as one HTML page. numbers: id → the sheet it stands on, where that is known."""
    fonts = (site / "_static" / "fonts").resolve().as_uri()
    css = from_disk(sheet(site).read_text(encoding="utf-8")).replace('url("fonts/', f'url("{fonts}/')
    bodies = []
    for article in articles:
        for picture in article.body.find_all("img", src=True):
            if not picture["src"].startswith(("data:", "file:")):
                picture["src"] = (site / "book" / picture["src"]).resolve().as_uri()
        bodies.append(f'<article class="bd-article" id="{article.stem}" lang="en">{article.body.decode_contents()}</article>')
    return (
        f'<!DOCTYPE html><html lang="en" data-theme="light" data-mode="light"><head><meta charset="utf-8"><title>{escape(record.title)}</title>'
        f"<style>{css}</style><style>{STYLE.read_text(encoding='utf-8')}</style></head><body>"
        f'<section class="front"><h1>{escape(record.name)}</h1><p>{escape(record.subtitle)}</p><p class="imprint">{escape(record.imprint)}</p></section>'
        f"{contents(articles, numbers)}"
        f'<main class="bd-main"><div class="bd-content"><div class="bd-article-container">{"".join(bodies)}</div></div></main></body></html>'
    )


def contents(articles: list[Article], numbers: dict[str, int]) -> str:
    def line(level: int, anchor: str, text: str) -> str:
        return f'<li class="level-{level}"><a href="#{anchor}"><span>{escape(text)}</span><i></i><b>{numbers.get(anchor, 0) or "000"}</b></a></li>'

    lines, part = [], ""
    for article in articles:
        if article.part != part:
            part = article.part
            lines.append(f'<li class="part">{escape(part)}</li>')
        number = f"{article.chapter}\u2002" if article.chapter else ""
        lines.append(line(1, article.stem, f"{number}{article.title}"))
        lines += [line(2, anchor, heading) for anchor, heading in article.sections()]
    return f'<nav class="book-contents"><h2>Contents</h2><ol>{"".join(lines)}</ol></nav>'


def sheets(path: Path) -> dict[str, int]:
    """Each target of a link within a PDF → the number of its sheet, counted from 1."""
    reader = PdfReader(path)
    return {name.lstrip("/"): reader.get_destination_page_number(target) + 1 for name, target in reader.named_destinations.items()}


def describe(path: Path, record: Record) -> None:
    """The book's title, and its day instead of the print's: the same book gives the same file.

    A browser writes each of some fifty thousand objects out by itself; packed, the file is smaller by two fifths.
    """
    day = record.day.strftime("D:%Y%m%d000000Z")
    with pikepdf.open(path, allow_overwriting_input=True) as book:
        del book.docinfo
        book.docinfo.update({"/Title": record.title, "/Author": record.author, "/CreationDate": day, "/ModDate": day})
        book.Root.PageMode = pikepdf.Name.UseOutlines
        number_heads(book)
        book.save(path, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)


def number_heads(book: pikepdf.Pdf) -> None:
    """Name the head cells that other cells refer to by their place in the book.

    A browser names them by a count that goes on through all that its process has shown: another one, or the same one
    later, prints the same book with other names.
    """
    if "/IDTree" not in book.Root.StructTreeRoot:  # there is no table
        return
    tree = pikepdf.NameTree(book.Root.StructTreeRoot.IDTree)
    names = {name: f"head{number:05}" for number, name in enumerate(tree, 1)}
    heads = pikepdf.NameTree.new(book)
    for name, cell in tree.items():
        heads[names[name]] = cell
        cell.ID = names[name]
    book.Root.StructTreeRoot.IDTree = heads.obj
    for cell in book.objects:
        for about in cell.get("/A", []) if isinstance(cell, pikepdf.Dictionary) else []:
            if "/Headers" in about:
                about.Headers = pikepdf.Array([names[str(name)] for name in about.Headers])
