"""The frequency of an island: generating sets whose rotating masses take up what the fuel does not yet follow.

All running sets are one machine of capacity P, inertia H and rating S = P / power factor. Its speed w, 1 at the nominal
frequency, obeys the swing equation

    2 H S w' = generated + battery - load        [W]

with power and torque taken for the same near w = 1, as grid programs do. Its governor is GAST, the simple gas turbine of
grid studies: droop and a limit by exhaust temperature set the fuel valve, whose lag T1 and the combustor's T2 follow.
"""

from dataclasses import dataclass

import numpy as np

from .numeric import clip, minimum, where
from .parameters import checked
from .records import Record, quantity
from .tables import read, records


@dataclass(frozen=True, kw_only=True)
class Governor(Record):
    """GAST, per unit of a set's rating. The defaults are usual values, not those of one make.

    droop: fall of speed from no load to full load, over the nominal speed. valve_time, fuel_time, exhaust_time: T1, T2,
    T3. ambient_limit, exhaust_gain: AT and KT of the temperature limit. least, most: what the valve reaches.
    """

    droop: float = quantity("1", 0.05, between=(1e-3, 1))
    valve_time: float = quantity("s", 0.4, between=(1e-2, 100))
    fuel_time: float = quantity("s", 0.1, between=(1e-2, 100))
    exhaust_time: float = quantity("s", 3.0, between=(1e-2, 1e3))
    ambient_limit: float = quantity("1", 1.0, between=(0.1, 2))
    exhaust_gain: float = quantity("1", 2.0, between=(0, 100))
    least: float = quantity("1", -0.05, between=(-1, 1))
    most: float = quantity("1", 1.0, between=(0.01, 2))


@dataclass(frozen=True, kw_only=True)
class Fleet(Record):
    """The running sets as one turbine. capacity: what they can give [W]; inertia: H [s], on their rated MVA.

    recovery: time [s] in which the sets' controller takes away what droop leaves (isochronous control).
    lost: share of the sets that trips at lost_at [s].
    """

    capacity: float = quantity("W", between=(1, 1e13))
    inertia: float = quantity("s", 2.0, between=(1e-2, 100))
    power_factor: float = quantity("1", 0.8, between=(0.1, 1))
    nominal: float = quantity("1/s", 60.0, between=(1, 100))
    recovery: float = quantity("s", 1e9, between=(1e-2, 1e12))
    lost: float = quantity("1", 0.0, between=(0, 0.99))
    lost_at: float = quantity("s", 1e9, between=(0, 1e12))
    governor: Governor = Governor()


@dataclass(frozen=True, kw_only=True)
class Limits(Record):
    """What a grid asks its generating sets to bear: they may trip at once below `low` or above `high` [Hz], and must bear
    these two for low_for and high_for [s]."""

    name: str
    low: float = quantity("1/s", between=(1, 100))
    low_for: float = quantity("s", between=(0, 1e4))
    high: float = quantity("1/s", between=(1, 100))
    high_for: float = quantity("s", between=(0, 1e4))


LIMITS = records("grid", Limits, read("frequency_limits.csv"))


@dataclass(frozen=True, kw_only=True)
class Turbine(Record):
    """The state of the machine, per unit: speed off nominal, valve, generated power, exhaust temperature, load reference."""

    off: float = quantity("1", between=(-100, 100))
    valve: float = quantity("1", between=(-10, 10))
    generated: float = quantity("1", between=(-10, 10))
    exhaust: float = quantity("1", between=(-10, 10))
    reference: float = quantity("1", between=(-10, 10))


@checked(returns="J")
def rotating_energy(fleet: Fleet):
    """2 H S [J]: what the masses would give up if they lost their rated speed at the rate at which they begin to."""
    return 2 * fleet.inertia * fleet.capacity / fleet.power_factor


@checked(returns="1/s**2")
def first_slope(fleet: Fleet, rise):
    """Rate of change of frequency [Hz/s] when the load has just risen by `rise` [W] and no governor has moved yet."""
    return -fleet.nominal * rise / rotating_energy(fleet)


@checked(returns="1/s")
def settled(fleet: Fleet, rise):
    """Change of frequency [Hz] where droop alone leaves it after a `rise` [W] of the load, while no limit is met."""
    return -fleet.nominal * fleet.governor.droop * rise / fleet.capacity


@checked(returns="1/s/W")
def sensitivity(fleet: Fleet, swings_per_second):
    """Amplitude of the frequency [Hz] for one watt of a load that swings as a sine, `swings_per_second` times [1/s].

    The transfer function 1 / (2 H S s + P / (R (1 + s T1) (1 + s T2))) while no limit is met: inertia and the
    governor's lags resonate.
    """
    governor, turn = fleet.governor, 2 * np.pi * swings_per_second
    first, second = governor.valve_time * turn, governor.fuel_time * turn
    real, imaginary = 1 - first * second, first + second
    answer = 1 / (governor.droop * (real**2 + imaginary**2))
    masses = rotating_energy(fleet) / fleet.capacity * turn
    return fleet.nominal / fleet.capacity / np.sqrt((answer * real) ** 2 + (masses - answer * imaginary) ** 2)


@checked(returns={"off": "1", "valve": "1", "generated": "1", "exhaust": "1", "reference": "1", "mean": "1", "slope": "1/s"})
def swing_step(fleet: Fleet, turbine: Turbine, burden, duration, running=1.0):
    """The turbine `duration` [s] later, under a constant `burden` [W: load less what batteries deliver], by Runge-Kutta.

    running: share of the sets that have not tripped. Besides where it then is: "mean", the power that it generated, and "slope", the change of its speed, both averaged
    over the step, so that 2 H S x slope = mean x P - burden to rounding. Steps of 40 ms are fine enough for GAST.
    """
    governor = fleet.governor
    push = burden / (fleet.capacity * running)
    quick = fleet.power_factor / (2 * fleet.inertia)

    def rates(off, valve, generated, exhaust):
        asked = minimum(
            turbine.reference - off / governor.droop,
            governor.ambient_limit + governor.exhaust_gain * (governor.ambient_limit - exhaust),
        )
        opening = (asked - valve) / governor.valve_time
        stuck = ((valve >= governor.most) & (asked > valve)) | ((valve <= governor.least) & (asked < valve))
        return (generated - push) * quick, where(stuck, 0, opening), (valve - generated) / governor.fuel_time, (generated - exhaust) / governor.exhaust_time

    start = turbine.off, turbine.valve, turbine.generated, turbine.exhaust

    def moved(by, time):
        off, valve, *others = (value + rate * time for value, rate in zip(start, by))
        return off, clip(valve, governor.least, governor.most), *others

    one = rates(*start)
    there = moved(one, duration / 2)
    two = rates(*there)
    again = moved(two, duration / 2)
    three = rates(*again)
    end = moved(three, duration)
    four = rates(*end)
    slopes = tuple((a + 2 * b + 2 * c + d) / 6 for a, b, c, d in zip(one, two, three, four))
    off, valve, generated, exhaust = moved(slopes, duration)
    reference = turbine.reference - turbine.off * duration / (governor.droop * fleet.recovery)
    return {
        "off": off,
        "valve": valve,
        "generated": generated,
        "exhaust": exhaust,
        "reference": clip(reference, governor.least, governor.most),
        "mean": (start[2] + 2 * there[2] + 2 * again[2] + end[2]) / 6,
        "slope": slopes[0],
    }
