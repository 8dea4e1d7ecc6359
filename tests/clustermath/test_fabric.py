"""Fat trees against a tree that is wired cable by cable, and against the published table of sizes."""

import numpy as np
import pytest
from clustermath.fabric import SWITCHES, fat_tree, fat_tree_capacity, tiers_needed
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx


@pytest.mark.parametrize(
    "radix, two_tiers, three_tiers, switches",
    [(64, 2_048, 65_536, 5_120), (128, 8_192, 524_288, 20_480), (256, 32_768, 4_194_304, 81_920)],
)
def test_published_sizes(radix, two_tiers, three_tiers, switches):
    """k^2/2, k^3/4 and 5k^2/4 of Al-Fares et al., for the switches on sale."""
    assert fat_tree_capacity(radix, 2) == two_tiers
    assert fat_tree_capacity(radix, 3) == three_tiers
    assert fat_tree(three_tiers, radix, 1e11).switches == switches
    assert tiers_needed(three_tiers, radix) == 3 and tiers_needed(three_tiers + 1, radix) == 4


def test_220_000_gpus_do_not_fit_three_tiers_of_64_ports():
    assert tiers_needed(220_000, SWITCHES["51.2T 64x800G"].radix) == 4
    assert tiers_needed(220_000, SWITCHES["102.4T 128x800G"].radix) == 3
    assert tiers_needed(220_000, SWITCHES["51.2T 128x400G"].radix) == 3  # two planes of 400G


def wire_up(radix):
    """A full three-tier fat tree as a list of cables (Al-Fares et al., section 3)."""
    half = radix // 2
    cables = []
    for pod in range(radix):
        for leaf in range(half):
            cables += [(("host", pod, leaf, port), ("leaf", pod, leaf)) for port in range(half)]
            cables += [(("leaf", pod, leaf), ("middle", pod, middle)) for middle in range(half)]
        for middle in range(half):
            cables += [(("middle", pod, middle), ("top", middle, top)) for top in range(half)]
    return cables


@pytest.mark.parametrize("radix", [4, 8, 16])
def test_counts_of_a_tree_wired_cable_by_cable(radix):
    cables = wire_up(radix)
    ends = {end for cable in cables for end in cable}
    count = {kind: sum(end[0] == kind for end in ends) for kind in ("host", "leaf", "middle", "top")}
    tree = fat_tree(count["host"], radix, bandwidth=1)
    assert (tree.leaves, tree.middles, tree.tops) == (count["leaf"], count["middle"], count["top"])
    assert tree.host_cables + tree.switch_cables == len(cables)
    assert tree.transceivers == 2 * len(cables)
    ports = {end: sum(end in cable for cable in cables) for end in ends if end[0] != "host"}
    assert set(ports.values()) == {radix}


def test_bisection():
    assert fat_tree(65_536, 64, bandwidth=1e11).bisection == approx(65_536 / 2 * 1e11)
    assert fat_tree(10_000, 64, bandwidth=1e11, oversubscription=3).bisection == approx(10_000 / 2 * 1e11 / 3)
    assert fat_tree(10_000, 128, bandwidth=5e10, planes=2).bisection == approx(10_000 / 2 * 1e11)


def test_one_switch_is_a_fabric():
    tree = fat_tree(64, 64, 1e11)
    assert (tree.tiers, tree.switches, tree.switch_cables, tree.transceivers) == (1, 1, 0, 128)


@given(st.integers(1, 10**8), st.sampled_from([4, 6, 32, 48, 64, 128, 256, 512]), st.floats(1, 7), st.integers(2, 12), st.integers(-1, 1))
def test_the_tree_is_the_smallest_that_joins_as_many_as_asked(endpoints, radix, oversubscription, tiers, beside):
    """Also for a hundred million GPUs, and just below and above what a tree holds."""
    just = int(np.floor(fat_tree_capacity(radix, tiers, oversubscription))) + beside
    for asked in (endpoints, just) if 1 <= just <= 10**8 else (endpoints,):
        tree = fat_tree(asked, radix, 1e11, oversubscription=oversubscription)
        assert fat_tree_capacity(radix, tree.tiers, oversubscription) >= asked == tree.host_cables
        assert tree.tiers == 1 or fat_tree_capacity(radix, tree.tiers - 1, oversubscription) < asked


def test_a_hundred_million_gpus_on_small_switches():
    """128 ports: two tiers hold 8,192, three 524,288, four 33.6 million, five 2.1 billion."""
    assert [float(fat_tree_capacity(128, t)) for t in (2, 3, 4, 5)] == [8192, 524_288, 33_554_432, 2_147_483_648]
    tree = fat_tree(1e8, 128, 5e10)
    assert tree.tiers == 5 and tree.switch_cables >= 4e8


@given(st.integers(1, 2_000_000), st.sampled_from([32, 64, 128, 256]), st.floats(1, 7))
def test_oversubscription_never_costs_more(endpoints, radix, oversubscription):
    full, thin = fat_tree(endpoints, radix, 1e11), fat_tree(endpoints, radix, 1e11, oversubscription=oversubscription)
    assert thin.tiers <= full.tiers
    assert thin.bisection <= full.bisection
    assert thin.switch_cables <= full.switch_cables


@given(st.integers(1, 2_000_000), st.integers(1, 2_000_000), st.sampled_from([32, 64, 128, 256]))
def test_more_gpus_need_no_fewer_switches(few, many, radix):
    few, many = sorted((few, many))
    small, large = fat_tree(few, radix, 1e11), fat_tree(many, radix, 1e11)
    assert small.switches <= large.switches and small.transceivers <= large.transceivers
    assert np.all(large.switches * radix >= large.host_cables + 2 * large.switch_cables)  # ports suffice
