"""The readers of the page: one classic script of the files in `js/` and of the tables, patterns and sentences that Python has.

Nothing of these is written twice. The script sets `livefigureReaders`, {read(text), readFile(file, onProgress, signal)};
it needs neither a network nor a server, evaluates no text and makes no element.
"""

from __future__ import annotations

import dataclasses
import json
import re
from functools import cache, partial
from pathlib import Path

from .. import recorded
from ..architecture import Architecture, Mixer
from ..layout import Batch, Layout
from ..stated_layout import MODULES as MODULES_OF_LAYOUT
from ..units import UNITS
from . import families, fields, huggingface, logs, megatron, mixers, mlperf, nccl, parse_json, power, steps, text, unmodelled, words

SOURCES = Path(__file__).with_name("js")
PARTS = ("text", "turns", "nearest", "json", "rules", "config", "mixers", "lines", "logs", "mlperf", "nccl", "megatron", "power", "read")
MODULES = (text, logs, nccl, megatron, power)  # whose patterns the page has, too
LIMITS = {
    text: ("LARGEST", "LONGEST", "SHOWN", "MANY", "MOST_GPUS"), parse_json: ("LARGEST_JSON", "DEEPEST"), steps: ("SLOW", "WARM_UP"), mlperf: ("NAMED", "LONGEST_DAMAGE"),
    power: ("PERIOD", "HEADERS", "MOST_COLUMNS"), recorded: ("SAMPLES", "LONGEST_COURSE"),
}  # fmt: skip
TOKEN = re.compile(r"\\.|\(\?P<|.", re.DOTALL)


@cache
def script() -> str:
    """The source of the script, to be written beside the pages that load it."""
    parts = "\n".join((SOURCES / f"{part}.js").read_text(encoding="utf-8") for part in PARTS)
    return f'(() => {{\n"use strict";\nconst TABLE = {json.dumps(table(), ensure_ascii=False, separators=(",", ":"))};\n{parts}\n}})();\n'


def table() -> dict:
    """What both languages read by, as JSON."""
    return {
        "words": {name: value for name, value in vars(words).items() if name.isupper()},
        "limits": {name: getattr(module, name) for module, names in LIMITS.items() for name in names},
        "patterns": {name: javascript(pattern) for module in MODULES for name, pattern in vars(module).items() if isinstance(pattern, re.Pattern)},
        "boms": [(list(mark), encoding.replace("16-", "16")) for mark, encoding in text.BOMS],
        "classes": huggingface.classes(),
        "families": {name: _told(family) for name, family in families.FAMILIES.items()},
        "family": _told(families.Family(), everything=True),
        "mixture": _told(families.Mixture(""), everything=True),
        "unmodelled": unmodelled.UNMODELLED,
        "older": fields.OLDER,
        "wrapped": huggingface.WRAPPED,
        "nested": huggingface.NESTED,
        "kindFields": huggingface.KINDS,
        "kinds": {name: getattr(mixers, name) for name in ("FULL", "SLIDING", "CHUNKED", "LINEAR", "EXPERTS", "DENSE", "CONVOLUTION")},
        "sameKinds": mixers.KINDS,
        "DELTA_CHUNK": mixers.DELTA_CHUNK,
        "architecture": _defaults(Architecture),
        "mixer": _defaults(Mixer),
        "programs": [{"name": program.name, "counter": program.counter, "mfu_peaks": program.mfu_peaks} for program in logs.PROGRAMS],
        "logThousands": logs.THOUSANDS,
        "megatronFields": logs.MEGATRON_FIELDS,
        "megatronRates": logs.MEGATRON_RATES,
        "megatronBatches": logs.MEGATRON_BATCHES,
        "megatronFacts": logs.MEGATRON_FACTS,
        "mllog": mlperf.TOKEN,
        "mlperfDegrees": mlperf.DEGREES,
        "mlperfStated": mlperf.STATED,
        "mlperfSamples": mlperf.SAMPLES,
        "collectives": nccl.NAMES,
        "bus": nccl.BUS,
        "microsecond": UNITS["us"],
        "megatron": {
            "short": megatron.SHORT, "degrees": megatron.DEGREES, "numbers": megatron.NUMBERS, "precisions": megatron.PRECISIONS, "modules": MODULES_OF_LAYOUT,
            "layout": _defaults(Layout), "batch": _defaults(Batch),
        },
        "power": {"watts": power.WATTS, "means": power.MEANS, "seconds": power.SECONDS, "gpu": power.GPU, "thousands": power.THOUSANDS, "unitsOfWatts": power.UNITS_OF_WATTS, "unitsOfTime": power.UNITS_OF_TIME},
    }


def _told(record, everything: bool = False) -> dict:
    """A family, or its mixture, with its rules by name: what is otherwise than usual, or everything."""
    found = {field.name: getattr(record, field.name) for field in dataclasses.fields(record) if everything or getattr(record, field.name) != field.default}
    return {name: _told(value) if dataclasses.is_dataclass(value) else _rule(value) for name, value in found.items()}


def _rule(value):
    """A function as its name, a partial one as a list of its name and what it was made for."""
    if isinstance(value, partial):
        return [value.func.__name__, *map(_rule, value.args)]
    return value.__name__ if callable(value) else value


def _defaults(record) -> dict:
    """What a field has where nothing is said."""
    return {field.name: field.default for field in dataclasses.fields(record) if field.default is not dataclasses.MISSING}


def javascript(pattern: re.Pattern) -> tuple[str, str]:
    """A pattern of Python's `re` as source and flags of a RegExp that finds the same in a line.

    Raises ValueError for one whose letters and digits are all of Unicode's: JavaScript's are ASCII's.
    """
    if re.search(r"\\[dswDSWbB]", pattern.pattern) and not pattern.flags & re.ASCII:
        raise ValueError(f"{pattern.pattern!r} needs re.ASCII")
    source, inside = [], False
    for token in TOKEN.findall(pattern.pattern):
        if token in ("\\s", "\\S", "."):
            spaces = " \\t\\n\\r\\f\\v"
            token = token if inside and token == "." else spaces if inside else {"\\s": f"[{spaces}]", "\\S": f"[^{spaces}]", ".": "[^\\n]"}[token]
        elif token in ("[", "]"):
            inside = token == "["
        elif token == "(?P<":
            token = "(?<"
        elif token in ("\\\"", "\\'"):
            token = token[1]
        elif len(token) == 1 and not " " <= token <= "~":
            token = f"\\u{ord(token):04x}"
        source.append(token)
    return "".join(source), ("i" if pattern.flags & re.IGNORECASE else "") + ("u" if "\\ud800" in source else "")
