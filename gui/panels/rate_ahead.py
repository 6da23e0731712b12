"""The learning rate that is still to come, from the schedule and the settings in force. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gui.panels import moments
from training.feasibility import batch_size_of
from training.length import steps_at_most
from training.optimizers import scaled_lr
from training.schedules import Factor, schedule_factor

if TYPE_CHECKING:
    from gui.run_view import RunView
    from training.experiment import Experiment

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SPANS = 320
LOOKED_AT = 6_400
"""So many steps are looked at: every one of a short run, of a longer one some in each span."""
GOLDEN = 0.6180339887498949


@dataclass(frozen=True)
class Ahead:
    """Factors of the base rate as spans.

    Attributes
    ----------
    steps
        Number of the first step in each span (the first step of a run is 1), shape ``[K]``.
    low, high
        Smallest and largest factor in each span.
    exact
        Whether every span is a single step.
    """

    steps: IntArray
    low: FloatArray
    high: FloatArray
    exact: bool = True

    def after(self, done: int, factor: Factor) -> Ahead:
        """Return what comes after `done` steps; a span already begun starts at the next step."""
        begin = int(np.searchsorted(self.steps, done + 1, side="right")) - 1
        if begin < 0:
            return self
        steps, low, high = (values[begin:].copy() for values in (self.steps, self.low, self.high))
        if steps[0] <= done:
            steps[0], low[0], high[0] = done + 1, factor(done), factor(done)
        return Ahead(steps, low, high, self.exact)


def factor_of(run: RunView) -> Factor:
    """Return the factor of the base rate before step ``step + 1``, as the engine computes it.

    Lengths are those of the experiment as it started: extending a run does not bend its schedule.
    """
    original = run.original or run.experiment
    per_epoch = moments.steps_of_an_epoch(original, run.data)
    return schedule_factor(
        original.schedule, steps_per_epoch=per_epoch, total_steps=steps_at_most(original, per_epoch)
    )


def base_rate(experiment: Experiment, run: RunView) -> float:
    """Return the rate that the factor multiplies, under the settings in force."""
    return scaled_lr(experiment.optimizer, batch_size_of(experiment, run.data))


def ahead_of(factor: Factor, pieces: Sequence[tuple[int, int]]) -> Ahead:
    """Return the factors at steps counted from 1, in pieces from a first to a last one that get equally many spans.

    Parameters
    ----------
    factor
        Factor before step ``step + 1``.
    """
    made = [_piece(factor, first, last, max(1, len(pieces))) for first, last in pieces if last >= first]
    if not made:
        return Ahead(np.empty(0, dtype=np.int64), np.empty(0), np.empty(0))
    steps, low, high = zip(*made, strict=True)
    exact = sum(last - first + 1 for first, last in pieces) == sum(map(len, steps))
    return Ahead(np.concatenate(steps), np.concatenate(low), np.concatenate(high), exact)


def _piece(factor: Factor, first: int, last: int, parts: int) -> tuple[IntArray, FloatArray, FloatArray]:
    looked_at = _looked_at(last - first + 1, LOOKED_AT // parts)
    values = np.array([factor(first - 1 + step) for step in looked_at.tolist()])
    spans = SPANS // parts
    if len(values) <= spans:
        return first + looked_at, values, values
    starts = np.linspace(0, len(values), spans, endpoint=False).astype(np.int64)
    return first + looked_at[starts], np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)


def decades_between(first: int, last: int) -> list[tuple[int, int]]:
    """Return the parts of `first` … `last` that begin at powers of ten: equally long on a logarithmic axis.

    Examples
    --------
    >>> decades_between(5, 1234)
    [(5, 9), (10, 99), (100, 999), (1000, 1234)]
    """
    starts = [first]
    while (following := 10 ** len(str(starts[-1]))) <= last:
        starts.append(following)
    return [(start, end - 1) for start, end in pairwise([*starts, last + 1])]


def _looked_at(count: int, most: int) -> IntArray:
    """Return steps from 0 to the last of `count`: all, or `most` so unevenly spread that no wave hides between them."""
    if count <= most:
        return np.arange(count)
    index = np.arange(most)
    steps = np.floor((index + (index * GOLDEN) % 1.0) * (count / most)).astype(np.int64)
    steps[0], steps[-1] = 0, count - 1
    return steps
