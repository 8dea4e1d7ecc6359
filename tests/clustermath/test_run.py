"""The arithmetic of a run against what Meta published about Llama 3.1 405B, and its monotonicity."""

from clustermath import CHIPS, MODELS
from clustermath.run import (
    amdahl,
    cost,
    effective_bits,
    energy,
    gpu_time,
    implied_mfu,
    peak,
    speedup_ceiling,
    training_flops,
    training_time,
)
from clustermath.units import DAY, GIGA, HOUR, MEGA, TERA
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx

LLAMA = MODELS["Llama 3.1 405B"]
H100 = CHIPS["H100 SXM"]
GPU_HOURS = 30.84e6  # Meta's model card


def test_clock_at_the_published_rate():
    assert training_time(LLAMA.flops, 16_384, 400 * TERA, mfu=1.0) / DAY == approx(67.1, abs=0.05)


def test_clock_of_the_model_card():
    assert GPU_HOURS * HOUR / 16_384 / DAY == approx(78.4, abs=0.05)
    assert gpu_time(78.43 * DAY, 16_384) / HOUR == approx(GPU_HOURS, rel=1e-4)


def test_what_54_days_would_need():
    mfu = implied_mfu(LLAMA.flops, 16_000, peak(H100, 16), 54 * DAY)
    assert mfu == approx(0.51, abs=0.005)
    assert mfu * peak(H100, 16) / TERA == approx(509, abs=0.5)


def test_flops_of_llama():
    assert training_flops(405e9, 15.6e12) == approx(3.79e25, rel=1e-3)


def test_energy_and_emissions_of_the_model_card():
    """8,930 t of CO2 at 30.84 million GPU-hours and 700 W (PUE 1) is 414 g/kWh: facts derived from the model card."""
    joules = energy(GPU_HOURS * HOUR, power=700, pue=1)
    assert joules / (GIGA * HOUR) == approx(21.6, abs=0.05)
    assert 8_930e6 / (joules / (1e3 * HOUR)) == approx(414, abs=0.5)


def test_rent_of_llama():
    assert cost(GPU_HOURS * HOUR, price=2 / HOUR) == approx(61.7 * MEGA, rel=1e-3)


def test_amdahl_limits():
    assert amdahl(10, serial=0) == 10
    assert amdahl(10, serial=1) == 1
    assert amdahl(1e4, serial=0.1) == approx(10, rel=1e-2)  # 1/serial, however fast the rest


def test_ceilings_of_software():
    """1.9x from 52 % MFU and 2.4x from 41 %."""
    assert speedup_ceiling(0.52) == approx(1.9, abs=0.05)
    assert speedup_ceiling(0.41) == approx(2.4, abs=0.05)


def test_precision_falls_back_to_the_next_wider():
    a100, gb300 = CHIPS["A100 SXM"], CHIPS["GB300 NVL72"]
    assert [effective_bits(a100, bits) for bits in (16, 8, 4)] == [16, 16, 16]
    assert [effective_bits(H100, bits) for bits in (16, 8, 4)] == [16, 8, 8]
    assert [peak(gb300, bits) for bits in (16, 8, 4)] == [gb300.bf16, gb300.fp8, gb300.fp4]
    assert peak(a100, 4) == a100.bf16


shares = st.floats(0.01, 1)


@given(shares, shares, st.integers(1, 10**6), st.integers(1, 10**6))
def test_more_of_anything_is_never_slower(mfu, other_mfu, gpus, other_gpus):
    low, high = sorted((mfu, other_mfu))
    few, many = sorted((gpus, other_gpus))
    assert training_time(1e25, few, 1e15, high) <= training_time(1e25, few, 1e15, low)
    assert training_time(1e25, many, 1e15, low) <= training_time(1e25, few, 1e15, low)


@given(shares, st.integers(1, 10**6), shares)
def test_implied_mfu_inverts_training_time(mfu, gpus, goodput):
    time = training_time(1e22, gpus, 1e15, mfu, goodput)
    assert implied_mfu(1e22, gpus, 1e15, time, goodput) == approx(mfu)


@given(st.floats(1, 1e4), st.floats(1, 1e4), st.floats(0, 1))
def test_amdahl_is_monotonic_and_bounded(speedup, other, serial):
    low, high = sorted((speedup, other))
    assert 1 <= amdahl(low, serial) * (1 + 1e-12) and amdahl(low, serial) <= amdahl(high, serial) * (1 + 1e-12)
    assert amdahl(high, serial) <= high * (1 + 1e-12)
