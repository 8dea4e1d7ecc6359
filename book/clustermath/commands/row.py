"""A measured run as a row for `validate`: its log, and what a log doesn't hold.

LOG is what `read` takes; --launch is a launch script or a recipe, from which layout and batch come. Whatever is said on the
command line wins. --out FILE adds the row to a CSV, which `validate FILE` holds the model against, and which can be sent in.
A chip of one's own goes with it: `validate FILE --chip-file CHIPS`.

Example: python -m clustermath row data/examples/torchtitan.log --model llama-3-8b --gpu h100 --gpus 8 --sequences 16 --seq-len 8192 --tp 1
"""

import csv
import io
from pathlib import Path

from ..architecture import active_parameters, parameters
from ..cli import add_chip, add_precision, amount, bits_of, chip_from, field_of, model_or_file, stack_name
from ..layout import Batch, Layout
from ..measured import COLUMNS, read_run
from ..readers import Unreadable, read
from ..readers.megatron import Launch
from ..readers.steps import Steps
from ..units import GIGA

DEGREES = ("tp", "pp", "cp", "ep", "interleave", "microbatch")


def add_arguments(parser):
    parser.add_argument("log", metavar="LOG", help="of Megatron, Bridge, torchtitan, MaxText, DeepSpeed, nanotron or MLPerf")
    parser.add_argument("--launch", metavar="FILE", help="arguments of Megatron, or a recipe")
    parser.add_argument("--model", type=model_or_file, required=True, help="a known model, or a config.json")
    add_chip(parser)
    parser.add_argument("--gpus", type=amount(parameter="gpus"), required=True, help="how many")
    parser.add_argument("--seq-len", type=amount(parameter=field_of(Batch, "seq_len")), help="tokens of a sequence")
    parser.add_argument("--sequences", type=amount(parameter=field_of(Batch, "sequences")), help="of a step, where the log doesn't say")
    for name in DEGREES:
        parser.add_argument(f"--{name}", type=amount(parameter=field_of(Layout, name)), help="of the layout")
    parser.add_argument("--network", default="", metavar="SPEED", help="a GPU's share of it, e.g. 400 Gb/s, or a node's: 8x400G")
    parser.add_argument("--stack", type=stack_name, default="", help="software, e.g. nemo-2025")
    parser.add_argument("--id", default="", help="a name for the run (the log's)")
    parser.add_argument("--out", metavar="FILE", help="a CSV to add the row to")
    add_precision(parser)


def run(args):
    steps = read(args.log).record
    if not isinstance(steps, Steps):
        raise ValueError(f"{args.log}: a log of training was expected")
    chip_from(args)  # what is no network is refused here, not when the row is read
    if args.model.mixers:
        raise ValueError(f"{args.model.name}: the table of measured runs has no columns for layers of several kinds")
    launch = _launched(args.launch)
    row = _row(args, steps, launch)
    if args.out:
        _add(Path(args.out), row)
    line = io.StringIO()
    csv.DictWriter(line, COLUMNS, lineterminator="").writerow(row)
    read_back = read_run(row, 1, {args.gpu.name: args.gpu})
    left_out = {"validate_leaves_it_out": read_back.skipped.removeprefix("line 1: ")} if read_back.skipped else {"validate_assumes": read_back.assumed}
    return {"row": {name: value for name, value in row.items() if value != ""}, "csv": line.getvalue()} | left_out


def _launched(path) -> Launch | None:
    if path is None:
        return None
    record = read(path).record
    if not isinstance(record, Launch):
        raise Unreadable(f"{path}: launch arguments were expected")
    return record


def _row(args, steps: Steps, launch: Launch | None) -> dict:
    """Every column; blank where neither the options, nor the launch, nor the log say."""
    shape = args.model
    sequences = args.sequences or steps.sequences or (launch and launch.batch and launch.batch.sequences)
    if not sequences:
        raise ValueError("--sequences: neither the log nor a launch says how many sequences a step has")
    said = {name: getattr(args, name) or steps.layout.get(name) or (launch and getattr(launch.layout, name)) for name in DEGREES}
    seq_len = args.seq_len or (launch and launch.batch and launch.batch.seq_len) or shape.seq_len
    time, notes = steps.step_time, f"median of {len(steps.times)} steps; 5 to 95 %: {steps.spread[0]:.4g} to {steps.spread[1]:.4g} s"
    if not len(steps.times) and (samples := steps.facts.get("samples per second")):
        time, notes = sequences / samples, "step time from the samples per second that the log prints"
    elif not len(steps.times):
        time, notes = sequences * seq_len / (steps.tokens_per_gpu * args.gpus), "step time from the tokens per second that the log prints"
    if not time > 0:
        raise ValueError(f"{args.log}: neither step times, nor tokens or samples per second")
    row = dict.fromkeys(COLUMNS, "") | {
        "id": args.id or Path(args.log).stem, "source": f"a log of {steps.software}", "model": shape.name,
        "params_b": sum(parameters(shape).values()) / GIGA, "active_params_b": sum(active_parameters(shape).values()) / GIGA,
        "seq_len": seq_len, "global_batch_seqs": sequences, "gpu": args.gpu.name, "gpus": args.gpus,
        "precision": args.precision if bits_of(args) else "", "step_time_s": time, "stack": args.stack, "confidence": "seen",
        "notes": notes, "network": args.network,
    }  # fmt: skip
    row |= {name: value for name, value in said.items() if value}
    if not shape.experts and not shape.window_layers:
        row |= {name: getattr(shape, name) for name in ("layers", "hidden", "ffn", "heads", "kv_heads", "vocab")}
    return {name: f"{value:.10g}" if isinstance(value, (int, float)) else value for name, value in row.items()}


def _columns_of(path: Path) -> list[str]:
    with open(path, newline="", encoding="utf-8") as lines:
        return next(csv.reader(lines))


def _add(path: Path, row: dict) -> None:
    try:
        new = not path.exists() or path.stat().st_size == 0
        names = COLUMNS if new else _columns_of(path)
        if lost := [name for name, value in row.items() if value != "" and name not in names]:
            raise ValueError(f"{path} has no column {lost[0]}")
        with open(path, "a", newline="", encoding="utf-8") as out:
            table = csv.DictWriter(out, names, restval="", extrasaction="ignore")
            if new:
                table.writeheader()
            table.writerow(row)
    except OSError as problem:
        raise ValueError(f"{path}: {problem.strerror}") from None
    except UnicodeDecodeError as problem:
        raise ValueError(f"{path}: byte {problem.start} is not UTF-8; save the file as UTF-8") from None
