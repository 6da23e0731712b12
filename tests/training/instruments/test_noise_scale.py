"""The noise scale against the covariance of the gradients of single samples, computed by autograd."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tests.training.instruments.probes import autograd, probe_at
from tests.training.runs import REGRESSION
from training.instruments import noise_scale
from training.instruments.noise_scale import BATCHES, NoiseScale, estimate
from training.instruments.probe import Probe

MANY = {"dataset": "moons", "samples": 200, "held_out": 0.3, "noise": 0.5}


def single_gradients(probe: Probe) -> torch.Tensor:
    """Return the gradient of every training sample, ``[N, P]``."""
    x, target = probe.bench.samples(np.arange(len(probe.bench.data.x_train)))
    return torch.stack([autograd(probe, probe.params, x[[row]], target[[row]]) for row in range(len(x))])


@pytest.mark.parametrize(
    "changes",
    [{"data": MANY}, {"data": MANY, "regularization": {"l2": 0.1}}, {**REGRESSION, "network": {"hidden": []}}],
)
def test_on_average_it_is_that_of_all_samples(changes: dict[str, Any]) -> None:
    """Many readings agree on average with tr Σ and |G|² computed directly, to within four standard errors."""
    probe = probe_at(4, **changes)
    gradients = single_gradients(probe)
    trace = gradients.var(0, correction=1).sum().item()
    square = gradients.mean(0).square().sum().item()
    instrument = NoiseScale()
    readings = np.stack([instrument.measure(probe) for _ in range(150)])
    for found, wanted in zip(readings[:, 1:].T, (trace, square), strict=True):
        error = found.std(ddof=1) / np.sqrt(len(found))
        assert abs(found.mean() - wanted) < 4 * error
        assert error < 0.1 * wanted
    known = readings[readings[:, 2] > 0]
    np.testing.assert_allclose(known[:, 0], known[:, 1] / known[:, 2])


def test_one_reading_is_what_the_gradients_of_its_batches_say() -> None:
    probe = probe_at(4, data=MANY)
    samples, size = len(probe.bench.data.x_train), len(probe.bench.few[0]) // BATCHES
    rows = np.random.default_rng(0).choice(samples, BATCHES * size, replace=False)
    x, target = probe.bench.samples(rows)
    gradients = torch.stack([
        autograd(probe, probe.params, *part)
        for part in zip(x.split(size), target.split(size), strict=True)  # type: ignore[no-untyped-call]
    ])
    trace = size * gradients.var(0, correction=1).sum().item()
    square = gradients.mean(0).square().sum().item() - trace / (BATCHES * size) + trace / samples
    assert NoiseScale().measure(probe) == pytest.approx([trace / square, trace, square], rel=1e-9)


def test_batch_by_batch_it_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = probe_at(4, data=MANY)
    at_once = NoiseScale().measure(probe)
    monkeypatch.setattr(noise_scale, "VALUES_AT_ONCE", 3 * probe.params.numel())
    assert NoiseScale().measure(probe) == pytest.approx(at_once, rel=1e-12)


def test_unknown_where_the_gradient_is_lost_in_the_noise() -> None:
    reading = estimate(torch.zeros(3, dtype=torch.float64), 1.0, size=4, samples=1000)
    assert np.isnan(reading[0])
    assert reading[1] == pytest.approx(4 * BATCHES / (BATCHES - 1))


def test_unknown_of_too_few_samples() -> None:
    few = {"dataset": "moons", "samples": 20, "held_out": 0.3, "noise": 0.5}
    assert np.isnan(NoiseScale().measure(probe_at(1, data=few, batch_size=4))).all()
