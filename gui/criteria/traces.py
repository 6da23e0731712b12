"""The values of the criteria over a run, read from its evaluations: nothing is kept twice. No Qt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.criteria import CRITERIA
from training.history import Evaluations

FloatArray = NDArray[np.float64]

MOST_POINTS = 64  # of a sparkline: more than can be told apart


def rows_of(rows: int) -> tuple[int, int]:
    """Return how many points stand for so many rows, and the rows from one to the next.

    The distance is a power of two, so that the points of a growing run stay the same ones.
    """
    stride = 1
    while rows > MOST_POINTS * stride:
        stride *= 2
    return -(-rows // stride), stride


def traces(evaluations: Evaluations, replica: int) -> dict[str, FloatArray]:
    """Return at most `MOST_POINTS` values of each criterion, evenly spaced over the run."""
    points, stride = rows_of(len(evaluations))
    rows = np.arange(points) * stride
    return {name: values(evaluations, name, replica, rows) for name in CRITERIA}


def values(evaluations: Evaluations, name: str, replica: int, rows: NDArray[np.int64]) -> FloatArray:
    """Return what a criterion measured at some rows.

    Where evaluations have been dropped from a very long record, a change of the loss is the mean of those since
    the row before.
    """
    column = {"gradient_norm": "grad_norm", "parameter_change": "parameter_change", "validation": "waited"}.get(name)
    if column is not None:
        return evaluations.column(column)[rows, replica]
    losses = evaluations.column("train_loss")[:, replica]
    before, now = losses[np.maximum(rows - 1, 0)], losses[rows]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        change = (before - now) / evaluations.stride
        result = np.abs(change) if name == "loss_plateau" else change / before
    result[rows == 0] = np.nan  # the first evaluation has none before it
    return np.asarray(result, dtype=np.float64)


def first_met(evaluations: Evaluations, name: str, replica: int, threshold: float, since: int) -> tuple[int, float]:
    """Return the first row from `since` at which a criterion is met, and its value there; (-1, NaN) if there is none.

    The rule is that of `training.criteria.CriteriaMonitor`.
    """
    rows = np.arange(since, len(evaluations))
    measured = values(evaluations, name, replica, rows)
    with np.errstate(invalid="ignore"):
        met = measured >= threshold if name == "validation" else (measured >= 0) & (measured < threshold)
    if not met.any():
        return -1, float("nan")
    at = int(np.argmax(met))
    return since + at, float(measured[at])
