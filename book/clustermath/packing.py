"""Packing pipelines onto a number of GPUs. Real counts rarely factor: what is left over are spares.

A layout takes whole tensor-parallel groups out of NVLink domains, whole groups of experts out of data-parallel ranks, and
the same number of microbatches for every rank: the batch is rounded up to that, and the excess counts as waste.
"""

import numpy as np

from .layout import Batch, Layout
from .matmul import Machine
from .parameters import checked
from .search import gpus_in_domains


@checked(returns={"dp": "1", "sequences": "1", "enough": "1"})
def packed(machine: Machine, layout: Layout, batch: Batch, slots):
    """Data-parallel degree for `layout` on at most `slots` GPUs [1], and the sequences of the rounded batch [1].

    Of all degrees with the fewest microbatches, the smallest: more ranks would only wait. Interleaved schedules take
    microbatches by multiples of pp, DualPipe by twos and at least two for each stage. enough: 1 if the GPUs hold one pipeline, or one group of experts. The layout's own
    dp is not used.
    """
    group = np.maximum(layout.ep / layout.cp, 1)
    pipeline = layout.tp * layout.pp * layout.cp
    most = np.floor(gpus_in_domains(slots, layout.tp, machine.nvlink_domain) / (pipeline * group)) * group
    wanted = batch.sequences / layout.microbatch
    dual = (layout.schedule > 2) & (layout.pp > 1)
    multiple = np.where(dual, 2, np.where(layout.interleave > 1, layout.pp, 1))
    count = np.maximum(np.ceil(wanted / np.maximum(most, group) / multiple) * multiple, np.where(dual, 2 * layout.pp, 1))
    ranks = np.ceil(wanted / count / group) * group
    return {"dp": ranks, "sequences": ranks * count * layout.microbatch, "enough": np.where(most > 0, 1, 0)}
