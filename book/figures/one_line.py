"""Chapter 5: the site's one-line diagram: power, losses and ride-through from the generators to the chips."""

from functools import partial

import numpy as np
from clustermath import CHIPS
from clustermath.chain import CHAIN, fed, time_to_limit
from clustermath.power import gpu_power, it_power
from clustermath.supply import battery_store, rack_store
from clustermath.units import HOUR, MEGA, MINUTE
from livefigure import LiveFigure, Readout, Slider, Switch
from livefigure.look import COLOR

from . import brought, walls
from .bounds import bounded, published
from .inputs import PUE, choice, gpus as count, share, slider
from .island import BATTERY, LOW, SETS, fleet_of, load_choice, running_power
from .pages import kicker
from .palette import POWER


LARGEST, SOLD = published()["site"].high, published()["energy_per_gpu"].high  # W of a site; J in the racks for each GPU


def one_line(gpus, chip, pue, ups, packs, energy_per_gpu, spinning, inertia, recorded, cap=1.0):
    """Power at each stage at full load, what it loses, and for how long each store would hold up the load alone.

    recorded: a measured Course, whose highest reading takes the place of the TDP where it has a length.
    """
    it = gpus * np.where(recorded.seconds > 0, it_power(chip, recorded.peak), gpu_power(chip, cap))
    chips = it * CHAIN["power shelves"].efficiency
    ups_in = np.where(ups > 0, fed(it, CHAIN["UPS"]), it)
    bus_it = fed(ups_in, CHAIN["site transformers"])
    with_ups = fed(fed(it, CHAIN["UPS"]), CHAIN["site transformers"])
    cooling = np.maximum((pue - 1) * it - (with_ups - it), 0)  # what conversion leaves of the PUE
    bus = bus_it + cooling
    turbines = fed(bus, CHAIN["step-up transformers"])
    fleet = fleet_of(running_power(turbines, spinning), inertia, 0.05)
    store, rack = battery_store(BATTERY, packs), rack_store(gpus, energy_per_gpu)
    return {
        "modelled": np.where(recorded.seconds > 0, 0, 1),
        "turbines": turbines / MEGA,
        "sets": fleet.capacity / SETS.power,
        "lost": {"step_up": (turbines - bus) / MEGA, "site": (bus_it - ups_in) / MEGA, "ups": (ups_in - it) / MEGA, "shelves": (it - chips) / MEGA},
        "bus": bus / MEGA,
        "cooling": cooling / MEGA,
        "halls": bus_it / MEGA,
        "it": it / MEGA,
        "chips": chips / MEGA,
        "through": chips / turbines,
        "battery": store.power / MEGA,
        "battery_share": np.minimum(store.power / bus, 1),
        "battery_hours": store.energy / np.maximum(np.minimum(store.power, bus), 1) / HOUR,
        "masses_ms": time_to_limit(fleet, turbines, LOW) * 1000,
        "row": {"ups": np.where(ups > 0, PLACE["UPS"], NOWHERE), "bare": np.where(ups > 0, NOWHERE, PLACE["UPS"])},
        "ups_minutes": np.where(ups > 0, CHAIN["UPS"].holds, 0) / MINUTE,
        "wall": {
            "site": np.where(bus > LARGEST, PLACE["138 kV bus"], NOWHERE),
            "plant": np.where(bus > LARGEST, PLACE["generators"], NOWHERE),
            "shelves": np.where(energy_per_gpu > SOLD, PLACE["power shelves"], NOWHERE),
            "rack": np.where(energy_per_gpu > SOLD, PLACE["chips, memory, network"], NOWHERE),
        },
        "rack_ms": (CHAIN["power shelves"].holds + rack.energy / it) * 1000,
    }


ROWS = ["generators", "step-up transformers", "138 kV bus", "batteries", "cooling", "transformers to 415 V", "UPS", "power shelves", "chips, memory, network"]
TEXTS = [
    ("{turbines:,.3g}", "", "{masses_ms:,.3g} ms"),
    ("{bus:,.3g}", "−{lost.step_up:,.3g}", ""),
    ("{bus:,.3g}", "", ""),
    ("±{battery:,.3g}", "", "{battery_share:.0%} for {battery_hours:,.2g} h"),
    ("{cooling:,.3g}", "", ""),
    ("{halls:,.3g}", "−{lost.site:,.3g}", ""),
    ("{it:,.3g}", "−{lost.ups:,.3g}", "{ups_minutes:.0f} min"),
    ("{it:,.3g}", "−{lost.shelves:,.3g}", "{rack_ms:,.3g} ms"),
    ("{chips:,.3g}", "", ""),
]
PLACE = {row: len(ROWS) - 1 - k for k, row in enumerate(ROWS)}
NOWHERE = -9.0  # out of sight
BESIDE = ("batteries", "cooling")  # hang on the bus


def draw(plot):
    ax = plot.subplots()
    ax.set(xlim=(0, 1), ylim=(-0.6, len(ROWS) + 0.1), xticks=[], yticks=[])
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    name, power, lost, holds = (0.15, 0.6, 0.78, 0.99) if plot.narrow else (0.13, 0.56, 0.76, 0.97)
    line, branch = 0.045, 0.095
    bus, ink = PLACE["138 kV bus"], COLOR["ink"]
    ax.plot([line, line], [PLACE["generators"], PLACE["chips, memory, network"]], color=ink, linewidth=1.2, zorder=1)
    ax.plot([branch, branch], [bus, PLACE["cooling"]], color=ink, linewidth=1.2, zorder=1)
    ax.plot([0.01, 0.115], [bus, bus], color=ink, linewidth=4, solid_capstyle="butt", zorder=2)
    for row, at in PLACE.items():
        at = "row.ups" if row == "UPS" else at  # which need not be there
        write = partial(plot.label, ax) if row in ("UPS", "generators") else ax.text
        x = branch if row in BESIDE else line
        if "transformers" in row:
            for up in (-0.13, 0.13):
                ax.plot([x], [at + up], marker="o", markersize=9, markerfacecolor="none" if up > 0 else COLOR["card"], markeredgecolor=ink, linestyle="none", zorder=3)
        elif row != "138 kV bus":
            shape = dict(marker="o" if row == "generators" else "s", markersize=17, markerfacecolor=COLOR["card"], markeredgecolor=ink, zorder=3)
            plot.marker(ax, x, at, **shape) if row == "UPS" else ax.plot([x], [at], linestyle="none", **shape)
            letter = {"generators": "G", "batteries": "B", "cooling": "C", "UPS": "U", "power shelves": "=", "chips, memory, network": "IT"}[row]
            write(x, at, letter, ha="center", va="center", color=ink, fontsize=9.5, zorder=4)
        short = row.replace("step-up transformers", "step-up").replace("transformers to 415 V", "to 415 V").replace("chips, memory, network", "chips etc.")
        text = "{sets:.0f} generators" if row == "generators" else short if plot.narrow else row
        write(name, at, text, va="center", color=ink)
        for x, text, color in zip((power, lost, holds), TEXTS[ROWS.index(row)], ("computed", "muted", POWER["battery"]), strict=True):
            if text:
                plot.label(ax, x, at, text, ha="right", va="center", color=COLOR[color], fontweight="semibold" if color == "computed" else "normal")
    beyond = dict(color=COLOR["claimed"], markerfacecolor="none", markeredgewidth=2, markersize=19, zorder=5)
    plot.marker(ax, line, "wall.plant", marker="o", **beyond)
    plot.marker(ax, line, "wall.shelves", marker="s", **beyond)
    walls.say(plot, ax, "beyond any site" if plot.narrow else "more than any site is said to have", holds, "wall.site", ha="right")
    walls.say(plot, ax, "unsold racks" if plot.narrow else "no such rack is sold", holds, "wall.rack", ha="right")
    plot.label(ax, name, "row.bare", "no UPS", va="center", color=COLOR["muted"])
    for x, text in zip((power, lost, holds), ("power, MW", "lost, MW", "holds"), strict=True):
        ax.text(x, len(ROWS) - 0.35, text, ha="right", va="center", color=COLOR["muted"])


def figure(model=one_line, trace=None) -> LiveFigure:
    """The one-line diagram. trace: a Recording of one chip's power, whose highest reading is what each stage has to carry."""
    controls = {
        "gpus": count(431_000),
        "chip": choice(CHIPS, "GB300 NVL72", "chip"),
        "packs": slider("packs", 168, "Megapacks", format=",.4g", steps=100),
        "ups": Switch(True, "a UPS for all of it"),
        "recorded": load_choice(trace),
        "cap": share("cap", 1.0, "chip held to, of its TDP", enabled="modelled", folded=True, steps=50),
        "pue": slider("pue", PUE, "PUE in the worst hour, with a UPS", show=(1, 1.6), folded=True, steps=60),
        "energy_per_gpu": Slider(0, 4000, 65.0, "stored in the racks for each GPU", unit="J", format=",.3g", limits=(0, 100_000), steps=200, folded=True),
        "spinning": Slider(0, 12, 3, "spare sets that spin", integer=True, format=".0f", limits=(0, 40), folded=True),
        "inertia": Slider(1, 6, 2.0, "inertia H of the sets", unit="s", limits=(0.2, 20), folded=True, steps=100),
    }
    presets = {
        "A gigawatt of GB300s": {},
        "… without a UPS": {"ups": False},
        "Colossus 1, 150 MW": {"gpus": 100_000, "chip": "H100 SXM", "packs": 156},
    }
    return LiveFigure(
        "one-line",
        model,
        draw,
        kicker=kicker(__name__),
        title="What stands between a turbine and a chip, and what holds for how long?",
        finding="Of {turbines:,.0f} MW at the generators {chips:,.0f} reach the chips; the masses alone hold for {masses_ms:,.0f} ms.",
        controls=bounded(controls),
        takes=[brought.power(controls)],
        presets=presets if trace is None else {"as measured": {}, "… without a UPS": {"ups": False}},
        readouts=[
            Readout("turbines", "at the generators", ",.0f", "MW"),
            Readout("through", "of it reaches chips, memory and network", ".0%"),
            Readout("masses_ms", f"for which the rotating masses alone hold {LOW} Hz", ",.0f", "ms"),
            Readout("rack_ms", "for which the racks hold by themselves", ",.0f", "ms"),
        ],
        summary=(
            "{turbines:,.0f} MW at the generators, {bus:,.0f} at the bus, {cooling:,.0f} for cooling, {it:,.0f} into the racks and {chips:,.0f} to chips, memory and network. "
            f"Without fuel the masses of {{sets:.0f}} sets hold the frequency above {LOW} Hz for "
            "{masses_ms:,.0f} ms; batteries carry {battery_share:.0%} of the load for {battery_hours:,.2g} hours, "
            "a UPS all of the IT for {ups_minutes:.0f}; the racks hold {rack_ms:,.0f} ms by themselves."
        ),
        sources=[
            "hold-up of power shelves: slides of their makers for Open Rack V3; efficiencies and the UPS’s minutes: textbook and makers’ values, recalled (data/power_chain.csv); what this site has is not published"
        ],
        note="full load, or the highest reading of a measured one; what each store would do alone",
        sizes={"wide": (6.9, 3.9), "narrow": (3.6, 4.1)},
    )
