"""A fix put to the test: the run as it is against the same run with the fix, step by step from the same start. No Qt.

What is raced is the experiment with the edits made so far. A fix that a run may take on its way comes as an edit at
the step since which the finding holds; any other one is there from the start.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gui.grouped import grouped
from gui.race.race_view import Runner
from training.diagnosis.finding import Finding, Fix
from training.diagnosis.verdict import Verdict, compare_losses, compare_scores, kept, with_scores
from training.experiment import Experiment
from training.population import replicas_of
from training.progress import STOP, Edit
from training.validation import keys_of, replace

if TYPE_CHECKING:
    from gui.run_view import RunView

AS_IT_IS = "as it is"

Run = tuple[str, Experiment, list[Edit]]


@dataclass(frozen=True)
class FixRace:
    """A fix that is tried in a race.

    Attributes
    ----------
    runs
        By name: title, experiment and edits; the first is the run as it is.
    """

    finding: Finding
    fix: Fix
    runs: dict[str, Run]

    @property
    def title(self) -> str:
        """What the race is called."""
        return f"Try {self.fix.title}"

    @property
    def since(self) -> str:
        """Since when the fix is in effect, in words."""
        first = self.finding.first_step + 1
        return f"from step {grouped(first)} on" if self.fix.live and first > 1 else "from the start"


def race_of(view: RunView, finding: Finding, fix: Fix) -> FixRace:
    """Return the race of a fix against the first replica of a run.

    Raises
    ------
    InputError
        If the experiment with the fix is not valid.
    """
    start = replicas_of(view.original or view.experiment)[0]
    edits = [edit for edit in view.edits if edit.key != STOP]  # both are to show what they come to
    if fix.live:
        group = max((edit.group for edit in edits), default=0) + 1
        made = [Edit(finding.first_step, key, value, group) for key, value in fix.changes.items()]
        fixed: Run = (fix.title, start, [*(edit for edit in edits if not _undoes(edit, finding, fix)), *made])
    else:
        changed = replace(start, dict(fix.changes))
        there = set(keys_of(changed))
        fixed = (
            fix.title, changed, [edit for edit in edits if edit.key not in fix.changes and edit.key in there],
        )  # fmt: skip
    return FixRace(finding, fix, {"as_it_is": (AS_IT_IS, start, edits), "fixed": fixed})


def _undoes(edit: Edit, finding: Finding, fix: Fix) -> bool:
    """Tell whether an edit that follows a live fix would take it back."""
    return edit.key in fix.changes and edit.step >= finding.first_step


def verdict_of(runners: Sequence[Runner]) -> Verdict:
    """Return how the second run of a race compares with the first, by the weights that each keeps."""
    before, after = runners[0], runners[1]
    held_out = all(len(runner.run.data.x_val) for runner in (before, after))
    part, words = ("val", "validation") if held_out else ("train", "training")
    score = "accuracy" if before.run.data.task == "classification" else "R²"
    scores = [_kept(runner, f"{part}_score") for runner in (before, after)]
    if before.run.experiment.loss == after.run.experiment.loss:
        losses = [_kept(runner, f"{part}_loss") for runner in (before, after)]
        return with_scores(compare_losses(*losses, f"{words} loss"), *scores, score)
    return compare_scores(*scores, f"{words} {score}")


def _kept(runner: Runner, name: str) -> float:
    value = kept(runner.run.history.evaluations, runner.outcome, name)
    return value if math.isfinite(value) else math.nan
