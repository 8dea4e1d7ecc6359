"""How long a training step takes and how much memory it needs, part by part, for one layout.

Example: python -m clustermath step --model llama-3.1-405b --gpu h100 --gpus 16384 --batch-tokens 16777216 --tp 8
"""

import argparse

from ..cli import add_run, amount, batch_from, check_idle, chip_from, field_of, model_from, whole_numbers
from ..layout import Layout, gpus_used
from ..matmul import machine, measured_shares, share_assumed, sustained_share, with_share
from ..memory import memory_parts
from ..schedule import SCHEDULES
from ..search import check
from ..software import BY_DATE, CONSTANTS, DENSE, MIXTURE, PREDICTION_INTERVALS, Stack, described, stack_named
from ..stages import memory_of_fullest
from ..step import step_mfu, step_parts, step_time, throughput
from ..units import GIGA

DEGREES = {
    "tp": "tensor parallel", "pp": "pipeline stages", "cp": "context parallel", "ep": "ranks that share the experts",
    "interleave": "model chunks on each stage", "microbatch": "sequences of a microbatch",
    "replicas": "groups that FSDP and ZeRO share inside of, with copies in the others",
}  # fmt: skip
ENDS = {"first_layers": "first", "last_layers": "last"}
MODULES = {
    "core_attn": "recompute_scores", "layernorm": "recompute_simple", "moe_act": "recompute_simple", "mlp_act": "recompute_simple", "mla_up_proj": "recompute_up",
}  # fmt: skip
RECOMPUTE = {"none": (0.0, 0.0), "selective": (0.0, 1.0), "full": (1.0, 1.0)}


def add_arguments(parser):
    add_run(parser)
    for name, meaning in DEGREES.items():
        parser.add_argument(f"--{name}", type=amount(parameter=field_of(Layout, name)), default=1.0, help=f"{meaning} (1)")
    for name, stage in ENDS.items():
        meaning = f"layers of the {stage} stage (as even as can be)"
        parser.add_argument(f"--{name.replace('_', '-')}", type=amount(parameter=field_of(Layout, name)), default=0.0, help=meaning)
    parser.add_argument("--stages", type=whole_numbers, default=(), metavar="LAYERS", help="layers of every stage, e.g. 1,2,2,3 (as even as can be)")
    parser.add_argument("--context", choices=("ring", "ulysses", "gather"), default="ring", help="context-parallel ranks pass keys around a ring, hand each other heads, or gather keys first (ring)")
    parser.add_argument("--expert-tp", choices=("tp", "1"), default="tp", help="ranks that an expert is cut over (tp, if ep leaves them)")
    parser.add_argument("--dp", type=amount(parameter=field_of(Layout, "dp")), help="data parallel (as many as there are GPUs for)")
    parser.add_argument("--zero", type=int, choices=range(4), default=1, help="ZeRO stage; 3 is FSDP (1)")
    parser.add_argument("--schedule", choices=SCHEDULES, default="1f1b", help="of the pipeline (1f1b)")
    parser.add_argument("--recompute", type=recomputed, default=["none"], metavar="WHAT", help=f"in the backward pass: {', '.join(RECOMPUTE)}, or modules as Megatron Core names them: {', '.join(MODULES)} (none)")


def recomputed(text) -> list[str]:
    """An argument that says what backward repeats: one of RECOMPUTE, or modules with commas between."""
    names = [part.strip() for part in text.split(",")]
    if names[0] not in RECOMPUTE or len(names) > 1:
        if unknown := [name for name in names if name not in MODULES]:
            raise argparse.ArgumentTypeError(f"unknown {unknown[0]!r}; known: {', '.join(RECOMPUTE)}, or modules of {', '.join(MODULES)}")
    return names


def laid_out(args, stack: Stack) -> Layout:
    """The layout that the arguments ask for. Raises ValueError where one of them would change nothing."""
    check_idle(
        ("--context", args.context != "ring", args.cp > 1, "without --cp"),
        ("--replicas", args.replicas > 1, args.zero > 0, "with --zero 0, which shares nothing"),
        ("--schedule", args.schedule != "1f1b", args.pp > 1, "without --pp"),
        ("--expert-tp", args.expert_tp != "tp", args.model.experts > 0, f"for {args.model.name}, which has no experts"),
        ("--recompute", "moe_act" in args.recompute, args.model.experts > 0, f"for {args.model.name}: moe_act is of experts, and it has none"),
        ("--recompute", "mla_up_proj" in args.recompute, args.model.kv_rank > 0, f"for {args.model.name}: mla_up_proj is of latent attention"),
        *((f"--{name.replace('_', '-')}", getattr(args, name) > 0, not args.stages, "beside --stages, which says the layers of all") for name in ENDS),
    )
    recompute, recompute_scores = RECOMPUTE.get(args.recompute[0], (0.0, float("core_attn" in args.recompute)))
    modules = {field: 1.0 for name in args.recompute if (field := MODULES.get(name)) and field != "recompute_scores"}
    if args.recompute == ["selective"]:
        recompute = stack.selective  # what the software repeats beside scores
    degrees = {name: float(getattr(args, name)) for name in (*DEGREES, *ENDS)}
    dp = max(1.0, args.gpus // (args.tp * args.pp * args.cp)) if args.dp is None else args.dp
    return Layout(
        **degrees, dp=dp, zero=float(args.zero), schedule=float(SCHEDULES[args.schedule]), recompute=recompute,
        recompute_scores=recompute_scores, expert_tp=float(args.expert_tp == "tp"),
        **modules, stages=args.stages, ulysses=float(args.context == "ulysses"), gathered=float(args.context == "gather"),
    )  # fmt: skip


def run(args):
    batch, shape = batch_from(args), model_from(args)
    chip, stack = chip_from(args), stack_named(args.stack)
    gpu, layout = machine(chip), laid_out(args, stack)
    check(shape, layout, batch, args.gpus)
    parts = step_parts(shape, gpu, layout, batch, stack, CONSTANTS)
    needed = memory_parts(shape, gpu, layout, batch, stack)
    time = sum(parts.values())
    mfu = step_mfu(shape, gpu, layout, batch, time)
    kind = (MIXTURE if shape.experts else DENSE) + ("" if described(args.stack) else BY_DATE)
    assumed, between = share_assumed(chip), {}
    if assumed:
        shares = sorted((*measured_shares(), sustained_share(chip)))
        ends = (step_time(shape, with_share(chip, share), layout, batch, stack, CONSTANTS) for share in (shares[-1], shares[0]))
        between = dict(zip(("step_time_at_least_s", "step_time_at_most_s"), map(float, ends)))
    return {
        "step_time_s": time,
        "nine_of_ten_between_s": [time * end for end in PREDICTION_INTERVALS[kind]],
        "of_runs_like": kind.removeprefix("step time of "),
        **between,
        "mfu": mfu,
        "hfu": step_mfu(shape, gpu, layout, batch, time, recomputed=layout.recompute, recomputed_scores=layout.recompute_scores * (1 - stack.flash)),
        "cluster_mfu": mfu * gpus_used(layout) / args.gpus,
        "batch_tokens": batch.sequences * batch.seq_len,
        "tokens_per_s": throughput(batch, time),
        "gpus_used": gpus_used(layout),
        "spares": args.gpus - gpus_used(layout),
        "fits_in_memory": bool(memory_of_fullest(shape, gpu, layout, batch, stack) <= gpu.hbm),
        "seconds": parts,
        "memory_gb": {name: part / GIGA for name, part in needed.items()} | {"all": sum(needed.values()) / GIGA},
        "assumed": assumed,
    }
