"""Fit the step model's constants to all measured runs together.

`python -m clustermath.fit` writes data/step_constants.csv: the constants, and between which multiples of the predicted
time most runs lie; and data/without_own_source.csv: what each run is predicted to take by a fit without its source.
Robust least squares of the logarithm of predicted over measured step time, each constant held to its default by a prior (so
that what the runs can't tell stays there). Levenberg-Marquardt with numerical derivatives.
"""

from __future__ import annotations

import csv
import dataclasses
import math
from types import SimpleNamespace

import numpy as np

from .matmul import machine_fields
from .measured import NEWER, PUBLISHED, MeasuredStep, read_runs, stacked
from .software import BY_DATE, DENSE, MIXTURE, STACK_DATA, STEP_TIME, Constants, dated, generation, stack_named
from .step import step_time
from .tables import DATA, measurements

# The constants that are fitted, and how far each may easily be from its value before: the spread of its logarithm.
SPREAD = {
    "matmul_bf16": 0.05, "matmul_narrow": 0.2, "biased_experts": 0.8, "host": 0.8, "host_per_expert": 1.0, "alternating": 0.8, "unfused_moe": 0.8,
    "exposed": 0.8, "pp_exposed": 0.8, "dp_exposed": 1.0, "jitter": 1.0,
}  # fmt: skip
NOISE = 0.04  # of a measured step time: software versions alone differ by 3 %
OUTLIER = 0.05  # beyond which an error counts linearly
MOST = (0.05, 0.95)  # nine of ten runs lie between these quantiles
CONFIDENCE = 0.99  # that nine of ten further runs of a kind are within its range: high, as those of one source err alike
APART = DATA / "without_own_source.csv"

PRIOR = {entry.name: entry.default for entry in dataclasses.fields(Constants)}


class Runs:
    """Usable runs as arrays, ready to be predicted with any constants."""

    def __init__(self, runs: list[MeasuredStep]):
        self.runs = runs
        self.measured = np.array([run.measured for run in runs])
        self.sources = np.array([run.source for run in runs])
        self.stacks = np.array([run.stack for run in runs])
        self.kinds = np.array([MIXTURE if run.shape.experts else DENSE for run in runs])
        self.shape, self.chip = stacked([run.shape for run in runs]), stacked([run.chip for run in runs])
        self.rate, self.layout = stacked([run.rate for run in runs]), stacked([run.layout for run in runs])
        self.batch, self.software = stacked([run.batch for run in runs]), stacked([run.software for run in runs])

    def __getitem__(self, mask) -> Runs:
        return Runs([run for run, wanted in zip(self.runs, mask, strict=True) if wanted])

    def predict(self, constants: Constants):
        """Step times [s]."""
        machine = SimpleNamespace(**machine_fields(self.chip, self.rate, constants))
        return step_time(self.shape, machine, self.layout, self.batch, self.software, constants)

    def errors(self, constants: Constants):
        """Predicted over measured, less one."""
        return self.predict(constants) / self.measured - 1


def usable(runs: list[MeasuredStep]) -> Runs:
    return Runs([run for run in runs if not run.skipped])


UNTUNED = Constants()


def _unpack(x) -> Constants:
    return Constants(**{name: PRIOR[name] * np.exp(spread * z) for (name, spread), z in zip(SPREAD.items(), x, strict=True)})


def _pack(constants: Constants):
    return np.array([np.log(getattr(constants, name) / PRIOR[name]) / spread for name, spread in SPREAD.items()])


def fit_constants(runs: Runs, start=UNTUNED, rounds=40) -> Constants:
    """The constants that fit `runs`. start: where the search for them begins; near the end it is quicker."""

    def residuals(x):
        return np.log(runs.predict(_unpack(x)) / runs.measured)

    def cost(error, x):
        size = np.abs(error)
        robust = np.where(size < OUTLIER, error**2 / 2, OUTLIER * (size - OUTLIER / 2))
        return robust.sum() / NOISE**2 + x @ x / 2

    x, damping, step = _pack(start), 1e-2, 1e-4
    error = residuals(x)
    best = cost(error, x)
    for _ in range(rounds):
        slopes = np.stack([(residuals(x + step * row) - error) / step for row in np.eye(len(x))], axis=1)
        weight = np.minimum(1, OUTLIER / np.maximum(np.abs(error), 1e-12)) / NOISE**2
        curvature = slopes.T @ (weight[:, None] * slopes) + np.eye(len(x))
        downhill = -(slopes.T @ (weight * error) + x)
        while damping < 1e6:
            move = np.linalg.solve(curvature + damping * np.diag(np.diag(curvature)), downhill).clip(-1.5, 1.5)
            moved = residuals(x + move)
            if cost(moved, x + move) < best:
                break
            damping *= 5
        else:
            break
        gain = best - cost(moved, x + move)
        x, error, best, damping = x + move, moved, best - gain, max(damping / 5, 1e-6)
        if gain < 1e-4:
            break
    return _unpack(x)


def cross_validated(runs: Runs, start=UNTUNED, folds=8, seed=0):
    """Errors of each run, predicted with constants fitted on the other folds only."""
    fold = np.random.default_rng(seed).permutation(len(runs.runs)) % folds
    errors = np.empty(len(runs.runs))
    for k in range(folds):
        errors[fold == k] = runs[fold == k].errors(fit_constants(runs[fold != k], start))
    return errors


def without_own(groups, runs: Runs, known: Runs, known_groups, fit: Constants):
    """Errors of each run with constants fitted on `known` runs of other groups; `fit` for groups not among them."""
    errors = runs.errors(fit)
    for group in sorted(set(groups) & set(known_groups)):
        errors[groups == group] = runs[groups == group].errors(fit_constants(known[known_groups != group], fit))
    return errors


def without_own_source(runs: Runs, known: Runs, fit: Constants):
    """Errors of each run with constants fitted on `known` runs from other sources; `fit` for sources not among them."""
    return without_own(runs.sources, runs, known, known.sources, fit)


def without_own_chip(runs: Runs, fit: Constants):
    """Errors of each run with constants fitted on the runs on other chips."""
    chips = np.array([run.chip.name for run in runs.runs])
    return without_own(chips, runs, runs, chips, fit)


def predicted_apart(runs: Runs):
    """Step times [s] of the published `runs` by constants fitted without their own source, as `main` found them."""
    found = {row["id"]: row["predicted_s"] for row in measurements(APART, ("predicted_s",), ("id",))}
    return np.array([found[run.id] for run in runs.runs])


def spread(runs: Runs, fit: Constants) -> tuple[float, float]:
    """Between which multiples of the predicted time nine of ten `runs` took, each predicted without its own source."""
    low, high = np.quantile(1 / (1 + without_own_source(runs, runs, fit)), MOST)
    return float(low), float(high)


def covered(count, outside, share=MOST[1] - MOST[0]):
    """Probability that limits which leave `outside` of the gaps around `count` ordered values hold `share` of all [1]."""
    return sum(math.comb(count, k) * share**k * (1 - share) ** (count - k) for k in range(count - outside + 1))


def by_date(runs: Runs, ahead: int = 0) -> Runs:
    """The runs as if of their software only a date were known: their own, or the one in stacks.csv so many `ahead` of it."""
    return Runs([dataclasses.replace(run, software=stack_named(generation(run.stack, ahead))) for run in runs.runs])


def limits(low, high) -> tuple[float, float]:
    """Between which multiples nine of ten further runs are, of runs that took at least `low` and at most `high` of the prediction.

    Tolerance limits that suppose no distribution (Wilks, 1941), with CONFIDENCE: as many runs are outside at each end as may
    be. That takes 64 runs; of fewer all are inside, and their limits hold nine of ten with less, 33 runs' with 86 %.
    """
    outside = max((ends for ends in range(1, len(low) // 2) if covered(len(low), 2 * ends) >= CONFIDENCE), default=1)
    return float(np.sort(low)[outside - 1]), float(np.sort(high)[-outside])


def spreads(runs: Runs, fit: Constants) -> dict[str, tuple[float, float]]:
    """As `spread`, by kind of run: between which multiples nine of ten further runs of its kind are (`limits`).

    Where only a date is known of the software, it may do what was usual then, or lag a date behind: each run is predicted by
    its own date and by the one ahead of it.
    """
    as_read, own, ahead = (1 / (1 + without_own_source(each, runs, fit)) for each in (runs, by_date(runs), by_date(runs, 1)))
    found = {}
    for kind in sorted(set(runs.kinds)):
        here = runs.kinds == kind
        found[kind] = limits(as_read[here], as_read[here])
        found[kind + BY_DATE] = limits(np.minimum(own, ahead)[here], np.maximum(own, ahead)[here])
    return found


OF_MEMORY = {"logit_bytes", "parallel_logit_bytes", "loss_chunk", "product_kept", "kept8", "gradient_bytes"}


def structural_flags() -> int:
    """How much structure of the software counts as fitted: the years it changed in, and each stack's own flags, but for
    those that only its memory depends on, as ZeRO's stages 1 and 2 do."""
    return sum(map(dated, STACK_DATA)) - 1 + sum(
        field not in OF_MEMORY and not (field == "zero" and datum.number < 3)
        for name, fields in STACK_DATA.items()
        if not dated(name)
        for field, datum in fields.items()
    )


def main():
    runs = usable(read_runs(PUBLISHED))
    found = fit_constants(runs)
    fit = dataclasses.replace(found, **{name: float(f"{getattr(found, name):.5g}") for name in SPREAD})  # as it will be read
    source = f"fit to {len(runs.runs)} runs of data/published_runs.csv (clustermath.fit)"
    units = {entry.name: entry.metadata["unit"] for entry in dataclasses.fields(Constants)}
    with open(DATA / "step_constants.csv", "w", newline="", encoding="utf-8") as lines:
        out = csv.writer(lines, lineterminator="\n")
        out.writerow(("name", "field", "value", "unit", "source", "confidence", "note"))
        for name in SPREAD:
            value = f"{getattr(fit, name):.5g}"
            out.writerow(("constants", name, value, units[name], source, "derived", f"{PRIOR[name]:g} before the fit"))
        for end, value in zip(("low", "high"), spread(runs, fit), strict=True):
            note = "of the predicted time; nine of ten runs lie between, each predicted without its own source"
            out.writerow((STEP_TIME, end, f"{value:.5g}", "1", source, "derived", note))
        for kind, ends in spreads(runs, fit).items():
            for end, value in zip(("low", "high"), ends, strict=True):
                note = "of the predicted time, for nine of ten further runs of this kind; runs predicted without their source"
                out.writerow((kind, end, f"{value:.5g}", "1", source, "derived", note))
    apart = without_own_source(runs, runs, fit)
    with open(APART, "w", newline="", encoding="utf-8") as lines:
        out = csv.writer(lines, lineterminator="\n")
        out.writerow(("id", "predicted_s"))
        out.writerows((run.id, f"{seconds:.6g}") for run, seconds in zip(runs.runs, runs.measured * (1 + apart), strict=True))
    error, crossed = np.abs(runs.errors(fit)), np.abs(cross_validated(runs))
    print(f"{len(SPREAD)} fitted constants and {structural_flags()} structural ones, {len(runs.runs)} runs")
    print(f"in sample mean {error.mean():.2%}, median {np.median(error):.2%}")
    newer = usable(read_runs(NEWER))
    for name, errors in (
        ("8-fold", crossed),
        ("without its source", apart),
        ("without its chip", without_own_chip(runs, fit)),
        (f"{len(newer.runs)} newer runs, never fitted", newer.errors(fit)),
    ):
        size = np.abs(errors)
        print(f"{name}: mean {size.mean():.2%}, median {np.median(size):.2%}")


if __name__ == "__main__":
    main()
