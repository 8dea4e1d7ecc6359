"""All-reduces that were measured on eight H200s, and what they say of the switch that does the adding."""

from dataclasses import dataclass

from .collectives import bus_bandwidth_factor, in_network_all_reduce
from .hardware import CHIPS
from .tables import Table, quantity, read, records

RANKS = 8


@dataclass(frozen=True, kw_only=True)
class MeasuredAllReduce:
    """One all-reduce of `size`; bus_bandwidth as nccl-tests counts it."""

    name: str
    size: float = quantity("B")
    bus_bandwidth: float = quantity("B/s")

    @property
    def time(self) -> float:
        """How long it took [s]."""
        return float(self.size / self.bus_bandwidth * bus_bandwidth_factor(RANKS))


MEASURED: Table = records("all-reduce", MeasuredAllReduce, read("measured_all_reduce.csv"))


def _share_of_ideal(measured: MeasuredAllReduce) -> float:
    """Speed of a measured all-reduce over that of a switch that wastes nothing [1]."""
    ideal = in_network_all_reduce(measured.size, RANKS, CHIPS["H200 SXM"].nvlink, 0.0)
    return float(ideal) / measured.time


# Of NVLink's line rate, where its switch adds: 0.82 for a ring, but the switch gains less than it could.
IN_NETWORK_EFFICIENCY = _share_of_ideal(MEASURED["in the switch 16 GiB"])
