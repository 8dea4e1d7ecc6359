"""What the figures of chapter 3 share: the training runs they start from, and the controls of a layout."""

import dataclasses

from clustermath.architecture import ARCHITECTURES
from clustermath.layout import batch_of
from clustermath.schedule import SCHEDULES
from clustermath.records import switch
from clustermath.software import Stack, described, stack_named
from livefigure import Choice, Slider

from .inputs import choice, gpus, slider, some
from .ledger import claimed
from .validated import MEASURED

ALL_GPUS = claimed("004-01")
TPS = (1, 2, 4, 8, 16, 32, 64)
SHARING = {"nothing": 0, "optimizer": 1, "optimizer, gradients": 2, "all (FSDP)": 3}
SCHEDULE_NAMES = {"GPipe": "gpipe", "1F1B": "1f1b", "zero bubble": "zero-bubble", "DualPipe": "dualpipe"}
AGAIN = {"nothing": {"simple": 0, "up": 0}, "norms, activations": {"simple": 1, "up": 0}, "norms, activations, projections": {"simple": 1, "up": 1}}
FORMATS = {"BF16": {"bits": 16, "blocked": 0}, "FP8": {"bits": 8, "blocked": 0}, "FP8, in blocks": {"bits": 8, "blocked": 1}, "FP4": {"bits": 4, "blocked": 1}}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Software(Stack):
    """A stack of stacks.csv. by_date: 1 if no more is known of it than when what it does was usual."""

    by_date: float = switch(0.0)


def software_named(name: str) -> Software:
    """The Software of this name."""
    return Software(**dataclasses.asdict(stack_named(name)), by_date=float(not described(name)))


SOFTWARE = {year: software_named(year) for year in ("2021", "2022", "2023", "2024", "2025")}
SOFTWARE |= {"2024, Llama 3’s": software_named("meta-llama3-2024"), "2024, DeepSeek’s": software_named("deepseek-2024")}
KINDS = {field.name: {getattr(stack, field.name) for stack in SOFTWARE.values()} for field in dataclasses.fields(Stack)}
SHAPES = (  # a choice: each adds its numbers to five figures of two pages, which have 25 kB for all; ARCHITECTURES knows more
    "GPT-3 175B", "GPT 1008B", "Llama 3.1 70B", "Llama 3.1 405B", "DeepSeek-V3", "Kimi K2",
    "Grok 1T (dense)", "Grok 1.5T (dense)", "Grok 6T (dense)", "Grok 10T (dense)", "Grok 10T (mixture)",
)  # fmt: skip
CHIP_NAMES = tuple(name for name, chip in MEASURED.items() if max(chip.gpus16, chip.gpus8, chip.gpus4) > 0)  # on which a run was measured


def as_chosen(software: Stack) -> Stack:
    """One of SOFTWARE, with what all of them share as numbers: a page's model is spared what depends on nothing else."""
    return Stack(**{field: getattr(software, field) if len(kinds) > 1 else min(kinds) for field, kinds in KINDS.items()})


def _megatron():
    """arXiv 2104.04473, table 1: batch, TP 8 and PP 64; section 5.1 says that the schedule is interleaved (recalled)."""
    return {
        "model": "GPT 1008B", "chip": "A100 SXM", "software": "2021", "gpus": 3072, "sequences": 3072, "seq_len": 2048,
        "tp": 8, "pp": 64, "interleave": 2, "recompute": 1.0, "sharing": "nothing",
    }  # fmt: skip


def _llama(gpus):
    """arXiv 2407.21783, table 4 and section 3.3.2, which says that schedules are interleaved, not how often: 8 is assumed."""
    return {
        "model": "Llama 3.1 405B", "chip": "H100 SXM", "software": "2024, Llama 3’s", "gpus": gpus, "sequences": 2048, "seq_len": 8192,
        "tp": 8, "pp": 16, "interleave": 8, "recompute": 0.0, "sharing": "optimizer, gradients",
    }  # fmt: skip


def _deepseek():
    """arXiv 2412.19437, sections 3.2 (3.2.3: norms and latent projections are computed again), 3.3 (scales for tiles and blocks) and 4.2.

    How its 61 layers and the one of multi-token prediction are shared out isn't published. 16 stages of 4 leave two places
    empty: taken to be beside the embedding and the head, which one GPU of DualPipe's holds together.
    """
    return {
        "model": "DeepSeek-V3", "chip": "H800 SXM", "software": "2024, DeepSeek’s", "gpus": 2048, "sequences": 15_360, "seq_len": 4096,
        "tp": 1, "pp": 16, "ep": 64, "interleave": 1, "recompute": 0.0, "sharing": "optimizer", "schedule": "DualPipe",
        "format": "FP8, in blocks", "again": "norms, activations, projections", "ends": 3,
    }  # fmt: skip


def _grok(model, trillions, **layout):
    """Nothing is published but the size: GPUs in proportion to it, so that 10T has all of the article's."""
    return {
        "model": f"Grok {model}", "chip": "GB300 NVL72", "software": "2025", "gpus": ALL_GPUS * trillions / 10, "sequences": 8192,
        "seq_len": 8192, "recompute": 0.0, "sharing": "optimizer, gradients", "format": "FP8, in blocks", **layout,
    }  # fmt: skip


RUNS = {
    "Megatron 1T, 3,072 A100s": _megatron(),
    "Llama 405B, 8,192 H100s": _llama(8192),
    "Llama 405B, 16,384 H100s": _llama(16_384),
    "DeepSeek-V3, 2,048 H800s": _deepseek(),
    "1T, GB300s": _grok("1T (dense)", 1, tp=4, pp=4, cp=2, interleave=8),
    "1.5T, GB300s": _grok("1.5T (dense)", 1.5, tp=4, pp=12, cp=2, interleave=8),
    "6T, GB300s": _grok("6T (dense)", 6, tp=8, pp=18, cp=2, interleave=8),
    "10T mixture, GB300s": _grok("10T (mixture)", 10, tp=8, pp=9, ep=32, interleave=4, sequences=24_576),
}
START = "Llama 405B, 16,384 H100s"


def controls(*names, folded=()) -> dict:
    """The named controls, standing at START; those in `folded` under "More settings"."""
    at = RUNS[START]
    known = {
        "model": lambda **o: choice(some(ARCHITECTURES, SHAPES), at["model"], "model", own=True, **o),
        "chip": lambda **o: choice(some(MEASURED, CHIP_NAMES), at["chip"], "chip", **o),
        "gpus": lambda **o: gpus(at["gpus"], **o),
        "tp": lambda **o: Slider(TPS[0], TPS[-1], at["tp"], "tensor parallel", values=TPS, format=".0f", **o),
        "pp": lambda **o: Slider(1, 128, at["pp"], "pipeline stages", log=True, integer=True, format=".0f", **o),
        "cp": lambda **o: Slider(1, 16, 1, "context parallel", values=(1, 2, 4, 8, 16), format=".0f", **o),
        "ep": lambda **o: Slider(1, 256, 1, "expert parallel", values=(1, 2, 4, 8, 16, 32, 64, 128, 256), format=".0f", enabled="mixture", **o),
        "interleave": lambda **o: Slider(1, 16, at["interleave"], "chunks on a stage", integer=True, format=".0f", **o),
        "microbatch": lambda **o: Slider(1, 16, 1, "sequences in a microbatch", values=(1, 2, 4, 8, 16), format=".0f", **o),
        "sharing": lambda **o: Choice(SHARING, at["sharing"], "ranks share", **o),
        "recompute": lambda **o: Slider(0, 1, at["recompute"], "recomputed", unit="%", scale=0.01, steps=20, **o),
        "again": lambda **o: Choice(AGAIN, "nothing", "beside that, computed again", **o),
        "ends": lambda **o: Slider(0, 64, 0, "layers on the first and last stage", integer=True, format=".0f", **o),
        "schedule": lambda **o: Choice({name: SCHEDULES[code] for name, code in SCHEDULE_NAMES.items()}, "1F1B", "schedule", **o),
        "sequences": lambda **o: Slider(256, 65_536, at["sequences"], "sequences in the batch", log=True, integer=True, limits=(1, 10_000_000), format=",.7g", **o),
        "seq_len": lambda **o: slider("seq_len", at["seq_len"], "tokens in a sequence", log=True, format=",.7g", **o),
        "format": lambda **o: Choice(FORMATS, "BF16", "number format", **o),
        "software": lambda **o: Choice(SOFTWARE, at["software"], "software of", **o),
    }
    return {name: known[name](folded=name in folded) for name in names}


def presets(names, **more) -> dict:
    """The runs with what they say of the controls `names`; `more`: preset → what else it sets."""
    return {run: {key: value for key, value in inputs.items() if key in names} | more.get(run, {}) for run, inputs in RUNS.items()}


def batch(sequences, seq_len, format):
    """A Batch in one of the FORMATS."""
    return batch_of(seq_len, sequences, format["bits"], format["blocked"])


def of_first(values):
    """The first of an array; a number as it is."""
    return values[0] if getattr(values, "shape", ()) else values
