"""The best way to lay a model out on a cluster: every layout that fits, evaluated in full, the fastest first.

Example: python -m clustermath search --model llama-3.1-405b --gpu h100 --gpus 16384 --batch-tokens 16777216
"""

from ..cli import add_run, amount, batch_from, chip_from, model_from
from ..matmul import machine
from ..search import TOP, search
from ..software import stack_named


def add_arguments(parser):
    add_run(parser)
    parser.add_argument("--top", type=amount(parameter=TOP), default=10, help="how many layouts to list (10)")


def run(args):
    batch = batch_from(args)
    found = search(model_from(args), machine(chip_from(args)), batch, int(args.gpus), stack_named(args.stack), top=args.top)
    return vars(found) | {"batch_tokens": batch.sequences * batch.seq_len, "layouts_per_second": found.evaluated / found.seconds}
