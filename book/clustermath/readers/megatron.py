"""Launch arguments of Megatron-LM and recipes of Megatron-Bridge, as far as they are literal, as a Layout and a Batch.

    --tensor-model-parallel-size 8 --pipeline-model-parallel-size=16 --num-layers-per-virtual-pipeline-stage 1
    cfg.model.tensor_model_parallel_size = 8

Names are those of Megatron-LM's arguments.py (0.19) and of Bridge's ModelProvider; a value that is computed is not read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from ..layout import Batch, Layout, batch_of
from ..stated_layout import MODULES
from ..unreadable import Unreadable
from . import words
from .text import Reading, lines, load, shown

SHORT = {"tp": "tensor_model_parallel_size", "pp": "pipeline_model_parallel_size", "cp": "context_parallel_size", "ep": "expert_model_parallel_size", "vp": "virtual_pipeline_model_parallel_size", "etp": "expert_tensor_parallel_size", "mbs": "micro_batch_size", "gbs": "global_batch_size"}
DEGREES = {"tensor_model_parallel_size": "tp", "pipeline_model_parallel_size": "pp", "context_parallel_size": "cp", "expert_model_parallel_size": "ep"}
NUMBERS = [*DEGREES, "virtual_pipeline_model_parallel_size", "num_layers_per_virtual_pipeline_stage", "num_layers", "expert_tensor_parallel_size", "micro_batch_size", "global_batch_size", "seq_length", "world_size", "num_nodes", "num_gpus_per_node", "nproc_per_node", "nnodes"]
WORDS = ["recompute_granularity", "recompute_method", "recompute_modules", "fp8_recipe", "fp8_format", "fp8", "fp4", "data_parallel_sharding_strategy", "mixed_precision"]
SWITCHES = ["sequence_parallel", "use_distributed_optimizer", "grad_reduce_in_fp32", "accumulate_allreduce_grads_in_fp32", "bf16", "fp16", "recompute_activations", "use_megatron_fsdp", "use_torch_fsdp2"]
NAME = "|".join(sorted([*NUMBERS, *WORDS, *SWITCHES, *SHORT], key=len, reverse=True))
GIVEN = re.compile(rf"(?:--(?P<flag>(?:{NAME.replace('_', '[-_]')}))(?![\w-])(?:[ =]+(?P<value>\"[^\"]*\"|'[^']*'|[^\s\\\-][^\s\\]*))?)|(?:(?<![\w-])(?P<name>{NAME})\s*[=:]\s*(?P<literal>\"[^\"\n]*\"|'[^'\n]*'|\[[^\]\n]*\]|[^\s,)#]+))", re.ASCII)
LITERAL = re.compile(r"\d[\d_]*", re.ASCII)
WORD = re.compile(r"[a-z]\w*", re.ASCII)
PRECISIONS = (("nvfp4", (4.0, 1.0)), ("fp4", (4.0, 1.0)), ("mxfp8", (8.0, 1.0)), ("blockwise", (8.0, 1.0)), ("fp8", (8.0, 0.0)))


@dataclass(frozen=True)
class Launch:
    """What a launch says: the layout and the batch, and the number of GPUs if it is there. batch is None without its size."""

    layout: Layout
    batch: Batch | None
    gpus: float | None


def read_arguments(source, gpus: float | None = None) -> Reading:
    """Arguments, a launch script or a recipe as a Reading whose record is a `Launch`.

    gpus: how many there are, if the source doesn't say. Raises Unreadable where no known argument is, for values that
    are no whole numbers, and for degrees that don't divide the GPUs.
    """
    given, repeated = _given(load(source))
    if not given:
        raise Unreadable(words.NO_ARGUMENTS)
    assumed, ignored, unread = [], [], [words.GIVEN_TWICE.format(name=name) for name in repeated]
    numbers = {}
    for name in NUMBERS:
        if name in given and given[name] not in ("None", "null"):
            if LITERAL.fullmatch(given[name]):
                numbers[name] = float(given[name].replace("_", ""))
            else:
                unread.append(words.NOT_LITERAL.format(name=name, value=shown(given[name])))
    for name, value in numbers.items():
        if not 1 <= value <= 1e9:
            raise Unreadable(words.FROM_ONE, name=name, value=value)
    degrees = {short: numbers.get(name, 1.0) for name, short in DEGREES.items()}
    gpus = gpus or numbers.get("world_size") or _nodes(numbers)
    used = degrees["tp"] * degrees["pp"] * degrees["cp"]
    if gpus and gpus % used:
        raise Unreadable(words.NOT_DIVIDING, used=used, gpus=gpus)
    if not gpus:
        assumed.append(words.NO_GPUS)
    interleave = _interleave(numbers, degrees["pp"], assumed)
    zero = 1.0 if _on(given, "use_distributed_optimizer") else 0.0
    if any(_on(given, name) for name in ("use_megatron_fsdp", "use_torch_fsdp2")) or "optim_grads_params" in given.get("data_parallel_sharding_strategy", ""):
        zero = 3.0
    layout = Layout(
        **degrees, dp=gpus / used if gpus else 1.0, interleave=interleave, microbatch=numbers.get("micro_batch_size", 1.0), zero=zero,
        sequence_parallel=float(_on(given, "sequence_parallel")), expert_tp=_expert_tp(numbers, degrees["tp"], ignored), **_recompute(given, ignored),
    )  # fmt: skip
    return Reading("Megatron arguments", Launch(layout, _batch(given, numbers, assumed), gpus), assumed, ignored, unread)


def _given(text: str) -> tuple[dict[str, str], list[str]]:
    """Every argument by Megatron's name, with the last value that it gets; and the names that stand more than once."""
    found: dict[str, list[str]] = {}
    for line in lines(text):
        line = "" if line.lstrip().startswith("#") else line
        for match in GIVEN.finditer(line):
            name = (match["flag"] or match["name"]).replace("-", "_")
            value = match["value"] if match["flag"] else match["literal"]
            if name == "recompute_modules" and value and match["flag"]:  # several words, up to the next flag
                value = re.split(r" --|\\", line[match.start("value") :])[0]
            found.setdefault(SHORT.get(name, name), []).append((value or "true").strip("\"'"))
    return {name: values[-1] for name, values in found.items()}, [name for name, values in found.items() if len(set(values)) > 1]


def _on(given: dict, name: str) -> bool:
    return given.get(name, "false").lower() in ("true", "1", "yes")


def _nodes(numbers: dict) -> float | None:
    nodes = numbers.get("num_nodes") or numbers.get("nnodes")
    each = numbers.get("num_gpus_per_node") or numbers.get("nproc_per_node")
    return nodes * each if nodes and each else None


def _interleave(numbers: dict, pp: float, assumed: list) -> float:
    """Model chunks on each stage."""
    if chunks := numbers.get("virtual_pipeline_model_parallel_size"):
        return chunks
    if each := numbers.get("num_layers_per_virtual_pipeline_stage"):
        if layers := numbers.get("num_layers"):
            return max(1.0, float(np.ceil(layers / (pp * each))))
        assumed.append(words.NO_LAYERS)
    return 1.0


def _expert_tp(numbers: dict, tp: float, ignored: list) -> float:
    """1 if experts are cut over tp, which is Megatron's default, 0 if each is whole."""
    etp = numbers.get("expert_tensor_parallel_size", tp)
    if etp not in (1, tp):
        ignored.append(words.EXPERT_TP.format(etp=etp, tp=tp))
    return float(etp == tp)


def _recompute(given: dict, ignored: list) -> dict[str, float]:
    """What backward repeats, as a layout's fields: the whole layer, or modules by Megatron Core's names."""
    granularity = given.get("recompute_granularity", "")
    if granularity == "full":
        return {"recompute": 1.0, "recompute_scores": 1.0}
    if granularity != "selective" and not _on(given, "recompute_activations"):
        return {}
    modules = WORD.findall(given.get("recompute_modules", "core_attn"))
    if other := [module for module in modules if module != "core_attn" and module not in MODULES]:
        ignored.append(words.MODULES.format(names=", ".join(shown(module)[1:-1] for module in other)))
    return {"recompute_scores": float("core_attn" in modules)} | {MODULES[module]: 1.0 for module in modules if module in MODULES}


def _batch(given: dict, numbers: dict, assumed: list) -> Batch | None:
    if "seq_length" not in numbers or "global_batch_size" not in numbers:
        return None
    said = " ".join(given.get(name, "") for name in ("fp4", "fp8_recipe", "fp8", "fp8_format", "mixed_precision")).lower()
    said += " fp8" if {"fp8", "fp8_format", "fp8_recipe"} & given.keys() else ""
    bits, blocked = next((found for name, found in PRECISIONS if name in said), (16.0, 0.0))
    batch = batch_of(numbers["seq_length"], numbers["global_batch_size"], bits, blocked)
    gradients = next((given[name] for name in ("grad_reduce_in_fp32", "accumulate_allreduce_grads_in_fp32") if name in given), None)
    if gradients is None:
        assumed.append(words.FP32_GRADIENTS)
        return batch
    return replace(batch, gradient_bytes=4.0 if gradients.lower() in ("true", "1") else 2.0)
