"""What a file says: a config.json, a log, an MLPerf result, nccl-tests' table, launch arguments of Megatron, watts over time.

Example: python -m clustermath read data/examples/llama-3.1-405b.json --seq-len 8192

A log says more with what it doesn't hold: read train.log --model llama-3.1-405b --seq-len 8192 --gpu h100
"""

import numpy as np

from ..architecture import Architecture, active_parameters, model_flops, parameters
from ..cli import add_chip, add_precision, amount, bits_of, check_idle, field_of, model_or_file
from ..counters import COUNTERS, six_n
from ..layout import Batch
from ..readers import read
from ..readers.megatron import Launch
from ..readers.nccl import Collective
from ..recorded import Recording
from ..readers.steps import Steps
from ..run import peak
from ..units import GIGA, TERA


def add_arguments(parser):
    parser.add_argument("files", nargs="+", metavar="FILE", help="one or more; each is told apart by what is in it")
    parser.add_argument("--model", type=model_or_file, help="what a log is of: a known model, or a config.json")
    parser.add_argument("--seq-len", type=amount(parameter=field_of(Batch, "seq_len")), help="tokens of a sequence, which no config and few logs hold")
    add_chip(parser, required=False, meaning="the chip that a log is of: ")
    add_precision(parser)


def run(args):
    check_idle(
        ("--gpu", args.gpu, args.model, "without --model: what a log prints is counted anew for a model"),
        ("--precision", args.precision != "bf16", args.gpu, "without --gpu"),
    )
    readings = {file: read(file) for file in args.files}
    logs, models = (any(isinstance(reading.record, kind) for reading in readings.values()) for kind in (Steps, Architecture))
    check_idle(
        ("--model", args.model, logs, "of what is no log of training"),
        ("--seq-len", args.seq_len, models or logs and args.model, "of what is neither a config.json nor a log with its --model"),
    )
    found = {}
    for file, reading in readings.items():
        said = {"kind": reading.kind} | _described(reading.record, args)
        said |= {name: words for name in ("assumed", "ignored", "unread") if (words := getattr(reading, name))}
        found[file] = said
    return found


def _described(record, args) -> dict:
    if isinstance(record, Architecture):
        return _model(record, args)
    if isinstance(record, Steps):
        return _steps(record, args)
    if isinstance(record, Collective):
        return {
            "collective": record.name, "ranks": record.ranks, "messages": len(record.sizes), "start_us": record.start * 1e6,
            "rate_gb_s": record.rate / GIGA, "bus_bandwidth_gb_s": float(np.nanmax(record.bus_bandwidths)) / GIGA,
        }  # fmt: skip
    if isinstance(record, Recording):
        steps = np.diff(record.seconds)
        ramps = np.abs(np.diff(record.watts)) / steps
        return {
            "readings": len(record.watts), "seconds": record.length, "seconds_between": float(np.median(steps)), "watts_per_gpu": float(record.means(1)[0]),
            "least_watts": float(record.watts.min()), "most_watts": float(record.watts.max()), "steepest_watts_per_s": float(ramps.max()),
        }  # fmt: skip
    assert isinstance(record, Launch)
    batch = {"batch": _fields(record.batch)} if record.batch else {}
    return {"gpus": record.gpus, "layout": _fields(record.layout)} | batch


def _fields(record) -> dict:
    return {name: value for name, value in vars(record).items() if name != "name"}


def _model(shape, args) -> dict:
    seq_len = args.seq_len or shape.seq_len
    return {
        "model": shape.name,
        "parameters": sum(parameters(shape).values()),
        "active": sum(active_parameters(shape).values()),
        "parts": parameters(shape),
        "seq_len": seq_len,
        "gflop_per_token": {"this book, causal half": model_flops(shape, seq_len, 1.0) / GIGA, "6N": six_n(shape) / GIGA}
        | {name: count(shape, seq_len) / GIGA for name, count in COUNTERS.items() if "GPT-OSS" not in name},
    }


def _steps(steps, args) -> dict:
    low, high = steps.spread
    said = {
        "steps": len(steps.times), "step_time_s": steps.step_time, "step_time_5_percent_s": low, "step_time_95_percent_s": high,
        "tokens_per_s_per_gpu": steps.tokens_per_gpu, "printed_tflops": steps.rate / TERA, "printed_mfu": steps.mfu, "mfu_is_a_share_of": steps.mfu_peaks or None,
        "counted_by": steps.counter or None, "sequences": steps.sequences, "layout": steps.layout or None, **steps.facts,
    }  # fmt: skip
    if args.model is None or not steps.counter:
        return said
    seq_len = args.seq_len or args.model.seq_len
    ratio = model_flops(args.model, seq_len, 1.0) / COUNTERS[steps.counter](args.model, seq_len)
    said["tflops_as_this_book_counts"] = steps.rate * ratio / TERA
    if args.gpu is not None:
        said["mfu_as_this_book_counts"] = steps.rate * ratio / peak(args.gpu, bits_of(args))
    return said
