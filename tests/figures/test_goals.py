"""The goals to play for: each is reached by its solution and not by what a reader finds, and every chapter has one."""

from importlib.util import find_spec
from pathlib import Path

import pytest
from figures.pages import pages, places
from living import NAMES, living

PLAYED = [name for name, module in NAMES.items() if "Goal(" in Path(find_spec(module).origin).read_text(encoding="utf-8")]


@pytest.mark.parametrize("name", PLAYED)
def test_a_goal_is_reached_by_its_solution_and_not_by_the_default(name):
    figure = living(name)
    assert figure.goals
    found = figure.evaluate()
    for k, solution in enumerate(figure.solutions, 1):
        assert found[f"goal.{k}"] == 0 and figure.evaluate(**solution)[f"goal.{k}"] == 1
        assert figure.goals[k - 1].task.endswith((".", "?")) and figure.goals[k - 1].hint.endswith(".")


@pytest.mark.parametrize("name", PLAYED)
def test_a_solution_is_all_needed(name):
    """No more than it takes: without any one of its settings the goal is not reached."""
    figure = living(name)
    for k, solution in enumerate(figure.solutions, 1):
        without = [figure.evaluate(**{key: value for key, value in solution.items() if key != left})[f"goal.{k}"] for left in solution]
        assert without == [0] * len(solution)


def test_every_chapter_has_a_goal():
    chapters = {page.file for page in pages() if page.chapter}
    assert {places()[name].page.file for name in PLAYED if places()[name].number} == chapters
