"""Changes that are made on the way: when the next ones are due, and making them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from training.engine import MAX_CHUNK_STEPS, Engine, next_chunk
from training.progress import Edit, Progress
from training.scenarios.scenario import ScriptedEdit, dotted, moment_of


@dataclass(frozen=True)
class Planned:
    """Changes to be made together once a run has done so many steps or epochs."""

    unit: str
    count: int
    changes: Mapping[str, Any]


class Script:
    """What is to be changed while a run goes on. Ask it at every step boundary.

    Changes planned for an epoch are made when the run reaches it, however many steps that takes by then. What is
    planned for after the end of the run is not made.
    """

    def __init__(self, planned: Iterable[Planned] = ()) -> None:
        self._waiting = list(planned)

    @classmethod
    def of_scenario(cls, edits: Iterable[ScriptedEdit]) -> Script:
        """Return the script of a scenario's run."""
        return cls(Planned(*moment_of(edit.at), dotted(edit.changes)) for edit in edits)

    @classmethod
    def of_edits(cls, edits: Iterable[Edit]) -> Script:
        """Return the script that makes recorded edits again, those made together as one."""
        groups: dict[tuple[int, int], dict[str, Any]] = {}
        for edit in sorted(edits, key=lambda edit: (edit.step, edit.group)):
            groups.setdefault((edit.step, edit.group), {})[edit.key] = edit.value
        return cls(Planned("step", step, changes) for (step, _), changes in groups.items())

    def make_next(self, engine: Engine) -> tuple[Edit, ...]:
        """Make the first changes that are due, if any are.

        Between those and the next ones the engine is to advance by 0 steps at least: they may end the run, and the
        next ones let it go on. Changes that `InputError` refuses are not asked for again.
        """
        due = next((planned for planned in self._waiting if _steps_until(planned, engine) <= 0), None)
        if due is None:
            return ()
        self._waiting.remove(due)
        return engine.repeat(due.changes)

    def steps_until_next(self, engine: Engine) -> float:
        """Return how many steps the run may do before it must be asked again; infinite: to its end."""
        return min((_steps_until(planned, engine) for planned in self._waiting), default=math.inf)


def follow(engine: Engine, script: Script, *, steps: int | None = None) -> Iterator[Progress]:
    """Train, making the changes of a script on the way, and yield what each chunk brought.

    Parameters
    ----------
    steps
        Stop there, with the changes made that are due then; None: train to the end.
    """
    yield engine.advance(0)  # the network is looked at as it begins, even where a change at step 0 ends the run
    chunk = 1
    while True:
        script.make_next(engine)
        left = MAX_CHUNK_STEPS if steps is None else max(0, steps - engine.step)
        progress = engine.advance(int(min(chunk, left, script.steps_until_next(engine))))
        chunk = next_chunk(chunk, progress)
        arrived = engine.finished or (steps is not None and engine.step >= steps)
        over = arrived and script.steps_until_next(engine) > 0  # what is due now may let the run go on
        yield progress
        if over:
            return


def _steps_until(planned: Planned, engine: Engine) -> int:
    if planned.unit == "step":
        return planned.count - engine.step
    whole_epochs = planned.count - int(engine.epoch) - 1
    if whole_epochs < 0:
        return 0
    return engine.steps_left_in_epoch + whole_epochs * engine.steps_per_epoch
