"""What it costs to communicate: alpha-beta times of the collectives, on one link and on a network of two levels.

A message of `size` bytes over a link takes latency + size / bandwidth (Hockney's alpha and beta). Bandwidths count
one direction of one rank's links, which send and receive at the same time. `size` is the whole buffer: what each
rank holds before an all-reduce, and after an all-gather (nccl-tests, doc/PERFORMANCE.md).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from .assumptions import ASSUMED
from .links import Links
from .parameters import checked
from .records import quantity

if TYPE_CHECKING:
    from .hardware import Chip


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
class Network(Links):
    """Two levels: NVLink inside a domain of GPUs, and one NIC per GPU into the fabric that joins the domains.

    Bandwidths are line rates per GPU and direction; the efficiencies say how much of them large messages achieve, and
    `Links` what NVLink does with others. oversubscription divides what the fabric carries when all GPUs send across it
    at once. Latencies are per step of a ring; launch is paid once by each collective.
    """

    domain: float = quantity("1", between=(1, 1e8))
    nvlink: float = quantity("B/s", between=(1, 1e16))
    nic: float = quantity("B/s", between=(1, 1e16))
    oversubscription: float = quantity("1", 1.0, between=(1, 100))
    nic_efficiency: float = quantity("1", 0.9, between=(0.01, 1))
    nic_latency: float = quantity("s", 14e-6, between=(0, 1))


LINK_UNITS = {entry.name: entry.metadata["unit"] for entry in fields(Links)}


@checked(
    returns={"domain": "1", "nvlink": "B/s", "nic": "B/s", "oversubscription": "1", "nic_efficiency": "1", "nic_latency": "s"}
    | LINK_UNITS
)
def network_of(
    chip: Chip,
    oversubscription=1.0,
    nvlink_efficiency=None,
    nic_efficiency=ASSUMED.nic_efficiency,
    nvlink_latency=None,
    nic_latency=14e-6,
    launch=None,
):
    """The network around `chip`, as its maker builds it. What isn't said is as measured for the chip's links (`Links`).

    Defaults: 42 to 48 of 50 GB/s are usual on 400 Gb/s; the NIC's latency is NCCL's own (src/graph/tuning.cc, ring and
    tree, protocol Simple; 9.6 us before version 2.19).
    """
    said = {"nvlink_efficiency": nvlink_efficiency, "nvlink_latency": nvlink_latency, "launch": launch}
    links = {name: getattr(chip, name) for name in LINK_UNITS}
    return Network(
        domain=chip.nvlink_domain,
        nvlink=chip.nvlink,
        nic=chip.nic,
        oversubscription=oversubscription,
        nic_efficiency=nic_efficiency,
        nic_latency=nic_latency,
        **links | {name: value for name, value in said.items() if value is not None},
    )


@checked(returns="1")
def local_ranks(ranks, stride, network: Network):
    """How many ranks of a group share an NVLink domain [1], when its members are `stride` GPUs apart.

    A group that no domain can hold is spread evenly over as few as possible: 100 ranks on domains of 72 are 2 x 50.
    """
    most = np.clip(np.floor(network.domain / stride), 1, ranks)
    return ranks / np.ceil(ranks / most)


@checked(returns="1")
def random_local_ranks(ranks, slots, network: Network):
    """How many ranks of a group share a member's domain on average [1], if ranks are dealt to `slots` GPUs at random."""
    return 1 + (ranks - 1) * np.clip((network.domain - 1) / np.maximum(slots - 1, 1), 0, 1)


@checked(returns="B/s")
def nvlink_bandwidth(network: Network):
    """What one GPU's NVLinks achieve in one direction [B/s], in a large group."""
    return network.nvlink * network.nvlink_efficiency


@checked(returns="B/s")
def ring_bandwidth(ranks, network: Network):
    """Bus bandwidth of an endless all-reduce around a ring of this many GPUs of one domain [B/s].

    A GPU sends 2(n-1)/n of its buffer and handles (2n-1)/n of it: the last piece to arrive is only stored. So two GPUs
    reach less of the line rate than eight.
    """
    handled = (2 * ranks - 1) / (2 * np.maximum(ranks - 1, 1))
    return nvlink_bandwidth(network) / (1 - network.copied + network.copied * handled)


@checked(returns="B/s")
def nic_bandwidth(network: Network):
    """What one GPU's NIC achieves in one direction [B/s] when all GPUs send across the fabric."""
    return network.nic * network.nic_efficiency / network.oversubscription


def _sharing_time(sent, handled, network):
    """Time [s] in which a GPU that handles `handled` [B] sends `sent` [B] of it over NVLink, in a ring or tree."""
    return ((1 - network.copied) * sent + network.copied * handled) / nvlink_bandwidth(network)


def _ramp(size, hops, network):
    """What a collective over NVLink starts later because its message is large [s]."""
    return (network.ramp + hops * network.ramp_hop) * size / (size + network.ramp_size)


def _flat_ring(size, ranks, local, network, passes):
    """All-gather, or with two `passes` all-reduce, in one ring through all domains: NVLink and NICs at the same time.

    The `local` NICs of a domain share what leaves it.
    """
    domains = ranks / local
    hops = passes * (ranks - domains)
    latency = hops * network.nvlink_latency + passes * (domains - 1) * network.nic_latency + _ramp(size, hops, network)
    sent = passes * (ranks - 1) / ranks * size
    handled = (passes * ranks - passes + 1) / ranks * size
    leaving = np.where(ranks > local, sent / (local * nic_bandwidth(network)), 0)
    return latency + np.where(local > 1, np.maximum(_sharing_time(sent, handled, network), leaving), leaving)


def _inside(size, local, network):
    """All-gather inside the domains, without its start."""
    hops = local - 1
    sent = hops / local * size
    time = hops * network.nvlink_latency + _ramp(size, hops, network) + _sharing_time(sent, size, network)
    return np.where(local > 1, time, 0)


def _launched(time, ranks, network):
    """The time with the cost of launching; nothing for a group of one."""
    return np.where(ranks > 1, 1, 0) * (time + network.launch)


@checked(returns="s")
def all_gather(size, ranks, local, network: Network):
    """Time of an all-gather, or of a reduce-scatter, over the network [s]: the better of one ring and rails.

    Rails: rings inside the domains, then across them among the GPUs of the same place in their domains.
    size: bytes of the gathered buffer. local: ranks of the group in each NVLink domain (`local_ranks`).
    """
    across = ring_all_gather(size / local, ranks / local, nic_bandwidth(network), network.nic_latency)
    rails = _inside(size, local, network) + across
    return _launched(np.minimum(_flat_ring(size, ranks, local, network, 1), rails), ranks, network)


@checked(returns="s")
def flat_all_reduce(size, ranks, local, network: Network):
    """Time of an all-reduce in one ring through all domains [s], as NCCL builds it. local as in `all_gather`."""
    return _launched(_flat_ring(size, ranks, local, network, 2), ranks, network)


@checked(returns="1")
def tree_sends(domains):
    """How many times the busiest domain of a double binary tree sends the buffer [1]: 1 of two, 1.5 of three, else 2.

    In each tree, which carries half, a domain sends to its parent and to each of its children; of two domains each is
    only one of both (NCCL, src/graph/trees.cc).
    """
    return np.select([domains < 1.5, domains < 2.5, domains < 3.5], [0, 1, 1.5], 2)


@checked(returns="s")
def flat_tree_all_reduce(size, ranks, local, network: Network):
    """Time of an all-reduce over a double binary tree through all domains [s]: few hops, each byte up and down.

    The domain's NICs share what it sends to other domains, while NVLink passes each byte up and down inside it: as the
    buffer goes through in pieces, both are busy at the same time. local as in `all_gather`.
    """
    inside, across = np.ceil(np.log2(local)), np.ceil(np.log2(ranks / local))
    latency = 2 * (inside * network.nvlink_latency + across * network.nic_latency) + _ramp(size, 2 * inside, network)
    leaving = tree_sends(ranks / local) * size / (local * nic_bandwidth(network))
    chain = np.where(local > 1, _sharing_time(2 * size, 2 * size, network), 0)
    return _launched(latency + np.maximum(chain, leaving), ranks, network)


OVERLAPPED = 7 / 8  # of the shorter level of a pipelined all-reduce: 470 GB/s on two H100 servers (NVIDIA/nccl-tests, issue 309)


def _in_switch(size, local, network):
    """All-reduce that the domain's switch adds, without its launch; at the ring's share of the line where it can't add.

    NCCL's starts no sooner than its ring, as measured, though two hops would do.
    """
    share = np.where(network.switch_efficiency > 0, network.switch_efficiency, network.nvlink_efficiency)
    start = 2 * (local - 1) * network.nvlink_latency + network.switch_ramp * size / (size + network.ramp_size)
    return in_network_all_reduce(size, local, network.nvlink * share, 0) + np.where(local > 1, start, 0)


@checked(returns="s")
def switched_all_reduce(size, ranks, local, network: Network):
    """Time of an all-reduce that switches compute [s]: NVLink's inside the domain, the fabric's across it on rails.

    Across, each GPU sends its share of the domain's sum once and gets the total once; InfiniBand's switches can do that.
    Both levels work on different pieces at the same time, but for an eighth of the shorter. local as in `all_gather`.
    """
    inside = _in_switch(size, local, network)
    across = point_to_point(size / local, nic_bandwidth(network), 2 * network.nic_latency)
    both = np.maximum(inside, across) + (1 - OVERLAPPED) * np.minimum(inside, across)
    return _launched(np.where(ranks > local, both, inside), ranks, network)


@checked(returns="s")
def hierarchical_all_reduce(size, ranks, local, network: Network):
    """Time of an all-reduce in two levels [s]: reduce-scatter inside the domain, across on rails, all-gather inside.

    One after the other, as frameworks call them. Across goes a ring or a double binary tree, whichever is faster.
    local as in `all_gather`.
    """
    rails = size / local, ranks / local, nic_bandwidth(network), network.nic_latency
    across = np.minimum(ring_all_reduce(*rails), tree_all_reduce(*rails))
    return _launched(2 * _inside(size, local, network) + across, ranks, network)


@checked(returns="s")
def all_reduce(size, ranks, local, network: Network):
    """Time of an all-reduce over the network [s], the best of what libraries do: one ring; inside a domain the switch, if
    it adds; across domains a tree, or two levels. local as in `all_gather`."""
    ring = flat_all_reduce(size, ranks, local, network)
    across = np.minimum(flat_tree_all_reduce(size, ranks, local, network), hierarchical_all_reduce(size, ranks, local, network))
    switch = np.where(network.switch_efficiency > 0, _launched(_in_switch(size, local, network), ranks, network), ring)
    return np.minimum(ring, np.where(ranks > local, across, switch))


@checked(returns="s")
def all_to_all(size, ranks, local, network: Network):
    """Time of an all-to-all over the network [s]: what stays in the domain and what leaves it, at the same time.

    size: bytes that each rank holds and sends, a ranks-th of it to each rank.
    """
    crowd = 1 + network.exchange_crowd * np.log2(np.maximum(local / 8, 1))
    sent = (1 - network.exchange_copied) * (local - 1) + network.exchange_copied * local
    inside = crowd * sent / ranks * size / (network.nvlink * network.exchange_efficiency)
    outside = (ranks - local) / ranks * size / nic_bandwidth(network)
    peer = np.minimum(size / ranks / network.peer_bandwidth, network.exchange_peer)
    start = network.nvlink_latency + peer + network.exchange_ramp * size / (size + network.ramp_size)
    latency = np.where(ranks > local, network.nic_latency, start)
    return _launched(latency + np.maximum(np.where(local > 1, inside, 0), outside), ranks, network)


@checked(returns="s")
def send(size, ranks, local, network: Network):
    """Time of a message to the next rank of a group [s], over the slowest hop in it: a NIC if it spans domains."""
    inside = point_to_point(size, nvlink_bandwidth(network), network.nvlink_latency)
    outside = point_to_point(size, nic_bandwidth(network), network.nic_latency)
    return _launched(np.where(ranks > local, outside, inside), ranks, network)
