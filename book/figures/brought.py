"""What figures take from a reader's own files: which numbers of a config, a launch, a log, a test or a trace they set.

The kinds and paths are those of the readers of the page (clustermath/readers).
"""

from collections.abc import Mapping

from clustermath.recorded import LONGEST_COURSE, SAMPLES
from livefigure.bring import Path, Take

CONFIG = "a model’s config.json"
LAUNCH = "launch arguments of Megatron or a recipe of Megatron-Bridge"
LOG = "a log of training (Megatron, Megatron-Bridge, torchtitan, MaxText, DeepSpeed, nanotron)"
MLPERF = "a log of MLPerf"
NCCL = "the table of nccl-tests"
POWER = "power over time (nvidia-smi, DCGM, or a table of seconds and watts)"

LAID = ("tp", "pp", "cp", "ep", "interleave", "microbatch", "recompute", "recompute_scores", "recompute_simple", "recompute_up", "expert_tp", "sequence_parallel")
LAUNCHED = {name: f"layout.{name}" for name in LAID} | {"sharing": "layout.zero", "gpus": "gpus", "sequences": "batch.sequences", "seq_len": "batch.seq_len", "format": "batch"}
LOGGED = {"sequences": "sequences"} | {name: f"layout.{name}" for name in ("tp", "pp", "cp", "ep", "microbatch")}
PRINTED = (
    "It prints {rate:.4k}FLOP/s for a GPU, as {counter} counts.",
    "It prints an MFU of {mfu:.1%}, over {mfu_peaks}.",
    "A GPU gets through {tokens_per_gpu:,.4g} tokens a second.",
)
OTHER_LAYERS = {"mixers": "Its layers of other kinds (a state-space model, a delta rule) have no place in this figure; they have in Your run."}


def config(model: str = "model") -> Take:
    """A config.json as the record of the choice `model`."""
    return Take("config", CONFIG, {model: ""}, refuses=OTHER_LAYERS)


def launch(controls, asks=()) -> Take:
    """Arguments of a launch as the layout and batch of a figure with these controls."""
    return Take("recipe", LAUNCH, _known(LAUNCHED, controls), asks=asks)


def schedule() -> Take:
    """Arguments of a launch as a pipeline: its stages, and the pieces of the model on each."""
    says = "Its pieces show under the interleaved schedule; how many microbatches there are is yours to say."
    return Take("recipe", LAUNCH, {"stages": "layout.pp", "chunks": "layout.interleave"}, says=says)


def log(measured: Mapping[str, str | Path], controls=(), asks=(), tells=()) -> Take:
    """A log of training: `measured`, input → path, and what else it says of these controls. tells: more than it prints."""
    return Take("log", LOG, {**measured, **_known(LOGGED, controls)}, asks=asks, tells=[*PRINTED, *tells])


def mlperf(measured: Mapping[str, str | Path], controls=()) -> Take:
    """A log of MLPerf: the system's description counts nodes as GPUs and may name another chip, so both must be said."""
    needs = [name for name in ("chip", "gpus") if name in controls]
    says = "It names its benchmark, not its model: bring the model’s config.json, too."
    return Take("mllog", MLPERF, {**measured, **_known(LOGGED | {"seq_len": "facts.max_sequence_length"}, controls)}, needs=needs, says=says)


def nccl(known) -> Take:
    """A measured all-reduce: some rows of its table, and the start and the rate that fit all of them."""
    return Take("collectives", NCCL, _known({"ranks": "ranks", "measured": ""}, known), only={"name": "all-reduce"}, asks=("ranks", "chip"), tells=["What fits its times best is a start of {start:.3g} s and a rate of {rate:,.3g} B/s."])  # fmt: skip


def power(known) -> Take:
    """Power over time as what the chips draw; the rest of their servers is that of the chip, which no such file tells."""
    says = (
        f"It takes the place of the model’s steps: {SAMPLES} means over its length or, of more than {LONGEST_COURSE:.0f} s, over the {LONGEST_COURSE:.0f} s that swing most; "
        "it repeats. What is faster than two of the means isn’t seen."
    )
    return Take("power", POWER, {"recorded": "course"}, needs=[name for name in ("chip",) if name in known], says=says)


def _known(paths: Mapping[str, str], controls) -> dict[str, str]:
    return {name: path for name, path in paths.items() if name in controls}


# Figures that take no file, by what their models are about.
WITHOUT = {
    "a number of FLOPs, a rate or a size, which no file says: Your run leads to those that a run has an answer for": (
        "energy-bill", "fifty-four-days", "four-clocks", "how-many-days", "implied-mfu", "one-step", "published-stacks", "seven-fields", "seven-models",
        "side-by-side", "twenty-times", "two-months", "one-gpu",
    ),
    "published steps: a step of one’s own, with its parts, comes from Your run": ("amdahl-breakdown",),
    "the layout of one published run, with which they stand or fall": ("peak-to-delivered", "physical-stops"),
    "runs that others measured: Your run shows one’s own among them": ("how-wrong", "measured-gain", "contradictions"),
    "sums among the same 64 GPUs, drawn case by case: a measured table belongs to the figures beside it": ("on-the-wires",),
    "kernels and what launches them": ("dispatch-gain", "dispatch-measured"),
    "switches and cables": ("fat-tree",),
    "failures": ("causes", "checkpoint-interval", "goodput-at-scale", "one-failure", "three-hours"),
    "a power plant, or a site as a whole": ("gigawatt", "solar-farm", "turbine-fleet"),
}  # fmt: skip
