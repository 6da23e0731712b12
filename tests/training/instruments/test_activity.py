"""Dead and saturated units, in networks built to have them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tests.training.instruments.probes import probe_of
from tests.training.runs import small
from training.engine import Engine
from training.instruments.activity import DeadUnits, Saturation
from training.instruments.catalog import standard_instruments
from training.layer_statistics import layer_statistics


def pushed(activation: str, biases: list[float]) -> Engine:
    """Return a network of two equal hidden layers whose units get these biases and nothing else that matters."""
    engine = Engine(small(network={"hidden": [len(biases)] * 2, "activation": activation}))
    for slot in engine.architecture.slots:
        row = engine.network.params[0, slot.span]
        if slot.name.endswith("linear.bias"):
            row.copy_(torch.tensor(biases, dtype=torch.float64))
        elif slot.is_weight:
            row.mul_(1e-3)
    return engine


@pytest.mark.parametrize(
    ("activation", "dead", "saturated"),
    [
        ("relu", 0.5, np.nan), ("hardtanh", 0.75, 0.75), ("leaky_relu", np.nan, np.nan),
        ("tanh", np.nan, 0.75), ("sigmoid", np.nan, 0.5), ("softsign", np.nan, 0.5), ("identity", np.nan, np.nan),
    ],
)  # fmt: skip
def test_units_pushed_to_the_ends(activation: str, dead: float, saturated: float) -> None:
    """Slopes fall below 5 %: of tanh beyond |z| = 2.18, of sigmoid beyond 4.36, of softsign beyond 3.47."""
    probe = probe_of(pushed(activation, [-5.0, -9.0, 0.1, 3.0]))
    np.testing.assert_equal(DeadUnits().measure(probe), [dead, dead])
    np.testing.assert_equal(Saturation().measure(probe), [saturated, saturated])


@pytest.mark.parametrize("normalization", ["none", "batch", "layer"])
def test_the_same_as_the_statistics_of_a_snapshot(normalization: str) -> None:
    network = {"hidden": [6, 5, 4], "activation": ["relu", "tanh", "hardtanh"], "normalization": normalization}
    engine = Engine(small(network=network, optimizer={"method": "adam", "lr": 0.5}))
    engine.advance(20)
    wanted = layer_statistics(engine.snapshot(), engine.data.x_train)[:-1]
    probe = probe_of(engine)
    np.testing.assert_equal(DeadUnits().measure(probe), [layer.dead for layer in wanted])
    np.testing.assert_equal(Saturation().measure(probe), [layer.saturated for layer in wanted])


@pytest.mark.parametrize(
    ("network", "wanted"),
    [
        ({"hidden": [4], "activation": "relu"}, {"dead_units"}),
        ({"hidden": [4], "activation": "tanh"}, {"saturation"}),
        ({"hidden": [4, 4], "activation": ["hardtanh", "elu"]}, {"dead_units", "saturation"}),
        ({"hidden": [4], "activation": "elu"}, set()), ({"hidden": []}, set()),
    ],
)  # fmt: skip
def test_only_where_there_is_something_to_say(network: dict[str, Any], wanted: set[str]) -> None:
    names = set(standard_instruments(Engine(small(network=network)).architecture))
    assert names & {"dead_units", "saturation"} == wanted
    assert ("unit_similarity" in names) == bool(network["hidden"])
