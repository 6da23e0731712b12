"""The curves of a run that is kept exactly, and the part of them that a measure looks at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from training.progress import LAYER_COLUMNS, STEP_COLUMNS, column
from training.scenarios.scenario import Measure, moment_of

if TYPE_CHECKING:
    from training.scenarios.record import RunRecord

FloatArray = NDArray[np.float64]

EVALUATED = ("train_loss", "val_loss", "train_score", "val_score", "parameter_change")
SCORES = ("train_score", "val_score")
BLOWN_UP = ("batch_loss", "grad_norm", "update_norm", "weight_grad_norm", "signal_norm", "train_loss", "val_loss",
            "parameter_change")  # fmt: skip
"""What counts as infinite once a run has diverged."""


@dataclass(frozen=True)
class Curve:
    """A quantity of every replica over the run: after `steps` ``[K]`` it had `values` ``[K, replicas]``."""

    name: str
    steps: FloatArray
    values: FloatArray


@dataclass(frozen=True)
class Stretch:
    """A part of one replica's curve; each array has one value for each point."""

    steps: FloatArray
    epochs: FloatArray
    values: FloatArray

    def finite(self) -> Stretch:
        """Return the points with a finite value."""
        kept = np.isfinite(self.values)
        return Stretch(self.steps[kept], self.epochs[kept], self.values[kept])


def curve_of(record: RunRecord, name: str, layer: int = 0) -> Curve:
    """Return a curve; `layer` counts from 0."""
    if name in STEP_COLUMNS or name in LAYER_COLUMNS:
        values = record.steps[:, :, column(name, record.layers, layer)]
        return Curve(name, np.arange(1.0, len(values) + 1), values)
    steps = np.array([evaluation.step for evaluation in record.evaluations], dtype=np.float64)
    rows = [getattr(evaluation, name) for evaluation in record.evaluations]
    return Curve(name, steps, np.array(rows).reshape(len(rows), record.replicas))


def layer_index(record: RunRecord, measure: Measure) -> int:
    """Return the index of the layer a measure names, from 0."""
    names = {"first": 0, "last": record.layers - 2, "output": record.layers - 1}
    if isinstance(measure.layer, int):
        return measure.layer - 1
    return names[measure.layer or "first"]


def diverged(record: RunRecord) -> NDArray[np.bool_]:
    """Tell of each replica whether it has diverged."""
    return np.array([outcome.reason == "diverged" for outcome in record.outcomes])


def ended_step(record: RunRecord) -> FloatArray:
    """Return the steps each replica has done."""
    return np.array([float(outcome.step) for outcome in record.outcomes])


def steps_at(record: RunRecord, moment: str) -> FloatArray:
    """Return how many steps each replica had done at a moment; NaN where its run has ended before.

    A run that has diverged stays where it ended, as there everything is infinite from then on.
    """
    unit, count = moment_of(moment)
    ended = ended_step(record)
    if unit == "start":
        return np.zeros(record.replicas)
    if unit == "end":
        return ended
    if unit == "best":
        return best_step(record)
    asked = float(count if unit == "step" else np.searchsorted(record.epochs, count - 1e-9))
    beyond = np.where(diverged(record), ended, np.nan)
    return np.where(asked <= ended, asked, beyond)


def best_step(record: RunRecord) -> FloatArray:
    """Return the step of the evaluation with the lowest validation loss (without held-out samples: training loss)."""
    curve = curve_of(record, "val_loss" if len(record.data.x_val) else "train_loss")
    known = np.where(np.isfinite(curve.values), curve.values, np.inf)
    if not len(known):
        return np.full(record.replicas, np.nan)
    return np.where(np.isfinite(known).any(0), curve.steps[known.argmin(0)], np.nan)


def values_at(record: RunRecord, curve: Curve, moment: str) -> FloatArray:
    """Return a curve's value at a moment: the last one known by then."""
    if not len(curve.steps):
        return np.full(record.replicas, np.nan)
    done = steps_at(record, moment)
    known = np.nan_to_num(done)
    rows = np.maximum(np.searchsorted(curve.steps, known, side="right") - 1, 0)
    values = curve.values[rows, np.arange(record.replicas)]
    values = np.where(_is_over(record, curve, done), np.inf, values)
    return np.where(np.isnan(done), np.nan, values)


def stretches(record: RunRecord, curve: Curve, moment: str, window: float = 1.0) -> list[Stretch]:
    """Return of each replica the last share `window` of its run up to a moment; no points where it ended before."""
    done = steps_at(record, moment)
    over = _is_over(record, curve, done)
    found = []
    for replica, last in enumerate(done):
        inside = (curve.steps >= last * (1.0 - window)) & (curve.steps <= last)
        steps, values = curve.steps[inside], curve.values[inside, replica]
        if over[replica]:
            before = steps < last
            steps, values = np.append(steps[before], last), np.append(values[before], np.inf)
        found.append(Stretch(steps, record.epochs[steps.astype(int)], values))
    return found


def _is_over(record: RunRecord, curve: Curve, done: FloatArray) -> NDArray[np.bool_]:
    """Tell of each replica whether it had diverged after so many steps, so that the curve counts as infinite."""
    if curve.name not in BLOWN_UP or (curve.name == "val_loss" and not len(record.data.x_val)):
        return np.zeros(record.replicas, dtype=bool)
    return diverged(record) & (done >= ended_step(record))
