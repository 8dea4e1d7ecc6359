"""What it costs to communicate: alpha-beta times of the collectives, on one link and on a network of two levels.

A message of `size` bytes over a link takes latency + size / bandwidth (Hockney's alpha and beta). Bandwidths count
one direction of one rank's links, which send and receive at the same time. `size` is the whole buffer: what each
rank holds before an all-reduce, and after an all-gather (nccl-tests, doc/PERFORMANCE.md).
"""

from dataclasses import dataclass

import numpy as np

from .parameters import checked
from .tables import quantity

# ---------------------------------------------------------------------------------------------- one kind of link


@checked(returns="s")
def point_to_point(size, bandwidth, latency):
    """Time of one message [s] of `size` [B]."""
    return latency + size / bandwidth


@checked(returns="s")
def ring_all_gather(size, ranks, bandwidth, latency):
    """Time of an all-gather, or of a reduce-scatter, around a ring [s]: n-1 steps of size/n bytes each.

    Bandwidth term (n-1)/n x size/bandwidth: the factor of nccl-tests.
    """
    return (ranks - 1) * latency + (ranks - 1) / ranks * size / bandwidth


@checked(returns="s")
def ring_all_reduce(size, ranks, bandwidth, latency):
    """Time of an all-reduce around a ring [s]: a reduce-scatter, then an all-gather."""
    return 2 * ring_all_gather(size, ranks, bandwidth, latency)


@checked(returns="s")
def tree_all_reduce(size, ranks, bandwidth, latency):
    """Time of an all-reduce over a double binary tree [s]: up and down log2 n levels, every byte sent twice.

    Each rank is a leaf of one tree and an inner node of the other, and each tree carries half of the data
    (Sanders, Speck and Träff, 2009). Fewer steps than a ring, and up to n/(n-1) of its bytes.
    """
    steps = 2 * np.ceil(np.log2(ranks))
    return steps * latency + np.where(ranks > 1, 2, 0) * size / bandwidth


@checked(returns="s")
def in_network_all_reduce(size, ranks, bandwidth, latency):
    """Time of an all-reduce that the switch computes (NVLink SHARP) [s]: 2(n-1)/(n+1) times the speed of a ring.

    The switch reads every rank's buffer once, hands rank i the sum of part i, and copies it to all when rank i writes
    it back: each rank sends, and receives, (n+1)/n of its buffer.
    """
    several = np.where(ranks > 1, 1, 0)
    return several * (2 * latency + (ranks + 1) / ranks * size / bandwidth)


@checked(returns="s")
def direct_all_to_all(size, ranks, bandwidth, latency):
    """Time of an all-to-all [s] in which every rank sends size/n bytes to each other rank.

    All messages are posted at once (NCCL's grouped send and receive), so that the latency counts once.
    """
    return np.where(ranks > 1, 1, 0) * latency + (ranks - 1) / ranks * size / bandwidth


@checked(returns="1")
def bus_bandwidth_factor(ranks):
    """What nccl-tests multiplies an all-reduce's size/time by, to compare it with the link: 2(n-1)/n [1].

    Half of it for all-gather, reduce-scatter and all-to-all.
    """
    return 2 * (ranks - 1) / ranks


# ------------------------------------------------------------------------------------- NVLink domains and a fabric


@dataclass(frozen=True, kw_only=True)
class Network:
    """Two levels: NVLink inside a domain of GPUs, and one NIC per GPU into the fabric that joins the domains.

    Bandwidths are line rates per GPU and direction; the efficiencies say how much of them large messages achieve.
    oversubscription divides what the fabric carries when all GPUs send across it at once.
    Latencies are per step of a ring; launch is paid once by each collective.
    """

    domain: float = quantity("1")
    nvlink: float = quantity("B/s")
    nic: float = quantity("B/s")
    oversubscription: float = quantity("1")
    nvlink_efficiency: float = quantity("1")
    nic_efficiency: float = quantity("1")
    nvlink_latency: float = quantity("s")
    nic_latency: float = quantity("s")
    launch: float = quantity("s")


@checked(
    returns={
        "domain": "1", "nvlink": "B/s", "nic": "B/s", "oversubscription": "1", "nvlink_efficiency": "1",
        "nic_efficiency": "1", "nvlink_latency": "s", "nic_latency": "s", "launch": "s",
    }
)  # fmt: skip
def network_of(
    chip,
    oversubscription=1.0,
    nvlink_efficiency=0.82,
    nic_efficiency=0.9,
    nvlink_latency=3.4e-6,
    nic_latency=9.6e-6,
    launch=8.4e-6,
):
    """The network around `chip`, as NVIDIA builds it.

    Defaults: 368 of 450 GB/s measured for a ring on 8 H200 (stas00/ml-engineering); 42 to 48 of 50 GB/s usual on
    400 Gb/s; the latencies are NCCL's own (src/graph/tuning.cc, ring, protocol Simple).
    """
    return Network(
        domain=chip.nvlink_domain,
        nvlink=chip.nvlink,
        nic=chip.nic,
        oversubscription=oversubscription,
        nvlink_efficiency=nvlink_efficiency,
        nic_efficiency=nic_efficiency,
        nvlink_latency=nvlink_latency,
        nic_latency=nic_latency,
        launch=launch,
    )


@checked(returns="1")
def local_ranks(ranks, stride, network):
    """How many ranks of a group share an NVLink domain [1], when its members are `stride` GPUs apart.

    A group that no domain can hold is spread evenly over as few as possible: 100 ranks on domains of 72 are 2 x 50.
    """
    most = np.clip(np.floor(network.domain / stride), 1, ranks)
    return ranks / np.ceil(ranks / most)


@checked(returns="1")
def random_local_ranks(ranks, slots, network):
    """How many ranks of a group share a member's domain on average [1], if ranks are dealt to `slots` GPUs at random."""
    return 1 + (ranks - 1) * np.clip((network.domain - 1) / np.maximum(slots - 1, 1), 0, 1)


@checked(returns="B/s")
def nvlink_bandwidth(network):
    """What one GPU's NVLinks achieve in one direction [B/s]."""
    return network.nvlink * network.nvlink_efficiency


@checked(returns="B/s")
def nic_bandwidth(network):
    """What one GPU's NIC achieves in one direction [B/s] when all GPUs send across the fabric."""
    return network.nic * network.nic_efficiency / network.oversubscription


def _through(ranks, local, network):
    """Bandwidth of a ring or tree through all domains [B/s]: NVLink's, or that of the `local` NICs that leave a domain."""
    leaving = np.minimum(nvlink_bandwidth(network), local * nic_bandwidth(network))
    return np.where(ranks > local, leaving, nvlink_bandwidth(network))


def _flat_ring(size, ranks, local, network):
    """All-gather in one ring through all domains."""
    domains = ranks / local
    latency = (ranks - domains) * network.nvlink_latency + (domains - 1) * network.nic_latency
    return latency + (ranks - 1) / ranks * size / _through(ranks, local, network)


def _rails(size, ranks, local, network, across):
    """Two levels one after the other: rings inside the domains, then `across` them on each of the `local` rails.

    Each rail joins the GPUs of the same place in their domains and carries size/local bytes.
    """
    inside = ring_all_gather(size, local, nvlink_bandwidth(network), network.nvlink_latency)
    return inside, across(size / local, ranks / local, nic_bandwidth(network), network.nic_latency)


def _launched(time, ranks, network):
    """The time with the cost of launching; nothing for a group of one."""
    return np.where(ranks > 1, 1, 0) * (time + network.launch)


@checked(returns="s")
def all_gather(size, ranks, local, network):
    """Time of an all-gather, or of a reduce-scatter, over the network [s]: the better of one ring and rails.

    size: bytes of the gathered buffer. local: ranks of the group in each NVLink domain (`local_ranks`).
    """
    inside, across = _rails(size, ranks, local, network, ring_all_gather)
    return _launched(np.minimum(_flat_ring(size, ranks, local, network), inside + across), ranks, network)


@checked(returns="s")
def flat_all_reduce(size, ranks, local, network):
    """Time of an all-reduce in one ring through all domains [s], as NCCL builds it. local as in `all_gather`."""
    return _launched(2 * _flat_ring(size, ranks, local, network), ranks, network)


@checked(returns="s")
def flat_tree_all_reduce(size, ranks, local, network):
    """Time of an all-reduce over a double binary tree through all domains [s]: few hops, each byte up and down.

    A domain sends twice the buffer, as a leaf of one tree and an inner node of the other. local as in `all_gather`.
    """
    inside, across = np.ceil(np.log2(local)), np.ceil(np.log2(ranks / local))
    latency = 2 * (inside * network.nvlink_latency + across * network.nic_latency)
    return _launched(latency + 2 * size / _through(ranks, local, network), ranks, network)


@checked(returns="s")
def switched_all_reduce(size, ranks, local, network):
    """Time of an all-reduce that switches compute [s]: NVLink's inside the domain, the fabric's across it on rails.

    Across, each GPU sends its share of the domain's sum once and gets the total once; InfiniBand's switches can do that.
    Inside, parts follow each other, so that both directions of NVLink are busy. local as in `all_gather`.
    """
    inside = in_network_all_reduce(size, local, nvlink_bandwidth(network), network.nvlink_latency)
    across = point_to_point(size / local, nic_bandwidth(network), 2 * network.nic_latency)
    return _launched(inside + np.where(ranks > local, across, 0 * across), ranks, network)


@checked(returns="s")
def hierarchical_all_reduce(size, ranks, local, network):
    """Time of an all-reduce in two levels [s]: reduce-scatter inside the domain, across on rails, all-gather inside.

    Across goes a ring or a double binary tree, whichever is faster. local as in `all_gather`.
    """
    inside, ring = _rails(size, ranks, local, network, ring_all_reduce)
    _, tree = _rails(size, ranks, local, network, tree_all_reduce)
    return _launched(2 * inside + np.minimum(ring, tree), ranks, network)


@checked(returns="s")
def all_reduce(size, ranks, local, network):
    """Time of an all-reduce over the network [s]: the better of one ring and two levels. local as in `all_gather`."""
    flat = flat_all_reduce(size, ranks, local, network)
    return np.minimum(flat, hierarchical_all_reduce(size, ranks, local, network))


@checked(returns="s")
def all_to_all(size, ranks, local, network):
    """Time of an all-to-all over the network [s]: what stays in the domain and what leaves it, at the same time.

    size: bytes that each rank holds and sends, a ranks-th of it to each rank.
    """
    inside = (local - 1) / ranks * size / nvlink_bandwidth(network)
    outside = (ranks - local) / ranks * size / nic_bandwidth(network)
    latency = np.where(ranks > local, network.nic_latency, network.nvlink_latency)
    return _launched(latency + np.maximum(inside, outside), ranks, network)


@checked(returns="s")
def send(size, ranks, local, network):
    """Time of a message to the next rank of a group [s], over the slowest hop in it: a NIC if it spans domains."""
    inside = point_to_point(size, nvlink_bandwidth(network), network.nvlink_latency)
    outside = point_to_point(size, nic_bandwidth(network), network.nic_latency)
    return _launched(np.where(ranks > local, outside, inside), ranks, network)
