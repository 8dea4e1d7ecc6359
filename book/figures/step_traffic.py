"""Chapter 4: what each kind of parallelism sends in a training step, over NVLink and through the NIC."""

import numpy as np
from clustermath.units import GIGA
from livefigure import LiveFigure, Readout
from livefigure.look import COLOR

from .pages import kicker
from .palette import LINKS
from .validated import BAND
from .workloads import LLAMA, PRESETS, beyond, bytes_of_step, domain, in_order, takes, workload

KEYS = {  # what clustermath calls it → a name without spaces
    "tensor parallel": "tensor",
    "expert parallel": "expert",
    "context parallel": "context",
    "pipeline parallel": "pipeline",
    "data parallel": "data",
}
LEAST, MOST = 0.1, 300_000  # GB: the ends of the axis, with room for a label right of the longest bar
NOWHERE = 1e-12  # GB: so far to the left that a label can't be seen


def traffic(workload, domain, stretch=1.0):
    """Gigabytes that one GPU sends in a step, by parallelism and link, and how long the links are busy with them.

    Computing takes `stretch` times as long as the step model says.
    """
    machine = workload["machine"]
    span = np.where(domain > 0, domain, machine.nvlink_domain)
    sent = bytes_of_step(workload, in_order(workload, span))
    sent = {KEYS[name]: links for name, links in sent.items()}
    totals = {link: sum(links[link] for links in sent.values()) for link in ("nvlink", "nic")}
    return {
        "gb": {name: {link: size / GIGA for link, size in links.items()} for name, links in sent.items()},
        "end": {name: {link: np.clip(size / GIGA, LEAST, MOST) for link, size in links.items()} for name, links in sent.items()},
        "text": {name: {link: np.where(size > 0, np.clip(size / GIGA, LEAST, MOST), NOWHERE) for link, size in links.items()} for name, links in sent.items()},
        "silent": {name: np.where(links["nvlink"] + links["nic"] > 0, NOWHERE, LEAST) for name, links in sent.items()},
        "total": {link: size / GIGA for link, size in totals.items()},
        "busy": {"nvlink": totals["nvlink"] / machine.nvlink, "nic": totals["nic"] / machine.nic},
        "computing": stretch * workload["computing"],
        "beyond": beyond(workload, span),
    }


def draw(plot):
    ax = plot.subplots()
    ax.set(xscale="log", xlim=(LEAST, MOST), ylim=(-0.6, 4.75), yticks=[], xlabel="gigabytes that one GPU sends in a step")
    ax.set_xticks([0.1, 1, 10, 100, 1000, 10_000], ["0.1", "1", "10", "100", "1,000", "10,000"])
    ax.minorticks_off()
    ax.spines["left"].set_visible(False)
    ax.grid(axis="y", visible=False)
    for row, (name, key) in enumerate(reversed(KEYS.items())):
        ax.text(LEAST * 1.08, row + 0.33, name, va="center", color=COLOR["ink"])
        for link, color, text, at in (("nvlink", LINKS["nvlink"], "NVLink", row + 0.06), ("nic", LINKS["nic"], "NIC", row - 0.22)):
            if link == "nvlink":
                plot.label(ax, f"silent.{key}", row - 0.02, "sends nothing here", dx=5, va="center", color=COLOR["muted"])
            plot.bar(ax, at, f"end.{key}.{link}", base=LEAST, width=0.24, horizontal=True, color=COLOR[color])
            label = f"{{gb.{key}.{link}:,.3g}} GB {text}"
            plot.label(ax, f"text.{key}.{link}", at, label, dx=5, va="center", fontsize=9.5, color=COLOR[color], fontweight="semibold")


def figure(model=traffic) -> LiveFigure:
    """What has to travel."""
    return LiveFigure(
        "step-traffic",
        model,
        draw,
        kicker=kicker(__name__),
        title="What does one GPU send in a training step?",
        finding="In each step a GPU sends {total.nvlink:,.3g} GB over NVLink and {total.nic:,.3g} GB through its NIC.",
        controls={"workload": workload(), "domain": domain()},
        takes=takes(),
        presets=PRESETS | {"405B without NVLink": {"workload": LLAMA, "domain": "1"}},
        readouts=[
            Readout("total.nvlink", "GB over NVLink", ",.3g"),
            Readout("total.nic", "GB through the NIC", ",.3g"),
            Readout("busy.nvlink", "s that NVLink is busy", ".2f"),
            Readout("busy.nic", "s that the NIC is busy", ".2f"),
            Readout("computing", "of computing", ".2f", "s"),
        ],
        summary=(
            "{workload}, NVLink domain {domain}: in a step with {computing:.2f} seconds of computing each GPU sends {total.nvlink:,.3g} gigabytes over NVLink, which keeps it "
            "busy for {busy.nvlink:.2f} seconds, and {total.nic:,.3g} through its NIC, busy for {busy.nic:.2f}."
        ),
        **BAND,
        sizes={"wide": (6.9, 3.9), "narrow": (3.6, 4.1)},
    )
