"""Chapter 5: a solar farm against the sites it stands beside, by nameplate and by energy."""

import numpy as np
from clustermath.power import SITES, solar_power, solar_share
from clustermath.solar import yearly_share
from clustermath.units import MEGA
from livefigure import LiveFigure, Readout, Slider, Switch
from livefigure.look import COLOR

from .bounds import bounded
from .inputs import slider
from .ledger import claimed
from .pages import kicker

FARM, SHARE = claimed("003-07"), claimed("003-08")
ROWS = {
    "Colossus 1, 150 MW": "Colossus 1 in 2024",
    "Colossus 1, 300 MW": "Colossus 1 in 2026",
    "Colossus 2, 1 GW": "Colossus 2, 1 GW (claimed)",
    "Colossus 2, 1.5 GW": "Colossus 2, 1.5 GW (claimed)",
    "Colossus 2, 2 GW": "Colossus 2, 2 GW (claimed)",
}
FIRST = SITES[ROWS["Colossus 1, 300 MW"]].power


def solar_farm(nameplate, ac, ratio, tracked, brighter, site):
    """Shares of a solar farm in several sites, by rated power and by the energy of a year.

    ac: 1 where its rating is that of its inverters, with `ratio` times as many panels behind them; 0 for its panels'.
    """
    capacity_factor = yearly_share(tracked, np.where(ac > 0, ratio, 1), brighter)
    powers = {f"row{at}": SITES[name].power for at, name in enumerate(ROWS.values())}
    rated = {row: nameplate / power for row, power in powers.items()}
    energy = {row: solar_share(nameplate, capacity_factor, power) for row, power in powers.items()}

    def beside(share):
        """Where the label of a bar starts: not on the claim's line."""
        return np.where((share < SHARE) & (share > SHARE - 0.2 * rated["row0"]), SHARE, share)

    return {
        "rated": rated,
        "energy": energy,
        "beside": {"rated": {row: beside(share) for row, share in rated.items()}, "energy": {row: beside(share) for row, share in energy.items()}},
        "by_rating": nameplate / site,
        "by_energy": solar_share(nameplate, capacity_factor, site),
        "average": solar_power(nameplate, capacity_factor) / MEGA,
        "capacity_factor": capacity_factor,
        "lost": 1 - capacity_factor / (np.where(ac > 0, ratio, 1) * yearly_share(tracked, 1.0, brighter)),
        "needed": SHARE * site / capacity_factor / MEGA,
    }


def draw(plot):
    ax = plot.subplots()
    ax.set(ylim=(-0.85, len(ROWS) - 0.35), yticks=[], xlabel="share of the site")
    ax.grid(axis="y", visible=False)
    percent = [(0, high, {x / 100: f"{x}%" for x in range(0, round(high * 100), tick)}) for high, tick in ((0.25, 5), (0.7, 10), (2.5, 50), (4.2, 100))]
    plot.limits(ax, "x", ["rated.row0"], percent)
    for k, name in enumerate(ROWS):
        at = len(ROWS) - 1 - k
        plot.label(ax, 0, at + 0.24, name, va="bottom", color=COLOR["ink"])
        plot.bar(ax, at + 0.08, f"rated.row{k}", width=0.24, horizontal=True, color=COLOR["outline"])
        plot.bar(ax, at - 0.18, f"energy.row{k}", width=0.24, horizontal=True, color=COLOR["computed"])
        plot.label(ax, f"beside.rated.row{k}", at + 0.08, f"{{rated.row{k}:.1%}}", dx=5, va="center", color=COLOR["muted"])
        plot.label(ax, f"beside.energy.row{k}", at - 0.18, f"{{energy.row{k}:.1%}}", dx=5, va="center", color=COLOR["computed"], fontweight="semibold")
    low, high = ax.get_ylim()
    for start, end in ((low, -0.33), *((at - 0.33, at + 0.23) for at in range(len(ROWS)))):  # it leaves out the names
        plot.vline(ax, SHARE, (start - low) / (high - low), (end - low) / (high - low), color=COLOR["claimed"], linewidth=1.3, linestyle="--")
    plot.label(ax, SHARE, 0.02, f"claimed: {SHARE:.0%}", dx=5, fraction="y", va="bottom", color=COLOR["claimed"], fontweight="semibold")
    ax.text(0.985, 0.32, "by rated power", transform=ax.transAxes, ha="right", color=COLOR["muted"], fontweight="semibold")
    ax.text(0.985, 0.24, "by energy", transform=ax.transAxes, ha="right", color=COLOR["computed"], fontweight="semibold")


def figure(model=solar_farm) -> LiveFigure:
    """The solar farm."""
    return LiveFigure(
        "solar-farm",
        model,
        draw,
        kicker=kicker(__name__),
        title="Is thirty megawatts of sunshine a tenth?",
        finding="{by_rating:.1%} of the site by its rating are {by_energy:.2%} of its energy.",
        controls=bounded({
            "nameplate": slider("nameplate", FARM, "solar farm, rated", show=(5 * MEGA, 500 * MEGA), unit="MW", scale=MEGA, format=".4g", log=True),
            "ac": Switch(True, "rated by its inverters (AC)"),
            "tracked": Switch(True, "panels follow the sun"),
            "ratio": slider("ratio", 1.3, "panels over inverters (DC/AC)", show=(1, 1.8), format=".3g", enabled="ac", folded=True, steps=80),
            "brighter": slider("brighter", 1.0, "sun over Greensboro’s", show=(0.8, 1.4), format=".3g", folded=True, steps=60),
            "site": Slider(100 * MEGA, 2000 * MEGA, FIRST, "the site", unit="MW", scale=MEGA, format=",.4g", log=True, limits=(1 * MEGA, 1e12)),
        }),
        presets={
            "30 MW beside Colossus 1, 300 MW": {},
            "… rated by its panels, fixed": {"ac": False, "tracked": False},
            "Colossus 1, 150 MW": {"site": SITES["Colossus 1 in 2024"].power},
            **{f"Colossus 2, {size} GW": {"site": SITES[f"Colossus 2, {size} GW (claimed)"].power} for size in ("1", "1.5", "2")},
        },
        readouts=[
            Readout("by_rating", "of the site by rated power", ".1%"),
            Readout("by_energy", "of its energy", ".2%"),
            Readout("capacity_factor", "of its rating on average", ".1%"),
            Readout("needed", "rated, for a tenth of the energy", ",.3g", "MW", role="claimed"),
        ],
        summary=(
            "The farm gives {average:.3g} MW on average, {capacity_factor:.1%} of its rating: {by_rating:.1%} of the site’s power by its rating, "
            "{by_energy:.2%} of its energy. Its inverters cut off or lose {lost:.1%} of what they would give with no more panels than their rating. A tenth of the energy would take {needed:,.3g} MW."
        ),
        sources=["sun: NREL’s typical year for Greensboro, North Carolina (TMY3 723170), through pvlib 0.16.1; Memphis lies a little farther south, its sun some 7% stronger by monthly means that we recall"],
        note="the site at full load all year",
        sizes={"wide": (6.9, 3.9), "narrow": (3.6, 3.9)},
    )
