"""A run without a window: from an experiment to a folder of files, interruptible at any moment."""

from __future__ import annotations

import dataclasses
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType

from training.engine import Engine
from training.experiment import Experiment
from training.history import History
from training.outputs import (
    FinishedRun,
    check_space,
    claim_folder,
    new_run_folder,
    write_experiment,
    write_outputs,
)
from training.progress import Outcome, Progress

CHUNK_SECONDS = 0.02
FIRST_CHUNK = 16
LARGEST_CHUNK = 4096

Watcher = Callable[[Engine, History, Progress], None]


@dataclasses.dataclass(frozen=True)
class HeadlessRun:
    """What came of a run: its folder, how it ended, and whether the user interrupted it."""

    folder: Path
    finished: FinishedRun
    interrupted: bool


def run_headless(
    experiment: Experiment,
    *,
    out: Path | None = None,
    runs: Path = Path("runs"),
    save_data: bool = False,
    steps: int | None = None,
    watch: Watcher | None = None,
) -> HeadlessRun:
    """Train `experiment` to its end and write its files.

    The folder is made, and ``experiment.toml`` written, before training begins, so that a folder that cannot be
    written costs no time. Ctrl-C ends the run at the next step boundary with the reason "stopped"; what was
    computed is written.

    Parameters
    ----------
    out
        Folder for the files; None: ``runs/<time>-<name>``.
    save_data
        Write ``data.npz`` too.
    steps
        Stop after so many steps, if the run has not ended by then.
    watch
        Called after each chunk of training, and once before the first with an empty one.

    Raises
    ------
    InputError
        If the experiment cannot run here or the files cannot be written.
    """
    engine = Engine(experiment)
    started = datetime.now().astimezone()
    folder = claim_folder(out) if out else new_run_folder(runs, experiment.name, started)
    try:
        write_experiment(folder, experiment, step_limit=steps)
        check_space(folder, engine)
    except BaseException:
        _remove_if_nothing_in_it(folder)
        raise
    began = time.perf_counter()
    history = History(experiment.replicas, len(engine.layer_names))
    failure: Exception | None = None
    with interruption() as interrupted:
        try:
            _train(engine, history, steps, interrupted, watch)
        except Exception as error:  # raised again below, once what was computed is safe
            failure = error
        outcomes = _outcomes(history, steps, failure)
        run = FinishedRun(engine, history, outcomes, started, time.perf_counter() - began, steps)
        write_outputs(folder, run, save_data=save_data)
        if failure is not None:
            raise failure
        return HeadlessRun(folder, run, interrupted())


@contextmanager
def interruption() -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C (or SIGTERM) into a question that can be asked between steps; the second one insists.

    Outside the main thread, where no signal arrives, the answer is always no.
    """
    asked = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return
    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _train(
    engine: Engine, history: History, limit: int | None, interrupted: Callable[[], bool], watch: Watcher | None
) -> None:
    chunk, finished = FIRST_CHUNK, False
    while not finished:
        if interrupted() or (limit is not None and history.step >= limit):
            engine.stop()
        progress = engine.advance(chunk if limit is None else max(1, min(chunk, limit - history.step)))
        history.extend(progress)
        if watch:
            watch(engine, history, progress)
        chunk = _next_chunk(chunk, progress)
        finished = progress.finished


def _next_chunk(chunk: int, progress: Progress) -> int:
    """Aim at chunks of `CHUNK_SECONDS`, so that Ctrl-C is heard at once and reports cost nothing."""
    done = len(progress.records)
    if done == 0 or progress.seconds <= 0:
        return chunk
    wanted = int(CHUNK_SECONDS * done / progress.seconds)
    return max(1, min(wanted, 2 * chunk, LARGEST_CHUNK))


def _outcomes(history: History, limit: int | None, failure: Exception | None) -> tuple[Outcome, ...]:
    return tuple(_outcome(outcome, history, limit, failure) for outcome in history.outcomes)


def _outcome(outcome: Outcome | None, history: History, limit: int | None, failure: Exception | None) -> Outcome:
    if outcome is None:
        message = f"Failed after {history.step:,} steps: {failure!r}." if failure else "Ended before its first step."
        return Outcome("failed", history.step, history.epoch, message)
    if outcome.reason == "stopped" and limit is not None and outcome.step >= limit:
        return dataclasses.replace(outcome, message=f"Stopped after the {limit:,} steps asked for.")
    return outcome


def _remove_if_nothing_in_it(folder: Path) -> None:
    written = list(folder.iterdir())
    if [path.name for path in written] in ([], ["experiment.toml"]):
        for path in written:
            path.unlink()
        folder.rmdir()
