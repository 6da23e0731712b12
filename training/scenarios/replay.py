"""Run a scenario again and say of each of its expectations whether it holds."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from training.engine import Engine
from training.errors import InputError
from training.experiment import Experiment
from training.processes import pool_of
from training.scenarios.diagnosed import Diagnosed, diagnosed
from training.scenarios.expectations import Found, check, check_goals, in_words
from training.scenarios.record import RunRecord
from training.scenarios.scenario import Scenario, Task, dotted
from training.scenarios.trial import run_recorded, run_variants, with_seeds
from training.validation import replace
from training.work import seconds_to_the_end

SEEDS = 10
TASK_SHARE = 0.9
PROCESSES = 2


@dataclass(frozen=True)
class Line:
    """One claim and what was found, as plain data.

    Attributes
    ----------
    text
        The author's words.
    words
        The claim itself in words.
    values
        What was measured, of every seed.
    note
        What explains values that are no numbers, or "".
    """

    text: str
    words: str
    values: tuple[float, ...]
    share: float
    wanted: float
    holds: bool
    note: str = ""


@dataclass(frozen=True)
class CurvePoint:
    """One evaluation of one seed of one run."""

    run: str
    seed: int
    step: int
    epoch: float
    train_loss: float
    val_loss: float
    train_score: float
    val_score: float


@dataclass(frozen=True)
class Replayed:
    """What came of a scenario; plain data, so that it can come from another process."""

    name: str
    title: str
    seeds: tuple[int, ...]
    lines: tuple[Line, ...]
    seconds: float
    curves: tuple[CurvePoint, ...] = ()
    found: tuple[Diagnosed, ...] = ()

    @property
    def failed(self) -> int:
        """Number of claims that do not hold."""
        return sum(not line.holds for line in self.lines)


def replay(
    scenario: Scenario, *, name: str, seeds: int = SEEDS, first_seed: int | None = None, curves: bool = False
) -> Replayed:
    """Run a scenario's variants and the solutions of its tasks, and hold all claims against them.

    Parameters
    ----------
    first_seed
        Begin with this seed; None: with that of the experiment.
    curves
        Return the evaluations too.
    """
    began = time.perf_counter()
    if first_seed is not None:
        given = scenario.experiment.model_copy(update={"seed": first_seed})
        scenario = scenario.model_copy(update={"experiment": given})
    records = run_variants(scenario, seeds)
    lines = [_line(found, found.text, scenario) for found in check(scenario, records)]
    for task in scenario.tasks:
        lines += _of_task(task, scenario, records, seeds)
    found = diagnosed(scenario, records)
    first = scenario.experiment.seed
    return Replayed(
        name=name,
        title=scenario.title,
        seeds=tuple(range(first, first + seeds)),
        lines=tuple(lines),
        seconds=time.perf_counter() - began,
        curves=tuple(_curves(records)) if curves else (),
        found=found,
    )


def seconds_to_replay(scenario: Scenario, seeds: int) -> float:
    """Return about how long a replay takes.

    Raises
    ------
    InputError
        If data cannot be loaded.
    """
    solved = [replace(scenario.run(task.start), dotted(task.solution)) for task in scenario.tasks]
    return sum(seconds_to_the_end(run, runs=seeds) for run in (*scenario.runs().values(), *solved))


def replay_all(
    scenarios: Mapping[str, Scenario], *, seeds: int = SEEDS, first_seed: int | None = None, curves: bool = False
) -> Iterator[Replayed]:
    """Replay several scenarios on two processes; what comes of them comes in their order."""
    jobs = [(name, scenario, seeds, first_seed, curves) for name, scenario in scenarios.items()]
    if len(jobs) <= 1:
        yield from map(_job, jobs)
        return
    with pool_of(PROCESSES, _begin_process) as pool:
        yield from pool.map(_job, jobs)


def _begin_process() -> None:
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the first one ends the others


def _job(job: tuple[str, Scenario, int, int | None, bool]) -> Replayed:
    name, scenario, seeds, first_seed, curves = job
    try:
        return replay(scenario, name=name, seeds=seeds, first_seed=first_seed, curves=curves)
    except InputError as error:  # as one that can go from process to process
        raise InputError(f"{name}: {error.message()}") from None


def _of_task(task: Task, scenario: Scenario, records: Mapping[str, RunRecord], seeds: int) -> list[Line]:
    """Run the solution of a task: it has to meet every goal, and the run the task starts from not all of them.

    Scripted edits are not made, as the learner makes the changes here.
    """
    start = scenario.run(task.start)
    as_given = records[task.start] if not scenario.edits_of(task.start) else _run(start, seeds)
    solved = _run(replace(start, dotted(task.solution)), seeds)
    lines = [_line(found, f"Task ‘{task.title}’: its solution reaches the goal")
             for found in check_goals(task.goals, solved, TASK_SHARE)]  # fmt: skip
    return [*lines, _not_yet(check_goals(task.goals, as_given, TASK_SHARE), task)]


def _run(experiment: Experiment, seeds: int) -> RunRecord:
    return run_recorded(Engine(with_seeds(experiment, seeds)))


def _not_yet(found: Sequence[Found], task: Task) -> Line:
    """Return the claim that a task is not reached before anything is done."""
    missed = np.array([~each.held for each in found]).sum(0)
    share = float((missed > 0).mean())
    return Line(
        text=f"Task ‘{task.title}’: not reached before anything is changed",
        words=f"goals missed out of {len(found)} at least 1",
        values=tuple(missed.astype(float).tolist()),
        share=share,
        wanted=TASK_SHARE,
        holds=share >= TASK_SHARE - 1e-9,
    )


def _line(found: Found, text: str, scenario: Scenario | None = None) -> Line:
    return Line(
        text=text,
        words=in_words(found.claim, scenario),
        values=tuple(found.values.tolist()),
        share=found.share,
        wanted=found.wanted,
        holds=found.holds,
        note=found.note,
    )


def _curves(records: dict[str, RunRecord]) -> Iterator[CurvePoint]:
    for name, record in records.items():
        for replica, experiment in enumerate(record.experiments):
            for row in record.evaluations:
                if not np.isnan(row.lr[replica]):  # a run that has ended is not evaluated any more
                    values = (float(getattr(row, column)[replica]) for column in
                              ("train_loss", "val_loss", "train_score", "val_score"))  # fmt: skip
                    yield CurvePoint(name, experiment.seed, row.step, row.epoch, *values)
