"""The objective along the last step, against a fine line search by autograd's module and closed forms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from tests.training.instruments.hessians import objective, objective_at
from tests.training.instruments.probes import probe_at
from tests.training.runs import REGRESSION
from training.instruments import step_line
from training.instruments.probe import Probe
from training.instruments.step_line import ALPHAS, ROWS, StepLine, losses_along


def line(probe: Probe, alphas: Any) -> list[float]:
    assert probe.before is not None
    before, after = probe.before.double().numpy(), probe.params.double().numpy()
    return [objective_at(probe.bench, before + alpha * (after - before)) for alpha in alphas]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        REGRESSION,
        {"optimizer": {"method": "sgd", "lr": 2.0}, "regularization": {"l1": 0.01, "l2": 0.1}},
        {"network": {"hidden": [5, 5, 4], "skip_every": 2, "normalization": "batch", "activation": "relu"}},
        {"optimizer": {"method": "sgd", "lr": 1e-3}},
    ],
)
def test_as_a_fine_line_search_has_it(changes: dict[str, Any]) -> None:
    probe = probe_at(9, **changes)
    alpha, loss, *losses = StepLine().measure(probe)
    np.testing.assert_allclose(losses, line(probe, ALPHAS), rtol=1e-9)
    around = np.linspace(max(0.0, 0.8 * alpha - 0.05), min(1.2 * alpha + 0.05, ALPHAS[-1]), 61)
    fine = line(probe, around)
    lowest = min(*losses, *fine)
    assert loss == pytest.approx(lowest, rel=1e-5)
    assert line(probe, [alpha]) == pytest.approx([lowest], rel=1e-5)


@pytest.mark.parametrize("lr", [0.02, 0.3, 0.9])
def test_along_a_gradient_of_a_parabola(lr: float) -> None:
    """For full-batch gradient descent on a quadratic objective, α* = gᵀg / (η gᵀHg)."""
    probe = probe_at(
        4, **REGRESSION, network={"hidden": []}, optimizer={"method": "sgd", "lr": lr}, batch_size="full"
    )
    assert probe.gradient is not None
    whole = torch.autograd.functional.hessian(objective(probe.bench), probe.params.clone())
    gradient = probe.gradient.double()
    wanted = float(gradient @ gradient / (lr * gradient @ whole @ gradient))
    assert StepLine().measure(probe)[0] == pytest.approx(wanted, rel=1e-6)


def test_a_step_uphill_was_best_not_made() -> None:
    probe = probe_at(9)
    assert probe.before is not None
    turned = replace(probe, params=2.0 * probe.before - probe.params)
    alpha, loss, start, *_ = StepLine().measure(turned)
    assert alpha == 0.0
    assert loss == start


def test_side_by_side_or_one_by_one_it_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = probe_at(5)
    assert probe.before is not None
    alphas = np.linspace(0.0, 2.0, 7)
    together = losses_along(probe.bench, probe.before, probe.params, alphas)
    monkeypatch.setattr(step_line, "SIDE_BY_SIDE", 2 * len(probe.params))
    rows: list[int] = []
    losses = probe.bench.losses
    monkeypatch.setattr(probe.bench, "losses", lambda places: rows.append(len(places)) or losses(places))
    np.testing.assert_allclose(losses_along(probe.bench, probe.before, probe.params, alphas), together, rtol=1e-12)
    assert rows == [2, 2, 2, 1]


def test_what_overflows_counts_as_high() -> None:
    probe = probe_at(9, **REGRESSION, network={"hidden": [5, 5], "activation": "relu"})
    assert probe.before is not None
    far = replace(probe, params=probe.before + (probe.params - probe.before) * 1e80)
    alpha, loss, start, *losses = StepLine().measure(far)
    assert 0.0 <= alpha < 0.2
    assert loss <= start
    assert not np.isfinite(losses).all()


def test_unknown_before_the_first_step_and_where_nothing_moves() -> None:
    at_start, standing = probe_at(0), probe_at(3, optimizer={"method": "sgd", "lr": 0.0})
    for probe in (at_start, standing):
        assert np.isnan(StepLine().measure(probe)).all()


def test_a_column_for_every_value() -> None:
    probe = probe_at(3)
    assert len(ROWS[0].columns(probe.bench.architecture)) == len(StepLine().measure(probe))
