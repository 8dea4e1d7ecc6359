"""Layouts packed into GPU counts against a loop over every degree, and against published runs."""

from types import SimpleNamespace

import pytest
from clustermath.packing import packed
from clustermath.layout import Layout, batch_of
from clustermath.matmul import MACHINES
from hypothesis import given
from hypothesis import strategies as some


def by_trying(domain, layout, sequences, gpus):
    """Microbatches and degree: every degree that the GPUs hold is tried, and the fewest microbatches win."""
    groups_in_domain, rest = divmod(int(gpus), domain)
    places = groups_in_domain * (domain // layout.tp) + rest // layout.tp if layout.tp <= domain else gpus // layout.tp
    best = None
    for ranks in range(1, int(places // (layout.pp * layout.cp)) + 1):
        if ranks * layout.cp % layout.ep:
            continue
        count = -(-sequences // (ranks * layout.microbatch))
        while layout.interleave > 1 and count % layout.pp:
            count += 1
        if best is None or count < best[0]:
            best = count, ranks
    return best


degrees = some.sampled_from([1, 2, 4, 8])


@given(
    tp=degrees, pp=some.integers(1, 12), ep=degrees, interleave=degrees, microbatch=degrees,
    sequences=some.integers(1, 40), domain=some.sampled_from([8, 72]), gpus=some.integers(1, 3000),
)  # fmt: skip
def test_as_few_microbatches_as_possible(tp, pp, ep, interleave, microbatch, sequences, domain, gpus):
    sequences *= microbatch
    layout = Layout(tp=tp, pp=pp, ep=ep, interleave=interleave, microbatch=microbatch)
    found = packed(SimpleNamespace(nvlink_domain=domain), layout, batch_of(8192, sequences), gpus)
    expected = by_trying(domain, layout, sequences, gpus)
    assert found["enough"] == (expected is not None)
    if expected:
        assert (found["sequences"] / (found["dp"] * microbatch), found["dp"]) == expected
        assert found["sequences"] >= sequences


@pytest.mark.parametrize(
    "chip, layout, sequences, gpus, dp",
    [
        ("H100 SXM", Layout(tp=8, pp=16, interleave=8), 2048, 16_384, 128),  # Llama 3, arXiv 2407.21783, table 4
        ("H100 SXM", Layout(tp=8, pp=16, interleave=8), 2048, 8192, 64),
        ("A100 SXM", Layout(tp=8, pp=64, interleave=2), 3072, 3072, 6),  # Megatron-LM 1T, arXiv 2104.04473, table 1
        ("H800 SXM", Layout(pp=16, ep=64, schedule=3), 15_360, 2048, 128),  # DeepSeek-V3, arXiv 2412.19437
    ],
)
def test_published_layouts(chip, layout, sequences, gpus, dp):
    found = packed(MACHINES[chip], layout, batch_of(8192, sequences), gpus)
    assert (found["dp"], found["sequences"]) == (dp, sequences)
