"""Controls for the parameters of clustermath: range and meaning are declared there, once."""

from clustermath.parameters import PARAMETERS
from clustermath.power import PUE
from clustermath.tables import Table
from livefigure import Choice, Slider
from livefigure.numbers import format_number

__all__ = ["PUE", "choice", "gpus", "precision", "share", "slider", "some"]

PRECISIONS = {"BF16": 16, "FP8": 8, "FP4": 4}


def slider(parameter: str, value: float, label: str, show=None, **options) -> Slider:
    """A slider over the declared range of a clustermath parameter, or over the part of it in `show`."""
    declared = PARAMETERS[parameter]
    low, high = show or declared.shown
    return Slider(low, high, value, label, limits=(declared.low, declared.high), integer=declared.integer, **options)


def share(parameter: str, value: float, label: str, **options) -> Slider:
    """A slider for a share, shown in per cent."""
    return slider(parameter, value, label, unit="%", scale=0.01, **options)


def gpus(value: float, show=None, **options) -> Slider:
    """The number of GPUs, by factors."""
    return slider("gpus", value, "GPUs", show, log=True, format=",.7g", **options)


def some(table: Table, names) -> Table:
    """The records of `table` that a reader may choose from."""
    names = list(names)
    return Table(table.kind, {name: table[name] for name in names}, {name: table.sources[name] for name in names})


def choice(table: Table, value: str, label: str, **options) -> Choice:
    """A record of one of clustermath's tables, with the source of each of its numbers."""
    sources = {name: {field: (what(field, datum), whence(datum)) for field, datum in data.items()} for name, data in table.sources.items()}
    return Choice(table, value, label, sources=sources, **options)


# What a record's numbers are, in words; those of the last group are 1 or 0.
WORDS = {
    "bf16": "BF16 peak", "fp8": "FP8 peak", "fp4": "FP4 peak", "hbm": "memory", "hbm_bandwidth": "memory bandwidth", "nvlink": "NVLink in each direction",
    "nvlink_domain": "GPUs in an NVLink domain", "nic": "network card", "tdp": "power limit of the chip", "server_power": "power with its share of the server",
    "bandwidth": "bandwidth of a port", "radix": "ports", "energy": "energy", "power": "power", "round_trip": "returned of what is stored", "gpus": "GPUs",
    "flops": "training work", "params": "parameters", "active_params": "active parameters", "tokens": "tokens",
    "rate": "failures for each GPU", "lag": "written in the background for", "stall": "stops the job for",
    "layers": "layers", "dense_layers": "dense layers", "hidden": "hidden size", "heads": "attention heads", "head_dim": "size of a head",
    "kv_heads": "heads for keys and values", "kv_rank": "rank of keys and values", "query_rank": "rank of queries", "rope_dim": "rotated part of a head",
    "value_dim": "size of a value", "ffn": "feed-forward size", "expert_ffn": "size of an expert", "shared_ffn": "size of the shared expert", "experts": "experts",
    "top_k": "experts for each token", "vocab": "vocabulary", "positions": "learned positions", "seq_len": "sequence length", "window": "attention window",
    "window_layers": "layers with a window", "mtp": "layers that predict further tokens",
}  # fmt: skip
FLAGS = {"gated": "gated feed-forward", "bias": "biases", "tied": "input and output share a matrix", "parallel_block": "attention and feed-forward side by side"}
KNOWN = {"seen": "", "seen-2nd": ", as others quote it", "recalled": ", from memory and not confirmed", "derived": ", computed by us", "assumed": ", assumed by us"}


def what(field: str, datum) -> str:
    """A record's number and its meaning."""
    if field in FLAGS:
        return FLAGS[field] if datum.value else f"not: {FLAGS[field]}"
    unit = {"1": "", "gpu": "", "FLOP": " FLOPs", "1/gpu/day": " a day"}.get(datum.unit, f" {datum.unit}")
    return f"{WORDS.get(field, field.replace('_', ' '))} {format_number(datum.value, ',.6g')}{unit}"


def whence(datum) -> str:
    """Where a number comes from and how well that is known."""
    return datum.source + KNOWN[datum.confidence]


def precision(**options) -> Choice:
    """The number format of the matrix multiplies."""
    return Choice(PRECISIONS, "BF16", "precision", **options)
