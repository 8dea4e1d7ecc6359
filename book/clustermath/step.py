"""One training step: how long it takes, part by part, and how much of the hardware that is.

A stage computes its microbatches one after the other: `m` times the slowest stage, the bubble, and once a step what is
left of data-parallel communication, and the optimizer. Every part is in seconds of the critical path; they sum to
the step's time.
"""

from dataclasses import dataclass

import numpy as np

from .architecture import Architecture, forward_flops, model_flops
from .assumptions import ASSUMED
from .layer import casts, elementwise, expanding, launching, matmuls, permutation, scores
from .layout import (
    Batch,
    Layout,
    expert_sharing_ranks,
    gpus_used,
    layers_on_last_stage,
    layers_per_stage,
    microbatches,
    sharing_ranks,
    tokens_per_microbatch,
)
from .matmul import Machine, dense_peak, matmul_rate
from .messages import trained_on_stage
from .numeric import cbrt, either, log, maximum, minimum, sqrt, where
from .parameters import checked
from .records import Record, quantity
from .schedule import bubble_time
from .software import Constants, Stack
from .traffic import (
    context_parallel,
    data_parallel,
    expert_parallel,
    pipeline_parallel,
    tensor_parallel,
)
from .tuning import trained_share


def _context_waited(layout, exchange, score):
    """What computing waits for, of a layer's exchange over cp [s].

    A ring's rank computes the scores of one piece while the next arrives, and needs one arrival less than there are pieces
    (Liu et al., arXiv 2310.01889, section 3). Merging results without kernels for it comes on top: a seventh of attention
    forward, a tenth both ways (zhuzilin/ring-flash-attention, 8 H800s). Gathers and all-to-alls of heads have nothing
    beside them: attention can't begin before they are through, nor the next multiply before heads are back.
    """
    beside = where(layout.ulysses + layout.gathered > 0, 0, 1 - 1 / layout.cp)
    return {way: maximum(time - beside * score[way], 0) for way, time in exchange.items()}


@checked(returns="s")
def layer_parts(shape: Architecture, machine: Machine, layout: Layout, batch: Batch, stack: Stack, constants: Constants):
    """Time of an average layer for one microbatch, forward and backward [s], by part.

    The host launches a layer's kernels while the GPU computes: the layer takes the root of the sum of cubes of both,
    which is the slower of the two unless they are alike.
    """
    multiply = matmuls(shape, machine, layout, batch)
    score = scores(shape, machine, layout, batch, stack, constants)
    simple = elementwise(shape, machine, layout, batch, constants)
    cast = casts(shape, machine, layout, batch, stack)
    permute = permutation(shape, machine, layout, batch, stack, constants)
    tensor = tensor_parallel(shape, machine, layout, batch, stack, constants)
    context = _context_waited(layout, context_parallel(shape, machine, layout, batch), score)
    exchange = expert_parallel(shape, machine, layout, batch, stack, constants)
    forward = multiply["forward"] + simple + cast["forward"] + permute + tensor["forward"] + exchange
    repeated = layout.recompute * (forward + score["forward"])
    repeated_scores = (1 - layout.recompute) * layout.recompute_scores * (1 - stack.flash) * score["forward"]
    expanded = layout.recompute_up * expanding(shape, machine, layout, batch)
    repeated_parts = (1 - layout.recompute) * (layout.recompute_simple * simple + expanded)
    parts = {
        "matrix multiplies": multiply["forward"] + multiply["backward"],
        "attention scores": score["forward"] + score["backward"],
        "elementwise": 3 * simple,
        "casts": cast["forward"] + cast["backward"],
        "permutation": 2 * permute,
        "recomputation": repeated + repeated_scores + repeated_parts,
        "tensor parallel": tensor["forward"] + tensor["backward"],
        "context parallel": context["forward"] + context["backward"],
        "expert parallel": 2 * exchange,
    }
    computing = sum(parts.values())
    host = launching(shape, layout, batch, stack, constants)
    square, cube = computing * computing, host * host * host
    together = cbrt(square * computing + cube)
    # together - computing, from together**3 - computing**3 = host**3: a difference of nearly equal numbers is rounding
    return parts | {"launching": cube / (together * together + together * computing + square)}


@checked(returns="s")
def head_time(shape: Architecture, machine: Machine, layout: Layout, batch: Batch, stack: Stack):
    """Time of the head and the loss for one microbatch [s], with those of multi-token prediction; a frozen head's gradient isn't computed.

    In BF16 whatever the precision, but in software that multiplies the head as all else.
    """
    logits = tokens_per_microbatch(layout, batch) * shape.vocab / layout.tp
    rate = where(stack.head8 > 0, matmul_rate(machine, batch.bits), machine.matmul16)
    multiply = (2 + trained_share(shape)) * batch.flops_per_weight * logits * shape.hidden / rate
    return (1 + shape.mtp) * (multiply + logits * stack.loss_bytes / machine.hbm_bandwidth)


@checked(returns="s")
def optimizer_time(shape: Architecture, machine: Machine, layout: Layout, batch: Batch, stack: Stack):
    """Time of the optimizer [s]: every state of one GPU's share read and written once; all gradients once more. Both of what is trained.

    Clipping reads the share's gradients for their norm, and reads and writes them to scale them.
    """
    states = minimum(batch.optimizer_bytes, stack.optimizer_bytes)
    held, ranks = trained_on_stage(shape, layout), sharing_ranks(layout)
    share = where(
        layout.zero > 0, held["shared"] / ranks + held["experts"] / expert_sharing_ranks(layout), sum(held.values())
    )
    clipping = 3 * batch.gradient_bytes
    update = share * (2 * states + batch.gradient_bytes + batch.weight_bytes + clipping)
    return (update + sum(held.values()) * batch.gradient_bytes) / machine.hbm_bandwidth


def _stages(shape, layout, pieces):
    """Time of the average and of the slowest stage for one microbatch [s]."""
    average = (shape.layers + shape.mtp) / layout.pp * pieces.layer + pieces.head / layout.pp
    last = pieces.last * pieces.layer + pieces.head
    return average, maximum(pieces.fullest * where(layout.pp > 1, 1, 0) * pieces.layer, last)


def _around(shape, machine, layout, batch, stack, constants, average, slowest, pieces):
    """What a step takes beside the computing of its microbatches [s], by part."""
    count = microbatches(layout, batch)

    def once():
        overlapped = maximum(constants.dp_exposed * pieces.traffic, pieces.traffic - slowest)
        return where(stack.dp_overlap > 0, overlapped, pieces.traffic)

    def for_each_microbatch():
        ahead = where(stack.scheduled > 0, layout.pp / shape.layers, constants.dp_exposed)
        return count * maximum(ahead * pieces.traffic, pieces.traffic - ASSUMED.gather_hidden * slowest)

    messages = constants.pp_exposed * (count + layout.pp - 1)
    return {
        "bubble": pieces.bubble * average,
        "pipeline parallel": messages * pipeline_parallel(shape, machine, layout, batch),
        "data parallel": either(layout.zero > 2, for_each_microbatch, once),
        "optimizer": pieces.optimizer,
    }


@checked(returns="1")
def expected_maximum(count):
    """How many standard deviations the largest of `count` normally distributed numbers is above the mean, on average [1].

    The mean of the Gumbel distribution that it tends to (Fisher and Tippett, 1928): within 7 % from eight numbers on, 2 % from 128.
    """
    root = sqrt(2 * log(maximum(count, 2)))
    mode = root - (2 * log(root) + log(2 * np.pi)) / (2 * root)
    return where(count > 1, mode + np.euler_gamma / root, 0)


def _waiting(layout, constants):
    """Share of the time that GPUs wait for the slowest of their kind [1].

    No two chips of a kind reach the same clock within the same power (Sinha et al., SC 2022): a lasting difference. Steps
    of one run differ far less: their mean is within 0.6 % of their median in MLPerf's logs, whatever the number of GPUs.
    """
    return constants.jitter * expected_maximum(gpus_used(layout))


@checked(returns="s")
def layer_time(shape: Architecture, machine: Machine, layout: Layout, batch: Batch, stack: Stack, constants: Constants):
    """Time of an average layer for one microbatch, forward and backward [s]. Of a layout's pipeline it knows nothing."""
    return sum(layer_parts(shape, machine, layout, batch, stack, constants).values())


@dataclass(frozen=True, kw_only=True)
class Pieces(Record):
    """What a step's time is made of: much that many layouts have in common, each of which differs from others in little.

    layer, head: `layer_time` and `head_time`, no matter what the pipeline is; traffic, optimizer: `traffic.data_parallel` and
    `optimizer_time`, waiting: the share of the time that GPUs wait for each other, fullest and last: layers of these stages,
    bubble: the time that a stage idles, for each second of the average one's, no matter what a microbatch is.
    """

    layer: float = quantity("s")
    head: float = quantity("s")
    traffic: float = quantity("s")
    optimizer: float = quantity("s")
    waiting: float = quantity("1")
    fullest: float = quantity("1")
    last: float = quantity("1")
    bubble: float = quantity("1")


@checked(returns={"layer": "s", "head": "s"})
def microbatch_pieces(shape: Architecture, machine: Machine, layout: Layout, batch: Batch, stack: Stack, constants: Constants):
    """Of `Pieces` what a microbatch takes: nothing of the layout's pipeline is asked for."""
    return {"layer": layer_time(shape, machine, layout, batch, stack, constants), "head": head_time(shape, machine, layout, batch, stack)}


@checked(returns={"traffic": "s", "optimizer": "s", "waiting": "1", "fullest": "1", "last": "1", "bubble": "1"})
def step_pieces(shape: Architecture, machine: Machine, layout: Layout, batch: Batch, stack: Stack, constants: Constants):
    """Of `Pieces` what comes once a step: nothing is asked of microbatches and of what they repeat."""
    return {
        "traffic": data_parallel(shape, machine, layout, batch, stack),
        "optimizer": optimizer_time(shape, machine, layout, batch, stack),
        "waiting": _waiting(layout, constants),
        "fullest": layers_per_stage(shape, layout),
        "last": layers_on_last_stage(shape, layout),
        "bubble": bubble_time(layout.schedule, layout.pp, layout.interleave, 1 / 3, 2 / 3, 1 / 3),
    }


def _pieces(*given):
    return Pieces(**microbatch_pieces(*given), **step_pieces(*given))


@checked(returns="s")
def time_from_pieces(
    shape: Architecture, machine: Machine, layout: Layout, batch: Batch, stack: Stack, constants: Constants, pieces: Pieces
):
    """Time of a training step [s], for pieces that are known."""
    average, slowest = _stages(shape, layout, pieces)
    around = sum(_around(shape, machine, layout, batch, stack, constants, average, slowest, pieces).values())
    computing = microbatches(layout, batch) * slowest
    return (computing + around) * (1 + pieces.waiting) / stack.efficiency


@checked(returns="s")
def step_time(shape: Architecture, machine: Machine, layout: Layout, batch: Batch, stack: Stack, constants: Constants):
    """Time of a training step [s]. The impossible gets a number too: mask it with `layout.fits` and `memory`."""
    return time_from_pieces(shape, machine, layout, batch, stack, constants, _pieces(shape, machine, layout, batch, stack, constants))


@checked(returns="s")
def step_parts(shape: Architecture, machine: Machine, layout: Layout, batch: Batch, stack: Stack, constants: Constants):
    """Time of a training step [s], by part; `sum(parts.values())` is `step_time`.

    Layers' parts are those of the average stage; "imbalance" is what the slowest stage adds, from uneven splits and the
    head on the last.
    """
    parts = layer_parts(shape, machine, layout, batch, stack, constants)
    pieces = _pieces(shape, machine, layout, batch, stack, constants)
    head = pieces.head
    average, slowest = _stages(shape, layout, pieces)
    count = microbatches(layout, batch)
    times = count * (shape.layers + shape.mtp) / layout.pp
    parts = {name: times * part for name, part in parts.items()}
    parts |= {"head": count * head / layout.pp, "imbalance": count * (slowest - average)}
    parts |= _around(shape, machine, layout, batch, stack, constants, average, slowest, pieces)
    parts["jitter"] = pieces.waiting * sum(parts.values())
    return {name: part / stack.efficiency for name, part in parts.items()}


@checked(returns="token/s")
def throughput(batch: Batch, time):
    """Tokens trained on in a second [token/s], at a step of `time` [s]."""
    return batch.sequences * batch.seq_len / time


@checked(returns="1")
def step_mfu(
    shape: Architecture, machine: Machine, layout: Layout, batch: Batch, time, causal=1.0, recomputed=0.0, recomputed_scores=0.0
):
    """MFU of a step of `time` [s] on the GPUs it uses [1]; with `recomputed`, or `recomputed_scores`, HFU.

    Model FLOPs over the dense peak at the precision of the matrix multiplies. causal: see `architecture.forward_flops`.
    recomputed: share of the layers' forward that backward repeats, which the head isn't part of (Narayanan et al., arXiv
    2104.04473, eq. 3); recomputed_scores: of attention's scores beside that, counted as Korthikanti et al. print them (arXiv
    2205.05198, appendix A: s/3h in the place of s/6h, three times what the forward alone takes), without the causal half:
    software that keeps scores, and so has to repeat them, computes the whole matrix.
    """
    parts = forward_flops(shape, batch.seq_len, causal, batch.flops_per_weight, batch.flops_per_pair)
    layers = (sum(parts.values()) - parts["head"]) * (1 + shape.mtp / shape.layers)
    whole = forward_flops(shape, batch.seq_len, 0.0, batch.flops_per_weight, batch.flops_per_pair)["attention scores"]
    again = recomputed * layers + (1 - recomputed) * recomputed_scores * 3 * whole * (1 + shape.mtp / shape.layers)
    flops = model_flops(shape, batch.seq_len, causal, batch.flops_per_weight, batch.flops_per_pair) + again
    return flops * batch.sequences * batch.seq_len / (gpus_used(layout) * dense_peak(machine, batch.bits) * time)
