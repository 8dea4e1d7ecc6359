"""Collectives that were measured: on eight H200s beside the model in chapter 4, and on seven chips to hold its laws against."""

from dataclasses import dataclass

from .collectives import all_gather, all_reduce, all_to_all, bus_bandwidth_factor, switched_all_reduce
from .records import Record, quantity
from .tables import DATA, Table, measurements, read, records

RANKS = 8


@dataclass(frozen=True, kw_only=True)
class MeasuredAllReduce(Record):
    """One all-reduce of `size` on eight H200s; bus_bandwidth as nccl-tests counts it."""

    name: str
    size: float = quantity("B", between=(1, 1e18))
    bus_bandwidth: float = quantity("B/s", between=(1, 1e16))

    @property
    def time(self) -> float:
        """How long it took [s]."""
        return float(self.size / self.bus_bandwidth * bus_bandwidth_factor(RANKS))


MEASURED: Table = records("all-reduce", MeasuredAllReduce, read("measured_all_reduce.csv"))


@dataclass(frozen=True, kw_only=True)
class MeasuredCollective(Record):
    """One collective as nccl-tests runs it: size is the whole buffer. Ranks beyond an NVLink domain are in the next ones."""

    chip: str
    operation: str
    ranks: int
    size: float = quantity("B", between=(1, 1e18))
    time: float = quantity("s", between=(0, 1e4))
    source: str

    def computed(self, network) -> float:
        """What the model makes of it on `network` [s]."""
        return float(LAWS[self.operation](self.size, self.ranks, min(self.ranks, network.domain), network))


LAWS = {"all-reduce": all_reduce, "all-reduce in the switch": switched_all_reduce, "all-gather": all_gather, "reduce-scatter": all_gather, "all-to-all": all_to_all}


def measured_collectives() -> list[MeasuredCollective]:
    """The rows of data/measured_collectives.csv."""
    found = measurements(DATA / "measured_collectives.csv", ("ranks", "size_bytes", "time_us"), ("chip", "operation", "source"))
    return [
        MeasuredCollective(chip=row["chip"], operation=row["operation"], ranks=int(row["ranks"]), size=row["size_bytes"], time=row["time_us"] * 1e-6, source=row["source"])
        for row in found
    ]
