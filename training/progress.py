"""What an engine reports: records of every step, evaluations, edits and how a run ended. Plain data, no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from training.criteria import CriterionState

FloatArray = NDArray[np.float64]

Reason = Literal["completed", "converged", "early_stopped", "diverged", "stopped", "failed", "running"]
"""Why a run ended; "running" is said only in the files of one that had not ended when they were written."""

# The first columns of a step's record; what is measured of every layer follows.
STEP_COLUMNS = ("batch_loss", "lr", "grad_norm", "update_norm")
LAYER_COLUMNS = ("weight_grad_norm", "signal_norm", "update_ratio")


def record_width(layers: int) -> int:
    """Return the number of columns in the record of one step of a network with `layers` layers."""
    return len(STEP_COLUMNS) + len(LAYER_COLUMNS) * layers


def column(name: str, layers: int, layer: int = 0) -> int:
    """Return the index of a column; `layer` counts from 0, the output layer last."""
    if name in STEP_COLUMNS:
        return STEP_COLUMNS.index(name)
    return len(STEP_COLUMNS) + LAYER_COLUMNS.index(name) * layers + layer


def layer_names(layers: int) -> tuple[str, ...]:
    """Return "layer 1", …, "output"."""
    return (*(f"layer {index}" for index in range(1, layers)), "output")


@dataclass(frozen=True)
class EvaluationRecord:
    """The network looked at between two steps, in evaluation mode.

    Every array has one value per replica; NaN for a replica whose run has ended, or where there
    is nothing to measure (no held-out samples, no earlier evaluation). `score` is the accuracy of
    a classifier, or R² of a regression.
    """

    step: int
    epoch: float
    train_loss: FloatArray
    val_loss: FloatArray
    train_score: FloatArray
    val_score: FloatArray
    parameter_change: FloatArray
    grad_norm: FloatArray
    lr: FloatArray
    waited: FloatArray
    best_step: FloatArray
    criteria: tuple[tuple[CriterionState, ...], ...]


@dataclass(frozen=True)
class Outcome:
    """How the run of one replica ended, and why.

    Attributes
    ----------
    message
        One plain sentence.
    best_step, best_epoch, best_metric
        The evaluation early stopping held to be the best; NaN epoch and metric if there was none.
    restored
        Whether the weights of that evaluation are the ones kept.
    criteria
        Names of the convergence criteria that ended the run.
    tensor
        For a diverged run, the first tensor with a value that is not finite.
    """

    reason: Reason
    step: int
    epoch: float
    message: str
    best_step: int = 0
    best_epoch: float = float("nan")
    best_metric: float = float("nan")
    restored: bool = False
    criteria: tuple[str, ...] = ()
    tensor: str = ""


STOP = "stop"
"""Key of the edit that is no change of a setting: the user ended the run there."""


@dataclass(frozen=True)
class Edit:
    """A change made while running, applied before step ``step + 1``; or, with the key `STOP`, the end of the run.

    Changes made together have the same `group`; they are applied, and replayed, as one.
    """

    step: int
    key: str
    value: Any
    group: int = 0


@dataclass(frozen=True)
class Progress:
    """What a chunk of training brought.

    Attributes
    ----------
    first_step
        Steps done before this chunk.
    records
        One record per step, shape ``[steps, replicas, record_width(layers)]``, float64.
    evaluations
        Made during the chunk, in order.
    step, epoch
        Where the run stands now.
    outcomes
        One per replica: None while it runs.
    seconds
        Time the chunk took.
    """

    first_step: int
    records: FloatArray
    evaluations: tuple[EvaluationRecord, ...]
    step: int
    epoch: float
    outcomes: tuple[Outcome | None, ...]
    seconds: float

    @property
    def finished(self) -> bool:
        """Whether every replica's run has ended."""
        return all(outcome is not None for outcome in self.outcomes)

    @property
    def steps_done(self) -> int:
        """Steps in this chunk."""
        return len(self.records)


class Report(Protocol):
    """What a chunk of training brought, as far as those look at it who only drive: of one run, or of several."""

    @property
    def finished(self) -> bool:
        """Whether all has ended."""

    @property
    def steps_done(self) -> int:
        """Steps in this chunk."""

    @property
    def seconds(self) -> float:
        """Time the chunk took."""
