"""Numbers in the prose have something behind them."""

import re

import pytest
from house.prose import paragraphs, unsupported
from workspace import BOOK, ROOT

CHAPTERS = sorted(BOOK.glob("*.md"))


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_every_quantity_is_computed_cited_or_claimed(chapter):
    found = unsupported(chapter)
    assert not found, "\n".join(["", *(str(one).replace(f"{ROOT}/", "") for one in found)])


@pytest.mark.parametrize(
    "prose, quantities",
    [
        ("The run took 54 days.", ["54 days"]),
        ("A 54-day window, 41% of the peak and 41 % too.", ["54-day", "41%", "41 %"]),
        ("It needs 3.8 × 10²⁵ FLOPs on 16,384 GPUs at 400 TFLOP/s.", ["3.8 × 10²⁵ FLOPs", "16,384 GPUs", "400 TFLOP/s"]),
        ("It cost $62 million, or 62 million dollars.", ["$62 million", "62 million dollars"]),
        ("It drew\n1.4 kW.", ["1.4 kW"]),
        ("The run took 54 days {cite}`llama3`.", []),
        ("The claim says {claimed}`004-10` days, which is {glue:text}`x:.1f` times as much.", []),
        ("In symbols $T = 54\\,\\mathrm{days}$, in code `54 days`.", []),
        ("Llama 3.1 405B is in chapter 1, section 3.3.4, of 2024.", []),
        ("```{code-cell} ipython3\nprint('54 days')\n```\n", []),
        ("$$\n54 days\n$$ (label)\n", []),
        ("```{exercise}\n:label: ex-54\n\nWhy 54 days?\n```\n", ["54 days"]),
    ],
)
def test_the_search_itself(tmp_path, prose, quantities):
    chapter = tmp_path / "chapter.md"
    chapter.write_text("---\nkernelspec:\n  name: python3\n---\n\n" + prose, encoding="utf-8")
    assert [one.quantity for one in unsupported(chapter)] == quantities


def test_the_message_names_file_line_and_number(tmp_path):
    chapter = tmp_path / "chapter.md"
    chapter.write_text("# Title\n\nFirst line,\nthen 54 days.\n", encoding="utf-8")
    (one,) = unsupported(chapter)
    assert str(one).startswith(f'{chapter}:4: "54 days" is neither computed')


ASKS_FOR_A_HAND = re.compile(r"(?:^ ?|[.:;!?)] |\*\* )(?:Drag|Move|Press|Tap|Touch|Click|Choose|Slide|Pull|Type|Open)\b", re.MULTILINE)
BY_HAND = re.compile(r"\{by-hand\}(`+).+?\1")


def asked(text: str) -> list[str]:
    """Paragraphs that tell readers to move something also where nothing moves."""
    return [paragraph for _, paragraph in paragraphs(text) if ASKS_FOR_A_HAND.search(BY_HAND.sub("", paragraph))]


@pytest.mark.parametrize("chapter", [path for path in CHAPTERS if path.stem != "your-run"], ids=lambda path: path.stem)
def test_only_who_can_is_asked_to_drag_or_press(chapter):
    """Paper has neither; `{by-hand}` says so of a sentence. *Your run* is a tool from end to end, and says how it is used."""
    assert asked(chapter.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("prose, found", [("A figure. Drag the dot.", True), ("Move it.", True), ("A figure. {by-hand}`Drag the dot.`", False), ("Set it.", False), ("{by-hand}`Press it.` Tap it.", True)])
def test_the_search_for_what_is_asked(prose, found):
    assert bool(asked("# Title\n\n" + prose)) == found
