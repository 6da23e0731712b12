"""Whether a run reaches the goals of a task: asked of the learner's run at once, and again when it is graded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from training.experiment import Experiment
from training.progress import Edit
from training.scenarios.expectations import check_goals
from training.scenarios.record import RunRecord
from training.scenarios.scenario import Claim
from training.scenarios.trial import run_one


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
    found = check_goals(goals, record)
    return Checked(tuple(float(one.values[0]) for one in found), tuple(bool(one.held[0]) for one in found),
                   len(record.steps))  # fmt: skip


def check_again(experiment: Experiment, edits: Sequence[Edit], steps: int, goals: Sequence[Claim]) -> Checked:
    """Train again, as far as it was trained, and return what the goals measure.

    Raises
    ------
    InputError
        If the experiment cannot run, or an edit cannot be made.
    """
    return check(run_one(experiment, edits, steps=steps), goals)
