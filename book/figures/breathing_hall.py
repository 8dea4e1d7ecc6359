"""Chapter 5: the hall breathes with the step: what its GPUs, the battery and the turbines do at one moment of it."""

import numpy as np
from clustermath import CHIPS
from livefigure import Choice, LiveFigure, Readout, Slider, Touch
from livefigure.look import COLOR
from livefigure.shapes import tiled
from matplotlib.patches import Rectangle

from . import brought, machine, walls
from .bounds import bounded, published
from .inputs import gpus as count, share
from .island import ALLOWED, AXES, MODES, battery_controls, draw_names, load_choice
from .pages import kicker
from .palette import POWER, TIME
from .swings import AHEAD, RUN, SAMPLES, STEPS, swings, WAITING

CHIP = CHIPS["GB300 NVL72"]
STEP = RUN.measured  # s
SHOWN = (STEPS - AHEAD) * STEP
REST = dict(chip=CHIP, power_per_gpu=1000.0, rack_smoothing=0.5, spinning=0.0, inertia=2.0, droop=0.05)
HALL = {"wide": [(3, 2, 0.06), (8, 8, 0.2)], "narrow": [(2, 3, 0.06), (8, 8, 0.2)]}  # of the hall's squares
SQUARES, WHOLE = np.arange(3 * 2 * 64.0), np.zeros(1)
GAUGE = 0.3  # of the site's width
NOWHERE = -1.0
SOLD = published()["energy_per_gpu"].high  # J
SHORT = {"trips": "may trip at {lowest:.1f} Hz", "crowd": "unpublished size"}


def breathing(time, packs, response, floor_share, gpus, energy_per_gpu, mode, recorded, turn, square):
    """The site at `time` [s] of two training steps; the rest as in figures.swings. square: the hall's, by number.

    recorded: a measured Course instead, where it has a length: as many seconds of it, in which a chip waits while it draws less
    than the middle between the most and the least.
    """
    found = swings(gpus=gpus, packs=packs, response=response, floor_share=floor_share, energy_per_gpu=energy_per_gpu, mode=mode, recorded=recorded, turn=turn, stretch=STEPS * STEP, **REST)
    at = np.minimum(np.floor((AHEAD * STEP + time) * (SAMPLES / (STEPS * STEP))), SAMPLES - 1)
    now = {name: np.take(found[name], at.astype(int)) for name in ("load", "drawn", "turbines", "battery", "battery_stored")}
    moment = (at + 0.5) / (SAMPLES / STEPS)
    middle = (np.max(found["load"]) + np.min(found["load"])) / 2
    computing = np.where(recorded.seconds > 0, now["load"] >= middle * (1 - 1e-9), moment - np.floor(moment) < 1 - WAITING)
    shown, stored = found["seconds"] > 0, found["battery_stored"]
    least, most = np.min(np.where(shown, stored, np.inf)), np.max(np.where(shown, stored, -np.inf))
    capacity, trips = found["running_mw"], found["beyond"] > ALLOWED
    return {
        "hall": {
            "fill": np.where(computing, 0, 1) + 0 * square,
            "strength": (1 + now["load"] / np.max(found["load"])) / 2 + 0 * square,  # no paler: it has to stand out from the hall
            "gpus": gpus / square.size + 0 * square,
            "kilowatts": now["load"] * 1000 / gpus + 0 * square,
        },
        "said": {"computing": np.where(computing, 1, NOWHERE), "waiting": np.where(computing, NOWHERE, 1), "gives": np.where(now["battery"] < 0, NOWHERE, 0), "takes": np.where(now["battery"] < 0, 0, NOWHERE)},
        "now": now,
        "flow": np.abs(now["battery"]),
        "gauge": {
            "turbines": walls.sides(GAUGE * now["turbines"] / capacity, found["beyond"] <= ALLOWED),
            "battery": GAUGE * (0.5 + now["battery"] / capacity / 2),
            "level": np.select([most > least, packs > 0], [(now["battery_stored"] - least) / np.maximum(most - least, 1e-9), 0.5], 0) * GAUGE,
        },
        "wire": {
            "kind": np.where(WIRE == 0, 0, np.select([now["battery"] < 0, now["battery"] > 0], [2, 1], -1)),
            "width": np.where(WIRE == 0, now["turbines"], np.abs(now["battery"])) / capacity,
        },
        "wall": {
            "trips": np.where(trips, 0, NOWHERE),
            "unsold": np.where(trips | (energy_per_gpu <= SOLD), NOWHERE, 0),
            "crowd": np.where(trips | (energy_per_gpu > SOLD) | (gpus <= walls.LARGEST_JOB), NOWHERE, 0),
        },
        "frame": np.where((energy_per_gpu > SOLD) | (gpus > walls.LARGEST_JOB), 0, -1) + 0 * WHOLE,
        "lowest": found["lowest"],
        "highest": found["highest"],
        "of_load": now["turbines"] / now["drawn"],
        "moves": (most - least) / 3.6,
        "course": {name: found["shown"][name] for name in ("seconds", "load", "turbines")},
        "top": found["top"],
        "asked": found["asked"],
        "at_turbines": found["at_turbines"],
    }


WIRE = np.arange(2.0)


def draw(plot):
    site, chart = plot.subplots(2, 1, height_ratios=[5, 3])
    machine.bare(site)
    left, grid = (0.5, HALL["narrow"]) if plot.narrow else (0.42, HALL["wide"])
    box = (left, 0.02, 1, 0.86)
    colors = {name: COLOR[color] for name, color in POWER.items()}
    looks = [dict(edgecolor=colors["turbines"]), dict(edgecolor=colors["battery"]), dict(edgecolor=colors["battery"], linestyle=(0, (1, 1)))]
    plot.wires(site, np.array([[GAUGE, 0.72, left, 0.6], [GAUGE, 0.38, left, 0.5]]), "wire.kind", looks, width="wire.width", widest=9)
    for at, name, base in ((0.72, "turbines", 0.0), (0.38, "battery", GAUGE / 2), (0.15, "level", 0.0)):
        site.add_patch(Rectangle((0, at - 0.06), GAUGE, 0.12, facecolor=COLOR["soft"], edgecolor=COLOR["outline"], linewidth=0.8))
        if name == "turbines":
            walls.bar(plot, site, at, f"gauge.{name}", colors[name], width=0.12)
        else:
            plot.bar(site, at, f"gauge.{name}", base=base, width=0.12, horizontal=True, color=colors["battery"])
    bold = dict(va="center", fontweight="semibold")
    for wall, words in ("trips", "sets may trip: {lowest:.1f} to {highest:.1f} Hz"), ("unsold", "no such rack is sold"), ("crowd", "larger than any job published"):
        walls.say(plot, site, SHORT.get(wall, words) if plot.narrow else words, f"wall.{wall}", 0.97)
    plot.label(site, 0, 0.86, "turbines {now.turbines:,.3g} MW", color=colors["turbines"], **bold)
    plot.label(site, "said.gives", 0.52, "battery gives {flow:,.3g} MW", color=colors["battery"], **bold)
    plot.label(site, "said.takes", 0.52, "battery takes {flow:,.3g} MW", color=colors["battery"], **bold)
    site.text(0, 0.27, "its charge", va="center", color=COLOR["muted"])
    machine.frame(site, tiled(grid[:1], box))
    plot.tiles(site, [(1, 1, 0)], "frame", [], edge="frame", edges=[walls.DASHED], box=(left - 0.005, 0.005, 1, 0.875))
    touch = Touch("{hall.gpus:,.0f} GPUs, {hall.kilowatts:.2f} kW each")
    plot.tiles(site, grid, "hall.fill", [COLOR[TIME["compute"]], COLOR[TIME["waiting"]]], shade="hall.strength", box=box, touch=touch)
    plot.label(site, "said.computing", 0.96, "all compute" if plot.narrow else "all compute: {now.load:,.3g} MW", ha="right", color=COLOR[TIME["compute"]], **bold)
    plot.label(site, "said.waiting", 0.96, "all wait" if plot.narrow else "all wait for the last to send: {now.load:,.3g} MW", ha="right", color=COLOR[TIME["waiting"]], **bold)
    chart.set(xlim=(-0.02 * SHOWN, 1.02 * SHOWN), xlabel="seconds", ylabel="MW")
    plot.limits(chart, "y", ["top"], AXES)
    plot.curve(chart, "course.seconds", "course.load", color=colors["asked"], linewidth=1.2)
    plot.curve(chart, "course.seconds", "course.turbines", color=colors["turbines"], linewidth=2)
    plot.vline(chart, "time", 0.42, color=COLOR["ink"], linewidth=1)
    plot.marker(chart, "time", "now.turbines", color=COLOR["measured"], markersize=11, touch=Touch("second {time:.1f}: drag", drag=("x", "time")))
    draw_names(chart, {"asked by the chips": POWER["asked"], "from the turbines": POWER["turbines"]}, 2)


def figure(model=breathing, trace=None) -> LiveFigure:
    """Two steps of a site. trace: a Recording of one chip's power, which replaces the square wave."""
    controls = {
        "time": Slider(0, SHOWN, 0.3 * SHOWN, "time", unit="s", format=".2f", plays=2 * SHOWN, loops=True),
        **battery_controls(208),
        "floor_share": share("floor_share", 0.0, "power floor, of the chip’s TDP", steps=100),
        "gpus": count(220_000, folded=True),
        "energy_per_gpu": Slider(0, 4000, 65.0, "stored in the racks for each GPU", unit="J", format=".3g", limits=(0, 100_000), steps=200, folded=True),
        "mode": Choice(MODES, "follows the load", "battery", folded=True),
        "recorded": load_choice(trace),
    }
    return LiveFigure(
        "breathing-hall",
        model,
        draw,
        kicker=kicker(__name__),
        title="What does one training step look like from the power plant?",
        finding="The chips’ demand moves by {asked:,.3g} MW; {at_turbines:,.3g} MW of it reach the turbines.",
        controls=bounded(controls),
        presets={
            "208 Megapacks": {},
            "none": {"packs": 0},
            "ten times as quick": {"response": 0.01},
            "a floor at 90%, none": {"packs": 0, "floor_share": 0.9},
        },
        fixed={"turn": np.arange(float(SAMPLES)), "square": SQUARES},
        takes=[brought.power(controls)],
        readouts=[
            Readout("now.load", "asked by the chips now", ",.3g", "MW"),
            Readout("of_load", "of what is drawn comes from the turbines", ".0%"),
            Readout("at_turbines", "of swing at the turbines", ",.3g", "MW"),
            Readout("moves", "by which the battery’s charge moves", ",.3g", "kWh"),
        ],
        summary=(
            "After {time:.2f} seconds of what chips draw, {recorded}, {gpus:,.7g} GB300s ask for {now.load:,.3g} MW; the turbines give {now.turbines:,.3g}, {of_load:.0%} of what is drawn. "
            "In the time shown the demand moves by {asked:,.3g} MW and the turbines by {at_turbines:,.3g}."
        ),
        note="An island: no grid. The gauge of the charge is what a step moves. A measured load is that of a GB300’s chip.",
        sources=["as in the figure of the swing: step and waits by the step model for row llama3-2; power while waiting is assumed"],
        sizes={"wide": (6.9, 4.2), "narrow": (3.6, 4.6)},
    )
