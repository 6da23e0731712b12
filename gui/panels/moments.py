"""Moments of a run: steps and epochs, also beyond now, the evaluation nearest to one, and how they read. No Qt."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gui.grouped import grouped
from training.feasibility import batch_size_of

if TYPE_CHECKING:
    from gui.run_view import RunView
    from training.data.prepare import PreparedData
    from training.experiment import Experiment
    from training.history import Evaluations

FloatArray = NDArray[np.float64]


def steps_per_epoch(run: RunView) -> int:
    """Return the steps that make an epoch under the settings in force."""
    return steps_of_an_epoch(run.experiment, run.data)


def steps_of_an_epoch(experiment: Experiment, data: PreparedData) -> int:
    """Return the steps that make an epoch of an experiment; see `training.batches`."""
    return _steps(len(data.x_train), batch_size_of(experiment, data), _drops_single(experiment))


def last_step(run: RunView) -> int:
    """Return the step at which the run is complete, if nothing ends it before."""
    done, samples = run.history.epoch, len(run.data.x_train)
    whole = int(done)
    left = (run.experiment.epochs - whole) * steps_per_epoch(run)
    seen = round((done - whole) * samples)
    if seen:
        size = batch_size_of(run.experiment, run.data)
        left += _steps(samples - seen, size, _drops_single(run.experiment)) - steps_per_epoch(run)
    end = run.history.step + max(0, left)
    return min(end, run.experiment.steps) if run.experiment.steps else end


def epochs_at(run: RunView, steps: FloatArray) -> FloatArray:
    """Return the epochs done after so many steps (shape kept), also after more than there have been."""
    beyond = np.maximum(steps - run.history.step, 0) / steps_per_epoch(run)
    return run.epochs_at(np.minimum(steps, run.history.step)) + beyond


def steps_at(run: RunView, epochs: FloatArray) -> FloatArray:
    """Return the steps that so many epochs take (shape kept), also more than there have been."""
    beyond = np.maximum(epochs - run.history.epoch, 0) * steps_per_epoch(run)
    return run.steps_at(np.minimum(epochs, run.history.epoch)) + beyond


def row_near(evaluations: Evaluations, name: str, value: float) -> int | None:
    """Return the row whose step, or epoch, is nearest to a value; None while there is none."""
    column = evaluations.column(name)[:, 0]
    if not len(column):
        return None
    after = min(bisect_left(column, value), len(column) - 1)  # looks at a few rows only, however many there are
    before = max(0, after - 1)
    return after if column[after] - value < value - column[before] else before


def moment_text(step: float, epoch: float) -> str:
    """Return how a moment reads: ``step 1 234 · epoch 5.2``."""
    return f"step {grouped(step)} · epoch {f'{epoch:.1f}'.removesuffix('.0')}"


def _drops_single(experiment: Experiment) -> bool:
    return experiment.network.normalization == "batch"


def _steps(samples: int, size: int, drops_single: bool) -> int:
    steps = -(-samples // size)
    return steps - 1 if drops_single and steps > 1 and samples - (steps - 1) * size == 1 else steps
