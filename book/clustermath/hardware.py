"""Chips: peaks, memory, links and power of one GPU (or TPU), with a source for each value in data/chips.csv."""

from dataclasses import dataclass

from .links import Links, linked
from .tables import quantity, read, records


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
    bf16: float = quantity("FLOP/s/gpu")
    fp8: float = quantity("FLOP/s/gpu", 0.0)
    fp4: float = quantity("FLOP/s/gpu", 0.0)
    hbm: float = quantity("B")
    hbm_bandwidth: float = quantity("B/s")
    nvlink: float = quantity("B/s")
    nvlink_domain: float = quantity("1")
    nvlink_generation: float = quantity("1", 0.0)
    nic: float = quantity("B/s")
    tdp: float = quantity("W/gpu")
    server_power: float = quantity("W/gpu")


CHIPS = records("chip", Chip, {name: linked(fields) for name, fields in read("chips.csv").items()})
