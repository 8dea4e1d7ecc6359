"""The layout that a row of measured runs states, and what is taken for what it doesn't: see `measured` for the defaults."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

import numpy as np

from .architecture import Architecture, attention_params, ffn_params, parameters, trained_parameters
from .layout import Layout
from .matmul import machine
from .memory import bytes_kept, memory
from .schedule import SCHEDULES
from .software import generation

if TYPE_CHECKING:
    from .measured import MeasuredStep  # which gets its layout here

USABLE = 0.8  # of the memory, for weights, gradients and optimizer states


class Unusable(ValueError):
    """Why a row can't be predicted."""


def assume(assumed: list[str], name: str, value):
    """The value, noted down as assumed."""
    assumed.append(f"{name} = {value:g}" if isinstance(value, (int, float)) else f"{name}: {value}")
    return value


def stated_layout(run: MeasuredStep, text: dict[str, str], numbers: dict[str, float]) -> Layout:
    """The layout of a run whose shape, chip, software and batch are known, from the row's texts and numbers by column.

    What is taken for blanks goes into `run.assumed`. Raises Unusable if the row contradicts itself or says too little.
    """
    gpus, notes, assumed = numbers["gpus"], text["notes"].lower(), run.assumed
    tp, pp, cp = numbers.get("tp"), numbers.get("pp"), numbers.get("cp", 1.0)
    if tp is None and pp is None:
        if "dp" not in numbers:
            raise Unusable("tp, pp and dp are not stated")
        tp = assume(assumed, "tp", min(8.0, max(1.0, gpus / numbers["dp"])))
    tp = tp or assume(assumed, "tp", 1.0)
    pp = pp or assume(assumed, "pp", max(1.0, gpus / (numbers["dp"] * tp * cp)) if "dp" in numbers else 1.0)
    dp = gpus / (tp * pp * cp)
    if dp < 1 or dp != int(dp):
        raise Unusable(f"tp x pp x cp = {tp * pp * cp:g} does not divide {gpus:g} GPUs")
    if numbers.get("dp", dp) != dp:
        raise Unusable(f"dp = {numbers['dp']:g} contradicts {gpus:g} GPUs over tp x pp x cp = {tp * pp * cp:g}, which is {dp:g}")
    ep = numbers.get("ep", 1.0)
    if "ep" not in numbers and run.shape.experts:
        ep = assume(assumed, "ep", min(8.0, run.shape.experts, cp * dp))
    each = run.batch.sequences / dp
    if each < 1:
        raise Unusable(f"{run.batch.sequences:g} sequences are fewer than dp = {dp:g}")
    interleave = numbers.get("interleave", 1.0)
    if "interleave" not in numbers and pp > 1 and "interleaved" in notes:
        pytorch = run.software.microbatches_as_stages
        interleave = assume(assumed, "interleave", 2.0 if pytorch else float(np.ceil(run.shape.layers / pp)))
    microbatch = numbers.get("microbatch") or assume(
        assumed,
        "microbatch",
        max(each / pp, 1.0)
        if run.software.microbatches_as_stages
        else 1.0
        if pp > 1
        else min(each, max(1.0, 8192 // run.batch.seq_len)),
    )
    again = _recompute(run, text["recompute"])
    sharing = _sharing(run, text, unsharded=pp == 1 and tp == 1 and ep == 1 and dp > 1, ranks=cp * dp, pipeline=pp > 1)
    before_sharing = generation(run.stack) == "2022" and again["recompute"] == 1
    layout = Layout(
        tp=tp,
        pp=pp,
        cp=cp,
        ep=ep,
        dp=dp,
        interleave=interleave if pp > 1 else 1.0,
        microbatch=min(microbatch, each),
        schedule=float(next((code for name, code in SCHEDULES.items() if name in notes), SCHEDULES["1f1b"])),
        **sharing,
        sequence_parallel=0.0 if before_sharing else run.software.sequence_parallel,
        **again,
        expert_tp=run.software.expert_tp,
        ulysses=float("ulysses" in notes),
        gathered=float("gathers keys" in notes),
    )
    return layout if text["recompute"] or again["recompute"] == 1 else _as_memory_needs(run, layout)


def _sharing(run: MeasuredStep, text, unsharded, ranks, pipeline) -> dict[str, float]:
    """What data-parallel ranks share, as a layout's fields: as the row says it, or as its software and its size have it."""
    said = re.sub(r"[\s_-]+", "", text["sharding"].lower())
    if group := re.fullmatch(r"hsdp(\d+)", said):
        size = float(group[1])
        if not size or ranks % size:
            raise Unusable(f"sharding {text['sharding']!r}: groups of {size:g} do not divide {ranks:g} ranks")
        return {"zero": 3.0, "replicas": ranks / size}
    if said in SHARINGS:
        return {"zero": SHARINGS[said]}
    if said:
        raise Unusable(f"sharding {text['sharding']!r} is not known; known: {', '.join(SHARINGS)}, hsdp with a number")
    if run.software.zero > 2:  # in a pipeline weights stay gathered from one microbatch to the next
        return {"zero": run.software.zero if ranks > 1 and not pipeline else 2.0}
    if not (unsharded and _least_state(run, ranks) > USABLE * run.chip.hbm):
        return {"zero": run.software.zero}
    if not re.search(r"fsdp|zero-?\s?3", f"{run.id} {run.stack} {text['notes']}", re.IGNORECASE):
        assume(run.assumed, "sharding", "FSDP (ZeRO-3), since nothing else could hold the model")
    return {"zero": 3.0}


def _least_state(run: MeasuredStep, ranks: float) -> float:
    """Bytes of weights, gradients and optimizer states on a GPU, as the software shares them without FSDP."""
    kept, zero = bytes_kept(run.batch, run.software), run.software.zero
    of_each = kept["gradients"] / (ranks if zero > 1 else 1) + kept["optimizer"] / (ranks if zero > 0 else 1)
    return float(sum(parameters(run.shape).values()) * kept["weights"] + trained_parameters(run.shape) * of_each)


SHARINGS = {"ddp": 0.0, "none": 0.0, "zero0": 0.0, "zero1": 1.0, "zero2": 2.0, "zero3": 3.0, "fsdp": 3.0}


def _as_memory_needs(run: MeasuredStep, layout: Layout) -> Layout:
    """The layout with as little recomputed as fits: what ran has fitted, whatever it doesn't say."""
    gpu = machine(run.chip)

    def over(**changes):
        return float(memory(run.shape, gpu, dataclasses.replace(layout, **changes), run.batch, run.software)) - gpu.hbm

    if over() <= 0:
        return layout
    run.assumed.remove("recompute: none")
    parts = {"recompute_simple": 1.0}
    if over(**parts) > 0:
        parts["recompute_up"] = 1.0
    if over(**parts) <= 0:
        assume(run.assumed, "recompute", "norms, activations and latent projections, for memory")
        return dataclasses.replace(layout, **parts)
    least, most = over(**parts), over(recompute=1.0)
    share = 1.0 if most >= 0 else float(np.ceil(100 * least / (least - most)) / 100)
    assume(run.assumed, "recompute", f"{100 * share:.0f} % of each layer, for memory")
    return dataclasses.replace(layout, **parts, recompute=share)


MODULES = {"layernorm": "recompute_simple", "moe_act": "recompute_simple", "mla_up_proj": "recompute_up", "save_qkv_proj": "recompute_simple"}


def _recompute(run: MeasuredStep, text) -> dict[str, float]:
    """What is repeated, as a layout's fields: "none", "full", "selective", or names of modules as Megatron Core has them."""
    text, stack = text.lower(), run.software
    if not text:
        text = assume(run.assumed, "recompute", "full" if generation(run.stack) < "2023" else "none")
    named = {field: 1.0 for module, field in MODULES.items() if module in text}
    if not (named or text in ("full", "none") or text.startswith("selective") or "attn" in text):
        assume(run.assumed, "recompute", f"{text!r} is not known: none")
    if text in ("full", "save_qkv_proj"):
        share, scores = 1.0 if text == "full" else _all_but_projections(run.shape), 1.0
    elif text.startswith("selective") or "attn" in text or stack.flash < 1:
        share, scores = stack.selective if text.startswith("selective") else 0.0, 1.0
    else:
        share, scores = 0.0, 0.0
    return {"recompute": share, "recompute_scores": scores, **named}


def _all_but_projections(shape: Architecture) -> float:
    """Share of a layer's multiplies that is repeated if only queries, keys and values are kept (MaxText's save_qkv_proj).

    What a layer's last matrix gives isn't needed backward.
    """
    attention, ffn = attention_params(shape), float(ffn_params(shape, shape.ffn))
    again = float(attention["output"]) + ffn - shape.hidden * shape.ffn
    return again / (float(sum(attention.values())) + ffn)
