"""Fleets against the binomial distribution of SciPy."""

import numpy as np
from clustermath.turbines import GENERATORS, chance_of_falling_short, overbuild, units_needed
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
