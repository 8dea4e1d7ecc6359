"""From the chip to the site: watts, energy, fuel, carbon dioxide, dollars, and FLOPs per watt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .checking import Parameter
from .parameters import checked
from .records import Record, quantity
from .tables import read, records

if TYPE_CHECKING:
    from .hardware import Chip


@dataclass(frozen=True, kw_only=True)
class Site(Record):
    """A site as reported: its power and the GPUs that were said to be in it."""

    name: str
    power: float = quantity("W", between=(1, 1e12))
    gpus: float = quantity("gpu", between=(1, 1e8))


@dataclass(frozen=True, kw_only=True)
class Drawn(Record):
    """What a GPU drew with its share of the server while it trained, of what that is rated at; its name begins with the chip's."""

    name: str
    power: float = quantity("W", between=(1, 1e5))
    rated: float = quantity("W", between=(1, 1e5))

    @property
    def share(self) -> float:
        """Of the rated power [1]."""
        return self.power / self.rated

    @property
    def chip(self) -> str:
        return self.name.split(",")[0]


WATTS = Parameter("watts", "W/gpu", 1, 1e5, "power of one GPU with its share of the server")
PUE = 1.15  # over a year; assumed: between Google's fleet, 1.09, and the average of all data centres, 1.54

SITES = records("site", Site, read("sites.csv"))
DRAWN = records("measured power", Drawn, read("measured_power.csv"))
IDLE = records("power of an idle server", Drawn, read("idle_power.csv"))["A100 SXM, BLOOM’s idle nodes"]
BUSIEST = max(DRAWN.values(), key=lambda drawn: drawn.share)


@checked(returns="W/gpu")
def gpu_power(chip: Chip, cap=1.0, network_share=0.1):
    """IT power of one GPU with its share of server and network [W per GPU], its chip held to `cap` of its TDP.

    The rest of the server draws what it draws at full load. network_share: SemiAnalysis's 10 % for H100 clusters.
    """
    return it_power(chip, chip.tdp * cap, network_share)


@checked(returns="W/gpu")
def it_power(chip: Chip, chip_power, network_share=0.1):
    """IT power of one GPU [W per GPU] whose chip draws `chip_power` [W], as its driver reports it; the rest as in gpu_power."""
    return (chip_power + chip.server_power - chip.tdp) * (1 + network_share)


@checked(returns="1")
def peak_pue(pue, ambient, conversion=0.06, mean_ambient=15.0, cooling_slope=0.03):
    """PUE [1] in an hour of this temperature, where `pue` is that of the year's energy, which is how it is defined.

    conversion: the part of it that transformers and UPS lose, whatever the weather. The rest cools, and grows by
    cooling_slope for each degree above the year's mean; chillers take 2 to 3 % more for each. All three are assumed.
    """
    cooling = np.maximum(pue - 1 - conversion, 0)
    return pue + cooling * np.maximum(cooling_slope * (ambient - mean_ambient), -1)


@checked(returns="1")
def drawn_share(busy):
    """Share of its rated power that a server draws [1] while its GPUs compute for `busy` of the time.

    A straight line between an idle server and a busy one (Fan, Weber and Barroso, ISCA 2007, section 3.2). Idle: what
    Luccioni et al. add for idle nodes to BLOOM's energy, over its GPU-hours. Busy: the most that a server was seen to draw
    (data/idle_power.csv, data/measured_power.csv).
    """
    return IDLE.share + (BUSIEST.share - IDLE.share) * busy


@checked(returns="W/gpu")
def training_power(chip: Chip, drawn=0.8, network_share=0.0):
    """What one GPU with its share of the server draws on average while it trains [W per GPU], for the energy of a run.

    A site must be built for `gpu_power`; runs draw less. drawn: of the server's rated power; 0.76 to 0.83 was measured
    (DRAWN), and 0.78 in BLOOM's whole bill, with the idle infrastructure around it. By utilisation: `drawn_share`.
    """
    return drawn * chip.server_power * (1 + network_share)


@checked(returns="W")
def site_power(gpus, power, pue):
    """Power of the site [W]: `gpus` at an IT power of `power` [W per GPU], and cooling and conversion by the PUE."""
    return gpus * power * pue


@checked(returns="gpu")
def gpus_per_site(site, power, pue):
    """How many GPUs a site of `site` watts can feed [gpu]."""
    return site / (power * pue)


@checked(returns="FLOP/J")
def flops_per_joule(peak_flops, mfu, power, pue):
    """Model FLOPs for each joule at the meter [FLOP/J], which is FLOP/s per watt."""
    return peak_flops * mfu / (power * pue)


@checked(returns="J")
def fuel(energy, efficiency):
    """Heat in the fuel [J, lower heating value] for `energy` [J] of electricity."""
    return energy / efficiency


@checked(returns="kg")
def co2(energy, intensity):
    """Carbon dioxide [kg] for `energy` [J] of electricity at `intensity` [kg/J]."""
    return energy * intensity


@checked(returns="kg/J")
def gas_intensity(efficiency, fuel_carbon=5.015e-8, heating_ratio=1.108):
    """Carbon dioxide per joule of electricity from natural gas [kg/J].

    fuel_carbon: 116.65 lb per million Btu of higher heating value (EIA); heating_ratio: higher over lower value.
    """
    return fuel_carbon * heating_ratio / efficiency


@checked(returns="kg/J")
def nox_intensity(efficiency, ppm, flue_gas=8710 / 1.05505585e9, density=1.194e-7 * 0.45359237, heating_ratio=1.108):
    """Nitrogen oxides, as NO2, for a joule of electricity from natural gas [kg/J]: EPA method 19.

    ppm: parts per million of the dry flue gas at 15 % oxygen. flue_gas: standard cubic feet of it, without that oxygen, for
    a joule of higher heating value (8,710 for a million Btu); density: of a cubic foot at 1 ppm (1.194e-7 lb).
    """
    return ppm * density * flue_gas * 20.9 / (20.9 - 15) * heating_ratio / efficiency


@checked(returns="W")
def solar_power(nameplate, capacity_factor):
    """Average power over a year [W] of a solar farm of `nameplate` [W]."""
    return nameplate * capacity_factor


@checked(returns="1")
def solar_share(nameplate, capacity_factor, site):
    """Share [1] of the energy of a site of `site` watts that a solar farm gives over a year."""
    return solar_power(nameplate, capacity_factor) / site


@checked(returns="dollar")
def energy_cost(energy, energy_price):
    """What `energy` [J] costs at `energy_price` [dollar/J]."""
    return energy * energy_price


@checked(returns="1")
def floor_overhead(compute_share, low, floor):
    """Extra energy [1] that a power floor burns: all power in shares of the computing power.

    compute_share: share of the time at full power; low: power in the rest; floor: the least that the GPUs draw.
    """
    waiting = 1 - compute_share
    return waiting * np.maximum(floor - low, 0) / (compute_share + waiting * low)
