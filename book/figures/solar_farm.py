"""Chapter 5: a solar farm against the sites it stands beside, by nameplate and by energy."""

from clustermath.power import SITES, solar_power, solar_share
from clustermath.units import MEGA
from livefigure import LiveFigure, Readout, Slider
from livefigure.look import COLOR

from .inputs import share, slider
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


def solar_farm(nameplate, capacity_factor, site):
    """Shares of a solar farm in several sites, by rated power and by the energy of a year."""
    powers = {f"row{at}": SITES[name].power for at, name in enumerate(ROWS.values())}
    return {
        "rated": {row: nameplate / power for row, power in powers.items()},
        "energy": {row: solar_share(nameplate, capacity_factor, power) for row, power in powers.items()},
        "by_rating": nameplate / site,
        "by_energy": solar_share(nameplate, capacity_factor, site),
        "average": solar_power(nameplate, capacity_factor) / MEGA,
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
        plot.label(ax, f"rated.row{k}", at + 0.08, f"{{rated.row{k}:.1%}}", dx=5, va="center", color=COLOR["muted"])
        plot.label(ax, f"energy.row{k}", at - 0.18, f"{{energy.row{k}:.1%}}", dx=5, va="center", color=COLOR["computed"], fontweight="semibold")
    plot.vline(ax, SHARE, color=COLOR["claimed"], linewidth=1.3, linestyle="--")
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
        controls={
            "nameplate": slider("nameplate", FARM, "solar farm, rated", show=(5 * MEGA, 500 * MEGA), unit="MW", scale=MEGA, format=".4g", log=True),
            "capacity_factor": share("capacity_factor", 0.22, "capacity factor", steps=50),
            "site": Slider(100 * MEGA, 2000 * MEGA, FIRST, "the site", unit="MW", scale=MEGA, format=",.4g", log=True, limits=(1 * MEGA, 1e12)),
        },
        presets={
            "30 MW beside Colossus 1, 300 MW": {},
            "Colossus 1, 150 MW": {"site": SITES["Colossus 1 in 2024"].power},
            **{f"Colossus 2, {size} GW": {"site": SITES[f"Colossus 2, {size} GW (claimed)"].power} for size in ("1", "1.5", "2")},
        },
        readouts=[
            Readout("by_rating", "of the site by rated power", ".1%"),
            Readout("by_energy", "of its energy", ".1%"),
            Readout("average", "MW on average", ".3g"),
            Readout("needed", "MW rated, for a tenth of the energy", ",.3g", role="claimed"),
        ],
        summary=(
            "The farm gives {average:.3g} MW on average at a capacity factor of {capacity_factor:.0%}: {by_rating:.1%} of the site’s power by its rating, "
            "{by_energy:.1%} of its energy. A tenth of the energy would take {needed:,.3g} MW."
        ),
        sources=["capacity factor: utility average about 25% (EIA); 20 to 24% in Tennessee (recalled)"],
        note="the site at full load all year",
        sizes={"wide": (6.9, 3.9), "narrow": (3.6, 3.9)},
    )
