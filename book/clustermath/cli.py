"""What the commands share: arguments that are names or amounts, and results as text."""

import argparse
import dataclasses
import re
from pathlib import Path

import numpy as np

from .architecture import ARCHITECTURES, Architecture
from .checking import PARAMETERS, Parameter
from .hardware import CHIPS, Chip
from .layout import Batch, batch_of
from .links import linked
from .nic import with_network
from .records import guards_of
from .run import effective_bits
from .software import stack_named
from .tables import Table, UnknownName, record
from .tables import read as read_data
from .tuning import ADAPTED, FROZEN, Tuning, lora
from .unreadable import Unreadable

BATCH_TOKENS = Parameter("batch_tokens", "token", 1, 1e12, "tokens of a step")
PREFIXES = {"": 1.0, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}
PRECISIONS = {"bf16": 16, "fp8": 8, "fp4": 4}
LORA_BESIDE = ("query", "value")
GRADIENTS = {"fp32": 4.0, "bf16": 2.0}  # bytes


def one_of(table: Table):
    """An argument that names a record of `table`: any case, the beginning is enough, a typing error gets a suggestion."""

    def record(text):
        try:
            return table.find(text)
        except UnknownName as unknown:
            raise argparse.ArgumentTypeError(str(unknown)) from None

    return record


def is_path(text) -> bool:
    """Whether an argument is meant as a file's path, not as a name."""
    return text.endswith(".json") or "/" in text or "\\" in text


def model_or_file(text):
    """An argument that names a model of the table, or a file that describes one: a path to a config.json."""
    if not is_path(text):
        return one_of(ARCHITECTURES)(text)
    from .readers import read_config  # which few commands need

    try:
        return read_config(text).record
    except Unreadable as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


def own_chips(text) -> dict[str, Chip]:
    """An argument that is a CSV of chips in the columns of data/chips.csv: each by its name."""
    try:
        described = read_data(Path(text).resolve())
        if taken := next((name for name in described if name in CHIPS), None):
            raise ValueError(f"{text}: {taken} is a chip of the book, with what was measured on it; give yours a name of its own")
        if lacking := next((name for name, fields in described.items() if "nvlink_domain" not in fields), None):
            raise ValueError(f"{text}: {lacking} lacks nvlink_domain")
        return {name: record(Chip, linked(fields), name=name) for name, fields in described.items()}
    except OSError as problem:
        raise argparse.ArgumentTypeError(f"{text}: {problem.strerror}") from None
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


def own_chip(text) -> Chip:
    """An argument that is a CSV of one chip."""
    found = own_chips(text)
    if len(found) != 1:
        raise argparse.ArgumentTypeError(f"{text}: one chip was expected, and there are {len(found)}{': ' * bool(found)}{', '.join(found)}")
    return next(iter(found.values()))


def chip_or_file(text):
    """An argument that names a chip of the table, or a CSV that describes one in the columns of data/chips.csv."""
    return own_chip(text) if text.lower().endswith(".csv") else one_of(CHIPS)(text)


def add_chip(parser, required=True, meaning=""):
    """The two options of which one says the chip: --gpu, by its name, and --chip-file, a reader's own."""
    either = parser.add_mutually_exclusive_group(required=required)
    either.add_argument("--gpu", type=chip_or_file, help=f"{meaning}a CSV as data/chips.csv, or one of: " + ", ".join(CHIPS))
    either.add_argument("--chip-file", dest="gpu", type=own_chip, metavar="FILE", help="a CSV of one chip in the columns of data/chips.csv, instead")


class amount:
    """An argument that is a number, with a prefix and the unit if one likes: 220k, 16,384, 3.8e25, 1.5 GW.

    parameter: what bounds it, a name of `parameters.PARAMETERS` or a Parameter; scale: how much one of what is typed is
    in its unit, and shown: the name of that in messages, such as "dollars for a GPU-hour".
    """

    def __init__(self, unit="", parameter=None, scale=1.0, shown=None):
        self.unit, self.scale = unit, scale
        guard = PARAMETERS[parameter] if isinstance(parameter, str) else parameter
        in_its_unit = {"low": guard.low / scale, "high": guard.high / scale, "unit": shown or guard.unit} if guard else {}
        self.guard = guard and dataclasses.replace(guard, **in_its_unit)
        digits = r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d*)(?:\.\d+)?(?:e[-+]?\d+)?"
        self.pattern = re.compile(rf"({digits})\s*([{''.join(PREFIXES)}]?)(?:{unit})?", re.IGNORECASE)

    def __call__(self, text) -> float:
        match = self.pattern.fullmatch(text.strip())
        try:
            return float(match[1].replace(",", "")) * PREFIXES[match[2].upper()]
        except (TypeError, ValueError):
            example = f"1.5 G{self.unit}" if self.unit else "220k, 16384 or 3.8e25"
            raise argparse.ArgumentTypeError(f"{text!r} is not a number such as {example}") from None


def check_amounts(parser, args) -> None:
    """Raise ValueError, naming the option, its value as it was typed and what it may be, if one is impossible."""
    for action in parser._actions:
        value = getattr(args, action.dest, None)
        if isinstance(action.type, amount) and action.type.guard and value is not None:
            action.type.guard.checked_value(value, f"{action.option_strings[0]}: ")


def check_idle(*options: tuple[str, bool, bool, str]) -> None:
    """Raise ValueError for an option that would change nothing. options: (its name, whether it says something else than when
    it is left out, whether that counts, and with what it does)."""
    for name, said, counts, what in options:
        if said and not counts:
            raise ValueError(f"{name}: it changes nothing {what}")


def field_of(record, name):
    """The guard of a record's field, for `amount`."""
    return next(guard for guard in guards_of(record) if guard.name == name)


def stack_name(text) -> str:
    """An argument that names a software stack: one that is known, or any that ends in the time it is of."""
    try:
        stack_named(text)
    except UnknownName as unknown:
        raise argparse.ArgumentTypeError(str(unknown)) from None
    return text


def add_run(parser):
    """The arguments that say what is trained, on what, and with what: of `step` and `search`."""
    names = ", ".join(ARCHITECTURES)
    parser.add_argument("--model", type=model_or_file, required=True, help=f"a config.json, or one of: {names}")
    add_chip(parser)
    parser.add_argument("--gpus", type=amount(parameter="gpus"), required=True, help="how many there are, e.g. 16384 or 220k")
    parser.add_argument("--network", default="", metavar="SPEED", help="a GPU's share of it, e.g. 400 Gb/s, or a node's: 8x400G (as usual for the GPU)")
    parser.add_argument("--batch-tokens", type=amount(parameter=BATCH_TOKENS), required=True, help="tokens of a step, e.g. 16M")
    parser.add_argument("--seq-len", type=amount(parameter="seq_len"), help="tokens of a sequence (what the model was trained with)")
    parser.add_argument("--trained", type=amount(parameter=field_of(Tuning, "trained")), help="share of the model's weights that is trained, the rest frozen (1; 0 with --lora)")
    parser.add_argument("--lora", type=amount(parameter=field_of(Tuning, "rank")), default=0.0, metavar="RANK", help="of adapters beside frozen weights")
    parser.add_argument("--lora-beside", type=matrices, default=LORA_BESIDE, metavar="NAMES", help=f"matrices, of {','.join((*ADAPTED, 'experts'))} (query,value)")
    parser.add_argument("--frozen", choices=FROZEN, default="bf16", help="what frozen weights are kept in; QLoRA: nf4 (bf16)")
    add_precision(parser)
    parser.add_argument("--gradients", choices=GRADIENTS, default="fp32", help="kept and reduced in; NVIDIA's recipes for speed: bf16 (fp32)")
    parser.add_argument("--stack", type=stack_name, default="", help="software, e.g. nemo-2024 (the latest)")


def matrices(text) -> tuple[str, ...]:
    """An argument that lists the matrices that adapters stand beside: query,value."""
    names = tuple(part.strip() for part in text.split(",") if part.strip())
    unknown = [name for name in names if name not in (*ADAPTED, "experts")]
    if unknown:
        raise argparse.ArgumentTypeError(f"unknown matrix {unknown[0]!r}; known: {', '.join((*ADAPTED, 'experts'))}")
    if not set(names) - {"experts"}:  # which only say that the feed-forward's adapters are the experts', too
        raise argparse.ArgumentTypeError(f"{text!r} names no matrix; known: {', '.join(ADAPTED)}")
    return names


def whole_numbers(text) -> tuple[float, ...]:
    """An argument that lists the layers of stages: 1,2,2,3, or as a Python list."""
    found = text.strip().removeprefix("[").removesuffix("]").split(",")
    if not all(part.strip().isdecimal() for part in found):
        raise argparse.ArgumentTypeError(f"{text!r} is no list of layers such as 1,2,2,3")
    return tuple(map(float, found))


def chip_from(args) -> Chip:
    """The chip that `add_run`'s arguments ask for, with its share of the network."""
    try:
        return with_network(args.gpu, args.network)
    except ValueError as problem:
        raise ValueError(f"--network: {problem}") from None


def model_from(args) -> Architecture:
    """The model that `add_run`'s arguments ask for: as it is, or trained in part."""
    check_idle(("--lora-beside", args.lora_beside != LORA_BESIDE, args.lora > 0, "without --lora"))
    if args.trained is None and not args.lora:
        if args.frozen != "bf16":
            raise ValueError(f"--frozen: {args.frozen} is for frozen weights: say --lora or --trained")
        return args.model
    check_idle(("--frozen", args.frozen != "bf16", args.trained != 1, "beside --trained 1: nothing is frozen"))
    return lora(args.model, args.lora, *args.lora_beside, trained=args.trained or 0.0, frozen=args.frozen)


def batch_from(args) -> Batch:
    """The batch that `add_run`'s arguments ask for, in whole sequences."""
    seq_len = args.model.seq_len if args.seq_len is None else args.seq_len
    sequences = round(args.batch_tokens / seq_len)
    if sequences < 1:
        raise ValueError(f"--batch-tokens: {args.batch_tokens:,.0f} tokens are less than a sequence of {seq_len:,.0f}")
    bits = float(bits_of(args))
    batch = batch_of(seq_len, float(sequences), bits, blocked=float(bits == 4))
    return dataclasses.replace(batch, gradient_bytes=GRADIENTS[args.gradients])


def add_precision(parser):
    parser.add_argument("--precision", choices=PRECISIONS, default="bf16", help="of the matrix multiplies (bf16)")


def bits_of(args) -> int:
    """Bits of --precision; ValueError if the chip doesn't multiply in it."""
    bits = PRECISIONS[args.precision]
    able = [name for name, width in PRECISIONS.items() if effective_bits(args.gpu, width) == width]
    if args.precision not in able:
        raise ValueError(f"--precision: {args.gpu.name} does not multiply in {args.precision}; it does in {' and '.join(able)}")
    return bits


def plain(result):
    """The result with NumPy's numbers as Python's, so that JSON can hold it; NaN and infinity as null."""
    if isinstance(result, dict):
        return {key: plain(value) for key, value in result.items()}
    if isinstance(result, (list, tuple)):
        return [plain(value) for value in result]
    if isinstance(result, (np.ndarray, np.generic)):
        return plain(result.tolist())
    if isinstance(result, float) and not np.isfinite(result):
        return None
    return result


def as_text(result, indent="") -> str:
    """A dict as aligned lines; a list of dicts in it as a table."""
    width = max((len(key) for key in result), default=0)
    lines = []
    for key, value in result.items():
        if isinstance(value, dict):
            lines += [f"{indent}{key}", as_text(value, indent + "  ")]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            lines += [f"{indent}{key}", _as_table(value, indent + "  ")]
        else:
            lines.append(f"{indent}{key:<{width}}  {_as_cell(value)}")
    return "\n".join(lines)


def _as_table(rows, indent):
    cells = [list(rows[0])] + [[_as_cell(row.get(key)) for key in rows[0]] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        indent + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
    )


def _as_cell(value) -> str:
    if value is None:
        return "-"
    if isinstance(value, list):
        return "; ".join(map(str, value))
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.1f}" if 1e4 <= abs(value) < 1e15 else f"{value:.4g}"
