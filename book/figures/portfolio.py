"""What the figures of chapter 7 share: the announced models as jobs, and the controls of the cluster they run on."""

import numpy as np

from clustermath import CHIPS, MODELS
from clustermath.failures import CHECKPOINTS, FAILURE_RATES, best_goodput, mean_time_between_failures
from clustermath.portfolio import Job, flops_by_size
from clustermath.power import SITES
from clustermath.runs import RUNS
from clustermath.units import DAY, MINUTE
from livefigure import Slider
from livefigure.look import COLOR

from .inputs import choice, precision, share, slider
from .ledger import claimed
from .palette import MODELS as COLORS

GB300 = CHIPS["GB300 NVL72"]
LLAMA = RUNS["Llama 3.1 405B"]
MEASURED_MFU = LLAMA.rate / CHIPS["H100 SXM"].bf16  # of Llama 3.1 405B, on LLAMA.gpus
CLUSTER = SITES["Colossus 2, 1 GW (claimed)"].gpus
SUBSET = 220_000  # GB300s that the training stack is written for, FrontierNews.ai, May 2026
TWO_MONTHS = claimed("001-10") / DAY
CHINCHILLA = 20  # tokens for each parameter, Hoffmann et al., arXiv 2203.15556
FAILING, SAVED, RESTART = FAILURE_RATES["Llama 3 (H100)"], CHECKPOINTS["in other machines’ memory"], 10 * MINUTE
NO_SHARE = 1e-9  # of a job that is not trained: no work either, so that it takes no time

# The announced families: input → (name, models in it, parameters, colour); Imagine V2's size is the reader's.
FAMILIES = {
    "ten": ("10T", 1, MODELS["Grok 10T (dense)"].params, COLOR[COLORS["ten"]]),
    "six": ("6T", 1, MODELS["Grok 6T (dense)"].params, COLOR[COLORS["six"]]),
    "one_half": ("1.5T", 2, MODELS["Grok 1.5T (dense)"].params, COLOR[COLORS["one_half"]]),
    "one": ("1T", 2, MODELS["Grok 1T (dense)"].params, COLOR[COLORS["one"]]),
    "imagine": ("Imagine V2", 1, None, COLOR[COLORS["imagine"]]),
}
MEMBERS = [family for family, (_, count, _, _) in FAMILIES.items() for _ in range(count)]  # the seven, largest first


def goodput_of(gpus, saved=SAVED, restart=RESTART):
    """Goodput of one job on so many GPUs as chapter 6 has it: failing as Llama 3's did, checkpoints at the best interval."""
    return float(best_goodput(mean_time_between_failures(gpus, FAILING.rate), saved.stall, restart, saved.lag))


def grok_flops(active, tokens_per_param):
    """Training FLOPs of one model of each family of language models."""
    return {family: flops_by_size(params, active, tokens_per_param) for family, (_, _, params, _) in FAMILIES.items() if params}


def announced_jobs(flops, mfu, shares):
    """The models as jobs, largest first. flops, shares: of one model of each family; a share of 0 leaves it out."""
    return tuple(
        Job(
            name=f"{family} {place}",
            flops=np.where(shares[family] > 0, flops[family], 0),
            mfu=mfu,
            reference_gpus=LLAMA.gpus,
            share=np.maximum(shares[family], NO_SHARE),
        )
        for place, family in enumerate(MEMBERS)
        if family in shares
    )


def active(value: float, **options) -> Slider:
    """The share of parameters that work on each token."""
    return share("active_share", value, "active share of the parameters", log=True, **options)


def tokens_per_param(value: float = CHINCHILLA, **options) -> Slider:
    """Tokens for each active parameter."""
    return slider("tokens_per_param", value, "tokens per active parameter", log=True, **options)


def imagine() -> dict:
    """Imagine V2's size: nobody has published one. 30 billion is Meta's Movie Gen (recalled); the tokens are a guess."""
    return {
        "imagine_params": Slider(1e9, 1e12, 30e9, "Imagine V2, parameters (unknown)", unit="B", scale=1e9, log=True, limits=(1e6, 1e15), folded=True),
        "imagine_tokens": Slider(1e11, 1e14, 10e12, "Imagine V2, tokens (unknown)", unit="T", scale=1e12, log=True, limits=(1e6, 1e17), folded=True),
    }


def machine() -> dict:
    """Chip, precision, and an MFU with its measured fall."""
    return {
        "mfu": share("mfu", MEASURED_MFU, f"MFU on {LLAMA.gpus:,.0f} GPUs", folded=True, steps=95),
        "chip": choice(CHIPS, GB300.name, "chip", folded=True),
        "precision": precision(folded=True),
    }
