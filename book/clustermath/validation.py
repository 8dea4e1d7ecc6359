"""How wrong the step model is: every measured run of a CSV predicted, and what simpler predictions would make of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .architecture import model_flops
from .assumptions import chosen
from .fit import SPREAD, UNTUNED, Runs, by_date, cross_validated, structural_flags, usable, without_own_chip, without_own_source
from .hardware import Chip
from .layout import gpus_used
from .measured import LATER, NEWER, PUBLISHED, read_runs
from .software import BY_DATE, CONSTANTS, PREDICTION_INTERVALS, Constants


def mfu_of(runs: Runs):
    """MFU of each run as measured, with full attention, over the dense peak at its precision."""
    peaks = np.where(runs.batch.bits > 8, runs.chip.bf16, np.where(runs.batch.bits > 4, runs.chip.fp8, runs.chip.fp4))
    peaks = np.where(peaks > 0, peaks, runs.chip.bf16)
    tokens = runs.batch.sequences * runs.batch.seq_len
    return model_flops(runs.shape, runs.batch.seq_len, 0.0) * tokens / (gpus_used(runs.layout) * peaks * runs.measured)


def validate(path=PUBLISHED, chips: Mapping[str, Chip] = {}) -> dict:
    """Rows and summary for the CSV at `path`, in the columns of data/published_runs.csv; `chips`: those that it names beside the book's.

    Each row: measured and predicted step time, signed error, why it was skipped if it was, whether its stack was known
    to the fit, and what was assumed for blanks. The summary sets the mean error beside that of one constant MFU (the
    median of the published runs), of the physics before the fit, and of constants fitted without the row's source;
    eight_fold is for rows of the published runs, fitted without the row's fold. within_range: took as long as is said for its
    kind of model. For the published runs also: without the row's chip, newer runs that were never fitted, and how many of these
    and of later ones took as long as is said where only a date is known of their software (by_date).
    """
    rows = read_runs(path, chips)
    known, fit = usable(read_runs(PUBLISHED)), CONSTANTS
    result = {"rows": [], "summary": {"n": 0, "skipped": sum(bool(row.skipped) for row in rows)}}
    runs = [row for row in rows if not row.skipped]
    if runs:
        runs = Runs(runs)
        predicted, errors = runs.predict(fit), runs.errors(fit)
        apart = without_own_source(runs, known, fit)
        folds = _unseen(runs, known, fit)
        size = np.abs(errors) * 100
        result["summary"] |= {
            "n": len(runs.runs),
            "mean_abs_pct": float(size.mean()),
            "median_abs_pct": float(np.median(size)),
            "max_abs_pct": float(size.max()),
            "baseline_mean_abs_pct": _mean(mfu_of(runs) / np.median(mfu_of(known)) - 1),
            "untuned_mean_abs_pct": _mean(runs.errors(UNTUNED)),
            "leave_one_source_out_mean_abs_pct": _mean(apart),
            "leave_one_source_out_median_abs_pct": float(np.median(np.abs(apart))) * 100,
            "eight_fold_mean_abs_pct": _mean(folds) if folds else None,
            "eight_fold_median_abs_pct": float(np.median(np.abs(folds))) * 100 if folds else None,
            "within_range_pct": _within(runs, errors),
            **(_others(known, fit) if path == PUBLISHED else {}),
            "fitted_constants": len(SPREAD),
            "structural_constants": structural_flags(),
            "chosen_constants": len(chosen()),
            "rows_with_assumptions": sum(bool(run.assumed) for run in runs.runs),
        }
        numbers = dict(zip((run.line for run in runs.runs), zip(predicted, errors, apart, strict=True), strict=True))
    for row in rows:
        time, error, alone = (None, None, None) if row.skipped else numbers[row.line]
        result["rows"].append(
            {
                "id": row.id,
                "measured_step_s": None if row.skipped else row.measured,
                "predicted_step_s": time,
                "error_pct": None if row.skipped else 100 * error,
                "without_source_pct": None if row.skipped else 100 * alone,
                "stack_known": bool(row.stack in known.stacks),
                "assumed": "; ".join(row.assumed),
                "skipped": row.skipped or None,
            }
        )
    return result


def _unseen(runs: Runs, known: Runs, fit: Constants) -> list[float]:
    """Errors of those `runs` that are published ones, each with constants fitted without its fold; fitted only if needed."""
    places = {run.id: place for place, run in enumerate(known.runs)}
    published = [places[run.id] for run in runs.runs if run.id in places and run.measured == known.runs[places[run.id]].measured]  # not another of the same name
    return list(cross_validated(known, fit)[published]) if published else []


def _within(runs: Runs, errors, known=""):
    """Share of the runs that took as long as the range for their kind says [%]. known: "" or BY_DATE, of their software."""
    ends = np.array([PREDICTION_INTERVALS[kind + known] for kind in runs.kinds])
    took = 1 / (1 + errors)
    return float(np.mean((ends[:, 0] <= took) & (took <= ends[:, 1]))) * 100


def _others(known: Runs, fit: Constants) -> dict:
    """Scores that the published runs alone give: without a run's chip, and on newer runs that were never fitted."""
    newer = usable(read_runs(NEWER))
    errors, later = newer.errors(fit), by_date(Runs([*newer.runs, *usable(read_runs(LATER)).runs]))
    return {
        "leave_one_chip_out_mean_abs_pct": _mean(without_own_chip(known, fit)),
        "never_fitted": len(newer.runs),
        "never_fitted_mean_abs_pct": _mean(errors),
        "never_fitted_median_abs_pct": float(np.median(np.abs(errors))) * 100,
        "never_fitted_within_range_pct": _within(newer, errors),
        "by_date": len(later.runs),
        "by_date_mean_abs_pct": _mean(later.errors(fit)),
        "by_date_within_range_pct": _within(later, later.errors(fit), BY_DATE),
    }


def _mean(errors):
    return float(np.mean(np.abs(errors))) * 100

