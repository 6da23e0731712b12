"""Whole states of a run, kept on the way under a memory budget: any moment is had again from the one before it."""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from training.engine import Engine
from training.progress import EvaluationRecord, Progress

FloatArray = NDArray[np.float64]

BUDGET_BYTES = 96_000_000
SHARE = 0.01
"""Of the processor time of the training thread, so much may go into copying states."""
LEAST_KEPT = 2
"""A state of which fewer fit into the budget is not kept at all: the run is computed again from its start."""
COST_MEMORY = 0.7
"""Weight of the past in the smoothed cost of a copy."""
OBJECT_BYTES = 160
EVALUATION_BYTES = 1_000
"""About what a small object takes, and what an evaluation takes for each replica."""


@dataclass(frozen=True, eq=False)
class Standing:
    """What is known of a run at a step boundary beside the state of its engine.

    Attributes
    ----------
    rows
        The last record of each replica, ``[replicas, width]``; None before the first step.
    evaluation
        The last evaluation, whole; None before the first.
    """

    rows: FloatArray | None = None
    evaluation: EvaluationRecord | None = None

    def after(self, progress: Progress) -> Standing:
        """Return what is known once a chunk of training has been done."""
        evaluation = progress.evaluations[-1] if progress.evaluations else self.evaluation
        return Standing(self._rows_after(progress), evaluation)

    @property
    def nbytes(self) -> int:
        """About how much memory it takes."""
        rows = 0 if self.rows is None else self.rows.nbytes
        return rows + (0 if self.evaluation is None else len(self.evaluation.criteria) * EVALUATION_BYTES)

    def _rows_after(self, progress: Progress) -> FloatArray | None:
        if not len(progress.records):
            return self.rows
        rows: FloatArray = progress.records[-1].copy()
        for replica, outcome in enumerate(progress.outcomes):
            if outcome is None or outcome.step >= progress.step:
                continue
            done = outcome.step - progress.first_step
            if done > 0:
                rows[replica] = progress.records[done - 1, replica]
            elif self.rows is not None:
                rows[replica] = self.rows[replica]
        return rows


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A run at one step boundary; it never changes.

    Attributes
    ----------
    step
        Steps done.
    edits
        So many of the run's edits have been made.
    state
        For `Engine.load_state`.
    """

    step: int
    edits: int
    state: Mapping[str, Any]
    standing: Standing
    nbytes: int

    @classmethod
    def of(cls, engine: Engine, standing: Standing) -> Checkpoint:
        """Copy the state of an engine as it is now."""
        state = engine.state()
        nbytes = nbytes_of(state) + standing.nbytes
        return cls(engine.step, len(engine.edits), state, standing, nbytes)


class Checkpoints:
    """Keeps checkpoints of a run, spread evenly over its steps, as far as memory and time allow.

    While there is room, one is kept whenever the copies so far have cost less than `share` of the
    training. When the budget is full, every second one is dropped, and later ones come half as often.
    The training thread calls `follow`; `before` may be called from any thread.

    Parameters
    ----------
    budget
        Bytes that all checkpoints may take together.
    share
        Part of the training thread's processor time that copying may take.
    kept
        Checkpoints there are already, in order of their steps.
    standing
        What is known of the run where it begins.
    """

    def __init__(
        self, budget: int = BUDGET_BYTES, share: float = SHARE, *,
        kept: Iterable[Checkpoint] = (), standing: Standing | None = None,
    ) -> None:
        self.budget = budget
        self.share = share
        self._kept = list(kept)
        self._nbytes = sum(checkpoint.nbytes for checkpoint in self._kept)
        self._standing = standing or Standing()
        self._spacing = 1
        self._cost = 0.0  # seconds of processor time that a copy takes
        self._paid_from: float | None = None  # when the last one was kept, by the thread's clock
        self._worth_it = True
        self._lock = threading.Lock()

    def follow(self, engine: Engine, progress: Progress) -> None:
        """Take note of a chunk of training, and keep a checkpoint after it if it is time."""
        self._standing = self._standing.after(progress)
        if self._worth_it and self._is_due(engine.step):
            self._keep(engine)

    def before(self, step: int, edits: int) -> Checkpoint | None:
        """Return the last checkpoint at or before a step that holds no more than so many edits."""
        with self._lock:
            return last_before(self._kept, step, edits)

    def until(self, step: int, edits: int, standing: Standing) -> Checkpoints:
        """Return those of them that a run which goes its own way from there has in common with this one."""
        with self._lock:
            common = [each for each in self._kept if each.step <= step and each.edits <= edits]
            made = Checkpoints(self.budget, self.share, kept=common, standing=standing)
            made._spacing, made._cost, made._worth_it = self._spacing, self._cost, self._worth_it
        return made

    @property
    def steps(self) -> tuple[int, ...]:
        """Steps at which there is one."""
        with self._lock:
            return tuple(checkpoint.step for checkpoint in self._kept)

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        return self._nbytes

    def _is_due(self, step: int) -> bool:
        far = step >= self._kept[-1].step + self._spacing if self._kept else step > 0
        return far and (self._paid_from is None or time.thread_time() - self._paid_from >= self._cost / self.share)

    def _keep(self, engine: Engine) -> None:
        if engine.network.params.nbytes * LEAST_KEPT > self.budget:
            self._worth_it = False
            return
        started = time.thread_time()
        checkpoint = Checkpoint.of(engine, self._standing)
        self._paid_from = time.thread_time()
        cost = self._paid_from - started
        self._cost = COST_MEMORY * self._cost + (1 - COST_MEMORY) * cost if self._cost else cost
        if checkpoint.nbytes * LEAST_KEPT > self.budget:
            self._worth_it = False
            return
        with self._lock:
            self._kept.append(checkpoint)
            self._nbytes += checkpoint.nbytes
            while self._nbytes > self.budget:
                self._drop_every_second()

    def _drop_every_second(self) -> None:
        # What was kept may stand closer than the spacing asks for, or, while time was short, further apart.
        del self._kept[::2]
        self._nbytes = sum(checkpoint.nbytes for checkpoint in self._kept)
        apart = self._kept[-1].step // len(self._kept) if self._kept else 0
        self._spacing = max(2 * self._spacing, apart)


def last_before(kept: Sequence[Checkpoint], step: int, edits: int) -> Checkpoint | None:
    """Return the last checkpoint, of some in order of their steps, at or before a step with at most so many edits."""
    for index in range(bisect_right(kept, step, key=step_of) - 1, -1, -1):
        if kept[index].edits <= edits:
            return kept[index]
    return None


def step_of(checkpoint: Checkpoint) -> int:
    """Return the step of a checkpoint, by which they are sorted."""
    return checkpoint.step


def nbytes_of(thing: Any) -> int:
    """Return about how much memory a state takes: its tensors and arrays, each counted once."""
    return _nbytes_of(thing, set())


def _nbytes_of(thing: Any, seen: set[int]) -> int:
    if id(thing) in seen:
        return 0
    if isinstance(thing, torch.Tensor | np.ndarray):
        seen.add(id(thing))
        return int(thing.nbytes)
    if isinstance(thing, Mapping):
        return OBJECT_BYTES + sum(_nbytes_of(value, seen) for value in thing.values())
    if isinstance(thing, Sequence) and not isinstance(thing, str):
        return OBJECT_BYTES + sum(_nbytes_of(value, seen) for value in thing)
    if is_dataclass(thing):
        seen.add(id(thing))
        return OBJECT_BYTES + sum(_nbytes_of(getattr(thing, field.name), seen) for field in fields(thing))
    return 0
