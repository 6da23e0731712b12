"""A run without a window: from an experiment to a folder of files, interruptible at any moment."""

from __future__ import annotations

import dataclasses
import signal
import threading
import time
import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType

from training.engine import Engine
from training.experiment import Experiment
from training.experiment_file import save
from training.history import History
from training.instruments.catalog import INSTRUMENTS, MEASURED, standard_instruments
from training.instruments.instruments import MOST_SECONDS, Instruments
from training.instruments.log import InstrumentLog
from training.instruments.run_landscape import landscape_of
from training.outputs import (
    FinishedRun,
    check_space,
    claim_folder,
    new_run_folder,
    write_landscape,
    write_outputs,
)
from training.progress import Progress
from training.scenarios.script import Script, follow
from training.timeline.checkpoints import Checkpoints

Watcher = Callable[[Engine, History, Progress], None]

LANDSCAPE = "landscape"
TO_MEASURE = (*MEASURED, LANDSCAPE)
"""What may be asked for by name: instruments, and the loss landscape once the run has ended."""


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
    measure: Collection[str] = (),
    survey: Callable[[float], None] = lambda share: None,
) -> HeadlessRun:
    """Train `experiment` to its end and write its files.

    The folder is made, and ``experiment.toml`` written, before training begins, so that a folder that cannot be
    written costs no time. Ctrl-C ends the run at the next step boundary with the reason "stopped"; what was
    computed is written. The landscape comes after all other files, and not after Ctrl-C.

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
    measure
        Of `TO_MEASURE`, what is measured beside the standard instruments.
    survey
        Told, while the landscape is computed, which share of it is done.

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
    measuring = Instruments(engine, _names(engine, measure), instruments) if instruments else None
    checkpoints = Checkpoints() if LANDSCAPE in measure else None
    watchers = [_reader(measuring, log), _keeper(checkpoints, engine)]
    failure: Exception | None = None
    with interruption() as interrupted:
        try:
            _train(engine, script or Script(), history, interrupted, watchers, watch)
        except Exception as error:  # raised again below, once what was computed is safe
            failure = error
            engine.fail(repr(error))
        seconds = time.perf_counter() - began
        run = FinishedRun(experiment, engine.result(), history, started, seconds, log, instruments)
        write_outputs(folder, run, save_data=save_data)
        if measuring is not None:
            _tell_of(measuring)
            _tell_of_unread(set(measure) - {LANDSCAPE, *log.names, *measuring.failures, *measuring.too_slow})
        if failure is not None:
            raise failure
        if checkpoints is not None and not interrupted():
            _survey(folder, engine, experiment, checkpoints, interrupted, survey)
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


def _names(engine: Engine, measure: Collection[str]) -> tuple[str, ...]:
    """Return the instruments to be read, in the order of their table: the standard ones, and others asked for."""
    standard = standard_instruments(engine.architecture)
    return tuple(
        name for name in MEASURED
        if name in standard or (name in measure and INSTRUMENTS[name].suits(engine.architecture))
    )  # fmt: skip


def _keeper(checkpoints: Checkpoints | None, engine: Engine) -> Callable[[Progress], None]:
    """Return what keeps checkpoints, if there are any, after a chunk of training."""
    if checkpoints is None:
        return lambda progress: None
    return lambda progress: checkpoints.follow(engine, progress)


def _survey(
    folder: Path,
    engine: Engine,
    experiment: Experiment,
    checkpoints: Checkpoints,
    interrupted: Callable[[], bool],
    tell: Callable[[float], None],
) -> None:
    """Write the loss landscape; where it cannot be computed, warn: all else of the run is there."""
    try:
        landscape = landscape_of(engine, experiment, checkpoints, given_up=interrupted, tell=tell)
    except Exception as error:
        warnings.warn(f"No instruments/landscape.csv: {error!r}", RuntimeWarning, stacklevel=3)
        return
    if landscape is not None:
        write_landscape(folder, landscape)


def _tell_of_unread(names: Collection[str]) -> None:
    """Warn of instruments that were asked for and left no file."""
    if names:
        text = "Not read, as the run was too short for the budget or they do not suit its network"
        warnings.warn(f"{text}: {', '.join(sorted(names))}", RuntimeWarning, stacklevel=3)


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
    watchers: Sequence[Callable[[Progress], None]],
    watch: Watcher | None,
) -> None:
    for progress in follow(engine, script):
        history.extend(progress)
        for look in watchers:
            look(progress)
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
