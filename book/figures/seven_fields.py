"""Chapter 7: the floor of one cluster, parcelled among seven models; as each is done, its field falls idle."""

import numpy as np
from livefigure import LiveFigure, Readout, Slider, Touch
from livefigure.look import COLOR

from . import machine
from .bounds import bounded
from .inputs import PUE, gpus
from .pages import kicker
from .portfolio import CHINCHILLA, CLUSTER, FAMILIES, GB300, MEASURED_MFU, MEMBERS, active
from .seven_models import FALLOFF, GOODPUT, GRID, PARTS, seven
from .walls import LARGEST_JOB, crowd

COLUMNS, ROWS = 37, 30  # tiles of the floor
PALE = 0.5  # of a job larger than any that was published
TILE = np.arange(float(COLUMNS * ROWS))
ALONG = ((TILE % COLUMNS) * ROWS + np.floor(TILE / COLUMNS) + 0.5) / TILE.size  # share of the floor to the left of a tile, column by column
REST = {
    "imagine": PARTS["imagine"], "imagine_params": 30e9, "imagine_tokens": 10e12, "tokens_per_param": CHINCHILLA, "mfu": MEASURED_MFU, "falloff": FALLOFF,
    "chip": GB300, "precision": 16, "goodput": GOODPUT, "idle": 0.15, "pue": PUE, "price": 2.0,
}  # fmt: skip


def fields(day, ten, six, one_half, one, active, gpus, grid, along):
    """Who works on each tile of the floor on a `day`; the rest as in figures.seven_models. along: 0..1 for each tile."""
    found = seven(ten=ten, six=six, one_half=one_half, one=one, active=active, gpus=gpus, grid=grid, **REST)
    share, days = found["share"], found["days"]
    family, done, job, edge = -1, 0, 0, 0.0
    for name in MEMBERS:
        inside = (along >= edge) & (along < edge + share[name])
        family = np.where(inside, list(FAMILIES).index(name), family)
        done, job = np.where(inside, days[name], done), np.where(inside, share[name] * gpus, job)
        edge = edge + share[name]
    busy = np.where(day < done, 1, 0)
    return {
        "floor": {"fill": np.where(busy > 0, family, -1), "strength": np.where(job > LARGEST_JOB, PALE, 1), "edge": np.where((busy <= 0) | (job > LARGEST_JOB), 0, -1), "done": done, "gpus": gpus / along.size + 0 * along},
        "days": {name: np.where(share[name] > 0, days[name], np.nan) for name in FAMILIES},
        "working": np.sum(np.where(busy > 0, 1.0, 0.0)) / along.size,
        "each": gpus / along.size,
        "last": found["last"],
        "warning": {layout: np.where(np.max(np.where((busy > 0) & (job > LARGEST_JOB), 1, 0)) > 0, y, -1.0) for layout, y in (("wide", 0.09), ("narrow", 0.03))},
    }


def draw(plot):
    ax = plot.subplots()
    machine.bare(ax)
    touch = Touch("{floor.gpus:,.0f} GPUs, at work until day {floor.done:,.0f}")
    box = (0, 0.2, 1, 1)
    edges = [dict(edgecolor=COLOR["outline"], linewidth=0.6)]
    plot.tiles(ax, [(COLUMNS, ROWS, 0.14)], "floor.fill", [color for *_, color in FAMILIES.values()], shade="floor.strength", edge="floor.edge", edges=edges, box=box, touch=touch)
    columns = 2 if plot.narrow else 3
    crowd(plot, ax, (5 % columns) / columns + 0.005, "warning.narrow" if plot.narrow else "warning.wide", "pale: beyond all published", fraction="")
    for k, (family, (name, count, _, color)) in enumerate(FAMILIES.items()):
        text = f"{count} × {name}" if count > 1 else name
        x, y = (k % columns) / columns + 0.005, 0.15 - (k // columns) * 0.06
        plot.label(ax, x, y, f"{text}: day {{days.{family}:,.3g}}", va="center", color=color, fontweight="semibold")


def figure(model=fields) -> LiveFigure:
    """The floor."""
    names = dict(zip(PARTS, ("parts for the 10T", "parts for the 6T", "parts for each 1.5T", "parts for each 1T")))
    parts = {family: Slider(0, 100, PARTS[family], label, limits=(0, 1e6), steps=100, folded=family in ("one_half", "one")) for family, label in names.items()}
    sparse = {"active": 0.05}
    return LiveFigure(
        "seven-fields",
        model,
        draw,
        kicker=kicker(__name__),
        title="Who is still at work after so many days?",
        finding="{working:.0%} of the floor is still at work; the last model is done after {last:,.3g} days.",
        controls=bounded({
            "day": Slider(1, 5000, 60, "day", log=True, format=",.4g", limits=(0, 1e9)),
            "active": active(1.0),
            **parts,
            "gpus": gpus(CLUSTER, folded=True),
        }),
        fixed={"grid": GRID, "along": ALONG},
        presets={
            "dense": {},
            "sparse: one parameter in twenty": sparse,
            "all of the floor for the 10T": {"ten": 100, "six": 0, "one_half": 0, "one": 0},
        },
        readouts=[
            Readout("working", "of the floor at work", ".0%"),
            Readout("last", "days until the last is done", ",.3g"),
            Readout("each", "GPUs a square", ",.0f"),
        ],
        summary="On day {day:,.4g}, {working:.0%} of {gpus:,.7g} GPUs are at work. The 10T is done on day {days.ten:,.0f}, the 6T on day {days.six:,.0f}, the last of seven on day {last:,.0f}.",
        sizes={"wide": (6.9, 3.2), "narrow": (3.6, 3.9)},
    )
