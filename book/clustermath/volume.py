"""How many bytes each kind of parallelism sends in a training step, and over which link: the amounts of `messages`, over a step;
and what one all-reduce sends, by method.

Bytes are those that one GPU sends. Two levels, as in `collectives`: what can stay in an NVLink domain does, and each GPU
passes on its share of the rest through its own NIC.
"""

import numpy as np

from .architecture import Architecture
from .collectives import Network, local_ranks, random_local_ranks, tree_sends
from .layout import Batch, Layout, expert_replicas, expert_sharing_ranks, gpus_used, microbatches, sharing_ranks
from .messages import (
    context_parallel_buffers,
    data_parallel_buffers,
    expert_exchange,
    head_exchange,
    local_copies,
    local_replicas,
    pipeline_message,
    replica_buffers,
    tensor_parallel_buffers,
)
from .parameters import checked
from .software import Stack

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
def mapped_ranks(layout: Layout, network: Network):
    """How many ranks of each group share an NVLink domain [1], if ranks fill the hardware in order."""
    return {name: local_ranks(ranks, stride, network) for name, (ranks, stride) in _groups(layout).items()}


@checked(returns="1")
def scattered_ranks(layout: Layout, network: Network):
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
def tensor_parallel_bytes(shape: Architecture, layout: Layout, batch: Batch, stack: Stack, local):
    """Bytes that a GPU sends for tensor parallelism in a step [B]: 8 b s h (t-1)/t values a layer and microbatch.

    Narayanan et al. (arXiv 2104.04473), section 3.2; see `messages.tensor_parallel_buffers`. Recomputation repeats the
    forward.
    """
    sizes = tensor_parallel_buffers(shape, layout, batch, stack)
    size = (1 + layout.recompute) * sizes["forward"] + sizes["backward"]
    return _gathered(_layer_passes(shape, layout, batch) * size, layout.tp, local)


@checked(returns={"nvlink": "B", "nic": "B"})
def context_parallel_bytes(shape: Architecture, layout: Layout, batch: Batch, stack: Stack, local):
    """Bytes that a GPU sends for context parallelism in a step [B]: keys and values once forward, twice backward; or as
    all-to-alls of heads, once each way."""
    passes = _layer_passes(shape, layout, batch)
    ring = _gathered(passes * sum(context_parallel_buffers(shape, layout, batch).values()), layout.cp, local)
    each = 2 * passes * head_exchange(shape, layout, batch) / layout.cp
    heads = {"nvlink": (local - 1) * each, "nic": (layout.cp - local) * each}
    return {link: np.where(layout.ulysses > 0, heads[link], ring[link]) for link in ring}


@checked(returns={"nvlink": "B", "nic": "B"})
def expert_parallel_bytes(shape: Architecture, layout: Layout, batch: Batch, stack: Stack, local):
    """Bytes that a GPU sends for expert parallelism in a step [B]: tokens to their experts and back, and so backward.

    See `messages.expert_exchange`. Recomputation repeats the forward.
    """
    times = 2 * (2 + layout.recompute) * _layer_passes(shape, layout, batch)
    return {link: times * size for link, size in expert_exchange(shape, layout, batch, stack, local).items()}


@checked(returns={"nvlink": "B", "nic": "B"})
def pipeline_parallel_bytes(shape: Architecture, layout: Layout, batch: Batch, stack: Stack, local):
    """Bytes that a GPU sends to its neighbours in the pipeline in a step [B]: a microbatch's activations, and gradients.

    Once for each model chunk. A pipeline that spans domains is as slow as its hops between them: all count as those.
    """
    messages = np.where(layout.pp > 1, 2, 0) * layout.interleave * microbatches(layout, batch)
    total = messages * pipeline_message(shape, layout, batch)
    inside = np.where(layout.pp > local, 0, 1)
    return {"nvlink": inside * total, "nic": (1 - inside) * total}


@checked(returns={"nvlink": "B", "nic": "B"})
def data_parallel_bytes(shape: Architecture, layout: Layout, batch: Batch, stack: Stack, local):
    """Bytes that a GPU sends for data parallelism in a step [B]: see `messages.data_parallel_buffers`; between groups that
    hold copies (HSDP), over NVLink where a domain holds several: see `messages.replica_buffers`."""
    times = np.where(layout.zero > 2, microbatches(layout, batch), 1)
    sizes, ranks = data_parallel_buffers(shape, layout, batch, stack), sharing_ranks(layout)
    near = local_replicas(layout, local)
    local = np.where(layout.replicas > 1, np.minimum(local, ranks), local)
    shared = _gathered(times * sizes["shared"], ranks, local)
    experts = _gathered(times * sizes["experts"], expert_sharing_ranks(layout), local_copies(layout, local))
    within = {link: shared[link] + experts[link] for link in shared}
    added, copies = replica_buffers(shape, layout, batch, stack), {"shared": layout.replicas, "experts": expert_replicas(layout)}
    across = [_gathered(2 * times * buffer, copies[part], near[part]) for part, buffer in added.items()]
    return {link: np.where(layout.replicas > 1, size + sum(sent[link] for sent in across), size) for link, size in within.items()}


SENT = {
    "tensor parallel": tensor_parallel_bytes,
    "context parallel": context_parallel_bytes,
    "expert parallel": expert_parallel_bytes,
    "pipeline parallel": pipeline_parallel_bytes,
    "data parallel": data_parallel_bytes,
}


# ------------------------------------------------------------------------------------------------ one all-reduce

METHODS = {"ring": "B", "tree": "B", "hierarchical": "B", "in_network": "B"}


@checked(returns=METHODS)
def nvlink_bytes_of_all_reduce(size, ranks, local):
    """Bytes that each GPU sends over NVLink in one all-reduce of `size` bytes [B], by method, as `collectives` times them.

    local: ranks of the group in each NVLink domain. The tree passes all of it up and down the domain.
    """
    shares = np.where(local > 1, 1, 0)
    around = 2 * (ranks - 1) / ranks
    inside = 2 * (local - 1) / local
    return {"ring": shares * around * size, "tree": shares * 2 * size, "hierarchical": inside * size, "in_network": shares * (local + 1) / local * size}


@checked(returns=METHODS)
def nic_bytes_of_all_reduce(size, ranks, local):
    """Bytes that each GPU sends through its NIC in one all-reduce of `size` bytes [B], by method, as `collectives` times them.

    The NICs of a domain share what leaves it; two levels go around rings of the GPUs in the same place of their domains.
    """
    leaves = np.where(ranks > local, 1, 0)
    domains = ranks / local
    sent = {
        "ring": 2 * (ranks - 1) / ranks,
        "tree": tree_sends(domains),
        "hierarchical": 2 * (domains - 1) / domains,
        "in_network": 1,
    }
    return {method: leaves * times * size / local for method, times in sent.items()}
