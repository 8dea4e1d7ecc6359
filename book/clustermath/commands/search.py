"""The best way to lay a model out on a cluster: every layout that fits, evaluated in full, the fastest first.

Example: python -m clustermath search --model llama-3.1-405b --gpu h100 --gpus 16384 --batch-tokens 16777216
"""

import dataclasses

from ..architecture import ARCHITECTURES
from ..cli import PRECISIONS, add_precision, amount, one_of
from ..hardware import CHIPS
from ..layout import batch_of
from ..search import search
from ..matmul import machine
from ..software import stack_named


def add_arguments(parser):
    names = ", ".join(ARCHITECTURES)
    parser.add_argument("--model", type=one_of(ARCHITECTURES), required=True, help=f"one of: {names}")
    parser.add_argument("--gpu", type=one_of(CHIPS), required=True, help="one of: " + ", ".join(CHIPS))
    parser.add_argument("--gpus", type=amount(), required=True, help="how many there are, e.g. 16384 or 220k")
    parser.add_argument("--batch-tokens", type=amount(), required=True, help="tokens of a step, e.g. 16M")
    parser.add_argument("--seq-len", type=amount(), help="tokens of a sequence (what the model was trained with)")
    add_precision(parser)
    parser.add_argument("--stack", default="", help="software, e.g. nemo-2024 (the latest)")
    parser.add_argument("--top", type=int, default=10, help="how many layouts to list (10)")


def run(args):
    seq_len = args.seq_len or args.model.seq_len
    sequences = round(args.batch_tokens / seq_len)
    if sequences < 1 or args.gpus < 1 or args.top < 1:
        raise ValueError("--batch-tokens must hold a sequence, and --gpus and --top be at least 1")
    bits = float(PRECISIONS[args.precision])
    batch = batch_of(seq_len, float(sequences), bits, blocked=float(bits == 4))
    found = search(args.model, machine(args.gpu), batch, int(args.gpus), stack_named(args.stack), top=args.top)
    return dataclasses.asdict(found) | {"layouts_per_second": found.evaluated / found.seconds}
