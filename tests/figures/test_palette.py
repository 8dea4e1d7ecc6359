"""One colour for one thing: every figure's labels, bars and legends against the grammar of `figures.palette`."""

import re
from itertools import combinations

import numpy as np
import pytest
from figures.palette import ABOUT, GAIN, LINKS, MEMORY, METHODS, MODELS, PARTNERS, POWER, RANKS, TIME, WORDS
from livefigure.look import COLOR, PALETTE
from living import NAMES, living
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

CALLED = TIME | POWER | METHODS | LINKS | MODELS  # what words are known for
THINGS = {word: COLOR[CALLED[thing]] for thing, words in WORDS.items() for word in words} | {thing: COLOR[CALLED[thing]] for thing in ABOUT}
NEUTRAL = {COLOR[name] for name in ("ink", "muted", "card")}


def named(fig):
    """What a drawing calls its colours: (text, colour) of coloured texts, of legends, and of bars beside their names."""
    for ax in fig.axes:
        for text in ax.texts:
            yield text.get_text(), to_hex(text.get_color())
        if legend := ax.get_legend():
            for handle, text in zip(legend.legend_handles, legend.get_texts(), strict=True):
                yield text.get_text(), to_hex(handle.get_facecolor() if isinstance(handle, Rectangle) else handle.get_color())
        for tick, text in zip(ax.get_yticks(), ax.get_yticklabels(), strict=True):
            for bar in ax.patches:
                if isinstance(bar, Rectangle) and abs(bar.get_y() + bar.get_height() / 2 - tick) < 1e-9 and text.get_text():
                    yield text.get_text(), to_hex(bar.get_facecolor())


def thing(text: str) -> str:
    """The thing that a text begins with, less numbers: "checkpoints 3.1%" speaks of checkpoints; or what else says what it is about."""
    for name, words in ABOUT.items():
        if re.search(words, text.strip()):
            return name
    return re.sub(r"[\s·:]*[\d–].*$", "", text).strip()


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith(("gallery-", "units-lab-"))])
def test_a_figure_calls_a_thing_by_its_colour(name):
    wrong = {
        (text, color)
        for text, color in named(living(name).drawing("wide").fig)
        if thing(text) in THINGS and color not in NEUTRAL | {THINGS[thing(text)]}
    }
    assert not wrong


def test_the_figures_that_split_time_are_asked():
    """So that the test above can fail: the grammar's words stand in these figures, each thing in at least one."""
    asked = {name: {thing(text) for text, color in named(living(name).drawing("wide").fig) if color not in NEUTRAL - {COLOR["ink"]}} & THINGS.keys() for name in ("amdahl-breakdown", "step-breakdown", "peak-to-delivered", "checkpoint-interval", "three-hours", "swings", "breathing-hall", "design-a-cluster", "on-the-wires", "step-traffic", "bus-bandwidth", "seven-fields")}
    assert all(asked.values()) and set().union(*asked.values()) == THINGS.keys()


def linear(color: str) -> np.ndarray:
    """Red, green and blue of an sRGB colour in linear light."""
    channels = np.array([int(color[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def without_green(light: np.ndarray) -> np.ndarray:
    """What an eye without the middle cones sees of it: Viénot, Brettel and Mollon (1999), Color Research & Application 24."""
    red, green, blue = light
    mixed = 0.29275 * red + 0.70725 * green
    return np.clip([mixed, mixed, -0.02234 * red + 0.02234 * green + blue], 0, 1)


def lab(light: np.ndarray) -> np.ndarray:
    """CIELAB (1976), D65."""
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ light / (0.9505, 1, 1.089)
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("kind", [TIME, MEMORY, POWER, GAIN, PARTNERS, LINKS, METHODS, RANKS, MODELS], ids=["time", "memory", "power", "gain", "partners", "links", "methods", "ranks", "models"])
def test_things_of_a_kind_can_be_told_apart_and_from_the_card(kind, scheme):
    """3 to 1 against the card (WCAG 1.4.11). Among each other twice what is just noticeable (CIELAB 2.3), also without
    green cones; names stand beside them all.
    """
    assert len(set(kind.values())) == len(kind)
    light = {name: linear(PALETTE[name][scheme]) for name in (*kind.values(), "card")}
    luminances = {name: 0.05 + rgb @ (0.2126, 0.7152, 0.0722) for name, rgb in light.items()}
    for name in kind.values():
        assert max(luminances[name] / luminances["card"], luminances["card"] / luminances[name]) >= 3, name
    for one, other in combinations(kind.values(), 2):
        for eye in (np.asarray, without_green):
            assert np.linalg.norm(lab(eye(light[one])) - lab(eye(light[other]))) > 2 * 2.3, (one, other)
