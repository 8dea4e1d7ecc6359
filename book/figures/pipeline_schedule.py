"""Chapter 3: what every stage of a pipeline does when, under four schedules."""

import numpy as np
from clustermath.schedule import SCHEDULES, bubble_time, microbatches_in_flight
from clustermath.timeline import gpipe, one_f_one_b, work_item, zero_bubble
from livefigure import Choice, LiveFigure, Readout, Slider
from livefigure.look import COLOR

from .pages import kicker

ROOM = 512  # forwards that are drawn, at most: stages x microbatches x chunks
STAGES, FORWARD, BACKWARD, WEIGHT = 16, 1.0, 2.0, 1.0  # a backward takes two forwards, and half of it is for the weights
GPIPE, PLAIN, INTERLEAVED, ZERO = "GPipe", "1F1B", "interleaved 1F1B", "zero bubble"
NAMES = {
    GPIPE: {"code": SCHEDULES["gpipe"], "chunked": 0},
    PLAIN: {"code": SCHEDULES["1f1b"], "chunked": 0},
    INTERLEAVED: {"code": SCHEDULES["1f1b"], "chunked": 1},
    ZERO: {"code": SCHEDULES["zero-bubble"], "chunked": 0},
}


def run(schedule, stages, microbatches, chunks, follow, places, rows):
    """Start and end of every operation, in shares of a plain pipeline's step. places, rows: 0, 1, ... for operations and stages."""
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
    middle, height = 1 - (stage + 0.5) / stages, 0.42 / stages  # from the top, in shares of the axes
    operations = {
        kind: {
            "start": np.where(stage < stages, start / plain, np.nan),
            "end": ends[kind] / plain,
            "low": middle - height * (1 - 1.4 * chunk[kind] / chunks),  # later chunks are drawn lower
            "high": middle + height,
            "followed": np.where(item["microbatch"] == follow - 1, 1, 0),
        }
        for kind, start in starts.items()
    }
    rows = np.where(rows < stages, 1 - (rows + 0.5) / stages, np.nan)
    return {
        "operations": operations,
        "row": {"start": 0 * rows, "end": 0 * rows + step / plain, "low": rows - height, "high": rows + height},
        "step": step,
        "end": step / plain,
        "bubble": 1 - work / step,
        "relative": step / work - 1,
        "in_flight": microbatches_in_flight(code, stages, chunks, microbatches),
        "used": microbatches,
        "most_chunks": np.floor(ROOM / (stages * microbatches)),
        "chunked": schedule["chunked"],
    }


def draw(plot):
    ax = plot.subplots()
    ax.set(xlim=(0, 1.003), ylim=(-0.13, 1.1), yticks=[], xlabel="time, in shares of a plain pipeline’s step")
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25%", "50%", "75%", "100%"])
    ax.spines["left"].set_visible(False)
    ax.grid(visible=False)
    plot.rectangles(ax, *(f"row.{edge}" for edge in ("start", "end", "low", "high")), colors=[COLOR["rule"]])
    for kind, color in (("forward", "computed"), ("backward", "teal"), ("weight", "ochre")):
        edges = (f"operations.{kind}.{edge}" for edge in ("start", "end", "low", "high"))
        plot.rectangles(ax, *edges, kind=f"operations.{kind}.followed", colors=[COLOR[color], COLOR["measured"]], edgecolor=COLOR["card"], linewidth=0.4)
    short = "weights" if plot.narrow else "gradients of the weights"
    texts = {"forward": "computed", "backward": "teal", short: "ochre", "microbatch {follow:.0f}": "measured", "idle": "outline"}
    for k, (text, color) in enumerate(texts.items()):
        place = (0, 0.19, 0.41, 0.6, 0.91)[k] if plot.narrow else (0, 0.14, 0.29, 0.6, 0.9)[k]
        plot.label(ax, place, 1.06, text, va="center", color=COLOR[color], fontweight="semibold")
    plot.label(ax, 0, -0.07, "stage 1 on top, stage {stages:.0f} at the bottom", va="center", color=COLOR["muted"])


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
        controls={
            "schedule": Choice(NAMES, PLAIN, "schedule"),
            "stages": Slider(2, STAGES, 4, "stages", integer=True, format=".0f"),
            "microbatches": Slider(1, 32, 8, "microbatches", integer=True, format=".0f"),
            "chunks": Slider(1, 8, 2, "chunks on a stage", integer=True, format=".0f", enabled="chunked", at_most="most_chunks"),
            "follow": Slider(1, 32, 1, "follow microbatch", integer=True, format=".0f", at_most="used", folded=True),
        },
        fixed={"places": np.arange(float(ROOM)), "rows": np.arange(float(STAGES))},
        presets={
            **{name: {"schedule": name, **four} for name in NAMES},
            "Llama 3.1: 16 stages, 16 microbatches": {"schedule": PLAIN, "stages": 16, "microbatches": 16},
            "the same, interleaved, 2 chunks": {"schedule": INTERLEAVED, "stages": 16, "microbatches": 16},
        },
        readouts=[
            Readout("bubble", "of the step is bubble", ".1%"),
            Readout("relative", "bubble over work", ".1%"),
            Readout("step", "forwards long", ",.3g"),
            Readout("in_flight", "microbatches’ activations on stage 1", ".3g"),
        ],
        summary=(
            "{schedule} with {stages:.0f} stages and {used:.0f} microbatches: a step takes as long as {step:.3g} forwards, {bubble:.1%} of it the bubble. "
            "The first stage holds the activations of {in_flight:.3g} microbatches."
        ),
        sizes={"wide": (6.9, 3.3), "narrow": (3.6, 3.3)},
    )
