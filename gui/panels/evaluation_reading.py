"""What the evaluation nearest to a moment says, and what the run before said there: read out beside a crosshair."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gui.panels import moments
from gui.panels.epoch_panel import precise
from gui.panels.evaluation_curves import MEDIAN, quartiles

if TYPE_CHECKING:
    from gui.run_view import RunView

FloatArray = NDArray[np.float64]

WORDS = {"train": "train", "val": "validation"}


@dataclass(frozen=True)
class Wanted:
    """What is read out.

    Attributes
    ----------
    metric
        ``"loss"`` or ``"score"``.
    parts
        ``"train"`` and ``"val"``, as far as shown, each with its color.
    batch
        Whether the loss of the mini-batch is read out too.
    faint
        Color of the run before.
    """

    metric: str
    parts: Sequence[tuple[str, str]]
    batch: bool
    faint: str


@dataclass(frozen=True)
class Reading:
    """Where a crosshair stands, and rows of color and text."""

    epoch: float
    rows: tuple[tuple[str, str], ...]


def reading_at(run: RunView, step: float, wanted: Wanted) -> Reading | None:
    """Return what there is to read at a moment; beyond now, what there is of the run before; else None."""
    row = moments.row_near(run.history.evaluations, "step", step)
    if row is None or step > run.history.step:
        epoch = float(moments.epochs_at(run, np.array([step]))[0])
        before = _before(run, epoch, wanted)
        return Reading(epoch, (("", moments.moment_text(step, epoch)), *before)) if before else None
    evaluations = run.history.evaluations
    step, epoch = float(evaluations.column("step")[row, 0]), float(evaluations.column("epoch")[row, 0])
    rows = [("", moments.moment_text(step, epoch)), *_values(run, row, wanted)]
    if wanted.batch and step >= 1:
        rows.append((wanted.parts[0][1] if wanted.parts else "", f"batch {_batch_loss(run, int(step))}"))
    return Reading(epoch, (*rows, *_before(run, epoch, wanted)))


def _before(run: RunView, epoch: float, wanted: Wanted) -> list[tuple[str, str]]:
    """Return what the run before said after as many epochs, if it came so far."""
    ghost = run.ghost
    row = None if ghost is None else moments.row_near(ghost.history.evaluations, "epoch", epoch)
    if ghost is None or row is None or epoch > ghost.history.epoch + 0.5 * run.experiment.evaluation.every:
        return []
    return [(wanted.faint, f"before: {text}") for _, text in _values(ghost, row, wanted)]


def _values(run: RunView, row: int, wanted: Wanted) -> list[tuple[str, str]]:
    found = []
    for part, color in wanted.parts:
        value = median_at(run, f"{part}_{wanted.metric}", row)
        if not math.isnan(value):
            found.append((color, f"{WORDS[part]} {precise(value)}"))
    return found


def median_at(run: RunView, name: str, row: int) -> float:
    """Return the median over the replicas at an evaluation; one that has ended keeps its last value."""
    evaluations = run.history.evaluations
    values = evaluations.column(name)[row]
    if len(values) > 1:
        values = np.where(np.isnan(values), evaluations.final(name), values)
    return float(quartiles(values[np.newaxis])[0, MEDIAN])


def _batch_loss(run: RunView, step: int) -> str:
    losses = run.history.series("batch_loss", first=step, last=step)
    low, high = float(losses.low[0]), float(losses.high[0])
    return precise(low) if low == high or math.isnan(low) else f"{precise(low)} to {precise(high)}"
