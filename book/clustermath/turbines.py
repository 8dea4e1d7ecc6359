"""Fleets of generators: how many, how many spare, and how often they fall short all the same."""

from dataclasses import dataclass

import numpy as np

from .parameters import checked
from .scan import scan
from .records import Record, quantity
from .tables import read, records

MOST_UNITS = 400  # that the sum over failed units runs through


@dataclass(frozen=True, kw_only=True)
class Generator(Record):
    """A generating set: rated power [W], efficiency by lower heating value, availability, and ramp [W/s]."""

    name: str
    power: float = quantity("W", between=(1e3, 1e10))
    efficiency: float = quantity("1", between=(0.05, 1))
    availability: float = quantity("1", between=(0.5, 1))
    ramp: float = quantity("W/s", between=(0, 1e13))


GENERATORS = records("generator", Generator, read("generators.csv"))


@checked(returns="1")
def units_needed(site, unit_power):
    """N: the fewest units of `unit_power` [W] that carry `site` [W]."""
    return np.ceil(site / unit_power)


@checked(returns="1")
def chance_of_falling_short(units, spares, availability):
    """Share of the time [1] in which more than `spares` of units + spares are down, each up with `availability`.

    Units fail independently: the upper tail of a binomial distribution.
    """
    fleet = units + spares
    odds = (1 - availability) / availability

    def one_more_down(state, down):
        chance = state["chance"] * np.maximum(fleet - down + 1, 0) / down * odds
        short = state["short"] + np.where(down > spares, chance, 0)
        return {"chance": chance, "short": short}, short

    start = {"chance": availability**fleet, "short": 0.0}
    state, _ = scan(one_more_down, start, np.arange(1, MOST_UNITS + 1))
    return np.minimum(state["short"], 1)


@checked(returns="1")
def overbuild(units, spares):
    """Installed power over the power needed [1]: 1.64 for 2.3 GW on a campus of 1.4 GW."""
    return (units + spares) / units
