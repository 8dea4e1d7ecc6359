"""Search for the best layout of a training step: every layout on at most so many GPUs, evaluated in full.

Layouts come in grids, whose axes broadcast. A layout's GPUs fill whole NVLink domains with
tensor-parallel groups; GPUs that no layout can use are spares, which still count in the cluster's MFU.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter
from types import SimpleNamespace

import numpy as np

from .architecture import Architecture
from .checking import Parameter, takes_records
from .layout import END_LAYERS, Batch, Layout, expert_copies, expert_tensor_parallel, fits, gpus_used, groups_fit, layers_left_out
from .matmul import Machine
from .memory import memory_from_portions, microbatch_portions, stage_portions
from .parameters import PARAMETERS
from .schedule import SCHEDULES
from .software import CONSTANTS, Constants, Stack
from .step import microbatch_pieces, step_mfu, step_pieces, time_from_pieces

MICROBATCHES = (1.0, 2, 4, 8, 16)
INTERLEAVES = (1.0, 2, 3, 4, 5, 6, 7, 8, 12, 16)
RECOMPUTES = (0.0, 1.0)
ZEROS = (1.0, 2.0, 3.0)
TIMED = (1.0, 3.0)  # those that differ in time: sharing gradients or not (2 or 1) takes the same
GRID = 2**13  # layouts, or spreads, of one ZeRO stage that are computed at once, so that arrays stay in the processor's cache
FEWEST_TOKENS = 1024  # that a context-parallel rank holds of a sequence
SEQUENCES = Parameter("sequences", "1", 1, 1e9, "sequences of the batch", integer=True)
TOP = Parameter("top", "1", 1, 1e6, "layouts that are listed", integer=True)


@dataclass(frozen=True)
class Found:
    """What a search looked at, and the best layouts it found, the fastest first."""

    evaluated: int
    feasible: int
    seconds: float
    best: list[dict]


def divisors(number) -> np.ndarray:
    """All divisors of a whole number, in order."""
    each = np.arange(1.0, int(number) + 1)
    return each[int(number) % each == 0]


def gpus_in_domains(gpus, tp, domain):
    """GPUs that groups of `tp` can use when no group may cross an NVLink domain; all of them if a group is larger."""
    whole = gpus // domain * (domain // tp) * tp + gpus % domain // tp * tp
    return np.where(tp <= domain, whole, gpus)


@dataclass(frozen=True)
class Grid:
    """Layouts that are evaluated at once, as a Layout whose fields are arrays that broadcast together.

    Many have much in common, which is computed once: `cuts` are all that the `layouts` have but the pipeline, `spreads` all
    but the microbatch. Layout i has the cut at cut[i] and the spread at spread[i] of their last axes.
    """

    layouts: SimpleNamespace
    cuts: SimpleNamespace
    cut: np.ndarray
    spreads: SimpleNamespace
    spread: np.ndarray


def candidates(shape: Architecture, machine: Machine, batch: Batch, gpus: int) -> Iterator[Grid]:
    """Grids of layouts on at most `gpus` GPUs.

    The axes are zero, recompute, ep, and all possible combinations of pp with interleave and cp with dp and microbatch: what
    depends on few of them is computed for few, and the last is the longest, in steps of which NumPy works. Of `layouts` zero
    is left to whoever evaluates them, one stage after the other. Not every ep is possible with all the others: see `layout.fits`.
    """
    powers = 2.0 ** np.arange(0, 20)
    tps = powers[(powers <= min(64, machine.nvlink_domain)) & (shape.heads % powers == 0)]
    pp, interleave = _pairs(np.arange(1.0, shape.layers + 1), INTERLEAVES)
    enough = pp * interleave <= shape.layers + END_LAYERS
    possible = enough & ((interleave == 1) | ((pp > 1) & (batch.sequences % pp == 0)))
    pp, interleave = pp[possible], interleave[possible]
    cps, dps = powers[powers <= max(1, batch.seq_len // FEWEST_TOKENS)], divisors(batch.sequences)
    cp, dp, microbatch = (axis.ravel() for axis in np.meshgrid(cps, dps, MICROBATCHES, indexing="ij"))
    share = np.repeat(np.arange(len(cps) * len(dps)), len(MICROBATCHES))  # cuts that differ in the microbatch alone are neighbours
    count = batch.sequences / (dp * microbatch)
    whole = count == np.floor(count)
    cp, dp, microbatch, share, count = cp[whole], dp[whole], microbatch[whole], share[whole], count[whole]
    counts, of_count = np.unique(count, return_inverse=True)
    filled = (interleave == 1)[:, None] | (counts % pp[:, None] == 0)[:, of_count]
    eps = divisors(shape.experts) if shape.experts else np.array([1.0])
    recompute, ep, _ = np.ix_(RECOMPUTES, eps, [0])
    size = GRID // (len(eps) * len(RECOMPUTES))
    always = {
        "recompute_scores": 1.0, "recompute_simple": 0.0, "recompute_up": 0.0, "sequence_parallel": 1.0, "schedule": 1.0, "expert_tp": 1.0,
        "replicas": 1.0, "first_layers": 0.0, "last_layers": 0.0, "stages": (), "ulysses": 0.0, "gathered": 0.0, "recompute": recompute, "ep": ep,
    }  # fmt: skip
    each, of_tp = {"cp": cp, "dp": dp, "microbatch": microbatch}, np.repeat(tps, len(cp))
    cuts = SimpleNamespace(**always, tp=of_tp, pp=1.0, interleave=1.0, **{name: np.tile(axis, len(tps)) for name, axis in each.items()})
    for before, tp in zip(range(0, len(of_tp), len(cp)), tps):
        most = gpus_in_domains(gpus, tp, machine.nvlink_domain) // tp
        stage, cut = np.nonzero(filled & (cp * dp <= (most / pp)[:, None]))
        begins = np.diff(stage * len(cp) + share[cut], prepend=-1) != 0  # where another spread does
        firsts, spread = np.flatnonzero(begins), np.cumsum(begins) - 1
        for start in range(0, len(firsts), size):
            block, end = firsts[start : start + size], np.append(firsts, len(cut))[start : start + size + 1][-1]
            of_spread = {"tp": tp, "pp": pp[stage[block]], "interleave": interleave[stage[block]], "cp": cp[cut[block]], "dp": dp[cut[block]]}
            spreads = SimpleNamespace(**always, **of_spread, microbatch=1.0)
            for first in range(block[0], end, size):
                here = slice(first, min(first + size, end))
                layouts = SimpleNamespace(**always, **_gathered(of_spread, spread[here] - start), microbatch=microbatch[cut[here]])
                yield Grid(layouts, cuts, cut[here] + before, spreads, spread[here] - start)


def _pairs(first, second):
    """All pairs of two lists, as two arrays."""
    return (axis.ravel() for axis in np.meshgrid(first, second, indexing="ij"))


@takes_records
def check(shape: Architecture, layout: Layout, batch: Batch, gpus: float) -> None:
    """Raise ValueError, naming the argument and what it may be, if the layout, one and not many, is impossible on `gpus` GPUs."""
    if several := [name for name, value in vars(layout).items() if np.ndim(value) and name != "stages"]:
        raise ValueError(f"check(): {several[0]} is an array; layouts are checked one by one, many at once by layout.fits().")
    count = batch.sequences / (layout.dp * layout.microbatch)
    experts, slots = shape.experts or 1, shape.layers + END_LAYERS
    places = layout.tp * layout.cp * layout.dp / float(expert_tensor_parallel(layout))
    for name, value in vars(layout).items():
        if name == "stages":
            continue
        low, high = (0, 3) if name in ("zero", "schedule") else (0, 1) if "recompute" in name else (1, np.inf)
        if name not in ("sequence_parallel", "expert_tp", "first_layers", "last_layers", "ulysses", "gathered") and not low <= value <= high:
            raise ValueError(f"{name} = {value:g} is not possible: it must lie between {low} and {high}.")
    rules = (
        ("tp", shape.heads % layout.tp == 0, f"it must divide the {shape.heads:g} heads"),
        ("cp", not layout.ulysses or shape.heads / layout.tp % layout.cp == 0, f"with Ulysses it must divide the {shape.heads / layout.tp:g} heads of a tensor-parallel rank"),
        ("stages", not layout.stages or len(layout.stages) == layout.pp, f"there must be as many as pp = {layout.pp:g}"),
        ("stages", not layout.stages or sum(layout.stages) == shape.layers + shape.mtp, f"they must hold the {shape.layers + shape.mtp:g} layers between them"),
        ("pp", layout.pp * layout.interleave <= slots, f"pp x interleave must be at most {slots:g}, layers and ends"),
        ("ep", experts % layout.ep == 0, f"it must divide the {experts:g} experts"),
        ("ep", places % layout.ep == 0, f"it must divide the {places:g} GPUs that a stage's experts are spread over"),
        ("dp", count == int(count) > 0, f"dp x microbatch must divide the {batch.sequences:g} sequences of the batch"),
        ("dp", gpus_used(layout) <= gpus, f"tp x pp x cp x dp = {gpus_used(layout):g} must be at most {gpus:g} GPUs"),
        ("interleave", layout.interleave == 1 or layout.pp > 1, "without a pipeline it must be 1"),
        ("interleave", layout.interleave == 1 or count % layout.pp == 0, "pp must divide the number of microbatches"),
    )
    dual = layout.schedule == SCHEDULES["dualpipe"] and layout.pp > 1
    rules += (
        ("interleave", layout.interleave == 1 or layout.schedule < 2, "only gpipe and 1f1b interleave chunks of a stage"),
        ("pp", not dual or layout.pp % 2 == 0, "dualpipe needs an even number of stages"),
        ("dp", not dual or count % 2 == 0, f"dualpipe needs an even number of microbatches, not {count:g}"),
        ("dp", not dual or count >= 2 * layout.pp, f"dualpipe needs {2 * layout.pp:g} microbatches, there are {count:g}"),
        (
            "first_layers" if layout.first_layers else "last_layers",
            layers_left_out(shape, layout) <= 0,
            f"{layout.pp:g} stages must hold the {shape.layers + shape.mtp:g} layers",
        ),
        ("replicas", layout.cp * layout.dp % layout.replicas == 0, f"it must divide cp x dp = {layout.cp * layout.dp:g}"),
        ("replicas", groups_fit(layout) > 0, f"it must divide the {float(expert_copies(layout)):g} copies of an expert, or they it"),
    )
    for name, holds, rule in rules:
        if not holds:
            value = getattr(layout, name)
            raise ValueError(f"{name} = {list(map(int, value)) if name == 'stages' else format(value, 'g')} is not possible: {rule}.")


@takes_records
def search(
    shape: Architecture, machine: Machine, batch: Batch, gpus: int, stack: Stack, constants: Constants = CONSTANTS, top: int = 10
) -> Found:
    """The `top` fastest layouts that fit in memory. Raises ValueError if there is none, for `gpus` or `top` that can't be, and for
    a batch that isn't of whole sequences."""
    for guard, value in ((PARAMETERS["gpus"], gpus), (TOP, top), (SEQUENCES, batch.sequences)):
        if np.ndim(guard.check(value, "search")):
            raise ValueError(f"search(): {guard.name} = {value!r} is several numbers; one search is for one.")
    gpus, top = int(gpus), int(top)
    evaluated = feasible = 0
    best: list[tuple[float, float, dict]] = []  # step time, memory, layout
    started = perf_counter()
    cuts = spreads = None
    for grid in candidates(shape, machine, batch, gpus):
        layouts = grid.layouts
        if cuts is not grid.cuts:
            cuts = grid.cuts
            timed = SimpleNamespace(**vars(cuts), zero=_axis(TIMED))
            of_cuts = microbatch_pieces(shape, machine, timed, batch, stack, constants), microbatch_portions(shape, machine, timed, batch, stack)
        if spreads is not grid.spreads:
            spreads = grid.spreads
            timed, every = (SimpleNamespace(**vars(spreads), zero=_axis(zeros)) for zeros in (TIMED, ZEROS))
            of_spreads = step_pieces(shape, machine, timed, batch, stack, constants), stage_portions(shape, every, batch, stack)
            whether = {"possible": fits(shape, spreads, batch) > 0}
        pieces, portions = (_gathered(of_cut, grid.cut) | _gathered(of_spread, grid.spread) for of_cut, of_spread in zip(of_cuts, of_spreads))
        possible = np.broadcast_to(_gathered(whether, grid.spread)["possible"], (len(RECOMPUTES), layouts.ep.size, len(grid.cut)))
        evaluated += len(ZEROS) * int(np.count_nonzero(possible))
        beside = memory_from_portions(shape, layouts, batch, SimpleNamespace(**portions | {"held": 0.0}))
        for held, layouts.zero in zip(portions["held"], ZEROS):
            if layouts.zero in TIMED:
                time = time_from_pieces(shape, machine, layouts, batch, stack, constants, _with_zero(pieces, TIMED.index(layouts.zero)))
            needed = held + beside
            fitting = possible & (needed <= machine.hbm)
            feasible += int(np.count_nonzero(fitting))
            better = np.flatnonzero(fitting & (time < (best[-1][0] if len(best) == top else np.inf)))
            for index in better[np.argsort(time.ravel()[better], kind="stable")[:top]]:
                place = np.unravel_index(index, time.shape)
                layout = {name: _at(value, place) for name, value in vars(layouts).items()}
                best.append((float(time[place]), float(needed[place]), layout))
            best = sorted(best, key=lambda found: found[0])[:top]
    seconds = perf_counter() - started
    if not best:
        raise ValueError(f"no layout of this model fits in the memory of {gpus:g} GPUs; {evaluated} were tried.")
    return Found(evaluated, feasible, seconds, _described(shape, machine, batch, gpus, *zip(*best)))


def _axis(zeros):
    """ZeRO stages along the first of a grid's four axes."""
    return np.reshape(zeros, (-1, 1, 1, 1))


def _gathered(pieces: dict, places: np.ndarray) -> dict:
    """Each piece at these places of its last axis; as it is where it is alike at all."""
    return {name: np.take(piece, places, axis=-1) if np.ndim(piece) and np.shape(piece)[-1] > 1 else piece for name, piece in pieces.items()}


def _with_zero(pieces: dict, place: int) -> SimpleNamespace:
    """Pieces for the ZeRO stage in this place."""
    return SimpleNamespace(**{name: piece[place] if np.ndim(piece) == 4 and len(piece) > 1 else piece for name, piece in pieces.items()})


def _at(value, place):
    """The element of an array that stands at this place of all that the array broadcasts with."""
    return value[tuple(min(at, length - 1) for at, length in zip(place[-value.ndim :], value.shape))] if isinstance(value, np.ndarray) else value


def _described(shape, machine, batch, gpus, times, needed, layouts) -> list[dict]:
    time = np.array(times)
    layout = SimpleNamespace(**{name: np.array([layout[name] for layout in layouts]) for name in layouts[0] if name != "stages"})
    used = gpus_used(layout)
    mfu = step_mfu(shape, machine, layout, batch, time)
    names = ("tp", "pp", "cp", "ep", "dp", "interleave", "microbatch", "zero")
    columns = {name: getattr(layout, name).astype(int) for name in names} | {
        "recompute": np.where(layout.recompute, "full", "none"),
        "gpus_used": used.astype(int),
        "spares": (gpus - used).astype(int),
        "step_time_s": time,
        "mfu": mfu,
        "cluster_mfu": mfu * used / gpus,
        "memory_gb": np.array(needed) / 1e9,
        "tokens_per_s": batch.sequences * batch.seq_len / time,
    }
    return [dict(zip(columns, row)) for row in zip(*(column.tolist() for column in columns.values()))]
