"""A run of one's own, as a reader says it: the controls, the measured runs to start from, the files that set them, and where it leads."""

from dataclasses import replace

from clustermath.layout import gpus_used
from clustermath.measured import PUBLISHED, MeasuredStep, read_runs
from clustermath.readers.logs import PROGRAMS
from clustermath.schedule import SCHEDULES
from clustermath.units import TERA
from livefigure import Choice, Slider, Switch
from livefigure.bring import Path, Take
from livefigure.onward import Onward

from . import brought, own_model
from .inputs import choice
from .layouts import FORMATS, SCHEDULE_NAMES, SHARING, SOFTWARE, controls as layout_controls, software_named
from .measured_steps import GROUPS
from .pages import places
from .validated import MEASURED

PRINTERS = {program.name: (place, program.counter) for place, program in enumerate(program for program in PROGRAMS if program.counter)}  # who prints a rate, and whose FLOPs it counts
STACKS = {"megatron-bridge-25.11": "NVIDIA’s Bridge, 2025", "nemo-2024": "NVIDIA’s NeMo, 2024"}
OWN_SOFTWARE = SOFTWARE | {label: software_named(stack) for stack, label in STACKS.items()}
# Measured runs of data/published_runs.csv that a reader may start from, by their id, and the name of their software here.
STARTS = {
    "Llama 3.1 405B, 8,192 H100s": ("llama3-1", "2024, Llama 3’s"),
    "Llama 3 70B, 64 H100s": ("mbridge-h100-Llama-3-70B-fp8-cs-64", STACKS["megatron-bridge-25.11"]),
    "Llama 3 8B, 8 GB200s": ("mbridge-gb200-Llama-3-8B-fp8-cs-8", STACKS["megatron-bridge-25.11"]),
    "GPT-3, 128 H100s": ("dgxc-gpt3-bf16-128", STACKS["nemo-2024"]),
    "DeepSeek-V3, 256 GB300s": ("mbridge-gb300-DeepSeek-V3-mxfp8-256", STACKS["megatron-bridge-25.11"]),
    "Qwen3 235B, 256 GB200s": ("mbridge-gb200-Qwen3-235B-A22B-bf16-256", STACKS["megatron-bridge-25.11"]),
    "GPT-OSS 120B, 64 GB300s": ("mbridge-gb300-GPT-OSS-120B-bf16-64", STACKS["megatron-bridge-25.11"]),
}
SHARED = {code: name for name, code in SHARING.items()}
LAID = ("tp", "pp", "cp", "ep", "interleave", "microbatch", "recompute", "recompute_scores", "recompute_simple", "recompute_up", "expert_tp", "sequence_parallel", "replicas", "first_layers", "last_layers", "ulysses", "gathered")


def state_of(run: MeasuredStep, software: str) -> dict:
    """The inputs that stand for a measured run; software: the name of its stack among OWN_SOFTWARE."""
    format = next(name for name, kind in FORMATS.items() if (kind["bits"], kind["blocked"]) == (run.batch.bits, run.batch.blocked))
    return {
        "chip": run.chip.name, "software": software, "format": format, "gpus": float(gpus_used(run.layout)), "sequences": run.batch.sequences,
        "seq_len": run.batch.seq_len, "measured": run.measured, "pace": 0.0, "samples": 0.0, "printed": 0.0, "printer": next(iter(PRINTERS)), "sharing": SHARED[run.layout.zero],
        "schedule": next(name for name, known in SCHEDULE_NAMES.items() if SCHEDULES[known] == run.layout.schedule),
        **{name: float(getattr(run.layout, name)) for name in LAID}, **own_model.state_of(run.shape),
    }  # fmt: skip


def starts() -> dict[str, dict]:
    """The presets."""
    runs = {run.id: run for run in read_runs(PUBLISHED)}
    return {label: state_of(runs[number], software) for label, (number, software) in STARTS.items()}


UNSAID = ("chip", "gpus", "seq_len")  # by most files
AS_HERE = "Counted as in this book, with half of the scores of this model, that is {log.rate:,.4g} TFLOP/s for a GPU, an MFU of {log.mfu:.1%} on this chip."
FASTEST = "The layout stays as it was; the line at the foot of the drawing says which of those tried is the fastest that fits."


def takes(known) -> list[Take]:
    """The files that the figure with these controls takes."""
    shape = own_model.paths() | {name: Path(name, 0) for name in ("measured", "pace", "samples", "printed")}  # the step that stood there was another model's
    clock = {"measured": Path("step_time", 0), "pace": Path("tokens_per_gpu", 0), "samples": Path("facts.samples per second", 0), "printed": Path("rate", 0), "printer": "software"}
    return [
        Take("config", brought.CONFIG, shape, refuses={f"mixers.{len(own_model.OTHERS)}": "It has layers of more kinds than this figure has room for."}, asks=UNSAID, says=FASTEST),
        brought.launch(known, asks=(*UNSAID, "sequences")),
        brought.log(clock, known, asks=(*UNSAID, "sequences"), tells=[AS_HERE]),
        brought.mlperf(clock, known),
    ]


SAME = {name: name for name in ("chip", "gpus")}
STEP = {name: name for name in ("sequences", "seq_len", "format", "schedule", "software")}
CUT = {name: name for name in ("tp", "pp", "cp", "ep", "interleave", "microbatch", "sharing", "recompute")}
STEP_OF_ITS_OWN = {"time": "clock", "mfu": "by.causal"} | {part: f"of_step.{part}" for part in GROUPS}
ONWARD = {  # figure → what the link says, what it takes along, and whether it shows the model
    "fifty-four-days": ("How long would a whole training take?", SAME | {"mfu": "mfu"}, False),
    "amdahl-breakdown": ("How much faster does the step get if its parts do?", {"run": STEP_OF_ITS_OWN}, False),
    "physical-stops": ("How much faster can software make it?", {"machine": "chip"}, False),
    "gpu-memory": ("What must one GPU hold, cut by cut?", SAME | STEP | CUT, True),
    "layout-map": ("Which layout is the fastest?", SAME | STEP | {name: name for name in ("tp", "pp")}, True),
    "step-breakdown": ("Where does the step’s time go?", SAME | STEP | CUT, True),
    "all-reduce": ("How long does a sum over all GPUs take?", {"chip": "chip", "ranks": "gpus"}, False),
    "spectrum": ("At which frequencies does the step shake a power plant?", SAME | {"step": "time"}, False),
    "goodput-at-scale": ("How much is lost to failures?", {"gpus": "gpus"}, False),
    "two-months": ("What would ten trillion parameters take here?", SAME | {"mfu": "mfu"}, False),
    "design-a-cluster": ("What does all of it take?", SAME | STEP, True),
    "which-counter": ("Which program counts which FLOPs?", {"seq_len": "seq_len"}, True),
}


def onward() -> list[Onward]:
    """A link into every chapter, with this run. A model with layers of other kinds has no place in the chapters' figures."""
    shape = [*own_model.SIZES, *own_model.FLAGS, *own_model.MORE_FLAGS]
    found = []
    for name, (label, sets, shows) in ONWARD.items():
        place = places()[name]
        where = f"chapter {place.page.chapter}" if place.page.chapter else ""
        address = f"{place.page.file.rpartition('/')[2]}.html#fig-{name}"
        text = f"{label} ({where})" if where else label
        found.append(Onward(text, address, sets | ({"model": shape} if shows else {}), [f"{kind}layers" for kind in own_model.OTHERS] if shows else []))
    return found


LAYOUT, LOG = "The layout, software and precision", "As a log prints it"


def controls(at: dict) -> dict:
    """The figure's controls, standing at the state `at`."""
    known = layout_controls("seq_len", "schedule")

    def degree(name, label, high, limit, integer=True, folded: str | bool = LAYOUT):
        return Slider(1, high, at[name], label, log=True, integer=integer, format=",.7g", limits=(1, limit), folded=folded)

    return {
        "chip": choice(MEASURED, at["chip"], "chip"),
        "gpus": Slider(1, 1_000_000, at["gpus"], "GPUs", log=True, integer=True, format=",.7g", limits=(1, 1e8)),
        "measured": Slider(0, 120, at["measured"], "step as measured (0: not)", unit="s", format=".4g", limits=(0, 1e6)),
        **own_model.controls(at),
        "seq_len": replace(known["seq_len"], folded=LAYOUT),
        "sequences": Slider(1, 65_536, at["sequences"], "sequences in the batch", log=True, integer=True, format=",.7g", limits=(1, 1e7), folded=LAYOUT),
        "tp": degree("tp", "tensor parallel", 64, 1024),
        "pp": degree("pp", "pipeline stages", 128, 10_000),
        "cp": degree("cp", "context parallel", 64, 10_000),
        "ep": degree("ep", "expert parallel", 512, 10_000),
        "interleave": degree("interleave", "chunks on a stage", 32, 1000),
        "microbatch": degree("microbatch", "sequences in a microbatch", 64, 10_000, integer=False),
        "replicas": degree("replicas", "groups that share weights (HSDP)", 512, 1e6),
        "sharing": Choice(SHARING, at["sharing"], "ranks share", folded=LAYOUT),
        "schedule": replace(known["schedule"], folded=LAYOUT),
        "first_layers": Slider(0, 64, at["first_layers"], "layers on the first stage (0: even)", integer=True, format=".0f", limits=(0, 10_000), folded=LAYOUT),
        "last_layers": Slider(0, 64, at["last_layers"], "layers on the last stage (0: even)", integer=True, format=".0f", limits=(0, 10_000), folded=LAYOUT),
        "recompute": Slider(0, 1, at["recompute"], "recomputed", unit="%", scale=0.01, folded=LAYOUT),
        **{name: Switch(bool(at[name]), label, folded=LAYOUT) for name, label in (
            ("recompute_scores", "scores repeated"), ("recompute_simple", "norms and activations repeated"), ("recompute_up", "latent projections repeated"),
            ("expert_tp", "experts cut by tensor parallel, too"), ("ulysses", "context parallel by heads (Ulysses)"), ("gathered", "keys gathered before attention"), ("sequence_parallel", "sequence parallel"))},
        "format": Choice(FORMATS, at["format"], "number format", folded=LAYOUT),
        "software": Choice(OWN_SOFTWARE, at["software"], "software of", folded=LAYOUT),
        "pace": Slider(0, 50_000, at["pace"], "tokens a second of a GPU (0: not)", format=",.5g", limits=(0, 1e9), folded=LOG),
        "samples": Slider(0, 5_000, at["samples"], "sequences a second of all GPUs (0: not)", format=",.5g", limits=(0, 1e9), folded=LOG),
        "printed": Slider(0, 2500 * TERA, at["printed"], "printed rate of a GPU (0: none)", unit="TFLOP/s", scale=TERA, format=",.4g", limits=(0, 1e20), folded=LOG),
        "printer": Choice({name: place for name, (place, _) in PRINTERS.items()}, at["printer"], "printed by", folded=LOG),
    }  # fmt: skip
