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
from .layout import END_LAYERS, Batch, Layout, expert_copies, expert_tensor_parallel, fits, gpus_used, groups_fit, layers_left_out
from .matmul import Machine
from .memory import held_portion, memory_from_portions, microbatch_portions
from .parameters import PARAMETERS
from .schedule import SCHEDULES
from .software import CONSTANTS, Constants, Stack
from .step import microbatch_pieces, step_mfu, step_pieces, time_from_pieces

MICROBATCHES = (1.0, 2, 4, 8, 16)
INTERLEAVES = (1.0, 2, 3, 4, 5, 6, 7, 8, 12, 16)
RECOMPUTES = (0.0, 1.0)
ZEROS = (1.0, 2.0, 3.0)
GRID = 2**14  # layouts, or spreads, that are computed at once, so that arrays stay in the processor's cache
FEWEST_TOKENS = 1024  # that a context-parallel rank holds of a sequence


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
    depends on few of them is computed for few, and the last is the longest, in steps of which NumPy works. zero is 2 or 3:
    sharing gradients or not (2 or 1) takes the same time. Not every ep is possible with all the others: see `layout.fits`.
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
    eps = divisors(shape.experts) if shape.experts else np.array([1.0])
    zero, recompute, ep, _ = np.ix_((2.0, 3.0), RECOMPUTES, eps, [0])
    each = len(eps) * len(ZEROS) * len(RECOMPUTES)
    for tp in tps:
        most = gpus_in_domains(gpus, tp, machine.nvlink_domain) // tp
        stage, cut = np.nonzero(cp * dp <= (most / pp)[:, None])
        filled = (interleave[stage] == 1) | (count[cut] % pp[stage] == 0)
        stage, cut = stage[filled], cut[filled]
        always = {
            "tp": tp, "recompute_scores": 1.0, "recompute_simple": 0.0, "recompute_up": 0.0, "sequence_parallel": 1.0, "schedule": 1.0,
            "expert_tp": 1.0, "replicas": 1.0, "first_layers": 0.0, "last_layers": 0.0, "stages": (), "ulysses": 0.0, "gathered": 0.0, "zero": zero, "recompute": recompute, "ep": ep,
        }  # fmt: skip
        cuts = SimpleNamespace(**always, pp=1.0, interleave=1.0, cp=cp, dp=dp, microbatch=microbatch)
        firsts = np.flatnonzero(np.diff(stage * len(cp) + share[cut], prepend=-1))  # where another spread begins
        for block in _blocks(firsts, GRID // each):
            of_spread = {"pp": pp[stage[block]], "interleave": interleave[stage[block]], "cp": cp[cut[block]], "dp": dp[cut[block]]}
            spreads = SimpleNamespace(**always, **of_spread, microbatch=1.0)
            end = np.append(firsts, len(cut))[np.searchsorted(firsts, block[-1]) + 1]
            for here in _blocks(np.arange(block[0], end), GRID // each):
                spread = np.searchsorted(block, here, side="right") - 1
                layouts = SimpleNamespace(**always, **{name: values[spread] for name, values in of_spread.items()}, microbatch=microbatch[cut[here]])
                yield Grid(layouts, cuts, cut[here], spreads, spread)


def _blocks(places, size):
    """An array in pieces of at most `size` elements."""
    return np.split(places, range(size, len(places), size)) if len(places) else []


def _pairs(first, second):
    """All pairs of two lists, as two arrays."""
    return (axis.ravel() for axis in np.meshgrid(first, second, indexing="ij"))


def check(shape: Architecture, layout: Layout, batch: Batch, gpus: float) -> None:
    """Raise ValueError, naming the argument and what it may be, if the layout is impossible on `gpus` GPUs."""
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


def search(
    shape: Architecture, machine: Machine, batch: Batch, gpus: int, stack: Stack, constants: Constants = CONSTANTS, top: int = 10
) -> Found:
    """The `top` fastest layouts that fit in memory. Raises ValueError if there is none."""
    gpus = int(PARAMETERS["gpus"].check(gpus, "search"))
    evaluated = feasible = 0
    best: list[tuple[float, float, SimpleNamespace, tuple]] = []  # step time, memory, layouts, place among them
    started = perf_counter()
    cuts = spreads = None
    for grid in candidates(shape, machine, batch, gpus):
        layouts = grid.layouts
        if cuts is not grid.cuts:
            cuts = grid.cuts
            of_cuts = microbatch_pieces(shape, machine, cuts, batch, stack, constants), microbatch_portions(shape, machine, cuts, batch, stack)
        if spreads is not grid.spreads:
            spreads = grid.spreads
            every = SimpleNamespace(**vars(spreads) | {"zero": np.reshape(ZEROS, (-1, 1, 1, 1))})
            of_spreads = step_pieces(shape, machine, spreads, batch, stack, constants), held_portion(shape, every, batch, stack)
            whether = {"possible": fits(shape, spreads, batch) > 0}
        of_time, of_memory = (_gathered(of_cut, grid.cut) | _gathered(of_spread, grid.spread) for of_cut, of_spread in zip(of_cuts, of_spreads))
        time = time_from_pieces(shape, machine, layouts, batch, stack, constants, SimpleNamespace(**of_time))[[0, 0, 1]]
        layouts.zero = every.zero
        needed = np.broadcast_to(memory_from_portions(shape, layouts, batch, SimpleNamespace(**of_memory)), time.shape)
        possible = np.broadcast_to(_gathered(whether, grid.spread)["possible"], time.shape)
        fitting = possible & (needed <= machine.hbm)
        evaluated += int(np.count_nonzero(possible))
        feasible += int(np.count_nonzero(fitting))
        better = np.flatnonzero(fitting & (time < (best[-1][0] if len(best) == top else np.inf)))
        times = time.ravel()[better]
        for index in better[np.argsort(times)[:top]]:
            place = np.unravel_index(index, time.shape)
            best.append((float(time[place]), float(needed[place]), layouts, place))
        best = sorted(best, key=lambda found: found[0])[:top]
    seconds = perf_counter() - started
    if not best:
        raise ValueError(f"no layout of this model fits in the memory of {gpus:g} GPUs; {evaluated} were tried.")
    return Found(evaluated, feasible, seconds, _described(shape, machine, batch, gpus, *zip(*best)))


def _gathered(pieces: dict, places: np.ndarray) -> dict:
    """Each piece at these places of its last axis; as it is where it is alike at all."""
    return {name: np.take(piece, places, axis=-1) if np.ndim(piece) and np.shape(piece)[-1] > 1 else piece for name, piece in pieces.items()}


def _at(value, place):
    """The element of an array that stands at this place of all that the array broadcasts with."""
    return value[tuple(min(at, length - 1) for at, length in zip(place[-value.ndim :], value.shape))] if np.ndim(value) else value


def _described(shape, machine, batch, gpus, times, needed, layouts, places) -> list[dict]:
    time, names = np.array(times), [name for name in vars(layouts[0]) if name != "stages"]
    layout = SimpleNamespace(**{name: np.array([_at(getattr(one, name), place) for one, place in zip(layouts, places)]) for name in names})
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
