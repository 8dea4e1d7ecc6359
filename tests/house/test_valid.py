"""The pages are valid HTML: nothing that a parser has to mend, no attribute where the standard has none.

The whole standard is the Nu validator's, which needs Java: `make validate`. What it found, and can come back, is looked
for here.
"""

from functools import cache

import html5lib
import pytest
from bs4 import BeautifulSoup
from workspace import pages

PAGES = [*(f"{page}.html" for page in pages()), "index.html", "search.html"]
TYPED = {"hidden", "text", "search", "tel", "url", "email", "password", "date", "month", "week", "time", "datetime-local", "number", "range", "color"}
SIZED = {"math", "mstyle", "mtable"}
REFERRING = ("for", "aria-describedby", "aria-labelledby", "aria-controls", "list")


def mended(html: str) -> list[str]:
    """What a parser has to mend, by the standard's names."""
    parser = html5lib.HTMLParser()
    parser.parse(html)
    return [f"line {place[0]}: {fault} {about}" for place, fault, about in parser.errors]


def misplaced(soup: BeautifulSoup) -> list[str]:
    """Attributes where they mean nothing, and references to what isn't there."""
    found = [str(tag) for tag in soup.find_all("input", autocomplete=True) if tag.get("type", "text") not in TYPED]
    found += [str(tag) for tag in soup.find_all(displaystyle=True) if tag.name not in SIZED]
    found += [str(tag) for tag in soup.find_all(["p", "span"]) if tag.find(["div", "p", "table", "ul"], recursive=False)]
    ids = {tag["id"] for tag in soup.find_all(id=True)}
    found += [f"{tag.name}: {name}={tag[name]}" for name in REFERRING for tag in soup.find_all(attrs={name: True}) if set(tag[name].split()) - ids]
    return found


@cache
def text(site, page: str) -> str:
    return (site / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_a_parser_has_nothing_to_mend(site, page):
    assert not mended(text(site, page))


@pytest.mark.parametrize("page", PAGES)
def test_attributes_stand_where_they_mean_something(site, page):
    assert not misplaced(BeautifulSoup(text(site, page), "html.parser"))


@pytest.mark.parametrize("fault", ["<p><div>a</div></p>", "<b><i>a</b></i>", '<p class="a" class="b">', "<table><p>a</p></table>", "<p>a</section>"])
def test_faults_are_found(fault):
    assert not mended("<!DOCTYPE html><html><head><title>a</title></head><body><p>a</p></body></html>")
    assert mended(f"<!DOCTYPE html><html><head><title>a</title></head><body>{fault}</body></html>")


@pytest.mark.parametrize("fault", ['<input type="checkbox" autocomplete="off">', '<mrow displaystyle="true"></mrow>', '<label for="a"></label>', "<span><div></div></span>"])
def test_misplaced_attributes_are_found(fault):
    assert misplaced(BeautifulSoup(fault, "html.parser"))
