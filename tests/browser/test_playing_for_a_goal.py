"""A goal in the page: the figure says when it is reached, in words and shape, and its solution is a link as any other."""

from importlib.util import find_spec
from pathlib import Path

import pytest
from living import NAMES, living

PLAYED = [name for name, module in NAMES.items() if "Goal(" in Path(find_spec(module).origin).read_text(encoding="utf-8")]
SEEN = """(name) => {
    const { root, state } = livefigure.figures[name];
    return [...root.querySelectorAll(".lf-goal")].map((goal) => [goal.matches(".lf-won"), goal.querySelector(".lf-state").innerText, goal.getBoundingClientRect().height, { ...state }]);
}"""
CLICK = "([name, k]) => livefigure.figures[name].root.querySelector(`[data-goal='${k}']`).click()"
RESET = "(name) => livefigure.figures[name].root.querySelector('[data-action=reset]').click()"


@pytest.mark.parametrize("name", PLAYED)
def test_a_solution_wins_and_a_reset_takes_it_back(name, gallery):
    figure = living(name)
    for k, solution in enumerate(figure.solutions):
        won, said, height, _ = gallery.evaluate(SEEN, name)[k]
        assert not won and "To play for" in said
        gallery.evaluate(CLICK, [name, k])
        won, said, after, state = gallery.evaluate(SEEN, name)[k]
        assert won and "Reached" in said and after == height
        assert state == figure.defaults | solution
        gallery.evaluate(RESET, name)
        assert gallery.evaluate(SEEN, name)[k][0] is False


def test_a_win_is_announced_once_the_hand_rests(reader):
    here = reader("fat-tree")
    solution = here.figure.solutions[0]
    here.root.locator("[data-goal]").click()
    announced = here.root.locator(".lf-announce")
    here.page.wait_for_function("() => /^Reached Join 130,000/.test(document.querySelector('#fig-fat-tree .lf-announce').textContent)")
    assert here.agrees(**solution) == here.figure.defaults | solution
    assert here.address == f"fig-fat-tree?{here.root.locator('[data-goal]').get_attribute('href').partition('?')[2]}"
    here.slider("planes").press("Home")
    here.page.wait_for_function("() => !/Reached/.test(document.querySelector('#fig-fat-tree .lf-announce').textContent)")
    assert announced.text_content() and here.root.locator(".lf-won").count() == 0


def test_the_link_of_a_solution_opens_it(reader):
    figure = living("goodput-at-scale")
    here = reader("goodput-at-scale")
    query = here.root.locator("[data-goal]").get_attribute("href").partition("?")[2]
    there = reader("goodput-at-scale", query)
    there.agrees(**figure.solutions[0])
    assert there.root.locator(".lf-won").count() == 1
