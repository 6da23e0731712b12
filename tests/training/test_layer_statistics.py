"""Layer statistics against NumPy and the PyTorch module of the same network."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from models.activations import ACTIVATIONS
from tests.training.runs import REGRESSION, small
from training.engine import Engine
from training.experiment_file import find, load
from training.layer_statistics import LayerStatistics, layer_statistics
from training.snapshot import Snapshot
from training.validation import replace


def of(engine: Engine) -> tuple[LayerStatistics, ...]:
    return layer_statistics(engine.snapshot(), engine.data.x_train)


class Seen(nn.Module):
    """Stands in for an activation function and remembers what went in and came out."""

    def __init__(self, function: nn.Module) -> None:
        super().__init__()
        self.function = function

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        self.z = z.detach().clone().requires_grad_()
        self.a = self.function(self.z)
        (self.slope,) = torch.autograd.grad(self.a.sum(), self.z)
        return self.a.detach()


@pytest.mark.parametrize("normalization", ["none", "batch", "layer"])
def test_statistics_are_those_of_the_module(normalization: str) -> None:
    activations = ("tanh", "relu", "sigmoid", "hardtanh")
    network = {
        "hidden": [6, 5, 5, 4], "activation": list(activations), "normalization": normalization, "skip_every": 2,
    }  # fmt: skip
    engine = Engine(small(network=network, optimizer={"method": "adam", "lr": 0.3}))
    engine.advance(20)
    module: Any = engine.network.to_torch().eval()
    seen = []
    for block, name in zip(module.blocks, activations, strict=True):
        block.activation = Seen(ACTIVATIONS[name].module())
        seen.append(block.activation)
    predicted = torch.softmax(module(torch.from_numpy(engine.data.x_train)), -1).detach()
    layers = [*(block.linear for block in module.blocks), module.output]
    found = of(engine)
    assert [layer.name for layer in found] == ["layer 1", "layer 2", "layer 3", "layer 4", "output"]
    assert [layer.activation for layer in found] == [*activations, "softmax"]
    assert sum(layer.parameters for layer in found) == sum(each.numel() for each in module.parameters())
    for layer, linear, values in zip(found, layers, [*(each.a for each in seen), predicted], strict=True):
        weight = linear.weight.detach().numpy()
        assert layer.shape == weight.T.shape
        assert [layer.weight_mean, layer.weight_std, layer.weight_norm, layer.weight_min, layer.weight_max] == (
            pytest.approx([weight.mean(), weight.std(), np.linalg.norm(weight), weight.min(), weight.max()], rel=1e-9)
        )
        numbers = values.detach().numpy()
        assert layer.activation_mean == pytest.approx(numbers.mean(), rel=1e-9)
        assert layer.activation_std == pytest.approx(numbers.std(), rel=1e-9)
        np.testing.assert_allclose(layer.unit_means, numbers.mean(axis=0), rtol=1e-9, atol=1e-12)
    for layer, each, steepest in zip(found, seen, (1.0, None, 0.25, 1.0), strict=False):
        slope = each.slope.numpy()
        if steepest is None:
            assert np.isnan(layer.saturated)
        else:
            assert layer.saturated == (slope < 0.05 * steepest).mean()
        if layer.activation in ("relu", "hardtanh"):
            assert layer.dead == (slope == 0).all(axis=0).mean()
        else:
            assert np.isnan(layer.dead)
    assert np.isnan([found[-1].dead, found[-1].saturated]).all()


def with_biases(activation: str, biases: list[float]) -> Snapshot:
    """Return a network whose hidden units get their biases and nothing else that matters."""
    engine = Engine(small(network={"hidden": [4], "activation": activation}))
    slots = {slot.name: slot for slot in engine.architecture.slots}
    engine.network.params[:, slots["blocks.0.linear.weight"].span] *= 1e-3
    engine.network.params[0, slots["blocks.0.linear.bias"].span] = torch.tensor(biases, dtype=torch.float64)
    return engine.snapshot()


@pytest.mark.parametrize(
    ("activation", "dead", "saturated"),
    [
        ("relu", 0.5, np.nan), ("hardtanh", 0.75, 0.75), ("leaky_relu", np.nan, np.nan), ("elu", np.nan, np.nan),
        ("tanh", np.nan, 0.75), ("sigmoid", np.nan, 0.5), ("softsign", np.nan, 0.5), ("identity", np.nan, np.nan),
    ],
)  # fmt: skip
def test_units_pushed_to_the_ends(activation: str, dead: float, saturated: float) -> None:
    """Slopes fall below 5 %: of tanh beyond |z| = 2.18, of sigmoid beyond 4.36, of softsign beyond 3.47."""
    x = np.random.default_rng(0).normal(size=(50, 2))
    hidden = layer_statistics(with_biases(activation, [-5.0, -9.0, 0.1, 3.0]), x)[0]
    np.testing.assert_equal([hidden.dead, hidden.saturated], [dead, saturated])


def test_parameters_of_a_layer_are_all_it_learns() -> None:
    network = {"hidden": [6, 5], "normalization": "layer", "skip_every": 2}
    found = of(Engine(small(network=network)))
    # Weights, biases, scale and shift; where the shortcut ends, its projection from the 2 inputs to 5 units.
    assert [layer.parameters for layer in found] == [2 * 6 + 3 * 6, 6 * 5 + 3 * 5 + 2 * 5, 5 * 2 + 2]


def test_a_regression_without_hidden_layers() -> None:
    engine = Engine(small(**REGRESSION, network={"hidden": []}))
    engine.advance(5)
    (layer,) = of(engine)
    assert (layer.name, layer.activation) == ("output", "identity")
    predicted = engine.snapshot().predict(engine.data.x_train)
    np.testing.assert_allclose(layer.unit_means, predicted.mean(axis=0), rtol=1e-12)


def test_weights_that_are_not_finite_are_told_without_a_warning() -> None:
    engine = Engine(small(network={"hidden": [4], "activation": "relu"}))
    engine.network.params[0, 0], engine.network.params[0, 1] = np.nan, np.inf
    for layer in of(engine):
        assert layer.unit_means.shape == (layer.shape[1],)
    assert np.isnan(of(engine)[0].weight_mean)


def test_it_takes_less_than_a_millisecond_for_a_small_network() -> None:
    engine = Engine(replace(load(find("two_spirals")), {"network.hidden": [16] * 4}))
    snapshot, inputs = engine.snapshot(), engine.data.x_train[:128]
    taken = []
    for _ in range(30):
        began = time.thread_time()
        layer_statistics(snapshot, inputs)
        taken.append(time.thread_time() - began)
    assert min(taken) < 1e-3
