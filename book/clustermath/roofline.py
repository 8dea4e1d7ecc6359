"""A training step's roofline: the least time that each resource allows, which no software gets below on this hardware and layout.

Perfect software keeps every resource busy at once, so that the step takes as long as the busiest of them alone.
"""

from types import SimpleNamespace

import numpy as np

from .architecture import Architecture, model_flops
from .layer import casts, elementwise, matmuls
from .layout import Batch, Layout, gpus_used, microbatches
from .matmul import Machine, dense_peak
from .parameters import checked
from .schedule import bubble_time
from .software import Constants, Stack
from .step import head_time, optimizer_time
from .volume import SENT


@checked(returns="s")
def compute_bound_time(shape: Architecture, machine: Machine, layout: Layout, batch: Batch):
    """Time of a step's model FLOPs at the dense peak of its precision [s]; causal attention. MFU is this over the time."""
    flops = model_flops(shape, batch.seq_len, 1.0, batch.flops_per_weight, batch.flops_per_pair)
    return flops * batch.sequences * batch.seq_len / (gpus_used(layout) * dense_peak(machine, batch.bits))


@checked(returns="s")
def pipeline_bound_time(shape: Architecture, machine: Machine, layout: Layout, batch: Batch):
    """As `compute_bound_time`, with the bubble of the pipeline, which idles even a chip that computes at its peak [s]."""
    busy = compute_bound_time(shape, machine, layout, batch)
    each = busy / microbatches(layout, batch) / 3
    return busy + bubble_time(layout.schedule, layout.pp, layout.interleave, each, 2 * each, each)


@checked(returns="s")
def memory_bound_time(shape: Architecture, machine: Machine, layout: Layout, batch: Batch, stack: Stack, constants: Constants):
    """Time in which a step's operands, results, weights and optimizer states pass through HBM [s]."""
    rates = {name: np.inf * getattr(machine, name) for name in ("matmul16", "matmul8", "matmul4")}
    streaming = SimpleNamespace(hbm_bandwidth=machine.hbm_bandwidth, kernel_start=0 * machine.kernel_start, peak4=machine.peak4, peak8=machine.peak8, **rates)
    multiply = matmuls(shape, streaming, layout, batch)
    cast = casts(shape, streaming, layout, batch, stack)
    layer = sum(multiply.values()) + sum(cast.values()) + 3 * elementwise(shape, streaming, layout, batch, constants)
    microbatch = (shape.layers + shape.mtp) * layer + head_time(shape, streaming, layout, batch, stack)
    return microbatches(layout, batch) * microbatch / layout.pp + optimizer_time(shape, streaming, layout, batch, stack)


@checked(returns={"nvlink": "s", "nic": "s"})
def link_bound_times(shape: Architecture, machine: Machine, layout: Layout, batch: Batch, stack: Stack):
    """Time in which everything that a GPU sends in a step passes through its NVLink, and through its NIC [s].

    Ranks fill the NVLink domains in order: tp, cp, ep and dp from the inside out.
    """
    room = machine.nvlink_domain
    inside = {
        "tensor parallel": np.clip(room, 1, layout.tp),
        "context parallel": np.clip(room / layout.tp, 1, layout.cp),
        "expert parallel": np.clip(room / (layout.tp * layout.cp), 1, layout.ep),
        "pipeline parallel": np.clip(room / (layout.tp * layout.cp * layout.dp), 1, layout.pp),
        "data parallel": np.clip(room / layout.tp, 1, layout.cp * layout.dp),
    }
    sent = [size(shape, layout, batch, stack, inside[name]) for name, size in SENT.items()]
    return {link: sum(part[link] for part in sent) / getattr(machine, link) for link in ("nvlink", "nic")}
