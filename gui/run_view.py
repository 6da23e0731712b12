"""What the panels see of a run: the one object the window hands to every view."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from training.instruments.log import InstrumentLog

if TYPE_CHECKING:
    from training.data.prepare import PreparedData
    from training.engine import Edit, Outcome, Snapshot
    from training.experiment import Experiment
    from training.history import History
    from training.progress import EvaluationRecord
    from training.timeline.checkpoints import Checkpoints
    from training.timeline.moments import Moment

FloatArray = NDArray[np.float64]

KNOWN_TIMES = 4_096
"""Evaluations used to tell epochs from steps: their relation changes only where the batch size does."""


@dataclass
class RunView:
    """A run as the views read it; only the window writes to it, on the GUI thread.

    What lasts (curves, edits) is read from `history`. What belongs to one moment, such as weights and norms, is read
    from `shown_snapshot`, `shown_layers` and the like: they tell of now, or of the past moment that is looked at.

    Attributes
    ----------
    experiment
        What the run was started with, edits included: the whole population, if it has replicas.
    data
        The data as the network sees it.
    history
        Everything recorded so far, grown by the window as progress arrives.
    layer_names
        ``"layer 1"``, …, ``"output"``: one for each linear map of the main path.
    snapshot
        The latest copy of the weights, or None before the first has arrived.
    outcomes
        Why each replica ended, or None while it runs; one entry a replica.
    edits
        The edits applied so far, in order.
    playing
        Whether the run is training right now.
    reopened
        Whether the run had ended, and an edit lets it go on; until it does.
    ghost
        The run before this one, kept to be drawn faintly behind it, or None.
    original
        The experiment without edits: a schedule keeps the lengths it started with.
    started
        When the run was ready to train.
    moment
        The past moment that is looked at, or None: now.
    checkpoints
        What is kept to go back to any moment; None for a run that is over.
    forked_at
        The step at which it was forked from the run before, or None.
    instruments
        All that has been measured of it beside the history.
    beginning
        The weights before the first step.
    """

    experiment: Experiment
    data: PreparedData
    history: History
    layer_names: tuple[str, ...]
    snapshot: Snapshot | None = None
    outcomes: tuple[Outcome | None, ...] = ()
    edits: list[Edit] = field(default_factory=list)
    playing: bool = False
    reopened: bool = False
    ghost: RunView | None = None
    original: Experiment | None = None
    started: datetime = field(default_factory=datetime.now)
    moment: Moment | None = None
    checkpoints: Checkpoints | None = None
    forked_at: int | None = None
    instruments: InstrumentLog = field(default_factory=InstrumentLog)
    beginning: Snapshot | None = None

    def __post_init__(self) -> None:
        if self.original is None:
            self.original = self.experiment

    @property
    def ended_at(self) -> int | None:
        """The step after which replica 1 has nothing more, if others went on; else None."""
        outcome = self.outcomes[0] if self.outcomes else None
        return outcome.step if outcome is not None and outcome.step < self.history.step else None

    @property
    def diverged(self) -> bool:
        """Whether replica 1 has ended in numbers that are no numbers."""
        outcome = self.outcomes[0] if self.outcomes else None
        return outcome is not None and outcome.reason == "diverged"

    @property
    def shown_snapshot(self) -> Snapshot | None:
        """The weights at the moment looked at."""
        return self.moment.snapshot if self.moment is not None else self.snapshot

    @property
    def shown_step(self) -> int:
        """Steps done at the moment looked at."""
        return self.moment.step if self.moment is not None else self.history.step

    @property
    def shown_epoch(self) -> float:
        """Epochs done at the moment looked at."""
        return self.moment.epoch if self.moment is not None else self.history.epoch

    @property
    def shown_evaluation(self) -> EvaluationRecord | None:
        """The last evaluation at the moment looked at, with the criteria as they stood."""
        return self.moment.evaluation if self.moment is not None else self.history.evaluations.latest

    def shown_layers(self, name: str) -> FloatArray:
        """Return a quantity of the layers of replica 1, at the last step it had done at the moment looked at."""
        if self.moment is not None:
            return self.moment.layers(name)
        if self.ended_at is None:
            return self.history.last_layers(name)
        curve = self.history.layers(name, first=self.ended_at, last=self.ended_at)
        return curve.high[-1] if len(curve) else np.full(len(self.layer_names), np.nan)

    def epochs_at(self, steps: FloatArray) -> FloatArray:
        """Return the epochs done after so many steps (shape kept)."""
        epochs, known = self._times()
        return np.interp(steps, known, epochs)

    def steps_at(self, epochs: FloatArray) -> FloatArray:
        """Return the steps, with fractions, that so many epochs take (shape kept)."""
        known, steps = self._times()
        return np.interp(epochs, known, steps)

    def _times(self) -> tuple[FloatArray, FloatArray]:
        """Return moments of the run as epochs and as steps: the batch size may change, so neither follows alone."""
        evaluations, history = self.history.evaluations, self.history
        stride = max(1, len(evaluations) // KNOWN_TIMES)
        epochs = evaluations.epoch[::stride]
        steps = evaluations.column("step")[::stride, 0]
        return np.concatenate([[0.0], epochs, [history.epoch]]), np.concatenate([[0.0], steps, [history.step]])
