"""Snapshots: copies that never change, and what they predict."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tests.training.runs import REGRESSION, small, weights_of
from training.engine import Engine

NETWORK = {"hidden": [6, 6, 5], "normalization": "batch", "skip_every": 1, "dropout": 0.2}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("normalization", ["none", "batch", "layer"])
def test_predictions_are_those_of_the_module(dtype: str, normalization: str) -> None:
    network = {**NETWORK, "normalization": normalization}
    engine = Engine(small(network=network, dtype=dtype, replicas=2))
    engine.advance(9)
    for replica in range(2):
        snapshot = engine.snapshot(replica)
        module = engine.network.to_torch(replica).eval()
        with torch.no_grad():
            inputs = torch.from_numpy(engine.data.x_val).to(engine.network.params.dtype)
            expected = torch.softmax(module(inputs), -1).double().numpy()
        predicted = snapshot.predict(engine.data.x_val)
        tolerance = 1e-5 if dtype == "float32" else 1e-12
        np.testing.assert_allclose(predicted, expected, rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(predicted.sum(axis=1), 1.0, rtol=tolerance)
        assert predicted.dtype == np.float64


def test_a_regression_predicts_scaled_targets() -> None:
    engine = Engine(small(**REGRESSION))
    engine.advance(9)
    module = engine.network.to_torch()
    with torch.no_grad():
        expected = module(torch.from_numpy(engine.data.x_val)).numpy()
    np.testing.assert_allclose(engine.snapshot().predict(engine.data.x_val), expected, rtol=1e-12)


def test_a_snapshot_does_not_change_with_the_run() -> None:
    engine = Engine(small(network=NETWORK))
    engine.advance(4)
    snapshot = engine.snapshot()
    params, statistics = snapshot.params.copy(), snapshot.statistics.copy()
    predicted = snapshot.predict(engine.data.x_val)
    engine.advance(20)
    other = engine.snapshot()
    assert (snapshot.step, other.step, snapshot.epoch) == (4, 24, 1.0)
    assert not np.array_equal(other.predict(engine.data.x_val), predicted)
    assert np.array_equal(snapshot.params, params)
    assert np.array_equal(snapshot.statistics, statistics)
    assert np.array_equal(snapshot.predict(engine.data.x_val), predicted)


def test_reading_a_snapshot_does_not_touch_the_run() -> None:
    engine, quiet = Engine(small(network=NETWORK)), Engine(small(network=NETWORK))
    records: list[Any] = []
    while not engine.finished:
        snapshot = engine.snapshot()
        snapshot.predict(engine.data.x_train)
        snapshot.activations(engine.data.x_train)
        for weight in snapshot.weights():
            weight += 1
        snapshot.tensors()
        records.append(engine.advance(5).records)
    assert np.array_equal(np.concatenate(records), quiet.advance(1000).records)


def test_weights_and_tensors() -> None:
    engine = Engine(small(network=NETWORK))
    engine.advance(6)
    snapshot, named = engine.snapshot(), engine.network.tensors()
    assert [weight.shape for weight in snapshot.weights()] == [(2, 6), (6, 6), (6, 5), (5, 2)]
    for index, weight in enumerate(snapshot.weights()[:-1]):
        assert np.array_equal(weight.T, named[f"blocks.{index}.linear.weight"])
    assert snapshot.tensors().keys() == named.keys()
    for name, value in snapshot.tensors().items():
        assert np.array_equal(value, named[name]), name


def test_activations_of_every_hidden_layer() -> None:
    engine = Engine(small(network={"hidden": [6, 5], "activation": "tanh"}))
    engine.advance(5)
    snapshot, x = engine.snapshot(), engine.data.x_val
    first, second = snapshot.activations(x)
    named = snapshot.tensors()
    expected = np.tanh(x @ named["blocks.0.linear.weight"].T + named["blocks.0.linear.bias"])
    np.testing.assert_allclose(first, expected, rtol=1e-12)
    expected = np.tanh(expected @ named["blocks.1.linear.weight"].T + named["blocks.1.linear.bias"])
    np.testing.assert_allclose(second, expected, rtol=1e-12)


def test_the_start_is_kept() -> None:
    engine = Engine(small(network=NETWORK, replicas=2))
    first = [weights_of(engine, replica) for replica in range(2)]
    engine.advance(20)
    for replica in range(2):
        snapshot = engine.initial_snapshot(replica)
        assert (snapshot.step, snapshot.epoch) == (0, 0.0)
        assert np.array_equal(snapshot.params, first[replica])
        assert not np.array_equal(weights_of(engine, replica), first[replica])
    fresh = Engine(small(network=NETWORK, replicas=2))
    x = engine.data.x_val
    assert np.array_equal(engine.initial_snapshot(1).predict(x), fresh.snapshot(1).predict(x))
