"""What a step's meters measure of the update, against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tests.training.runs import assert_close, data_of, small
from training.engine import Engine
from training.meter import LONG, DeviceMeter, HostMeter
from training.population import replicas_of
from training.progress import column

SKIPPED = {"hidden": [6, 5, 7], "normalization": "batch", "skip_every": 2}
WIDE = {"hidden": [100, 90]}  # 9,000 weights: long enough for the other formula


def ratios_by_numpy(engine: Engine, steps: int) -> np.ndarray:
    """Train a step at a time and compare the weights before and after, read from outside."""
    rows = []
    for _ in range(steps):
        before = [[*engine.snapshot(replica).weights()] for replica in range(engine.replicas)]
        engine.advance(1)
        after = [[*engine.snapshot(replica).weights()] for replica in range(engine.replicas)]
        rows.append([[ratio(*pair) for pair in zip(*both, strict=True)] for both in zip(after, before, strict=True)])
    return np.array(rows)


def ratio(after: np.ndarray, before: np.ndarray) -> float:
    return float(np.linalg.norm(after.astype(float) - before) / np.linalg.norm(before.astype(float)))


def recorded_ratios(engine: Engine, steps: int) -> np.ndarray:
    layers = engine.architecture.layers
    return engine.advance(steps).records[:, :, column("update_ratio", layers) :]


@pytest.mark.parametrize("network", [{"hidden": []}, SKIPPED, WIDE], ids=["linear", "skips", "wide"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("replicas", [1, 3])
def test_the_update_ratio_is_that_of_the_weights(network: dict[str, Any], dtype: str, replicas: int) -> None:
    experiment = small(network=network, dtype=dtype, replicas=replicas)
    found, expected = recorded_ratios(Engine(experiment), 6), ratios_by_numpy(Engine(experiment), 6)
    assert found.shape == expected.shape == (6, replicas, len(network["hidden"]) + 1)
    assert_close(found, expected, 1e-12 if dtype == "float64" else 1e-3)
    assert ((found > 1e-6) & (found < 1)).all()


def test_replicas_have_the_ratios_of_runs_alone() -> None:
    experiment = small(network=WIDE, dtype="float64", replicas=3)
    together = recorded_ratios(Engine(experiment), 10)
    for replica in range(3):
        assert_close(together[:, replica], recorded_ratios(Engine(replicas_of(experiment)[replica]), 10)[:, 0], 1e-9)


@pytest.mark.parametrize("replicas", [1, 2])
def test_weights_of_zero_have_an_infinite_ratio_and_resting_ones_none(replicas: int) -> None:
    """From zero weights only the output layer moves: the signal that reaches the hidden one is zero."""
    network = {"hidden": [3], "activation": "tanh", "initialization": {"scheme": "zeros"}}
    experiment = small(network=network, data={"dataset": "plane"}, loss={"kind": "mse"}, replicas=replicas)
    x = np.random.default_rng(0).normal(size=(20, 3))
    engine = Engine(experiment, data_of(x, x.sum(axis=1, keepdims=True)))
    found = recorded_ratios(engine, 2)
    assert np.isnan(found).all()  # neither moves: tanh 0 = 0
    engine = Engine(small(network={"hidden": [], "initialization": {"scheme": "zeros"}}, replicas=replicas))
    found = recorded_ratios(engine, 2)
    assert np.isposinf(found[0]).all()
    assert np.isfinite(found[1]).all()


@pytest.mark.parametrize("size", [1e-25, 1e-12, 1.0, 1e25])
def test_long_layers_are_measured_whatever_their_size(size: float) -> None:
    """The squares of the smallest and the largest do not fit into float32."""
    engine = Engine(small(network=WIDE, dtype="float32"))
    weights = np.random.default_rng(0).normal(size=(2, engine.architecture.n_parameters)) * [[size], [size * 1e-3]]
    change = torch.from_numpy(weights).float().unsqueeze(1)
    assert engine.architecture.weight_slots[1].size >= LONG
    for meter in (HostMeter(engine.network, change), DeviceMeter(engine.network, change)):
        meter.take_update()
        for layer, slot in enumerate(engine.architecture.weight_slots):
            expected = np.linalg.norm(weights[1, slot.span]) / np.linalg.norm(weights[0, slot.span])
            found = meter.measured[column("update_ratio", 3, layer), 0].item()
            assert found == pytest.approx(expected, rel=1e-5)
