"""Moist air, for turbines that breathe it and for cooling by evaporation. Temperatures in degrees Celsius, at sea level."""

import numpy as np

from .parameters import checked

DRY_AIR, VAPOUR = 287.055, 1.607858  # J/(kg K) of dry air; mass of its molecules over that of water's (ASHRAE)


@checked(returns="1")
def saturation_pressure(ambient):
    """Pressure of saturated vapour over water [in units of 1 Pa], Buck (1981, revised 1996), for air at sea level."""
    return 1.004 * 611.21 * np.exp((18.678 - ambient / 234.5) * ambient / (257.14 + ambient))


@checked(returns="1")
def humidity_ratio(ambient, wet_bulb, pressure=101_325.0):
    """Water in a kilogram of dry air [kg/kg], from dry and wet bulb (ASHRAE Handbook, Fundamentals, chapter 1)."""
    saturated = saturation_pressure(wet_bulb)
    at_wet_bulb = saturated / (pressure - saturated) / VAPOUR
    return ((2501 - 2.326 * wet_bulb) * at_wet_bulb - 1.006 * (ambient - wet_bulb)) / (2501 + 1.86 * ambient - 4.186 * wet_bulb)


@checked(returns="1")
def relative_humidity(ambient, wet_bulb, pressure=101_325.0):
    """Vapour over saturated vapour [1], from dry and wet bulb."""
    water = humidity_ratio(ambient, wet_bulb, pressure) * VAPOUR
    return pressure * water / (1 + water) / saturation_pressure(ambient)


@checked(returns="1")
def air_density(ambient, wet_bulb, pressure=101_325.0):
    """Mass of a cubic metre of moist air [in units of 1 kg/m3]."""
    water = humidity_ratio(ambient, wet_bulb, pressure)
    return pressure * (1 + water) / (DRY_AIR * (ambient + 273.15) * (1 + VAPOUR * water))


@checked(returns="1")
def inlet_temperature(ambient, wet_bulb, evaporative):
    """Temperature behind an evaporative cooler that takes away the share `evaporative` of the way to the wet bulb."""
    return ambient - evaporative * (ambient - wet_bulb)


@checked(returns="J/kg")
def latent_heat(ambient, at_freezing=2500.8e3):
    """Heat that a kilogram of water takes to evaporate [J/kg] (Rogers and Yau, A Short Course in Cloud Physics)."""
    return at_freezing * (1 - 9.4537e-4 * ambient + 6.3551e-7 * ambient**2 - 2.4566e-8 * ambient**3)
