"""Chapter 5: ten minutes of a site, step by training step: checkpoints, a stop and a restart, carried by turbines and battery."""

import numpy as np
from clustermath import CHIPS
from clustermath.load import load_of
from clustermath.power import SITES, gpu_power, site_power
from clustermath.supply import BATTERIES, Supply, battery_store, follow, rack_store
from clustermath.units import MEGA, MINUTE, UNITS
from livefigure import LiveFigure, Readout, Slider
from livefigure.look import COLOR

from .inputs import choice, gpus as count, share, slider
from .pages import kicker
from .swings import AXES, RUN, WAITING

SAMPLES = 93  # training steps that are shown, each as its mean
WINDOW = SAMPLES * RUN.measured  # s, about ten minutes
DISPATCH = 60.0  # s over which turbines follow
CHECKPOINT_EVERY = 270.0  # s: often, so that one can be seen
STOP = 300.0  # s: when the job fails


def ride_through(gpus, chip, cap, capacity, ramp, packs, pack, floor_share, checkpoint_time, outage_time):
    """Ten minutes of a job. capacity of the turbines [W at the IT level], ramp [MW/min]; the rest as in clustermath."""
    load = load_of(
        chip, gpus, RUN.measured * (1 - WAITING), RUN.measured * WAITING, cap, floor_share=np.minimum(floor_share, cap),
        checkpoint_every=CHECKPOINT_EVERY, checkpoint_time=checkpoint_time, outage_start=STOP, outage_time=outage_time,
    )  # fmt: skip
    store = battery_store(pack, packs)
    supply = Supply(rack=rack_store(gpus), battery=store, capacity=capacity, ramp=ramp * MEGA / MINUTE, rack_smoothing=0.5, dispatch=DISPATCH)
    series = follow(load, supply, WINDOW, SAMPLES)
    duration = WINDOW / SAMPLES
    unserved, spilled = series["unserved"], series["spilled"]
    return {
        **{name: series[name] / MEGA for name in ("load", "drawn", "turbines", "battery", "unserved", "spilled", "lost")},
        "seconds": series["time"],
        "minutes": series["time"] / MINUTE,
        "served": (series["drawn"] - unserved) / MEGA,
        "taken": (series["turbines"] - spilled) / MEGA,
        "state": series["battery_stored"] / np.maximum(store.energy, 1),
        "rack_stored": series["rack_stored"] / MEGA,
        "battery_stored": series["battery_stored"] / MEGA,
        "top": np.maximum(load.compute_power, np.max(series["turbines"])) / MEGA,
        "full": load.compute_power / MEGA,
        "short": np.max(unserved) / MEGA,
        "too_much": np.max(spilled) / MEGA,
        "short_mwh": np.sum(unserved) * duration / UNITS["MWh"],
        "spilled_mwh": np.sum(spilled) * duration / UNITS["MWh"],
        "lost_mwh": np.sum(series["lost"]) * duration / UNITS["MWh"],
        "pack_mw": store.power / MEGA,
        "pack_mwh": store.energy / UNITS["MWh"],
        "deepest": np.min(series["battery_stored"]) / np.maximum(store.energy, 1),
        "fullest": np.max(series["battery_stored"]) / np.maximum(store.energy, 1),
        "ramp_seconds": ramp / MINUTE,
    }


def around_half(reach):
    """Limits of a state of charge, on both sides of a half."""
    return 0.5 - 1.15 * reach, 0.5 + 1.15 * reach, {0.5 + side * reach: f"{0.5 + side * reach:.0%}" for side in (-1, 0, 1)}


def draw(plot):
    top, low = plot.subplots(2, 1, height_ratios=(3, 1), sharex=True)
    top.set(ylabel="MW", xlim=(0, 10))
    plot.limits(top, "y", ["top"], AXES)
    low.set(ylabel="battery", xlabel="minutes")
    plot.limits(low, "y", ["deepest", "fullest"], [around_half(reach) for reach in (0.01, 0.05, 0.2, 0.5)])
    plot.band(top, "minutes", "served", "drawn", color=COLOR["claimed"], alpha=0.55)
    plot.band(top, "minutes", "taken", "turbines", color=COLOR["ochre"], alpha=0.45)
    plot.curve(top, "minutes", "load", color=COLOR["grey"], linewidth=1.4)
    plot.curve(top, "minutes", "turbines", color=COLOR["teal"], linewidth=2)
    plot.curve(low, "minutes", "state", color=COLOR["computed"], linewidth=2)
    texts = [("asked by the chips", "grey"), ("from the turbines", "teal"), ("too much by {too_much:,.0f} MW", "ochre"), ("unserved: {short:,.0f} MW", "claimed")]
    for k, (text, color) in enumerate(texts):
        plot.label(top, 0.02, 0.3 - 0.083 * k, text, fraction="xy", va="center", color=COLOR[color], fontweight="semibold")


def site(name: str, chip: str, cap: float, packs: int) -> dict:
    """The inputs for a reported site: its GPUs, and turbines for what they draw at most."""
    gpus = SITES[name].gpus
    return {"gpus": gpus, "chip": chip, "cap": cap, "packs": packs, "capacity": float(site_power(gpus, gpu_power(CHIPS[chip], cap), 1.0))}


PRESETS = {
    "Colossus 2, 1 GW (date disputed)": site("Colossus 2, 1 GW (claimed)", "GB300 NVL72", 0.8, 168),
    "Colossus 1, 150 MW": site("Colossus 1 in 2024", "H100 SXM", 1.0, 156),
    "Colossus 1, 300 MW": site("Colossus 1 in 2026", "H100 SXM", 0.8, 208),
    "1.5 GW (unconfirmed)": site("Colossus 2, 1.5 GW (claimed)", "GB300 NVL72", 0.8, 168),
    "2 GW (claimed)": site("Colossus 2, 2 GW (claimed)", "GB300 NVL72", 0.8, 168),
}
FIRST = PRESETS["Colossus 2, 1 GW (date disputed)"]


def figure(model=ride_through) -> LiveFigure:
    """A stop and a restart."""
    return LiveFigure(
        "ride-through",
        model,
        draw,
        kicker=kicker(__name__),
        title="Do the batteries carry a job that stops and starts again?",
        controls={
            "gpus": count(FIRST["gpus"]),
            "packs": slider("packs", FIRST["packs"], "Megapacks", show=(0, 1500), format=",.4g", steps=150),
            "ramp": Slider(1, 1000, 50.0, "ramp of all turbines together", unit="MW/min", log=True, limits=(0.1, 10_000)),
            "floor_share": share("floor_share", 0.0, "power floor, of the chip’s TDP", steps=100),
            "pack": choice(BATTERIES, "Megapack 2 XL (4 h)", "battery", folded=True),
            "capacity": Slider(20 * MEGA, 3000 * MEGA, FIRST["capacity"], "turbines, at the IT level", unit="MW", scale=MEGA, format=",.4g", log=True, limits=(0, 1e12), folded=True),
            "chip": choice(CHIPS, FIRST["chip"], "chip", folded=True),
            "cap": share("cap", FIRST["cap"], "chip held to, of its TDP", folded=True, steps=50),
            "checkpoint_time": Slider(0, 60, 20.0, "pause for a checkpoint", unit="s", limits=(0, 240), folded=True, steps=60),
            "outage_time": Slider(0, 180, 90.0, "the job is down for", unit="s", limits=(0, 600), folded=True, steps=90),
        },
        presets=PRESETS,
        readouts=[
            Readout("short", "MW unserved at worst", ",.3g", limit=0.005, beyond="MW unserved at worst"),
            Readout("too_much", "MW too much at worst", ",.3g", limit=0.005, beyond="MW too much at worst"),
            Readout("short_mwh", "MWh unserved", ",.2g"),
            Readout("spilled_mwh", "MWh that nothing could take", ",.3g"),
            Readout("pack_mw", "MW of Megapacks", ",.4g"),
            Readout("pack_mwh", "MWh of Megapacks", ",.4g"),
            Readout("deepest", "charge at the lowest", ".0%"),
            Readout("ramp_seconds", "MW/s that the turbines can ramp", ",.2g"),
        ],
        summary=(
            "{gpus:,.7g} {chip} with {packs:,.4g} batteries of {pack_mw:,.4g} MW and {pack_mwh:,.4g} MWh in all, and turbines that ramp {ramp:,.3g} MW a minute: "
            "through a checkpoint, a stop and a restart {short:,.3g} MW are unserved at worst, {short_mwh:,.3g} MWh in all; "
            "the battery’s charge falls to {deepest:.0%}; when the load falls, {too_much:,.3g} MW are too much at worst."
        ),
        note="power at the IT level; power while waiting is assumed",
        sizes={"wide": (6.9, 3.9), "narrow": (3.6, 4.0)},
    )
