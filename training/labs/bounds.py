"""How much work a try may ask for: as much as its task could need, so that no file can keep a computer busy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from training.engine import is_editable
from training.errors import ExperimentError, InputError
from training.experiment import Experiment
from training.feasibility import architecture_of, batch_size_of
from training.length import steps_at_most
from training.own_folder import FILE_DATA
from training.population import edited
from training.progress import STOP, Edit
from training.scenarios.mistakes import allowed_by
from training.scenarios.scenario import Scenario, Task, dotted
from training.validation import as_values, replace
from training.work import prepared, seconds_of

TIMES_THE_STEPS, ENOUGH_STEPS = 5, 5_000
"""A try may train five times as long as the run its task starts from, or 5,000 steps where that is more."""
TIMES_THE_PARAMETERS, ENOUGH_PARAMETERS = 20, 50_000
"""And have twenty times the parameters, or 50,000."""
TIMES_THE_SAMPLES, ENOUGH_SAMPLES = 5, 5_000
"""And five times the samples, or 5,000."""
TIMES_THE_SECONDS, ENOUGH_SECONDS, MOST_SECONDS = 10, 10.0, 120.0
"""And take ten times as long by estimate, or 10 s; never more than two minutes."""

FREE = ("name", "notes")
"""What may be called as the learner likes."""


def changes_between(start: Experiment, experiment: Experiment) -> dict[str, Any]:
    """Return what was changed from one experiment to another, by dotted key; `FREE` keys do not count.

    The changes make the one of the other: ``replace(start, changes) == experiment``, but for those keys.
    """
    before, after = dotted(as_values(start)), dotted(as_values(experiment))
    return {key: value for key, value in after.items() if key not in FREE and before.get(key, ...) != value}


def not_allowed(task: Task, changes: Sequence[str]) -> list[str]:
    """Return the keys that the task does not let anyone change."""
    return [key for key in changes if not allowed_by(key, task.controls)]


def refusal(scenario: Scenario, task: Task, changes: dict[str, Any], edits: Sequence[Edit], steps: int) -> str:
    """Return why a try cannot be accepted, in a sentence without a period; empty if it can.

    Nothing is trained to find out, and no data are loaded but those the task may use.
    """
    for check in (_controls, _edits, _values, _work):
        try:
            why = check(scenario, task, changes, edits, steps)
        except InputError as error:
            why = "; ".join(p.text() for p in error.problems) if isinstance(error, ExperimentError) else error.message()
        if why:
            return why
    return ""


def _controls(
    scenario: Scenario, task: Task, changes: dict[str, Any], edits: Sequence[Edit], steps: int
) -> str:
    foreign = not_allowed(task, [*changes, *(edit.key for edit in edits if edit.key != STOP)])
    if foreign:
        return f"changes {', '.join(dict.fromkeys(foreign))}, but this task allows only {', '.join(task.controls)}"
    if changes.get("data.dataset") in FILE_DATA:
        return "names a file of its own"
    return ""


def _edits(scenario: Scenario, task: Task, changes: dict[str, Any], edits: Sequence[Edit], steps: int) -> str:
    if any(later.step < edit.step or later.group < edit.group for edit, later in zip(edits, edits[1:], strict=False)):
        return "its edits are not in order"
    if edits and edits[-1].step > steps:
        return f"an edit at step {edits[-1].step:,} comes after the {steps:,} steps trained"
    fixed = [edit.key for edit in edits if edit.key != STOP and not is_editable(edit.key)]
    if fixed:
        return f"{fixed[0]} cannot be changed while a run is under way"
    return ""


def _values(scenario: Scenario, task: Task, changes: dict[str, Any], edits: Sequence[Edit], steps: int) -> str:
    tried: tuple[Experiment, ...] = (replace(scenario.run(task.start), changes),)
    for group in sorted({edit.group for edit in edits}):
        made = {edit.key: edit.value for edit in edits if edit.group == group and edit.key != STOP}
        tried = edited(tried, made)
    return ""


def _work(scenario: Scenario, task: Task, changes: dict[str, Any], edits: Sequence[Edit], steps: int) -> str:
    start = scenario.run(task.start)
    longest = replace(start, changes)
    if longest.replicas > 1:
        return "trains replicas, where one run is asked for"
    if longest.data != start.data:
        samples, usual = (getattr(run.data, "samples", 0) for run in (longest, start))
        allowed = max(TIMES_THE_SAMPLES * usual, ENOUGH_SAMPLES)
        if samples > allowed:
            return f"wants {samples:,} samples, where at most {allowed:,} are accepted"
    data, mine = prepared(start.data), prepared(longest.data)
    usual_steps = steps_at_most(start, -(-len(data.x_train) // batch_size_of(start, data)))
    allowed = max(TIMES_THE_STEPS * usual_steps, ENOUGH_STEPS)
    if steps > allowed:
        return f"trains {steps:,} steps, where at most {allowed:,} are accepted"
    parameters, usual = architecture_of(longest, mine).n_parameters, architecture_of(start, data).n_parameters
    allowed = max(TIMES_THE_PARAMETERS * usual, ENOUGH_PARAMETERS)
    if parameters > allowed:
        return f"has {parameters:,} parameters, where at most {allowed:,} are accepted"
    # Edits may make the batches larger on the way.
    largest = max([longest.batch_size, *(edit.value for edit in edits if edit.key == "batch_size")], key=_size_of)
    seconds = seconds_of(replace(longest, {"batch_size": largest}), mine, steps)
    allowed_seconds = min(MOST_SECONDS, max(TIMES_THE_SECONDS * seconds_of(start, data, usual_steps), ENOUGH_SECONDS))
    if seconds > allowed_seconds:
        return f"takes about {seconds:,.0f} s, where at most {allowed_seconds:,.0f} s are accepted"
    return ""


def _size_of(batch: Any) -> float:
    return float("inf") if batch == "full" else float(batch)
