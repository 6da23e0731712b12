"""Whether a run reaches the goals of a task: asked of the learner's run at once, and again when it is graded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from training.experiment import Experiment
from training.progress import Edit
from training.rounding import rounded_otherwise
from training.scenarios.expectations import check_goals
from training.scenarios.record import RunRecord
from training.scenarios.scenario import Claim
from training.scenarios.script import Script
from training.scenarios.trial import run_one, run_recorded


@dataclass(frozen=True)
class Checked:
    """What the goals of a task measured in a run.

    Attributes
    ----------
    figures, met
        One for each goal.
    steps
        Steps the run had trained.
    """

    figures: tuple[float, ...]
    met: tuple[bool, ...]
    steps: int

    @property
    def reached(self) -> bool:
        """Whether all goals were met."""
        return all(self.met)


def check(record: RunRecord, goals: Sequence[Claim]) -> Checked:
    """Return what the goals measure in the record of one run."""
    return check_each(record, goals)[0]


def check_each(record: RunRecord, goals: Sequence[Claim]) -> tuple[Checked, ...]:
    """Return what the goals measure in each of the runs of a record."""
    found = check_goals(goals, record)
    return tuple(
        Checked(tuple(float(one.values[run]) for one in found), tuple(bool(one.held[run]) for one in found),
                outcome.step)
        for run, outcome in enumerate(record.outcomes)
    )  # fmt: skip


def check_again(experiment: Experiment, edits: Sequence[Edit], steps: int, goals: Sequence[Claim]) -> Checked:
    """Train again, as far as it was trained, and return what the goals measure.

    Raises
    ------
    InputError
        If the experiment cannot run, or an edit cannot be made.
    """
    return check(run_one(experiment, edits, steps=steps), goals)


def check_rounded(
    experiment: Experiment, edits: Sequence[Edit], steps: int, goals: Sequence[Claim]
) -> tuple[Checked, ...]:
    """Train again several times, as machines would that round in other ways, and return what the goals measure.

    Raises
    ------
    InputError
        If the experiment cannot run, or an edit cannot be made.
    """
    record = run_recorded(rounded_otherwise(experiment), Script.of_edits(edits), steps=steps)
    return check_each(record, goals)
