"""Chapter 5: what a run takes in electricity, gas and dollars, what it leaves in the air, and what each chip makes of a joule."""

import numpy as np
from clustermath import CHIPS, MODELS
from clustermath.power import co2, energy_cost, flops_per_joule, fuel, gas_intensity, nox_intensity, training_power
from clustermath.run import effective_bits, peak
from clustermath.runs import RUNS
from clustermath.turbines import GENERATORS
from clustermath.units import GIGA, HOUR, KILO, UNITS
from livefigure import LiveFigure, Readout, Slider
from livefigure.look import COLOR

from . import walls
from .bounds import bounded, published
from .inputs import PUE, choice, precision as formats, share, slider
from .pages import kicker

RUN = RUNS["Llama 3.1 405B"]
BEST = published()["mfu"].high
# Six generations are enough to compare; the control has all chips.
SHOWN = {"A100": "A100 SXM", "H100": "H100 SXM", "B200": "B200", "GB200": "GB200 NVL72", "B300": "B300", "GB300": "GB300 NVL72"}


def energy_bill(model, chip, precision, mfu, pue, drawn, network_share, efficiency, ppm, grid, energy_price, row):
    """A run's bill, and FLOPs per joule of several chips. grid [g/kWh], energy_price [dollar per kWh]; the rest as in clustermath."""

    def per_joule(chip):
        return flops_per_joule(peak(chip, precision), mfu, training_power(chip, drawn, network_share), pue)

    electricity = model.flops / per_joule(chip)
    seen = mfu <= BEST * (1 + 1e-9)
    chips = {name: per_joule(CHIPS[full]) / GIGA for name, full in SHOWN.items()}
    return {
        "chips": chips,
        "hollow": walls.hollows(list(chips.values()), seen, row, len(SHOWN) - 1 - row, 0.5),
        "wall": np.where(seen, -1.0, 0.0),
        "own": per_joule(chip) / GIGA,
        "bits": effective_bits(chip, precision),
        "gwh": electricity / (1000 * UNITS["MWh"]),
        "fuel_gwh": fuel(electricity, efficiency) / (1000 * UNITS["MWh"]),
        "tonnes": co2(electricity, gas_intensity(efficiency)) / 1000,
        "grams": co2(KILO * HOUR, gas_intensity(efficiency)) * 1000,
        "grid_tonnes": co2(electricity, grid / KILO / UNITS["kWh"]) / 1000,
        "nox_tonnes": electricity * nox_intensity(efficiency, ppm) / 1000,
        "dollars": energy_cost(electricity, energy_price / UNITS["kWh"]),
    }


def draw(plot):
    ax = plot.subplots()
    rows = list(reversed(SHOWN))
    ax.set(ylim=(-0.6, len(rows) + 0.4), xlabel="model FLOPs for each joule at the meter, in thousand million (GFLOP/J)")
    if plot.narrow:
        ax.set(xlabel="GFLOP/J at the meter")
    ax.set_yticks(range(len(rows)), rows)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", visible=False)
    steps = [(high, tick) for high, tick in ((200, 50), (400, 100), (800, 200), (1200, 300), (1600, 400), (2400, 600), (4000, 1000), (8000, 2000), (12000, 3000))]
    plot.limits(ax, "x", [f"chips.{name}" for name in rows], [(0, high, {x: f"{x:,}" for x in range(0, high + 1, tick)}) for high, tick in steps])
    for at, name in enumerate(rows):
        plot.bar(ax, at, f"chips.{name}", width=0.5, horizontal=True, color=COLOR["computed"], alpha=0.45)  # pale: a number may be longer than its bar
    walls.hollow(plot, ax, "hollow")
    for at, name in enumerate(rows):
        plot.label(ax, 0, at, f"{{chips.{name}:,.3g}}", dx=5, va="center", color=COLOR["ink"], fontweight="semibold")
    plot.vline(ax, "own", ymax=0.92, color=COLOR["measured"], linewidth=1.2, linestyle="--")
    walls.say(plot, ax, f"no run published has more than {BEST:.0%} MFU", "wall", len(rows) + 0.15)
    plot.label(ax, "own", len(rows) - 0.45, "{chip}", dx=5, flip=0.7, va="center", color=COLOR["measured"])


def figure(model=energy_bill) -> LiveFigure:
    """Energy, fuel, carbon dioxide, dollars."""
    h100 = CHIPS["H100 SXM"]
    return LiveFigure(
        "energy-bill",
        model,
        draw,
        kicker=kicker(__name__),
        title="What does a run burn, and what does a chip make of a joule?",
        finding="{gwh:,.3g} GWh at the meter: {tonnes:,.3k} tonnes of CO₂ if gas turbines made them.",
        controls=bounded({
            "model": choice(MODELS, "Llama 3.1 405B", "model"),
            "chip": choice(CHIPS, h100.name, "chip"),
            "precision": formats(),
            "mfu": share("mfu", RUN.rate / h100.bf16, "MFU", steps=95),
            "drawn": share("drawn", 0.8, "servers draw, of their rated power", show=(0.5, 1), folded=True, steps=50),
            "pue": slider("pue", PUE, "PUE over the year", show=(1, 1.6), folded=True, steps=60),
            "network_share": share("network_share", 0.0, "network and storage, over the servers", folded=True, steps=40),
            "efficiency": share("efficiency", GENERATORS["Titan 350"].efficiency, "turbines’ efficiency", folded=True, format=".3g", steps=80),
            "ppm": slider("ppm", 9.0, "nitrogen oxides in the flue gas", show=(2, 25), unit="ppm", format=".3g", folded=True, steps=46),
            "grid": Slider(0, 800, 365, "carbon of a grid instead", unit="g/kWh", limits=(0, 2000), folded=True, steps=160),
            "energy_price": Slider(0.02, 0.2, 0.07, "price of electricity", unit="$/kWh", limits=(0, 10), folded=True, steps=90),
        }),
        presets={
            "Llama 3.1 405B on H100s": {},
            "… on GB300s": {"chip": "GB300 NVL72"},
            "… on GB300s in FP8": {"chip": "GB300 NVL72", "precision": "FP8"},
            "Grok 1T, dense, on GB300s": {"model": "Grok 1T (dense)", "chip": "GB300 NVL72"},
            "Grok 10T, a mixture": {"model": "Grok 10T (mixture)", "chip": "GB300 NVL72"},
        },
        readouts=[
            Readout("gwh", "at the meter", ",.3g", "GWh"),
            Readout("tonnes", "of CO₂, if turbines made it", ",.0f", "t"),
            Readout("grid_tonnes", "of CO₂, if a grid did", ",.0f", "t"),
            Readout("nox_tonnes", "of nitrogen oxides", ",.3g", "t"),
        ],
        summary=(
            "{model} on {chip} at {mfu:.1%} MFU in {bits:.0f}-bit arithmetic: {gwh:,.3g} GWh at the meter. Turbines would burn {fuel_gwh:,.3g} GWh of gas for it and leave {tonnes:,.3k} tonnes of CO₂ "
            "and {nox_tonnes:,.3g} of nitrogen oxides; a grid of {grid:.0f} grams a kWh {grid_tonnes:,.3k} tonnes of CO₂. The electricity costs {dollars:,.3k} dollars; "
            "{own:,.3g} thousand million model FLOPs for each joule."
        ),
        fixed={"row": np.arange(float(len(SHOWN)))},
        sources=[
            "carbon of natural gas: 116.65 lb for a million Btu, higher heating value (EIA)",
            "nitrogen oxides: EPA method 19; 9 ppm is assumed, permits and makers say 2.5 to 25",
            "grid: Tennessee’s 804 lb/MWh (EIA 2024, second-hand)",
        ],
        note="the same MFU on every chip; servers at four fifths of their rated power, as in chapter 1",
        sizes={"wide": (6.9, 3.1), "narrow": (3.6, 3.1)},
    )
