"""Chapter 5: the load of a job in two of its training steps, and what racks and battery take off the turbines."""

import numpy as np
from clustermath import CHIPS
from clustermath.load import load_of, swing_in_band
from clustermath.matmul import machine
from clustermath.power import floor_overhead
from clustermath.scan import scan
from clustermath.software import CONSTANTS
from clustermath.step import step_parts
from clustermath.supply import BATTERIES, Supply, band_share, battery_store, follow, rack_store
from clustermath.units import MEGA, MINUTE
from livefigure import LiveFigure, Readout, Slider
from livefigure.look import COLOR

from .inputs import choice, gpus as count, share, slider
from .measured_steps import runs
from .pages import kicker

STEPS = 2  # training steps that are shown
SAMPLES = 660  # in all: less than 20 ms for the longest step
HARMONICS = 40  # of two steps: they reach 3 Hz
BATTERY = BATTERIES["Megapack 2 XL (4 h)"]
DISPATCH = 60.0  # s over which turbines follow
TOGETHER = ("bubble", "imbalance", "pipeline parallel", "data parallel", "optimizer", "jitter")  # waits that all GPUs share
RUN = runs()["llama3-2"]
PARTS = step_parts(RUN.shape, machine(RUN.chip), RUN.layout, RUN.batch, RUN.software, CONSTANTS)
WAITING = float(sum(PARTS[name] for name in TOGETHER) / sum(PARTS.values()))


def swings(gpus, chip, step, waiting, floor_share, energy_per_gpu, packs, ramp, cap, exposed_share, power_per_gpu, rack_smoothing):
    """Two steps of `step` seconds, `waiting` of each for communication. ramp [MW/min]; the rest as in clustermath."""
    compute_time, exposed_time = step * (1 - waiting), step * waiting
    exposed_share, floor_share = np.minimum(exposed_share, cap), np.minimum(floor_share, cap)
    load = load_of(chip, gpus, compute_time, exposed_time, cap, exposed_share, floor_share=floor_share)
    high = load.compute_power
    supply = Supply(
        rack=rack_store(gpus, energy_per_gpu, power_per_gpu),
        battery=battery_store(BATTERY, packs),
        capacity=high,
        ramp=ramp * MEGA / MINUTE,
        rack_smoothing=rack_smoothing,
        dispatch=DISPATCH,
    )
    duration = STEPS * step / SAMPLES
    series = follow(load, supply, STEPS * step, SAMPLES)
    drawn, served = series["drawn"], series["drawn"] - series["unserved"]
    asked = high - np.maximum(load.exposed_power, load.floor)
    moves = asked > 1e-6 * high  # else the spectrum is one of rounding
    turbines, taken = series["turbines"], series["turbines"] - series["spilled"]
    return {
        **{name: series[name] / MEGA for name in ("load", "drawn", "turbines", "battery", "unserved", "spilled", "lost")},
        "served": served / MEGA,
        "seconds": series["time"],
        "shown": {
            "seconds": thinned(series["time"], 3),
            "load": thinned(series["load"], 3) / MEGA,
            "drawn": thinned(drawn, 3) / MEGA,
            "served": thinned(served, 3) / MEGA,
            "taken": thinned(taken, 3) / MEGA,
            "turbines": thinned(turbines, 3) / MEGA,
        },
        "slow": {
            "seconds": thinned(series["time"], 5),
            "turbines": thinned(turbines, 5) / MEGA,
            "stored": thinned(series["rack_stored"], 5) / np.maximum(supply.rack.energy, 1),
        },
        "end": STEPS * step,
        "rack_stored": series["rack_stored"] / MEGA,
        "battery_stored": series["battery_stored"] / MEGA,
        "top": high / MEGA,
        "asked": asked / MEGA,
        "swing": (np.max(drawn) - np.min(drawn)) / MEGA,
        "at_turbines": (np.max(turbines) - np.min(turbines)) / MEGA,
        "steepest": steepest(drawn) / duration / MEGA,
        "turbine_steepest": steepest(turbines) / duration / MEGA,
        "share_before": np.where(moves, swing_in_band(compute_time, exposed_time), 0),
        "share_after": np.where(moves, band_share(drawn, duration, harmonics=HARMONICS), 0),
        "short": np.max(series["unserved"]) / MEGA,
        "too_much": np.max(series["spilled"]) / MEGA,
        "floor_cost": floor_overhead(1 - waiting, load.exposed_power / load.compute_power, load.floor / load.compute_power),
    }


def thinned(series, samples):
    """The least of each so many samples: enough for a line, which has a point for every pixel or two."""
    return np.minimum.reduceat(series, np.arange(0, SAMPLES, samples))


def steepest(series):
    """The largest change from one sample to the next."""

    def change(last, sample):
        return sample, np.abs(sample - last)

    _, changes = scan(change, series[0], series)
    return np.max(changes)


def megawatts(high, tick):
    """Limits from zero, with a little room on top, and a tick at every `tick` MW."""
    return 0, high * 1.08, {value: f"{value:,.3g}" if value < 10 else f"{value:,.0f}" for value in np.arange(0, high + tick / 2, tick)}


AXES = [megawatts(high, tick) for high, tick in ((1, 0.2), (5, 1), (25, 5), (80, 20), (200, 50), (300, 100), (500, 100), (1000, 200), (1400, 200), (1700, 500), (2500, 500))]


def draw(plot):
    top, low = plot.subplots(2, 1, height_ratios=(3.2, 1), sharex=True)
    top.set(ylabel="MW")
    plot.limits(top, "y", ["top"], AXES)
    low.set(ylim=(-0.04, 1.04), ylabel="racks’\nstore" if plot.narrow else "racks’ store", xlabel="seconds")
    low.set_yticks([0, 0.5, 1], ["empty", "half", "full"])
    plot.limits(low, "x", ["end"], [(0, 4), (0, 8), (0, 13.2)])
    plot.band(top, "shown.seconds", "shown.served", "shown.drawn", color=COLOR["claimed"], alpha=0.35)
    plot.band(top, "shown.seconds", "shown.taken", "shown.turbines", color=COLOR["ochre"], alpha=0.45)
    plot.curve(top, "shown.seconds", "shown.load", color=COLOR["grey"], linewidth=1.1)
    plot.curve(top, "shown.seconds", "shown.drawn", color=COLOR["computed"], linewidth=2)
    plot.curve(top, "slow.seconds", "slow.turbines", color=COLOR["teal"], linewidth=2)
    plot.curve(low, "slow.seconds", "slow.stored", color=COLOR["computed"], linewidth=1.6)
    texts = [("asked by the chips", "grey"), ("drawn by the racks", "computed"), ("from the turbines", "teal"), ("too much by {too_much:,.0f} MW", "ochre"), ("unserved: {short:,.0f} MW", "claimed")]
    for k, (text, color) in enumerate(texts):
        plot.label(top, 0.03, 0.375 - 0.083 * k, text, fraction="xy", va="center", color=COLOR[color], fontweight="semibold")


def figure(model=swings) -> LiveFigure:
    """The load of a step."""
    return LiveFigure(
        "swings",
        model,
        draw,
        kicker=kicker(__name__),
        title="What does a training step do to a power plant?",
        controls={
            "gpus": count(220_000),
            "floor_share": share("floor_share", 0.0, "power floor, of the chip’s TDP", steps=100),
            "energy_per_gpu": Slider(0, 4000, 65.0, "stored in the racks for each GPU", unit="J", format=",.3g", limits=(0, 100_000), steps=200),
            "packs": slider("packs", 208, "Megapacks", format=",.4g", steps=100),
            "step": Slider(1, 6.5, RUN.measured, "training step", unit="s", folded=True, steps=110),
            "waiting": Slider(0.02, 0.5, WAITING, "share of it that all wait", unit="%", scale=0.01, limits=(0.01, 0.9), folded=True, steps=96),
            "chip": choice(CHIPS, "GB300 NVL72", "chip", folded=True),
            "cap": share("cap", 1.0, "chip held to, of its TDP", folded=True, steps=50),
            "exposed_share": share("exposed_share", 0.4, "chip’s power while it waits, of its TDP", folded=True, steps=100),
            "power_per_gpu": Slider(0, 2000, 1000.0, "power of the racks’ store for each GPU", unit="W", format=",.4g", limits=(0, 100_000), folded=True, steps=100),
            "rack_smoothing": Slider(0.05, 60, 0.5, "racks draw the mean of the last", unit="s", log=True, limits=(0.01, 600), folded=True),
            "ramp": Slider(1, 500, 50.0, "ramp of all turbines", unit="MW/min", log=True, limits=(0.1, 10_000), folded=True),
        },
        presets={
            "220,000 GB300s": {},
            "Llama 3.1 405B on 16,384 H100s": {"gpus": 16384, "chip": RUN.chip.name, "packs": 0, "energy_per_gpu": 0},
            "… with a floor at 90%": {"floor_share": 0.9},
            "… with 2,000 J in the racks": {"energy_per_gpu": 2000, "rack_smoothing": 60},
            "… without Megapacks": {"packs": 0},
        },
        readouts=[
            Readout("asked", "MW of swing asked for", ",.3g"),
            Readout("swing", "MW left by the racks", ",.3g"),
            Readout("at_turbines", "MW left at the turbines", ",.2g"),
            Readout("short", "MW unserved at worst", ",.3g", limit=0.005, beyond="MW unserved at worst"),
            Readout("too_much", "MW too much at worst", ",.3g", limit=0.005, beyond="MW too much at worst"),
            Readout("floor_cost", "more energy for the floor", ".1%"),
            Readout("steepest", "MW/s drawn at the steepest", ",.3g"),
            Readout("turbine_steepest", "MW/s at the turbines", ",.2g"),
            Readout("share_before", "of the swing at 0.2 to 3 Hz", ".0%"),
            Readout("share_after", "of it, after the racks", ".0%"),
        ],
        summary=(
            "{gpus:,.7g} {chip}, a step of {step:.2f} s of which {waiting:.0%} wait: the load swings by {asked:,.3g} MW, after the racks’ stores by {swing:,.3g} MW, "
            "at the turbines by {at_turbines:,.2g} MW. {share_before:.0%} of the swing asked for lies at 0.2 to 3 Hz, {share_after:.0%} of what the racks draw. "
            "{short:,.3g} MW are unserved at worst and {too_much:,.3g} MW too much; the floor costs {floor_cost:.1%} more energy."
        ),
        sources=["share of the step that all GPUs wait: the book’s step model for row llama3-2 of its measured runs (arXiv 2407.21783, table 4)", "power while waiting: assumed; arXiv 2508.14318 says near idle, without a figure"],
        note="power at the IT level; power while waiting is assumed",
        sizes={"wide": (6.9, 3.9), "narrow": (3.6, 4.0)},
    )
