"""Chips: peaks, memory, links and power of one GPU (or TPU), with a source for each value in data/chips.csv."""

from dataclasses import dataclass

from .links import Links, linked
from .records import quantity
from .tables import read, records


@dataclass(frozen=True, kw_only=True)
class Chip(Links):
    """One accelerator and its share of the server around it.

    Peaks are dense (datasheets often print twice that, "with sparsity"); links count one direction
    (datasheets often print the sum of both). A peak of 0 means that the precision is not supported.
    nvlink and nvlink_domain stand for the scale-up network, which is the torus of a slice on a TPU;
    nic is the chip's share of the scale-out network. nvlink_generation: 0 if it is another kind of link; what a
    generation achieves comes with it (`Links`).
    """

    name: str
    bf16: float = quantity("FLOP/s/gpu", between=(1e6, 1e20))
    fp8: float = quantity("FLOP/s/gpu", 0.0, between=(0, 1e20))
    fp4: float = quantity("FLOP/s/gpu", 0.0, between=(0, 1e20))
    hbm: float = quantity("B", between=(1, 1e15))
    hbm_bandwidth: float = quantity("B/s", between=(1, 1e18))
    nvlink: float = quantity("B/s", between=(1, 1e16))
    nvlink_domain: float = quantity("1", between=(1, 1e8), whole=True)
    nvlink_generation: float = quantity("1", 0.0, between=(0, 20), whole=True)
    nic: float = quantity("B/s", between=(1, 1e16))
    tdp: float = quantity("W/gpu", between=(1, 1e5))
    server_power: float = quantity("W/gpu", between=(1, 1e5))

    def rules(self):
        yield "server_power", self.server_power >= self.tdp, "be at least", "tdp"


CHIPS = records("chip", Chip, {name: linked(fields) for name, fields in read("chips.csv").items()})
