"""Measures a run beside its training, within a budget; the run is the same with it and without, bit for bit.

    instruments = Instruments(engine)
    for progress in engine.train():
        log.take(instruments.follow(progress))

Where another thread follows, it drains `Instruments.outbox` instead.
"""

from __future__ import annotations

import math
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable

import torch

from training.engine import Engine
from training.instruments.aside import PART, Aside
from training.instruments.budget import Budget
from training.instruments.catalog import INSTRUMENTS, standard_instruments
from training.instruments.instrument import Instrument, Outlook, Reading
from training.instruments.probe import Probe
from training.instruments.workbench import Workbench
from training.progress import Progress

SHARE = 0.10
"""Time for measuring, as a part of the time for training, unless the user says otherwise."""
EVERY = 50
"""Steps between two moments of the fixed grid."""
OUTBOX = 4_096
COLD = 1.3
"""A reading costs the run so much more than it takes itself, as the steps after it find the processor's caches cold.

From `python -m benchmarks --only instruments`: a budget that is spent without this slows S down by 11 %, D by 13 %.
"""
MOST_SECONDS = 1.0
"""A reading that takes longer is not made within a budget: meanwhile the run could not be paused."""
OPERATIONS = 6
"""For each sample and parameter of a pass forward and back."""
OPERATIONS_A_SECOND = 1e10
"""Of a processor, about: what a first reading takes beside a run on a GPU, whose steps tell nothing of it."""

LONGEST_WAIT = 1.0
"""Seconds between two chunks that still count as training: a run may be slowed down that far. Others are a pause."""
ENOUGH_SECONDS = 1.0
"""So much training is needed before the share that measuring takes of it says anything."""

# Waiting for other threads counts neither as training nor as measuring; on Windows the clock of a thread is too coarse.
clock = time.perf_counter if sys.platform == "win32" else time.thread_time


class Instruments:
    """The instruments of one run: its first replica is measured between chunks of steps, in the training thread.

    Parameters
    ----------
    engine
        The run; it is read, never changed.
    names
        Rows of `INSTRUMENTS`; None: those that are on by default.
    share
        Time for measuring as a part of the time for training. None: no budget; everything is measured at step 0, at
        every multiple of `every` and at the end, which gives the same readings each time; the steps must then be cut
        there (`steps_until_next`).
    every
        Steps between two moments where there is no budget.

    Attributes
    ----------
    outbox
        The readings in order, for one other thread to drain; the last `OUTBOX` where nobody does.
    failures
        Instruments that have raised an error, with its text: they are not read any more (without a budget, the error
        is raised).
    aside
        Time for what another thread computes beside the training, if `makes_room`.
    """

    def __init__(
        self, engine: Engine, names: Iterable[str] | None = None, share: float | None = SHARE, every: int = EVERY
    ) -> None:
        self.outbox: deque[Reading] = deque(maxlen=OUTBOX)
        self.failures: dict[str, str] = {}
        self._engine = engine
        self._bench = Workbench(engine.experiment, engine.data, engine.architecture)
        self._made: dict[str, Instrument] = {}
        self._every = every if share is None else None
        self._budget = Budget(share or 0.0)
        self._step_seconds = math.inf
        self._left_at: tuple[int, float] | None = None  # thread, and its clock when it was left
        self.aside = Aside()
        self._passed_at: float | None = None
        self.names = standard_instruments(engine.architecture) if names is None else names

    @property
    def names(self) -> tuple[str, ...]:
        """Which instruments are read; it may be set at any time, from any thread."""
        return self._names

    @names.setter
    def names(self, names: Iterable[str]) -> None:
        wanted = tuple(names)
        measured = [name for name, row in INSTRUMENTS.items() if not row.recorded]
        unknown = [name for name in wanted if name not in measured]
        if unknown:
            raise ValueError(f"no such instrument: {', '.join(unknown)}; there are: {', '.join(measured)}")
        self._names = wanted

    @property
    def share(self) -> float | None:
        """Time for measuring as a part of the time for training; it may be set at any time, from any thread."""
        return None if self._every else self._budget.share

    @share.setter
    def share(self, share: float) -> None:
        self._budget.share = share
        self.make_room(self._budget.part < 1.0)

    def make_room(self, wanted: bool) -> None:
        """Leave a part of the budget to `aside`, or keep all of it; at any time, from any thread."""
        self._budget.part = 1.0 - PART if wanted else 1.0
        self.aside.share = PART * self._budget.share if wanted else 0.0

    @property
    def spent_share(self) -> float:
        """What measuring has cost lately, as a part of the time spent on training; 0 where there is no budget."""
        return self._budget.spent_share + self.aside.spent_share

    @property
    def spent_seconds(self) -> float:
        """What measuring has cost so far."""
        return self._budget.spent

    @property
    def settled(self) -> bool:
        """Whether enough has been trained for `spent_share` to say anything."""
        return self._budget.trained >= ENOUGH_SECONDS

    @property
    def too_slow(self) -> tuple[str, ...]:
        """Instruments that are not read, because a reading takes or may take more than `MOST_SECONDS`."""
        if self._every is not None or not math.isfinite(self._step_seconds):
            return ()
        return tuple(name for name in self._names if self._cost(name) > MOST_SECONDS)

    def outlooks(self) -> dict[str, Outlook]:
        """Return what can be expected of each instrument, from any thread; nothing before the first step."""
        if self._every is not None or not math.isfinite(self._step_seconds):
            return {}
        costs = self._costs()
        return {name: self._outlook(name, costs) for name in self._names}

    def _outlook(self, name: str, costs: dict[str, float]) -> Outlook:
        cost, error = self._cost(name), self.failures.get(name, "")
        due_in = self._budget.due_in(name, costs) if name in costs else math.inf
        return Outlook(cost / COLD, due_in, error, too_slow=not error and cost > MOST_SECONDS)

    def steps_until_next(self) -> float:
        """Return how many steps may be done before the next moment of the fixed grid; ∞ where there is a budget."""
        if self._every is None:
            return math.inf
        return self._every - self._engine.step % self._every

    def follow(self, progress: Progress) -> list[Reading]:
        """Measure what is due after a chunk of training; return the readings, and put them into the outbox."""
        began = clock()
        seconds = self._training_seconds(progress, began)
        costs = self._costs()
        if self._every is None:
            self._budget.earn(seconds, costs)
            self.aside.earn(self._seconds_passed(progress))
        readings = self._read(costs, began) if self._may_look(progress) else []
        self._left_at = threading.get_ident(), clock()
        return readings

    def _training_seconds(self, progress: Progress, now: float) -> float:
        """Return the time the chunk took this thread; where it is the first of a thread, the time it reports."""
        seconds = progress.seconds
        if self._left_at is not None and self._left_at[0] == threading.get_ident():
            seconds = min(seconds, now - self._left_at[1])
        if progress.steps_done:
            self._step_seconds = min(self._step_seconds, seconds / progress.steps_done)
        return seconds

    def _seconds_passed(self, progress: Progress) -> float:
        """Return the time by the wall since the last chunk, waits for a speed limit included, without pauses."""
        now, before = time.monotonic(), self._passed_at
        self._passed_at = now
        return min(now - before, progress.seconds + LONGEST_WAIT) if before is not None else progress.seconds

    def _costs(self) -> dict[str, float]:
        """Return the seconds a reading of every instrument is expected to take, of those that can be read."""
        costs = {name: self._cost(name) for name in self._names}
        return {
            name: cost for name, cost in costs.items()
            if name not in self.failures and (cost <= MOST_SECONDS or self._every is not None)
        }  # fmt: skip

    def _cost(self, name: str) -> float:
        """Return the seconds a reading is expected to take; before the first, guessed from what a step takes."""
        known = self._budget.expected(name)
        if known:
            return known
        return max(1e-6, INSTRUMENTS[name].passes * self._pass_seconds())

    def _pass_seconds(self) -> float:
        """Return a guess at what a pass over the samples of the workbench takes: on the CPU, wherever training is."""
        samples, engine = len(self._bench.chosen), self._engine
        as_training = self._step_seconds * max(1.0, samples / engine.batch_size)
        if engine.device.type == "cpu":
            return as_training
        return max(as_training, OPERATIONS * samples * engine.architecture.n_parameters / OPERATIONS_A_SECOND)

    def _may_look(self, progress: Progress) -> bool:
        """Tell whether the run stands at a moment to measure; where it goes on from a fork, only after a step."""
        engine, outcome = self._engine, progress.outcomes[0]
        if engine.step and not progress.steps_done:
            return False
        if outcome is not None and outcome.step != engine.step:
            return False
        return self._every is None or engine.step % self._every == 0 or engine.finished

    @torch.inference_mode()
    def _read(self, costs: dict[str, float], began: float) -> list[Reading]:
        # As in training: numbers below 1e-38 would make a saturated network a hundred times slower.
        torch.set_flush_denormal(True)
        try:
            return self._read_in_turn(costs, began)
        finally:
            torch.set_flush_denormal(False)

    def _read_in_turn(self, costs: dict[str, float], began: float) -> list[Reading]:
        readings: list[Reading] = []
        waiting = list(costs)
        probe: Probe | None = None
        while (name := self._next_of(waiting, costs)) is not None:
            waiting.remove(name)
            if probe is None:  # copied only where something is due
                self._bench.experiment = self._engine.experiment
                probe = Probe.of(self._engine, self._bench)
            reading = self._reading(name, probe, began)
            began = clock()
            if reading is not None:
                readings.append(reading)
                self.outbox.append(reading)
        return readings

    def _next_of(self, waiting: list[str], costs: dict[str, float]) -> str | None:
        if self._every is not None:
            return waiting[0] if waiting else None
        return self._budget.next_of(waiting, costs)

    def _reading(self, name: str, probe: Probe, began: float) -> Reading | None:
        """Read one instrument; what it takes counts from `began`, so that the first pays for the copy."""
        try:
            if name not in self._made:
                self._made[name] = INSTRUMENTS[name].make()
            values = self._made[name].measure(probe)
        except Exception as error:  # whatever is wrong with an instrument is no reason to end the run
            if self._every is not None:
                raise
            self.failures[name] = f"{type(error).__name__}: {error}"
            return None
        finally:
            seconds = clock() - began
            self._budget.spend(name, COLD * seconds)
        return Reading(name, probe.step, probe.epoch, values, seconds, self.spent_share)
