"""Sites, fuel and sunshine against reported figures."""

import json

import numpy as np
import pytest
from clustermath import CHIPS
from clustermath.__main__ import main
from clustermath.power import (
    DRAWN,
    SITES,
    co2,
    drawn_share,
    energy_cost,
    flops_per_joule,
    fuel,
    gas_intensity,
    gpu_power,
    gpus_per_site,
    it_power,
    nox_intensity,
    peak_pue,
    site_power,
    solar_share,
    training_power,
)
from clustermath.run import energy
from clustermath.units import GIGA, HOUR, KILO, MEGA, UNITS

from pytest import approx


def test_reported_watts_per_gpu():
    """1.80 kW at a claimed gigawatt, 1.81 measured by Meta, 1.82 at Colossus 2 in 2025, 1.35 at Colossus 1."""
    for name, kilowatts in {
        "Colossus 2, 1 GW (claimed)": 1.80,
        "Meta, GB200": 1.81,
        "Colossus 2, August 2025": 1.82,
        "Colossus 1 in 2026": 1.35,
    }.items():
        assert SITES[name].power / SITES[name].gpus / KILO == approx(kilowatts, abs=0.01)


def test_555_000_gb300_at_full_power_need_more_than_a_gigawatt():
    """Racks of 132 to 140 kW and a PUE of 1.1 to 1.3: 1.12 to 1.40 GW."""
    power = gpu_power(CHIPS["GB300 NVL72"], network_share=0)
    assert site_power(555_000, power, 1.1) / GIGA == approx(1.12, abs=0.005)
    assert gpus_per_site(1 * GIGA, power, 1.1) < 555_000


def test_holding_gb200_to_80_percent():
    """Meta's 960 of 1,200 W leaves 1.43 kW of IT power, and with it a PUE of 1.27 at the measured 1.81 kW."""
    power = gpu_power(CHIPS["GB200 NVL72"], cap=0.8, network_share=0)
    assert power == approx(1427, abs=1)
    assert 1.0 < 1810 / power < 1.3


def test_gpus_and_power_are_inverse():
    assert gpus_per_site(site_power(123_456, 1500.0, 1.2), 1500.0, 1.2) == approx(123_456)


def test_flops_per_watt():
    assert flops_per_joule(2.5e15, 0.4, 1800.0, 1.0) == approx(2.5e15 * 0.4 / 1800)


def test_gas_at_8495_btu():
    """498 g/kWh for a simple-cycle turbine of 8,495 Btu/kWh, lower heating value (EIA's carbon per Btu)."""
    efficiency = 3412.14 / 8495
    grams_per_kilowatt_hour = co2(KILO * HOUR, gas_intensity(efficiency)) * KILO
    assert grams_per_kilowatt_hour == approx(498.03, abs=0.1)
    assert fuel(KILO * HOUR, efficiency) / 1055.06 == approx(8495, rel=1e-4)


def test_thirty_megawatts_of_sunshine():
    """2 to 2.5 % of Colossus 1's energy and 0.6 to 0.75 % of a gigawatt's, at capacity factors of 0.20 to 0.25."""
    assert solar_share(30 * MEGA, 0.20, 300 * MEGA) == approx(0.02)
    assert solar_share(30 * MEGA, 0.25, 300 * MEGA) == approx(0.025)
    assert solar_share(30 * MEGA, 0.25, 1 * GIGA) == approx(0.0075)


def test_energy_at_ten_cents():
    assert energy_cost(MEGA * HOUR, 0.10 / (KILO * HOUR)) == approx(100)


@pytest.mark.parametrize("drawn, within", list(zip(DRAWN.values(), (0.05, 0.06, 0.1), strict=True)))
def test_energy_of_runs_as_it_was_measured(drawn, within):
    """Two nodes of eight H100s, and BLOOM's whole bill with its idle infrastructure."""
    assert training_power(CHIPS[drawn.chip]) == approx(drawn.power, rel=within)


def test_measured_power_is_what_the_papers_print():
    """8.44 kW and 76 % of 10.2 kW for eight H100s (arXiv 2412.08602, 2506.14551); BLOOM's 689.8 MWh in 1,082,990 hours (arXiv 2211.02001)."""
    node, other, bloom = (drawn.power for drawn in DRAWN.values())
    assert 8 * node == approx(8.44e3, rel=1e-3) and 8 * other == approx(0.76 * 10.2e3, rel=1e-3)
    assert bloom * 1_082_990 * HOUR == approx(689.8 * UNITS["MWh"], rel=1e-3)
    assert energy(1_082_990 * HOUR, bloom, pue=1.0) == approx(bloom * 1_082_990 * HOUR)


@pytest.mark.parametrize("ppm, tonnes", [(2.5, 344), (9, 1240), (25, 3445)])
def test_nitrogen_oxides_by_epa_method_19(ppm, tonnes):
    """A gigawatt for a year at 8,495 Btu/kWh; 9 ppm are 0.0332 lb for a million Btu of higher heating value, 0.312 lb/MWh."""
    intensity = nox_intensity(3412.14 / 8495, ppm)
    assert intensity * GIGA * 8760 * HOUR / 1000 == approx(tonnes, rel=0.005)
    if ppm == 9:
        assert intensity * MEGA * HOUR / 0.45359237 == approx(0.312, abs=0.001)
        heat = 8495 * 1.108 / 1e6  # million Btu of higher heating value for a kWh
        assert intensity * KILO * HOUR / 0.45359237 / heat == approx(0.0332, abs=5e-5)


def test_pue_of_a_hot_hour():
    """Its definition is by energy; the same halls take more when it is hot, and what converts takes no more."""
    assert peak_pue(1.15, 15.0) == approx(1.15)
    assert peak_pue(1.15, 35.0) == approx(1.15 + 0.09 * 0.6)
    assert peak_pue(1.05, 35.0) == approx(1.05)
    assert peak_pue(1.15, -60.0) == approx(1.06)


def test_a_chip_s_own_watts():
    chip = CHIPS["H100 SXM"]
    assert it_power(chip, 700.0) == approx(gpu_power(chip))
    assert it_power(chip, 80.0) == approx((80 + chip.server_power - 700) * 1.1)


def test_a_server_draws_by_how_busy_it_is():
    """Between the idle share of BLOOM's bill and the most that eight H100s drew; each measured draw is that of a busy server."""
    a100, h100 = CHIPS["A100 SXM"], CHIPS["H100 SXM"]
    assert drawn_share(0) * a100.server_power == approx(256_646 / 689_842 * 637, rel=0.02)
    assert 8 * drawn_share(1) * h100.server_power == approx(8440, rel=0.01)
    for drawn, chip in ((969, h100), (637, a100)):
        busy = (drawn / chip.server_power - drawn_share(0)) / (drawn_share(1) - drawn_share(0))
        assert 0.8 < busy < 1 and drawn_share(busy) == approx(drawn / chip.server_power)
    assert np.all(np.diff(drawn_share(np.linspace(0, 1, 11))) > 0)
    assert drawn_share(0.94) == approx(0.8, abs=0.01)  # what a run is counted with where nothing else is said


def test_days_take_watts_a_cap_or_how_busy_the_gpus_are(capsys):
    words = "days --flops 1e24 --gpu h100 --gpus 1024 --mfu 0.4 --pue 1 --json".split()

    def told(*more):
        assert main([*words, *more]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["energy_mwh"] == approx(found["gpu_hours"] * found["watts_per_gpu"] / 1e6)
        return found["watts_per_gpu"]

    h100 = CHIPS["H100 SXM"]
    assert told() == approx(training_power(h100)) and told("--watts", "1055") == 1055
    busiest, half, idle = (told("--busy", busy) for busy in ("1", "0.5", "0"))
    assert busiest == approx(1055) and busiest > half > idle  # arXiv 2412.08602: eight of them drew 8.4 to 8.48 kW at most
    assert told() - told("--cap", "0.8") == approx(0.8 * 0.2 * h100.tdp)
    with pytest.raises(SystemExit):
        main([*words, "--watts", "900", "--busy", "0.9"])
