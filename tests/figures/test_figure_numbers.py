"""Figures and chapters are numbered in the order in which a reader meets them, and no number is typed."""

import ast
import re

import pytest
from figures.pages import ROOT, count, pages, places, shown
from living import NAMES
from workspace import BOOK
from workspace import pages as in_the_table_of_contents

FRONT = "---\nkernelspec:\n  name: python3\n---\n\n# A page\n"


def cell(code: str, options: str = "") -> str:
    return f"\n```{{code-cell}} ipython3\n{options}{code}\n```\n"


@pytest.fixture
def book(tmp_path):
    """`book(one=..., two=..., about=...)`: a small book of two chapters and a page about it, numbered."""

    def make(**texts):
        toc = "format: jb-book\nroot: index\nparts:\n  - chapters:\n      - file: one\n      - file: two\n  - caption: About\n    chapters:\n      - file: about\n"
        (tmp_path / "_toc.yml").write_text(toc)
        for name in ("index", "one", "two", "about"):
            (tmp_path / f"{name}.md").write_text(FRONT + texts.get(name, ""))
        return {name: (place.page.file, place.number) for name, place in count(tmp_path).items()}

    return make


def test_figures_are_counted_through_each_chapter(book):
    found = book(
        index=cell("from figures import first\nfirst.figure()"),
        one=cell("from figures import a, b, c as see\nx, y = a.figure(), b.figure()") + cell("y", ":tags: [remove-input]\n\n") + "Words.\n" + cell("see.figure()") + cell("x"),
        two=cell("from figures import d_e\nheld = d_e.figure()\nheld.evaluate()") + cell("held", "---\ntags: [x]\n---\n"),
        about=cell("from figures.gallery import small\nfrom figures import first\nsmall.figure()") + cell("first.figure()"),
    )
    assert found == {"first": ("index", ""), "b": ("one", "1.1"), "c": ("one", "1.2"), "a": ("one", "1.3"), "d-e": ("two", "2.1"), "gallery-small": ("about", "")}


def test_a_chapter_s_figure_has_its_number_even_if_an_earlier_page_shows_it(book):
    assert book(index=cell("from figures import a\na.figure()"), two=cell("from figures import a\na.figure()")) == {"a": ("two", "2.1")}


def test_an_inserted_figure_moves_all_that_follow(book):
    texts = {"one": cell("from figures import a, b\na.figure()") + cell("b.figure()")}
    assert book(**texts)["b"] == ("one", "1.2")
    assert book(one=cell("from figures import new\nnew.figure()") + texts["one"])["b"] == ("one", "1.3")


@pytest.mark.parametrize("where", ["one", "two"])
def test_a_number_cannot_stand_twice(book, where):
    texts = {"one": cell("from figures import a\na.figure()"), "two": ""}
    texts[where] += cell("from figures import a\na.figure()")
    with pytest.raises(ValueError, match=f"{where}.md shows a again, which is figure 1.1, in one.md"):
        book(**texts)


def test_what_is_not_run_or_not_shown_is_not_counted():
    text = cell("from figures import a, b, c") + cell("a.figure()", ":tags: [skip-execution]\n\n") + cell("b.figure().evaluate()") + cell("%magic\nc.figure()")
    assert shown(text) == []


def test_a_copy_of_the_code_alone_has_no_numbers(tmp_path):
    assert count(tmp_path) == {} and pages(tmp_path) == []


# The book -----------------------------------------------------------------------------------------------------------


def test_the_book_s_numbers_are_one_two_three_in_every_chapter():
    assert [page.file for page in pages()] == in_the_table_of_contents()
    numbers = [place.number for place in places().values() if place.number]
    assert len(set(numbers)) == len(numbers)
    for page in pages():
        here = [place.number for place in places().values() if place.page == page and place.number]
        assert here == [f"{page.chapter}.{n}" for n in range(1, len(here) + 1)] and bool(here) == bool(page.chapter)


def test_every_figure_stands_on_a_page():
    assert places().keys() == set(NAMES)


def test_no_number_of_a_figure_or_chapter_is_typed():
    for file in [*BOOK.glob("*.md"), *BOOK.glob("figures/**/*.py"), ROOT / "README.md"]:
        text = file.read_text(encoding="utf-8")
        assert file.name == "pages.py" or not re.findall(r"\b[Ff]igure \d", text), file.name
        assert not re.findall(r"kicker\n+Chapter", text), file.name


def test_a_chapter_that_is_named_by_its_number_has_it():
    """In a sentence, "[chapter 3](parallelism.md)"; in a module of a figure, "Chapter 3: ...". """
    chapters = {page.file.split("/")[-1]: page.chapter for page in pages()}
    for file in BOOK.glob("*.md"):
        for number, name in re.findall(r"\[[Cc]hapter (\d+)[^\]]*\]\(([a-z-]+)\.md\)", file.read_text(encoding="utf-8")):
            assert chapters[name] == int(number), f"{file.name}: {name} is chapter {chapters[name]}"
    for name, module in NAMES.items():
        said = re.match(r"Chapter (\d+):", ast.get_docstring(ast.parse((BOOK / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))))
        assert not said or places()[name].page.chapter == int(said[1]), module
