"""Numbers in the prose have something behind them."""

import pytest
from house.prose import unsupported
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
