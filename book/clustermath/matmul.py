"""How fast one GPU multiplies matrices in training, and how fast it moves data: the `Machine` a step runs on.

A matrix multiply takes as long as its arithmetic or its traffic, whichever is longer, a little more where they are alike,
and the time that any kernel takes to fill the chip and drain it. So a multiply gets less efficient as it gets small, without
a table of shapes. How long a chip can hold the rate is another matter: after some 50 ms its power limit takes 5 to 17 % of it.
"""

import dataclasses
from dataclasses import dataclass

from .assumptions import ASSUMED
from .checking import takes_records
from .hardware import CHIPS, Chip
from .numeric import sqrt, where
from .parameters import PARAMETERS, checked
from .software import CONSTANTS, Constants
from .records import Record, quantity
from .tables import Table, read, records


@dataclass(frozen=True, kw_only=True)
class MatmulRate(Record):
    """Rates of large matrix multiplies measured on a chip, by precision, in runs too short for its power limit.

    sustained: what remains of that in long runs, as training is one. tdp: power limit it was measured at.
    """

    name: str
    bf16: float = quantity("FLOP/s", between=(1e6, 1e20))
    fp8: float = quantity("FLOP/s", 0.0, between=(0, 1e20))
    fp4: float = quantity("FLOP/s", 0.0, between=(0, 1e20))
    sustained: float = quantity("1", 1.0, between=(0.1, 1))
    tdp: float = quantity("W", between=(1, 1e5))


@dataclass(frozen=True, kw_only=True)
class Machine(Record):
    """What one GPU sustains while it trains: a machine as the roofline model speaks of one (Williams et al., 2009), not a server.

    matmul16, matmul8, matmul4: large matrix multiplies; peak16, peak8, peak4: the datasheet's dense peaks.
    nvlink and nic: one direction, as large messages achieve beside computing; exchange: NVLink's in all-to-alls;
    copied: as `links.Links`. kernel_start, collective_start, bucket_step: what a
    kernel, a collective over NVLink and a step around its ring take that have next to nothing to do.
    """

    name: str
    matmul16: float = quantity("FLOP/s", between=(1, 1e20))
    matmul8: float = quantity("FLOP/s", between=(1, 1e20))
    matmul4: float = quantity("FLOP/s", between=(1, 1e20))
    peak16: float = quantity("FLOP/s", between=(1, 1e20))
    peak8: float = quantity("FLOP/s", between=(1, 1e20))
    peak4: float = quantity("FLOP/s", between=(1, 1e20))
    hbm: float = quantity("B", between=(1, 1e18))
    hbm_bandwidth: float = quantity("B/s", between=(1, 1e30))
    nvlink: float = quantity("B/s", between=(1, 1e30))
    copied: float = quantity("1", 0.0, between=(0, 1))
    exchange: float = quantity("B/s", between=(1, 1e30))
    nvlink_domain: float = quantity("1", between=(1, 1e8), whole=True)
    nic: float = quantity("B/s", between=(1, 1e30))
    kernel_start: float = quantity("s", 0.0, between=(0, 1))
    collective_start: float = quantity("s", 0.0, between=(0, 1))
    bucket_step: float = quantity("s", 0.0, between=(0, 1))


RATES: Table = records("chip", MatmulRate, read("matmul_rates.csv"))


@takes_records
def measured_rate(chip: Chip) -> MatmulRate:
    """Rates of large matrix multiplies on `chip`: measured, or the share of its peak that is usual (`assumptions`).

    Usual on NVIDIA's. A chip without NVLink gets the share of the one such chip whose multiplies were measured.
    """
    if chip.name in RATES:
        return RATES[chip.name]
    if chip.nvlink_generation > 0:
        shares = {"bf16": ASSUMED.usual_bf16, "fp8": ASSUMED.usual_fp8, "fp4": ASSUMED.usual_fp4}
        sustained = ASSUMED.usual_sustained
    else:
        alike = next(name for name in RATES if not CHIPS[name].nvlink_generation and _multiplied(name))
        reached, peak = RATES[alike], CHIPS[alike]
        shares = {bits: getattr(reached, bits) / getattr(peak, bits) for bits in ("bf16", "fp8")}
        shares["fp4"], sustained = shares["fp8"], reached.sustained
    rates = {bits: share * getattr(chip, bits) for bits, share in shares.items()}
    return MatmulRate(name=chip.name, **rates, sustained=sustained, tdp=chip.tdp)


def _multiplied(name):
    """Whether multiplies were measured on the chip of this name, and not taken from another's or from its peak."""
    return name in RATES and RATES.sources[name]["bf16"].confidence != "assumed"


def sustained_share(chip: Chip) -> float:
    """Share of its BF16 peak that large multiplies sustain on `chip` [1], measured or usual."""
    rate = measured_rate(chip)
    return rate.bf16 * rate.sustained * chip.tdp / rate.tdp / chip.bf16


def measured_shares() -> tuple[float, float]:
    """The least and the most of those shares that were measured on a chip [1]."""
    shares = [sustained_share(CHIPS[name]) for name in RATES if _multiplied(name)]
    return min(shares), max(shares)


def share_assumed(chip: Chip) -> str:
    """What is assumed of the multiplies of a chip on which none were measured; nothing otherwise."""
    if _multiplied(chip.name):
        return ""
    low, high = measured_shares()
    return f"matrix multiplies: {sustained_share(chip):.0%} of the peak ({low:.0%} to {high:.0%} were measured on other chips)"


def machine_fields(chip: Chip, rate, constants: Constants) -> dict:
    """The fields of a Machine, from numbers or arrays of them. Peaks of 0 fall back to the next wider precision.

    A chip whose power limit differs from that of the one measured is taken to multiply in proportion to it (an assumption; of
    the chips that runs were measured on, only H100 SXM 96GB 500W depends on it).
    """
    power = rate.sustained * chip.tdp / rate.tdp
    matmul16 = rate.bf16 * power * constants.matmul_bf16
    matmul8 = where(chip.fp8 > 0, rate.fp8 * power * constants.matmul_narrow, matmul16)
    peak8 = where(chip.fp8 > 0, chip.fp8, chip.bf16)
    return {
        "matmul16": matmul16,
        "matmul8": matmul8,
        "matmul4": where(chip.fp4 > 0, rate.fp4 * power * constants.matmul_narrow, matmul8),
        "peak16": chip.bf16,
        "peak8": peak8,
        "peak4": where(chip.fp4 > 0, chip.fp4, peak8),
        "hbm": chip.hbm,
        "hbm_bandwidth": chip.hbm_bandwidth * ASSUMED.hbm_efficiency,
        "nvlink": chip.nvlink * chip.nvlink_efficiency * ASSUMED.beside_computing,
        "copied": chip.copied,
        "exchange": chip.nvlink * chip.exchange_efficiency * ASSUMED.beside_computing,
        "nvlink_domain": chip.nvlink_domain,
        "nic": chip.nic * ASSUMED.nic_in_a_step,
        "kernel_start": ASSUMED.kernel_start,
        "collective_start": ASSUMED.collective_start,
        "bucket_step": ASSUMED.bucket_step,
    }


@takes_records
def machine(chip: Chip, constants: Constants = CONSTANTS) -> Machine:
    """What `chip` sustains, with these constants."""
    numbers = machine_fields(chip, measured_rate(chip), constants)
    return Machine(name=chip.name, **{field: float(value) for field, value in numbers.items()})


@takes_records
def with_share(chip: Chip, share: float) -> Machine:
    """What `chip` would sustain if large multiplies sustained `share` of its BF16 peak, and as much more or less in others."""
    share = PARAMETERS["share"].check(share, "with_share")
    known, times = machine(chip), share / sustained_share(chip)
    return dataclasses.replace(known, **{name: times * getattr(known, name) for name in ("matmul16", "matmul8", "matmul4")})


MACHINES: Table = Table("chip", {name: machine(chip) for name, chip in CHIPS.items()}, CHIPS.sources)


@checked(returns="FLOP/s")
def matmul_rate(machine: Machine, bits):
    """Matrix multiplies of the best shape at this precision [FLOP/s]. bits: 16, 8 or 4."""
    return where(bits > 8, machine.matmul16, where(bits > 4, machine.matmul8, machine.matmul4))


@checked(returns="FLOP/s")
def dense_peak(machine: Machine, bits):
    """The datasheet's peak for dense matrices at this precision [FLOP/s]. bits: 16, 8 or 4."""
    return where(bits > 8, machine.peak16, where(bits > 4, machine.peak8, machine.peak4))


@checked(returns="s")
def matmul_time(work, traffic, rate, bandwidth):
    """Time of a matrix multiply [s]: `work` [FLOP] at `rate` [FLOP/s] beside `traffic` [B] at `bandwidth` [B/s].

    Every operand is read and the result written once. The longer of the two, softened: their p-norm, p = 2.5, where 2.1 to 2.9
    fits the multiplies measured on Hopper and Blackwell best (aiconfigurator-core 0.12.0, 71,000 on each chip;
    data/measured_matmuls.csv has some of them). The powers are written as roots, which a page computes several times faster.
    """
    arithmetic, memory = work / rate, traffic / bandwidth
    return (arithmetic * arithmetic * sqrt(arithmetic) + memory * memory * sqrt(memory)) ** (1 / 2.5)


@checked(returns="1")
def matmul_efficiency(machine: Machine, bits, rows, columns, inner, element_bytes=2.0, flops_per_multiply=2.0):
    """Share of the peak that the multiply of a rows x inner by an inner x columns matrix reaches [1].

    element_bytes: of each input and result [B].
    """
    work = flops_per_multiply * rows * columns * inner
    traffic = element_bytes * (rows * inner + inner * columns + rows * columns)
    time = machine.kernel_start + matmul_time(work, traffic, matmul_rate(machine, bits), machine.hbm_bandwidth)
    return work / (dense_peak(machine, bits) * time)
