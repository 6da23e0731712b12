"""A paired race: several runs that advance together by step, each bit for bit what it would be alone.

    race = prepare([Entry("base", "as given", experiment), Entry("he", "He", other)])
    session = Session(race)

Each entrant has an engine of its own with one replica, so runs of different networks, optimizers and batch sizes can
race. They are in step: after every report all that still run have done the same number of steps.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.data.load import load_prepared
from training.data.prepare import PreparedData
from training.engine import Engine
from training.errors import InputError
from training.experiment import Data, Experiment
from training.length import steps_at_most
from training.likeness import Likeness, likeness, recorded_alike
from training.progress import Edit, Progress, record_width
from training.result import Result
from training.scenarios.record import MOST_BYTES, Recorder, RunRecord
from training.scenarios.scenario import ScriptedEdit
from training.scenarios.script import Script
from training.snapshot import Snapshot

FEWEST, MOST = 2, 8
"""So many runs race."""


@dataclass(frozen=True)
class Entry:
    """A run to be raced.

    Attributes
    ----------
    name, title
        What files and what people call it.
    edits
        What is changed on the way: scripted, or recorded of another run.
    """

    name: str
    title: str
    experiment: Experiment
    edits: Sequence[ScriptedEdit | Edit] = ()


@dataclass(frozen=True)
class RaceProgress:
    """What a chunk of a race brought.

    Attributes
    ----------
    first_step, step
        Steps done before and after, by those that still run.
    epoch
        Epochs done, see `Race.epoch`.
    parts
        One for each entrant; that of one that had ended before is empty.
    edits
        For each entrant what was changed.
    differences
        For each entrant the first step at which it was another run than the first entrant; None while there is none.
    """

    first_step: int
    step: int
    epoch: float
    parts: tuple[Progress, ...]
    edits: tuple[tuple[Edit, ...], ...]
    differences: tuple[int | None, ...]
    seconds: float

    @property
    def finished(self) -> bool:
        """Whether every run has ended."""
        return all(part.finished for part in self.parts)

    @property
    def steps_done(self) -> int:
        """Steps in this chunk."""
        return self.step - self.first_step


@dataclass(frozen=True, eq=False)
class RaceSnapshot:
    """The weights of every entrant as they are now; of one that has ended, those it keeps."""

    snapshots: Mapping[str, Snapshot]


@dataclass(frozen=True, eq=False)
class RaceResult:
    """What a race has come to.

    Attributes
    ----------
    results
        By the names of the entrants.
    records
        Every step of every run, to measure them by; empty if that would have taken too much memory.
    """

    results: Mapping[str, Result]
    records: Mapping[str, RunRecord]


class Entrant:
    """One run of a race.

    Attributes
    ----------
    likeness
        What it has in common with the first entrant, before the first step.
    difference
        The first step at which what is recorded (loss of the batch, norms of the gradients) is not bit for bit that
        of the first entrant; 0 if they start from different weights, None while there is no difference.
    """

    def __init__(self, entry: Entry, data: PreparedData) -> None:
        self.entry = entry
        self.engine = Engine(entry.experiment.model_copy(update={"replicas": 1}), data)
        self.likeness = Likeness()
        self.difference: int | None = None
        self.recorder: Recorder | None = None
        self._script = _script_of(entry.edits)
        self._edits: list[Edit] = []

    @property
    def record_bytes(self) -> int:
        """Memory that a record of every step may take."""
        steps = steps_at_most(self.engine.experiment, self.engine.steps_per_epoch)
        return 8 * steps * record_width(len(self.engine.layer_names))

    def advance_to(self, step: int) -> Progress:
        """Train to a step, or to the end, making the scripted changes on the way."""
        self._follow_script()
        pieces = [self._advance_to(step)]
        while self._follow_script() or not (self.engine.finished or self.engine.step >= step):
            pieces.append(self._advance_to(step))
        return _joined(pieces)

    def _advance_to(self, step: int) -> Progress:
        wanted = min(step - self.engine.step, self._script.steps_until_next(self.engine))
        progress = self.engine.advance(max(0, int(wanted)))
        if self.recorder is not None:
            self._record(self.recorder, progress)
        return progress

    def _record(self, recorder: Recorder, progress: Progress) -> None:
        try:
            recorder.take(progress)
        except InputError:  # an edit has made the run longer than there is room for
            self.recorder = None

    def _follow_script(self) -> bool:
        """Make the first changes that are due; tell whether there were any."""
        try:
            made = self._script.make_next(self.engine)
        except InputError as error:
            self._script = Script()
            self.engine.fail(f"a scripted change cannot be made: {error.message()}")
            return True
        self._edits.extend(made)
        return bool(made)

    def stop(self) -> None:
        """End the run as stopped by the user."""
        self._script = Script()
        self._edits.extend(self.engine.stop())

    def take_edits(self) -> tuple[Edit, ...]:
        """Return what was changed since this was last asked."""
        edits, self._edits = tuple(self._edits), []
        return edits


class Race:
    """Runs in step with each other; a `training.session.Session` drives it.

    The first entrant is the one with which the others are compared.

    Parameters
    ----------
    entries
        Two to eight, of different names.
    data
        The prepared data of each.

    Raises
    ------
    InputError
        If one of them cannot run; the message says which.
    """

    def __init__(self, entries: Sequence[Entry], data: Sequence[PreparedData]) -> None:
        _check(entries)
        self.entrants = [_entrant(entry, prepared) for entry, prepared in zip(entries, data, strict=True)]
        first = self.entrants[0]
        for entrant in self.entrants[1:]:
            entrant.likeness = likeness(entrant.engine, first.engine)
            entrant.difference = None if entrant.likeness.same_start else 0
        if sum(entrant.record_bytes for entrant in self.entrants) <= MOST_BYTES:
            for entrant in self.entrants:
                entrant.recorder = Recorder(entrant.engine)

    # ----------------------------------------------------------------------------------- state

    @property
    def step(self) -> int:
        """Steps done by those that still run, or by the last that did."""
        return max(entrant.engine.step for entrant in self.entrants)

    @property
    def epoch(self) -> float:
        """Epochs done by the first that still runs; batches of other sizes make epochs of other lengths."""
        return self._clock.epoch

    @property
    def steps_left_in_epoch(self) -> int:
        """Steps to the end of that one's epoch."""
        return self._clock.steps_left_in_epoch

    @property
    def finished(self) -> bool:
        """Whether every run has ended."""
        return all(entrant.engine.finished for entrant in self.entrants)

    @property
    def _clock(self) -> Engine:
        engines = [entrant.engine for entrant in self.entrants]
        running = [engine for engine in engines if not engine.finished]
        return running[0] if running else max(engines, key=lambda engine: engine.step)

    # ----------------------------------------------------------------------------------- running

    def advance(self, at_most: int) -> RaceProgress:
        """Do up to so many steps with every run that has not ended."""
        started = time.perf_counter()
        first, step = self.step, self.step + at_most
        parts = tuple(entrant.advance_to(step) for entrant in self.entrants)
        self._look_for_differences(parts)
        return RaceProgress(
            first_step=first,
            step=self.step,
            epoch=self.epoch,
            parts=parts,
            edits=tuple(entrant.take_edits() for entrant in self.entrants),
            differences=tuple(entrant.difference for entrant in self.entrants),
            seconds=time.perf_counter() - started,
        )

    def _look_for_differences(self, parts: Sequence[Progress]) -> None:
        for entrant, part in zip(self.entrants[1:], parts[1:], strict=True):
            if entrant.difference is None and part.first_step == parts[0].first_step:
                alike = recorded_alike(part.records[:, 0], parts[0].records[:, 0])
                if not alike.all():
                    entrant.difference = part.first_step + int(np.argmin(alike)) + 1

    def edit(self, changes: Mapping[str, Any]) -> tuple[Edit, ...]:
        """Refuse: what a race compares is known before it starts.

        Raises
        ------
        InputError
            Always.
        """
        raise InputError(
            f"{', '.join(changes)} cannot be changed in a race", hint="Close the race to change the experiment"
        )

    def stop(self) -> tuple[Edit, ...]:
        """End every run that has not ended; what was changed by that follows with the next report."""
        for entrant in self.entrants:
            entrant.stop()
        return ()

    def fail(self, message: str) -> None:
        """End every run that has not ended, as failed."""
        for entrant in self.entrants:
            entrant.engine.fail(message)

    # ----------------------------------------------------------------------------------- results

    def snapshot(self) -> RaceSnapshot:
        """Return the weights of all."""
        return RaceSnapshot({entrant.entry.name: entrant.engine.snapshot() for entrant in self.entrants})

    def result(self) -> RaceResult:
        """Return what it has come to by now."""
        recorders = {entrant.entry.name: entrant.recorder for entrant in self.entrants}
        whole = {name: recorder for name, recorder in recorders.items() if recorder is not None}
        return RaceResult(
            results={entrant.entry.name: entrant.engine.result() for entrant in self.entrants},
            records={name: recorder.record() for name, recorder in whole.items()},
        )


def prepare(
    entries: Sequence[Entry],
    *,
    report: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Race:
    """Load the data, of entrants with the same data once, and get everything ready for the first step.

    Parameters
    ----------
    report, cancelled
        See `training.data.load.load`.

    Raises
    ------
    InputError
        If an entrant cannot run; the message says which.
    Cancelled
        If `cancelled` said so.
    """
    _check(entries)
    loaded: list[tuple[Data, PreparedData]] = []
    for entry in entries:
        if all(data != entry.experiment.data for data, _ in loaded):
            loaded.append((entry.experiment.data, _load(entry, report, cancelled)))
    return Race(entries, [_found(loaded, entry.experiment.data) for entry in entries])


def _load(
    entry: Entry, report: Callable[[float], None] | None, cancelled: Callable[[], bool] | None
) -> PreparedData:
    try:
        return load_prepared(entry.experiment.data, report=report, cancelled=cancelled)
    except InputError as error:
        raise _of(entry, error) from error


def _entrant(entry: Entry, data: PreparedData) -> Entrant:
    try:
        return Entrant(entry, data)
    except InputError as error:
        raise _of(entry, error) from error


def _of(entry: Entry, error: InputError) -> InputError:
    return InputError(f"“{entry.title}” cannot run: {error.message()}")


def _found(loaded: Sequence[tuple[Data, PreparedData]], wanted: Data) -> PreparedData:
    return next(prepared for data, prepared in loaded if data == wanted)


def _check(entries: Sequence[Entry]) -> None:
    if not FEWEST <= len(entries) <= MOST:
        raise InputError(
            f"{len(entries)} run{'s' * (len(entries) != 1)} cannot race", allowed=f"{FEWEST} to {MOST} runs"
        )
    names = [entry.name for entry in entries]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"two runs of a race have the name “{twice[0]}”", hint="Give each a name of its own")


def _script_of(edits: Sequence[ScriptedEdit | Edit]) -> Script:
    scripted = [edit for edit in edits if isinstance(edit, ScriptedEdit)]
    return Script.of_scenario(scripted) if scripted else Script.of_edits(e for e in edits if isinstance(e, Edit))


def _joined(pieces: Sequence[Progress]) -> Progress:
    if len(pieces) == 1:
        return pieces[0]
    last = pieces[-1]
    return Progress(
        first_step=pieces[0].first_step,
        records=np.concatenate([piece.records for piece in pieces]),
        evaluations=tuple(record for piece in pieces for record in piece.evaluations),
        step=last.step,
        epoch=last.epoch,
        outcomes=last.outcomes,
        seconds=sum(piece.seconds for piece in pieces),
    )
