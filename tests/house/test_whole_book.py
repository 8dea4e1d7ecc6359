"""The whole book as a PDF, an EPUB and a zip: all of it is there, links arrive, and the same book gives the same bytes."""

import posixpath
import re
import shutil
import xml.etree.ElementTree as ElementTree
import zipfile
from copy import copy
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from urllib.parse import unquote

import downloads
import pikepdf
import pytest
from _ext.whole_book import FILES, link, with_links
from bs4 import BeautifulSoup
from figures.pages import pages as numbered
from whole_book import articles, epub, pdf, record

CITATION = {"title": "A: how b", "authors": [{"name": "X"}], "version": "1", "date-released": "2026-02-03", "abstract": "c\n d"}


@pytest.fixture(scope="module")
def whole(site, browser, tmp_path_factory) -> dict:
    """Kind → the file, made once."""
    return dict(zip(downloads.KINDS, downloads.make(site, tmp_path_factory.mktemp("whole"), browser)))


@pytest.fixture(scope="module")
def book(whole) -> dict[str, bytes]:
    """The files of the EPUB."""
    with zipfile.ZipFile(whole["epub"]) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def paper(whole):
    from pypdf import PdfReader

    return PdfReader(whole["pdf"])


@pytest.fixture(scope="module")
def sheets(paper) -> list[str]:
    """The letters of every sheet."""
    return [squeezed(page.extract_text()) for page in paper.pages]


@pytest.fixture(scope="module")
def read(site) -> list[articles.Article]:
    """The articles, for tests that leave them as they are."""
    return articles.read(site, numbered())


def squeezed(text: str) -> str:
    """A text's letters and digits: a sheet breaks lines, and joins letters, as a page doesn't."""
    return re.sub(r"[\W_]+", "", text.replace("\ufb01", "fi").replace("\ufb02", "fl").replace("\ufb00", "ff").replace("\ufb03", "ffi"))


# PDF ------------------------------------------------------------------------------------------------------------------


def test_contents_say_on_which_sheet_a_section_begins(whole, sheets, read):
    """Each line of the contents, read from the print: the heading stands on the sheet that it names."""
    where = pdf.sheets(whole["pdf"])
    front = "".join(sheets[: where[read[0].stem] - 1])
    lines = [(article.stem, article.title) for article in read]
    lines += [(f"{article.stem}--{anchor}", heading) for article in read for anchor, heading in article.sections()]
    for anchor, heading in lines:
        number = where[anchor]
        assert squeezed(heading) in sheets[number - 1], f"{heading}: not on sheet {number}"
        assert squeezed(f"{heading}{number}") in front, f"{heading}: the contents don't say {number}"
    assert len(lines) > 100


def test_links_of_the_print_lead_within_it(paper):
    """No link to a file of this machine, none to a place that isn't there."""
    inside = outside = 0
    for page in paper.pages:
        for note in page.get("/Annots", []):
            note = note.get_object()
            action = note.get("/A", {})
            if uri := action.get("/URI"):
                assert re.match(r"https?://|mailto:", uri), uri
                outside += 1
            else:
                assert str(note.get("/Dest") or action.get("/D")).lstrip("/") in {name.lstrip("/") for name in paper.named_destinations}
                inside += 1
    assert inside > 1000 and outside > 200


def test_the_print_has_every_figure_with_its_finding(sheets, read):
    text, figures = "".join(sheets), 0
    for article in read:
        for card in article.body.select(".live-figure"):
            figures += 1
            for said in card.select(".lf-title, .lf-finding"):
                assert squeezed(said.get_text()) in text, said.get_text()
    assert figures > 50


def test_no_column_of_a_table_is_cut_from_the_print(read, site, browser, tmp_path):
    """On paper nothing scrolls, and the browser leaves out what stands beyond the edge."""
    copies = [replace(article, body=copy(article.body)) for article in read]
    (tmp_path / "book.html").write_text(pdf.document(copies, record.of_citation(CITATION), site, {}), encoding="utf-8")
    page = browser.new_page(viewport={"width": 794, "height": 1123})  # A4, 96 px to the inch
    page.emulate_media(media="print")
    page.goto((tmp_path / "book.html").as_uri())
    page.add_style_tag(content="body { width: 170mm }")
    assert page.locator(".bd-article table").count() > 30
    cut = page.evaluate("""() => [...document.querySelectorAll(".bd-article table")]
        .filter((table) => table.scrollWidth > table.parentElement.clientWidth + 1).map((table) => table.textContent)""")
    page.close()
    assert not cut


def test_on_paper_there_is_nothing_to_press(read):
    for article in read:
        assert not article.body.select("button, select, input, .lf-state, summary svg, .by-hand, .lf-invites")


def test_the_print_says_whose_and_of_which_day_it_is(paper):
    assert paper.metadata.title.startswith("Fifty-Four Days:") and paper.outline
    assert "facts as of" in paper.pages[0].extract_text().replace("\n", " ")


# EPUB -----------------------------------------------------------------------------------------------------------------


def test_every_file_of_the_epub_is_xml_and_in_its_list(book):
    assert list(book)[0] == "mimetype" and book["mimetype"] == b"application/epub+zip"
    package = ElementTree.fromstring(book["book/package.opf"])
    opf = "{http://www.idpf.org/2007/opf}"
    listed = {item.get("href"): item for item in package.iter(f"{opf}item")}
    assert {f"book/{name}" for name in listed} == set(book) - {"mimetype", "META-INF/container.xml", "book/package.opf"}
    for name, item in listed.items():
        if name.endswith(".xhtml"):
            tree = ElementTree.fromstring(book[f"book/{name}"])
            held = item.get("properties", "").split()
            assert ("svg" in held) == (tree.find(".//{http://www.w3.org/2000/svg}svg") is not None), name
            assert ("mathml" in held) == (tree.find(".//{http://www.w3.org/1998/Math/MathML}math") is not None), name
    read_in_order = [item.get("idref") for item in package.iter(f"{opf}itemref")]
    assert read_in_order[2:] == [f"{page.file.split('/')[-1]}.xhtml" for page in numbered()]


def test_links_and_pictures_of_the_epub_arrive(book):
    trees = {name: ElementTree.fromstring(content) for name, content in book.items() if name.endswith(".xhtml")}
    ids = {name: [tag.get("id") for tag in tree.iter() if tag.get("id")] for name, tree in trees.items()}
    followed = 0
    for name, tree in trees.items():
        assert len(ids[name]) == len(set(ids[name])), f"{name}: an id is two's"
        for tag in tree.iter():
            address = tag.get("href") or tag.get("src")
            assert "\\" not in (address or ""), f"{name}: {address} is no address"
            if tag.tag.rpartition("}")[2] not in ("a", "img", "link") or not address or re.match(r"https?:|mailto:|data:", address):
                continue
            target, _, anchor = address.partition("#")
            there = posixpath.normpath(f"book/{unquote(target)}") if target else name
            assert there in book and (not anchor or anchor in ids[there]), f"{name}: {address}"
            followed += 1
    assert followed > 1000
    assert all(f"book/{font}" in book for font in re.findall(r"fonts/[\w.-]+", book["book/book.css"].decode()))


def test_the_epub_asks_for_nothing_that_a_reader_may_lack(book):
    """No script, no variable of a style sheet, no control; every figure as drawn, with its finding."""
    figures = 0
    for name, content in book.items():
        if not name.endswith((".xhtml", ".css")):
            continue
        text = content.decode()
        assert "var(--lf-" not in text and "\ufffd" not in text
        soup = BeautifulSoup(text, "html.parser")
        assert not soup.select("script, button, input, select, form, iframe"), name
        for card in soup.select(".live-figure"):
            figures += 1
            assert len(card.select(".lf-drawing svg")) == 1 and card.select_one(".lf-title").get_text() and card.select_one(".lf-drawing")["aria-label"]
    assert figures > 50


def test_mathml_keeps_its_style_where_the_schema_lets_it():
    body = BeautifulSoup('<p><math><mfrac displaystyle="true"><mi>a</mi><mi>b</mi></mfrac><mtable><mtr><mtd scriptlevel="0"><mi>c</mi></mtd></mtr></mtable></math></p>', "html.parser").p
    epub.plain(body)
    assert str(body.math) == (
        '<math><mstyle displaystyle="true"><mfrac><mi>a</mi><mi>b</mi></mfrac></mstyle>'
        '<mtable><mtr><mtd><mstyle scriptlevel="0"><mi>c</mi></mstyle></mtd></mtr></mtable></math>'
    )


# Zip, links and bytes -------------------------------------------------------------------------------------------------


def test_the_zip_is_the_site_and_opens_from_disk(whole, site, tmp_path, browser):
    with zipfile.ZipFile(whole["zip"]) as archive:
        archive.extractall(tmp_path)
    home = tmp_path / "fifty-four-days"
    files = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()} - set(FILES)
    assert {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()} == files
    page = browser.new_page()
    page.goto((home / "index.html").as_uri())
    page.wait_for_url("**/book/index.html")
    page.locator('[data-live-figure][data-state="live"]').first.wait_for()
    page.evaluate("document.fonts.ready")
    reader = page.context.new_cdp_session(page)
    reader.send("DOM.enable")
    reader.send("CSS.enable")
    root = reader.send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
    for part, family in (("h1", "Source Serif"), (".bd-article .lf-title", "Source Sans")):
        node = reader.send("DOM.querySelector", {"nodeId": root, "selector": part})["nodeId"]
        shown = reader.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        assert [font["familyName"].startswith(family) and font["isCustomFont"] for font in shown] == [True], shown
    page.close()


def test_a_server_may_read_what_is_unpacked(whole):
    with zipfile.ZipFile(whole["zip"]) as archive:
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o644}


PAGE = '<div class="article-header-buttons"><button class="btn btn-sm nav-link pst-navbar-icon theme-switch-button pst-js-only"></button></div>'


def test_pages_link_to_the_files_that_are_there_and_to_no_others(tmp_path):
    """Made, made again with one fewer, and gone."""
    (tmp_path / "book").mkdir()
    (tmp_path / "downloads").mkdir()
    page = tmp_path / "book" / "power.html"
    page.write_text(PAGE, encoding="utf-8")
    for there in (list(FILES), list(FILES)[1:], []):
        shutil.rmtree(tmp_path / "downloads")
        (tmp_path / "downloads").mkdir()
        for name in there:
            (tmp_path / name).write_bytes(b"x" * 2_000_000)
        link(tmp_path, [page])
        links = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").select("a")
        assert [a["href"] for a in links] == [f"../{name}" for name in there] and all("(2 MB)" in a.get_text() for a in links)
    assert page.read_text(encoding="utf-8") == PAGE


@pytest.mark.parametrize("name", [f"{page.file}.html" for page in numbered()])
def test_every_page_has_room_for_the_links(site, name):
    html = (site / name).read_text(encoding="utf-8")
    linked = with_links(html, name, dict.fromkeys(FILES, 1_000_000))
    assert [a["href"] for a in BeautifulSoup(linked, "html.parser").select(".whole-book a")] == [f"../{file}" for file in FILES]
    assert with_links(linked, name, {}) == with_links(html, name, {})


def test_the_same_book_gives_the_same_files(whole, site, browser, tmp_path):
    again = {path.suffix[1:]: path for path in downloads.make(site, tmp_path, browser)}
    assert [kind for kind, path in again.items() if path.read_bytes() != whole[kind].read_bytes()] == [], unlike(again["pdf"], whole["pdf"])


def unlike(one: Path, other: Path) -> str:
    """Where two prints differ, for whoever reads a failure that does not come again."""
    with pikepdf.open(one) as first, pikepdf.open(other) as second:
        pairs = zip_longest((written(item) for item in first.objects), (written(item) for item in second.objects), fillvalue=b"none")
        said = [f"object {number}: {a[:400]!r}, {b[:400]!r}" for number, (a, b) in enumerate(pairs, 1) if a != b]
        return "\n".join([f"{len(first.pages)} and {len(second.pages)} sheets, {len(said)} objects differ", *said[:20]])


def written(item) -> bytes:
    return item.unparse(resolved=True) + (item.read_bytes() if isinstance(item, pikepdf.Stream) and "/Subtype" not in item else b"")


TABLE = "<!doctype html><html lang=en><title>T</title><table><tr><th>a<th>b<tr><th>c<td>1</table>"


@pytest.mark.parametrize("html", [TABLE, TABLE.replace("th>", "td>")])
def test_what_the_browser_showed_before_is_not_in_the_print(browser, tmp_path, html):
    page = browser.new_page()
    prints = []
    for path in (tmp_path / "first.pdf", tmp_path / "second.pdf"):
        page.set_content(html)
        page.pdf(path=path, tagged=True)
        pdf.describe(path, record.of_citation(CITATION))
        prints.append(path.read_bytes())
    page.close()
    assert prints[0] == prints[1], unlike(tmp_path / "first.pdf", tmp_path / "second.pdf")


def test_a_published_book_links_to_its_tables_and_one_that_is_not_has_their_names(site):
    page = next(page for page in numbered() if page.file == "book/claims")
    for address in ("", "https://someone.github.io/some-book/"):
        read = articles.read(site, [page])
        articles.relink(read, epub.place, site, address)
        tables = [a["href"] for a in read[0].body.find_all("a", href=True) if "downloads/" in a["href"]]
        assert "claims.csv" in read[0].body.get_text()
        assert tables == ([f"{address}downloads/claims.{kind}" for kind in ("csv", "json")] if address else [])


def test_the_record_is_the_citation_s():
    of = record.of_citation(CITATION, "https://a.b/c/")
    assert (of.name, of.subtitle, of.abstract) == ("A", "How b", "c d") and "3 February 2026" in of.imprint and "https://a.b/c/" in of.imprint
