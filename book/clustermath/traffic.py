"""How long what each kind of parallelism sends takes: `messages`, over the links of a Machine.

Bandwidth terms only: training's messages are megabytes, and latency is lost in them (for small ones and for
algorithms, see `collectives`). Ranks are numbered tp, cp, ep, dp, pp, so that inner groups fill an NVLink domain first.
"""

import numpy as np

from .architecture import Architecture
from .assumptions import ASSUMED
from .layout import Batch, Layout, expert_copies
from .matmul import Machine
from .messages import (
    context_parallel_buffers,
    data_parallel_buffers,
    expert_exchange,
    local_copies,
    pipeline_message,
    tensor_parallel_buffers,
)
from .parameters import checked
from .software import Constants, Stack


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
def tensor_parallel(shape: Architecture, machine: Machine, layout: Layout, batch: Batch, stack: Stack, constants: Constants):
    """What computing waits for, of a layer's all-gathers and reduce-scatters over tp [s]; backward as with sequence
    parallelism.
    """
    exposed = np.where(stack.tp_overlap > 0, constants.exposed, 1)
    size = tensor_parallel_buffers(shape, layout, batch, stack)["forward"] * (layout.tp - 1) / layout.tp
    forward = exposed * size / _rings(machine, layout.tp)
    return {"forward": forward, "backward": 1.25 * forward}


@checked(returns={"forward": "s", "backward": "s"})
def context_parallel(shape: Architecture, machine: Machine, layout: Layout, batch: Batch):
    """What computing waits for, of a layer's exchange of keys and values over cp [s]."""
    sent = ASSUMED.context_exposed * (layout.cp - 1) / layout.cp / _link(machine, layout.tp * layout.cp)
    return {way: sent * size for way, size in context_parallel_buffers(shape, layout, batch).items()}


@checked(returns="s")
def expert_parallel(shape: Architecture, machine: Machine, layout: Layout, batch: Batch, constants: Constants):
    """Time of a layer's two all-to-alls over ep, forward [s]; backward takes as long.

    NVLink and NICs work at the same time. Nothing hides them, but in DualPipe's schedule.
    """
    local = np.clip(machine.nvlink_domain / (layout.tp * layout.cp), 1, layout.ep)
    sent = expert_exchange(shape, layout, batch, local)
    exposed = np.where(layout.schedule > 2, constants.exposed, 1)
    return 2 * exposed * np.maximum(sent["nvlink"] / machine.nvlink, sent["nic"] / machine.nic)


@checked(returns="s")
def pipeline_parallel(shape: Architecture, machine: Machine, layout: Layout, batch: Batch):
    """Time that a stage's messages take for one microbatch, both ways [s]."""
    return np.where(layout.pp > 1, 2 * layout.interleave, 0) * pipeline_message(shape, layout, batch) / machine.nic


@checked(returns="s")
def data_parallel(shape: Architecture, machine: Machine, layout: Layout, batch: Batch, stack: Stack):
    """Time to reduce gradients and gather weights once [s]: all of a step's without FSDP, a microbatch's with it.

    Software that doesn't overlap this communication runs FSDP's as one ring through all GPUs, at the speed of one NIC.
    """
    sent, ranks = data_parallel_buffers(shape, layout, batch), layout.cp * layout.dp
    local = np.clip(machine.nvlink_domain / layout.tp, 1, ranks)
    shared = _collective(sent["shared"], ranks, local, machine)
    experts = _collective(sent["experts"], expert_copies(layout), local_copies(layout, local), machine)
    one_ring = np.where(ranks > 1, 1, 0) * sum(sent.values()) / machine.nic
    flat = (layout.zero > 2) & (stack.dp_overlap < 1)
    return np.where(flat, one_ring, shared + experts)
