"""What a collective library makes of a generation of NVLink: measured starts, hops and shares of the line rate.

Fitted to some 2,500 collectives that NVIDIA measured with NCCL on seven chips, 2 to 8 GPUs and 512 B to 512 MiB
(data/links.csv; data/measured_collectives.csv has some of them, which the tests hold the laws against).
"""

from dataclasses import dataclass

from .records import Record, quantity
from .tables import Datum, read


@dataclass(frozen=True, kw_only=True)
class Links(Record):
    """What each GPU's links to its NVLink domain achieve. Defaults: NCCL's own constants, where nothing was measured.

    launch: time to start a collective; nvlink_latency: of a hop.
    nvlink_efficiency: share of the line rate that a ring of many GPUs reaches with large messages. copied: share of a
    byte's time that is spent in the GPU, which handles also what it neither sends nor gets, so that small groups reach
    less. ramp, ramp_hop: what large messages start later, for a collective and for each hop, because NCCL passes them on
    in larger pieces; of half of that at ramp_size.
    exchange_efficiency, exchange_copied, exchange_ramp: the same for an all-to-all; exchange_peer: most that it takes
    longer to start because a small message to one peer is copied at peer_bandwidth; exchange_crowd: how much slower each
    doubling beyond 8 GPUs makes it.
    switch_efficiency: share of the line rate that a switch reaches that adds, 0 if it can't; switch_ramp: as ramp.
    """

    launch: float = quantity("s", 8.4e-6, between=(0, 1))
    nvlink_latency: float = quantity("s", 3.4e-6, between=(0, 1))
    nvlink_efficiency: float = quantity("1", 0.82, between=(0.01, 1))
    copied: float = quantity("1", 0.0, between=(0, 1))
    ramp: float = quantity("s", 0.0, between=(0, 1))
    ramp_hop: float = quantity("s", 0.0, between=(0, 1))
    ramp_size: float = quantity("B", 1.0, between=(1, 1e18))
    exchange_efficiency: float = quantity("1", 0.82, between=(0.01, 1))
    exchange_copied: float = quantity("1", 0.0, between=(0, 1))
    exchange_ramp: float = quantity("s", 0.0, between=(0, 1))
    exchange_peer: float = quantity("s", 0.0, between=(0, 1))
    exchange_crowd: float = quantity("1", 0.0, between=(0, 10))
    peer_bandwidth: float = quantity("B/s", 6e9, between=(1, 1e16))
    switch_efficiency: float = quantity("1", 0.0, between=(0, 1))
    switch_ramp: float = quantity("s", 0.0, between=(0, 1))


DATA = read("links.csv")
SERVER = 8  # GPUs; a larger domain spans a rack


def linked(fields: dict[str, Datum]) -> dict[str, Datum]:
    """A chip's fields with those that follow from its generation of NVLink, and from whether its domain is a rack's."""
    name = f"NVLink {fields['nvlink_generation'].number:.0f}" if "nvlink_generation" in fields else ""
    rack = DATA.get(f"{name} rack", {}) if fields["nvlink_domain"].number > SERVER else {}
    return DATA.get(name, {}) | rack | fields
