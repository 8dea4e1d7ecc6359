"""What stands at the end of the book is complete: notation, glossary, figures, data, addresses, and the line on every page."""

import re

import pytest
from _ext.lists import TABLES
from _ext.words import glossary
from bs4 import BeautifulSoup
from figures.pages import CELL, name_of, places, shown
from livefigure.controls import Choice
from living import living
from matplotlib.text import Text
from workspace import BOOK, pages

CHAPTERS = ("fifty-four-days", "ten-times-faster", "parallelism", "interconnect", "power", "failures", "seven-models", "design-a-cluster")
FIRST = CHAPTERS[:2]  # which readers begin with who know nothing of it
ENTRIES = dict(re.findall(r"@\w+\{([^,]+),\n(.*?)\n\}", (BOOK / "references.bib").read_text(encoding="utf-8"), re.DOTALL))


def text(name: str) -> str:
    return (BOOK / f"{name}.md").read_text(encoding="utf-8")


def test_every_table_is_described_and_offered(site):
    tables = {path.stem for path in (BOOK / "data").glob("*.csv")}
    assert tables == set(TABLES)
    offered = {path.stem: path.read_bytes() for path in (site / "downloads" / "data").glob("*.csv")}
    assert offered == {path.stem: path.read_bytes() for path in (BOOK / "data").glob("*.csv")}


def test_every_finding_is_told_and_offered(site):
    html = BeautifulSoup((site / "book" / "what-tools-do.html").read_text(encoding="utf-8"), "html.parser")
    scripts = {path.name: path.read_text(encoding="utf-8") for path in (BOOK.parent / "findings").glob("*.sh")}
    published = {path.name: path.read_text(encoding="utf-8") for path in (site / "downloads" / "findings").glob("*.sh")}
    assert published == scripts
    linked = {link["href"].rsplit("/", 1)[1] for link in html.select('article a[href*="downloads/findings/"]')}
    assert linked == set(scripts)
    as_typed = {0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"'}
    said = " ".join(html.article.get_text().split()).translate(as_typed)
    titles = {heading.get_text().rstrip("#").strip().translate(as_typed) for heading in html.article.select("h2")}
    for name, script in scripts.items():
        title, empty, first = script.splitlines()[1:4]
        assert title.removeprefix("# ") in titles and empty == "#", name
        assert first.removeprefix("# ").split("`")[0].strip() in said, name


def test_every_figure_of_the_chapters_is_listed(site):
    html = BeautifulSoup((site / "book" / "about.html").read_text(encoding="utf-8"), "html.parser")
    listed = [link["href"].split("#fig-")[1] for link in html.select('article a[href*="#fig-"]')]
    numbered = [name for name, place in places().items() if place.number]
    assert sorted(listed) == sorted(numbered) and len(listed) > 25


@pytest.mark.parametrize("page", pages())
def test_every_page_says_where_corrections_go(site, page):
    html = BeautifulSoup((site / f"{page}.html").read_text(encoding="utf-8"), "html.parser")
    (link,) = html.select(".bd-footer-content .extra_footer a[href$='#corrections']")
    target = link["href"].removesuffix("#corrections") or "about.html"
    assert ((site / f"{page}.html").parent / target).resolve() == (site / "book" / "about.html").resolve()


@pytest.mark.parametrize("name", ENTRIES)
def test_a_reference_has_an_address(name):
    assert re.search(r"^\s*(url|doi|eprint)\s*=", ENTRIES[name], re.MULTILINE)


NOT_SEEN = {name for name, entry in ENTRIES.items() if re.search(r"quote|abstract|recalled|news reports", entry, re.IGNORECASE)}
SAID = re.compile(r"quot|second-hand|abstract|recall|from memory|from others|read reports|we have from", re.IGNORECASE)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_text_says_which_sources_were_not_seen_themselves(chapter):
    """What the list of references says of a source stands beside its first citation, too, or right before or after it."""
    blocks, told = text(chapter).split("\n\n"), set()
    for k, block in enumerate(blocks):
        for name in (name for names in re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", block) for name in names.split(",")):
            if name in NOT_SEEN and name not in told:
                told.add(name)
                assert SAID.search("\n".join(blocks[max(k - 1, 0) : k + 2])), name
    assert len(NOT_SEEN) > 10


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_chapters_open_and_close_alike(chapter):
    """Question, claim, the answer with computed numbers, and at the end what to remember."""
    prose = text(chapter)
    lede, claim, short, first, remember, exercises = (prose.index(mark) for mark in ("{div} lede", "```{claim} ", "{div} in-short", "{code-cell}", "## What to remember", "## Exercises"))
    assert lede < claim < short < first < remember < exercises
    answer = prose[short : prose.index("```", short)]
    assert answer.count("{glue:text}") >= 3 and "?" in prose[lede:claim]


@pytest.mark.parametrize("page", ["claims", "how-wrong", "which-counter", "units-lab"])
def test_pages_about_numbers_open_and_close_alike(page):
    """Question, the answer with computed numbers, then the way there, and what to remember before the sources."""
    prose = text(page)
    lede, short, first, remember, end = (prose.index(mark) for mark in ("{div} lede", "{div} in-short", "{code-cell}", "## What to remember", "## Sources"))
    assert lede < short < first < remember < end
    answer = prose[short : prose.index("```", short)]
    assert answer.count("{glue:text}") >= 3 and "?" in prose[lede:short]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_chapters_lead_to_the_glossary(chapter):
    terms = set(re.findall(r"^([A-Za-z][\w -]*)\n  ", text("glossary"), re.MULTILINE))
    used = {re.sub(r".*<(.*)>", r"\1", name) for name in re.findall(r"\{term\}`([^`]+)`", text(chapter))}
    assert len(used) >= 4 and used <= terms


def test_one_symbol_means_one_thing():
    """P is power, and never a peak or a count of parameters; M memory; goodput g; each capital stands in the notation."""
    formulas = {chapter: re.findall(r"\$\$\n(.*?)\$\$", text(chapter), re.DOTALL) for chapter in CHAPTERS}
    notation = set(re.findall(r"^\| \$\\?(?:mathrm\{)?([A-Za-z]+)", text("notation"), re.MULTILINE))
    for chapter, found in formulas.items():
        for formula in found:
            plain = re.sub(r"\\(?:mathrm|text|displaystyle)\{[^}]*\}|\\[A-Za-z]+|_\{?\\?\w+\}?", " ", formula)
            capitals = set(re.findall(r"(?<![A-Za-z])[A-Z](?![A-Za-z])", plain))
            assert capitals <= notation, (chapter, capitals - notation)
            assert "P" not in capitals or chapter == "power"
            assert "M" not in capitals or chapter in ("parallelism",)
            assert "G" not in capitals


def said_in(figure) -> str:
    """All words that a reader meets on a figure's controls and numbers."""
    labels = [figure.title, *figure.presets, *(control.label for control in figure.controls.values())]
    return " ".join([*labels, *(f"{readout.label} {readout.beyond} {readout.unit}" for readout in figure.readouts)])


def drawn_in(figure) -> str:
    """All words of its two pictures, of what may be chosen, and of the sentence above."""
    texts = [text.get_text() for layout in figure.sizes for text in figure.drawing(layout).fig.findobj(Text)]
    return " ".join([*texts, *(option for control in figure.controls.values() if isinstance(control, Choice) for option in control.records), figure.finding])


def meets(word: str, labels: str) -> bool:
    """Whether a word of the glossary, or its plural, is among the labels. Capitals of an abbreviation count."""
    flags = re.IGNORECASE if word[1:].islower() else 0
    stem = word.removesuffix(" parallelism") + (r" (?:parallel|stages?|chunks)" if word.endswith(" parallelism") else "s?")
    return bool(re.search(rf"(?<![\w-])[kMGTPE]?{stem}(?![\w-])", labels, flags))


@pytest.mark.slow
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_word_is_explained_before_a_figure_uses_it(chapter):
    """In the glossary's words right above the figure, or where the text above speaks of it first, with its link. In the first chapters
    also a word that is only in the picture, or among what may be chosen.
    """
    prose, missing, seen = text(chapter), [], []
    for cell in CELL.finditer(prose):
        now = shown(prose[: cell.end()])
        if len(now) == len(seen):
            continue
        seen, above, figure = now, prose[: cell.start()], living(name_of(now[-1]))
        explained = {word.strip() for line in re.findall(r"\{words\} ([^\n]+)", above) for word in line.split(",")}
        explained |= {re.sub(r".*<(.*)>", r"\1", word) for word in re.findall(r"\{term\}`([^`]+)`", above)}
        words = said_in(figure) + (f" {drawn_in(figure)}" if chapter in FIRST else "")
        missing += [(figure.name, word) for word in glossary() if meets(word, words) and word not in explained]
    assert seen
    assert not missing
