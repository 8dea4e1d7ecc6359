"""How long a training run takes, and what it costs.

Example: python -m clustermath days --model llama-3.1-405b --gpu h100 --gpus 16384 --mfu 0.404
"""

from ..architecture import Architecture, active_parameters
from ..cli import add_chip, add_precision, amount, bits_of, check_idle, is_path, model_or_file, one_of
from ..models import MODELS
from ..power import PUE, WATTS, drawn_share, gpu_power
from ..run import amdahl, cost, energy, gpu_time, peak, training_flops, training_time
from ..units import DAY, HOUR, MEGA, TERA


def add_arguments(parser):
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--model", type=_model, help="a config.json, with --tokens, or one of: " + ", ".join(MODELS))
    what.add_argument("--flops", type=amount("FLOP", "flops"), help="training FLOPs, instead of a model")
    parser.add_argument("--tokens", type=amount(parameter="tokens"), help="tokens that the model is trained on (the model's own)")
    add_chip(parser)
    parser.add_argument("--gpus", type=amount(parameter="gpus"), required=True, help="how many, e.g. 16384 or 220k")
    parser.add_argument("--mfu", type=amount(parameter="mfu"), required=True, help="model FLOPs utilisation, e.g. 0.4")
    parser.add_argument("--goodput", type=amount(parameter="goodput"), default=1.0, help="share of the time that makes progress (1)")
    add_precision(parser)
    parser.add_argument("--speedup", type=amount(parameter="speedup"), default=1.0, help="hypothetical speed-up of the software (1)")
    parser.add_argument("--serial", type=amount(parameter="serial"), default=0.0, help="share of the time it leaves as it is (0)")
    parser.add_argument("--price", type=amount("", "price", 1 / HOUR, "dollars for a GPU-hour"), default=2.0, help="dollars for a GPU-hour (2)")
    draw = parser.add_mutually_exclusive_group()
    draw.add_argument("--drawn", type=amount(parameter="drawn"), default=0.8, help="share of its rated power that a server draws (0.8)")
    draw.add_argument("--busy", type=amount(parameter="busy"), help="share of the time that GPUs compute, which decides what a server draws")
    draw.add_argument("--watts", type=amount("W", WATTS), help="what a GPU with its share of the server draws, as measured")
    parser.add_argument("--cap", type=amount(parameter="cap"), default=1.0, help="share of its TDP that the chip is held to; --watts already are (1)")
    parser.add_argument("--pue", type=amount(parameter="pue"), default=PUE, help=f"power usage effectiveness ({PUE})")


def _model(text):
    return model_or_file(text) if is_path(text) else one_of(MODELS)(text)


def _flops(args) -> float:
    """FLOPs of the training: as given, as the model's makers say, or 6 for each active parameter and token."""
    if args.model is None:
        return args.flops
    if isinstance(args.model, Architecture):
        if args.tokens is None:
            raise ValueError(f"--tokens: a config.json doesn't say on how many tokens {args.model.name} is trained")
        return training_flops(sum(active_parameters(args.model).values()), args.tokens)
    return args.model.flops if args.tokens is None else training_flops(args.model.active_params, args.tokens)


def _drawn(args):
    """What a GPU with its share of the server draws [W]: as measured, or by how busy it is and what its chip is held to."""
    if args.watts is not None:
        return args.watts
    share = args.drawn if args.busy is None else drawn_share(args.busy)
    return share * gpu_power(args.gpu, args.cap, network_share=0.0)


def run(args):
    check_idle(
        ("--tokens", args.tokens is not None, args.model is not None, "beside --flops"),
        ("--cap", args.cap != 1, args.watts is None, "beside --watts, which are what a held chip draws"),
        ("--serial", args.serial > 0, args.speedup != 1, "without --speedup"),
    )
    flops = _flops(args)
    peak_flops = peak(args.gpu, bits_of(args))
    gain = amdahl(args.speedup, args.serial)
    time = training_time(flops, args.gpus, peak_flops, args.mfu, args.goodput) / gain
    total = gpu_time(time, args.gpus)
    return {
        "days": time / DAY,
        "gpu_hours": total / HOUR,
        "flops": flops,
        "tflops_per_gpu": peak_flops * args.mfu * gain / TERA,
        "mfu_after_speedup": args.mfu * gain,
        "possible": bool(args.mfu * gain * args.goodput <= 1),
        "dollars": cost(total, args.price / HOUR),
        "energy_mwh": energy(total, _drawn(args), args.pue) / (MEGA * HOUR),
        "watts_per_gpu": _drawn(args),
    }
