"""How far each input can go: every one that has a wall names it, and the ranges hold what others have printed."""

import pytest
from clustermath.architecture import ARCHITECTURES
from figures import published_ranges
from figures.bounds import possible, published
from figures.own_model import OTHER_SIZES, OTHERS, state_of
from figures.walls import LARGEST_JOB
from livefigure.controls import Slider
from living import NAMES, living

FIGURES = [name for name in NAMES if not name.startswith("gallery-")]
ANY = {  # what has neither a possible nor a published end, and why
    "where or when one looks": {"time", "now", "day", "gpu", "server", "fails", "walk", "follow", "luck", "least", "most"},
    "what is agreed or shared out": {"price", "energy_price", "ten", "six", "one_half", "one", "imagine"},
    "what the reader supposes": {"interval", "falloff", "nic", "nameplate", "ratio", "brighter", "loss_per_degree", "warming", "grid", "ppm", "inertia", "droop", "speedup"},
    "what the reader, or the book, measured": {"measured", "pace", "samples", "printed", "work"},
    "layers of a kind that no model of the table has": {prefix + field for prefix in OTHERS for field in OTHER_SIZES},
}


def free_sliders(figure):
    """What *What would it take?* can solve for."""
    return {key: control for key, control in figure.controls.items() if isinstance(control, Slider) and not control.values}


def limited(figure, key: str) -> bool:
    """Whether a readout has a limit that this control can run into."""
    return any(readout.beyond and key in figure.spec["depends"][readout.output] for readout in figure.readouts)


def test_every_input_with_a_wall_names_it():
    without = {prefix + field: [] for prefix in OTHERS for field in OTHER_SIZES}  # some of them move the memory's limit
    for name in FIGURES:
        figure = living(name)
        for key, control in free_sliders(figure).items():
            if not (control.possible or control.published or limited(figure, key)):
                without.setdefault(key, []).append(name)
    assert without.keys() == set().union(*ANY.values()), without


def test_what_is_declared_is_used_and_says_why():
    used = {key for name in FIGURES for key, control in free_sliders(living(name)).items()}
    always = {key for name in FIGURES for key in living(name).controls}
    assert possible().keys() <= used and published().keys() <= always
    for low, high, words in [*possible().values(), *published().values()]:
        assert words and not words.endswith(".") and (low, high) != (None, None)
        assert low is None or high is None or low < high


@pytest.mark.parametrize("name", FIGURES)
def test_an_input_begins_within_what_can_be(name):
    for key, control in free_sliders(living(name)).items():
        low, high, _ = control.possible or (None, None, "")
        assert (low is None or low <= control.low * (1 + 1e-9)) and (high is None or high >= control.value * (1 - 1e-9)), key


PRINTED = {  # input → values that others have printed, with where
    "gpus": [1, 16_384, LARGEST_JOB],  # arXiv 2407.21783, table 4; 2602.00277
    "seq_len": [2048, 131_072],  # arXiv 2104.04473; 2407.21783, table 4
    "pp": [1, 64],  # arXiv 2104.04473, table 1
    "cp": [1, 16],  # arXiv 2407.21783, table 4
    "ep": [1, 64],  # arXiv 2412.19437, section 3.2
    "sequences": [2048, 15_360],  # arXiv 2407.21783; 2412.19437, section 4.2
    "tokens": [300e9, 14.8e12, 15.6e12],  # arXiv 2005.14165; 2412.19437; 2407.21783
    "active": [37 / 671, 1],  # arXiv 2412.19437
    "nic": [50e9, 100e9],  # 400 and 800 Gb/s
    "mfu": [0.38, 0.43, 0.552],  # arXiv 2407.21783, table 4; 2402.15627
    "restart": [180, 600, 1200],  # arXiv 2602.00277; 2410.21680
    "stall": [0.59, 300],  # arXiv 2407.20143, table 8; 2410.21680
    "lag": [0, 51.06],  # arXiv 2407.20143, table 8
    "energy_per_gpu": [65],  # NVIDIA, of the GB300 NVL72
    "experts": [256, 384],  # DeepSeek-V3, Kimi K2
}


def test_the_ranges_are_what_the_tables_hold():
    """`python -m figures.published_ranges`, run in book/, writes them anew."""
    for found, written in ((published_ranges.published(), published()), (published_ranges.possible(), possible())):
        assert found.keys() <= written.keys()
        for key, (low, high, words) in found.items():
            assert (words, low is None) == (written[key].words, written[key].low is None), key
            assert [written[key].low or 0, written[key].high] == pytest.approx([low or 0, high], rel=1e-11), key
    assert published_ranges.published().keys() == published().keys()


@pytest.mark.parametrize("key", PRINTED)
def test_the_ranges_hold_what_others_printed(key):
    low, high, _ = published()[key]
    assert all((low is None or low <= value * (1 + 1e-9)) and value <= high * (1 + 1e-9) for value in PRINTED[key])


def test_what_was_only_announced_or_assumed_is_not_called_published():
    assert published()["tokens"].high < 200e12 and published()["layers"].high < ARCHITECTURES["Grok 10T (dense)"].layers


def test_every_known_model_lies_within():
    for name in ("DeepSeek-V3", "Kimi K2", "GPT 1008B", "Llama 3.1 405B"):
        for key, value in state_of(ARCHITECTURES[name]).items():
            bound = published().get(key)
            assert bound is None or value <= bound.high, (name, key)
