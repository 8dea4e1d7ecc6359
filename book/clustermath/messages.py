"""What each kind of parallelism sends, said once: `traffic` turns it into time, and `volume` into a step's bytes.

For one layer and one microbatch, but for data parallelism, which sends a stage's weights and gradients.
"""

from .architecture import Architecture
from .composition import attention_share, mixture_share, over_mixers
from .layer import end_weights, frozen_bytes, gathered_bytes, held_weights, keys_held, trained_weights
from .layout import Batch, Layout, expert_replicas, expert_sharing_ranks, expert_tensor_parallel, sharing_ranks, tokens_per_microbatch
from .numeric import clip, maximum, minimum, where
from .parameters import checked
from .software import Stack
from .tuning import trained_share


@checked(returns="1")
def tensor_parallel_share(shape: Architecture, stack: Stack):
    """How many of two blocks' collectives over tp a layer needs [1].

    A layer with attention and feed-forward side by side needs half, by the model's design or the software's; experts
    don't use them.
    """
    blocks = 1 - 0.5 * (mixture_share(shape) + over_mixers(shape, "alone"))
    return blocks * (1 - 0.5 * maximum(shape.parallel_block, stack.parallel_block))


@checked(returns={"forward": "B", "backward": "B"})
def tensor_parallel_buffers(shape: Architecture, layout: Layout, batch: Batch, stack: Stack):
    """Whole buffers that a layer gathers or reduce-scatters over its tp ranks [B].

    Two all-reduces, each as much as two of those, forward and two backward (Narayanan et al., arXiv 2104.04473, section
    3.2); sequence parallelism gathers once more backward (Korthikanti et al., arXiv 2205.05198, section 4.2.2).
    """
    size = tensor_parallel_share(shape, stack) * tokens_per_microbatch(layout, batch) * shape.hidden * batch.value_bytes
    return {"forward": 4 * size, "backward": (4 + where(layout.sequence_parallel > 0, 1, 0)) * size}


@checked(returns={"forward": "B", "backward": "B"})
def context_parallel_buffers(shape: Architecture, layout: Layout, batch: Batch):
    """Keys and values of whole sequences that a layer passes around a ring of its cp ranks [B]: with their gradients backward."""
    width = (attention_share(shape) * shape.kv_heads * (shape.head_dim + shape.value_dim) + over_mixers(shape, "cached")) / layout.tp
    size = layout.cp * tokens_per_microbatch(layout, batch) * width * batch.value_bytes
    return {"forward": size, "backward": 2 * size}


@checked(returns="B")
def head_exchange(shape: Architecture, layout: Layout, batch: Batch):
    """What a GPU holds of the tensors that a layer exchanges over cp as all-to-alls, heads for sequences [B]; backward as much.

    Queries, keys and values before attention, its output after it: 4 N h / P values of N tokens over P ranks where all are h
    wide (DeepSpeed-Ulysses, arXiv 2309.14509, section 3.2). Fewer heads of keys than ranks travel to several.
    """
    width = shape.heads * (shape.head_dim + shape.value_dim) / layout.tp + keys_held(shape, layout) * (shape.head_dim + shape.value_dim)
    others = over_mixers(shape, "width") / layout.tp
    return tokens_per_microbatch(layout, batch) * (attention_share(shape) * width + others) * batch.value_bytes


@checked(returns="1")
def share_chosen(places, choices):
    """Share of so many `places` alike that hold one of a token's `choices` or more [1]."""
    return 1 - (1 - 1 / places) ** choices


@checked(returns={"nvlink": "B", "nic": "B"})
def expert_exchange(shape: Architecture, layout: Layout, batch: Batch, stack: Stack, local):
    """Bytes that a GPU sends in one of a layer's all-to-alls over its ep ranks, `local` of them in each domain [B].

    A token crosses the fabric once to each domain that holds one of its experts, and NVLink once to every GPU that holds
    some and isn't the one it arrives at (DeepSeek-V3, arXiv 2412.19437, section 3.2.2). An all-to-all goes the same ways
    (NCCL's PXN) with a copy for each expert (`software.Stack.sent_once`).
    """
    top_k = maximum(shape.top_k, 1)
    size = mixture_share(shape) * tokens_per_microbatch(layout, batch) * shape.hidden * batch.value_bytes / layout.tp
    domains = layout.ep / local
    shares = [where(stack.sent_once > 0, share_chosen(places, top_k), top_k / places) for places in (layout.ep, domains)]
    return {"nvlink": size * layout.ep * shares[0] * (1 - 1 / local), "nic": size * (domains - 1) * shares[1]}


@checked(returns="B")
def pipeline_message(shape: Architecture, layout: Layout, batch: Batch):
    """What a GPU sends to the next stage [B]: a microbatch's activations, of which tp ranks send a share each."""
    share = where(layout.sequence_parallel > 0, layout.tp, 1)
    return tokens_per_microbatch(layout, batch) * shape.hidden * batch.value_bytes / share


@checked(returns={"shared": "1", "experts": "1"})
def stage_weights(shape: Architecture, layout: Layout):
    """Weights that one GPU holds of its stage [1], by who else holds them: all cp x dp ranks, or those of its experts.

    The embedding or the head is counted once: on the end stages, which are the fullest. Without a pipeline, both are.
    """
    return _stage(shape, layout, held_weights(shape, layout), 1.0)


@checked(returns={"shared": "1", "experts": "1"})
def trained_on_stage(shape: Architecture, layout: Layout):
    """Those of `stage_weights` that are trained, and so have a gradient and optimizer states [1]."""
    return _stage(shape, layout, trained_weights(shape, layout), trained_share(shape)) if shape.tuning else stage_weights(shape, layout)


def _stage(shape, layout, of_layer, of_vocabulary):
    vocabulary = where(layout.pp > 1, 1, 2 - shape.tied) * end_weights(shape, layout)["vocabulary"]
    layers = (shape.layers + shape.mtp) / layout.pp
    return {"shared": layers * of_layer["shared"] + of_vocabulary * vocabulary, "experts": layers * of_layer["experts"]}


@checked(returns={"shared": "B", "experts": "B"})
def data_parallel_buffers(shape: Architecture, layout: Layout, batch: Batch, stack: Stack):
    """Buffers that are reduce-scattered as gradients and gathered as weights [B], by who shares them, as `stage_weights`.

    Once in a step, gradients in no more than stack.reduce_bytes each; FSDP does it for each microbatch, with weights gathered
    twice (ZeRO-3, arXiv 1910.02054, section 7): frozen ones too, which have no gradient.
    """
    reduced = minimum(batch.gradient_bytes, stack.reduce_bytes)
    gathered, trained = gathered_bytes(batch, stack), trained_on_stage(shape, layout)
    sent = {part: weights * (reduced + where(layout.zero > 2, 2, 1) * gathered) for part, weights in trained.items()}
    if not shape.tuning:
        return sent
    frozen = where(layout.zero > 2, 2 * minimum(gathered, frozen_bytes(shape, batch)), 0)
    return {part: sent[part] + frozen * (weights - trained[part]) for part, weights in stage_weights(shape, layout).items()}


@checked(returns={"shared": "B", "experts": "B"})
def replica_buffers(shape: Architecture, layout: Layout, batch: Batch, stack: Stack):
    """Gradients that a GPU reduces with those in its place of the other groups [B], by who shares them, as `stage_weights`.

    After those of its group: its own share (PyTorch's HSDP; Zhao et al., arXiv 2304.11277, section 3.2.2).
    """
    each = minimum(batch.gradient_bytes, stack.reduce_bytes)
    trained = trained_on_stage(shape, layout)
    return {"shared": each * trained["shared"] / sharing_ranks(layout), "experts": each * trained["experts"] / expert_sharing_ranks(layout)}


@checked(returns="1")
def local_copies(layout: Layout, local):
    """Of the ranks that share the same experts, how many share a domain [1], if `local` data-parallel ranks do."""
    return clip(_copies_within(layout, local), 1, expert_sharing_ranks(layout))


@checked(returns={"shared": "1", "experts": "1"})
def local_replicas(layout: Layout, local):
    """Of the ranks in one place of all groups (HSDP), how many share a domain [1], if `local` data-parallel ranks do; by who
    shares them, as `stage_weights`."""
    within = _copies_within(layout, local)
    return {
        "shared": clip(local / sharing_ranks(layout), 1, layout.replicas),
        "experts": clip(within / expert_sharing_ranks(layout), 1, expert_replicas(layout)),
    }


def _copies_within(layout, local):
    """Copies of an expert on `local` data-parallel ranks."""
    return local * layout.tp / expert_tensor_parallel(layout) / layout.ep
