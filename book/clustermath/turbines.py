"""Fleets of generators: how many, how many spare, and how often they fall short all the same."""

from dataclasses import dataclass

import numpy as np

from .parameters import checked
from .scan import scan
from .records import Record, quantity
from .tables import DATA, measurements, read, records

MOST_UNITS = 400  # that the sum over failed units runs through


@dataclass(frozen=True, kw_only=True)
class Generator(Record):
    """A generating set: rated power [W], efficiency by lower heating value, and availability."""

    name: str
    power: float = quantity("W", between=(1e3, 1e10))
    efficiency: float = quantity("1", between=(0.05, 1))
    availability: float = quantity("1", between=(0.5, 1))


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


# Hot days ------------------------------------------------------------------------------------------------------------


def _weather():
    """(degrees Celsius, hours that are at least so warm) of a typical year, ends of each temperature, for np.interp."""
    celsius, hours = np.transpose([(row["celsius"], row["hours"]) for row in measurements(DATA / "greensboro_hours.csv", ("celsius", "hours"))])
    warmer = np.append(np.cumsum(hours[::-1])[::-1], 0)
    return np.ravel([celsius - 1e-6, celsius + 1e-6], order="F"), np.ravel([warmer[:-1], warmer[1:]], order="F")


CELSIUS, WARMER = _weather()  # Greensboro, North Carolina: NREL's typical year, TMY3 723170; Memphis is warmer
RATED_AT = 15.0  # degrees Celsius, at which turbines are rated (ISO 3977-2)


@checked(returns="1")
def output_share(ambient, loss_per_degree=0.007):
    """What a turbine gives on a day of `ambient` degrees Celsius, over its rating at 15: warm air is thin.

    loss_per_degree: 0.6 to over 1 % are published for simple gas turbines; more than its rating no set gives.
    """
    return np.clip(1 - loss_per_degree * (ambient - RATED_AT), 0.05, 1)


@checked(returns="1")
def chance_at(ambient, site, unit_power, fleet_size, availability, loss_per_degree=0.007):
    """Share of the time [1] in which fleet_size sets of `unit_power` [W at 15 degrees] fall short of `site` [W] at `ambient`."""
    units = units_needed(site, unit_power * output_share(ambient, loss_per_degree))
    chance = chance_of_falling_short(np.minimum(units, fleet_size), np.maximum(fleet_size - units, 0), availability)
    return np.where(units > fleet_size, 1, chance)


@checked(returns="1")
def share_short(site, unit_power, fleet_size, availability, loss_per_degree=0.007, warming=0.0):
    """Share [1] of a typical year in which fleet_size sets fall short of `site` [W], hour by hour of Greensboro's weather.

    warming: degrees by which every hour is warmer than there.
    """
    odds = (1 - availability) / availability

    def one_more_down(state, down):
        chance = state["chance"] * np.maximum(fleet_size - down + 1, 0) / np.maximum(down, 1) * np.where(down > 0, odds, 1 / (fleet_size + 1))
        share = site / (np.maximum(fleet_size - down, 1e-3) * unit_power)  # that each set left must give of its rating
        hottest = RATED_AT + (1 - share) / np.maximum(loss_per_degree, 1e-9) - warming
        short = np.where(share > 1 + 1e-12, WARMER[0], np.interp(hottest + 1e-4, CELSIUS, WARMER))
        hours = state["hours"] + chance * short
        return {"chance": chance, "hours": hours}, hours

    start = {"chance": availability**fleet_size, "hours": 0.0}
    state, _ = scan(one_more_down, start, np.arange(MOST_UNITS + 1))
    return state["hours"] / WARMER[0]
