"""A run without a window: from an experiment to a folder of files, interruptible at any moment."""

from __future__ import annotations

import dataclasses
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType

from training.engine import Engine
from training.experiment import Experiment
from training.experiment_file import save
from training.history import History
from training.instruments.instruments import MOST_SECONDS, Instruments
from training.instruments.log import InstrumentLog
from training.outputs import (
    FinishedRun,
    check_space,
    claim_folder,
    new_run_folder,
    write_outputs,
)
from training.progress import Progress
from training.scenarios.script import Script, follow

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
    script: Script | None = None,
    watch: Watcher | None = None,
    instruments: float = 0.0,
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
    script
        Changes to be made on the way.
    watch
        Called after each chunk of training.
    instruments
        Time that instruments may take, as a part of the time for training; 0: there are none.

    Raises
    ------
    InputError
        If the experiment cannot run here or the files cannot be written.
    """
    engine = Engine(experiment)
    started = datetime.now().astimezone()
    folder = claim_folder(out) if out else new_run_folder(runs, experiment.name, started)
    try:
        save(experiment, folder / "experiment.toml")
        check_space(folder, engine, save_data=save_data)
    except BaseException:
        _remove_if_nothing_in_it(folder)
        raise
    began = time.perf_counter()
    history, log = History(engine.replicas, len(engine.layer_names)), InstrumentLog()
    measuring = Instruments(engine, share=instruments) if instruments else None
    read = _reader(measuring, log)
    failure: Exception | None = None
    with interruption() as interrupted:
        try:
            _train(engine, script or Script(), history, interrupted, read, watch)
        except Exception as error:  # raised again below, once what was computed is safe
            failure = error
            engine.fail(repr(error))
        run = FinishedRun(experiment, engine.result(), history, started, time.perf_counter() - began, log)
        write_outputs(folder, run, save_data=save_data)
        if measuring is not None:
            _tell_of(measuring)
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


def _reader(instruments: Instruments | None, log: InstrumentLog) -> Callable[[Progress], None]:
    """Return what reads the instruments, if there are any, after a chunk of training."""
    if instruments is None:
        return lambda progress: None

    def read(progress: Progress) -> None:
        log.take(instruments.follow(progress))
        instruments.outbox.clear()  # nobody else drains it

    return read


def _tell_of(instruments: Instruments) -> None:
    """Warn of instruments that left no file: of the run nothing is missing."""
    for name, error in instruments.failures.items():
        warnings.warn(f"The instrument {name} failed: {error}", RuntimeWarning, stacklevel=3)
    slow = ", ".join(name for name in instruments.too_slow if name not in instruments.failures)
    if slow:
        text = f"Not read, since one reading would take more than {MOST_SECONDS:.0f} s: {slow}"
        warnings.warn(text, RuntimeWarning, stacklevel=3)


def _train(
    engine: Engine,
    script: Script,
    history: History,
    interrupted: Callable[[], bool],
    read: Callable[[Progress], None],
    watch: Watcher | None,
) -> None:
    for progress in follow(engine, script):
        history.extend(progress)
        read(progress)
        if watch:
            watch(engine, history, progress)
        if interrupted():
            engine.stop()
            history.extend(engine.advance(0))
            return


def _remove_if_nothing_in_it(folder: Path) -> None:
    written = list(folder.iterdir())
    if [path.name for path in written] in ([], ["experiment.toml"]):
        for path in written:
            path.unlink()
        folder.rmdir()
