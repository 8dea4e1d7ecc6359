"""Chapter 5: how many GPUs a gigawatt feeds, level by level from the chip to the meter."""

from clustermath import CHIPS
from clustermath.power import SITES, gpu_power, gpus_per_site, peak_pue
from clustermath.units import GIGA, KILO, MEGA
from livefigure import Guess, LiveFigure, Readout, Slider
from livefigure.look import COLOR

from .bounds import bounded
from .inputs import PUE, choice, share, slider
from .ledger import claimed
from .pages import kicker

PER_GIGAWATT = {name: GIGA * site.gpus / site.power for name, site in SITES.items()}
META, SEMIANALYSIS = PER_GIGAWATT["Meta, GB200"], PER_GIGAWATT["Colossus 2, August 2025"]
PUE_AT_MOST = 1.88  # over the year: its hottest hour, at 60 °C, then has 3, the most there is
CLAIMED = claimed("004-22", "value_to")  # GPUs, at a gigawatt
PRESETS = {
    "1 GW, claimed for January 2026 (disputed)": {},
    "Meta, measured": {"site": "Meta, GB200", "chip": "GB200 NVL72", "cap": 0.8},
    "Colossus 1, 150 MW": {"site": "Colossus 1 in 2024", "chip": "H100 SXM"},
    "Colossus 1, 300 MW": {"site": "Colossus 1 in 2026", "chip": "H100 SXM"},
    "Colossus 2 as seen, January 2026": {"site": "Colossus 2, January 2026 (seen)", "chip": "GB200 NVL72", "cap": 0.8},
    "1.5 GW, claimed for April (unconfirmed)": {"site": "Colossus 2, 1.5 GW (claimed)"},
    "2 GW, claimed": {"site": "Colossus 2, 2 GW (claimed)"},
}


def gigawatt(chip, cap, network_share, pue, ambient, site):
    """GPUs per gigawatt if only chips drew power, then with servers, network and the site's losses; and one site's."""
    pue = peak_pue(pue, ambient)
    server = gpu_power(chip, cap, 0.0)
    it = gpu_power(chip, cap, network_share)
    fed = gpus_per_site(site.power, it, pue)
    return {
        "level": {
            "chip": gpus_per_site(GIGA, chip.tdp * cap, 1.0),
            "server": gpus_per_site(GIGA, server, 1.0),
            "network": gpus_per_site(GIGA, it, 1.0),
            "site": gpus_per_site(GIGA, it, pue),
        },
        "peak": pue,
        "kilowatts": it * pue / KILO,
        "megawatts": site.power / MEGA,
        "fed": fed,
        "reported": site.gpus,
        "ratio": fed / site.gpus,
        "reported_kilowatts": site.power / site.gpus / KILO,
        "needed": CLAIMED * it * pue / GIGA,
    }


def thousands(low, high, step):
    """Limits in thousands of GPUs with a tick at every `step` of them."""
    return low * KILO, high * KILO, {tick * KILO: f"{tick:,}k" if tick else "0" for tick in range(low, high, step)}


def draw(plot):
    ax = plot.subplots()
    ax.set(ylim=(-0.5, 4.5), yticks=[], xlabel="GPUs per gigawatt")
    ax.spines["left"].set_visible(False)
    ax.grid(axis="y", visible=False)
    plot.limits(ax, "x", ["level.chip"], [thousands(0, 1100, 200), thousands(0, 2400, 500), thousands(0, 4200, 1000), thousands(0, 8500, 2000), thousands(0, 17000, 4000)])
    rows = [
        ("chip", 3, "if only the chips drew power"),
        ("server", 2, "with the rest of their servers"),
        ("network", 1, "and the network"),
        ("site", 0, "at the meter, with cooling" if plot.narrow else "at the meter, with cooling and conversion"),
    ]
    for name, at, text in rows:
        plot.bar(ax, at - 0.14, f"level.{name}", width=0.46, horizontal=True, color=COLOR["computed"])
        plot.label(ax, 0, at + 0.15, f"{{level.{name}:,.0f}} {text}", va="bottom", color=COLOR["ink"])
    low, high = ax.get_ylim()
    beside = [(at - 0.5, at + 0.12) for _, at, _ in rows] + [(3.6, high)]  # the lines leave out what the rows say
    for x, color, line in ((SEMIANALYSIS, "measured", "-"), (META, "measured", "-"), (CLAIMED, "claimed", "--")):
        for start, end in beside:
            plot.vline(ax, x, (start - low) / (high - low), (end - low) / (high - low), color=COLOR[color], linewidth=1.2, linestyle=line)
    plot.label(ax, CLAIMED, 4.35, f"claimed {CLAIMED / KILO:.0f}k", dx=5, va="center", color=COLOR["claimed"], fontweight="semibold")
    reports = f"reported: Meta {META / KILO:.0f}k, SemiAnalysis {SEMIANALYSIS / KILO:.0f}k"
    for line, text in enumerate(reports.split(", ") if plot.narrow else [reports]):
        plot.label(ax, CLAIMED, 4.35, text, dx=5, dy=-13 * (line + 1), va="center", color=COLOR["measured"])


def figure(model=gigawatt) -> LiveFigure:
    """The chapter's opening figure."""
    return LiveFigure(
        "gigawatt",
        model,
        draw,
        kicker=kicker(__name__),
        title="How many GPUs does a gigawatt feed?",
        finding="A gigawatt feeds {level.site:,.0f} GPUs, at {kilowatts:.2f} kW each and all that is around them.",
        controls=bounded({
            "chip": choice(CHIPS, "GB300 NVL72", "chip"),
            "cap": share("cap", 1.0, "chip held to, of its TDP", steps=50),
            "pue": Slider(1, 1.6, PUE, "PUE over the year", limits=(1, PUE_AT_MOST), steps=60),
            "ambient": slider("ambient", 15.0, "temperature of the hour", show=(5, 42), unit="°C", format=".3g", folded=True, steps=74),
            "network_share": share("network_share", 0.1, "network and storage, over the servers", folded=True, steps=40),
            "site": choice(SITES, "Colossus 2, 1 GW (claimed)", "site as reported"),
        }),
        presets=PRESETS,
        readouts=[
            Readout("level.site", "GPUs per gigawatt", ",.0f"),
            Readout("kilowatts", "for a GPU, at the meter", ".2f", "kW"),
            Readout("fed", "GPUs that the site feeds", ",.0f"),
            Readout("reported", "GPUs reported or inferred there", ",.0f", role="claimed"),
            Readout("needed", "for 555,000 of them", ".2f", "GW"),
        ],
        summary=(
            "A gigawatt feeds {level.site:,.0f} {chip} held to {cap:.0%} of their TDP, at a PUE of {peak:.2f} in an hour of {ambient:.3g} degrees: {kilowatts:.2f} kW for each at the meter. "
            "{site}, {megawatts:,.0f} MW: {fed:,.0f} GPUs computed, {reported:,.0f} reported or inferred. The claimed number of them, 555,000, would need {needed:.2f} GW."
        ),
        guess=Guess("level.site", "Before you look: how many GB300s does a gigawatt at the meter feed, cooling and network included?", 50_000, 2_000_000, unit="GPUs", format=",.3g"),
        note="servers at their rated power; PUE assumed",
        sizes={"wide": (6.9, 3.5), "narrow": (3.6, 3.6)},
    )
