"""Fleets against the binomial distribution of SciPy."""

from dataclasses import replace

import numpy as np
import pytest
from clustermath.turbines import GENERATORS, chance_at, chance_of_falling_short, output_share, overbuild, share_short, units_needed
from clustermath.units import GIGA, MEGA
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.stats import binom


@given(st.integers(1, 300), st.integers(0, 100), st.floats(0.5, 1))
def test_chance_of_falling_short_is_a_binomial_tail(units, spares, availability):
    expected = binom.sf(spares, units + spares, 1 - availability)
    assert chance_of_falling_short(units, spares, availability) == approx(expected, rel=1e-6, abs=1e-12)


@settings(max_examples=30)
@given(st.integers(1, 300), st.integers(0, 99), st.floats(0.5, 0.99))
def test_a_spare_never_hurts(units, spares, availability):
    more = chance_of_falling_short(units, spares + 1, availability)
    assert more <= chance_of_falling_short(units, spares, availability) + 1e-12
    assert chance_of_falling_short(units, spares, availability + 0.01) <= chance_of_falling_short(
        units, spares, availability
    ) + 1e-12


@pytest.mark.parametrize("share", ["efficiency", "availability"])
def test_no_set_gives_more_than_it_gets_or_runs_more_than_always(share):
    with pytest.raises(ValueError, match=share):
        replace(GENERATORS["Titan 350"], **{share: 1.01})
    assert getattr(replace(GENERATORS["Titan 350"], **{share: 1}), share) == 1


def test_a_gigawatt_of_titans():
    titan = GENERATORS["Titan 350"]
    units = units_needed(GIGA, titan.power)
    assert units == 27
    chances = chance_of_falling_short(units, np.arange(6), titan.availability)
    np.testing.assert_allclose(chances, binom.sf(np.arange(6), 27 + np.arange(6), 0.03))
    assert chances[0] > 0.5 > chances[1]


def test_overbuild_of_a_reported_campus():
    """2.3 GW for a campus of 1.4 GW, 64 % more (VoltaGrid and Vantage)."""
    assert overbuild(14, 9) - 1 == approx(0.64, abs=0.005)
    assert units_needed(1400 * MEGA, 100 * MEGA) == 14


@pytest.mark.parametrize(
    "loss, hours", [(0.0, (104.3, 0.41, None)), (0.006, (548, 8.0, 0.2)), (0.007, (792, 18.1, 0.657)), (0.009, (1313, 73.8, 4.58))]
)
def test_hours_short_in_a_year_of_weather(loss, hours):
    """A gigawatt on 27 sets of 38 MW and 3, 6, 8 spares, hour by hour over the TMY3 file that ships with pvlib, SciPy's binomial."""
    for spares, expected in zip((3, 6, 8), hours, strict=True):
        if expected is not None:
            rounding = 0.05 if expected == 0.2 else 0  # known to a tenth of an hour
            assert share_short(1e9, 38e6, 27 + spares, 0.97, loss) * 8760 == approx(expected, rel=0.01, abs=rounding)


def test_a_warmer_place():
    """2.6 K warmer, 0.7 %/K: 1,265 h with 3 spares, 42.9 with 6, 1.9 with 8, known to a tenth."""
    assert share_short(1e9, 38e6, 30, 0.97, 0.007, 2.6) * 8760 == approx(1265, rel=0.01)
    assert share_short(1e9, 38e6, 33, 0.97, 0.007, 2.6) * 8760 == approx(42.9, rel=0.01)
    assert share_short(1e9, 38e6, 35, 0.97, 0.007, 2.6) * 8760 == approx(1.9, abs=0.05)


def test_a_hot_afternoon():
    """At 35.5 C a set of 38 MW gives 31 to 33 MW, 30 of them 930 to 976: always short of a gigawatt."""
    assert 31 < 38 * output_share(35.5) < 33
    assert chance_at(35.5, 1e9, 38e6, 30, 0.97) == 1
    assert chance_at(15.0, 1e9, 38e6, 30, 0.97) == chance_of_falling_short(27, 3, 0.97)
