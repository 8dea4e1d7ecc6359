"""The built pages as the articles of one book: what only a screen can do is taken out, and links lead within the book."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from bs4 import BeautifulSoup, Tag
from figures.pages import Page

ON_A_SCREEN = (
    "script, button, input:not(.lf-control input), .headerlink, .lf-presets, .lf-guess, .lf-guessed, .lf-message, .lf-error, .lf-announce, .lf-foot, .lf-narrow, .lf-goal details, .lf-onward, .lf-invites, .by-hand, .sd-summary-state-marker, .toctree-wrapper, .visually-hidden"
)
FOLDED = {"toggle", "toggle-hidden", "dropdown"}  # sphinx-togglebutton's


@dataclass
class Article:
    """A page of the book. stem: "power"; part: the heading above it in the contents, "" for the first page."""

    stem: str
    part: str
    chapter: int
    body: Tag

    @property
    def title(self) -> str:
        return " ".join(self.body.h1.get_text().split())

    def sections(self) -> list[tuple[str, str]]:
        """Id and heading of each section below the title; the id is the section's, or was given to its heading."""
        found = [(heading.get("id") or heading.parent.get("id"), heading) for heading in self.body.select("section > h2")]
        return [(name, " ".join(heading.get_text().split())) for name, heading in found if name]


def read(site: Path, pages: list[Page]) -> list[Article]:
    """The articles of a built site in the order of the book."""
    found = []
    for page in pages:
        html = BeautifulSoup((site / f"{page.file}.html").read_text(encoding="utf-8"), "html.parser")
        body = html.select_one("article.bd-article")
        for_paper(body)
        found.append(Article(Path(page.file).name, page.part or ("Chapters" if page.chapter else ""), page.chapter, body))
    return found


def for_paper(body: Tag) -> None:
    """Unfold what is folded, say as text what a control is set to, and leave out what is there to be pressed."""
    for tag in body.select(ON_A_SCREEN):
        tag.decompose()
    for card in body.select(".live-figure"):
        on_paper(card)
    for table in body.select("table:has(th:nth-child(8))"):
        table["class"] = [*table.get("class", []), "wide"]
    for tag in body.select(".toggle, .toggle-hidden"):
        tag["class"] = [name for name in tag["class"] if name not in FOLDED]
    for tag in body.select("details"):
        tag["open"] = ""
    for tag in body.select("[tabindex]"):
        del tag["tabindex"]


def on_paper(card: Tag) -> None:
    """A live figure as a picture with its finding, what it is set to, and its numbers."""
    if controls := card.select_one(".lf-controls"):
        settings = [setting(control) for control in controls.select(".lf-control")]
        controls.clear()
        controls.name, controls["class"] = "p", ["lf-set"]
        controls.string = "Set to: " + " · ".join(settings)
        if not settings:
            controls.decompose()
    if rest := card.select_one(".lf-rest"):
        rest.select_one("summary").decompose()
        rest.select_one("div").unwrap()
        rest.unwrap()
    if state := card.select_one(".lf-state"):
        state.name, state.attrs, state.string = "strong", {}, f"{state.get_text()}:"
    for name in ("data-state", "data-live-figure", "aria-labelledby"):
        del card[name]
    card.select_one(".lf-drawing")["role"] = "img"


def setting(control: Tag) -> str:
    """What a control is set to: "faster 1×", "accelerator H100 SXM", "overlap on"."""
    label = control.label.get_text()
    if chosen := control.select_one("option[selected]"):
        return f"{label} {chosen.get_text()}"
    if switch := control.select_one("input[type=checkbox]"):
        return f"{label} {'on' if switch.has_attr('checked') else 'off'}"
    unit = control.select_one(".lf-unit")
    value = control.select_one("input[type=text]")["value"]
    return f"{label} {value}{f' {unit.get_text()}' if unit else ''}"


def relink(articles: list[Article], place: Callable[[str, str], str], site: Path, address: str = "") -> None:
    """Point every link to where the book has its target: `place(stem, id)`, with an empty id for a page itself.

    What only the site has (tables to download, notebooks) is linked at `address`, or is plain text where there is none.
    Pictures are taken from the built site.
    """
    ids = {article.stem: {tag["id"] for tag in article.body.find_all(id=True)} for article in articles}
    for article in articles:
        for link in article.body.find_all("a", href=True):
            target, _, anchor = link["href"].partition("#")
            if re.match(r"[a-z]+:|//", target):
                continue
            anchor = unquote(anchor).partition("?")[0]
            stem = article.stem if not target else Path(target).stem if re.fullmatch(r"(?:\./)?[\w-]+\.html", target) else ""
            if stem in ids:
                link["href"] = place(stem, anchor if anchor in ids[stem] else "")
            elif address:
                link["href"] = f"{address}{(site / 'book' / target).resolve().relative_to(site.resolve()).as_posix()}"
            else:
                link.unwrap()
