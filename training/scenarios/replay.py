"""Run a scenario again and say of each of its expectations whether it holds."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from training.engine import Engine
from training.errors import InputError
from training.scenarios.expectations import Found, check, found_of, in_words
from training.scenarios.record import RunRecord
from training.scenarios.scenario import BASE, Scenario, Task, dotted
from training.scenarios.scenario_file import load
from training.scenarios.trial import run_recorded, run_variants, with_seeds
from training.validation import replace

SEEDS = 10
MOST_SEEDS = 200
TASK_SHARE = 0.9
PROCESSES = 2


@dataclass(frozen=True)
class Line:
    """One claim and what was found, as plain data.

    Attributes
    ----------
    what
        "expectation", or the task's title.
    text
        The author's words.
    words
        The claim itself in words.
    values
        What was measured, of every seed.
    """

    what: str
    text: str
    words: str
    values: tuple[float, ...]
    share: float
    wanted: float
    holds: bool
    note: str

    @property
    def median(self) -> float:
        """The middle value."""
        return float(np.median(self.values))


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
    lines = [_line("expectation", found, getattr(found.claim, "text", ""), scenario)
             for found in check(scenario, records)]  # fmt: skip
    for task in scenario.tasks:
        lines += _of_task(task, scenario, records, seeds)
    first = scenario.experiment.seed
    return Replayed(
        name=name,
        title=scenario.title,
        seeds=tuple(range(first, first + seeds)),
        lines=tuple(lines),
        seconds=time.perf_counter() - began,
        curves=tuple(_curves(records)) if curves else (),
    )


def replay_files(
    files: Sequence[tuple[str, Path]], *, seeds: int = SEEDS, first_seed: int | None = None, curves: bool = False
) -> Iterator[Replayed]:
    """Replay several scenarios on two processes; what they give comes in the order of the files."""
    jobs = [(name, path, seeds, first_seed, curves) for name, path in files]
    if len(jobs) <= 1:
        yield from map(_replay_file, jobs)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, context, initializer=_one_thread) as pool:
        try:
            yield from pool.map(_replay_file, jobs)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _one_thread() -> None:
    torch.set_num_threads(1)


def _replay_file(job: tuple[str, Path, int, int | None, bool]) -> Replayed:
    name, path, seeds, first_seed, curves = job
    scenario = load(path)
    try:
        return replay(scenario, name=name, seeds=seeds, first_seed=first_seed, curves=curves)
    except InputError as error:
        raise InputError(error.message(), where=str(path)) from None


def _of_task(task: Task, scenario: Scenario, records: dict[str, RunRecord], seeds: int) -> list[Line]:
    """Run the solution of a task: every goal has to be met by it, and not all of them by the run it starts from."""
    start = scenario.run(task.start)
    solved = run_recorded(Engine(with_seeds(replace(start, dotted(task.solution)), seeds)))
    goals = [goal.model_copy(update={"variant": BASE}) for goal in task.goals]
    found = [found_of(goal, {BASE: solved}, TASK_SHARE) for goal in goals]
    return [_line(f"task ‘{task.title}’", each, "solution: " + in_words(each.claim), scenario) for each in found]


def _line(what: str, found: Found, text: str, scenario: Scenario) -> Line:
    return Line(
        what=what,
        text=text,
        words=in_words(found.claim, scenario if what == "expectation" else None),
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
