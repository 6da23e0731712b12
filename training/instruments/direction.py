"""How the direction of the gradient changes from one step to the next."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from models.architecture import Architecture
from training.instruments.instrument import InstrumentInfo
from training.instruments.probe import Probe

FloatArray = NDArray[np.float64]


class GradientCosine:
    """Cosine between the gradients of the objective on the same samples before and after the last step."""

    def measure(self, probe: Probe) -> FloatArray:
        """Return the cosine, ``[1]``; NaN before the first step, and where a gradient is zero."""
        if probe.before is None:
            return np.array([np.nan])
        _, gradients = probe.bench.gradients(torch.stack([probe.before, probe.params]), *probe.bench.few)
        norms = torch.linalg.vector_norm(gradients, dim=1)
        return np.array([(torch.dot(gradients[0], gradients[1]) / (norms[0] * norms[1])).item()])


def _columns(architecture: Architecture) -> tuple[str, ...]:
    return ("cosine",)


ROWS = (
    InstrumentInfo(
        "gradient_cosine", "Cosine of successive gradients", "", "∇L(θₜ₋₁)·∇L(θₜ) / (‖∇L(θₜ₋₁)‖ ‖∇L(θₜ)‖)",
        "Near 1 the steps are short on the scale of the curvature; below 0 each step overshoots and turns back.",
        "Xing et al. 2018, sec. 3", GradientCosine, _columns,
    ),
)  # fmt: skip
