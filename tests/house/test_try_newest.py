"""The script that tries newer packages: what it takes for a pin, what it moves, and how it says what breaks."""

import sys

import try_newest
from try_newest import Pin, attempt, moved, pins
from workspace import ROOT


def test_every_pin_of_the_book_is_known_and_jupyter_book_stays():
    for name in try_newest.REQUIREMENTS:
        text = (ROOT / name).read_text(encoding="utf-8")
        lines = [line for line in text.splitlines() if "==" in line.partition("#")[0]]
        assert len(lines) > 5 and len(pins(text)) == len(lines) - text.count("jupyter-book==")


def test_one_package_is_moved_and_no_other():
    text = "sphinx==7.4.7\nsphinx-design==0.8.0 # why\n-r other.txt\n"
    assert moved(text, Pin("sphinx", "7.4.7", "9.1")) == "sphinx==9.1\nsphinx-design==0.8.0 # why\n-r other.txt\n"
    assert moved(text, Pin("pytest", "1", "2")) == text


def test_the_first_step_that_fails_is_named_with_its_complaint(tmp_path):
    fine = [sys.executable, "-c", "pass"]
    fails = [sys.executable, "-c", "print('a line'); print('WARNING: this went wrong'); print('the end'); raise SystemExit(1)"]
    never = [sys.executable, "-c", f"open({str(tmp_path / 'ran')!r}, 'w')"]
    assert attempt([("the build", fine)], tmp_path) == "works"
    assert attempt([("the build", fine), ("the tests", fails), ("no more", never)], tmp_path) == "the tests: failed\n    WARNING: this went wrong"
    assert not (tmp_path / "ran").exists()
