"""What a solar farm gives over a year: MW of what, on which mount, and what its inverters cut off.

The sun is that of one place and typical year: Greensboro, North Carolina (36.1 N, 1,566 kWh/m2 a year on the flat; NREL's
TMY3 723170). data/greensboro_sun.csv holds the hours in which panels give which share of their rating, computed with
pvlib 0.16.1: Hay-Davies sky, albedo 0.2, SAPM cell temperature in an open rack, PVWatts panels of -0.35 %/K and 14.08 %
of losses; "fixed" at 30 degrees to the south, "tracked" on one north-south axis of +-60 degrees with backtracking at a
ground cover of 0.4.
"""


import numpy as np

from .parameters import checked
from .scan import scan
from .tables import DATA, measurements

HOURS = 8760.0  # of the typical year
NOMINAL = 0.96  # efficiency of an inverter at its rating


def _duration_curves():
    """mount → (output over rating, hours a year), all of one length."""
    rows = measurements(DATA / "greensboro_sun.csv", ("output", "hours"), ("mount",))
    curves = [np.array([(row["output"], row["hours"]) for row in rows if row["mount"] == mount]).T for mount in ("fixed", "tracked")]
    longest = max(curve.shape[1] for curve in curves)
    return [np.pad(curve, ((0, 0), (0, longest - curve.shape[1]))) for curve in curves]


FIXED, TRACKED = _duration_curves()
PLACES = np.arange(float(FIXED.shape[1]))


@checked(returns="1")
def inverter_output(panel_output):
    """Power at the inverter's terminals over its rating, from what the panels give it over the same: PVWatts 5 (Dobos,
    NREL/TP-6A20-62641): less efficient at little load, and never more than its rating."""
    load = np.maximum(panel_output * NOMINAL, 1e-9)
    efficiency = NOMINAL / 0.9637 * (-0.0162 * load - 0.0059 / load + 0.9858)
    return np.clip(panel_output * efficiency, 0, 1)


@checked(returns="1")
def yearly_share(tracked, ratio, brighter=1.0):
    """Average over a year of a farm's power at its terminals, over its inverters' rating: its capacity factor [1].

    tracked: 1 for trackers, 0 for a fixed mount. ratio: panels' rating over the inverters'. brighter: the sun's strength
    over Greensboro's. A farm rated by its panels has a ratio of 1, and next to nothing is cut off.
    """

    def one_more(given, place):
        output, hours = (np.where(tracked > 0, np.interp(place, PLACES, moved), np.interp(place, PLACES, still)) for moved, still in zip(TRACKED, FIXED))
        given = given + inverter_output(output * brighter * ratio) * hours
        return given, given

    given, _ = scan(one_more, 0.0, PLACES)
    return given / HOURS
