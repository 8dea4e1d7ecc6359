"""Ten thousand damaged files: each is read, or refused in words; nothing else may happen."""

import json
import random

import numpy as np
import pytest
from clustermath.architecture import parameters
from clustermath.readers import Reading, Unreadable
from clustermath.readers.huggingface import read_config
from clustermath.readers.logs import read_log
from clustermath.readers.megatron import read_arguments
from clustermath.readers.mlperf import read_mlperf
from clustermath.readers.nccl import read_nccl
from clustermath.readers.power import read_power

from .test_huggingface import ROWS
from .test_logs import HEADER, ROW, SCRIPT, megatron, mlperf, titan
from .test_power import DCGM, SMI

FILES = {
    "config": (read_config, [json.dumps(row["config"]) for row in ROWS.values()]),
    "log": (read_log, ["\n".join(megatron(i, 2_000 + i) for i in range(1, 8)), "\n".join(titan(i, 5_000 + i) for i in range(1, 8))]),
    "mlperf": (read_mlperf, [mlperf(True, blocks=2), mlperf(False, blocks=2)]),
    "nccl": (read_nccl, [HEADER + "\n".join([ROW] * 3)]),
    "power": (read_power, [SMI, DCGM]),
    "arguments": (read_arguments, [SCRIPT]),
}
VALUES = ["null", "true", "-1", "0", "1e400", "1e-400", "NaN", "Infinity", '"text"', "[]", "{}", "[[[[]]]]", "99999999999999999999999", "1.5", '"<b>"', ""]
LETTERS = ["\0", "\x1b[31m", "\ufeff", "\u202e", "é", "{", "}", '"', "\\", ",", "\n", "|", "<script>", "\t", "−", "１"]


def damaged(rng: random.Random, text: str) -> str | bytes:
    """`text` with a few of the things that happen to files."""
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(text) + 1)
        end = min(len(text), at + rng.choice([1, 2, 8, 40]))
        kind = rng.randrange(7)
        if kind == 0:
            text = text[:at]
        elif kind == 1:
            text = text[:at] + text[end:]
        elif kind == 2:
            text = text[:at] + rng.choice(LETTERS) + text[at:]
        elif kind == 3:
            text = text[:at] + text[at:end] * rng.choice([2, 30]) + text[end:]
        elif kind == 4:
            numbers = [i for i, letter in enumerate(text) if letter.isdigit() and (i == 0 or not text[i - 1].isdigit())]
            if numbers:
                start = rng.choice(numbers)
                stop = next((i for i in range(start, len(text)) if not (text[i].isdigit() or text[i] in ".e+-")), len(text))
                text = text[:start] + rng.choice(VALUES) + text[stop:]
        elif kind == 5:
            text = text[:at] + text[rng.randrange(len(text) + 1) :]
        else:
            text = text[:at] + text[at:end].swapcase()[::-1] + text[end:]
    if rng.random() < 0.1:
        data = bytearray(text.encode("utf-8", "surrogatepass"))
        for _ in range(rng.randint(1, 5)):
            if data:
                data[rng.randrange(len(data))] = rng.randrange(256)
        return bytes(data)
    return text + "\n"  # a line break: it is a text, and no path


@pytest.mark.slow
@pytest.mark.parametrize("kind", FILES)
def test_a_damaged_file_is_read_or_refused_in_words(kind):
    read, originals = FILES[kind]
    rng = random.Random(f"broken {kind}")
    refused = 0
    for _ in range(2_000):
        text = damaged(rng, rng.choice(originals))
        try:
            reading = read(text)
        except Unreadable as error:
            refused += 1
            words = str(error)
            assert 15 < len(words) < 400 and "\x1b" not in words and "\0" not in words, words
        else:
            assert isinstance(reading, Reading)
            assert all(len(words) < 400 for words in reading.assumed + reading.ignored + reading.unread)
            if kind == "config":
                total = sum(parameters(reading.record).values())
                assert np.isfinite(total) and total > 0
    assert 0 < refused < 2_000
