"""Chapter 4: a fat tree as a picture: its switches tier by tier, and how much the cables between them carry."""

import numpy as np
from clustermath.fabric import SWITCHES, fat_tree, fat_tree_capacity
from clustermath.units import TERA, UNITS
from livefigure import Goal, LiveFigure, Readout, Slider
from livefigure.look import COLOR

from .bounds import bounded
from .inputs import choice, slider
from .pages import kicker
from .walls import hollow

COLUMNS, ROWS = 48, 5  # squares of a tier, all planes together
PLANES = (1, 2, 4, 8)  # divide the columns
TIERS = {"leaves": ("leaf", 0.0), "middles": ("middle", 1.0), "tops": ("top", 2.0)}  # name, and where it begins
ROOM = 0.62  # of each tier's height is for its squares, the rest for cables
GAP = 0.5  # between planes, in squares
PETABIT = 1000 * TERA / 8


def squares(switches, planes, base, square, each):
    """Edges of a tier's squares, `each` switches a square: plane beside plane, row above row; NaN where there is none.

    The last square of a plane is as wide as it is full.
    """
    across = COLUMNS / planes
    plane, place = np.floor(square / (across * ROWS)), square % (across * ROWS)
    filled = np.minimum(switches / planes / each - place, 1)
    width = COLUMNS + (planes - 1) * GAP
    left = (place % across + plane * (across + GAP)) / width
    bottom = base + np.floor(place / across) * ROOM / ROWS
    right = np.where(filled > 0, left + 0.8 * filled / width, np.nan)
    return {"x0": left, "x1": right, "y0": bottom, "y1": bottom + 0.8 * ROOM / ROWS, "kind": plane % 2}


def tree(gpus, switch, planes, tiers, oversubscription, grid):
    """The fabric of as many of the GPUs as so many tiers of `switch`es join: its parts, what it carries, its picture."""
    joined = np.minimum(gpus, np.floor(fat_tree_capacity(switch.radix, tiers, oversubscription)))
    parts = fat_tree(joined, switch.radix, switch.bandwidth, planes, oversubscription)
    nic = planes * switch.bandwidth
    share = parts.bisection / (joined / 2 * nic)
    most = np.maximum(np.maximum(parts.leaves, parts.middles), parts.tops)
    needed = np.maximum(most / (COLUMNS * ROWS), 1)
    ten = 10 ** np.floor(np.log10(needed))
    each = ten * np.select([needed <= ten, needed <= 2 * ten, needed <= 5 * ten], [1, 2, 5], 10)
    return {
        "joined": joined,
        "left_out": gpus - joined,
        "fits": joined / gpus,
        "hollow": {"x0": joined / gpus + 0 * grid["square"], "x1": np.where((joined < gpus) & (grid["square"] < 1), 1, np.nan), "y0": 0 * grid["square"] - 0.65, "y1": 0 * grid["square"] - 0.45},
        "complaint": np.where(joined < gpus, 1.03, -1),
        "nic": nic / UNITS["Gb/s"],
        "needed": parts.tiers,
        "count": {name: getattr(parts, name) for name in TIERS},
        "switches": parts.switches,
        "optics": parts.transceivers,
        "optics_each": parts.transceivers / joined,
        "down": joined * nic / PETABIT,
        "up": np.where(parts.tiers > 1, joined * nic * share, 0) / PETABIT,
        "bisection": parts.bisection / PETABIT,
        "left": np.where(parts.tiers > 1, 0.5 - share / 2, 0.5),
        "right": np.where(parts.tiers > 1, 0.5 + share / 2, 0.5),
        "each": each,
        **{name: squares(getattr(parts, name), planes, base, grid["square"], each) for name, (_, base) in TIERS.items()},
    }


def draw(plot):
    ax = plot.subplots()
    ax.set(xlim=(0, 1.42 if plot.narrow else 1.26), ylim=(-0.98, 2.66), xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.grid(visible=False)
    plot.bar(ax, -0.55, "fits", width=0.2, horizontal=True, color=COLOR["outline"])
    hollow(plot, ax, "hollow")
    plot.label(ax, 1.03, -0.55, "{joined:,.7g} GPUs", va="center", color=COLOR["ink"], fontweight="semibold")
    plot.label(ax, "complaint", -0.85, "{left_out:,.3k} left out" if plot.narrow else "{left_out:,.3k} have no port", va="center", color=COLOR["claimed"], fontweight="semibold")
    for name, (text, base) in TIERS.items():
        lowest = name == "leaves"
        plot.bar(ax, base - 0.22, 1.0 if lowest else "right", base=0.0 if lowest else "left", width=0.28, horizontal=True, facecolor=COLOR["soft"], edgecolor=COLOR["outline"], linewidth=0.8)
        plot.label(ax, 0.5, base - 0.22, "{down:,.3g} Pb/s" if lowest else "{up:,.3g} Pb/s", ha="center", va="center", color=COLOR["muted"])
        plot.rectangles(ax, *(f"{name}.{edge}" for edge in ("x0", "x1", "y0", "y1")), colors=[COLOR["computed"], COLOR["teal"]], kind=f"{name}.kind")
        plot.label(ax, 1.03, base + 0.2, f"{{count.{name}:,.7g}} {text}", va="center", color=COLOR["computed"], fontweight="semibold")
    plot.label(ax, 0, 2.6, "switches in a square: {each:,.4g}; planes side by side", va="top", color=COLOR["muted"])


def figure(model=tree) -> LiveFigure:
    """The fabric, to be built."""
    return LiveFigure(
        "fat-tree",
        model,
        draw,
        kicker=kicker(__name__),
        title="How many switches join all these GPUs?",
        finding="{joined:,.7g} GPUs take {needed:.0f} tiers, {switches:,.7g} switches and {optics_each:.1f} transceivers each.",
        controls=bounded({
            "gpus": slider("gpus", 220_000, "GPUs", show=(1000, 1_000_000), log=True, format=",.7g"),
            "switch": choice(SWITCHES, "51.2T 128x400G", "switch"),
            "planes": Slider(1, 8, 2, "planes", values=PLANES, format=".0f"),
            "tiers": Slider(2, 4, 3, "tiers, at most", values=(2, 3, 4), format=".0f"),
            "oversubscription": slider("oversubscription", 1.0, "oversubscription", format=".2g", unit=": 1", steps=70, folded=True),
        }),
        presets={
            "220,000 in two planes": {},
            "220,000, one plane of 64 ports": {"switch": "51.2T 64x800G", "planes": 1},
            "100,000, Colossus 1 (400G)": {"gpus": 100_000, "switch": "51.2T 128x400G", "planes": 1},
            "100,000 in two tiers": {"gpus": 100_000, "switch": "102.4T 512x200G", "planes": 4, "tiers": 2},
            "555,000 in four planes": {"gpus": 555_000, "switch": "102.4T 512x200G", "planes": 4},
            "555,000, oversubscribed 7 : 1": {"gpus": 555_000, "oversubscription": 7},
        },
        goals=[
            Goal(
                "Join 130,000 GPUs at 800 Gb/s each in only two tiers, with nothing oversubscribed and nobody left out.",
                lambda at: (at["gpus"] >= 130_000) & (at["left_out"] <= 0) & (at["needed"] <= 2) & (at["nic"] >= 800) & (at["oversubscription"] <= 1),
                "Two tiers join half the square of a switch’s ports. Narrower ports are more ports, and planes give a GPU several of them.",
                {"gpus": 130_000, "switch": "102.4T 512x200G", "planes": 4},
            )
        ],
        readouts=[
            Readout("needed", "tiers of switches", ".0f"),
            Readout("switches", "switches", ",.7g"),
            Readout("optics", "transceivers", ".3k"),
            Readout("left_out", "GPUs left out", ",.7g", limit=0, beyond="GPUs that do not fit"),
            Readout("bisection", "Pb/s of bisection", ",.3g"),
            Readout("nic", "Gb/s for each GPU", ",.0f"),
        ],
        summary=(
            "{needed:.0f} tiers of {switch} switches in {planes:.0f} planes join {joined:,.7g} of {gpus:,.7g} GPUs at {nic:,.0f} gigabits a second each: "
            "{switches:,.7g} switches, {optics:.3k} transceivers, a bisection of {bisection:,.3g} petabits a second."
        ),
        fixed={"grid": {"square": np.arange(COLUMNS * ROWS)}},
        sizes={"wide": (6.9, 3.7), "narrow": (3.6, 3.4)},
        note="All cables optical; as few switches as the ports allow",
    )
