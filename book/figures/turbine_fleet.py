"""Chapter 5: a fleet of turbines, and how often it falls short for all its spares."""

import numpy as np
from clustermath.turbines import GENERATORS, chance_of_falling_short, overbuild, units_needed
from clustermath.units import GIGA, HOUR, MEGA, MINUTE, YEAR
from livefigure import LiveFigure, Readout, Slider
from livefigure.look import COLOR

from .inputs import share, slider
from .ledger import claimed
from .pages import kicker

SMALL, LARGE = claimed("003-05"), claimed("003-05", "value_to")  # W, the range the article names
MOST = 24  # spares that are drawn
LEAST = 1e-9  # chance that is drawn
NEVER = 1e-4  # hours a year: less is written as none, instead of as twenty decimals


def fleet(site, unit_power, availability, spares, ramp):
    """Spare power and the chance of falling short. ramp: of one set [MW/min]; the rest as in clustermath."""

    def of(power):
        units = units_needed(site, power)
        chance = chance_of_falling_short(units, spares, availability)
        return {"spare": (units + spares) * power / site - 1, "chance": np.maximum(chance, LEAST / 1000), "shown": np.maximum(chance, LEAST)}

    units = units_needed(site, unit_power)
    hours = chance_of_falling_short(units, spares, availability) * YEAR / HOUR
    return {
        "small": of(SMALL),
        "large": of(LARGE),
        "own": of(unit_power),
        "units": units,
        "installed": (units + spares) * unit_power / MEGA,
        "overbuild": overbuild(units, spares) - 1,
        "hours": np.where(hours < NEVER, 0, hours),
        "expected_down": (units + spares) * (1 - availability),
        "ramp_all": units * ramp,
        "from_half": site / MEGA / 2 / (units * ramp) * MINUTE,
    }


def draw(plot):
    ax = plot.subplots()
    ax.set(xlim=(0, 0.7), yscale="log", ylim=(LEAST / 3, 3), xlabel="power installed beyond the load", ylabel="chance of falling short")
    ax.set_xticks([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7], [f"{x}%" for x in range(0, 80, 10)])
    ax.set_yticks([1, 1e-2, 1e-4, 1e-6, 1e-8], ["always", "1 in 100", "1 in 10⁴", "1 in 10⁶", "1 in 10⁸"])
    ax.minorticks_off()
    day = 1 / (10 * 365.25)
    ax.axhline(day, color=COLOR["measured"], linewidth=1, linestyle=(0, (1, 2)))
    ax.text(0.69, day * 1.3, "a day in ten years", ha="right", va="bottom", color=COLOR["measured"])
    rows = [("small", f"sets of {SMALL / MEGA:.0f} MW", "ochre", "--"), ("large", f"sets of {LARGE / MEGA:.0f} MW", "purple", ":"), ("own", "yours: {units:.0f} + {spares:.0f} sets", "computed", "-")]
    for k, (name, text, color, line) in enumerate(rows):
        plot.curve(ax, f"{name}.spare", f"{name}.chance", along="spares", over=(0, MOST), points=MOST + 1, color=COLOR[color], linewidth=2.4 if name == "own" else 1.6, linestyle=line)
        plot.label(ax, 0.97, 0.94 - 0.075 * k, text, fraction="xy", ha="right", va="center", color=COLOR[color], fontweight="semibold")
    plot.marker(ax, "own.spare", "own.shown", color=COLOR["computed"], markeredgecolor=COLOR["card"], markersize=10)


def figure(model=fleet) -> LiveFigure:
    """N + k."""
    titan = GENERATORS["Titan 350"]
    return LiveFigure(
        "turbine-fleet",
        model,
        draw,
        kicker=kicker(__name__),
        title="How many spare turbines does a gigawatt need?",
        controls={
            "site": Slider(50 * MEGA, 2.5 * GIGA, GIGA, "load", unit="MW", scale=MEGA, format=",.4g", log=True, limits=(10 * MEGA, 2.9 * GIGA)),
            "unit_power": Slider(SMALL, LARGE, titan.power, "one set", unit="MW", scale=MEGA, format=".3g", limits=(SMALL, 200 * MEGA), steps=80),
            "spares": slider("spares", 3, "spare sets", show=(0, 24), format=".3g", steps=24),
            "availability": share("availability", titan.availability, "each is available", show=(0.85, 0.995), format=".3g", steps=58),
            "ramp": Slider(1, 50, titan.ramp / (MEGA / MINUTE), "ramp of one set", unit="MW/min", log=True, limits=(0.1, 500), folded=True),
        },
        presets={
            "1 GW of Titan 350": {},
            **{
                f"1 GW of {name}": {"unit_power": GENERATORS[name].power, "ramp": GENERATORS[name].ramp / (MEGA / MINUTE)}
                for name in ("Titan 130 truck", "LM6000")
            },
            "Colossus 1: 35 sets, over 400 MW": {"site": 300 * MEGA, "unit_power": 400 * MEGA / 35, "spares": 8},
            "2.3 GW for 1.4 GW": {"site": 1.4 * GIGA, "spares": 24},
        },
        readouts=[
            Readout("units", "sets that the load needs", ".0f"),
            Readout("installed", "MW installed", ",.0f"),
            Readout("overbuild", "more sets than needed", ".0%"),
            Readout("expected_down", "sets down on average", ".1f"),
            Readout("hours", "hours a year short", ",.2g"),
            Readout("ramp_all", "MW/min, all running sets", ",.3g"),
            Readout("from_half", "s from half to full load", ",.0f"),
        ],
        summary=(
            "{units:.0f} sets and {spares:.0f} spares carry the load; {installed:,.0f} MW are installed, with {overbuild:.0%} more sets than needed. With each available {availability:.1%} of the time, "
            "{expected_down:.1f} are down on average and the fleet falls short {hours:,.2g} hours a year. All together ramp {ramp_all:,.3g} MW a minute."
        ),
        note="sets fail independently of each other",
        sizes={"wide": (6.9, 3.5), "narrow": (3.6, 3.4)},
    )
