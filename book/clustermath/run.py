"""The arithmetic of a training run: FLOPs, time, energy and money.

    time = FLOPs / (GPUs x peak x MFU x goodput)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .parameters import checked

if TYPE_CHECKING:
    from .hardware import Chip


@checked(returns="FLOP")
def training_flops(params, tokens, flops_per_param=6.0):
    """Model FLOPs of a run [FLOP], without attention's term in the sequence length.

    params: parameters that take part in each token's arithmetic (the active ones of a mixture of experts).
    flops_per_param: 2 per parameter and token forward and 4 backward. Kaplan et al., arXiv 2001.08361, section 2.1.
    """
    return flops_per_param * params * tokens


@checked(returns="s")
def training_time(flops, gpus, peak_flops, mfu, goodput=1.0):
    """Wall-clock time of a run [s]. flops [FLOP], gpus [gpu], peak_flops [FLOP/s per GPU], mfu and goodput in 0..1."""
    return flops / (gpus * peak_flops * mfu * goodput)


@checked(returns="1")
def implied_mfu(flops, gpus, peak_flops, time, goodput=1.0):
    """The MFU that a run of this length must have had [1]; above 1 the claim is physically impossible.

    flops [FLOP], gpus [gpu], peak_flops [FLOP/s per GPU], time [s].
    """
    return flops / (gpus * peak_flops * time * goodput)


@checked(returns="1")
def amdahl(speedup, serial):
    """How much faster the whole gets [1] when all but the share `serial` of its time gets `speedup` times faster.

    Amdahl (1967).
    """
    return 1 / (serial + (1 - serial) / speedup)


@checked(returns="1")
def speedup_ceiling(mfu, goodput=1.0):
    """The most that software alone can gain [1] from this MFU and goodput, at equal chips, precision and algorithm."""
    return 1 / (mfu * goodput)


@checked(returns="1")
def effective_bits(chip: Chip, precision):
    """Bits the tensor cores of `chip` really multiply in [1]: the next wider precision where it lacks the one asked for.

    precision: 16 (BF16), 8 (FP8) or 4 (FP4).
    """
    return np.where((precision <= 4) & (chip.fp4 > 0), 4, np.where((precision <= 8) & (chip.fp8 > 0), 8, 16))


@checked(returns="FLOP/s/gpu")
def peak(chip: Chip, precision):
    """Dense peak of one GPU [FLOP/s per GPU] at `precision` bits, or at the next wider one that the chip supports."""
    bits = effective_bits(chip, precision)
    return np.where(bits == 4, chip.fp4, np.where(bits == 8, chip.fp8, chip.bf16))


@checked(returns="s*gpu")
def gpu_time(time, gpus):
    """Time summed over all GPUs [s gpu]; 3,600 of it are one GPU-hour."""
    return time * gpus


@checked(returns="J")
def energy(gpu_time, power, pue):
    """Energy at the meter [J] of `gpu_time` [s gpu] at an average IT power [W per GPU] and the site's PUE."""
    return gpu_time * power * pue


@checked(returns="dollar")
def cost(gpu_time, price):
    """Rent of `gpu_time` [s gpu] at `price` [dollar per GPU and second]."""
    return gpu_time * price
