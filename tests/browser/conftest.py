"""Pages for the tests: all live figures on one page opened from disk, without the book around them."""

from random import Random

import figures
import pytest
import toy
from livefigure.assets import runtime_script, stylesheet
from livefigure.controls import Choice, Slider
from livefigure.look import css_variables

FIGURES = figures.all_figures() | {"toy": toy.figure()}


def some_value(random: Random, control: Slider | Choice):
    """A value that may stand there: out of the slider's range, out of all that may be typed, or an end of either."""
    if isinstance(control, Choice):
        return random.choice(list(control.records))
    limits = control.limits or (control.low, control.high)
    low, high = random.choice([(control.low, control.high), (control.low, control.high), limits])
    t = random.choice([0, 1]) if random.random() < 0.1 else random.random()
    value = low * (high / low) ** t if low > 0 and (control.log or high / low > 1e3) else low + t * (high - low)
    value = low if t == 0 else high if t == 1 else value
    return float(round(value)) if control.integer else value


def some_state(random: Random, figure) -> dict:
    """One value for every control."""
    return {name: some_value(random, control) for name, control in figure.controls.items()}


@pytest.fixture(scope="session")
def gallery(browser, tmp_path_factory):
    """A page with every figure of the book and the toy, brought to life by the runtime."""
    file = tmp_path_factory.mktemp("gallery") / "gallery.html"
    cards = "".join(figure.page_html() for figure in FIGURES.values())
    file.write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Figures</title><style>{css_variables()}{stylesheet()}</style>'
        f"<body>{cards}<script>{runtime_script()}</script></body></html>",
        encoding="utf-8",
    )
    page = browser.new_page()
    page.goto(file.as_uri())
    assert page.locator('[data-state="live"]').count() == len(FIGURES)
    yield page
    page.close()
