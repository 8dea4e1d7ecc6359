"""What each kind of parallelism sends, and how long that takes if nothing hides it.

Bandwidth terms only: training's messages are megabytes, and latency is lost in them (for small ones and for
algorithms, see `collectives`). Ranks are numbered tp, cp, ep, dp, pp, so that inner groups fill an NVLink domain first.
"""

import numpy as np

from .layer import layer_weights
from .layout import tokens_per_microbatch
from .parameters import checked

CONTEXT_EXPOSED = 0.3  # of the exchange of keys and values, most of which runs beside attention (ring attention)


def _link(machine, span):
    """Bandwidth that a group spanning this many neighbouring GPUs communicates with: NVLink if a domain holds it."""
    return np.where(span <= machine.nvlink_domain, machine.nvlink, machine.nic)


def _rings(machine, ranks):
    """Bandwidth of rings through neighbouring GPUs: NVLink's, or across domains that of all NICs of a domain.

    A library lays one ring through each NIC, as in `collectives.flat_all_reduce`.
    """
    leaving = np.minimum(machine.nvlink, machine.nvlink_domain * machine.nic)
    return np.where(ranks <= machine.nvlink_domain, machine.nvlink, leaving)


def _collective(size, ranks, local, machine):
    """Time of an all-gather or reduce-scatter of `size` bytes, `local` of the ranks in each domain [s].

    Both levels are busy at the same time: each domain takes in what it lacks through its ranks' NICs, and shares it
    over NVLink.
    """
    domains = ranks / local
    inside = (1 - 1 / local) / machine.nvlink
    outside = (1 - 1 / domains) / (local * machine.nic)
    return size * np.maximum(inside, outside)


@checked(returns={"forward": "s", "backward": "s"})
def tensor_parallel(shape, machine, layout, batch, stack, constants):
    """What computing waits for, of a layer's all-gathers and reduce-scatters over tp [s].

    Two of each forward; as many backward, and one all-gather more of four with sequence parallelism. A parallel block
    needs half; experts don't use them.
    """
    tp, moe = layout.tp, (shape.layers - shape.dense_layers) / shape.layers
    size = tokens_per_microbatch(layout, batch) * shape.hidden * batch.value_bytes * (tp - 1) / tp
    blocks = 4 * (1 - 0.5 * moe) * (1 - 0.5 * np.maximum(shape.parallel_block, stack.parallel_block))
    exposed = np.where(stack.tp_overlap > 0, constants.exposed, 1)
    forward = exposed * blocks * size / _rings(machine, tp)
    return {"forward": forward, "backward": 1.25 * forward}


@checked(returns={"forward": "s", "backward": "s"})
def context_parallel(shape, machine, layout, batch):
    """What computing waits for, of a layer's exchange of keys and values over cp [s]."""
    width = shape.kv_heads * (shape.head_dim + shape.value_dim) / layout.tp
    size = tokens_per_microbatch(layout, batch) * width * batch.value_bytes * (layout.cp - 1)
    forward = CONTEXT_EXPOSED * size / _link(machine, layout.tp * layout.cp)
    return {"forward": forward, "backward": 2 * forward}


@checked(returns="s")
def expert_parallel(shape, machine, layout, batch, constants):
    """Time of a layer's two all-to-alls over ep, forward [s]; backward takes as long.

    A token goes over the fabric once to each domain that holds one of its experts, and over NVLink to each expert.
    Nothing hides them, but in DualPipe's schedule.
    """
    local = np.clip(machine.nvlink_domain / (layout.tp * layout.cp), 1, layout.ep)
    domains = layout.ep / local
    top_k = np.maximum(shape.top_k, 1)
    reached = (domains - 1) * (1 - (1 - 1 / domains) ** top_k)
    moe = (shape.layers - shape.dense_layers) / shape.layers
    size = 2 * moe * tokens_per_microbatch(layout, batch) * shape.hidden * batch.value_bytes / layout.tp
    exposed = np.where(layout.schedule > 2, constants.exposed, 1)
    inside = top_k * (1 - 1 / layout.ep) / machine.nvlink
    return exposed * size * np.maximum(inside, reached / machine.nic)


@checked(returns="s")
def pipeline_parallel(shape, machine, layout, batch):
    """Time that a stage's messages take for one microbatch, both ways [s]; tp ranks send a share each."""
    share = np.where(layout.sequence_parallel > 0, layout.tp, 1)
    size = tokens_per_microbatch(layout, batch) * shape.hidden * batch.value_bytes / share
    return np.where(layout.pp > 1, 2 * layout.interleave, 0) * size / machine.nic


@checked(returns={"shared": "1", "experts": "1"})
def stage_weights(shape, layout):
    """Weights that one GPU holds of its stage [1], by who else holds them: all cp x dp ranks, or those of its experts.

    The embedding or the head is counted once: on the end stages, which are the fullest.
    """
    parts = layer_weights(shape, layout)
    layers = (shape.layers + shape.mtp) / layout.pp
    return {
        "shared": layers * (parts["attention"] + parts["feed-forward"]) + shape.vocab * shape.hidden / layout.tp,
        "experts": layers * parts["experts"],
    }


@checked(returns="s")
def data_parallel(shape, machine, layout, batch, stack):
    """Time to reduce gradients and gather weights once [s]: all of a step's without FSDP, a microbatch's with it.

    Gradients once and weights once; FSDP gathers weights for forward and again for backward, of half the size. Software
    that doesn't overlap this communication runs FSDP's as one ring through all GPUs, at the speed of one NIC.
    """
    held, ranks = stage_weights(shape, layout), layout.cp * layout.dp
    each = batch.gradient_bytes + batch.weight_bytes
    local = np.clip(machine.nvlink_domain / layout.tp, 1, ranks)
    copies = np.maximum(ranks / layout.ep, 1)
    local_copies = np.clip(local / layout.ep, 1, copies)
    shared = _collective(held["shared"] * each, ranks, local, machine)
    experts = _collective(held["experts"] * each, copies, local_copies, machine)
    one_ring = np.where(ranks > 1, 1, 0) * sum(held.values()) * each / machine.nic
    flat = (layout.zero > 2) & (stack.dp_overlap < 1)
    return np.where(flat, one_ring, shared + experts)
