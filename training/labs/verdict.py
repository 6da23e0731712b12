"""The verdict on one try: what it claims, held against what came of running it again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

from training.errors import shortened
from training.labs.again import Checked
from training.labs.learner import Attempt
from training.progress import STOP
from training.scenarios.expectations import meets
from training.scenarios.scenario import Task

RELATIVE, ABSOLUTE = 0.02, 1e-6
"""Figures agree if they differ by no more than 2 %, or by 1e-6: processors round in their own ways.

On the machine that made it a result gives the same figures to the last digit. Where training magnifies the difference
beyond this, `is_doubtful` says so, and the run has to be made again as other machines would: see `training.rounding`.
"""

Verdict = Literal["reached", "not reached", "not tried", "does not reproduce", "altered", "refused"]


def is_doubtful(attempt: Attempt, again: Checked) -> bool:
    """Tell whether a success came out otherwise, so that it matters what rounding alone can make of the run."""
    if not attempt.reached:  # of what is no success, nothing hangs on the figures
        return False
    figures = zip(attempt.figures, again.figures, strict=True)
    return not again.reached or attempt.steps != again.steps or not all(agree(*pair) for pair in figures)


def judged(attempt: Attempt, task: Task, again: Checked, rounded: Sequence[Checked] = ()) -> tuple[Verdict, str]:
    """Return the verdict on a try and what it rests on.

    Parameters
    ----------
    again
        What came of running it again.
    rounded
        What came of it as other machines would have run it, if that was doubtful.
    """
    if attempt.reached != _reached(task, attempt.figures):
        so = "reached" if attempt.reached else "not reached"
        return "does not reproduce", f"claims {so}, which its own figures deny"
    runs = (again, *rounded)
    if attempt.reached:
        fault = _fault(attempt, task, runs)
        if fault:
            return "does not reproduce", fault
    measured = ", ".join(
        f"{goal.metric} = {figure:.6g}" for goal, figure in zip(task.goals, again.figures, strict=True)
    )
    reason = f"run again: {measured}; {_by(attempt)}"
    if is_doubtful(attempt, again) and rounded:
        reason += "; its figures differ by no more than rounding, magnified by training, makes them on other machines"
    reached = any(run.reached for run in runs) if attempt.reached else again.reached
    return ("reached" if reached else "not reached"), reason


def agree(one: float, other: float) -> bool:
    """Tell whether two figures are the same, but for what another processor makes of them: see `RELATIVE`."""
    if one == other or (math.isnan(one) and math.isnan(other)):
        return True
    if not (math.isfinite(one) and math.isfinite(other)):
        return False
    return abs(one - other) <= max(ABSOLUTE, RELATIVE * max(abs(one), abs(other)))


def _reached(task: Task, figures: Sequence[float]) -> bool:
    return all(bool(meets(goal, figure)) for goal, figure in zip(task.goals, figures, strict=True))


def _fault(attempt: Attempt, task: Task, runs: Sequence[Checked]) -> str:
    """Return what of a claim none of the runs can have given, or ""."""
    if not _lies_among(attempt.steps, [run.steps for run in runs]):
        return f"claims {attempt.steps:,} steps, but the run ends after {runs[0].steps:,}"
    for index, (goal, said) in enumerate(zip(task.goals, attempt.figures, strict=True)):
        found = [run.figures[index] for run in runs]
        if not (any(agree(said, figure) for figure in found) or _lies_among(said, found)):
            return f"claims {goal.metric} = {said:.6g}, but running it again gives {found[0]:.6g}"
    return ""


def _lies_among(said: float, found: Sequence[float]) -> bool:
    """Tell whether a figure lies between those found, or beyond them by no more than they lie apart."""
    finite = [figure for figure in found if math.isfinite(figure)]
    if not finite or not math.isfinite(said):
        return False
    low, high = min(finite), max(finite)
    return low - (high - low) <= said <= high + (high - low)


def _by(attempt: Attempt) -> str:
    """Say what was changed, in a few words."""
    done = [f"{key} = {_shown(value)}" for key, value in attempt.changes.items()]
    done += [f"{edit.key} = {_shown(edit.value)} at step {edit.step:,}" for edit in attempt.edits if edit.key != STOP]
    return shortened(", ".join(done), 200) or "nothing changed"


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else shortened(str(value), 40)
