"""How many bytes each kind of parallelism sends in a training step, and over which link: the amounts behind `traffic`.

Bytes are those that one GPU sends. Two levels, as in `collectives`: what can stay in an NVLink domain does, and each GPU
passes on its share of the rest through its own NIC.
"""

import numpy as np

from .collectives import local_ranks, random_local_ranks
from .layout import gpus_used, microbatches, tokens_per_microbatch
from .parameters import checked
from .traffic import stage_weights

# ------------------------------------------------------------------------------------------ where a group's ranks are


def _groups(layout):
    """Ranks of each kind of group, and how many GPUs its neighbours are apart, counted tp, cp, ep, dp, pp from inside."""
    return {
        "tensor parallel": (layout.tp, 1),
        "context parallel": (layout.cp, layout.tp),
        "expert parallel": (layout.ep, layout.tp * layout.cp),
        "pipeline parallel": (layout.pp, layout.tp * layout.cp * layout.dp),
        "data parallel": (layout.cp * layout.dp, layout.tp),
    }


@checked(returns="1")
def mapped_ranks(layout, network):
    """How many ranks of each group share an NVLink domain [1], if ranks fill the hardware in order."""
    return {name: local_ranks(ranks, stride, network) for name, (ranks, stride) in _groups(layout).items()}


@checked(returns="1")
def scattered_ranks(layout, network):
    """How many ranks of each group share an NVLink domain on average [1], if ranks are dealt to the GPUs at random."""
    slots = gpus_used(layout)
    return {name: random_local_ranks(ranks, slots, network) for name, (ranks, _) in _groups(layout).items()}


# -------------------------------------------------------------------------------------------------- what they send


def _gathered(size, ranks, local):
    """Bytes that a rank sends in an all-gather or reduce-scatter of `size` bytes, `local` ranks in each domain."""
    return {"nvlink": (1 - 1 / local) * size, "nic": (1 - local / ranks) * size / local}


def _layer_passes(shape, layout, batch):
    """How many layers, each on one microbatch, a GPU works through in a step."""
    return microbatches(layout, batch) * (shape.layers + shape.mtp) / layout.pp


@checked(returns={"nvlink": "B", "nic": "B"})
def tensor_parallel_bytes(shape, layout, batch, local):
    """Bytes that a GPU sends for tensor parallelism in a step [B]: 8 b s h (t-1)/t values a layer and microbatch.

    Narayanan et al. (arXiv 2104.04473), section 3.2. Sequence parallelism gathers once more backward; recomputation
    repeats the forward; experts and parallel blocks need half.
    """
    moe = (shape.layers - shape.dense_layers) / shape.layers
    share = (1 - 0.5 * moe) * (1 - 0.5 * shape.parallel_block)
    collectives = 8 + np.where(layout.sequence_parallel > 0, 1, 0) + 4 * layout.recompute
    size = tokens_per_microbatch(layout, batch) * shape.hidden * batch.value_bytes
    return _gathered(_layer_passes(shape, layout, batch) * share * collectives * size, layout.tp, local)


@checked(returns={"nvlink": "B", "nic": "B"})
def context_parallel_bytes(shape, layout, batch, local):
    """Bytes that a GPU sends for context parallelism in a step [B]: keys and values once forward, twice backward."""
    width = shape.kv_heads * (shape.head_dim + shape.value_dim) / layout.tp
    size = layout.cp * tokens_per_microbatch(layout, batch) * width * batch.value_bytes
    return _gathered(3 * _layer_passes(shape, layout, batch) * size, layout.cp, local)


@checked(returns={"nvlink": "B", "nic": "B"})
def expert_parallel_bytes(shape, layout, batch, local):
    """Bytes that a GPU sends for expert parallelism in a step [B]: tokens to their experts and back, and so backward.

    A token crosses the fabric once to each domain that holds one of its experts, and NVLink once to every GPU that holds
    some and isn't the one it arrives at (DeepSeek-V3, arXiv 2412.19437, section 3.2.2).
    """
    domains = layout.ep / local
    top_k = np.maximum(shape.top_k, 1)
    reached = (domains - 1) * (1 - (1 - 1 / domains) ** top_k)
    moe = (shape.layers - shape.dense_layers) / shape.layers
    size = tokens_per_microbatch(layout, batch) * shape.hidden * batch.value_bytes / layout.tp
    copies = 2 * (2 + layout.recompute) * moe * _layer_passes(shape, layout, batch) * size
    holders = layout.ep * (1 - (1 - 1 / layout.ep) ** top_k)
    return {"nvlink": copies * holders * (1 - 1 / local), "nic": copies * reached}


@checked(returns={"nvlink": "B", "nic": "B"})
def pipeline_parallel_bytes(shape, layout, batch, local):
    """Bytes that a GPU sends to its neighbours in the pipeline in a step [B]: a microbatch's activations, and gradients.

    Once for each model chunk. A pipeline that spans domains is as slow as its hops between them: all count as those.
    """
    share = np.where(layout.sequence_parallel > 0, layout.tp, 1)
    size = tokens_per_microbatch(layout, batch) * shape.hidden * batch.value_bytes / share
    total = np.where(layout.pp > 1, 2, 0) * layout.interleave * microbatches(layout, batch) * size
    inside = np.where(layout.pp > local, 0, 1)
    return {"nvlink": inside * total, "nic": (1 - inside) * total}


@checked(returns={"nvlink": "B", "nic": "B"})
def data_parallel_bytes(shape, layout, batch, local):
    """Bytes that a GPU sends for data parallelism in a step [B]: gradients reduced once, weights gathered once.

    FSDP does it for each microbatch, with weights gathered twice and gradients of half the size (ZeRO-3, arXiv
    1910.02054, section 7).
    """
    held, ranks = stage_weights(shape, layout), layout.cp * layout.dp
    times = np.where(layout.zero > 2, microbatches(layout, batch), 1) * (batch.gradient_bytes + batch.weight_bytes)
    copies = np.maximum(ranks / layout.ep, 1)
    shared = _gathered(held["shared"] * times, ranks, local)
    experts = _gathered(held["experts"] * times, copies, np.clip(local / layout.ep, 1, copies))
    return {link: shared[link] + experts[link] for link in shared}


SENT = {
    "tensor parallel": tensor_parallel_bytes,
    "context parallel": context_parallel_bytes,
    "expert parallel": expert_parallel_bytes,
    "pipeline parallel": pipeline_parallel_bytes,
    "data parallel": data_parallel_bytes,
}
