"""Power over time as nvidia-smi, DCGM and plain tables print it. The lines follow the tools' manuals."""

import numpy as np
import pytest
from clustermath.readers import Unreadable, read
from clustermath.readers.power import read_power
from pytest import approx

SMI = """timestamp, index, power.draw [W], utilization.gpu [%]
2026/11/29 08:00:00.100, 0, 300.00 W, 98 %
2026/11/29 08:00:00.103, 1, 500.00 W, 97 %
2026/11/29 08:00:00.600, 0, 600.00 W, 98 %
2026/11/29 08:00:00.604, 1, [N/A], 97 %
2026/11/29 08:00:01.100, 0, 100.00 W, 98 %
2026/11/29 08:00:01.102, 1, 300.00 W, 97 %
2026/11/29 08:00:01.600, 0, 100.0"""
DCGM = """#Entity   POWER      GPUTL
ID        W
GPU 0     312.5      98
GPU 1     287.5      97
GPU 0     412.5      98
#Entity   POWER      GPUTL
ID        W
GPU 1     N/A        97
"""


def test_nvidia_smi_with_units_several_gpus_and_a_gap():
    reading = read(SMI)
    assert reading.kind == "power over time"
    assert reading.record.watts == approx([400, 600, 200])
    assert reading.record.seconds == approx([0, 0.5, 1.0])
    assert "the mean of 2 GPUs" in reading.assumed
    assert any("last second" in words for words in reading.assumed)
    assert reading.unread == ["no watts in 1 of 7 readings"]


def test_without_units_and_without_an_index():
    bare = read("timestamp, power.draw.instant [W]\n2026/11/29 08:00:00, 300.1\n2026/11/29 08:00:01, 310\n")
    assert bare.record.watts == approx([300.1, 310]) and bare.assumed == []
    same = read("timestamp, power.draw.instant [W]\n2026/11/29 08:00:00, 300\n2026/11/29 08:00:00, 500\n2026/11/29 08:00:01, 310\n2026/11/29 08:00:01, 330\n")
    assert same.record.watts == approx([400, 320])


def test_over_midnight_and_at_the_start_of_a_year():
    text = "timestamp, index, power.draw.instant [W]\n2026/12/31 23:59:59.500, 0, 300 W\n2027/01/01 00:00:00.500, 0, 310 W\n"
    assert read(text).record.seconds == approx([0, 1])


def test_instant_power_wins_over_the_mean():
    text = "timestamp, power.draw [W], power.draw.instant [W]\n2026/11/29 08:00:00, 400 W, 500 W\n2026/11/29 08:00:01, 400 W, 300 W\n"
    assert read(text).record.watts == approx([500, 300])


def test_dcgm_has_no_times():
    reading = read(DCGM)
    assert reading.record.watts == approx([300, 412.5]) and reading.record.seconds == approx([0, 1])
    assert any("every 1 s" in words for words in reading.assumed)
    assert read_power(DCGM, period=0.1).record.seconds == approx([0, 0.1])


def test_nvidia_smi_dmon_with_date_and_time():
    text = "#Date       Time        gpu    pwr  gtemp\n#YYYYMMDD   HH:MM:SS    Idx      W      C\n"
    text += " 20261129   08:00:00      0    312     45\n 20261129   08:00:01      0    400     46\n"
    reading = read(text)
    assert reading.record.watts == approx([312, 400]) and reading.record.seconds == approx([0, 1])


def test_a_plain_table_keeps_its_energy():
    reading = read("seconds,watts\n0,100\n1,300\n3,200\n")
    record = reading.record
    assert record.means(1)[0] * record.length == approx(100 * 1 + 300 * 2 + 200 * 2)
    assert np.all(record.seconds == [0, 1, 3])


@pytest.mark.parametrize(
    "text, words",
    [
        ("timestamp, power.draw [W]\n", "fewer than two samples"),
        ("timestamp, power.draw [W]\nnow, 300 W\nthen, 400 W\n", "'now' is no time"),
        ("seconds,watts\n0,1\n0,1\n0,1\n", "fewer than two samples"),
        ("seconds,watts\n0,many\n1,-5\n", "no number of watts"),
        ("a,b\n1,2\n", "none of the known formats"),
    ],
)
def test_what_is_no_power_is_said(text, words):
    with pytest.raises(Unreadable, match=words):
        read(text)


@pytest.mark.parametrize(
    "name, seconds, watts",
    [("kilowatts", [0, 1, 2], [1200, 1300, 1400]), ("milliwatts and milliseconds", [0, 0.1, 0.2], [120, 130, 0.001]), ("megawatts and minutes", [0, 60], [12.5e6, 12.75e6])],
)
def test_a_unit_in_the_header_counts_where_a_cell_has_none(name, seconds, watts):
    """M is a million and m a thousandth: a site's megawatts are not its milliwatts."""
    from .examples import OTHERS  # which imports from this file

    found = read_power(OTHERS[name]).record
    assert (list(found.seconds), list(found.watts)) == (pytest.approx(seconds), pytest.approx(watts))
