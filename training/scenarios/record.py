"""All that is needed of a run to measure it: every step and evaluation, how it ended, its weights then and before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from training.data.prepare import PreparedData
from training.engine import Engine
from training.errors import InputError
from training.experiment import Experiment
from training.length import steps_at_most
from training.progress import Edit, EvaluationRecord, Outcome, Progress, record_width
from training.scenarios.metrics import METRICS
from training.scenarios.scenario import Measure
from training.snapshot import Snapshot

FloatArray = NDArray[np.float64]

MOST_BYTES = 300_000_000
"""Every step is kept, so that measures are exact; runs that take more than this are too long to be measured."""


@dataclass(frozen=True, eq=False)
class RunRecord:
    """A run, or several side by side, kept exactly.

    Attributes
    ----------
    experiments
        One for each replica, as it started.
    edits
        What was changed while it ran, each with its step.
    steps
        The records of all steps, ``[steps, replicas, record_width(layers)]``: see `training.progress.column`.
    epochs
        Epochs done after so many steps, ``[steps + 1]``.
    evaluations
        In order.
    outcomes, initial, final
        One for each replica; `final` holds the weights it keeps.
    """

    experiments: tuple[Experiment, ...]
    edits: tuple[Edit, ...]
    layer_names: tuple[str, ...]
    steps: FloatArray
    epochs: FloatArray
    evaluations: tuple[EvaluationRecord, ...]
    outcomes: tuple[Outcome, ...]
    initial: tuple[Snapshot, ...]
    final: tuple[Snapshot, ...]
    data: PreparedData
    seconds: float

    @property
    def replicas(self) -> int:
        """Runs side by side."""
        return len(self.experiments)

    @property
    def layers(self) -> int:
        """Layers of the network, the output layer included."""
        return len(self.layer_names)

    def only(self, replicas: slice) -> RunRecord:
        """Return the record of some of the replicas, as long as the longest of them."""
        outcomes = self.outcomes[replicas]
        steps = max(outcome.step for outcome in outcomes)
        return replace(
            self,
            experiments=self.experiments[replicas],
            steps=self.steps[:steps, replicas],
            epochs=self.epochs[: steps + 1],
            evaluations=tuple(_only(record, replicas) for record in self.evaluations if record.step <= steps),
            outcomes=outcomes,
            initial=self.initial[replicas],
            final=self.final[replicas],
        )


class Recorder:
    """Collects the record of an engine's run: hand it every `Progress` of it, as it comes.

    Raises
    ------
    InputError
        If keeping every step would take more than `MOST_BYTES`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._row = 8 * engine.replicas * record_width(len(engine.layer_names))
        self._steps: list[FloatArray] = []
        self._epochs: list[FloatArray] = [np.array([engine.epoch])]
        self._evaluations: list[EvaluationRecord] = []
        self._seconds = 0.0
        _check_size(steps_at_most(engine.experiment, engine.steps_per_epoch), self._row)

    def take(self, progress: Progress) -> None:
        """Add what a chunk brought; to be called before anything else is done with the engine."""
        if len(progress.records):
            self._steps.append(progress.records)
            self._epochs.append(self._epochs_after(len(progress.records)))
            _check_size(progress.step, self._row)
        self._evaluations.extend(progress.evaluations)
        self._seconds += progress.seconds

    def record(self) -> RunRecord:
        """Return the run so far."""
        engine, result = self._engine, self._engine.result()
        empty = np.empty((0, engine.replicas, record_width(len(engine.layer_names))))
        return RunRecord(
            experiments=engine.original,
            edits=result.edits,
            layer_names=engine.layer_names,
            steps=np.concatenate(self._steps) if self._steps else empty,
            epochs=np.concatenate(self._epochs),
            evaluations=tuple(self._evaluations),
            outcomes=result.outcomes,
            initial=result.initial,
            final=result.final,
            data=engine.data,
            seconds=self._seconds,
        )

    def _epochs_after(self, steps: int) -> FloatArray:
        """Return the epochs done after each of the next `steps`, all of the batch size there is now."""
        samples, size = len(self._engine.data.x_train), self._engine.batch_size
        single_left = self._engine.architecture.normalization == "batch"  # a last batch of one sample is left out
        needed = samples - 1 if single_left else samples
        before = float(self._epochs[-1][-1])
        whole, position = int(before), round((before - int(before)) * samples)
        first, every = _batches(needed - position, size), _batches(needed, size)
        done = np.arange(1, steps + 1)
        epochs = whole + (position + done * size) / samples
        later = done >= first
        finished, in_epoch = np.divmod(done[later] - first, every)
        epochs[later] = whole + 1 + finished + in_epoch * size / samples
        return epochs


def measured(record: RunRecord, measure: Measure) -> FloatArray:
    """Return a quantity of every replica, ``[replicas]``.

    NaN where it cannot be known (the run ended before the moment asked for); +inf for a loss of a run that has
    diverged, and for a time that never came.
    """
    return METRICS[measure.metric].function(record, measure)


def _batches(samples: int, size: int) -> int:
    return max(1, -(-samples // size))


def _check_size(steps: int, row: int) -> None:
    if steps * row > MOST_BYTES:
        raise InputError(
            f"a run of {steps:,} steps is too long to keep every step of it",
            hint=f"Use fewer epochs or fewer seeds: here {MOST_BYTES // row:,} steps are possible",
        )


def _only(record: EvaluationRecord, replicas: slice) -> EvaluationRecord:
    columns: Sequence[str] = [name for name, value in vars(record).items() if isinstance(value, np.ndarray)]
    return replace(
        record, criteria=record.criteria[replicas], **{name: getattr(record, name)[replicas] for name in columns}
    )
