"""Each puzzle: one choice gives the number as it was printed, one is right, and nothing right passes a wall."""

import pytest
from clustermath.tables import read
from figures import all_figures
from pytest import approx

PUZZLES = [name for name in all_figures() if name.startswith("units-lab-")]

# What each thread, paper or article says the answer is, in its own words' numbers.
ANSWERS = {
    "units-lab-peak-of-another-chip": 0.328,  # 1.04 x 312 of 989 TFLOP/s
    "units-lab-dense-or-sparse": 0.46,  # the project's own table
    "units-lab-attention-or-not": 180,  # the log
    "units-lab-one-way-or-both": 0.8,  # "~80% checks out"
    "units-lab-faster-than-the-link": 309,  # 275 x (1 + 1/8)
    "units-lab-bits-or-bytes": 0.976,  # 12.2 of 12.5 GB/s
    "units-lab-more-than-the-memory": 77,  # "~ 77 GiB"
    "units-lab-work-done-twice": 0.39,  # three quarters of 52 %
    "units-lab-snapshot-or-run": 0.346,  # 30.84 M GPU-hours and 3.8e25 FLOPs
    "units-lab-nodes-or-gpus": 0.269,  # a quarter of 108 %
    "units-lab-nameplate-or-energy": 0.0066,  # 30 MW x 0.22 of a gigawatt
    "units-lab-two-matrices-of-three": 488,  # as printed
}


def choices(figure):
    """Every state that the choices of a puzzle allow."""
    states = [{}]
    for name, control in figure.controls.items():
        values = list(getattr(control, "records", (0, 1)))
        states = [state | {name: value} for state in states for value in values]
    return states


@pytest.mark.parametrize("name", PUZZLES)
def test_a_choice_gives_the_number_in_print(name):
    figure = all_figures()[name]
    outcomes = [figure.evaluate(**state) for state in choices(figure)]
    printed = outcomes[0]["published"]
    # a tenth: one thread rounds a token’s work up to 0.05 TFLOP before it divides
    assert min(abs(outcome["value"] / printed - 1) for outcome in outcomes) < 0.1, "no choice explains what was printed"
    right = [outcome for outcome in outcomes if outcome["right"] == 1]
    assert len(right) == 1 and all(outcome["right"] in (0, 1) for outcome in outcomes)
    assert figure.evaluate()["right"] == 0, "the puzzle is solved before anybody touched it"


@pytest.mark.parametrize("name", ANSWERS)
def test_the_right_choice_is_what_its_source_says(name):
    figure = all_figures()[name]
    (right,) = [outcome["value"] for outcome in map(lambda state: figure.evaluate(**state), choices(figure)) if outcome["right"] == 1]
    assert right == approx(ANSWERS[name], rel=0.03)


def test_deepseek_has_a_share_of_its_peak():
    """37B of 671B work on a token: 17.3 % by 6ND with its makers' count, which leaves the embedding out."""
    figure = all_figures()["units-lab-all-the-experts"]
    everyone, active = (figure.evaluate(count=count)["value"] for count in figure.controls["count"].records)
    assert everyone > 3 and active == approx(6 * 37e9 * 14.8e12 / (2.664e6 * 3600 * 1979e12), rel=0.03)


def test_every_measurement_names_its_source():
    assert all(datum.source for fields in read("unit_traps.csv").values() for datum in fields.values())
    assert len(PUZZLES) >= 12
