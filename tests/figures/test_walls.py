"""Beyond what can be, or what anyone has published, a picture is hollow and says why; up to there it is full and says nothing."""

import numpy as np
import pytest
from livefigure.look import COLOR
from living import living
from matplotlib.colors import same_color

WALLS = [  # figure, where it stands; up to its wall; beyond; of the words
    ("one-line", {}, {"gpus": 800_000}, {"gpus": 950_000}, "any site"),  # 2 GW at some 2.3 kW each: Elon Musk's Gigawatt Gambit, 7 January 2026
    ("one-line", {}, {"energy_per_gpu": 65}, {"energy_per_gpu": 66}, "sold"),  # J: NVIDIA, of the GB300 NVL72
    ("breathing-hall", {"gpus": 100_000}, {"packs": 208}, {"packs": 0}, "may trip"),  # 59.5 to 61.8 Hz and less wide, NERC PRC-024
    ("breathing-hall", {}, {"gpus": 100_000}, {"gpus": 110_000}, "published"),  # arXiv 2602.00277
    ("breathing-hall", {}, {"gpus": 100_000}, {"energy_per_gpu": 66}, "sold"),
    ("energy-bill", {}, {"mfu": 0.65}, {"mfu": 0.66}, "MFU"),
    ("side-by-side", {}, {"gpus": 100_000}, {"gpus": 110_000}, "published"),
    ("causes", {"part": "everything"}, {"rarer": 1.61}, {"rarer": 1.63}, "any cluster"),  # RSC-2: 2.34 in 1000 node-days (arXiv 2410.21680), against 419 in 54 days
    ("one-failure", {}, {"restart": 180}, {"restart": 179}, "sooner"),  # s: arXiv 2602.00277, by replica
    ("contradictions", {}, {"rate": 430}, {"rate": 431}, "Meta published 430"),  # TFLOP/s: arXiv 2407.21783, table 4
    ("contradictions", {}, {"each": 2}, {"each": 2.01}, "unreported"),  # kW: 2 GW for a million
]


def within(ax, x, y, fraction="") -> bool:
    """Whether a place on axes is to be seen."""
    share = ax.transAxes.inverted().transform(ax.transData.transform((x, y)))
    share = np.array([given if axis in fraction else found for axis, given, found in zip("xy", (x, y), share)], float)
    return bool(np.isfinite(share).all() and (abs(share - 0.5) < 0.5 + 1e-6).all())


def said(drawing) -> str:
    """The words in the colour of walls that can be seen."""
    texts = {text.get_gid(): text for ax in drawing.fig.axes for text in ax.texts}
    labels = [mark for mark in drawing.marks if mark["kind"] == "label" and same_color(texts[mark["id"]].get_color(), COLOR["claimed"])]
    return " ".join(texts[mark["id"]].get_text() for mark in labels if within(drawing.fig.axes[mark["axes"]], drawing[mark["x"]], drawing[mark["y"]], mark.get("fraction", "")))


def hollow(drawing) -> int:
    """How many shapes without a filling have an edge in the colour of walls: rectangles, bars, points."""
    found = 0
    for ax in drawing.fig.axes:
        for patch in ax.patches:
            points = patch.get_transform().transform(patch.get_path().vertices)
            found += same_color(patch.get_edgecolor()[:3], COLOR["claimed"]) and np.isfinite(points).all() and np.ptp(points[:, 0]) > 0.5
        for line in ax.lines:
            full = same_color(line.get_markerfacecolor(), COLOR["claimed"])
            seen = all(within(ax, x, y) for x, y in zip(*line.get_data(orig=False)))
            found += line.get_marker() not in ("None", "") and same_color(line.get_markeredgecolor(), COLOR["claimed"]) and not full and seen
    return int(found)


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["wide", "narrow"])
@pytest.mark.parametrize("name, at, up_to, beyond, words", WALLS)
def test_beyond_its_wall_a_picture_is_hollow_and_says_so(name, at, up_to, beyond, words, layout):
    before, after = (living(name).drawing(layout, **at | there) for there in (up_to, beyond))
    assert hollow(after) > hollow(before)
    assert words in said(after) and words not in said(before)
