"""What is found in a run as a whole: at its end, and on the way there."""

from __future__ import annotations

from collections.abc import Iterable

from training.diagnosis.case import Case
from training.diagnosis.doctor import review
from training.diagnosis.finding import Finding
from training.experiment import Experiment
from training.history import History
from training.instruments.log import InstrumentLog
from training.population import replicas_of
from training.progress import STOP, Edit
from training.result import Result
from training.validation import replace


def found_in(case: Case) -> tuple[Finding, ...]:
    """Return what a run shows where it stands, what matters most first, and then what it showed before, in order.

    What is over by then is marked so.
    """
    doctor = review(case)
    now = tuple(finding for finding in doctor.look(case) if not finding.over)
    return (*now, *doctor.past)


def case_of_result(
    experiment: Experiment, result: Result, history: History, instruments: InstrumentLog | None = None
) -> Case:
    """Return the case of a run by what its files are made of.

    Parameters
    ----------
    experiment
        What was run, all replicas together, before any edit.
    """
    original = replicas_of(experiment)[0]
    outcome = result.outcomes[0]
    return Case.of(
        history, with_edits(original, result.edits), result.data, original=original, instruments=instruments,
        outcome=None if outcome.reason == "running" else outcome, snapshot=result.final[0],
    )  # fmt: skip


def with_edits(experiment: Experiment, edits: Iterable[Edit]) -> Experiment:
    """Return an experiment as it is after the changes made while it ran, those made together as one.

    Raises
    ------
    ExperimentError
        If they do not fit it.
    """
    groups: dict[tuple[int, int], dict[str, object]] = {}
    for edit in sorted(edits, key=lambda edit: (edit.step, edit.group)):
        if edit.key != STOP:
            groups.setdefault((edit.step, edit.group), {})[edit.key] = edit.value
    for changes in groups.values():
        experiment = replace(experiment, changes)
    return experiment
