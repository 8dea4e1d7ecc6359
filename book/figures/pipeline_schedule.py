"""Chapter 3: what every stage of a pipeline does when, under four schedules."""

import numpy as np
from clustermath.schedule import SCHEDULES, bubble_time, microbatches_in_flight
from clustermath.timeline import gpipe, one_f_one_b, work_item, zero_bubble
from livefigure import Choice, LiveFigure, Readout, Slider
from livefigure.look import COLOR
from matplotlib.patches import Rectangle

from . import brought
from .bounds import bounded
from .pages import kicker
from .palette import TIME

ROOM = 512  # forwards that are drawn, at most: stages x microbatches x chunks
STAGES, FORWARD, BACKWARD, WEIGHT = 16, 1.0, 2.0, 1.0  # a backward takes two forwards, and half of it is for the weights
# How strong the colour of each kind of work is, and its name.
WORK = {"forward": (1.0, "forward", "forward"), "backward": (0.65, "backward", "backward"), "weight": (0.3, "gradients of the weights", "weights")}
GPIPE, PLAIN, INTERLEAVED, ZERO = "GPipe", "1F1B", "interleaved 1F1B", "zero bubble"
NAMES = {
    GPIPE: {"code": SCHEDULES["gpipe"], "chunked": 0},
    PLAIN: {"code": SCHEDULES["1f1b"], "chunked": 0},
    INTERLEAVED: {"code": SCHEDULES["1f1b"], "chunked": 1},
    ZERO: {"code": SCHEDULES["zero-bubble"], "chunked": 0},
}


def run(schedule, stages, microbatches, chunks, follow, now, places, rows):
    """Start and end of every operation that has begun when a share `now` of the step is over, in shares of a plain pipeline's step.

    places, rows: 0, 1, ... for operations and stages.
    """
    code = schedule["code"]
    rounds = np.maximum(np.floor(microbatches / stages), 1) * stages  # interleaved, stages must divide them
    microbatches = np.where(schedule["chunked"] > 0, rounds, microbatches)
    chunks = np.minimum(np.where(schedule["chunked"] > 0, chunks, 1), np.floor(ROOM / (stages * microbatches)))
    turns = microbatches * chunks
    stage, turn = places // turns, places % turns
    item = work_item(stages, chunks, turn)
    schedules = (
        gpipe(stages, microbatches, stage, turn, FORWARD, BACKWARD),
        one_f_one_b(stages, chunks, microbatches, stage, turn, FORWARD, BACKWARD),
        zero_bubble(stages, microbatches, stage, turn, FORWARD),
    )
    starts = {kind: np.select([code < 1, code < 2], [one[kind] for one in schedules[:2]], schedules[2][kind]) for kind in ("forward", "backward")}
    starts["weight"] = np.where(code > 1, schedules[2]["weight"], np.nan)
    lengths = {"forward": FORWARD / chunks, "backward": np.where(code > 1, BACKWARD - WEIGHT, BACKWARD) / chunks, "weight": WEIGHT}
    chunk = {"forward": item["chunk"], "backward": chunks - 1 - item["chunk"], "weight": 0 * places}
    work = microbatches * (FORWARD + BACKWARD)
    ends = {kind: np.where(stage < stages, start + lengths[kind], 0) for kind, start in starts.items()}
    last = np.where(code > 1, ends["weight"], ends["backward"])
    step = np.max(last)
    plain = work + bubble_time(SCHEDULES["1f1b"], stages, 1, FORWARD, BACKWARD, WEIGHT)
    moment = now * step
    at_work = sum(np.sum(np.where((start <= moment) & (moment < ends[kind]) & (stage < stages), 1.0, 0.0)) for kind, start in starts.items())
    middle, height = 1 - (stage + 0.5) / stages, 0.42 / stages  # from the top, in shares of the axes
    operations = {
        kind: {
            "start": np.where((stage < stages) & (start < moment), start / plain, np.nan),
            "end": np.minimum(ends[kind], moment) / plain,
            "low": middle - height * (1 - 1.4 * chunk[kind] / chunks),  # later chunks are drawn lower
            "high": middle + height,
            "followed": np.where(item["microbatch"] == follow - 1, 1, 0),
        }
        for kind, start in starts.items()
    }
    rows = np.where(rows < stages, 1 - (rows + 0.5) / stages, np.nan)
    return {
        "operations": operations,
        "row": {"start": 0 * rows, "end": 0 * rows + moment / plain, "low": rows - height, "high": rows + height},
        "step": step,
        "end": step / plain,
        "moment": np.where(now < 1, moment / plain, -1.0),
        "at_work": at_work,
        "order": np.where(now < 1, -1, 0),
        "bubble": 1 - work / step,
        "relative": step / work - 1,
        "in_flight": microbatches_in_flight(code, stages, chunks, microbatches),
        "used": microbatches,
        "most_chunks": np.floor(ROOM / (stages * microbatches)),
        "chunked": schedule["chunked"],
    }


def draw(plot):
    ax = plot.subplots()
    ax.set(xlim=(0, 1.003), ylim=(-0.15, 1.1), yticks=[], xlabel="time, in shares of a plain pipeline’s step")
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25%", "50%", "75%", "100%"])
    ax.spines["left"].set_visible(False)
    ax.grid(visible=False)
    plot.rectangles(ax, *(f"row.{edge}" for edge in ("start", "end", "low", "high")), colors=[COLOR["card"]], edgecolor=COLOR[TIME["bubble"]], linewidth=1)
    work = COLOR[TIME["compute"]]
    for kind, (strength, _, _) in WORK.items():
        edges = (f"operations.{kind}.{edge}" for edge in ("start", "end", "low", "high"))
        plot.rectangles(ax, *edges, kind=f"operations.{kind}.followed", colors=[work, COLOR["measured"]], alpha=strength, edgecolor=COLOR["card"] if strength > 0.5 else work, linewidth=0.5)
    places = (0, 0.21, 0.45, 0.67) if plot.narrow else (0, 0.14, 0.29, 0.58)
    swatch = 0.03 if plot.narrow else 0.016
    for place, (strength, text, short) in zip(places, WORK.values()):
        ax.add_patch(Rectangle((place, 1.035), swatch, 0.05, facecolor=work, alpha=strength))
        ax.text(place + swatch + 0.008, 1.06, short if plot.narrow else text, va="center")
    plot.label(ax, places[-1], 1.06, "microbatch {follow:.0f}", va="center", color=COLOR["measured"], fontweight="semibold")
    plot.label(ax, 1, -0.075 if plot.narrow else 1.06, "bubble" if plot.narrow else "empty: bubble", ha="right", va="center", color=COLOR[TIME["bubble"]], fontweight="semibold")
    plot.vline(ax, "moment", 0.05, 0.91, color=COLOR["ink"], linewidth=1)
    plot.label(ax, "moment", -0.075, "{at_work:.0f} at work" if plot.narrow else "{at_work:.0f} of {stages:.0f} stages at work", dx=4, flip=0.55, va="center", fontweight="semibold")
    plot.label(ax, "order", -0.075, "stage 1 on top, stage {stages:.0f} at the bottom", va="center", color=COLOR["muted"])


def figure(model=run) -> LiveFigure:
    """The schedules."""
    four = {"stages": 4, "microbatches": 8, "follow": 1}
    return LiveFigure(
        "pipeline-schedule",
        model,
        draw,
        kicker=kicker(__name__),
        title="Who waits for whom in a pipeline?",
        finding="With {stages:.0f} stages and {used:.0f} microbatches, {bubble:.1%} of the step is bubble.",
        controls=bounded({
            "schedule": Choice(NAMES, PLAIN, "schedule"),
            "stages": Slider(2, STAGES, 4, "stages", integer=True, format=".0f"),
            "microbatches": Slider(1, 32, 8, "microbatches", integer=True, format=".0f"),
            "chunks": Slider(1, 8, 2, "chunks on a stage", integer=True, format=".0f", enabled="chunked", at_most="most_chunks"),
            "now": Slider(0, 1, 1, "time", unit="% of the step", scale=0.01, format=".0f", plays=14),
            "follow": Slider(1, 32, 1, "follow microbatch", integer=True, format=".0f", at_most="used", folded=True),
        }),
        takes=[brought.schedule()],
        fixed={"places": np.arange(float(ROOM)), "rows": np.arange(float(STAGES))},
        presets={
            **{name: {"schedule": name, **four} for name in NAMES},
            "Llama 3.1: 16 stages, 16 microbatches": {"schedule": PLAIN, "stages": 16, "microbatches": 16},
            "the same, interleaved, 2 chunks": {"schedule": INTERLEAVED, "stages": 16, "microbatches": 16},
        },
        readouts=[
            Readout("bubble", "of the step is bubble", ".1%"),
            Readout("relative", "bubble over work", ".1%"),
            Readout("step", "forward passes long", ",.3g"),
            Readout("in_flight", "microbatches’ activations on stage 1", ".3g"),
        ],
        summary=(
            "{schedule} with {stages:.0f} stages and {used:.0f} microbatches: a step takes as long as {step:.3g} forwards, {bubble:.1%} of it the bubble. "
            "The first stage holds the activations of {in_flight:.3g} microbatches."
        ),
        sizes={"wide": (6.9, 3.3), "narrow": (3.6, 3.3)},
    )
