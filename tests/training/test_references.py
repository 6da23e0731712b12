"""Figures that the lab must show truly: T15 and T18 of the references, through networks and engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from models.activations import ACTIVATIONS
from models.architecture import Architecture
from models.network import Network
from models.torch_network import TorchNetwork
from tests.training.runs import FloatArray, data_of, small
from training.data.prepare import PreparedData
from training.engine import Engine
from training.progress import column


@pytest.mark.parametrize(
    ("scheme", "bound", "first", "last"),
    [("uniform", 1 / np.sqrt(1000), 0.461, 0.047), ("xavier_uniform", 0.0, 0.628, 0.322)],
)
def test_t15a_spread_of_tanh_activations(scheme: str, bound: float, first: float, last: float) -> None:
    """Five layers of 1,000 at the start (Glorot & Bengio 2010): standard deviation of the activations."""
    network = Network(Architecture(1000, 1, (1000,) * 5, ("tanh",) * 5), 1)
    source = torch.Generator().manual_seed(0)
    network.initialize([source], scheme, bound)
    network.forward(torch.randn(1, 200, 1000, generator=source), training=False)
    spread = [block.a.std().item() for block in network.blocks]
    assert spread[0] == pytest.approx(first, rel=0.02)
    assert spread[-1] == pytest.approx(last, rel=0.03)
    assert spread == sorted(spread, reverse=True)


@pytest.mark.parametrize(
    ("activation", "scheme", "signal", "weight"),
    [("relu", "he_normal", (0.5, 1.5), (0.05, 0.3)), ("sigmoid", "xavier_uniform", (2e-13, 4e-12), (1e-13, 4e-12))],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_t15b_signals_through_twenty_layers(
    activation: str, scheme: str, signal: tuple[float, float], weight: tuple[float, float], dtype: str
) -> None:
    """Layer 1 over layer 20 of what comes back, median of ten seeds: weight gradients alone hide the vanishing."""
    rng = np.random.default_rng(0)
    data = data_of(rng.standard_normal((128, 64)), rng.standard_normal((128, 1)))
    experiment = small(
        data={"dataset": "plane", "held_out": 0.0}, loss={"kind": "mse"}, batch_size="full", epochs=1, replicas=10,
        network={"hidden": [64] * 20, "activation": activation, "initialization": {"scheme": scheme}}, dtype=dtype,
    )  # fmt: skip
    record = Engine(experiment, data).advance(1).records[0]
    ratios = {
        name: float(np.median(record[:, column(name, 21, 0)] / record[:, column(name, 21, 19)]))
        for name in ("signal_norm", "weight_grad_norm")
    }
    assert signal[0] < ratios["signal_norm"] < signal[1], ratios
    assert weight[0] < ratios["weight_grad_norm"] < weight[1], ratios
    assert ACTIVATIONS[activation].name == activation


def overfitting(seed: int, **stopping: Any) -> Engine:
    """Return a run on 15 noisy points of a sine, from the initial weights of PyTorch, as the reference was."""
    network = {"hidden": [64, 64], "activation": "tanh"}
    experiment = small(
        data={"dataset": "sine"}, loss={"kind": "mse"}, network=network, optimizer={"method": "adam", "lr": 0.01},
        batch_size="full", epochs=2000, stopping={"early": {"enabled": False, **stopping}},
    )  # fmt: skip
    engine = Engine(experiment, sine_with_few_points(seed))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        engine.network.load_tensors(dict(TorchNetwork(engine.architecture).state_dict()))
    return engine


def sine_with_few_points(seed: int) -> PreparedData:
    rng = np.random.default_rng(seed)

    def points(count: int) -> tuple[FloatArray, FloatArray]:
        x = rng.uniform(-1, 1, (count, 1))
        return x, np.sin(3 * x) + 0.3 * rng.standard_normal((count, 1))

    return data_of(*points(15), *points(200))


def test_t18_fifteen_points_of_a_sine_are_overfitted() -> None:
    """The ranges of the reference are those of its five draws: medians must lie in them, single draws near them."""
    found = []
    for seed in range(5):
        losses = np.array([record.val_loss[0] for part in overfitting(seed).train() for record in part.evaluations])
        assert len(losses) == 2001
        patient = overfitting(seed, enabled=True, patience=20)
        for _ in patient.train():
            pass
        (outcome,) = patient.outcomes
        assert outcome is not None
        assert outcome.reason == "early_stopped"
        predicted = patient.snapshot().predict(patient.data.x_val)
        kept = float(((predicted - patient.data.y_val) ** 2).mean())
        assert kept == pytest.approx(outcome.best_metric, rel=1e-9)
        found.append((losses.min(), losses[-1], outcome.epoch, kept / losses.min()))
    best, last, epoch, ratio = np.array(found).T
    assert ((best > 0.09) & (best < 0.27)).all(), best
    assert ((last > 0.15) & (last < 1.43) & (last > 1.1 * best)).all(), last
    assert ((epoch > 25) & (epoch < 160)).all(), epoch
    assert (ratio < 1.09).all(), ratio
    assert 0.10 < np.median(best) < 0.27
    assert 0.21 < np.median(last) < 1.43
    assert 31 <= np.median(epoch) <= 101
