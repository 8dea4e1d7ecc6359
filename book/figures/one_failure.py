"""Chapter 6: one server of a cluster fails. All the others stop, the last checkpoint is read back, and work is done again."""

import numpy as np
from clustermath.failures import CHECKPOINTS
from clustermath.runs import RUNS
from clustermath.units import HOUR, MINUTE
from livefigure import LiveFigure, Readout, Slider, Touch
from livefigure.look import COLOR
from livefigure.shapes import tiled

from . import machine, walls
from .bounds import bounded, published
from .inputs import choice
from .pages import kicker
from .palette import TIME

GPUS, EACH = RUNS["Llama 3.1 405B"].gpus, 8  # GPUs, and those of one server
SERVER = np.arange(GPUS / EACH)
SOONEST = published()["restart"].low  # s
WINDOW = 2 * HOUR
MOMENTS = np.linspace(0, WINDOW, 361)
USEFUL, SAVING, AGAIN, WAITING, BROKEN = range(5)
HALL = {"wide": [(16, 2, 0.06), (8, 8, 0.2)], "narrow": [(8, 4, 0.06), (8, 8, 0.2)]}
BOX = (0, 0, 1, 0.86)
COLORS = [COLOR[TIME[thing]] for thing in ("compute", "communication", "again", "waiting")] + [COLOR["claimed"]]


def clock(time, fails, interval, restart, checkpoints):
    """Work that is done [s], and what all servers do, at `time` [s] of a job that fails once.

    It computes for `interval`, and stops for a checkpoint, which can be read back `lag` later. From the failure to the
    end of `restart` nothing runs; then the job stands where the newest readable checkpoint had left it.
    """
    segment = interval + checkpoints.stall

    def work(at):
        return np.floor(at / segment) * interval + np.minimum(at % segment, interval)

    readable = np.floor(np.maximum(fails - checkpoints.lag, 0) / segment)
    back = fails + restart
    at = np.where(time < fails, time, readable * segment + np.maximum(time - back, 0))  # of a clock that the failure sets back
    stopped = (time >= fails) & (time < back)
    again = (time >= back) & (work(at) < work(fails))
    running = np.where(at % segment < interval, np.where(again, AGAIN, USEFUL), SAVING)
    return {"work": work(at), "phase": np.where(stopped, WAITING, running), "lost": work(fails) - readable * interval, "stopped": stopped}


def one_failure(time, fails, interval, restart, server, checkpoints, servers, moments):
    """The hall and its work at `time`; the inputs as in `clock`, and the `server` that fails, counted from 1."""
    now = clock(time, fails, interval, restart, checkpoints)
    course = clock(moments, fails, interval, restart, checkpoints)
    end = clock(WINDOW, fails, interval, restart, checkpoints)
    broken = (servers + 1 == server) & now["stopped"]
    phases = ("computing", "saving", "again", "waiting")
    return {
        "hall": {"fill": np.where(broken, BROKEN, now["phase"]), "edge": np.where(broken, 1, -1), "number": servers + 1},
        "course": {"time": moments / MINUTE, "work": course["work"] / MINUTE},
        "broken": {layout: {axis: np.where(now["stopped"], at, np.nan) for axis, at in zip("xy", machine.centre(server - 1, grid, BOX))} for layout, grid in HALL.items()},
        "said": {phase: np.where(now["phase"] == k, 0.0, -1.0) for k, phase in enumerate(phases)},
        "minute": time / MINUTE,
        "now": walls.sides(time / MINUTE, restart >= SOONEST),
        "wall": np.where(restart >= SOONEST, -1.0, 0.985),
        "work": now["work"] / MINUTE,
        "failure": fails / MINUTE,
        "lost": now["lost"] / MINUTE,
        "gpu_hours": now["lost"] * GPUS / HOUR,
        "useful": end["work"] / WINDOW,
    }


def draw(plot):
    hall, chart = plot.subplots(2, 1, height_ratios=[5, 3])
    machine.bare(hall)
    layout = "narrow" if plot.narrow else "wide"
    grid = HALL[layout]
    machine.frame(hall, tiled(grid[:1], BOX))
    touch = Touch("server {hall.number:.0f}: tap, and it fails", sets={"server": "hall.number"})
    plot.tiles(hall, grid, "hall.fill", COLORS, edge="hall.edge", edges=[machine.IDLE, machine.ACTIVE], box=BOX, touch=touch)
    plot.marker(hall, f"broken.{layout}.x", f"broken.{layout}.y", marker="X", color=COLOR["claimed"], markeredgecolor=COLOR["card"], markersize=13, clip_on=False)
    words = {
        "computing": ("all compute", "compute"), "saving": ("all wait while a checkpoint is written", "communication"),
        "again": ("work that was lost is done again", "again"), "waiting": ("one has failed: all wait, and the last checkpoint is read back", "waiting"),
    }  # fmt: skip
    if plot.narrow:
        words["waiting"] = ("one has failed: all wait", "waiting")
    for phase, (text, thing) in words.items():
        plot.label(hall, f"said.{phase}", 0.94, text, va="center", color=COLOR[TIME[thing]], fontweight="semibold")
    chart.set(xlim=(-2, WINDOW / MINUTE + 2), ylim=(-10, WINDOW / MINUTE), xlabel="minutes", ylabel="minutes of work")
    chart.set_xticks(range(0, 121, 30))
    chart.set_yticks([0, 60, 120])
    chart.axline((0, 0), slope=1, color=COLOR["outline"], linewidth=0.8, linestyle=":")
    plot.curve(chart, "course.time", "course.work", color=COLOR[TIME["compute"]])
    plot.vline(chart, "failure", color=COLOR["claimed"], linewidth=1.2, linestyle="--")
    walls.say(plot, chart, "sooner than published" if plot.narrow else "back sooner than published", "wall", 0.09, fraction="xy", ha="right")
    walls.point(plot, chart, "now", "work", 12, "measured", clip_on=False, touch=Touch("minute {minute:.0f}: drag", drag=("x", "time", "minute")))


def figure(model=one_failure) -> LiveFigure:
    """One failure."""
    fast = {"interval": 17 * MINUTE, "checkpoints": "to storage at 2 TB/s"}
    return LiveFigure(
        "one-failure",
        model,
        draw,
        kicker=kicker(__name__),
        title="One server fails. What do all the others lose?",
        finding="Whatever fails after {failure:.0f} minutes, {lost:.1f} minutes of everybody’s work are lost: {gpu_hours:,.0f} GPU-hours.",
        controls=bounded({
            "time": Slider(0, WINDOW, 55 * MINUTE, "time", unit="min", scale=MINUTE, format=".0f", plays=16),
            "fails": Slider(0, WINDOW, 50 * MINUTE, "it fails at", unit="min", scale=MINUTE, format=".0f"),
            "interval": Slider(MINUTE, WINDOW, HOUR, "computing between checkpoints", unit="min", scale=MINUTE, format=".3g", log=True),
            "restart": Slider(0, HOUR, 10 * MINUTE, "restart", unit="min", scale=MINUTE, format=".3g"),
            "checkpoints": choice(CHECKPOINTS, "to storage, 5 minutes", "checkpoints", folded=True),
            "server": Slider(1, len(SERVER), 300, "server that fails", integer=True, format=".0f", folded=True),
        }),
        presets={
            "saved once an hour": {},
            "just after a checkpoint": {"fails": 70 * MINUTE, "time": 75 * MINUTE},
            "saved every 17 minutes": fast,
            "… and back in 2 minutes": fast | {"restart": 2 * MINUTE, "time": 51 * MINUTE},
        },
        readouts=[
            Readout("lost", "minutes of work lost", ",.1f"),
            Readout("gpu_hours", "GPU-hours done twice", ",.0f"),
            Readout("useful", "of two hours is useful", ".0%"),
        ],
        summary=(
            f"A job on {GPUS:,} GPUs " + "is saved after every {interval:,.0f} seconds of computing. Server {server:.0f} fails after {failure:.0f} minutes; {lost:.1f} minutes of work "
            "are lost, {gpu_hours:,.0f} GPU-hours, and {useful:.0%} of two hours is useful."
        ),
        fixed={"servers": SERVER, "moments": MOMENTS},
        note="One square is a server of eight GPUs.",
        sizes={"wide": (6.9, 4.2), "narrow": (3.6, 4.6)},
    )
