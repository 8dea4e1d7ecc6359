"""Chapter 5: a fleet of turbines, and how often it falls short for all its spares, on a mild day and on a hot one."""

import numpy as np
from clustermath.air import inlet_temperature
from clustermath.turbines import GENERATORS, chance_at, output_share, overbuild, share_short, units_needed
from clustermath.units import GIGA, MEGA
from livefigure import LiveFigure, Readout, Slider
from livefigure.look import COLOR

from .bounds import bounded
from .inputs import share, slider
from .ledger import claimed
from .pages import kicker

SMALL, LARGE = claimed("003-05"), claimed("003-05", "value_to")  # W, the range the article names
MOST = 24  # spares that are drawn
LEAST = 1e-9  # chance that is drawn
WET_BULB = 25.3  # degrees Celsius, of a hot afternoon
NEVER = 1e-4  # hours a year: less is written as none, instead of as twenty decimals


def fleet(site, unit_power, availability, spares, ambient, loss_per_degree, evaporative, warming):
    """Spare power and the chance of falling short at a temperature; hours a year in a typical year. As in clustermath."""
    inlet = inlet_temperature(ambient, np.minimum(WET_BULB, ambient), evaporative)

    def of(power):
        units = units_needed(site, power)
        chance = chance_at(inlet, site, power, units + spares, availability, loss_per_degree)
        return {"spare": (units + spares) * power / site - 1, "chance": np.maximum(chance, LEAST / 1000), "shown": np.maximum(chance, LEAST)}

    units = units_needed(site, unit_power)
    own = of(unit_power)
    hours = share_short(site, unit_power, units + spares, availability, loss_per_degree, warming) * 8760
    return {
        "small": of(SMALL),
        "large": of(LARGE),
        "own": own,
        "there": np.where(own["chance"] < LEAST, np.nan, own["spare"]),
        "below": np.where(own["chance"] < LEAST, own["spare"], -1.0),  # out of sight
        "units": units,
        "installed": (units + spares) * unit_power / MEGA,
        "overbuild": overbuild(units, spares) - 1,
        "hours": np.where(hours < NEVER, 0, hours),
        "expected_down": (units + spares) * (1 - availability),
        "each": unit_power * output_share(inlet, loss_per_degree) / MEGA,
        "all_up": (units + spares) * unit_power * output_share(inlet, loss_per_degree) / MEGA,
        "inlet": inlet,
    }


def draw(plot):
    ax = plot.subplots()
    ax.set(yscale="log", ylim=(LEAST / 3, 30), xlabel="power installed beyond the load", ylabel="chance of falling short then")
    plot.limits(ax, "x", ["own.spare"], [(0, high / 100, {x / 100: f"{x}%" for x in range(0, high + 1, step)}) for high, step in ((70, 10), (300, 100), (3000, 1000))])
    day = 1 / (10 * 365.25)
    ax.set_yticks([1, 1e-2, day, 1e-6, 1e-8], ["always", "1 in 100", "a day in\n10 years", "1 in 10⁶", "1 in 10⁸"])
    ax.minorticks_off()
    ax.axhline(day, color=COLOR["measured"], linewidth=1, linestyle=(0, (1, 2)))
    sets = "" if plot.narrow else "sets of "
    rows = [("small", f"{sets}{SMALL / MEGA:.0f} MW", "ochre", "--", 0.03), ("large", f"{sets}{LARGE / MEGA:.0f} MW", "purple", ":", 0.27), ("own", "yours: {units:.0f} + {spares:.0f} sets", "computed", "-", 0.5)]
    for name, text, color, line, at in rows:
        plot.curve(ax, f"{name}.spare", f"{name}.chance", along="spares", over=(0, MOST), points=MOST + 1, color=COLOR[color], linewidth=2.4 if name == "own" else 1.6, linestyle=line)
        plot.label(ax, at, 0.96, text, fraction="xy", va="center", color=COLOR[color], fontweight="semibold")
    plot.marker(ax, "there", "own.shown", color=COLOR["computed"], markeredgecolor=COLOR["card"], markersize=10)
    plot.marker(ax, "below", "own.shown", marker="v", color=COLOR["computed"], markerfacecolor=COLOR["card"], markeredgewidth=2, markersize=9)
    plot.label(ax, "below", "own.shown", "rarer still", dy=8, ha="center", va="bottom", color=COLOR["computed"])


def figure(model=fleet) -> LiveFigure:
    """N + k."""
    titan = GENERATORS["Titan 350"]
    return LiveFigure(
        "turbine-fleet",
        model,
        draw,
        kicker=kicker(__name__),
        title="How many spare turbines does a gigawatt need?",
        finding="{units:.0f} sets and {spares:.3g} spares are short for {hours:,.2g} hours a year.",
        controls=bounded({
            "site": Slider(50 * MEGA, 2.5 * GIGA, GIGA, "load", unit="MW", scale=MEGA, format=",.4g", log=True, limits=(10 * MEGA, 2.9 * GIGA)),
            "unit_power": Slider(SMALL, LARGE, titan.power, "one set", unit="MW", scale=MEGA, format=".3g", limits=(SMALL, 200 * MEGA), steps=80),
            "spares": slider("spares", 3, "spare sets", show=(0, 24), format=".3g", steps=24),
            "availability": share("availability", titan.availability, "each is available", show=(0.85, 0.995), format=".3g", steps=58),
            "ambient": slider("ambient", 15.0, "temperature of the air", show=(5, 42), unit="°C", format=".3g", steps=74),
            "loss_per_degree": slider("loss_per_degree", 0.007, "output lost for each degree above 15 °C", show=(0, 0.012), unit="%", scale=0.01, format=".2g", folded=True, steps=60),
            "evaporative": share("evaporative", 0.0, "inlet cooled by evaporation, of the way to 25.3 °C", show=(0, 0.95), folded=True, steps=95),
            "warming": slider("warming", 0.0, "every hour warmer than Greensboro’s", show=(0, 6), unit="K", format=".2g", folded=True, steps=60),
        }),
        presets={
            "1 GW of Titan 350": {},
            "… at 35.5 °C": {"ambient": 35.5},
            "… with six spares": {"ambient": 35.5, "spares": 6},
            **{
                f"1 GW of {name}": {"unit_power": GENERATORS[name].power}
                for name in ("Titan 130 truck", "LM6000")
            },
            "Colossus 1: 35 sets, over 400 MW": {"site": 300 * MEGA, "unit_power": 400 * MEGA / 35, "spares": 8},
            "2.3 GW for 1.4 GW": {"site": 1.4 * GIGA, "spares": 24},
        },
        readouts=[
            Readout("hours", "a year short, over a year’s weather", ",.2g", "hours"),
            Readout("each", "from each set at this temperature", ".3g", "MW"),
            Readout("all_up", "with every set up", ",.4g", "MW"),
            Readout("overbuild", "more sets than needed", ".0%"),
        ],
        summary=(
            "{units:.0f} sets and {spares:.0f} spares carry the load at 15 degrees; {installed:,.0f} MW are installed, with {overbuild:.0%} more sets than needed. With each available {availability:.1%} of the time, "
            "{expected_down:.1f} are down on average. At {ambient:.3g} degrees Celsius each gives {each:.3g} MW and all of them {all_up:,.4g}; over a typical year the fleet falls short for {hours:,.2g} hours."
        ),
        sources=["hours of temperature: NREL’s typical year for Greensboro, North Carolina (TMY3 723170); Memphis is warmer", "output lost with warm air: 0.6 to over 1% a degree in the literature; the Titan’s own curve was not found"],
        note="sets fail independently; output rated at 15 °C",
        sizes={"wide": (6.9, 3.5), "narrow": (3.6, 3.4)},
    )
