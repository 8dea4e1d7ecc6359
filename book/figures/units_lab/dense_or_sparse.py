"""Units lab: a peak that counts zeros which nobody multiplies."""

from clustermath import CHIPS
from clustermath.architecture import ARCHITECTURES, model_flops
from livefigure import Choice, LiveFigure

from . import percent, puzzle
from .traps import sources, trap

NAME = "peak with zeros"
FLOPS = float(model_flops(ARCHITECTURES["Llama 2 7B"], 4096, causal=0.0)) * trap(NAME, "tokens_per_s")
DENSE = CHIPS["H100 SXM"].bf16
PEAKS = {"1,979 TFLOP/s, as on the product page": trap(NAME, "sparse_peak"), "989 TFLOP/s": DENSE}


def utilisation(peak):
    """MFU of Llama 2 7B at the measured tokens a second."""
    return {"value": FLOPS / peak, "right": 1.0 * (abs(peak - DENSE) < 1)}


def figure(model=utilisation) -> LiveFigure:
    """Dense or sparse."""
    return puzzle(
        "units-lab-dense-or-sparse",
        model,
        title="The authors say 46%, a reader finds 24%. Which peak is BF16’s?",
        controls={"peak": Choice(PEAKS, next(iter(PEAKS)), "the peak of an H100")},
        published=trap(NAME, "printed"),
        top=0.6,
        format=".0%",
        ticks=percent(0.6, 10),
        solved="without the zeros",
        summary="Of {peak} the rate is {value:.0%}.",
        sources=sources(NAME),
    )
