"""A year of sunshine against pvlib 0.16.1 hour by hour, and the inverter against its own definition.

pvlib's runs with inverters of other sizes aren't what data/greensboro_sun.csv was made of.
"""

import numpy as np
import pytest
from clustermath.solar import inverter_output, yearly_share
from pytest import approx


@pytest.mark.parametrize(
    "mount, ratio, gwh",
    [("fixed", 1.0, 41.46), ("tracked", 1.0, 45.49), ("fixed", 1.3, 53.95), ("tracked", 1.3, 59.23), ("tracked", 1.5, 67.74)],
)
def test_thirty_megawatts_in_greensboro(mount, ratio, gwh):
    """30 MW of panels at a ratio of 1, else 30 MW of inverters with more panels behind them; GWh a year."""
    share = yearly_share(float(mount == "tracked"), ratio)
    assert share * 30e-3 * 8760 == approx(gwh, rel=0.01)


def test_an_inverter_is_best_near_its_rating_and_never_gives_more():
    assert inverter_output(1 / 0.96) == approx(1, abs=0.001) and inverter_output(5.0) == 1
    assert inverter_output(0.01) / 0.01 < 0.5 < inverter_output(0.5) / 0.5
    assert (np.diff(inverter_output(np.linspace(0, 2, 50))) >= 0).all()


def test_more_panels_give_less_and_less():
    shares = np.array([yearly_share(1, ratio) for ratio in (1.0, 1.5, 2.0, 2.5)])
    assert (np.diff(shares) > 0).all() and (np.diff(shares, 2) < 0).all()
