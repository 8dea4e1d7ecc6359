"""The units that the data tables and the edges of the book speak, as multiples of the base units.

Inside the package every number is in s, B, FLOP, W, J, token, gpu or dollar. These factors are for reading
inputs and showing results, nowhere else.
"""

import functools

MINUTE = 60.0
HOUR = 3600.0
DAY = 24 * HOUR
YEAR = 365.25 * DAY

KILO, MEGA, GIGA, TERA = 1e3, 1e6, 1e9, 1e12

# What one of the unit is in base units, by what it measures; these are the only units a data table may use.
MEASURES = {
    "1": {"1": 1.0, "%": 0.01, "parameter": 1.0},
    "B": {"B": 1.0, "MiB": 2.0**20, "GiB": 2.0**30, "GB": GIGA, "TB": TERA},
    "B/s": {"GB/s": GIGA, "TB/s": TERA, "Gb/s": GIGA / 8},
    "FLOP": {"FLOP": 1.0},
    "FLOP/s": {"TFLOP/s": TERA},
    "s*gpu": {"gpu*h": HOUR},
    "J": {"J": 1.0, "MWh": MEGA * HOUR, "kWh": KILO * HOUR},
    "J/FLOP": {"J/FLOP": 1.0},
    "W": {"W": 1.0, "kW": KILO, "MW": MEGA, "GW": GIGA},
    "W/s": {"MW/min": MEGA / MINUTE},
    "1/s/gpu": {"1/gpu/day": 1 / DAY, "1/1000 nodes/day": 1 / (8_000 * DAY)},  # nodes of 8 GPUs
    "1/s": {"Hz": 1.0},
    "s": {"s": 1.0, "us": 1e-6, "min": MINUTE, "h": HOUR, "day": DAY},
    "token": {"token": 1.0},
    "gpu": {"gpu": 1.0},
    "dollar": {"dollar": 1.0},
}
UNITS = {unit: size for units in MEASURES.values() for unit, size in units.items()}


@functools.cache
def measures(unit: str, what: str) -> bool:
    """Whether a unit of UNITS measures what a record's field is in, a pint expression: kW do W and W/gpu; 1 counts tokens."""
    base = next(base for base, units in MEASURES.items() if unit in units)
    plain = [each.replace("/gpu", "").replace("/token", "") for each in (base, what)]
    return plain[0] == plain[1] or (base, what) == ("1", "token")
