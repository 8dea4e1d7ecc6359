"""Chapter 4: eight servers that add up: who sends to whom, over NVLink or through the NICs, and up the fat tree above them."""

import numpy as np
from clustermath import CHIPS
from clustermath.collectives import flat_all_reduce, flat_tree_all_reduce, hierarchical_all_reduce, network_of, random_local_ranks, switched_all_reduce
from clustermath.units import GIGA, MEGA
from clustermath.volume import nic_bytes_of_all_reduce, nvlink_bytes_of_all_reduce
from livefigure import Choice, LiveFigure, Readout, Slider, Touch
from livefigure.look import COLOR
from livefigure.shapes import tiled

from . import machine
from .all_reduce import MILLI, STYLES
from .bounds import bounded
from .pages import kicker
from .palette import LINKS

GPUS, SERVER, LEAVES, TOPS = 64, 8, 4, 2  # GPUs in all and in a server; switches of the two tiers above them
PLACE = np.arange(float(GPUS))
HALL = [(GPUS // SERVER, 1, machine.BETWEEN), (2, 4, 0.22)]
BOX, BAR = (0.0, 0.02, 1.0, 0.44), 0.475  # of the servers, and where each one's NVLink switch lies
LEAF, TOP = (0.0, 0.66, 1.0, 0.72), (0.0, 0.92, 1.0, 0.98)
H100 = CHIPS["H100 SXM"]
NETWORK = network_of(H100)
METHODS = {name: text for name, (text, *_) in STYLES.items()}
TIMES = dict(zip(METHODS, (flat_all_reduce, flat_tree_all_reduce, hierarchical_all_reduce, switched_all_reduce)))
EVERYBODY, IN_ORDER, AT_RANDOM = range(3)
WHO = {
    "all 64 GPUs": {"case": EVERYBODY, "ranks": GPUS, "local": SERVER},
    "8 in each server": {"case": IN_ORDER, "ranks": SERVER, "local": SERVER},
    "8, dealt at random": {"case": AT_RANDOM, "ranks": SERVER, "local": float(random_local_ranks(SERVER, GPUS, NETWORK))},
}
DEALT = np.sort(np.random.default_rng(54).permutation(GPUS).reshape(-1, SERVER))  # places of each group: a library lays its rings in their order
GROUPS = {EVERYBODY: np.arange(GPUS)[None, :], IN_ORDER: np.arange(GPUS).reshape(-1, SERVER), AT_RANDOM: DEALT}


def partners(groups: np.ndarray) -> dict[str, np.ndarray]:
    """Of each place, where it sends to in a ring and in one of the two trees of its group, and in a ring of its server."""
    found = {name: np.arange(float(GPUS)) for name in ("ring", "tree", "near")}
    for members in groups:
        found["ring"][members] = np.roll(members, -1)
        heads = [int(np.flatnonzero(members // SERVER == server)[0]) for server in np.unique(members // SERVER)]
        for at, place in enumerate(members):
            head = heads.index(at) if at in heads else None
            found["tree"][place] = members[at - 1] if head is None else members[heads[(head - 1) // 2]] if head else place
            beside = members[members // SERVER == place // SERVER]
            found["near"][place] = np.roll(beside, -1)[beside == place][0]
    return found


def up(place, to):
    """Of what leaves the servers, the share that leaves the leaf switch as well: counted over all who send."""
    leaves = SERVER * GPUS // SERVER // LEAVES
    crossing = place // SERVER != to // SERVER
    return float(np.mean((place // leaves != to // leaves)[crossing])) if crossing.any() else 0.0


def summed_above(groups: np.ndarray) -> float:
    """The same where switches add: a leaf passes one sum on for all servers of a group that are under it."""
    servers = sum(len(np.unique(members // SERVER)) for members in groups)
    leaves = sum(len(np.unique(members * LEAVES // GPUS)) for members in groups)
    return leaves / servers


PARTNERS = {case: partners(groups) for case, groups in GROUPS.items()}
RAIL = np.where(PLACE + SERVER < GPUS, PLACE + SERVER, PLACE + SERVER - GPUS)
# How each method's wires run, case by case; two levels at random find nobody beside them, and run as the ring does.
RUNS = {
    "ring": {case: found["ring"] for case, found in PARTNERS.items()},
    "tree": {case: found["tree"] for case, found in PARTNERS.items()},
    "hierarchical": {case: found["ring" if case == AT_RANDOM else "near"] for case, found in PARTNERS.items()},
    "in_network": {case: found["near"] for case, found in PARTNERS.items()},
}
UPWARD = {
    name: {case: summed_above(GROUPS[case]) if name == "in_network" else up(PLACE, RAIL if name == "hierarchical" and case == EVERYBODY else runs) for case, runs in of.items()}
    for name, of in RUNS.items()
}
MEMBERS = {case: np.repeat(np.arange(float(len(groups))), groups.shape[1])[np.argsort(groups.ravel())] for case, groups in GROUPS.items()}


def flows(method, who, size, gpu, place, uplink):
    """What each GPU sends in an all-reduce of `size` bytes, over which wires. gpu: the one whose group is marked, from 1."""

    def chosen(values):
        return np.select([method == k for k in range(len(METHODS) - 1)], [values[name] for name in list(METHODS)[:-1]], values[list(METHODS)[-1]])

    def cases(values):
        return np.select([who["case"] == EVERYBODY, who["case"] == IN_ORDER], [values[EVERYBODY], values[IN_ORDER]], values[AT_RANDOM])

    sent = {"nvlink": chosen(nvlink_bytes_of_all_reduce(size, who["ranks"], who["local"])), "nic": chosen(nic_bytes_of_all_reduce(size, who["ranks"], who["local"]))}
    times = {name: time(size, who["ranks"], who["local"], NETWORK) for name, time in TIMES.items()}
    to = chosen({name: cases(runs) for name, runs in RUNS.items()})
    upward = chosen({name: cases(shares) for name, shares in UPWARD.items()})
    x0, y0 = machine.centre(place, HALL, BOX)
    x1, y1 = machine.centre(to, HALL, BOX)
    server = np.floor(place / SERVER)
    adds = method > 2
    outside = np.where(server == np.floor(to / SERVER), 0, 1)
    group = cases(MEMBERS)
    mine = group == np.sum(np.where(place + 1 == gpu, group, 0))
    return {
        "gpu": {"fill": np.where(mine, 0, 1), "number": place + 1},
        "pair": {
            "x0": x0, "y0": y0,
            "x1": np.where(adds, (server + 0.5) * SERVER / GPUS, x1),
            "y1": np.where(adds, BAR, y1),
            "near": np.where(adds | (outside < 1), np.where((to == place) & (method < 3) | (sent["nvlink"] <= 0), -1, 0), -1),
            "far": np.where(adds, -1, np.where(outside > 0, 1, -1)),
            "width": np.where(adds | (outside < 1), sent["nvlink"], sent["nic"] * who["local"]) / (2 * size),
        },
        "rail": {"kind": np.where((method == 2) & (who["case"] == EVERYBODY), 1, -1) + 0 * place, "width": sent["nic"] / (2 * size) + 0 * place},
        "nic": {"kind": np.where(sent["nic"] > 0, 1, -1) + 0 * place, "width": sent["nic"] / (2 * size) + 0 * place},
        "top": {"kind": np.where(sent["nic"] * upward > 0, 1, -1) + 0 * uplink, "width": 2 * sent["nic"] * upward / (2 * size) + 0 * uplink},
        "mb": {"nvlink": sent["nvlink"] / MEGA, "nic": sent["nic"] / MEGA, "up": sent["nic"] * upward / MEGA},
        "ms": {name: time / MILLI for name, time in times.items()},
        "time": chosen(times) / MILLI,
    }  # fmt: skip


def rails() -> np.ndarray:
    """Wires of the GPUs in the same place of neighbouring servers."""
    return np.transpose([*machine.centre(PLACE, HALL, BOX), *machine.centre(RAIL, HALL, BOX)])


def cables() -> tuple[np.ndarray, np.ndarray]:
    """Wires from each GPU's NIC to its leaf switch, and from the leaves to the top, half as many and each for two."""
    server, seat = np.divmod(PLACE, SERVER)
    wide = SERVER / GPUS
    low = (server + 0.5 + (seat - 3.5) / 10) * wide
    leaf, port = np.divmod(PLACE, GPUS // LEAVES)
    middle = (leaf + 0.5 + (port - 7.5) / 26) / LEAVES
    nics = np.transpose([low, 0 * low + BAR + 0.015, middle, 0 * low + LEAF[1]])
    link = np.arange(GPUS / 2)
    leaf, port = np.divmod(link, GPUS // 2 // LEAVES)
    top, of_top = port % TOPS, np.floor(port / TOPS)
    start = (leaf + 0.5 + (port - 3.5) / 13) / LEAVES
    end = (top + 0.5 + (leaf * 4 + of_top - 7.5) / 60) / TOPS
    return nics, np.transpose([start, 0 * start + LEAF[3], end, 0 * start + TOP[1]])


def draw(plot):
    ax = plot.subplots()
    thin, thick = (2.2, 2.6) if plot.narrow else (4, 5)  # points of the widest wires between tiles, and to the switches
    machine.bare(ax, ylim=(-0.16 if plot.narrow else -0.09, 1))
    wire = {name: dict(color=COLOR[color], alpha=0.85) for name, color in LINKS.items()}
    looks = [wire["nvlink"], wire["nic"]]
    machine.frame(ax, tiled(HALL[:1], BOX))
    machine.frame(ax, tiled([(GPUS // SERVER, 1, 0.2)], (0, BAR - 0.015, 1, BAR + 0.015)), "outline")
    nics, uplinks = cables()
    plot.wires(ax, uplinks, "top.kind", looks, width="top.width", widest=thick)
    plot.wires(ax, nics, "nic.kind", looks, width="nic.width", widest=thick)
    machine.frame(ax, tiled([(LEAVES, 1, 0.1)], LEAF), "outline")
    machine.frame(ax, tiled([(TOPS, 1, 0.3)], TOP), "outline")
    pairs = [f"pair.{end}" for end in ("x0", "y0", "x1", "y1")]
    plot.wires(ax, rails(), "rail.kind", looks, width="rail.width", widest=thin)
    plot.wires(ax, pairs, "pair.far", looks, width="pair.width", widest=thin)
    touch = Touch("GPU {gpu.number:.0f}", sets={"gpu": "gpu.number"})
    plot.tiles(ax, HALL, "gpu.fill", [COLOR["rule"], COLOR["soft"]], box=BOX, edge="gpu.fill", edges=[machine.ACTIVE | {"linewidth": 1.1 if plot.narrow else 1.8}, machine.IDLE], touch=touch)
    plot.wires(ax, pairs, "pair.near", looks, width="pair.width", widest=thin)
    small = dict(ha="center", va="center", fontsize=9.5, color=COLOR["muted"])
    for k in range(LEAVES):
        ax.text((k + 0.5) / LEAVES, (LEAF[1] + LEAF[3]) / 2, "leaf" if plot.narrow else "leaf switch", **small)
    for k in range(TOPS):
        ax.text((k + 0.5) / TOPS, (TOP[1] + TOP[3]) / 2, "top switch", **small)
    said = [("nvlink", "{mb.nvlink:,.3g} MB over NVLink"), ("nic", f"{{mb.nic:,.3g}} MB through the NIC, {{mb.up:,.3g}} MB {'' if plot.narrow else 'of it '}to the top")]
    for k, (link, text) in enumerate(said):
        x, y = (0, -0.045 - 0.075 * k) if plot.narrow else (0.36 * k, -0.05)
        plot.label(ax, x, y, text, va="center", color=COLOR[LINKS[link]], fontweight="semibold")


def figure(model=flows) -> LiveFigure:
    """The wires."""
    return LiveFigure(
        "on-the-wires",
        model,
        draw,
        kicker=kicker(__name__),
        title="What flows on the wires while they add up?",
        finding="Each GPU sends {mb.nvlink:,.3g} MB over NVLink and {mb.nic:,.3g} MB through its NIC, in {time:,.3g} ms.",
        controls=bounded({
            "method": Choice({text: k for k, text in enumerate(METHODS.values())}, "ring", "method"),
            "who": Choice(WHO, "all 64 GPUs", "who adds up"),
            "size": Slider(65536, 64 * GIGA, GIGA, "bytes on each GPU", unit="MB", scale=1e6, log=True, format=",.4g", limits=(1, 1e15)),
            "gpu": Slider(1, GPUS, 12, "GPU whose group is marked", integer=True, format=".0f", folded=True),
        }),
        presets={
            "a ring of all": {},
            "a tree": {"method": "tree"},
            "two levels": {"method": "two levels"},
            "in the switches": {"method": "in the switches"},
            "tensor parallel, mapped": {"who": "8 in each server"},
            "… dealt at random": {"who": "8, dealt at random"},
        },
        readouts=[
            Readout("time", "ms", ",.3g"),
            Readout("mb.nvlink", "MB over NVLink", ",.3g"),
            Readout("mb.nic", "MB through the NIC", ",.3g"),
            Readout("mb.up", "MB up to the top switches", ",.3g"),
        ],
        summary=(
            "64 H100s in eight servers, {who} adding up {size:,.4g} bytes each by {method}: each GPU sends {mb.nvlink:,.3g} megabytes over NVLink and {mb.nic:,.3g} through its NIC, "
            "{mb.up:,.3g} of them past the leaf switches, in {time:,.3g} milliseconds. A ring takes {ms.ring:,.3g}, a tree {ms.tree:,.3g}, two levels {ms.hierarchical:,.3g}, the switches {ms.in_network:,.3g}."
        ),
        fixed={"place": PLACE, "uplink": PLACE[: GPUS // 2]},
        note="Width: bytes. Small bars: NVLink’s switches. One of eight rings, of two trees, is drawn.",
        sizes={"wide": (6.9, 4.3), "narrow": (3.6, 4.2)},
    )
