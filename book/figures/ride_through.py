"""Chapter 5: a job stops and starts again, or a set trips: what turbines, batteries and rotating masses make of it."""

import numpy as np
from clustermath import CHIPS
from clustermath.load import load_of, mean_load
from clustermath.power import SITES
from clustermath.supply import BATTERIES
from clustermath.units import MEGA
from livefigure import Choice, Goal, LiveFigure, Readout, Slider
from livefigure.look import COLOR

from . import brought
from .bounds import bounded
from .inputs import choice, gpus as count, share
from .island import AXES, LIMITS_FROM, SETS, TRIPS, battery_controls, beyond_limits, draw_frequency, draw_names, fleet_of, load_choice, measured_load, plant_controls, run, running_power, thinned
from .pages import kicker
from .palette import POWER
from .swings import RUN, WAITING, step_controls

WINDOW, SAMPLES = 90.0, 2250  # s; 40 ms, in which a governor moves by a tenth of its way
STOP = 10.0  # s: when the job stops, or sets trip
RECOVERY = 15.0  # s in which the sets' controller takes away what droop leaves
IDLE = 0.15  # chip's power when the job is stopped, of its TDP: assumed
SHED_BELOW = 59.0  # Hz
KINDS = {"the job fails": 0.0, "a pause for a checkpoint": 1.0}  # whether a power floor holds the load up


def ride_through(gpus, chip, packs, pack, response, mode, floor_share, trips, spinning, inertia, droop, shed_share, recorded, turn, cap=1.0, restart_time=0.0, kind=0.0, outage_time=0.0, step=RUN.measured, waiting=WAITING, exposed_share=0.4):
    """A minute and a half of a job on an island. trips: sets that are lost when the job stops; the rest as in clustermath.

    recorded: a measured Course instead, where it has a length.
    """
    duration = WINDOW / SAMPLES
    measured = recorded.seconds > 0
    exposed_share, modelled_floor = np.minimum(exposed_share, cap), np.minimum(floor_share, cap)
    job = load_of(
        chip, gpus, step * (1 - waiting), step * waiting, cap, exposed_share, floor_share=modelled_floor,
        idle_share=np.maximum(IDLE, kind * modelled_floor), outage_start=STOP, outage_time=outage_time, restart_time=restart_time,
    )  # fmt: skip
    from_course = measured_load(recorded, chip, gpus, floor_share, turn, duration)
    wanted = np.where(measured, from_course, mean_load(job, turn * duration, duration))
    high = np.where(measured, np.max(from_course), job.compute_power)
    low = np.maximum(job.exposed_power, job.floor)
    first = np.sum(np.where(turn * duration < STOP, from_course, 0)) * duration / STOP  # its first seconds' mean: one reading may be a peak
    before = np.where(measured, first, high + (low - high) * waiting)
    capacity = running_power(high, spinning)
    fleet = fleet_of(capacity, inertia, droop, recovery=RECOVERY, lost=np.minimum(trips * SETS.power / capacity, 0.9), lost_at=STOP)
    supply, found, series = run(wanted, duration, before, gpus, fleet, packs, pack, mode, response, shed_below=SHED_BELOW, shed_share=shed_share)
    time = (turn + 0.5) * duration
    lowest, highest = np.min(found["frequency"]), np.max(found["frequency"])
    return {
        **series,
        "seconds": time,
        "shown": {
            "seconds": thinned(time, 6),
            **{name: thinned(series[name], 6) for name in ("load", "turbines")},
            "served": thinned(series["drawn"] - series["shed"], 6),
            "drawn": thinned(series["drawn"], 6),
            "frequency": thinned(found["frequency"], 6),
        },
        "top": np.maximum(np.max(series["turbines"]), high / MEGA),
        "full": high / MEGA,
        "modelled": np.where(measured, 0, 1),
        "lowest": lowest,
        "highest": highest,
        "rocof": np.max(np.abs(found["rocof"])),
        "at_turbines": np.max(series["turbines"]) - np.min(series["turbines"]),
        "short": np.max(series["shed"]),
        "pack_mw": supply.battery.power / MEGA,
        "pack_mwh": supply.battery.energy / 3.6e9,
        "charge_moves": (np.max(found["battery_stored"]) - np.min(found["battery_stored"])) / np.maximum(supply.battery.energy, 1),
        "running_mw": capacity / MEGA,
        "beyond": beyond_limits(lowest, highest),
    }


def draw(plot):
    top, low = plot.subplots(2, 1, height_ratios=(2, 1.3), sharex=True)
    top.set(ylabel="MW", xlim=(0, WINDOW))
    plot.limits(top, "y", ["top"], AXES)
    low.set(xlabel="seconds", xticks=[0, 10, 30, 50, 70, 90])
    plot.band(top, "shown.seconds", "shown.served", "shown.drawn", color=COLOR["claimed"], alpha=0.4)
    plot.curve(top, "shown.seconds", "shown.load", color=COLOR[POWER["asked"]], linewidth=1.2)
    plot.curve(top, "shown.seconds", "shown.turbines", color=COLOR[POWER["turbines"]], linewidth=2)
    draw_frequency(plot, low, "shown.seconds")
    draw_names(top, {"asked by the chips": POWER["asked"], "from the turbines": POWER["turbines"]}, 2)


def gentle(at):
    """Whether the whole job stops and starts again within the sets' limits, on few batteries."""
    whole = (at["modelled"] > 0) & (at["full"] >= FULL) & (at["outage_time"] >= STOP) & (at["kind"] < 1)
    return whole & (at["packs"] <= FEW) & (at["beyond"] <= 0)


def site(name: str, chip: str, cap: float, packs: int) -> dict:
    """The inputs for a reported site."""
    return {"gpus": SITES[name].gpus, "chip": chip, "cap": cap, "packs": packs}


PRESETS = {
    "Colossus 2, 1 GW (date disputed)": site("Colossus 2, 1 GW (claimed)", "GB300 NVL72", 0.8, 168),
    "… without Megapacks": {"packs": 0},
    "… restarted over 2 s, without Megapacks": {"packs": 0, "restart_time": 2},
    "… one set trips": {"outage_time": 0, "trips": 1, "packs": 0},
    "… one set trips, three spares spin": {"outage_time": 0, "trips": 1, "packs": 0, "spinning": 3},
    "Colossus 1, 150 MW": site("Colossus 1 in 2024", "H100 SXM", 1.0, 156),
    "Colossus 1, 300 MW": site("Colossus 1 in 2026", "H100 SXM", 0.8, 208),
    "1.5 GW (unconfirmed)": site("Colossus 2, 1.5 GW (claimed)", "GB300 NVL72", 0.8, 168),
    "2 GW (claimed)": site("Colossus 2, 2 GW (claimed)", "GB300 NVL72", 0.8, 168),
}
FIRST = PRESETS["Colossus 2, 1 GW (date disputed)"]
FULL, FEW = 900.0, 100  # MW of load, and batteries, of the goal


def figure(model=ride_through, trace=None) -> LiveFigure:
    """A stop and a restart. trace: a Recording of one chip's power, which replaces the model's load; it repeats if it is shorter."""
    controls = {
        "gpus": count(FIRST["gpus"]),
        **battery_controls(FIRST["packs"], show=(0, 1500)),
        "restart_time": Slider(0, 10, 0, "the restart takes", unit="s", limits=(0, 60), enabled="modelled", steps=100),
        "outage_time": Slider(0, 60, 40, "the job is down for", unit="s", limits=(0, 75), enabled="modelled", folded=True, steps=60),
        "kind": Choice(KINDS, "the job fails", "what stops it", enabled="modelled", folded=True),
        "floor_share": share("floor_share", 0.0, "power floor, of the chip’s TDP", folded=True, steps=100),
        **plant_controls(),
        "trips": Slider(0, 5, 0, "sets that trip at 10 s", integer=True, format=".0f", folded=True),
        "shed_share": Slider(0, 0.5, 0, f"load shed below {SHED_BELOW:.0f} Hz", unit="%", scale=0.01, limits=(0, 1), folded=True, steps=50),
        "pack": choice(BATTERIES, "Megapack 2 XL (4 h)", "battery’s make", folded=True),
        "recorded": load_choice(trace),
        "chip": choice(CHIPS, FIRST["chip"], "chip", folded=True),
        "cap": share("cap", FIRST["cap"], "chip held to, of its TDP", enabled="modelled", folded=True, steps=50),
        **step_controls(),
    }
    return LiveFigure(
        "ride-through",
        model,
        draw,
        kicker=kicker(__name__),
        title="A job stops, and starts again: which half is dangerous?",
        finding="The frequency runs between {lowest:.2f} and {highest:.2f} Hz.",
        controls=bounded(controls),
        fixed={"turn": np.arange(float(SAMPLES))},
        presets=PRESETS if trace is None else {"as measured": {}, "… without Megapacks": {"packs": 0}},
        takes=[brought.power(controls)],
        goals=[
            Goal(
                f"Let a job of {FULL:,.0f} MW fail and start again, every set within its limits, on no more than {FEW} Megapacks.",
                gentle,
                "More sets that run share the blow, and each is asked for less. A battery that answers sooner does more.",
                {"packs": FEW, "spinning": 5},
            )
        ],
        readouts=[
            Readout("highest", "at the highest", ".2f", "Hz"),
            Readout("lowest", "at the lowest (nadir)", ".2f", "Hz"),
            Readout("rocof", "at the steepest (RoCoF)", ".2g", "Hz/s"),
            TRIPS,
        ],
        summary=(
            "{gpus:,.7g} {chip} with {packs:,.4g} batteries of {pack_mw:,.4g} MW and {pack_mwh:,.4g} MWh in all, and sets of {running_mw:,.4g} MW running: "
            "while chips draw {recorded} (the model’s: {outage_time:.3g} s without the job, restarted over {restart_time:.2g} s) the frequency moves between {lowest:.2f} and {highest:.2f} Hz, at {rocof:.2g} Hz a second at the steepest, "
            "and the battery’s charge by {charge_moves:.2%}; {short:,.3g} MW of load are shed."
        ),
        sources=[
            "governor: GAST with usual constants, not the Titan’s own; inertia of 2 s on MVA, usual for the size, where a sizing tool has 5 s for a Titan 350 (data/outside.csv)",
            LIMITS_FROM,
        ],
        note="an island: no grid; the curve goes on where real sets would have tripped",
        sizes={"wide": (6.9, 3.9), "narrow": (3.6, 4.0)},
    )
