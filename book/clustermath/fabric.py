"""Fat trees: how many switches, cables and transceivers join a number of GPUs, and how much they carry.

A folded Clos of one kind of switch. A leaf gives some ports to GPUs and the rest upwards; every switch between
leaf and top gives half of its ports to each side; a top switch gives all downwards. With several planes each GPU's
NIC is split over as many separate trees.
"""

from dataclasses import dataclass

import numpy as np

from .parameters import checked
from .records import Record, quantity
from .tables import read, records


@dataclass(frozen=True, kw_only=True)
class Switch(Record):
    """A switch by its ports: `radix` of them, each of `bandwidth` per direction."""

    name: str
    radix: float = quantity("1", between=(4, 1024), whole=True)
    bandwidth: float = quantity("B/s", between=(1, 1e16))


SWITCHES = records("switch", Switch, read("fabrics.csv"))


@dataclass(frozen=True, kw_only=True)
class FatTree(Record):
    """The parts of a fabric, all planes together. bisection: what one half of the GPUs can send to the other [B/s]."""

    tiers: float = quantity("1")
    leaves: float = quantity("1")
    middles: float = quantity("1")
    tops: float = quantity("1")
    switches: float = quantity("1")
    switch_cables: float = quantity("1")
    host_cables: float = quantity("1")
    transceivers: float = quantity("1")
    bisection: float = quantity("B/s")


def _leaf_ports(radix, oversubscription):
    """Ports of a leaf (down, up): down/up is `oversubscription` or, ports being whole, a little less."""
    down = np.floor(radix * oversubscription / (1 + oversubscription))
    return down, radix - down


@checked(returns="1")
def fat_tree_capacity(radix, tiers, oversubscription=1.0):
    """The most GPUs that one plane of a fat tree joins [1]: radix^2/2 with two tiers and radix^3/4 with three.

    Al-Fares, Loukissas and Vahdat, SIGCOMM 2008, for no oversubscription.
    """
    down, _ = _leaf_ports(radix, oversubscription)
    return np.where(tiers > 1, down * radix * (radix / 2) ** (tiers - 2), radix)


@checked(returns="1")
def tiers_needed(endpoints, radix, oversubscription=1.0):
    """Tiers of switches that a plane needs for this many GPUs [1]: the fewest whose `fat_tree_capacity` holds them."""
    two = fat_tree_capacity(radix, 2, oversubscription)
    more = np.ceil(np.log(np.maximum(endpoints / two, 1)) / np.log(radix / 2) - 1e-12)  # each holds radix/2 times as many
    return np.where(endpoints > radix, 2 + more, 1)


@checked(
    returns={
        "tiers": "1", "leaves": "1", "middles": "1", "tops": "1", "switches": "1",
        "switch_cables": "1", "host_cables": "1", "transceivers": "1", "bisection": "B/s",
    }
)  # fmt: skip
def fat_tree(endpoints, radix, bandwidth, planes=1, oversubscription=1.0):
    """The smallest fat tree of switches of `radix` ports that joins `endpoints` GPUs, as a FatTree.

    bandwidth: of one port [B/s per direction], so that a GPU's NIC is planes x bandwidth.
    All cables are optical, with a transceiver at either end. Only as many switches are counted as have cables.
    """
    down, up = _leaf_ports(radix, oversubscription)
    tiers = tiers_needed(endpoints, radix, oversubscription)
    leaves = np.where(tiers > 1, np.ceil(endpoints / down), 0)
    uplinks = leaves * up
    middles = np.where(tiers > 2, np.ceil(uplinks / (radix / 2)), 0) * np.maximum(tiers - 2, 0)
    tops = np.where(tiers > 1, np.ceil(uplinks / radix), 1)
    host_cables = planes * endpoints
    switch_cables = planes * uplinks * (tiers - 1)
    share_up = np.where(tiers > 1, np.minimum(up / down, 1), 1)
    return FatTree(
        tiers=tiers,
        leaves=planes * leaves,
        middles=planes * middles,
        tops=planes * tops,
        switches=planes * (leaves + middles + tops),
        switch_cables=switch_cables,
        host_cables=host_cables,
        transceivers=2 * (host_cables + switch_cables),
        bisection=planes * endpoints / 2 * bandwidth * share_up,
    )
