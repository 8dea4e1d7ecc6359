"""Chapter 5: the load of a job in two of its training steps, and what racks, battery and rotating masses make of it."""

import numpy as np
from clustermath import CHIPS
from clustermath.load import load_of, stepping_load
from clustermath.matmul import machine
from clustermath.power import floor_overhead
from clustermath.software import CONSTANTS
from clustermath.step import step_parts
from livefigure import LiveFigure, Readout, Slider
from livefigure.look import COLOR

from . import brought
from .bounds import bounded
from .inputs import choice, gpus as count, share
from .island import AXES, BATTERY, LIMITS_FROM, TRIPS, battery_controls, beyond_limits, draw_frequency, draw_names, fleet_of, load_choice, measured_load, plant_controls, run, running_power, thinned
from .measured_steps import runs
from .pages import kicker
from .palette import POWER

STEPS, AHEAD = 4, 2  # training steps that are computed, and how many of them before what is shown
SAMPLES = 1320  # in all: less than 20 ms for the longest step
UNSEEN = SAMPLES * AHEAD // STEPS  # samples before what is shown
RECOVERY = 60.0  # s in which the sets' controller takes away what droop leaves
TOGETHER = ("bubble", "imbalance", "pipeline parallel", "data parallel", "optimizer", "jitter")  # waits that all GPUs share
RUN = runs()["llama3-2"]
PARTS = step_parts(RUN.shape, machine(RUN.chip), RUN.layout, RUN.batch, RUN.software, CONSTANTS)
WAITING = float(sum(PARTS[name] for name in TOGETHER) / sum(PARTS.values()))


def swings(gpus, chip, floor_share, energy_per_gpu, packs, response, mode, power_per_gpu, rack_smoothing, spinning, inertia, droop, recorded, turn, step=RUN.measured, waiting=WAITING, cap=1.0, exposed_share=0.4, stretch=None):
    """Steps of `step` seconds, `waiting` of each for communication; the rest as in clustermath. turn: samples by number.

    recorded: a measured Course instead, where it has a length; `stretch` seconds of it, or all.
    """
    measured = recorded.seconds > 0
    step = np.where(measured, recorded.seconds / STEPS if stretch is None else stretch / STEPS, step)
    duration = STEPS * step / SAMPLES
    exposed_share = np.minimum(exposed_share, cap)
    job = load_of(chip, gpus, step * (1 - waiting), step * waiting, cap, exposed_share, floor_share=np.minimum(floor_share, cap))
    from_course = measured_load(recorded, chip, gpus, floor_share, turn, duration)
    wanted = np.where(measured, from_course, stepping_load(job, turn * duration, duration))
    high, low = np.where(measured, np.max(from_course), job.compute_power), np.where(measured, np.min(from_course), np.maximum(job.exposed_power, job.floor))
    before = np.where(measured, np.mean(from_course), high + (low - high) * waiting)
    bare = np.mean(measured_load(recorded, chip, gpus, 0.0, turn, duration))
    floor_cost = np.where(measured, before / np.maximum(bare, 1e-9) - 1, floor_overhead(1 - waiting, job.exposed_power / job.compute_power, job.floor / job.compute_power))
    fleet = fleet_of(running_power(high, spinning), inertia, droop, recovery=RECOVERY)
    supply, found, series = run(wanted, duration, before, gpus, fleet, packs, BATTERY, mode, response, energy_per_gpu, power_per_gpu, rack_smoothing)
    time = (turn + 0.5) * duration - AHEAD * step
    shown = time > 0

    def least(values):
        return np.min(np.where(shown, values, np.inf))

    def most(values):
        return np.max(np.where(shown, values, -np.inf))

    lowest, highest, peak = least(found["frequency"]), most(found["frequency"]), most(series["turbines"])
    return {
        **series,
        "seconds": time,
        "shown": {
            "seconds": thinned(time, 4, UNSEEN),
            **{name: thinned(series[name], 4, UNSEEN) for name in ("load", "drawn", "turbines")},
            "frequency": thinned(found["frequency"], 4, UNSEEN),
        },
        "end": (STEPS - AHEAD) * step,
        "modelled": np.where(measured, 0, 1),
        "top": np.maximum(high / 1e6, peak),
        "asked": (high - low) / 1e6,
        "swing": most(series["drawn"]) - least(series["drawn"]),
        "at_turbines": peak - least(series["turbines"]),
        "lowest": lowest,
        "highest": highest,
        "rocof": most(np.abs(found["rocof"])),
        "pack_mw": supply.battery.power / 1e6,
        "running_mw": fleet.capacity / 1e6,
        "floor_cost": floor_cost,
        "beyond": beyond_limits(lowest, highest),
    }


def draw(plot):
    top, low = plot.subplots(2, 1, height_ratios=(2, 1.2), sharex=True)
    top.set(ylabel="MW")
    plot.limits(top, "y", ["top"], AXES)
    low.set(xlabel="seconds")
    plot.limits(low, "x", ["end"], [(0, 1), (0, 2), (0, 4), (0, 6), (0, 8), (0, 10), (0, 13.2), (0, 25.5)])
    plot.curve(top, "shown.seconds", "shown.load", color=COLOR[POWER["asked"]], linewidth=1.1)
    plot.curve(top, "shown.seconds", "shown.drawn", color=COLOR[POWER["racks"]], linewidth=2)
    plot.curve(top, "shown.seconds", "shown.turbines", color=COLOR[POWER["turbines"]], linewidth=2)
    draw_frequency(plot, low, "shown.seconds")
    draw_names(top, {"asked by the chips": POWER["asked"], "drawn by the racks": POWER["racks"], "from the turbines": POWER["turbines"]}, 2 if plot.narrow else 3)


PRESETS = {
    "220,000 GB300s": {},
    "… without Megapacks": {"packs": 0},
    "… Megapacks that are 20 ms late": {"response": 0.02},
    "… that hold the frequency": {"mode": "holds the frequency, droop 1%", "response": 0.05},
    "… with a floor at 90%, no Megapacks": {"floor_share": 0.9, "packs": 0},
    "… with 2,000 J in the racks": {"energy_per_gpu": 2000, "rack_smoothing": 60},
    "Llama 3.1 405B on 16,384 H100s": {"gpus": 16384, "chip": RUN.chip.name, "packs": 0, "energy_per_gpu": 0},
}


def step_controls():
    """The square wave of a training step."""
    return {
        "step": Slider(1, 6.5, RUN.measured, "training step", unit="s", enabled="modelled", folded=True, steps=110),
        "waiting": Slider(0.02, 0.5, WAITING, "share of it that all wait", unit="%", scale=0.01, limits=(0.01, 0.9), enabled="modelled", folded=True, steps=96),
        "exposed_share": share("exposed_share", 0.4, "chip’s power while it waits, of its TDP", enabled="modelled", folded=True, steps=100),
    }


def figure(model=swings, trace=None) -> LiveFigure:
    """The load of a step. trace: a Recording of one chip's power, which replaces the square wave; it is shown from its middle on."""
    controls = {
        "gpus": count(220_000),
        **battery_controls(208),
        "floor_share": share("floor_share", 0.0, "power floor, of the chip’s TDP", steps=100),
        "energy_per_gpu": Slider(0, 4000, 65.0, "stored in the racks for each GPU", unit="J", format=",.3g", limits=(0, 100_000), steps=200, folded=True),
        "rack_smoothing": Slider(0.05, 60, 0.5, "racks draw the mean of the last", unit="s", log=True, limits=(0.01, 600), folded=True),
        **plant_controls(),
        "recorded": load_choice(trace),
        "chip": choice(CHIPS, "GB300 NVL72", "chip", folded=True),
        "cap": share("cap", 1.0, "chip held to, of its TDP", enabled="modelled", folded=True, steps=50),
        **step_controls(),
        "power_per_gpu": Slider(0, 2000, 1000.0, "power of the racks’ store for each GPU", unit="W", format=",.4g", limits=(0, 100_000), folded=True, steps=100),
    }
    return LiveFigure(
        "swings",
        model,
        draw,
        kicker=kicker(__name__),
        title="What does a training step do to a power plant?",
        finding="{at_turbines:,.3g} MW of swing are left at the turbines, and the frequency falls to {lowest:.2f} Hz.",
        controls=bounded(controls),
        fixed={"turn": np.arange(float(SAMPLES))},
        presets=PRESETS if trace is None else {"as measured": {}, "… without Megapacks": {"packs": 0}},
        takes=[brought.power(controls), brought.log({"step": "step_time"})],
        readouts=[
            Readout("at_turbines", "of swing left at the turbines", ",.3g", "MW"),
            Readout("lowest", "at the lowest (nadir)", ".2f", "Hz"),
            Readout("rocof", "at the steepest (RoCoF)", ".2g", "Hz/s"),
            TRIPS,
        ],
        summary=(
            "{gpus:,.7g} {chip} that draw {recorded} (the model’s: a step of {step:.2f} s, {waiting:.0%} of it waiting), {end:.3g} seconds of it: the load swings by {asked:,.3g} MW, after the racks’ stores by {swing:,.3g} MW, "
            "at the turbines by {at_turbines:,.3g} MW. With {packs:,.4g} Megapacks of {pack_mw:,.3g} MW in all and sets of {running_mw:,.4g} MW running, the frequency "
            "moves between {lowest:.2f} and {highest:.2f} Hz, at {rocof:.2g} Hz a second at the steepest; the floor costs {floor_cost:.1%} more energy."
        ),
        sources=[
            "share of the step that all GPUs wait: the book’s step model for row llama3-2 of its measured runs (arXiv 2407.21783, table 4)",
            "power while waiting: assumed; arXiv 2508.14318 says near idle, without a figure; one H200 took 20 to 29% of its TDP, measured for this book",
            "governor: GAST with usual constants, not the Titan’s own; inertia of 2 s on MVA, usual for the size, where a sizing tool has 5 s for a Titan 350 (data/outside.csv)",
            LIMITS_FROM,
        ],
        note="an island: no grid; power at the IT level; power while waiting is assumed",
        sizes={"wide": (6.9, 3.9), "narrow": (3.6, 4.0)},
    )
