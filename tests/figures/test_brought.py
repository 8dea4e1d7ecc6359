"""Which figures take a reader's own files: each that could, and of the others each with its reason."""

from urllib.parse import parse_qs

from figures.brought import WITHOUT
from living import NAMES, living

ELSEWHERE = ("gallery-", "units-lab-")  # examples of the library, and puzzles that are what they are


def test_every_figure_takes_a_file_or_has_a_reason_why_not():
    taking = {name for name in NAMES if living(name).takes}
    listed = [name for names in WITHOUT.values() for name in names]
    assert len(listed) == len(set(listed)) and not taking & set(listed)
    assert {name for name in NAMES if not name.startswith(ELSEWHERE)} <= taking | set(listed)
    assert set(listed) <= set(NAMES)


def test_whatever_has_an_architecture_takes_a_config():
    """A model that reads layers and widths of a record can be given a reader's own."""
    for name in NAMES:
        inputs = {path.rpartition(".")[2] for path in living(name).trace.inputs if "." in path}
        if {"hidden", "layers", "heads", "vocab"} <= inputs:
            assert "config" in {take.kind for take in living(name).takes}, name


def test_a_measured_step_of_your_run_goes_on_to_amdahls_law():
    """The link holds its parts, and the other figure's time with nothing made faster is that of the step."""
    here = living("your-run")
    link = next(link for link in here.onward if "amdahl" in link.address)
    values = {**here.defaults, **here.evaluate()}
    (run,) = parse_qs(link.query(values))["run"]
    alone = dict.fromkeys(("multiplies", "kernels", "communication", "bubble", "waiting", "launching"), 1.0)
    there = living("amdahl-breakdown").evaluate(run=run, **alone)
    assert abs(there["speedup"] - 1) < 1e-9 and abs(there["seconds"] - values["clock"]) < 1e-9 * values["clock"]
