"""Collectives against simulations that move real arrays and count bytes and steps, and against NCCL's published terms."""

import dataclasses

import numpy as np
import pytest
from clustermath import CHIPS
from clustermath.collectives import (
    Network,
    all_gather,
    all_reduce,
    all_to_all,
    bus_bandwidth_factor,
    direct_all_to_all,
    flat_tree_all_reduce,
    hierarchical_all_reduce,
    in_network_all_reduce,
    local_ranks,
    network_of,
    random_local_ranks,
    ring_all_gather,
    ring_all_reduce,
    send,
    switched_all_reduce,
    tree_all_reduce,
)
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx


class Wire:
    """Delivers arrays between ranks, counting the steps and the bytes that each rank sends over each kind of link."""

    def __init__(self, ranks, domain=None):
        self.domain = domain or ranks
        self.sent = {kind: np.zeros(ranks) for kind in ("inside", "across")}
        self.steps = {"inside": 0, "across": 0}

    def deliver(self, messages):
        """One step: {(source, target): array}, all at the same time."""
        kinds = set()
        for (source, target), data in messages.items():
            kind = "inside" if source // self.domain == target // self.domain else "across"
            self.sent[kind][source] += data.nbytes
            kinds.add(kind)
        for kind in kinds:
            self.steps[kind] += 1
        return {target: data.copy() for (_, target), data in messages.items()}


def ring_reduce_scatter(buffers, group, wire):
    """After it, rank group[i] holds the sum of chunk i + 1. buffers: {rank: list of len(group) chunks}."""
    n = len(group)
    for step in range(n - 1):
        arrived = wire.deliver({(group[i], group[(i + 1) % n]): buffers[group[i]][(i - step) % n] for i in range(n)})
        for i in range(n):
            buffers[group[i]][(i - 1 - step) % n] += arrived[group[i]]


def ring_gather(buffers, group, wire):
    n = len(group)
    for step in range(n - 1):
        arrived = wire.deliver({(group[i], group[(i + 1) % n]): buffers[group[i]][(i + 1 - step) % n] for i in range(n)})
        for i in range(n):
            buffers[group[i]][(i - step) % n] = arrived[group[i]]


@pytest.mark.parametrize("ranks", [1, 2, 3, 8, 13])
def test_ring_all_reduce_moves_what_the_formula_says(ranks):
    data = np.random.default_rng(ranks).integers(0, 100, (ranks, ranks * 4)).astype(float)
    buffers = {rank: [chunk.copy() for chunk in np.split(data[rank], ranks)] for rank in range(ranks)}
    wire = Wire(ranks)
    ring_reduce_scatter(buffers, list(range(ranks)), wire)
    scattered = wire.sent["inside"].copy()
    ring_gather(buffers, list(range(ranks)), wire)

    for buffer in buffers.values():
        np.testing.assert_array_equal(np.concatenate(buffer), data.sum(axis=0))
    size = data[0].nbytes
    assert ring_all_gather(size, ranks, bandwidth=1, latency=0) == approx(scattered.max())
    assert ring_all_reduce(size, ranks, bandwidth=1, latency=0) == approx(wire.sent["inside"].max())
    assert ring_all_reduce(0, ranks, bandwidth=1, latency=1) == wire.steps["inside"]


@pytest.mark.parametrize("domains, local", [(2, 4), (3, 2), (4, 8), (1, 8), (5, 1)])
def test_rails_move_what_the_formula_says(domains, local):
    """Hierarchical all-reduce: inside, across on `local` rails, inside again; bytes counted on both kinds of link."""
    ranks = domains * local
    data = np.random.default_rng(ranks).integers(0, 100, (ranks, ranks * 2)).astype(float)
    wire = Wire(ranks, domain=local)
    chunks = {rank: [part.copy() for part in np.split(data[rank], local)] for rank in range(ranks)}
    inside = [[d * local + i for i in range(local)] for d in range(domains)]

    before = dict(wire.steps)
    steps = []
    for group in inside:
        wire.steps = dict(before)
        ring_reduce_scatter(chunks, group, wire)
        steps.append(wire.steps["inside"])
    for place in range(local):
        rail = [group[place] for group in inside]
        own = {rank: list(np.split(chunks[rank][(place + 1) % local], domains)) for rank in rail}
        ring_reduce_scatter(own, rail, wire)
        ring_gather(own, rail, wire)
        for rank in rail:
            chunks[rank][(place + 1) % local] = np.concatenate(own[rank])
    for group in inside:
        ring_gather(chunks, group, wire)
    for rank in range(ranks):
        np.testing.assert_array_equal(np.concatenate(chunks[rank]), data.sum(axis=0))

    size = data[0].nbytes
    assert 2 * ring_all_gather(size, local, bandwidth=1, latency=0) == approx(wire.sent["inside"].max())
    assert ring_all_reduce(size / local, domains, bandwidth=1, latency=0) == approx(wire.sent["across"].max())
    assert set(steps) == {local - 1}


@pytest.mark.parametrize("ranks", [2, 4, 8])
def test_in_network_all_reduce_moves_what_the_formula_says(ranks):
    """The switch reads part i of every rank, sends the sum to rank i, which writes it back to all through the switch."""
    part = np.ones(4)
    sent = np.zeros(ranks)
    received = np.zeros(ranks)
    for owner in range(ranks):
        sent += part.nbytes  # every rank's part is read
        received[owner] += part.nbytes  # the sum
        sent[owner] += part.nbytes  # written once; the switch makes the copies
        received += part.nbytes
    size = ranks * part.nbytes
    assert in_network_all_reduce(size, ranks, bandwidth=1, latency=0) == approx(sent.max()) == approx(received.max())


def test_in_network_gain_over_a_ring():
    """nccl-tests compares in-network all-reduce by (n-1)/(n+1), the ring's 2(n-1)/n over the switch's (n+1)/n, halved."""
    ranks = np.array([2, 8, 72])
    gain = ring_all_reduce(1e9, ranks, 1e9, 0) / in_network_all_reduce(1e9, ranks, 1e9, 0)
    np.testing.assert_allclose(gain / 2, (ranks - 1) / (ranks + 1))


def test_factors_of_nccl_tests():
    ranks = np.arange(2, 100)
    size, bandwidth = 1e9, 5e10
    time = ring_all_reduce(size, ranks, bandwidth, latency=0)
    np.testing.assert_allclose(size / time * bus_bandwidth_factor(ranks), bandwidth)
    for half in (ring_all_gather, direct_all_to_all):
        np.testing.assert_allclose(size / half(size, ranks, bandwidth, 0) * (ranks - 1) / ranks, bandwidth)


IDEAL = Network(
    domain=8, nvlink=450e9, nic=50e9, oversubscription=1, nvlink_efficiency=1, nic_efficiency=1,
    nvlink_latency=0, nic_latency=0, launch=0,
)  # fmt: skip


def test_tree_has_fewer_steps_and_ring_fewer_bytes():
    assert tree_all_reduce(0, 1024, 1, latency=1) == 2 * 10
    assert ring_all_reduce(0, 1024, 1, latency=1) == 2 * 1023
    assert tree_all_reduce(1e12, 8, 1e9, 0) > ring_all_reduce(1e12, 8, 1e9, 0)


def in_order_tree(nodes):
    """{node: parent} of a binary tree of 1 to `nodes`, a power of two, in which every odd node is a leaf."""
    return {node: node - (node & -node) | 2 * (node & -node) for node in range(1, nodes)}


@pytest.mark.parametrize("domains", [8, 16, 64, 1024])
def test_a_double_tree_sends_what_the_formula_says(domains):
    """Each tree carries half of the buffer; the second is the first, shifted by one, so that its leaves are the other's inner nodes."""
    sent = np.zeros(domains)
    for shift in (0, 1):
        for child, parent in in_order_tree(domains).items():
            sent[(child + shift) % domains] += 0.5  # up
            sent[(parent + shift) % domains] += 0.5  # down
    assert flat_tree_all_reduce(8e9, domains, 1, IDEAL) == approx(sent.max() * 8e9 / 50e9)
    assert flat_tree_all_reduce(0, domains, 1, dataclasses.replace(IDEAL, nic_latency=1.0)) == 2 * np.log2(domains)


H100 = network_of(CHIPS["H100 SXM"])
GB300 = network_of(CHIPS["GB300 NVL72"])


def test_measured_bus_bandwidth_of_a_ring_on_eight_h200():
    """stas00/ml-engineering, August 2026: 367.6 GB/s at 16 GiB with the switch's reduction off."""
    size = 16 * 2**30
    network = network_of(CHIPS["H200 SXM"])
    busbw = size / all_reduce(size, 8, 8, network) * bus_bandwidth_factor(8)
    assert busbw == approx(367.6e9, rel=0.01)


def test_placement():
    assert local_ranks(8, 1, H100) == 8
    assert local_ranks(16, 1, H100) == 8
    assert local_ranks(16, 8, H100) == 1  # data parallel outside of tensor parallel 8
    assert local_ranks(64, 1, GB300) == 64
    assert local_ranks(100, 1, GB300) == 50
    assert local_ranks(4, 4, H100) == 2
    assert random_local_ranks(8, 8, H100) == 8
    assert random_local_ranks(8, 1_000_000, H100) == approx(1, abs=1e-4)


def test_a_group_of_one_costs_nothing():
    for collective in (all_reduce, flat_tree_all_reduce, switched_all_reduce, all_gather, all_to_all, send):
        assert collective(1e9, 1, 1, H100) == 0


def test_switches_halve_what_a_gpu_sends_across():
    """SHARP: the share once up and once down, where a ring of many ranks sends it twice; one domain is NVLink's switch."""
    many = 2**20
    assert switched_all_reduce(8e9, 8, 8, IDEAL) == approx(9 / 8 * 8e9 / 450e9)
    across = switched_all_reduce(8e9, 8 * many, 8, IDEAL) - switched_all_reduce(8e9, 8, 8, IDEAL)
    assert across == approx(1e9 / 50e9)
    ring = hierarchical_all_reduce(8e9, 8 * many, 8, IDEAL) - hierarchical_all_reduce(8e9, 8, 8, IDEAL)
    assert ring / across == approx(2, rel=1e-5)


def test_without_latency_one_domain_is_bound_by_nvlink_and_many_by_their_nics():
    """NCCL's ring through all nodes runs at what leaves a node: 8 NICs of 50 GB/s on an H100 server."""
    assert all_gather(8e9, 8, 8, IDEAL) == approx(7 / 8 * 8e9 / 450e9)
    assert all_gather(8e9, 64, 8, IDEAL) == approx(min(63 / 64 * 8e9 / 400e9, 7 / 8 * 8e9 / 450e9 + 7 / 8 * 1e9 / 50e9))
    assert all_to_all(8e9, 64, 8, IDEAL) == approx(56 / 64 * 8e9 / 50e9)
    assert send(8e9, 2, 1, IDEAL) == approx(8e9 / 50e9)
    assert send(8e9, 2, 2, IDEAL) == approx(8e9 / 450e9)


collectives = st.sampled_from([all_reduce, flat_tree_all_reduce, switched_all_reduce, all_gather, all_to_all, send])
chips = st.sampled_from(list(CHIPS.values()))


@given(collectives, chips, st.integers(1, 10_000), st.floats(0, 1e12), st.floats(1, 8), st.integers(1, 64))
def test_a_better_network_is_never_slower(collective, chip, ranks, size, oversubscription, stride):
    plain = network_of(chip, oversubscription)
    local = local_ranks(ranks, stride, plain)
    time = collective(size, ranks, local, plain)
    assert np.isfinite(time) and time >= 0
    for better in (
        network_of(chip, 1.0),
        network_of(chip, oversubscription, nic_efficiency=1.0),
        network_of(chip, oversubscription, nvlink_efficiency=1.0),
        network_of(chip, oversubscription, nvlink_latency=0),
        network_of(chip, oversubscription, nic_latency=0, launch=0),
    ):
        assert collective(size, ranks, local, better) <= time * (1 + 1e-12)
    assert collective(size / 2, ranks, local, plain) <= time * (1 + 1e-12)
