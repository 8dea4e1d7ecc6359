"""Memory of a pipeline's GPUs one by one, where `memory` gives the fullest: stages differ in layers, in what waits, and by their ends."""

from .architecture import Architecture
from .checking import Parameter, takes_records
from .layer import end_weights, stored_weights, trained_weights
from .layout import Batch, Layout, microbatches, stage_layers
from .matmul import Machine
from .memory import bytes_kept, shared_out, working
from .schedule import SCHEDULES
from .software import Stack
from .tuning import trained_share

COUNT = Parameter("count", "1", 0, 1e9, "microbatches of a step")


@takes_records
def layers_of_stages(shape: Architecture, layout: Layout) -> list[float]:
    """Layers of every stage, from the first to the last: as given, or as even as `layout.stage_layers` has them.

    Raises ValueError where those that are given are not as many as there are stages, or don't hold the model's layers.
    """
    if layout.stages:
        if len(layout.stages) != layout.pp or sum(layout.stages) != shape.layers + shape.mtp:
            raise ValueError(f"stages = {list(map(int, layout.stages))} is not possible: there must be as many as pp = {layout.pp:g}, and they must hold {shape.layers + shape.mtp:g} layers.")
        return list(layout.stages)
    count, ends = int(layout.pp), {name: float(number) for name, number in stage_layers(shape, layout).items()}
    if count == 1:
        return [float(shape.layers + shape.mtp)]
    others, left = count - 2, shape.layers + shape.mtp - ends["first"] - ends["last"]
    each, more = divmod(left, others) if others else (0.0, 0.0)
    return [ends["first"], *(each + (place < more) for place in range(others)), ends["last"]]


@takes_records
def in_flight(layout: Layout, count: float) -> list[float]:
    """Microbatches of which every stage holds activations at most, of `count` [1]; parts of one where they are parts of a stage's.

    gpipe: all; 1f1b: one less with each stage, and with v chunks two parts of v less, from (v + 1) p - 1 of them on the first
    (Narayanan et al., arXiv 2104.04473, section 2.2); zero-bubble: as many on every stage as on the first (ZB-H1, Qi et al.,
    arXiv 2401.10241); dualpipe: of one of the two pipelines, p for its first stage. ValueError for a count below 0.
    """
    count = COUNT.check(count, "in_flight")
    stages, chunks = int(layout.pp), layout.interleave
    plain = [min(count, stages - place) for place in range(stages)]
    if stages == 1:
        return [1.0]
    if layout.schedule == SCHEDULES["gpipe"]:
        return [count] * stages
    if layout.schedule == SCHEDULES["zero-bubble"]:
        return [min(count, stages)] * stages
    if layout.schedule == SCHEDULES["1f1b"] and chunks > 1:
        return [min(count, ((chunks + 1) * stages - 1 - 2 * place) / chunks) for place in range(stages)]
    return plain


@takes_records
def memory_of_stages(shape: Architecture, machine: Machine, layout: Layout, batch: Batch, stack: Stack) -> list[dict[str, float]]:
    """Memory that one GPU of every stage needs [B], by part as in `memory.memory_parts`, beside the number of its layers.

    With DualPipe a GPU holds a stage of each direction, the first those of both ends: its layers are those of both.
    """
    layers, stages = layers_of_stages(shape, layout), int(layout.pp)
    waiting, work = in_flight(layout, float(microbatches(layout, batch))), working(shape, machine, layout, batch, stack)
    vocabulary, positions = end_weights(shape, layout).values()
    dual = layout.schedule == SCHEDULES["dualpipe"] and stages > 1
    trained, sizes = (trained_weights(shape, layout), trained_share(shape)), bytes_kept(batch, stack)
    kinds = {  # from which ZeRO stage on they are shared, of which weights
        "weights": (3, stored_weights(shape, layout, batch), 1.0),
        "gradients": (2, *trained),
        "optimizer": (1, *trained),
    }

    def alone(place):
        """Stage `place` of one pipeline."""
        first, last = place == 0, place == stages - 1
        matrices = first * (vocabulary + positions) + last * vocabulary * (1 if stages > 1 and not dual else 1 - shape.tied)
        held = {}
        for name, (zero, of_layer, whole) in kinds.items():
            of_stage = {"shared": layers[place] * of_layer["shared"] + matrices * whole, "experts": layers[place] * of_layer["experts"]}
            unshared, spread = shared_out(of_stage, layout)
            held[name] = float(sizes[name] * (spread if layout.zero >= zero else unshared))
        return held | {"activations": layers[place] * waiting[place] * float(work["waiting"]), "logits": last * float(work["logits"])}

    found = []
    for place in range(stages):
        held, count = alone(place), layers[place]
        if dual:
            other = alone(stages - 1 - place)
            count += layers[stages - 1 - place]
            held = {name: held[name] + other[name] for name in held}
            held["optimizer"] /= 2  # shared with the GPU that holds the same
        held["weights"] += float(work["gathered"])
        held["activations"] += float(work["again"])
        found.append({"layers": count, **held, "reserve": float(work["reserve"])})
    return found


def memory_of_fullest(shape: Architecture, machine: Machine, layout: Layout, batch: Batch, stack: Stack) -> float:
    """What the GPU needs that needs most [B]: no more than `memory.memory`, which doesn't go from stage to stage."""
    return max(sum(parts.values()) - parts["layers"] for parts in memory_of_stages(shape, machine, layout, batch, stack))
