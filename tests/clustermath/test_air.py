"""Moist air against CoolProp 8.0.0's HAPropsSI at 101.325 kPa, and water's latent heat against its PropsSI."""

import pytest
from clustermath.air import air_density, humidity_ratio, inlet_temperature, latent_heat, relative_humidity
from clustermath.units import UNITS
from pytest import approx


def test_a_hot_afternoon():
    """35.5 C dry and 25.3 C wet bulb: 44.28 % humidity, 0.01621 kg/kg, 1.1330 kg/m3."""
    assert relative_humidity(35.5, 25.3) == approx(0.4428, abs=0.002)
    assert humidity_ratio(35.5, 25.3) == approx(0.01621, rel=0.005)
    assert air_density(35.5, 25.3) == approx(1.1330, rel=0.001)


def test_the_air_that_turbines_are_rated_in():
    """15 C and 60 %, a wet bulb of 10.8 C: 1.2209 kg/m3."""
    assert relative_humidity(15.0, 10.8) == approx(0.60, abs=0.01)
    assert air_density(15.0, 10.8) == approx(1.2209, rel=0.001)


def test_saturated_air_has_one_temperature():
    assert relative_humidity(20.0, 20.0) == approx(1, abs=0.002)


def test_evaporation():
    """2,429.8 kJ/kg at 30 C: 1.4816 kg of water for each kWh. An inlet cooler of 85 %: 26.83 C."""
    assert latent_heat(30.0) == approx(2429.8e3, rel=0.001)
    assert UNITS["kWh"] / latent_heat(30.0) == approx(1.4816, rel=0.001)
    assert inlet_temperature(35.5, 25.3, 0.85) == approx(26.83, abs=0.005)


@pytest.mark.parametrize("celsius, kilojoules", [(0.01, 2500.9), (20, 2453.5), (40, 2406.0)])
def test_latent_heat_is_that_of_the_steam_tables(celsius, kilojoules):
    """IAPWS-IF97, which such tables are computed from."""
    assert latent_heat(celsius) == approx(kilojoules * 1e3, rel=5e-4)
