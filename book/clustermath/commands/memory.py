"""How much memory a training step needs: the most that a GPU has of every part, and what one GPU of every pipeline stage has.

Example: python -m clustermath memory --model llama-3.1-405b --gpu h100 --gpus 16384 --batch-tokens 16777216 --tp 8 --pp 16
"""

from ..cli import batch_from, check_idle, chip_from, model_from
from ..matmul import machine
from ..memory import memory_parts
from ..search import check
from ..software import stack_named
from ..stages import memory_of_stages
from ..units import GIGA
from .step import add_arguments, laid_out

__all__ = ["add_arguments", "run"]


def run(args):
    check_idle(("--network", args.network, False, "of a GPU's memory"))
    batch, shape = batch_from(args), model_from(args)
    gpu, stack = machine(chip_from(args)), stack_named(args.stack)
    layout = laid_out(args, stack)
    check(shape, layout, batch, args.gpus)
    needed = {name: float(part) / GIGA for name, part in memory_parts(shape, gpu, layout, batch, stack).items()}
    stages = []
    for place, parts in enumerate(memory_of_stages(shape, gpu, layout, batch, stack), start=1):
        layers, *sizes = parts.values()
        stages.append({"stage": place, "layers": layers, "all": sum(sizes) / GIGA} | {name: parts[name] / GIGA for name in needed})
    largest, least = (of(stages, key=lambda stage: stage["all"]) for of in (max, min))
    return {
        "gb": needed | {"all": sum(needed.values())},
        "chip_gb": gpu.hbm / GIGA,
        "fits": bool(largest["all"] * GIGA <= gpu.hbm),
        "fullest": {"stage": largest["stage"], "gb": largest["all"]},
        "lightest": {"stage": least["stage"], "gb": least["all"]},
        "stages": stages,
    }
