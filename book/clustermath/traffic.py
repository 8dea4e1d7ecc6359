"""How long what each kind of parallelism sends takes: `messages`, over the links of a Machine.

A start for each collective, and its bytes over the link: all that shows of training's messages of megabytes (for small
ones and for algorithms, see `collectives`). Ranks are numbered tp, cp, ep, dp, pp, so that inner groups fill an NVLink
domain first.
"""

from .architecture import Architecture
from .composition import mixture_share
from .assumptions import ASSUMED
from .layout import Batch, Layout, by_turns, expert_replicas, expert_sharing_ranks, sharing_ranks
from .matmul import Machine
from .messages import (
    context_parallel_buffers,
    data_parallel_buffers,
    expert_exchange,
    head_exchange,
    local_copies,
    local_replicas,
    pipeline_message,
    replica_buffers,
    stage_weights,
    tensor_parallel_buffers,
    tensor_parallel_share,
)
from .numeric import clip, either, maximum, minimum, where
from .parameters import checked
from .software import Constants, Stack


def _link(machine, span):
    """Bandwidth that a group spanning this many neighbouring GPUs communicates with: NVLink if a domain holds it."""
    return where(span <= machine.nvlink_domain, machine.nvlink, machine.nic)


def _rings(machine, ranks):
    """Bandwidth of rings through neighbouring GPUs: NVLink's, or across domains that of all NICs of a domain.

    A library lays one ring through each NIC, as in `collectives.flat_all_reduce`. Small groups reach less of the link than
    eight GPUs do: two 0.71 to 0.77 of it, four 0.91 to 0.95 (aiconfigurator-core 0.12.0, all-gathers of 512 MiB).
    """
    inside = machine.nvlink / (1 + machine.copied / maximum(ranks - 1, 1))
    leaving = minimum(machine.nvlink, machine.nvlink_domain * machine.nic)
    return where(ranks <= machine.nvlink_domain, inside, leaving)


def _levels(size, ranks, local, machine):
    """Time that an all-gather or reduce-scatter of `size` bytes, `local` of the ranks in each domain, takes of NVLink and of
    the NICs [s]: each domain takes in what it lacks through its ranks' NICs, and shares it over NVLink."""
    domains = ranks / local
    return size * (1 - 1 / local) / machine.nvlink, size * (1 - 1 / domains) / (local * machine.nic)


def _collective(size, ranks, local, machine, starts, across, several):
    """Time of an all-gather or reduce-scatter, as `_levels` [s]; both levels are busy at the same time.

    starts: of the steps around rings over NVLink, in all the buckets that it is cut in [s]. across: gives what groups of such
    ranks add up with each other meanwhile, of so many copies [B, 1, 1: how many of a group share a domain], if there are
    several groups.
    """
    inside, outside = _levels(size, ranks, local, machine)
    inside = inside + where(ranks > 1, 1, 0) * starts

    def beside_others():
        shares, copies, near = across()
        more_inside, more_outside = _levels(2 * shares, copies, near, machine)
        return maximum(inside + more_inside, outside + more_outside)

    return either(several, beside_others, lambda: maximum(inside, outside))


@checked(returns={"forward": "s", "backward": "s"})
def tensor_parallel(shape: Architecture, machine: Machine, layout: Layout, batch: Batch, stack: Stack, constants: Constants):
    """What computing waits for, of a layer's all-gathers and reduce-scatters over tp [s]; backward as with sequence
    parallelism.
    """
    exposed = where(stack.tp_overlap > 0, constants.exposed, 1)
    buffers = tensor_parallel_buffers(shape, layout, batch, stack)
    sizes = {way: size * (layout.tp - 1) / layout.tp for way, size in buffers.items()}
    started = where(layout.tp > 1, 4, 0) * tensor_parallel_share(shape, stack) * machine.collective_start
    times = {way: exposed * size / _rings(machine, layout.tp) for way, size in sizes.items()}
    return {"forward": times["forward"] + started, "backward": times["backward"] + started * buffers["backward"] / buffers["forward"]}


@checked(returns={"forward": "s", "backward": "s"})
def context_parallel(shape: Architecture, machine: Machine, layout: Layout, batch: Batch):
    """How long a layer's exchange over cp takes [s]: of keys and values, with their gradients backward, around a ring or in
    one gather (`layout.Layout.gathered`), or of heads (`ulysses`). `step.layer_parts` says what attention hides of it.
    """
    local = clip(machine.nvlink_domain / layout.tp, 1, layout.cp)
    each = head_exchange(shape, layout, batch) / layout.cp
    inside = (local - 1) * each / machine.exchange
    heads = where(layout.cp > 1, 2, 0) * machine.collective_start + maximum(inside, (layout.cp - local) * each / machine.nic)
    sent = (layout.cp - 1) / layout.cp / _link(machine, layout.tp * layout.cp)
    messages = where(layout.gathered > 0, minimum(layout.cp - 1, 1), layout.cp - 1)  # each has a start: a gather is one collective
    started = messages * machine.collective_start
    buffers = context_parallel_buffers(shape, layout, batch)
    return {
        way: where(layout.ulysses > 0, heads, sent * buffers[way] + times * started)
        for way, times in (("forward", 1), ("backward", 2))
    }


@checked(returns="s")
def expert_parallel(shape: Architecture, machine: Machine, layout: Layout, batch: Batch, stack: Stack, constants: Constants):
    """What computing waits for, of a layer's two all-to-alls over ep, forward [s]; backward takes as long.

    NVLink and NICs work at the same time. Only another microbatch's computing hides them (`layout.by_turns`).
    """
    local = clip(machine.nvlink_domain / (layout.tp * layout.cp), 1, layout.ep)
    sent = expert_exchange(shape, layout, batch, stack, local)
    exposed = where(by_turns(layout, batch, stack) > 0, constants.exposed, 1)
    started = where(layout.ep > 1, ASSUMED.exchange_starts, 0) * mixture_share(shape) * machine.collective_start
    inside = sent["nvlink"] / (ASSUMED.token_exchange * machine.exchange)
    return exposed * (started + 2 * maximum(inside, sent["nic"] / machine.nic))


@checked(returns="s")
def pipeline_parallel(shape: Architecture, machine: Machine, layout: Layout, batch: Batch):
    """Time that a stage's messages take for one microbatch, both ways [s]."""
    return where(layout.pp > 1, 2 * layout.interleave, 0) * pipeline_message(shape, layout, batch) / machine.nic


@checked(returns="s")
def data_parallel(shape: Architecture, machine: Machine, layout: Layout, batch: Batch, stack: Stack):
    """Time to reduce gradients and gather weights once [s]: all of a step's without FSDP, a microbatch's with it.

    Groups that hold copies (HSDP) gather within themselves, and add up what they have reduced with each other.
    Software that doesn't overlap this communication runs FSDP's as one ring through all GPUs, at the speed of one NIC.
    """
    sent, held = data_parallel_buffers(shape, layout, batch, stack), stage_weights(shape, layout)
    ranks, within = sharing_ranks(layout), machine.nvlink_domain / layout.tp
    local = clip(within, 1, ranks)
    starts = {part: 2 * weights / ASSUMED.bucket * machine.bucket_step for part, weights in held.items()}
    copies = {"shared": layout.replicas, "experts": expert_replicas(layout)}

    def across(part):
        return replica_buffers(shape, layout, batch, stack)[part], copies[part], local_replicas(layout, within)[part]

    several = layout.replicas > 1
    shared = _collective(sent["shared"], ranks, local, machine, starts["shared"], lambda: across("shared"), several)
    copied = expert_sharing_ranks(layout), local_copies(layout, local)
    experts = _collective(sent["experts"], *copied, machine, starts["experts"], lambda: across("experts"), several)
    one_ring = where(ranks > 1, 1, 0) * sum(sent.values()) / machine.nic
    flat = (layout.zero > 2) & (stack.dp_overlap < 1)
    return where(flat, one_ring, shared + experts)
