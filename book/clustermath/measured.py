"""Measured training runs: a CSV of them as the records that the step model takes.

A blank means "not stated", and gets a default (each row says which defaults it took):

    shape        the model's published one; for an unknown model, GPT's or Llama's, whichever fits params_b better
    seq_len      what the model was pre-trained with
    tp, pp       if only dp is stated: tp fills a server's 8 GPUs, and pp takes the rest of gpus / dp
    cp, ep, dp   1; a mixture's experts over 8 ranks or as many as there are; gpus / (tp pp cp)
    interleave   1; where the notes say "interleaved", one layer a chunk (2 chunks in PyTorch's pipelines)
    microbatch   1 in a pipeline, else what makes 8,192 tokens; PyTorch's pipelines cut the batch in one per stage
    recompute    "full" before 2023, when memory needed it; since then none where that fits into memory, else norms and
                 activations, else also as large a share of the layers as memory needs
    precision    BF16; "pure bf16": weights, gradients and moments in BF16 as well
    sharding     ZeRO-1 since 2023; FSDP if nothing but data parallelism could hold the model, and with torchtitan (in its
                 pipelines ZeRO-2). Says "ddp", "zero-1", "zero-2", "fsdp" (or "zero-3"), or "hsdp 8": FSDP in groups of 8
    stack        the latest software. Says a name of stacks.csv, or any that ends in its year or month ("nemo-2024", "x-26.02")
    network      the chip's usual NIC; see `nic` for what may stand there
    lora         all weights are trained. Says the rank of adapters, what they are beside if not query and value, and what the
                 frozen weights are kept in if not BF16: "16", "16 query,key,value", "16 all nf4", "16 all experts int8"
    notes        nothing. May say "tp overlap on" or "off", "expert overlap on", "grouped multiplies", "fp8 head" and
                 "bf16 attention", where a run differs from its software (`software.Stack`), a schedule, "interleaved",
                 "ulysses" or "gathers keys"
    model        "(w/o MTP)" behind its name: without its modules of multi-token prediction
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from types import SimpleNamespace

import numpy as np

from .architecture import ARCHITECTURES, Architecture, Mixer, complete, model_flops, narayanan_flops, parameters
from .hardware import CHIPS, Chip
from .layout import Batch, Layout, batch_of, gpus_used
from .matmul import MatmulRate, measured_rate, share_assumed
from .nic import with_network
from .parameters import PARAMETERS
from .run import effective_bits
from .search import check
from .software import Stack, stack_named
from .stated_layout import Unusable, assume, stated_layout
from .tables import DATA, UnknownName, rows
from .tuning import ADAPTED, FROZEN, Tuning, lora

PUBLISHED = DATA / "published_runs.csv"
NEWER = DATA / "newer_runs.csv"  # never fitted: what the fit is tried on
LATER = DATA / "later_runs.csv"  # never fitted: tables that came later, of whose software only a date is known here
OWN = DATA / "own_runs.csv"  # measured by ourselves on one GPU (tools/measure_gpu), never fitted
POSITIVE = (
    "params_b", "active_params_b", "layers", "hidden", "ffn", "heads", "kv_heads", "vocab", "seq_len",
    "global_batch_seqs", "gpus", "tp", "pp", "cp", "ep", "dp", "interleave", "microbatch", "achieved_tflops_per_gpu",
    "mfu_pct", "step_time_s",
)  # fmt: skip
TEXT = ("id", "source", "model", "gpu", "recompute", "precision", "stack", "flop_convention", "notes", "network", "sharding", "lora")
COLUMNS = (*TEXT, *POSITIVE, "confidence")
NOTED = {  # what notes say of the software
    "tp overlap off": {"tp_overlap": 0.0}, "tp overlap on": {"tp_overlap": 1.0}, "fp8 head": {"head8": 1.0},
    "bf16 attention": {"attention8": 0.0}, "expert overlap on": {"ep_overlap": 1.0}, "grouped multiplies": {"grouped": 1.0},
    "all-to-all dispatcher": {"sent_once": 0.0}, "gradients reduced in bf16": {"reduce_bytes": 2.0},
}  # fmt: skip


@dataclass
class MeasuredStep:
    """One row: the records of the step model, what was measured, how it was read; or why it is `skipped`."""

    line: int
    id: str
    source: str
    stack: str
    skipped: str = ""
    assumed: list[str] = field(default_factory=list)
    shape: Architecture | None = None
    chip: Chip | None = None
    rate: MatmulRate | None = None
    layout: Layout | None = None
    batch: Batch | None = None
    software: Stack | None = None
    measured: float = float("nan")  # time of the step [s]


def read_runs(path, chips: Mapping[str, Chip] = {}) -> list[MeasuredStep]:
    """All rows of the CSV at `path`, in its order; those that can't be predicted say why. chips: more than the book's, by their names.

    A row that is there twice counts once. Raises ValueError, naming file and line, if the file isn't such a CSV in UTF-8, has no
    column `id`, or one whose name is nearly that of a known one; and OSError if it can't be opened.
    """
    runs, by_row, by_id = [], {}, {}
    for where, row in rows(path, needed=("id",), near=COLUMNS):
        run = read_run(row, int(where.split()[-1]), chips)
        if not run.skipped:
            same, twin = by_row.setdefault(tuple(row.items()), run), by_id.setdefault(run.id, run)
            if same is not run:
                run.skipped = f"line {run.line}: the same as line {same.line}"
            elif twin is not run:
                run.assumed.append(f"another run than line {twin.line}, of the same id")
        runs.append(run)
    return runs


def read_run(row: Mapping[str, str], line: int, chips: Mapping[str, Chip] = {}) -> MeasuredStep:
    """One row, {column: text}, of a file's `line`; it says so itself if it can't be predicted. chips: as `read_runs`."""
    text = {name: (row.get(name) or "").strip() for name in TEXT}
    run = MeasuredStep(line=line, id=text["id"] or f"line {line}", source=text["source"], stack=text["stack"])
    try:
        _fill(run, text, _numbers(line, row), chips)
    except Unusable as reason:
        run.skipped = str(reason)
    except ValueError as reason:  # a record that can't be
        run.skipped = f"line {line}: {reason}"
    return run


def _numbers(line, row) -> dict[str, float]:
    """The row's numbers, without blanks."""
    numbers = {}
    for name in POSITIVE:
        text = (row.get(name) or "").strip()
        if not text:
            continue
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not 0 < value < float("inf"):
            raise Unusable(f"line {line}, column {name}: {text!r} is not a positive number")
        numbers[name] = value
    return numbers


def _fill(run: MeasuredStep, text, numbers, chips):
    run.shape = _tuned(_shape(text, numbers, run.assumed), text["lora"])
    run.chip = with_network(_chip(text["gpu"], chips), text["network"])
    run.rate = measured_rate(run.chip)
    if share := share_assumed(run.chip):
        run.assumed.append(share)
    if not run.stack:
        assume(run.assumed, "stack", "the latest")
    try:
        run.software = stack_named(run.stack)
    except UnknownName as unknown:
        raise Unusable(str(unknown)) from None
    for note, fields in NOTED.items():
        if note in text["notes"].lower():
            run.software = dataclasses.replace(run.software, **fields)
    if text["precision"].lower().startswith("pure"):
        run.software = dataclasses.replace(run.software, optimizer_bytes=4.0, gradient_bytes=2.0)
    for needed in ("gpus", "global_batch_seqs"):
        if needed not in numbers:
            raise Unusable(f"{needed} is not stated")
    seq_len = numbers.get("seq_len") or assume(run.assumed, "seq_len", run.shape.seq_len)
    bits, blocked = _precision(text["precision"], run.assumed)
    if effective_bits(run.chip, bits) != bits:
        raise Unusable(f"{run.chip.name} does not multiply in FP{bits:.0f}")
    run.batch = batch_of(seq_len, numbers["global_batch_seqs"], bits, blocked)
    run.layout = stated_layout(run, text, numbers)
    try:
        check(run.shape, run.layout, run.batch, float(gpus_used(run.layout)))
    except ValueError as problem:  # computed all the same, as a split of fractions
        assume(run.assumed, "layout", f"impossible as stated, {problem}")
    run.measured = _measured(run, text, numbers)
    _check_mfu(run, numbers["gpus"])


def _tuned(shape: Architecture, text: str) -> Architecture:
    """The model as the column `lora` has it trained: all of it if that is blank, else adapters beside frozen weights."""
    if not text:
        return shape
    rank, *words = text.lower().split()
    if not rank.isdecimal() or not int(rank):
        raise Unusable(f"lora {text!r}: a rank must come first, a whole number from 1")
    kept = [word for word in words if word in FROZEN]
    if len(kept) > 1:
        raise Unusable(f"lora {text!r}: frozen weights are kept in one of {', '.join(FROZEN)}")
    named = {name for word in words if word not in FROZEN for name in word.split(",") if name}
    if unknown := sorted(named - {*ADAPTED, "experts", "all"}):
        raise Unusable(f"lora {text!r}: {unknown[0]!r} is not known; known: {', '.join((*ADAPTED, 'experts', 'all', *FROZEN))}")
    beside = named - {"all"} | (set(ADAPTED) if "all" in named else set())
    return lora(shape, float(rank), *beside, frozen=kept[0] if kept else "bf16")


def _peak(run: MeasuredStep) -> float:
    """The chip's peak at the run's precision, or at BF16 if it has none in that [FLOP/s]."""
    return {16.0: run.chip.bf16, 8.0: run.chip.fp8, 4.0: run.chip.fp4}[run.batch.bits] or run.chip.bf16


def _check_mfu(run: MeasuredStep, gpus):
    """A step that would take more than the chip's peak, or nearly none of it, was measured or typed wrong."""
    work = model_flops(run.shape, run.batch.seq_len) * run.batch.sequences * run.batch.seq_len
    mfu = float(work / (gpus * _peak(run) * run.measured))
    possible = PARAMETERS["mfu"]
    if not possible.low <= mfu <= possible.high:
        raise Unusable(f"a step of {run.measured:.3g} s is an MFU of {mfu:.3g}, which must lie from {possible.low:g} to {possible.high:g}")


def _plain(name):
    """Lower-case letters and digits of a name, without what is in brackets and words that don't tell models apart."""
    name = re.sub(r"\(.*?\)|\bproxy\b|\bMoE\b|\bstyle\b|\[.*?\]", "", name, flags=re.IGNORECASE)
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _known(name) -> Architecture | None:
    """The architecture with this name, or with words after it that hold no digit ("-base"), or the only one it begins."""
    wanted = _plain(name)
    for known, shape in sorted(ARCHITECTURES.items(), key=lambda item: -len(item[0])):
        rest = wanted.removeprefix(_plain(known))
        if wanted and (rest == "" or (rest != wanted and not re.search(r"\d", rest))):
            return shape
    begun = [shape for known, shape in ARCHITECTURES.items() if wanted and _plain(known).startswith(wanted)]
    return begun[0] if len(begun) == 1 else None


def _shape(text, numbers, assumed) -> Architecture:
    names = ("layers", "hidden", "ffn", "heads", "kv_heads", "vocab")
    stated = {name: numbers[name] for name in names if name in numbers}
    known = _known(text["model"])
    if known is None:
        return _unknown_shape(text["model"], stated, numbers.get("params_b"), assumed)
    if known.mixers:
        stated = {name: value for name, value in stated.items() if name == "vocab"}
    elif known.experts:
        stated = {name: value for name, value in stated.items() if name in ("layers", "vocab")}
    if "w/o mtp" in text["model"].lower():
        stated["mtp"] = 0.0
    hidden, heads = stated.get("hidden", known.hidden), stated.get("heads", known.heads)
    if not (known.experts or known.mixers):
        stated["dense_layers"] = stated.get("layers", known.layers)
    if known.head_dim == known.hidden / known.heads:
        stated |= {"head_dim": hidden / heads, "value_dim": hidden / heads}
    if known.kv_heads == known.heads:
        stated.setdefault("kv_heads", heads)
    return dataclasses.replace(known, **stated)


def _unknown_shape(name, stated, params_b, assumed) -> Architecture:
    """GPT's style or Llama's around the stated layers and width."""
    if not {"layers", "hidden"} <= stated.keys():
        raise Unusable(f"model {name!r} is not known, and its layers and hidden are not stated")
    heads = stated.get("heads") or max(1.0, round(stated["hidden"] / 128))
    base = {"heads": heads, "vocab": stated.get("vocab", 51200.0)} | stated
    gpt = {"ffn": 4 * base["hidden"], "bias": 1.0, "tied": 1.0} | base
    llama = {"ffn": 8 / 3 * base["hidden"], "gated": 1.0} | base
    shapes = [Architecture(name=name, **complete(fields)) for fields in (gpt, llama)]

    def misfit(shape):
        return abs(np.log(sum(parameters(shape).values()) / (params_b * 1e9))) if params_b else 0

    best = min(shapes, key=misfit)
    assume(assumed, "shape", "GPT's style" if best is shapes[0] else "Llama's style")
    return best


def _chip(text, own: Mapping[str, Chip]) -> Chip:
    """The chip that `text` names: one of one's own by its whole name; else its family must be there, and the variant with most of its other words is taken."""
    if chip := {name.lower(): chip for name, chip in own.items()}.get(text.lower()):
        return chip
    words = set(re.findall(r"[a-z0-9]+", text.lower()))
    matches = []
    for name, chip in CHIPS.items():
        first, *rest = re.findall(r"[a-z0-9]+", name.lower())
        family, variant = ({first, rest[0]}, rest[1:]) if first == "tpu" else ({first}, rest)
        if family <= words:
            matches.append((sum(1 if word in words else -0.1 for word in variant), chip))
    if not matches:
        raise Unusable(f"gpu {text!r} is not known; known: {', '.join([*own, *CHIPS])}")
    return max(matches, key=lambda match: match[0])[1]


def _precision(text, assumed) -> tuple[float, float]:
    """Bits of the matrix multiplies, and 1 if scales belong to blocks."""
    text = text.lower()
    if not text:
        assume(assumed, "precision", "bf16")
    bits = 4.0 if "fp4" in text else 8.0 if "fp8" in text else 16.0
    if bits == 16 and text and not re.search(r"bf16|fp16|16-bit|bfloat16|float16", text):
        assume(assumed, "precision", f"{text!r} is not known: BF16")
    return bits, float(bits == 4 or "mx" in text)


def _measured(run: MeasuredStep, text, numbers) -> float:
    """Time of the step [s]: as printed, or from the printed rate and what its convention counts."""
    if "step_time_s" in numbers:
        return numbers["step_time_s"]
    if "achieved_tflops_per_gpu" in numbers:
        rate = numbers["achieved_tflops_per_gpu"] * 1e12
    elif "mfu_pct" in numbers:
        rate = numbers["mfu_pct"] / 100 * _peak(run)
    else:
        raise Unusable("neither step_time_s nor achieved_tflops_per_gpu nor mfu_pct is stated")
    convention = text["flop_convention"].lower()
    if convention and not re.match("model|hardware|causal", convention):
        assume(run.assumed, "flop_convention", f"{text['flop_convention']!r} is not known: the model's, causal")
    flops = _counted_flops(run.shape, run.batch.seq_len, convention)
    return float(flops * run.batch.sequences * run.batch.seq_len / (numbers["gpus"] * rate))


def _counted_flops(shape, seq_len, convention):
    """FLOPs for one token as the named convention counts them; causal attention if it doesn't say."""
    if convention.startswith("hardware"):
        return narayanan_flops(shape, seq_len, 1.0)
    if "72*b*s*l" in convention:
        return narayanan_flops(shape, seq_len, 0.0)
    return model_flops(shape, seq_len, 0.0 if "full attention" in convention else 1.0)


def stacked(records) -> SimpleNamespace:
    """Records of one class as one whose fields are arrays over them, as the step model's functions take it.

    Where some models are tuned in part, the others are as if all of their weights were trained, and beside hybrids they have
    other layers, none of each kind: both are the same. ValueError for no records, or of several classes.
    """
    if len(classes := sorted({type(record).__name__ for record in records})) != 1:
        raise ValueError(f"stacked(): records of one class are stacked, not {' beside '.join(classes) or 'none'}")
    if any(getattr(record, "stages", ()) for record in records):
        raise ValueError("runs of given splits can't stand beside others: their stages are not as many")
    numbers = _as_arrays(records)
    kinds = zip_longest(*(getattr(record, "mixers", ()) for record in records), fillvalue=Mixer(name="none", layers=0.0))
    mixers = tuple(SimpleNamespace(**_as_arrays(kind)) for kind in kinds)
    tuned = any(getattr(record, "tuning", ()) for record in records)
    whole = (Tuning(trained=1.0),)
    tuning = (SimpleNamespace(**_as_arrays([(record.tuning or whole)[0] for record in records])),) if tuned else ()
    return SimpleNamespace(**numbers, mixers=mixers, tuning=tuning, stages=())


def _as_arrays(records) -> dict:
    names = [entry.name for entry in dataclasses.fields(records[0]) if "unit" in entry.metadata]
    return {name: np.array([getattr(record, name) for record in records], float) for name in names}
