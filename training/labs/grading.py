"""Grading: every claim of a learner's file is run again, and accepted because it gives the same figures.

Nothing in a file is believed but what can be computed from it: the run starts from the scenario as it is here, with
those changes only that the task allows, and within `training.labs.bounds`. No file can make another one fail.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from training.errors import InputError, shortened
from training.experiment import Experiment
from training.labs import lab_file, learner
from training.labs.again import Checked, check_again, check_rounded
from training.labs.bounds import MOST_SECONDS, refusal
from training.labs.lab import OpenLab
from training.labs.learner import SUFFIX, Attempt, LearnerResult
from training.labs.verdict import Verdict, is_doubtful, judged
from training.processes import pool_of
from training.progress import Edit
from training.scenarios.scenario import Claim, Task
from training.validation import as_values, validate
from training.validation import replace as changed
from training.work import prepared, seconds_of

MOST_SECONDS_A_FILE = 300.0
"""All the tries of one file may take so long together, by estimate."""
WORTH_PROCESSES = 4.0
"""Seconds of work from which on starting other processes pays."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class TaskGrade:
    """What became of one task.

    Attributes
    ----------
    step
        Number of the step in the lab, from 1.
    reason
        The verdict in a sentence.
    tries
        How often it was checked.
    hints
        How many hints were taken.
    """

    step: int
    task: str
    title: str
    verdict: Verdict
    reason: str
    tries: int = 0
    hints: int = 0


@dataclass(frozen=True)
class Grade:
    """What came of one file.

    Attributes
    ----------
    reason
        Why the whole file was refused, or how it was altered; empty if it was graded.
    note
        What else there is to know, such as another version of the lab.
    right, answered, asked
        Questions: answered rightly, answered, and in the lab.
    """

    file: Path
    learner: str = ""
    lab: str = ""
    made: str = ""
    tasks: tuple[TaskGrade, ...] = ()
    right: int = 0
    answered: int = 0
    asked: int = 0
    reason: str = ""
    note: str = ""

    @property
    def sound(self) -> bool:
        """Whether nothing in it was refused, altered or could not be reproduced."""
        return not self.reason and all(
            task.verdict in ("reached", "not reached", "not tried") for task in self.tasks
        )

    @property
    def reached(self) -> int:
        """Tasks reached."""
        return sum(task.verdict == "reached" for task in self.tasks)


@dataclass(frozen=True)
class Job:
    """A run that a claim asks for; equal ones are done once."""

    experiment: str
    edits: str
    steps: int
    goals: str
    rounded: bool = False
    """Whether it is to be run as machines would that round in other ways."""

    @classmethod
    def of(cls, experiment: Experiment, edits: Sequence[Edit], steps: int, goals: Sequence[Claim]) -> Job:
        """Return the job as text, which other processes take and which tells equal ones."""
        values = {key: value for key, value in as_values(experiment).items() if key not in ("name", "notes")}
        made = [[edit.step, edit.key, edit.value, edit.group] for edit in edits]
        wanted = [goal.model_dump(mode="json") for goal in goals]
        return cls(json.dumps({**values, "device": "cpu"}), json.dumps(made), steps, json.dumps(wanted))


@dataclass(frozen=True)
class Claimed:
    """A try of a file: the job that checks it, or why it was refused."""

    attempt: Attempt
    job: Job | None
    refused: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Opened:
    """A file that can be graded."""

    file: Path
    result: LearnerResult
    lab: OpenLab
    claims: tuple[Claimed, ...]


Found = Mapping[Job, tuple[Checked, ...] | str]


def grade(
    files: Iterable[Path], *, labs: Mapping[str, Path] | None = None, processes: int = 2,
    progress: Progress | None = None,
) -> list[Grade]:
    """Grade learners' files, in their order; what is wrong with one is said in its grade.

    Parameters
    ----------
    labs
        Labs by name, beside those that ship with the program.
    progress
        Called with the runs done and the runs there are.
    """
    known = {**lab_file.shipped_labs(), **(labs or {})}
    opened_labs: dict[str, OpenLab] = {}
    opened = [_open(file, known, opened_labs) for file in files]
    claims = [claim for one in opened if isinstance(one, Opened) for claim in one.claims if claim.job is not None]
    seconds = {claim.job: claim.seconds for claim in claims if claim.job is not None}
    watch = progress or (lambda done, all_: None)
    found = _run_all(seconds, processes, watch)
    found |= _run_all(_doubtful(claims, found), processes, watch)
    return [_graded(one, found) if isinstance(one, Opened) else one for one in opened]


def result_files(paths: Iterable[Path]) -> list[Path]:
    """Return the files among paths, and the results in and below those that are folders, each once."""
    found: dict[Path, None] = {}
    for path in paths:
        inside = sorted(path.rglob(f"*{SUFFIX}")) if path.is_dir() else [path]
        found.update(dict.fromkeys(inside))
    return list(found)


# ------------------------------------------------------------------------------------- what is claimed


def _open(file: Path, known: Mapping[str, Path], opened: dict[str, OpenLab]) -> Opened | Grade:
    try:
        result = learner.load(file)
    except InputError as error:
        return Grade(file, reason=f"refused: {_one_line(error).removeprefix(f'{file}: ')}")
    about = Grade(file, result.learner, result.lab, result.made)
    if not result.intact:
        return replace(about, reason="altered: the content does not fit its checksum, so it was changed after it was "
                                     "saved")  # fmt: skip
    if result.lab not in known:
        return replace(about, reason=f"refused: there is no lab '{result.lab}' here; name its file with --lab")
    try:
        if result.lab not in opened:
            opened[result.lab] = lab_file.load(known[result.lab])
    except InputError as error:
        return replace(about, reason=f"refused: its lab cannot be opened: {_one_line(error)}")
    lab = opened[result.lab]
    claims: list[Claimed] = []
    for attempt in result.attempts:
        left = MOST_SECONDS_A_FILE - sum(claim.seconds for claim in claims)
        claims.append(_claim(lab, attempt, left))
    return Opened(file, result, lab, tuple(claims))


def _claim(lab: OpenLab, attempt: Attempt, seconds_left: float) -> Claimed:
    """Return the job that checks an attempt, if the task allows what it changes and can need that much work."""
    task = lab.task(attempt.step - 1, attempt.task)
    if task is None:
        return Claimed(attempt, None, f"step {attempt.step} of the lab has no task '{attempt.task}'")
    scenario = lab.scenarios[attempt.step - 1]
    edits = [edit.edit() for edit in attempt.edits]
    why = refusal(scenario, task, attempt.changes, edits, attempt.steps)
    if not why and len(attempt.figures) != len(task.goals):
        why = f"claims {len(attempt.figures)} figures for {len(task.goals)} goals"
    if why:
        return Claimed(attempt, None, why)
    experiment = changed(scenario.run(task.start), attempt.changes)
    seconds = min(MOST_SECONDS, seconds_of(experiment, prepared(experiment.data), attempt.steps))
    if seconds > seconds_left:
        return Claimed(attempt, None, f"the tries of a file may take {MOST_SECONDS_A_FILE:.0f} s together, and with "
                                      "this one they take longer")  # fmt: skip
    return Claimed(attempt, Job.of(experiment, edits, attempt.steps, task.goals), seconds=seconds)


# ------------------------------------------------------------------------------------- running again


def _doubtful(claims: Iterable[Claimed], found: Found) -> dict[Job, float]:
    """Return the jobs that tell what rounding makes of those claims which did not come out as they say."""
    doubtful: dict[Job, float] = {}
    for claim in claims:
        outcome = found[claim.job] if claim.job is not None else ""
        if claim.job is not None and not isinstance(outcome, str) and is_doubtful(claim.attempt, outcome[0]):
            doubtful[replace(claim.job, rounded=True)] = claim.seconds
    return doubtful


def run_job(job: Job) -> tuple[Checked, ...] | str:
    """Train what a job asks for and return what its goals measure in each run, or why that cannot be done."""
    import torch

    torch.set_num_threads(1)
    edits = [Edit(*values) for values in json.loads(job.edits)]
    goals = [Claim.model_validate_json(json.dumps(goal)) for goal in json.loads(job.goals)]
    try:
        experiment = validate(json.loads(job.experiment))
        if job.rounded:
            return check_rounded(experiment, edits, job.steps, goals)
        return (check_again(experiment, edits, job.steps, goals),)
    except InputError as error:
        return _one_line(error)


def _run_all(jobs: Mapping[Job, float], processes: int, progress: Progress) -> dict[Job, tuple[Checked, ...] | str]:
    """Run each job once, the longest first; in processes of their own, if that is worth starting them."""
    found: dict[Job, tuple[Checked, ...] | str] = {}
    order = sorted(jobs, key=lambda job: -jobs[job])
    if order:
        progress(0, len(order))
    if processes < 2 or len(order) < 2 or sum(jobs.values()) < WORTH_PROCESSES:
        for job in order:
            found[job] = run_job(job)
            progress(len(found), len(order))
        return found
    with pool_of(processes) as pool:
        for job, outcome in zip(order, pool.map(run_job, order), strict=True):
            found[job] = outcome
            progress(len(found), len(order))
    return found


# ------------------------------------------------------------------------------------- the verdict


def _graded(one: Opened, found: Found) -> Grade:
    lab, result = one.lab, one.result
    tasks = [
        _task_grade(one, step + 1, task, found) for step in range(len(lab.lab.steps)) for task in lab.tasks(step)
    ]
    asked = [
        (result.answer(step + 1, index + 1), question.answer)
        for step in range(len(lab.lab.steps)) for index, question in enumerate(lab.questions(step))
    ]  # fmt: skip
    unknown = [claim for claim in one.claims if lab.task(claim.attempt.step - 1, claim.attempt.task) is None]
    tasks += [_refused_unknown(claim) for claim in unknown]
    return Grade(
        one.file, result.learner, result.lab, result.made, tuple(tasks),
        right=sum(given == right for given, right in asked), answered=sum(bool(given) for given, _ in asked),
        asked=len(asked),
        note="" if result.lab_digest == lab.digest else "made with another version of the lab",
    )  # fmt: skip


def _refused_unknown(claim: Claimed) -> TaskGrade:
    attempt = claim.attempt
    return TaskGrade(attempt.step, attempt.task, attempt.task, "refused", claim.refused, 1)


def _task_grade(one: Opened, step: int, task: Task, found: Found) -> TaskGrade:
    mine = [claim for claim in one.claims if (claim.attempt.step, claim.attempt.task) == (step, task.id)]
    hints = one.result.hints_taken(step, task.id)
    verdicts = [_judged(claim, task, found) for claim in mine]
    verdict, reason = _worst_or_best(verdicts)
    return TaskGrade(step, task.id, task.title, verdict, reason, len(mine), hints)


def _worst_or_best(judged: Sequence[tuple[Verdict, str]]) -> tuple[Verdict, str]:
    """Return the verdict on a task of those on its tries: what is not honest counts before what was reached."""
    order: tuple[Verdict, ...] = ("refused", "does not reproduce", "reached", "not reached")
    for verdict in order:
        for index, (other, reason) in enumerate(judged, start=1):
            if other == verdict:
                return verdict, f"try {index} of {len(judged)}: {reason}" if len(judged) > 1 else reason
    return "not tried", "was not checked once"


def _judged(claim: Claimed, task: Task, found: Found) -> tuple[Verdict, str]:
    if claim.job is None:
        return "refused", claim.refused
    outcome = found[claim.job]
    if isinstance(outcome, str):
        return "refused", outcome
    rounded = found.get(replace(claim.job, rounded=True), ())
    return judged(claim.attempt, task, outcome[0], () if isinstance(rounded, str) else rounded)


def _one_line(error: InputError) -> str:
    return shortened(" ".join(error.message().split()), 400)
