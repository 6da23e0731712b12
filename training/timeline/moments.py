"""Any moment of a run, exactly as it was: computed again from the checkpoint before it, with the run's edits."""

from __future__ import annotations

from bisect import insort
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.criteria import CriterionState
from training.data.prepare import PreparedData
from training.engine import MAX_CHUNK_STEPS, Engine, next_chunk
from training.experiment import Experiment
from training.progress import STOP, Edit, EvaluationRecord, Outcome, Progress, column
from training.snapshot import Snapshot
from training.timeline.checkpoints import Checkpoint, Checkpoints, Standing, last_before, step_of

FloatArray = NDArray[np.float64]

APART_SECONDS = 0.02
"""Work between two states kept on the way to a moment."""
WAY_BYTES = 24_000_000


@dataclass(frozen=True, eq=False)
class Moment:
    """A run as it stood after a step, the edits made there included.

    Attributes
    ----------
    step, epoch
        How far it was.
    snapshot
        The weights of the first replica (of a run that had ended: those it keeps).
    rows
        The last record of each replica, ``[replicas, width]``; None before the first step.
    evaluation
        The last evaluation made, with the criteria as they stood; None before the first.
    outcomes
        How each replica had ended, or None.
    edits
        So many of the run's edits had been made.
    """

    step: int
    epoch: float
    snapshot: Snapshot
    rows: FloatArray | None
    evaluation: EvaluationRecord | None
    outcomes: tuple[Outcome | None, ...]
    edits: int

    def last(self, name: str, *, replica: int = 0) -> float:
        """Return ``batch_loss``, ``lr``, ``grad_norm`` or ``update_norm`` of the last step; NaN before any."""
        if self.rows is None:
            return float("nan")
        return float(self.rows[replica, column(name, self._layers)])

    def layers(self, name: str, *, replica: int = 0) -> FloatArray:
        """Return ``weight_grad_norm``, ``signal_norm`` or ``update_ratio`` of all layers at the last step."""
        if self.rows is None:
            return np.full(self._layers, np.nan)
        start = column(name, self._layers)
        return self.rows[replica, start : start + self._layers].copy()

    @property
    def criteria(self) -> tuple[CriterionState, ...]:
        """Where the criteria of the first replica stood at the last evaluation."""
        return self.evaluation.criteria[0] if self.evaluation is not None else ()

    @property
    def _layers(self) -> int:
        return self.snapshot.architecture.layers


@dataclass(frozen=True, eq=False)
class Fork:
    """All that another run needs to go on from a moment of this one.

    Attributes
    ----------
    moment
        Where the two part.
    state
        For `Engine.load_state` of an engine made from the same experiments.
    edits
        The edits up to there, which belong to both. A stop made at that very step is left out.
    rest
        Chunks from `since` to the moment, for `History.until`.
    checkpoints
        Those that both have in common.
    """

    moment: Moment
    state: Mapping[str, Any]
    edits: tuple[Edit, ...]
    rest: tuple[Progress, ...]
    latest: EvaluationRecord | None
    checkpoints: Checkpoints


class OnTheWay:
    """States passed on long ways, kept for a while: who looks around somewhere comes back to where he was."""

    def __init__(self) -> None:
        self._kept: list[Checkpoint] = []  # in order of their steps
        self._by_age: deque[Checkpoint] = deque()
        self._nbytes = 0
        self._seconds = 0.0  # since the last one

    def begin(self) -> None:
        """Set out from a checkpoint."""
        self._seconds = 0.0

    def follow(self, engine: Engine, standing: Standing, progress: Progress) -> None:
        """Take note of a chunk done on the way."""
        self._seconds += progress.seconds
        if self._seconds < APART_SECONDS or 4 * engine.network.params.nbytes > WAY_BYTES:
            return
        self._seconds = 0.0
        there = self.before(engine.step, len(engine.edits))
        if there is not None and (there.step, there.edits) == (engine.step, len(engine.edits)):
            return
        made = Checkpoint.of(engine, standing)
        insort(self._kept, made, key=step_of)
        self._by_age.append(made)
        self._nbytes += made.nbytes
        while self._nbytes > WAY_BYTES:
            oldest = self._by_age.popleft()
            self._kept.remove(oldest)
            self._nbytes -= oldest.nbytes

    def before(self, step: int, edits: int) -> Checkpoint | None:
        """Return the last one at or before a step that holds no more than so many edits."""
        return last_before(self._kept, step, edits)


class Moments:
    """Goes to any moment of a run with an engine of its own; the run itself is not touched.

    Going on from the moment before is cheap, and so is what lies close behind a checkpoint. All of it is to be
    called from one thread, which need not be the run's.

    Parameters
    ----------
    experiments
        The experiment that the run began with, or one for each replica.
    data
        Its data.
    checkpoints
        What is kept of it, and grows as it goes on.
    """

    def __init__(
        self, experiments: Experiment | Sequence[Experiment], data: PreparedData, checkpoints: Checkpoints
    ) -> None:
        self._checkpoints = checkpoints
        self._engine = Engine(experiments, data)
        self._chunk = 1
        self._start = Checkpoint.of(self._engine, Standing())
        self._standing = Standing()
        self._applied = 0
        self._on_the_way = OnTheWay()

    def at(self, step: int, edits: Sequence[Edit], *, given_up: Callable[[], bool] = lambda: False) -> Moment | None:
        """Return the run as it stood after so many steps.

        Parameters
        ----------
        edits
            All edits of the run, at least up to that step.
        given_up
            Asked on the way: whether nobody waits for it any more. What was done so far is of use to the next.

        Returns
        -------
        None if it was given up.
        """
        edits = until(edits, step)
        self._begin(step, len(edits))
        for _ in self._advanced(step, edits):
            if given_up():
                return None
        return self._moment()

    def fork(self, step: int, edits: Sequence[Edit], *, since: int) -> Fork:
        """Return what another run needs to go on from there.

        Parameters
        ----------
        since
            The step from which on its history needs what was recorded: `History.exact_until`.
        """
        edits = without_stop(until(edits, step), step)
        before = until(edits, since)
        self._begin(since, len(before))
        for _ in self._advanced(since, before):
            pass
        latest = self._standing.evaluation
        rest = tuple(self._advanced(step, edits))
        common = self._checkpoints.until(step, len(edits), self._standing)
        return Fork(self._moment(), self._engine.state(), tuple(edits), rest, latest, common)

    def _begin(self, step: int, edits: int) -> None:
        """Stand where the way to a step is shortest."""
        nearest = (self._checkpoints.before(step, edits), self._on_the_way.before(step, edits), self._start)
        kept = max((each for each in nearest if each is not None), key=step_of)
        here = self._engine.step
        if kept.step > here or here > step or self._applied > edits:
            self._load(kept)

    def _load(self, checkpoint: Checkpoint) -> None:
        self._engine.load_state(dict(checkpoint.state))
        self._standing, self._applied = checkpoint.standing, checkpoint.edits
        self._on_the_way.begin()

    def _advanced(self, step: int, edits: Sequence[Edit]) -> Iterator[Progress]:
        """Go on to a step, doing again what the run's session did, edit by edit and look by look."""
        while True:
            group = _next_group(edits, self._applied)
            if group and group[0].step <= self._engine.step:
                self._engine.repeat({edit.key: edit.value for edit in group})
                self._applied += len(group)
                yield self._noted(self._engine.advance(0))
            elif self._engine.step < step and not self._engine.finished:
                limit = min(step, group[0].step if group else step) - self._engine.step
                progress = self._engine.advance(min(self._chunk, limit, MAX_CHUNK_STEPS))
                if len(progress.records) == self._chunk:
                    self._chunk = next_chunk(self._chunk, progress)
                yield self._noted(progress)
            else:
                break
        if self._standing.evaluation is None:
            yield self._noted(self._engine.advance(0))  # the evaluation before the first step

    def _noted(self, progress: Progress) -> Progress:
        self._standing = self._standing.after(progress)
        self._on_the_way.follow(self._engine, self._standing, progress)
        return progress

    def _moment(self) -> Moment:
        engine, standing = self._engine, self._standing
        return Moment(
            step=engine.step, epoch=engine.epoch, snapshot=engine.snapshot(), rows=standing.rows,
            evaluation=standing.evaluation, outcomes=tuple(engine.outcomes), edits=self._applied,
        )


def until(edits: Sequence[Edit], step: int) -> Sequence[Edit]:
    """Return the edits made up to a step, those made there included."""
    return [edit for edit in edits if edit.step <= step]


def without_stop(edits: Sequence[Edit], step: int) -> Sequence[Edit]:
    """Return edits without a stop at a step, if that was the last word there: who goes on from it wants no stop."""
    if edits and edits[-1].key == STOP and edits[-1].step == step:
        return edits[:-1]
    return edits


def _next_group(edits: Sequence[Edit], applied: int) -> list[Edit]:
    """Return the edits, made together, that come after the first so many."""
    following = edits[applied:]
    return [edit for edit in following if (edit.step, edit.group) == (following[0].step, following[0].group)]
