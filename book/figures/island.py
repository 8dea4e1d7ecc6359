"""The power plant of chapter 5's figures in time: its controls, its limits of frequency, and how they are drawn."""

import numpy as np
from clustermath.frequency import LIMITS, Fleet, Governor
from clustermath.power import it_power
from clustermath.recorded import SAMPLES, Course
from clustermath.scan import scan
from clustermath.supply import BATTERIES, Supply, battery_store, follow, rack_store
from clustermath.turbines import GENERATORS, units_needed
from clustermath.units import MEGA
from livefigure import Choice, Readout, Slider
from livefigure.look import COLOR

from .inputs import slider

LOW, HIGH = LIMITS["Eastern Interconnection"].low, LIMITS["Texas"].high  # Hz: beyond, sets may trip at once
LIMITS_FROM = f"limits beyond which sets may trip at once: {LOW} Hz as in the eastern American grid, {HIGH} Hz as in the Texan, NERC PRC-024 by a public collection (data/frequency_limits.csv); an island may set its own"
SETS = GENERATORS["Titan 350"]
BATTERY = BATTERIES["Megapack 2 XL (4 h)"]
MODES = {  # what a battery measures: shares of Supply.load_following, and Supply.frequency_gain
    "follows the load": {"following": 1.0, "gain": 0.0},
    "holds the frequency, droop 1%": {"following": 0.0, "gain": 100.0},
    "both": {"following": 1.0, "gain": 100.0},
}
SERIES = ("drawn", "turbines", "battery", "masses", "shed", "lost")


def running_power(most, spinning):
    """What the sets give that run for a load of `most` [W], so many more than it needs."""
    return (units_needed(most, SETS.power) + spinning) * SETS.power


def run(wanted, duration, before, gpus, fleet, packs, pack, mode, response, energy_per_gpu=65.0, power_per_gpu=1000.0, rack_smoothing=0.5, shed_below=0.0, shed_share=0.0):
    """`follow` at the given settings: its series, in MW and MJ where they are power and energy, and what to read off them."""
    supply = Supply(
        rack=rack_store(gpus, energy_per_gpu, power_per_gpu),
        battery=battery_store(pack, packs),
        fleet=fleet,
        rack_smoothing=rack_smoothing,
        load_following=mode["following"],
        frequency_gain=mode["gain"],
        battery_response=response,
        shed_below=shed_below,
        shed_share=shed_share,
    )
    found = follow(wanted, supply, duration, before)
    return supply, found, {
        "load": wanted / MEGA,
        **{name: found[name] / MEGA for name in SERIES},
        "rack_stored": found["rack_stored"] / MEGA,
        "battery_stored": found["battery_stored"] / MEGA,
    }


STEPS_OF_THE_MODEL = "training steps"
NO_COURSE = Course(seconds=0.0, peak=0.0, watts=np.zeros(SAMPLES))


def load_choice(trace=None) -> Choice:
    """What the chips draw: the model's steps, or a measured course, as that of a Recording."""
    known = {STEPS_OF_THE_MODEL: NO_COURSE} | ({} if trace is None else {"as measured": trace.course()})
    return Choice(known, list(known)[-1], "what chips draw", folded=True, own=True)


def course_power(course, turn, duration):
    """Mean power [W] of a measured course in each of neighbouring intervals, `duration` long [s], numbered from 0 in `turn`: the
    integral of the course, which repeats, over the interval.
    """
    length = np.where(course.seconds > 0, course.seconds, 1.0)
    total, before = scan(lambda so_far, watts: (so_far + watts, so_far), 0.0, course.watts)
    laps = np.arange(turn.size + 1.0) * (duration / length)
    place = (laps - np.floor(laps)) * SAMPLES
    whole = np.clip(np.floor(place), 0, SAMPLES - 1)
    at = whole.astype(int)
    upto = np.floor(laps) * total + np.take(before, at) + np.take(course.watts, at) * (place - whole)  # the sum of all parts so far
    ends, starts = np.arange(1, turn.size + 1), np.arange(turn.size)
    return (np.take(upto, ends) - np.take(upto, starts)) / (duration * SAMPLES / length)


def measured_load(course, chip, gpus, floor_share, turn, duration):
    """Load [W, IT level] in each interval of `gpus` chips that draw a measured course, or their floor where that is more."""
    return gpus * it_power(chip, np.maximum(course_power(course, turn, duration), floor_share * chip.tdp))


def thinned(series, samples, before=0):
    """The least of each so many samples, from the group on that precedes `before` of them: enough for a line, which has a
    point for every pixel or two.
    """
    least = np.minimum.reduceat(series, np.arange(0, series.shape[0], samples))
    return np.take(least, np.arange(before // samples - 1, least.shape[0])) if before else least


def beyond_limits(lowest, highest):
    """By how many Hz the frequency leaves the limits beyond which sets trip, at worst."""
    return np.maximum(np.maximum(LOW - lowest, highest - HIGH), 0)


def megawatts(high, tick):
    """Limits from zero, with a little room on top, and a tick at every `tick` MW."""
    return 0, high * 1.08, {value: f"{value:,.3g}" if value < 10 else f"{value:,.0f}" for value in np.arange(0, high + tick / 2, tick)}


AXES = [megawatts(high, tick) for high, tick in ((0.6, 0.2), (1, 0.2), (5, 1), (25, 5), (40, 10), (80, 20), (200, 50), (300, 100), (500, 100), (700, 200), (1000, 200), (1400, 200), (1700, 500), (2500, 500))]
HERTZ = [(57, 63, {58: "58", 60: "60", 62: "62"}), (55.5, 64.5, {56: "56", 58: "58", 60: "60", 62: "62", 64: "64"}), (48, 72, {50: "50", 55: "55", 60: "60", 65: "65", 70: "70"})]


def draw_frequency(plot, ax, x, y="shown.frequency"):
    """The frequency over time between the limits beyond which sets trip."""
    ax.set(ylabel="Hz")
    plot.limits(ax, "y", ["lowest", "highest"], HERTZ)
    for limit in (HIGH, LOW):
        plot.hline(ax, limit, color=COLOR["claimed"], linewidth=1.2, linestyle="--")
    above(ax, 1, 3, "beyond the dashed lines, sets may trip", ha="right", color=COLOR["claimed"])
    plot.curve(ax, x, y, color=COLOR["computed"], linewidth=1.8)


def draw_names(ax, colors: dict, columns: int) -> None:
    """The names of curves in rows above them: no curve gets there, however small the site."""
    for k, (text, color) in enumerate(colors.items()):
        row, column = divmod(k, columns)
        above(ax, column / columns, 4 + 14 * ((len(colors) - 1) // columns - row), text, color=COLOR[color], fontweight="semibold")


def above(ax, share, points, text, **style) -> None:
    """Words so many points above the axes, at a share of their width."""
    ax.annotate(text, (share, 1), xycoords="axes fraction", xytext=(0, points), textcoords="offset points", **style)


ALLOWED = 0.0049  # Hz: less beyond the limits is rounding
TRIPS = Readout("beyond", "beyond the limits", ".2f", "Hz", limit=ALLOWED, beyond="beyond the limits: sets trip")


def battery_controls(packs, **options):
    """Sliders of the battery: how many, and how late."""
    return {
        "packs": slider("packs", packs, "Megapacks", format=",.4g", steps=100, **options),
        "response": Slider(0.01, 1, 0.1, "battery is late by", unit="ms", scale=1e-3, log=True, limits=(0.001, 10)),
    }


def plant_controls():
    """What is folded away: how the battery is led, and the sets' constants."""
    return {
        "mode": Choice(MODES, "follows the load", "battery", folded=True),
        "spinning": Slider(0, 12, 0, "spare sets that spin", integer=True, format=".0f", limits=(0, 40), folded=True),
        "inertia": Slider(1, 6, 2.0, "inertia H of the sets", unit="s", limits=(0.2, 20), folded=True, steps=100),
        "droop": Slider(0.02, 0.08, 0.05, "droop of the sets", unit="%", scale=0.01, limits=(0.01, 0.2), folded=True, steps=60),
    }


def fleet_of(capacity, inertia, droop, **options):
    """The running sets with these two constants; the others as GAST's usual ones."""
    return Fleet(capacity=capacity, inertia=inertia, governor=Governor(droop=droop), **options)
