"""The picture for maintainers is the code's, and imports run one way."""

import re

import architecture
import pytest
from workspace import ROOT

BELOW = {"data": 0, "clustermath": 1, "livefigure": 1, "figures": 2, "_ext": 3, "chapters": 3, "tools": 4, "tests": 5}


@pytest.mark.slow
def test_the_picture_is_drawn_from_the_imports():
    page = (ROOT / "MAINTAINING.md").read_text(encoding="utf-8")
    assert architecture.PICTURE.findall(page) == [architecture.picture()], "run `python tools/architecture.py`"


def test_every_arrow_leads_down():
    found = architecture.arrows()
    assert not [arrow for arrow in found if BELOW[arrow[0]] <= BELOW[arrow[1]]], found
    assert not [arrow for arrow in found if arrow[0] == "livefigure"], "it knows nothing of clusters"
    assert found["figures", "clustermath"] > 30 < found["figures", "livefigure"]


def test_what_the_page_for_maintainers_names_is_there():
    page = (ROOT / "MAINTAINING.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:_ext|figures|livefigure|tools|tests|book|\.github)/[\w./]+\.(?:py|yml|html))`", page)
    lost = [name for name in named if not (ROOT / name).exists() and not (ROOT / "book" / name).exists()]
    assert len(named) > 12 and not lost
