"""The cosine of successive gradients, against autograd and in closed form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tests.training.instruments.probes import autograd, probe_at
from tests.training.runs import REGRESSION
from training.instruments.direction import GradientCosine


@pytest.mark.parametrize(
    "changes",
    [{}, REGRESSION, {"network": {"hidden": [6, 5, 4], "skip_every": 2, "normalization": "batch"}},
     {"regularization": {"l2": 0.1}, "network": {"hidden": [5], "normalization": "layer"}}],
)  # fmt: skip
def test_as_autograd_has_it(changes: dict[str, Any]) -> None:
    probe = probe_at(9, **changes)
    assert probe.before is not None
    before, after = (autograd(probe, params, *probe.bench.few) for params in (probe.before, probe.params))
    wanted = torch.nn.functional.cosine_similarity(before, after, dim=0).item()
    assert GradientCosine().measure(probe) == pytest.approx([wanted], rel=1e-9)


@pytest.mark.parametrize(("lr", "sign"), [(0.05, 1), (0.9, -1)])
def test_steps_too_long_for_the_curvature_turn_back(lr: float, sign: int) -> None:
    """A linear model with full batches: below 1/λ the gradient keeps its direction, above it it turns about."""
    probe = probe_at(
        60, **REGRESSION, network={"hidden": []}, optimizer={"method": "sgd", "lr": lr}, batch_size="full", epochs=100
    )
    cosine = GradientCosine().measure(probe)[0]
    assert np.sign(cosine) == sign
    assert abs(cosine) > 0.99


def test_unknown_before_the_first_step() -> None:
    assert np.isnan(GradientCosine().measure(probe_at(0))).all()
