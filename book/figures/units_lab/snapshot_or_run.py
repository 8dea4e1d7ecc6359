"""Units lab: the days in which somebody counted failures, and the days of the run."""

from clustermath import CHIPS, MODELS
from clustermath.run import implied_mfu
from clustermath.runs import RUNS
from clustermath.units import DAY
from livefigure import Choice, LiveFigure

from ..ledger import claimed
from . import percent, puzzle

RUN = RUNS["Llama 3.1 405B"]
CLAIMED, BILLED = claimed("004-10"), RUN.gpu_time / RUN.gpus
PEAK = CHIPS["H100 SXM"].bf16
CLOCKS = {f"{CLAIMED / DAY:.0f} days": CLAIMED, f"{BILLED / DAY:.0f} days, all GPU-hours over all GPUs": BILLED}


def utilisation(clock):
    """The mean MFU that the days imply."""
    return {"value": implied_mfu(MODELS["Llama 3.1 405B"].flops, RUN.gpus, PEAK, clock), "right": 1.0 * (clock > 1.01 * CLAIMED)}


def figure(model=utilisation) -> LiveFigure:
    """Snapshot or run."""
    return puzzle(
        "units-lab-snapshot-or-run",
        model,
        title="In 54 days Llama 405B would have had 50%. Meta measured less. What lasted 54 days?",
        controls={"clock": Choice(CLOCKS, next(iter(CLOCKS)), "the run took")},
        published=float(utilisation(CLAIMED)["value"]),
        top=0.65,
        format=".0%",
        wall=RUN.rate_short / PEAK,
        wall_name="the best that Meta printed",
        ticks=percent(0.6, 10),
        solved="54 days are when failures were counted",
        summary="{clock} imply {value:.0%} of the peak on average.",
        sources=["arXiv 2407.21783, table 4 and section 3.3.4", "Llama 3.1's model card: 30.84 million GPU-hours"],
    )
