"""Snapshots: copies that never change, and what they predict."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any

import numpy as np
import pytest
import torch

from models.network import Network
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


def test_activations_are_what_the_next_layer_gets_shortcuts_included() -> None:
    engine = Engine(small(network={"hidden": [6, 6, 5], "activation": "tanh", "skip_every": 2}))
    engine.advance(5)
    snapshot, x = engine.snapshot(), engine.data.x_val
    first, second, third = snapshot.activations(x)
    named = snapshot.tensors()

    def through(index: int, inputs: Any) -> Any:
        linear = f"blocks.{index}.linear"
        return np.tanh(inputs @ named[f"{linear}.weight"].T + named[f"{linear}.bias"])

    np.testing.assert_allclose(first, through(0, x), rtol=1e-12)
    shortcut = x @ named["projections.1.weight"].T
    np.testing.assert_allclose(second, through(1, first) + shortcut, rtol=1e-12)
    np.testing.assert_allclose(third, through(2, second), rtol=1e-12)
    outputs = third @ named["output.weight"].T + named["output.bias"]
    shares = np.exp(outputs) / np.exp(outputs).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(snapshot.predict(x), shares, rtol=1e-12)


def test_parameters_are_copied_once_for_all_pieces_of_a_prediction(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[Any] = []
    load = Network.load_flat
    monkeypatch.setattr(Network, "load_flat", lambda *arguments: (loaded.append(1), load(*arguments)))
    engine = Engine(small(network=NETWORK))
    first = engine.snapshot()
    engine.advance(9)
    second, x = engine.snapshot(), engine.data.x_val
    whole = first.predict(x), second.predict(x)
    assert len(loaded) == 2
    pieces = [second.predict(x[start : start + 3]) for start in range(0, len(x), 3)]
    np.testing.assert_allclose(np.concatenate(pieces), whole[1], rtol=1e-12)
    second.activations(x)
    second.tensors()
    assert len(loaded) == 2
    for snapshot, expected in ((first, whole[0]), (second, whole[1]), (first, whole[0])):  # in turns
        assert np.array_equal(snapshot.predict(x), expected)
    assert len(loaded) == 5


def test_one_network_is_kept_however_many_architectures_are_looked_at() -> None:
    gc.collect()
    before = {id(thing) for thing in gc.get_objects() if type(thing) is Network}
    for width in range(3, 9):
        engine = Engine(small(network={"hidden": [width]}))
        engine.snapshot().predict(engine.data.x_val)
    del engine
    gc.collect()
    assert len([thing for thing in gc.get_objects() if type(thing) is Network and id(thing) not in before]) <= 1


def test_a_snapshot_is_one_copy() -> None:
    engine = Engine(small(network={"hidden": [300, 300]}))
    size = engine.network.params.numel() * 8
    with torch.profiler.profile(profile_memory=True) as profile:
        snapshot = engine.snapshot()
    by_torch = sum(max(0, event.self_cpu_memory_usage) for event in profile.key_averages())
    tracemalloc.start()
    snapshot = engine.snapshot()
    _, by_numpy = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert snapshot.params.nbytes == size
    assert by_torch + by_numpy < 1.5 * size


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
