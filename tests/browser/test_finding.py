"""The sentence under a figure's question says what the figure shows, in every state."""

from random import Random

import pytest
from livefigure.numbers import fill
from living import NAMES, living, possible_state

READ = "([name, state]) => { const f = livefigure.figures[name]; f.set({ ...f.defaults, ...state }); return [f.state, f.root.querySelector('.lf-finding')?.textContent]; }"


@pytest.mark.parametrize("name", NAMES)
def test_a_finding_is_kept_current(name, gallery):
    figure, random = living(name), Random(name)
    others = [*figure.presets.values(), *(possible_state(random, figure) for _ in range(3))] if figure.finding else []
    for state in ({}, *others):
        taken, text = gallery.evaluate(READ, [name, state])
        assert text == (fill(figure.finding, {**taken, **figure.evaluate(**taken)}) if figure.finding else None)


def test_a_finding_names_what_the_model_gives():
    figure = living("gallery-tiles")
    with pytest.raises(ValueError, match="'rent' is neither an output nor an input"):
        type(figure)("typo", figure.model, figure.draw, title="", finding="{rent:.0f} dollars", summary="", controls=figure.controls, readouts=figure.readouts, fixed=figure.fixed)
