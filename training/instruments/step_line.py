"""The objective along the line of the last step: whether it stopped short of the lowest point or went beyond it."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.architecture import Architecture
from training.instruments.instrument import InstrumentInfo
from training.instruments.probe import Probe
from training.instruments.workbench import Workbench

FloatArray = NDArray[np.float64]

ALPHAS = (0.0, 0.125, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)
"""Places on the line where the objective is always looked at, in lengths of the step: 0 is before it, 1 after it."""
REFINEMENTS = 2
SIDE_BY_SIDE = 4_000_000
"""So many values of parameters are computed on at once, at the most."""


def losses_along(bench: Workbench, before: Tensor, after: Tensor, alphas: FloatArray) -> FloatArray:
    """Return the objective at ``before + α (after − before)`` for each α, ``[K]``."""
    step = after.double() - before.double()
    rows = max(1, SIDE_BY_SIDE // len(step))
    parts = torch.split(torch.from_numpy(alphas)[:, None], rows)
    found: FloatArray = torch.cat([bench.losses(before.double() + part * step) for part in parts]).numpy()
    return found


def lowest_along(bench: Workbench, before: Tensor, after: Tensor, losses: FloatArray) -> tuple[float, float]:
    """Return α* and the objective there: the lowest point of the line between 0 and the last of `ALPHAS`.

    The lowest of `ALPHAS` is refined between its neighbors: on ever finer even grids, then by a parabola.

    Parameters
    ----------
    losses
        The objective at `ALPHAS`; what is not finite counts as high.
    """
    alphas = np.array(ALPHAS)
    if not np.isfinite(losses[0]):
        return float("nan"), float("nan")
    for _ in range(REFINEMENTS):
        alphas = np.linspace(*_around(alphas, losses), len(ALPHAS))
        losses = losses_along(bench, before, after, alphas)
    return _bottom(alphas, losses)


def _around(alphas: FloatArray, losses: FloatArray) -> tuple[float, float]:
    lowest = int(np.argmin(np.where(np.isfinite(losses), losses, np.inf)))
    return float(alphas[max(0, lowest - 1)]), float(alphas[min(len(alphas) - 1, lowest + 1)])


def _bottom(alphas: FloatArray, losses: FloatArray) -> tuple[float, float]:
    """Return the lowest point of an evenly spaced curve, by the parabola through it and its neighbors."""
    losses = np.where(np.isfinite(losses), losses, np.inf)
    lowest = int(np.argmin(losses))
    alpha, loss = float(alphas[lowest]), float(losses[lowest])
    if lowest in (0, len(alphas) - 1) or not np.isfinite(losses[lowest - 1 : lowest + 2]).all():
        return alpha, loss
    left, right = losses[lowest - 1] - loss, losses[lowest + 1] - loss
    if left + right <= 0.0:
        return alpha, loss
    uneven = (left - right) / (left + right)  # of losses too large to be squared, too
    return alpha + uneven / 2.0 * float(alphas[1] - alphas[0]), loss - (left - right) * uneven / 8.0


class StepLine:
    """Looks along the line of the last step."""

    def measure(self, probe: Probe) -> FloatArray:
        """Return α*, the objective there, and the objective at `ALPHAS`; all NaN before the first step."""
        if probe.before is None or bool(torch.equal(probe.before, probe.params)):
            return np.full(2 + len(ALPHAS), np.nan)
        losses = losses_along(probe.bench, probe.before, probe.params, np.array(ALPHAS))
        return np.array([*lowest_along(probe.bench, probe.before, probe.params, losses), *losses])


def _columns(architecture: Architecture) -> tuple[str, ...]:
    return "best_length", "loss_there", *(f"loss_at_{alpha:g}" for alpha in ALPHAS)


ROWS = (
    InstrumentInfo(
        "step_line", "Loss along the step", "step lengths", "α* = argmin f(θ_{t−1} + α (θ_t − θ_{t−1}))",
        "α* = 1: the step ended at the lowest point of its line. Below 1 it went beyond it (below 0.5: up the other "
        "side), above 1 it stopped short.",
        "Exact line search, as in Nocedal & Wright 2006, chapter 3", StepLine, _columns, passes=20.0,
    ),
)
