"""The work of one average layer on one microbatch and one GPU: FLOPs and memory traffic, and the time they take.

Everything is for the forward pass; `backward` says how many times it the backward pass takes.
"""

from types import SimpleNamespace

from .architecture import Architecture, attention_params, ffn_params, latent_params, pair_values
from .assumptions import ASSUMED
from .composition import attention_share, dense_share, mixture_share, over_mixers
from .layout import Batch, Layout, by_turns, expert_tensor_parallel, tokens_per_microbatch
from .matmul import Machine, matmul_rate, matmul_time
from .numeric import maximum, minimum, where
from .parameters import checked
from .software import Constants, Stack
from .tuning import adapted, adapter_params, trained_share, working_adapters


@checked
def _widths(shape: Architecture, layout: Layout):
    """Widths of a layer's tensors, averaged over dense and mixture layers: what one GPU holds of them for a token."""
    moe = mixture_share(shape)
    dense, attention, tp = dense_share(shape), attention_share(shape), layout.tp
    mixers = over_mixers(shape, "width")
    chosen = moe * shape.top_k / tp
    return SimpleNamespace(
        moe=moe,
        qkv=(attention * (shape.heads * shape.head_dim + shape.kv_heads * (shape.head_dim + shape.value_dim)) + mixers) / tp,
        heads=attention * shape.heads * shape.value_dim / tp,
        ffn=(dense * shape.ffn + moe * shape.shared_ffn) / tp,
        copies=(dense + moe * where(shape.shared_ffn > 0, 1, 0)) * shape.hidden,
        routed=chosen * shape.hidden,  # inputs of the experts: a copy for each that a token visits
        expert_ffn=chosen * shape.expert_ffn,
        hidden=shape.hidden,
        normed=shape.hidden / where(layout.sequence_parallel > 0, tp, 1),
    )


@checked(returns="1")
def key_parts(shape: Architecture, layout: Layout):
    """Parts that tensor parallelism cuts a layer's keys and values into [1]: no more than there are heads of them.

    With more ranks than that, several hold the same head (Megatron-LM, torchtitan). Latent ones are cut when expanded.
    """
    return where(shape.kv_rank > 0, layout.tp, minimum(layout.tp, shape.kv_heads))


@checked(returns="1")
def keys_held(shape: Architecture, layout: Layout):
    """Heads of keys and values that a GPU holds for each of its tokens, with the attention it computes [1].

    With Ulysses a rank holds whole sequences of some heads, of keys at least one: cp times its own tokens.
    """
    held = shape.kv_heads / key_parts(shape, layout)
    return where(layout.ulysses > 0, maximum(held, layout.cp), held)


@checked(returns={"vocabulary": "1", "positions": "1"})
def end_weights(shape: Architecture, layout: Layout):
    """Weights of a pipeline's ends that one GPU holds there [1]: of the embedding, or as many of the head, which
    tensor-parallel ranks cut; and of learned positions, which they don't.
    """
    return {"vocabulary": shape.vocab * shape.hidden / layout.tp, "positions": shape.positions * shape.hidden}


@checked(returns="1")
def layer_weights(shape: Architecture, layout: Layout):
    """The model's own weights of an average layer that one GPU holds [1], by named part."""
    moe, attention = mixture_share(shape), attention_params(shape)
    each = (attention["query"] + attention["output"]) / layout.tp + attention["key_value"] / key_parts(shape, layout)
    return {
        "attention": attention_share(shape) * each + over_mixers(shape, "weights") / layout.tp,
        "feed-forward": ffn_params(shape, dense_share(shape) * shape.ffn + moe * shape.shared_ffn) / layout.tp,
        "experts": moe * ffn_params(shape, shape.expert_ffn) * shape.experts / (layout.ep * expert_tensor_parallel(layout)),
    }


@checked(returns={"shared": "1", "experts": "1"})
def layer_adapters(shape: Architecture, layout: Layout):
    """Weights of an average layer's adapters that one GPU holds [1]: cut as the matrices that they stand beside."""
    parts = adapter_params(shape)
    shared = (parts["attention"] + parts["feed-forward"]) / layout.tp
    return {"shared": shared, "experts": parts["experts"] / (layout.ep * expert_tensor_parallel(layout))}


@checked(returns={"shared": "1", "experts": "1"})
def held_weights(shape: Architecture, layout: Layout):
    """All weights of an average layer that one GPU holds [1], by who else does: cp x dp ranks, or those of its experts."""
    own = layer_weights(shape, layout)
    held = {"shared": own["attention"] + own["feed-forward"], "experts": own["experts"]}
    if not shape.tuning:
        return held
    beside = layer_adapters(shape, layout)
    return {part: weights + beside[part] for part, weights in held.items()}


@checked(returns={"shared": "1", "experts": "1"})
def trained_weights(shape: Architecture, layout: Layout):
    """Those of `held_weights` that are trained [1]."""
    held = held_weights(shape, layout)
    if not shape.tuning:
        return held
    frozen, beside = 1 - trained_share(shape), layer_adapters(shape, layout)
    return {part: weights - frozen * (weights - beside[part]) for part, weights in held.items()}


@checked(returns={"shared": "1", "experts": "1"})
def stored_weights(shape: Architecture, layout: Layout, batch: Batch):
    """`held_weights`, counted in batch.weight_bytes [1]: frozen ones may take fewer (`tuning.Tuning.frozen_bytes`)."""
    held = held_weights(shape, layout)
    if not shape.tuning:
        return held
    trained, spared = trained_weights(shape, layout), 1 - frozen_bytes(shape, batch) / batch.weight_bytes
    return {part: weights - spared * (weights - trained[part]) for part, weights in held.items()}


@checked(returns="B")
def frozen_bytes(shape: Architecture, batch: Batch):
    """Of a layer's frozen weight [B]; as of any where none are."""
    return shape.tuning[0].frozen_bytes if shape.tuning else batch.weight_bytes


def _expanded(shape, layout, batch):
    """Traffic of expanding a layer's frozen weights for a multiply [B]: read as kept, written as multiplied."""
    held, trained, each = held_weights(shape, layout), trained_weights(shape, layout), frozen_bytes(shape, batch)
    frozen = sum(held.values()) - sum(trained.values())
    return where(each < batch.weight_bytes, frozen * (each + batch.weight_bytes), 0)


def _multiplies(shape, layout):
    """A layer's multiplies with weights, for one token: of attention, the feed-forward that all take, the experts.

    weights: that work on it; inputs and results: values; kernels: how many multiplies; trained: share of the weights.
    """
    trained = trained_share(shape)
    widths, held = _widths(shape, layout), layer_weights(shape, layout)
    moe = widths.moe
    shared, experts = (widths.ffn, widths.copies), (widths.expert_ffn, widths.routed)
    return [
        SimpleNamespace(
            weights=held["attention"],
            held=held["attention"],
            inputs=widths.hidden + widths.heads,
            results=widths.qkv + widths.hidden,
            kernels=2,
            trained=trained,
        )
    ] + [
        SimpleNamespace(
            weights=ffn_params(shape, width),
            held=part,
            inputs=copies + width,
            results=(1 + shape.gated) * width + copies,
            kernels=kernels,
            trained=trained,
        )
        for (width, copies), part, kernels in (
            (shared, held["feed-forward"], 2 * (dense_share(shape) + where(shape.shared_ffn > 0, moe, 0))),
            (experts, held["experts"], 2 * moe),
        )
    ] + ([_beside(shape, layout)] if shape.tuning else [])


def _beside(shape, layout):
    """The multiplies of a layer's adapters, as one of `_multiplies`: narrow ones, added to what their matrix gives."""
    working = [(matrix, where(matrix.rank > 0, matrix.working, 0)) for matrix in adapted(shape)]
    return SimpleNamespace(
        weights=working_adapters(shape) / layout.tp,
        held=sum(layer_adapters(shape, layout).values()),
        inputs=sum(count * (matrix.inputs + matrix.rank) for matrix, count in working) / layout.tp,
        results=sum(count * (matrix.rank + 2 * matrix.outputs) for matrix, count in working) / layout.tp,
        kernels=sum(2 * count for _, count in working),
        trained=1.0,
    )


@checked(returns={"forward": "s", "backward": "s"})
def matmuls(shape: Architecture, machine: Machine, layout: Layout, batch: Batch):
    """Time of a layer's matrix multiplies with weights [s]: all but attention's scores. The experts' are grouped ones.

    Backward are two multiplies, one of which gives the weights' gradients, and is left out where these are frozen.
    """
    tokens = tokens_per_microbatch(layout, batch)
    rate, bandwidth = matmul_rate(machine, batch.bits), machine.hbm_bandwidth
    operand = batch.weight_bytes * batch.operand_bytes / batch.value_bytes
    times = {"forward": 0, "backward": 0}
    for part in _multiplies(shape, layout):
        work = batch.flops_per_weight * part.weights * tokens
        activations = tokens * (part.inputs * batch.operand_bytes + part.results * batch.value_bytes)
        start = part.kernels * machine.kernel_start
        forward = matmul_time(work, activations + part.held * operand, rate, bandwidth)
        passes = 1 + part.trained
        traffic = passes * activations + part.held * (operand + part.trained * (ASSUMED.accumulate_bytes * batch.weight_bytes))
        backward = matmul_time(passes * work, traffic, rate, bandwidth)
        times = {"forward": times["forward"] + start + forward, "backward": times["backward"] + passes * start + backward}
    return times


@checked(returns="s")
def expanding(shape: Architecture, machine: Machine, layout: Layout, batch: Batch):
    """Time of expanding latent queries, keys and values, forward [s]; part of `matmuls`."""
    work = batch.flops_per_weight * attention_share(shape) * latent_params(shape) / layout.tp * tokens_per_microbatch(layout, batch)
    return work / matmul_rate(machine, batch.bits)


@checked(returns={"forward": "s", "backward": "s"})
def scores(shape: Architecture, machine: Machine, layout: Layout, batch: Batch, stack: Stack, constants: Constants):
    """Time of attention's scores and their use [s].

    A recurrence's work on its state is counted as such work, too. Flash attention computes the causal half, and 2.5
    times that backward: in BF16 whatever the precision, but in software that has FP8 kernels for it. Its rate falls
    with short sequences, or short pieces of them on context-parallel ranks, which hold whole ones of fewer heads with
    Ulysses, with narrow heads, and where kernels are older than what a chip has had since Ampere, which is when FP8
    came (`software.Stack.second_flash`). Without it, the full matrix is computed and passed through memory.
    """
    tokens = tokens_per_microbatch(layout, batch)
    values = pair_values(shape, batch.seq_len, stack.flash) + over_mixers(shape, "state")
    work = batch.flops_per_pair * tokens * values / layout.tp
    kernels = where(stack.first_flash > 0, constants.first_flash, 1)
    kernels = kernels * where((stack.second_flash > 0) & (machine.peak8 > machine.peak16), ASSUMED.second_flash, 1)
    kernels = kernels * where((batch.bits < 16) & (stack.attention8 > 0), ASSUMED.attention8, 1)
    narrow = minimum(shape.head_dim / ASSUMED.full_head, 1) ** ASSUMED.narrow_head
    piece = where(layout.ulysses > 0, batch.seq_len, batch.seq_len / layout.cp)
    short = piece / (piece + constants.attention_ramp)
    time = work / (machine.matmul16 * constants.attention * kernels * narrow * short)
    pairs = batch.flops_per_pair * tokens * batch.seq_len * attention_share(shape) * shape.heads / layout.tp
    through_memory = (1 - stack.flash) * ASSUMED.score_passes * pairs * _bytes_per_flop(batch) / machine.hbm_bandwidth
    return {"forward": time + through_memory, "backward": (2 + (ASSUMED.flash_backward - 2) * stack.flash) * time + through_memory}


def _bytes_per_flop(batch):
    """Bytes of one BF16 value for each FLOP of one multiplication and addition: turns FLOPs of pairs into bytes."""
    return batch.value_bytes / batch.flops_per_weight


@checked(returns="s")
def elementwise(shape: Architecture, machine: Machine, layout: Layout, batch: Batch, constants: Constants):
    """Time of norms, residuals, rotary embedding and activation, forward [s]; backward takes twice as long.

    A kernel's start for each, and constants.elementwise times the least traffic, which is all of it where kernels are
    fused: 10 BF16 values a token and unit of width for norms and residuals, 2 for queries, keys and values and the
    heads' output, 2 and one more if gated for the feed-forward.
    """
    widths = _widths(shape, layout)
    attention = attention_share(shape) * (shape.heads * shape.head_dim + shape.kv_heads * shape.head_dim) + over_mixers(shape, "width")
    values = 10 * widths.normed + 2 * attention / layout.tp + (2 + shape.gated) * (widths.ffn + widths.expert_ffn)
    traffic = tokens_per_microbatch(layout, batch) * values * batch.value_bytes
    return constants.elementwise * traffic / machine.hbm_bandwidth + ASSUMED.simple_kernels * machine.kernel_start


@checked(returns="B")
def gathered_bytes(batch: Batch, stack: Stack):
    """Of a weight as data-parallel ranks gather it [B]."""
    quantised = (stack.gather8 > 0) & (batch.bits < 16) & (batch.bits > 4) & (batch.blocked < 1)
    return where(quantised, batch.operand_bytes / batch.value_bytes, 1) * batch.weight_bytes


def _quantised(machine, batch, stack):
    """Traffic of quantising a token's value, as rows and columns, and a weight's, which a pass needs as one of them.

    A tensor's largest value takes a look at all of it first: in FP8 with one scale, if the current one is
    (`Stack.current_scaling`), and in NVFP4, whose blocks' scales have one (arXiv 2509.25149, appendix). Chips that
    multiply FP4 read FP8 with one scale by rows or columns as it lies (Transformer Engine,
    is_non_tn_fp8_gemm_supported); blocks lie along what is summed, and so differ.
    """
    looks = where(batch.bits > 4, (1 - batch.blocked) * stack.current_scaling, 1)
    copies = where((batch.blocked < 1) & (machine.peak4 > machine.peak8), 1, 2)
    read = (1 + looks) * batch.value_bytes
    return [where(batch.bits < 16, read + written * batch.operand_bytes, 0) for written in (copies, 1)]


@checked(returns={"forward": "s", "backward": "s"})
def casts(shape: Architecture, machine: Machine, layout: Layout, batch: Batch, stack: Stack):
    """Time of quantising the inputs of matrix multiplies [s]: the bytes that are read and written.

    Grouped kernels quantise what an expert's first matrix gives its second while they compute it. Weights stay
    quantised for a step, but where FSDP gathers them for each microbatch, twice: as BF16, or in FP8
    (`software.Stack.gather8`). Frozen ones that are kept in fewer bits are expanded for each pass.
    """
    widths = _widths(shape, layout)
    each, once = _quantised(machine, batch, stack)
    second = tokens_per_microbatch(layout, batch) * each / machine.hbm_bandwidth
    ffn, copies = widths.ffn + (1 - stack.grouped) * widths.expert_ffn, widths.copies + widths.routed
    wide = (layout.zero > 2) & (gathered_bytes(batch, stack) >= batch.weight_bytes)
    gathered = where(wide, 1, 0) * sum(layer_weights(shape, layout).values())  # adapters aren't quantised
    weights = gathered * once * batch.weight_bytes / batch.value_bytes / machine.hbm_bandwidth
    if shape.tuning:
        weights = weights + _expanded(shape, layout, batch) / machine.hbm_bandwidth
    return {
        "forward": second * (widths.hidden + widths.heads + copies + ffn) + weights,
        "backward": second * (widths.qkv + widths.hidden + (1 + shape.gated) * ffn + copies) + weights,
    }


@checked(returns="s")
def permutation(shape: Architecture, machine: Machine, layout: Layout, batch: Batch, stack: Stack, constants: Constants):
    """Time of moving tokens to their experts and back in memory, forward [s]; backward takes as long.

    Each routed copy of a token is read and written twice. Experts with biases add passes over their activations, unless
    their kernels take them along.
    """
    widths = _widths(shape, layout)
    passes = where(stack.grouped > 0, ASSUMED.bias_passes, constants.biased_experts)
    biased = passes * shape.bias * widths.expert_ffn
    traffic = tokens_per_microbatch(layout, batch) * (4 * widths.routed + biased) * batch.value_bytes
    return traffic / machine.hbm_bandwidth + widths.moe * ASSUMED.routing_kernels * machine.kernel_start


@checked(returns="s")
def launching(shape: Architecture, layout: Layout, batch: Batch, stack: Stack, constants: Constants):
    """Time that the host needs to launch a layer of experts, forward and backward [s]; averaged over the layers.

    Nothing, if the whole step was captured as one graph. Experts that are multiplied as one kernel (`Stack.grouped`)
    are launched as one, however many they are. Where two microbatches take turns (`layout.by_turns`), each is launched
    in pieces.
    """
    moe = mixture_share(shape)
    slower = where(stack.fused_moe > 0, 1, constants.unfused_moe)
    each = (1 - stack.grouped) * constants.host_per_expert * shape.experts / layout.ep
    turns = where(by_turns(layout, batch, stack) > 0, constants.alternating, 0)
    return moe * (1 - stack.graphs) * (slower * (constants.host + each) + turns)
