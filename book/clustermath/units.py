"""The units that the data tables and the edges of the book speak, as multiples of the base units.

Inside the package every number is in s, B, FLOP, W, J, token, gpu or dollar. These factors are for reading
inputs and showing results, nowhere else.
"""

MINUTE = 60.0
HOUR = 3600.0
DAY = 24 * HOUR
YEAR = 365.25 * DAY

KILO, MEGA, GIGA, TERA = 1e3, 1e6, 1e9, 1e12

# What one of the unit is in base units; the keys are the only units a data table may use.
UNITS = {
    "1": 1.0, "%": 0.01,
    "B": 1.0, "MiB": 2.0**20, "GiB": 2.0**30, "GB": GIGA, "TB": TERA,
    "GB/s": GIGA, "TB/s": TERA, "Gb/s": GIGA / 8,
    "FLOP": 1.0, "TFLOP/s": TERA,
    "gpu*h": HOUR,
    "J": 1.0, "MWh": MEGA * HOUR, "kWh": KILO * HOUR,
    "J/FLOP": 1.0,
    "W": 1.0, "kW": KILO, "MW": MEGA, "GW": GIGA, "MW/min": MEGA / MINUTE,
    "1/gpu/day": 1 / DAY, "1/1000 nodes/day": 1 / (8_000 * DAY),  # nodes of 8 GPUs
    "Hz": 1.0,
    "s": 1.0, "us": 1e-6, "min": MINUTE, "h": HOUR, "day": DAY,
    "token": 1.0, "gpu": 1.0, "dollar": 1.0, "parameter": 1.0,
}  # fmt: skip
