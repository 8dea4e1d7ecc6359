"""Chapter 8: everything joined: a model, chips, a network, failures and a power plant, to days, dollars and megawatts."""

from dataclasses import asdict, dataclass, fields, replace
from types import SimpleNamespace

import numpy as np
from clustermath import CHIPS, MODELS
from clustermath.architecture import ARCHITECTURES
from clustermath.fabric import SWITCHES, fat_tree
from clustermath.failures import CHECKPOINTS, FAILURE_RATES, best_goodput, mean_time_between_failures, restart_with_spares
from clustermath.layout import Layout
from clustermath.packing import packed
from clustermath.power import SITES, co2, energy_cost, fuel, gas_intensity, gpu_power, site_power, training_power
from clustermath.records import quantity
from clustermath.run import cost, energy, gpu_time
from clustermath.runs import RUNS as PUBLISHED_RUNS
from clustermath.software import CONSTANTS
from clustermath.step import step_parts
from clustermath.tables import Table
from clustermath.turbines import units_needed
from clustermath.units import DAY, HOUR, KILO, MEGA, MINUTE, UNITS
from livefigure import Choice, Goal, LiveFigure, Readout, Slider
from livefigure.look import COLOR

from . import brought, whole_machine
from .bounds import bounded
from .inputs import PUE, choice, share, slider, some
from .island import SETS
from .layout_map import GRID, besides, search
from .layouts import ALL_GPUS, CHIP_NAMES, RUNS, SHAPES, batch, controls as layout_controls, of_first
from .ledger import claimed
from .measured_steps import grouped
from .pages import kicker
from .portfolio import TWO_MONTHS
from .validated import MEASURED, OF_KIND, Measured

NODE = 8  # GPUs of a spare server, as in chapter 6
BETTER = 1.1  # each change makes one thing better by a tenth
# What may be a tenth better, one at a time; the first row is the design itself.
CHANGES = ("as it is", "matrix multiplies", "memory bandwidth", "NVLink", "network cards", "failures rarer", "restarts quicker", "checkpoints quicker")
LOSSES = {name: words for name, (_, words) in whole_machine.PARTS.items()}
SPARE_SETS = 3
NEVER = 1e20  # s: longer than any run


@dataclass(frozen=True, kw_only=True)
class Part(Measured):
    """What a design asks of a chip: speed and links, and power limit and power with its share of the server."""

    tdp: float = quantity("W")
    server_power: float = quantity("W")


def _part(name: str) -> Part:
    chip = CHIPS[name]
    return Part(**asdict(MEASURED[name]), tdp=chip.tdp, server_power=chip.server_power)


PARTS = Table(
    "chip",
    {name: _part(name) for name in CHIP_NAMES},
    {name: MEASURED.sources[name] | {field: CHIPS.sources[name][field] for field in ("tdp", "server_power") if field in CHIPS.sources[name]} for name in CHIP_NAMES},
)
DEEPSEEK_TIME = 2.664e6 * HOUR  # GPU-time of its pre-training, arXiv 2412.19437, table 1
LLAMA = PUBLISHED_RUNS["Llama 3.1 405B"]
# What is said of a scenario: days and megawatts, 0 where nothing is; told: 1 where that is a claim, 0 where it was measured or counted.
PUBLISHED = {
    "nothing published": {"days": 0.0, "megawatts": 0.0, "told": 0.0},
    "Llama 3.1 405B, all GPU-hours": {"days": LLAMA.gpu_time / LLAMA.gpus / DAY, "megawatts": 0.0, "told": 0.0},
    "DeepSeek-V3, pre-training": {"days": DEEPSEEK_TIME / 2048 / DAY, "megawatts": 0.0, "told": 0.0},
    "Colossus 1 in 2024": {"days": 0.0, "megawatts": SITES["Colossus 1 in 2024"].power / MEGA, "told": 0.0},
    "Colossus 1 in 2026": {"days": 0.0, "megawatts": SITES["Colossus 1 in 2026"].power / MEGA, "told": 1.0},
    "10T at 1 GW": {"days": TWO_MONTHS, "megawatts": SITES["Colossus 2, 1 GW (claimed)"].power / MEGA, "told": 1.0},
    "10T at 1.5 GW": {"days": 0.0, "megawatts": SITES["Colossus 2, 1.5 GW (claimed)"].power / MEGA, "told": 1.0},
    "10T at 2 GW": {"days": 0.0, "megawatts": SITES["Colossus 2, 2 GW (claimed)"].power / MEGA, "told": 1.0},
}


def with_links(chip, nic, **better):
    """The chip with `nic` times its network card's bandwidth, and some fields `better`: field → factor."""
    factors = {"nic": nic} | better
    return SimpleNamespace(**{field.name: getattr(chip, field.name) * factors.get(field.name, 1) for field in fields(Part) if field.name != "name"})


def design(model, chip, gpus, tokens, sequences, seq_len, format, schedule, software, nic, failures, checkpoints, swap_time, spare_nodes, repair_time, cap, pue, efficiency, price, energy_price, published, grid, change, row, site, stretch=1.0):
    """A run on a cluster, from its layout to its bill. nic: times the chip's own network card; published: what it is held against.

    change, row: numbers of CHANGES and LOSSES; site: what a picture of it is made of (whole_machine.FIXED). The rest as in clustermath; price [dollar per GPU-hour], energy_price [dollar per kWh].
    """
    machine = with_links(chip, nic)
    found = search(model, machine, gpus, 1.0, 1.0, sequences, seq_len, format, schedule, software, grid)
    best = found["best"]

    # a tenth better, one thing at a time, in the layout found: at an optimum a small change of the layout changes nothing
    def tenth(*places):
        return np.where(sum([np.where(change == place, 1.0, 0.0) for place in places]) > 0, BETTER, 1.0)

    multiply = tenth(1)
    better = with_links(chip, nic * tenth(4), matmul16=multiply, matmul8=multiply, matmul4=multiply, hbm_bandwidth=tenth(2), nvlink=tenth(3))
    cut = {name: best[name] for name in ("tp", "pp", "cp", "ep", "dp", "interleave", "microbatch", "zero", "recompute")}
    layout = Layout(**cut, **besides(schedule, software))
    rounded = packed(machine, layout, batch(sequences, seq_len, format), gpus)["sequences"]
    parts = step_parts(model, better, layout, batch(rounded, seq_len, format), software, CONSTANTS)
    step = sum(parts.values())

    mtbf = mean_time_between_failures(np.maximum(best["used"], 1), failures.rate)
    rarer, stall, lag = mtbf * BETTER, checkpoints.stall, checkpoints.lag
    restart, restart_rarer = (restart_with_spares(between, swap_time, repair_time, spare_nodes) for between in (mtbf, rarer))
    useful = best_goodput(
        np.where(change == 5, rarer, mtbf),
        stall / tenth(7),
        np.select([change == 5, change == 6], [restart_rarer, restart - swap_time * (1 - 1 / BETTER)], restart),
        lag,
    )
    there = best["time"] < np.inf
    time = np.minimum(np.where(there, tokens / (sequences * seq_len) * stretch * step / np.maximum(useful, 1e-300), NEVER), NEVER)
    gain = 1 - time / time[0]
    days = np.where(there, time[0], np.nan) / DAY
    between = found["range"]
    low, high = days * between["low"], days * between["high"]
    shares = {group: useful[0] * of_first(time) / step[0] for group, time in grouped(parts).items()} | {"failures": 1 - useful[0]}
    lost = np.select([row == place for place in range(len(LOSSES))], list(shares.values()))

    on_site = gpus + NODE * spare_nodes
    at_meter = site_power(on_site, gpu_power(chip, cap), pue)
    used = gpu_time(time[0], on_site)
    joules = energy(used, training_power(chip), pue)
    fabric = fat_tree(gpus, SWITCH.radix, SWITCH.bandwidth, np.clip(np.rint(machine.nic / SWITCH.bandwidth), 1, 16))
    sets = units_needed(at_meter, SETS.power) + SPARE_SETS
    told = {"days": published["days"] * np.where(published["told"] > 0.5, 0, 1), "claim": published["days"] * np.where(published["told"] > 0.5, 1, 0)}
    first = np.argmax(gain)
    worst = np.argmax(np.where(row > 0, lost, 0))
    return {
        "days": days,
        "low": low,
        "high": high,
        "range": between,
        "told": told,
        "miss": days / np.where(published["days"] > 0, published["days"], np.nan) - 1,
        "megawatts": at_meter / MEGA,
        "miss_mw": at_meter / MEGA / np.where(published["megawatts"] > 0, published["megawatts"], np.nan) - 1,
        "step": best["time"] * stretch,
        "mfu": found["mfu"] / stretch,
        "best": {name: best[name] for name in ("tp", "pp", "cp", "ep", "dp", "used")},
        "idle": gpus - best["used"],
        "goodput": useful[0],
        "minutes": mtbf / MINUTE,
        "sets": sets,
        "switches": fabric.switches,
        "gwh": joules / (KILO * UNITS["MWh"]),
        "gas": fuel(joules, efficiency) / (KILO * UNITS["MWh"]),
        "tonnes": co2(joules, gas_intensity(efficiency)) / KILO,
        "rent": cost(used, price / HOUR),
        "electricity": energy_cost(joules, energy_price / UNITS["kWh"]),
        "share": shares,
        "gain": {"x0": 0 * gain, "x1": np.where(change > 0, 100 * gain, np.nan), "y0": change - 0.33, "y1": change + 0.33, "kind": np.where(change == first, 1, 0)},
        "most": 100 * gain[first],
        "reach": 125 * gain[first],  # with room for a word beside it
        "helps": first,
        "worst": worst,
        "beyond": found["beyond"],
    } | whole_machine.pictured(there, shares, worst, best["used"], on_site, sets, SPARE_SETS, machine.nic, days, low, high, told, found["beyond"], site)


SWITCH = next(iter(SWITCHES.values()))


def draw(plot):
    # a grid of its own for each: the names of the bars push none of the pictures aside
    whole = plot.fig.add_gridspec(3, 1, height_ratios=(2.7, 1.5, 1.9)) if plot.narrow else plot.fig.add_gridspec(2, 2, width_ratios=(1.35, 1), height_ratios=(1, 1.15))
    places = (whole[0], whole[1], whole[2]) if plot.narrow else (whole[:, 0], whole[0, 1], whole[1, 1])
    site, days, right = (plot.fig.add_subplot(place.subgridspec(1, 1)[0]) for place in places)
    whole_machine.draw_site(plot, site)
    whole_machine.draw_calendar(plot, days)
    plot.limits(right, "x", ["reach"], [(0, 14, {0: "0", 5: "5", 10: "10"}), (0, 70, {0: "0", 20: "20", 40: "40"}), (0, 140, {0: "0", 50: "50", 100: "100"})])
    right.set(ylim=(len(CHANGES) - 0.5, 0.5))
    right.set_yticks(range(1, len(CHANGES)), CHANGES[1:])
    right.set_title("saved if this were a tenth better, %", loc="right", fontsize=10.5)
    right.grid(axis="y", visible=False)
    right.tick_params(axis="y", length=0)
    plot.rectangles(right, *(f"gain.{edge}" for edge in ("x0", "x1", "y0", "y1")), [COLOR["outline"], COLOR["computed"]], kind="gain.kind")
    plot.label(right, "most", "helps", "most", dx=5, va="center", color=COLOR["computed"], fontweight="semibold")


def scenario(run: str, tokens: float, published="nothing published", **more) -> dict:
    """A preset: how a run of chapter 3 is laid out in the book, and what a design adds."""
    kept = {name: value for name, value in RUNS[run].items() if name in ("model", "chip", "gpus", "sequences", "seq_len", "format", "schedule", "software")}
    return kept | {"tokens": tokens, "published": published} | more


LLAMA_TOKENS, DEEPSEEK_TOKENS = MODELS["Llama 3.1 405B"].tokens, MODELS["DeepSeek-V3"].tokens
SHAPE = ARCHITECTURES["Llama 3.1 405B"]
LARGE = {"sequences": 8192, "spare_nodes": 200}  # assumed: batches grow with the cluster
MIXTURE_10T = {"cap": 0.8, "sequences": 24_576, "spare_nodes": 600}
TEN_T = MODELS["Grok 10T (mixture)"].tokens
PRESETS = {
    "Llama 3: 16,384 H100s": scenario("Llama 405B, 16,384 H100s", LLAMA_TOKENS, "Llama 3.1 405B, all GPU-hours"),
    "DeepSeek-V3: 2,048 H800s": scenario("DeepSeek-V3, 2,048 H800s", DEEPSEEK_TOKENS, "DeepSeek-V3, pre-training", spare_nodes=16),
    "Colossus: 100,000": scenario("Llama 405B, 16,384 H100s", LLAMA_TOKENS, "Colossus 1 in 2024", gpus=100_000, **LARGE),
    "Colossus: 200,000": scenario("Llama 405B, 16,384 H100s", LLAMA_TOKENS, "Colossus 1 in 2026", gpus=200_000, cap=0.8, **LARGE),
    "220,000 GB300s": scenario("10T mixture, GB300s", LLAMA_TOKENS, model="Llama 3.1 405B", gpus=ALL_GPUS, format="BF16", **LARGE),
    "555,000: 1 GW": scenario("10T mixture, GB300s", TEN_T, "10T at 1 GW", gpus=claimed("004-22", "value_to"), **MIXTURE_10T),
    "1.5 GW": scenario("10T mixture, GB300s", TEN_T, "10T at 1.5 GW", gpus=SITES["Colossus 2, 1.5 GW (claimed)"].gpus, **MIXTURE_10T),
    "A million: 2 GW": scenario("10T mixture, GB300s", TEN_T, "10T at 2 GW", gpus=SITES["Colossus 2, 2 GW (claimed)"].gpus, **MIXTURE_10T),
}


def figure(model=design) -> LiveFigure:
    """The whole book in one figure."""
    at = PRESETS["Llama 3: 16,384 H100s"]
    known = layout_controls("gpus", "sequences", "seq_len", "format", "schedule", "software", folded=("sequences", "seq_len", "format", "schedule", "software"))
    return LiveFigure(
        "design-a-cluster",
        model,
        draw,
        kicker=kicker(__name__),
        title="What does it take to train this model, and what would help most?",
        finding="On {gpus:,.7g} GPUs the run takes {days:,.3g} days and {megawatts:,.3g} MW, and {goodput:.0%} of the time makes progress.",
        controls=bounded({
            "model": choice(some(ARCHITECTURES, SHAPES), at["model"], "model", own=True),
            "chip": choice(PARTS, at["chip"], "chip"),
            "gpus": replace(known["gpus"], limits=(1, 5e7)),  # spares come on top
            "tokens": slider("tokens", at["tokens"], "tokens", show=(1e12, 1e15), log=True, format=".3k"),
            "nic": Slider(0.25, 4, 1.0, "network, of the chip’s usual card", unit="×", log=True, format=".3g", limits=(0.05, 16), folded=True),
            **{name: known[name] for name in ("sequences", "seq_len", "format", "schedule", "software")},
            "checkpoints": choice(CHECKPOINTS, "to storage at 2 TB/s", "checkpoints", folded=True),
            "failures": choice(FAILURE_RATES, "Llama 3 (H100)", "failures as in", folded=True),
            "swap_time": Slider(0, 1800, 600.0, "restart", unit="min", scale=MINUTE, format=".3g", limits=(0, DAY), steps=120, folded=True),
            "spare_nodes": slider("spare_nodes", 64, "spare servers beside them", show=(0, 1000), format=",.4g", steps=200, folded=True),
            "repair_time": Slider(1 * HOUR, 14 * DAY, DAY, "until a server is repaired", unit="h", scale=HOUR, format=",.3g", log=True, limits=(0, 90 * DAY), folded=True),
            "cap": share("cap", 1.0, "chip held to, of its TDP", folded=True, steps=50),
            "pue": slider("pue", PUE, "PUE", show=(1, 1.6), folded=True, steps=60),
            "efficiency": share("efficiency", SETS.efficiency, "efficiency of the turbines", folded=True, steps=100),
            "price": Slider(0.5, 10, 2.0, "rent of a GPU", unit="$/h", format=".3g", limits=(0, 1000), folded=True),
            "energy_price": Slider(0.01, 0.3, 0.07, "price of electricity", unit="$/kWh", format=".3g", limits=(0, 10), folded=True),
            "published": Choice(PUBLISHED, "Llama 3.1 405B, all GPU-hours", "held against", folded=True),
        }, nic=None),
        fixed={"grid": GRID, "change": np.arange(float(len(CHANGES))), "row": np.arange(float(len(LOSSES))), "site": whole_machine.FIXED},
        presets=PRESETS,
        takes=[brought.config(), brought.launch(("gpus", "sequences", "seq_len", "format"))],
        goals=[
            Goal(
                "All of Llama 3.1 405B in two weeks, on less than 60 MW.",
                lambda at: (at["model"].hidden == SHAPE.hidden) & (at["model"].layers == SHAPE.layers) & (at["tokens"] >= LLAMA_TOKENS) & (at["days"] <= 14) & (at["megawatts"] < 60),
                "More of the same GPUs take more power than they save time. A newer chip does more with each watt, with narrower numbers more still. A larger batch keeps the pipeline full.",
                {"chip": "GB300 NVL72", "gpus": 25_000, "format": "FP8", "sequences": 4096},
            )
        ],
        readouts=[
            Readout("days", "days", ",.3g"),
            Readout("megawatts", "at the meter", ",.3g", "MW"),
            Readout("rent", "dollars of rent", ".3k"),
            Readout("goodput", "goodput", ".0%"),
            Readout("mfu", "MFU on all GPUs", ".0%"),
            Readout("gas", "GWh of gas", ",.3g"),
            Readout("tonnes", "tonnes of CO₂, on gas", ".3k"),
        ],
        summary=(
            "{model} on {gpus:,.7g} {chip}, {tokens:.3k} tokens: {days:,.3g} days, in nine of ten runs {low:,.3g} to {high:,.3g}; {megawatts:,.4g} MW at the meter from {sets:,.0f} sets with {switches:,.0f} switches, "
            "{gwh:,.3g} GWh, {gas:,.3g} GWh of gas, {tonnes:.3k} tonnes of carbon dioxide, {rent:.3k} dollars of rent and {electricity:.3k} of electricity. The layout found has tensor parallel {best.tp:.0f}, {best.pp:.0f} stages and {best.dp:,.0f} data-parallel ranks, "
            "a step of {step:.3g} seconds at {mfu:.1%} MFU; it stops every {minutes:,.3g} minutes and {goodput:.0%} of the time makes progress. Matrix multiplies take {share.multiplies:.0%} of the time, communication {share.communication:.0%}, "
            "the pipeline’s bubble {share.bubble:.0%}, failures {share.failures:.0%}. The change that helps most saves {most:.2g}% of the days."
        ),
        **OF_KIND
        | {
            "note": f"{OF_KIND['note']}; a cap on power costs no speed here",
            "sources": [*OF_KIND["sources"], "published: Llama 3.1 model card; arXiv 2412.19437, table 1; sites as in the power chapter"],
        },
        sizes={"wide": (6.9, 4.3), "narrow": (3.6, 6.2)},
    )
