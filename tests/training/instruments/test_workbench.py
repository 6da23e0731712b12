"""Objective and gradient beside the run, against autograd, and which samples stand for all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from models.architecture import Architecture
from tests.training.instruments.probes import autograd, probe_at
from tests.training.runs import REGRESSION, data_of, small
from training.instruments.workbench import FEW, FEWEST, ROWS, Workbench

CASES: list[dict[str, Any]] = [
    {}, REGRESSION, {"regularization": {"l2": 0.3}}, {"loss": {"kind": "cross_entropy", "label_smoothing": 0.2}},
    {**REGRESSION, "loss": {"kind": "huber", "delta": 0.3}},
    {"network": {"hidden": [6, 5, 4], "skip_every": 2, "normalization": "batch", "dropout": 0.4}},
    {"network": {"hidden": [6, 5], "normalization": "layer", "activation": "gelu"}},
]  # fmt: skip


@pytest.mark.parametrize("changes", CASES)
def test_gradients_are_those_of_autograd_at_every_place(changes: dict[str, Any]) -> None:
    probe = probe_at(5, **changes)
    bench = probe.bench
    places = torch.stack([probe.params.double(), probe.params.double() * 0.5])
    losses, gradients = bench.gradients(places)
    torch.testing.assert_close(bench.losses(places), losses, rtol=1e-12, atol=0)
    if "dropout" not in changes.get("network", {}):
        for place, gradient in zip(places, gradients, strict=True):
            torch.testing.assert_close(gradient, autograd(probe, place, bench.x, bench.target), rtol=1e-9, atol=1e-12)
    direction = torch.from_numpy(np.random.default_rng(0).standard_normal(places.shape[1]))
    h = 1e-5
    around = torch.stack([places[0] + h * direction, places[0] - h * direction])
    slope = (bench.losses(around) * torch.tensor([1.0, -1.0])).sum() / (2 * h)
    torch.testing.assert_close(slope, gradients[0] @ direction, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    ("samples", "hidden", "rows", "few"),
    [(100, 5, 100, 100), (2000, 5, ROWS, ROWS), (2000, 200, ROWS, FEW), (2000, 3000, FEWEST, FEWEST)],
)
def test_of_a_large_network_fewer_samples_are_looked_at(samples: int, hidden: int, rows: int, few: int) -> None:
    random = np.random.default_rng(0)
    data = data_of(random.standard_normal((samples, 2)), random.standard_normal((samples, 1)))
    architecture = Architecture(2, 1, (hidden, hidden), ("tanh", "tanh"))
    bench = Workbench(small(**REGRESSION), data, architecture)
    assert (len(bench.chosen), len(bench.x), len(bench.target)) == (rows, rows, rows)
    np.testing.assert_array_equal(bench.x.numpy(), data.x_train[bench.chosen])
    assert [len(part) for part in bench.few] == [few, few]
    seen = {tuple(row) for row in bench.x.tolist()}
    assert {tuple(row) for row in bench.few[0].tolist()} <= seen
    again = Workbench(small(**REGRESSION), data, architecture)
    np.testing.assert_array_equal(again.chosen, bench.chosen)
