"""The whole machine, small: what the time of all its GPUs goes into, its network, its power plant, and the calendar of its run."""

from types import SimpleNamespace

import numpy as np
from livefigure import Touch
from livefigure.look import COLOR
from livefigure.shapes import tiled

from . import calendar, machine
from .palette import LINKS, POWER, TIME

RACKS = (8, 2, 0.1)  # of the floor
FLOOR = [RACKS, (5, 7, 0.2)]
TILES = int(np.prod([columns * rows for columns, rows, _ in FLOOR]))
# What a GPU's time goes into: as design_a_cluster has it → the grammar's thing, and the words beside its number.
PARTS = {
    "multiplies": ("compute", "matrix multiplies"),
    "kernels": ("kernels", "other kernels"),
    "communication": ("communication", "communication"),
    "bubble": ("bubble", "pipeline bubble"),
    "waiting": ("waiting", "waiting"),
    "launching": ("launching", "launching"),
    "failures": ("again", "lost to failures"),
}
PLANT = [(5, 9, 0.2)]
SETS = PLANT[0][0] * PLANT[0][1]
SCALES = np.array([m * 10.0**k for k in range(5) for m in (1, 2, 5)])  # turbine sets that one tile may stand for
WIDEST = 200e9  # B/s of a NIC: drawn as the widest wire
LEAVES, TOPS = 4, 2
PERHAPS, TOLD, CLAIMED = range(3)  # edges of the calendar's days
UNSURE = 0.4  # how strong the days are where nothing like it was measured
NOWHERE = -1.0
# Shares of the picture: the plant, the floor, and the switches above it.
SITE = {"plant": (0, 0.32, 0.24, 0.8), "floor": (0.29, 0.32, 1, 0.8), "leaf": (0.29, 0.885, 1, 0.91), "top": (0.36, 0.975, 0.93, 1)}


def along() -> np.ndarray:
    """Share of the floor that lies before each tile, column by column from the left, racks or not."""
    left, low, right, high = tiled(FLOOR, (0, 0, 1, 1)).T
    places = np.empty(TILES)
    places[np.lexsort((-low, np.round(left, 6)))] = (np.arange(TILES) + 0.5) / TILES
    return places


FIXED = SimpleNamespace(floor=along(), plant=np.arange(float(SETS)), scales=SCALES, squares=calendar.SQUARES, legend=np.arange(len(PARTS) + 1.0))


def pictured(there, shares, worst, used, on_site, sets, spare_sets, nic, days, low, high, told, beyond, site):
    """What the picture shows of a design. shares: of the time of the `used` GPUs of all those `on_site`; worst: the number of
    the largest that could be less; told: the days that are published, and claimed, or 0; nic [B/s]; site: as FIXED.
    """
    floor, plant, scales, squares = site.floor, site.plant, site.scales, site.squares
    busy = np.where(there, used / on_site, 0)
    kind, upto = -1, busy
    for k, name in reversed([*enumerate(PARTS)]):  # from the right: each part lies over those that end after it
        kind = np.where(floor < upto, k, kind)
        upto = upto - busy * shares[name]
    each = np.min(np.where(scales * SETS >= sets, scales, scales[-1]))
    running = sets - spare_sets
    longest = np.where(there, high, 1.0)
    for one in told.values():
        longest = np.maximum(longest, one)
    square = np.min(np.where(squares * calendar.DAYS >= longest, squares, squares[-1]))
    day = calendar.DAY * square
    worked = np.where(there, np.clip(days / square - calendar.DAY + 1, 0, 1), 0)

    measured = beyond <= 0

    def at(days):
        return (days > day - square) & (days <= day)

    return {
        "floor": {"fill": kind, "edge": np.where(kind < 0, 0, -1), "gpus": on_site / TILES + 0 * floor},
        "legend": {"fill": site.legend, "edge": np.where(site.legend == worst, 1, np.where(site.legend < len(PARTS), -1, 0))},
        "plant": {"fill": np.where(plant < running / each, 0, -1), "edge": np.where((plant >= running / each) & (plant < sets / each), 0, -1), "sets": each + 0 * plant},
        "wire": {"kind": 0 * RACK_WIRES, "width": np.sqrt(nic / WIDEST) + 0 * RACK_WIRES},
        "uplink": {"kind": 0 * UPLINKS, "width": np.sqrt(nic / WIDEST) + 0 * UPLINKS},
        "calendar": {
            "fill": np.where(worked > 0, 0, -1),
            "strength": worked * np.where(measured, 1, UNSURE),
            "edge": np.select([at(told["claim"]), at(told["days"]), there & (day - square < high) & ((day > low) | (beyond > 0))], [CLAIMED, TOLD, PERHAPS], -1),
            "day": day,
            "done": np.where(there, np.minimum(day / days, 1.0), 0.0),
        },
        "square": square,
        "spare": (on_site - used) / on_site,
        "said": {
            "there": np.where(there, 0, NOWHERE),
            "nothing": np.where(there, NOWHERE, 0.5),
            "range": np.where(there & measured, 0, NOWHERE),
            "beyond": np.where(there & (beyond > 0), 0, NOWHERE),
            "published": np.where(told["days"] > 0, 0, NOWHERE),
            "claimed": np.where(told["claim"] > 0, 0, NOWHERE),
        },
    }


RACK_WIRES, UPLINKS = np.arange(float(RACKS[0])), np.arange(float(LEAVES * TOPS))


def cables() -> tuple[np.ndarray, np.ndarray]:
    """Wires from the racks to their leaf switches, and from each of these to all at the top."""

    def middle(place, count, box, part=0.0):
        return box[0] + (place + 0.5 + part) * (box[2] - box[0]) / count

    rack, per_leaf = RACK_WIRES, RACKS[0] / LEAVES
    leaf = np.floor(rack / per_leaf)
    nics = np.transpose([middle(rack, RACKS[0], SITE["floor"]), 0 * rack + SITE["floor"][3], middle(leaf, LEAVES, SITE["leaf"], (rack % per_leaf - 0.5) / 3), 0 * rack + SITE["leaf"][1]])
    leaf, top = np.divmod(UPLINKS, TOPS)
    ups = np.transpose([middle(leaf, LEAVES, SITE["leaf"], (top - 0.5) / 3), 0 * leaf + SITE["leaf"][3], middle(top, TOPS, SITE["top"], (leaf - 1.5) / 6), 0 * leaf + SITE["top"][1]])
    return nics, ups


def draw_site(plot, ax) -> None:
    """Plant, floor and network, with their words."""
    machine.bare(ax)
    bold = dict(va="center", fontweight="semibold")
    wire = [dict(color=COLOR[LINKS["nic"]], alpha=0.85)]
    nics, ups = cables()
    for name, ends in (("wire", nics), ("uplink", ups)):
        plot.wires(ax, ends, f"{name}.kind", wire, width=f"{name}.width", widest=4)
    for name, count in (("leaf", LEAVES), ("top", TOPS)):
        machine.frame(ax, tiled([(count, 1, 0.3)], SITE[name]), "outline")
    middle = (SITE["plant"][1] + SITE["plant"][3]) / 2
    ax.plot([SITE["plant"][2], SITE["floor"][0]], [middle, middle], color=COLOR[POWER["turbines"]], linewidth=4)
    machine.frame(ax, [SITE["plant"]], "outline")
    spare = [dict(edgecolor=COLOR[POWER["turbines"]], linewidth=1.1, linestyle=(0, (2, 1.5)))]
    plot.tiles(ax, PLANT, "plant.fill", [COLOR[POWER["turbines"]]], edge="plant.edge", edges=spare, box=SITE["plant"], touch=Touch("a square: {plant.sets:,.0f} turbine sets"))
    machine.frame(ax, tiled([RACKS], SITE["floor"]))
    colors = [COLOR[TIME[thing]] for thing, _ in PARTS.values()]
    plot.tiles(ax, FLOOR, "floor.fill", colors, edge="floor.edge", edges=[machine.IDLE], box=SITE["floor"], touch=Touch("a square: {floor.gpus:,.3g} GPUs"))
    plot.label(ax, 0, 0.955, "{switches:,.0f} switches", color=COLOR[LINKS["nic"]], **bold)
    plot.label(ax, 0, 0.86, "{sets:,.0f} turbine sets", color=COLOR[POWER["turbines"]], **bold)
    places = [(0.5 * (k % 2), 0.25 - 0.072 * (k // 2)) for k in range(len(PARTS) + 1)]
    swatches = np.array([(x, y - 0.022, x + 0.028, y + 0.022) for x, y in places])
    plot.tiles(ax, swatches, "legend.fill", colors, edge="legend.edge", edges=[machine.IDLE, machine.ACTIVE])
    said = [(f"{text} {{share.{name}:.0%}}", COLOR[TIME[thing]]) for name, (thing, text) in PARTS.items()] + [("spare {spare:.0%}", COLOR["muted"])]
    for (x, y), (text, color) in zip(places, said, strict=True):
        plot.label(ax, x + 0.045, y, text, color=color, **bold)
    plot.label(ax, "said.nothing", 0.56, "No layout fits into the memory.", ha="center", color=COLOR["claimed"], **bold)


def draw_calendar(plot, ax) -> None:
    """The days of the run, with the days that nine of ten such runs would end on, and the day that was published."""
    low, high = -0.8, 1.85
    machine.bare(ax, (0, calendar.DAYS), (low, high))
    edges = [
        dict(edgecolor=COLOR["computed"], linewidth=1.1, linestyle=(0, (2, 1.5))),
        dict(edgecolor=COLOR["measured"], linewidth=2.2),
        dict(edgecolor=COLOR["claimed"], linewidth=2.2),
    ]
    plot.tiles(
        ax, [(calendar.WEEKS, calendar.WEEK, 0.16)], "calendar.fill", [COLOR["computed"]], shade="calendar.strength", edge="calendar.edge", edges=edges,
        box=(0, 0, calendar.DAYS, 1), touch=Touch("day {calendar.day:,.0f}: {calendar.done:.0%} done"),
    )  # fmt: skip
    bold = dict(va="baseline", fontweight="semibold")  # the raised digits of a power of ten move a text's middle
    plot.label(ax, "said.there", 1.52, "{days:,.3g} days", color=COLOR["computed"], fontsize=13, **bold)
    plot.label(ax, "said.range", 1.15, "nine of ten of its kind: {low:,.3g} to {high:,.3g}", va="baseline", color=COLOR["computed"])
    plot.label(ax, "said.beyond", 1.15, "beyond all that was measured", color=COLOR["claimed"], **bold)
    plot.label(ax, 0, -0.33, "one square: {square:,.8g} d", va="baseline", color=COLOR["muted"])
    for name, color in (("published", "measured"), ("claimed", "claimed")):
        day, said = ("days", "") if name == "published" else ("claim", "claimed, ")
        plot.label(ax, f"said.{name}", -0.69, f"{said}{{published}}: {{told.{day}:,.3g}} days", color=COLOR[color], **bold)
