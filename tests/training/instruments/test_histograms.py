"""Histograms against `numpy.histogram`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.training.instruments.probes import probe_at
from training.instruments.histograms import (
    BINS,
    VALUES_EACH,
    ActivationHistogram,
    GradientHistogram,
    LayerHistograms,
    WeightHistogram,
    _columns,
    _some,
    histograms,
)
from training.snapshot import Snapshot


def assert_is_histogram(found: LayerHistograms, layer: int, values: NDArray[Any]) -> None:
    counts, edges = np.histogram(values.astype(np.float64), bins=BINS)
    assert (found.low[layer], found.high[layer]) == (values.min(), values.max())
    np.testing.assert_allclose(found.edges(layer), edges, rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(found.shares[layer], counts / values.size, rtol=1e-12)


@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.lists(st.integers(2, 200), min_size=1, max_size=6),
    scale=st.floats(-30, 30).map(lambda power: 10.0**power),
)
@settings(max_examples=60)
def test_each_part_has_the_histogram_of_numpy(seed: int, sizes: list[int], scale: float) -> None:
    random = np.random.default_rng(seed)
    parts = [scale * (random.standard_normal(size) + index) for index, size in enumerate(sizes)]
    found = LayerHistograms.of(histograms(parts))
    for layer, part in enumerate(parts):
        assert_is_histogram(found, layer, part)


def test_values_that_are_all_equal() -> None:
    found = LayerHistograms.of(histograms([np.zeros(5), np.full(3, 7.0)]))
    assert_is_histogram(found, 0, np.zeros(5))
    assert_is_histogram(found, 1, np.full(3, 7.0))


def test_what_is_not_finite_is_in_no_bin() -> None:
    found = LayerHistograms.of(histograms([
        np.array([0.0, np.nan, 1.0, np.inf]), np.array([np.nan, -np.inf]), np.array([2.0, 3.0]),
    ]))  # fmt: skip
    np.testing.assert_equal(found.low, [0.0, np.nan, 2.0])
    np.testing.assert_equal(found.high, [1.0, np.nan, 3.0])
    np.testing.assert_allclose(found.shares.sum(axis=1), [0.5, 0.0, 1.0])


@pytest.mark.parametrize(
    "network", [{"hidden": [6, 5]}, {"hidden": []}, {"hidden": [6, 5, 4], "skip_every": 2, "normalization": "batch"}]
)
def test_histograms_of_a_run(network: dict[str, Any]) -> None:
    probe = probe_at(7, network=network)
    architecture = probe.bench.architecture
    snapshot = Snapshot(7, 0.0, architecture, "regression", probe.params.numpy(), probe.statistics.numpy())
    blocks, output = snapshot.inside(probe.bench.data.x_train)
    assert probe.gradient is not None
    wanted = {
        WeightHistogram: snapshot.weights(),
        GradientHistogram: [probe.gradient.numpy()[slot.span] for slot in architecture.weight_slots],
        ActivationHistogram: [*(block.a.numpy() for block in blocks), output.numpy()],
    }
    for instrument, values in wanted.items():
        reading = instrument().measure(probe)
        assert len(_columns(architecture)) == len(reading)
        found = LayerHistograms.of(reading)
        assert len(found.low) == len(values) == architecture.layers
        for layer, part in enumerate(values):
            np.testing.assert_allclose([found.low[layer], found.high[layer]], [part.min(), part.max()], rtol=1e-12)
            np.testing.assert_allclose(found.shares[layer], np.histogram(part, BINS)[0] / part.size)


def test_before_the_first_step_there_is_no_gradient() -> None:
    assert np.isnan(GradientHistogram().measure(probe_at(0))).all()


@pytest.mark.parametrize("shape", [(784, 128), (100, 64), (5000, 3), (4097, 1), (60, 60)])
def test_of_a_large_matrix_all_columns_have_the_same_part(shape: tuple[int, int]) -> None:
    column = np.broadcast_to(np.arange(shape[1]), shape)
    seen = np.bincount(_some(column), minlength=shape[1])
    assert seen.sum() <= VALUES_EACH
    assert seen.max() - seen.min() <= 1
