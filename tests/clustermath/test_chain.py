"""The power chain against its own product, and the masses against the swing equation."""

from clustermath.chain import CHAIN, fed, time_to_limit
from clustermath.frequency import Fleet, first_slope
from pytest import approx


def test_losses_multiply():
    power, through = 1e6, 1.0
    for stage in CHAIN.values():
        power, through = fed(power, stage), through * stage.efficiency
    assert power == approx(1e6 / through)


def test_masses_hold_as_long_as_the_frequency_falls_at_its_first_slope():
    """All fuel gone at full load: 2 H S x (2.2 / 60) / P, 183 ms at H = 2 s and a power factor of 0.8."""
    fleet = Fleet(capacity=456e6)
    time = time_to_limit(fleet, 456e6, 57.8)
    assert time == approx(2.2 / -first_slope(fleet, 456e6)) == approx(0.183, abs=0.001)
