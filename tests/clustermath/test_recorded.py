"""Measured loads: what is read, what is refused, and that resampling keeps the energy."""

import numpy as np
import pytest
from clustermath.recorded import LONGEST_COURSE, SAMPLES, Recording, Unreadable, read_recording
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx


def written(tmp_path, text):
    file = tmp_path / "load.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_plain_and_labelled_tables(tmp_path):
    plain = read_recording(written(tmp_path, "seconds,watts\n10,700\n10.5,300\n11,700\n"))
    assert plain.seconds.tolist() == [0, 0.5, 1] and plain.watts.tolist() == [700, 300, 700] and plain.length == 1.5
    labelled = read_recording(written(tmp_path, "# a node\nindex, power.draw [W], time [s]\n0, 5600 W, 0\n0, 2400 W, 1 s\n"), gpus=8)
    assert labelled.watts.tolist() == [700, 300]


@pytest.mark.parametrize(
    "text, complaint",
    [
        ("", "must name a column of seconds"),
        ("a,b\n1,2\n", "must name a column of seconds and one of watts, not a, b"),
        ("seconds,watts\n0,700\n", "fewer than two"),
        ("seconds,watts\n0,700\n1,many\n", "line 3: '1, many' does not hold two numbers"),
        ("seconds,watts\n0,700\n1\n", "line 3"),
        ("seconds,watts\n0,700\n0,600\n", "line 3: 0 s does not come after 0 s"),
        ("seconds,watts\n0,700\n1,-5\n", "line 3: -5 W"),
        ("seconds,watts\n0,700\n1,nan\n", "line 3: nan W"),
    ],
)
def test_what_is_no_recording_is_refused_by_line(tmp_path, text, complaint):
    with pytest.raises(Unreadable, match="load.csv.*" + complaint):
        read_recording(written(tmp_path, text))


@given(st.lists(st.tuples(st.floats(0.01, 5), st.floats(0, 2000)), min_size=2, max_size=30), st.integers(1, 50), st.integers(1, 3))
def test_resampling_keeps_the_energy(readings, samples, times):
    gaps, watts = np.transpose(readings)
    recording = Recording(seconds=np.append(0, np.cumsum(gaps[:-1])), watts=watts)
    energy = (watts * np.append(gaps[:-1], gaps[-2])).sum()
    means = recording.means(samples, times * recording.length)
    assert means.sum() * times * recording.length / samples == approx(times * energy, rel=1e-9, abs=1e-6)
    assert means.min() >= watts.min() - 1e-6 and means.max() <= watts.max() + 1e-6


@given(st.lists(st.tuples(st.floats(0.01, 0.5), st.floats(0, 2000)), min_size=2, max_size=30))
def test_the_course_of_a_short_recording_is_all_of_it(readings):
    gaps, watts = np.transpose(readings)
    recording = Recording(seconds=np.append(0, np.cumsum(gaps[:-1])), watts=watts)
    course = recording.course()
    assert course.seconds == recording.length and course.peak == watts.max() and len(course.watts) == SAMPLES
    assert course.watts.mean() == approx(recording.means(1)[0], rel=1e-9, abs=1e-6)


def test_the_course_of_a_long_recording_is_what_swings_most():
    """An hour at rest, with half a minute of swings in the middle."""
    time = np.arange(36_000) * 0.1
    swinging = (time >= 1800) & (time < 1830)
    recording = Recording(seconds=time, watts=np.where(swinging & (np.floor(time) % 2 == 0), 1000.0, 300.0))
    course = recording.course()
    assert course.seconds == LONGEST_COURSE and course.peak == 1000
    assert course.watts.mean() * LONGEST_COURSE == approx(300 * LONGEST_COURSE + 700 * 15, rel=1e-9)


def test_a_recording_with_a_gap_of_ages_has_a_course():
    """A damaged time must not have as many stretches tried as fit into it."""
    seconds = np.array([0.0, 1, 2, 3, 4, 1e17, 1e17 + 1e3])
    course = Recording(seconds, np.array([100.0, 900, 100, 900, 100, 100, 100])).course()
    assert course.seconds == LONGEST_COURSE and course.watts.max() == approx(900, rel=1e-6)
