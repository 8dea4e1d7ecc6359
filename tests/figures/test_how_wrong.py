"""The scoreboard against the functions that `clustermath validate` is made of, and against what others counted."""

import numpy as np
import pytest
from clustermath.fit import UNTUNED, usable
from clustermath.measured import NEWER, PUBLISHED, read_runs
from clustermath.software import CONSTANTS
from figures.how_wrong import SHOWN
from living import living
from pytest import approx

PUBLISHED_ONLY, NEWER_ONLY = {"age": "published, in the fit"}, {"age": "newer, never fitted"}


@pytest.mark.parametrize("chosen, path", [(PUBLISHED_ONLY, PUBLISHED), (NEWER_ONLY, NEWER)])
@pytest.mark.parametrize("method, constants", [("the step model", CONSTANTS), ("its physics before the fit", UNTUNED)])
def test_scores_are_those_of_validate(chosen, path, method, constants):
    errors = usable(read_runs(path)).errors(constants)
    found = living("how-wrong").evaluate(method=method, **chosen)
    assert found["count"] == len(errors)
    assert found["mean_error"] == approx(100 * np.abs(errors).mean()) and found["bias"] == approx(100 * errors.mean())
    assert found["worst"] == approx(100 * np.abs(errors).max()) and found["close"] == approx(100 * np.mean(np.abs(errors) <= 0.1))


def test_without_its_source_a_run_is_predicted_worse_and_one_never_fitted_the_same():
    """Whose source took part in the fit is at an advantage; the newer ones had none."""
    apart = "the step model without its source"
    known, unseen = (living("how-wrong").evaluate(method=apart, **chosen) for chosen in (PUBLISHED_ONLY, NEWER_ONLY))
    assert known["mean_error"] > living("how-wrong").evaluate(**PUBLISHED_ONLY)["mean_error"]
    assert unseen["mean_error"] == approx(living("how-wrong").evaluate(**NEWER_ONLY)["mean_error"])


def test_every_row_is_in_one_slice_of_each_kind():
    figure = living("how-wrong")
    everything = figure.evaluate()
    for control in ("age", "kind", "bits", "chip", "source"):
        names = [name for name, value in figure.controls[control].records.items() if value >= 0]
        parts = [figure.evaluate(**{control: name}) for name in names]
        assert sum(part["count"] for part in parts) == everything["count"] == len(SHOWN.runs)
        assert sum(part["count"] * part["mean_error"] for part in parts if part["count"]) == approx(everything["count"] * everything["mean_error"])


def test_eight_runs_that_came_after():
    """An outside reckoning with constants of an earlier fit: 4.2 % on average, 9.3 % at worst, over 256 to 5,120 GPUs of MLPerf v5.1."""
    rows = [k for k, run in enumerate(SHOWN.runs) if run.id.startswith("mlperf51")]
    error = np.abs(SHOWN.predict(CONSTANTS) / SHOWN.measured - 1)[rows]
    assert len(rows) == 8
    assert error.mean() == approx(0.042, abs=0.02) and error.max() == approx(0.093, abs=0.04)


def test_one_constant_mfu_is_several_times_as_wrong():
    """By the modelling notes a constant MFU is off by about a quarter, physics before the fit by 9 %."""
    found = living("how-wrong").evaluate(**PUBLISHED_ONLY)
    assert found["baseline"] > 2.5 * living("how-wrong").evaluate(method="its physics before the fit", **PUBLISHED_ONLY)["mean_error"]
    assert found["baseline"] == approx(living("how-wrong").evaluate(method="one constant MFU", **PUBLISHED_ONLY)["mean_error"])
