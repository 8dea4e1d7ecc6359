"""Goals: a condition over inputs and outputs is one more output of the model, traced with it."""

from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from livefigure import Goal
from livefigure.goal import link
from livefigure.trace import reachable
from probe_figure import FIGURE, days, make

HALF = Goal("In half the time.", lambda at: (at["days"] < FIGURE.outputs["days"] / 2) & (at["mfu"] <= 0.4), "More GPUs.", {"gpus": 40_000})


def test_a_goal_is_an_output_of_ones_and_noughts():
    figure = make(goals=[HALF])
    assert figure.outputs == {**FIGURE.outputs, "goal.1": 0.0}
    assert figure.evaluate(gpus=40_000)["goal.1"] == 1.0 and figure.evaluate(gpus=40_000, mfu=0.5)["goal.1"] == 0.0
    assert figure.trace.sources("goal.1") >= {"gpus", "mfu"} and "where" in {node.operation for node in reachable([figure.trace.outputs["goal.1"]])}


def test_a_goal_knows_inputs_records_and_nested_outputs():
    figure = make(goals=[Goal("", lambda at: (at["chip"].peak > 0) & (at["energy.mwh"] > 0), "", {"gpus": 2000})])
    assert figure.outputs["goal.1"] == 1.0


def test_a_goal_of_what_does_not_exist_is_not_reached():
    figure = make(model=lambda **inputs: days(**inputs) | {"none": np.where(inputs["gpus"] > 9000, np.nan, 1.0)}, goals=[Goal("", lambda at: at["none"] < 2, "", {"gpus": 6400})])
    assert figure.outputs["goal.1"] == 0.0 and figure.evaluate(gpus=6400)["goal.1"] == 1.0


@pytest.mark.parametrize(
    ("goal", "said"),
    [
        (Goal("", lambda at: at["rent"] > 1, "", {}), "a goal asks for 'rent', which is neither an input nor an output. Known: gpus, mfu, chip, days, energy.mwh"),
        (Goal("Fly.", HALF.reached, "", {"wings": 2}), "goal 'Fly.': .* has no input 'wings'"),
        (Goal("Fly.", HALF.reached, "", {"gpus": -1}), "goal 'Fly.': gpus = -1"),
    ],
)
def test_a_goal_that_cannot_be_is_refused(goal, said):
    with pytest.raises(ValueError, match=said):
        make(goals=[goal])


def test_an_output_of_the_same_name_is_refused():
    with pytest.raises(ValueError, match="'goal.1' is an output of the model"):
        make(model=lambda **inputs: days(**inputs) | {"goal.1": 3.0}, goals=[HALF])


def test_the_card_holds_task_hint_and_solution():
    card = make(goals=[HALF]).card
    assert "In half the time." in card and "More GPUs." in card and f'href="#fig-{FIGURE.name}?gpus=40000"' in card
    assert make().card == FIGURE.card and "lf-goal" not in FIGURE.card


def test_a_link_says_what_differs_from_the_defaults():
    state = {"gpus": 555_000.0, "share": 0.125, "chip": "B200 & more", "mfu": 0.4}
    address = link("toy", state, state | {"gpus": 1.0, "share": 0.5, "chip": "H100"})
    assert urlsplit(address).fragment.partition("?")[0] == "fig-toy"
    assert parse_qs(address.partition("?")[2]) == {"gpus": ["555000"], "share": ["0.125"], "chip": ["B200 & more"]}
