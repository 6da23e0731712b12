"""What every test needs: torch before Qt, no window on the screen, one thread, reproducible hypothesis."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import torch  # before anything of Qt: on Windows the other order loads the wrong libraries

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("MPLBACKEND", "Agg")
torch.set_num_threads(1)

import pytest
from hypothesis import HealthCheck, settings

from tests.long_runs import LongRuns

LONG = pytest.StashKey[LongRuns]()
FOLDER = "long_runs"
MANY_OBJECTS = 30_000
"""More than the tests themselves leave: only modules are so many."""

settings.register_profile("desk", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("desk"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this machine cannot run."""
    no_gpu = pytest.mark.skip(reason="no NVIDIA GPU here")
    for item in items:
        if item.get_closest_marker("cuda") and not torch.cuda.is_available():
            item.add_marker(no_gpu)


LONG_RUNS = {
    "steady": ["tests.gui.steady", "120"], "monkey": ["tests.gui.monkey", "8000"],
    "library": ["main", "replay", "--all"],
}  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder of the results; a process that was started by another is told which."""
    given = getattr(config, "workerinput", {}).get(FOLDER)
    config.stash[LONG] = LongRuns(Path(given or tempfile.mkdtemp(prefix="long_runs_")))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a process that this one starts."""
    node.workerinput[FOLDER] = str(node.config.stash[LONG].folder)


@pytest.hookimpl(tryfirst=True)  # what else comes then sends the list of tests to the process that hands them out
def pytest_collection_finish(session: pytest.Session) -> None:
    """Start what takes minutes beside the other tests, if it is wanted, and look at it last."""
    long = [item for item in session.items if item.get_closest_marker("long")]
    if long and not session.config.option.collectonly:
        files = {item.path for item in long}  # whole ones: they are what is handed out to several processes
        session.items.sort(key=lambda item: item.path in files)
        runs = session.config.stash[LONG]
        runs.ask(name for item in long for name in item.get_closest_marker("long").args)
        if not hasattr(session.config, "workerinput"):
            runs.start(LONG_RUNS)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any) -> None:
    """The tests run in other processes: start it from here, once."""
    if node.gateway.id == "gw0":
        node.config.stash[LONG].start(LONG_RUNS)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End what still runs beside the tests."""
    runs = config.stash.get(LONG, None)
    if runs is not None and not hasattr(config, "workerinput"):
        runs.stop()
        shutil.rmtree(runs.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def long_runs(pytestconfig: pytest.Config) -> LongRuns:
    """Return the processes at work beside the tests."""
    return pytestconfig.stash[LONG]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Undo what an engine set for its thread: hypothesis refuses to draw floats where denormal ones are flushed."""
    torch.set_flush_denormal(False)


@cache
def import_window() -> None:
    """Import all that a window needs before the first test of one."""
    import gui.window  # noqa: F401


def freeze_imports() -> None:
    """Let the collections after each test pass over what has been imported: they take 0.3 s otherwise."""
    if len(gc.get_objects()) > MANY_OBJECTS:  # those of the generations that are looked at
        gc.collect()
        gc.freeze()


@pytest.fixture(autouse=True)
def no_leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test of the window that leaves a running thread or an open top-level widget behind."""
    if "gui" not in request.path.relative_to(request.config.rootpath).parts:
        yield
        return
    from PySide6.QtCore import QCoreApplication, QThread, QThreadPool
    from PySide6.QtWidgets import QApplication

    def widgets() -> set[int]:
        return {id(widget) for widget in QApplication.topLevelWidgets()} if QApplication.instance() else set()

    import_window()
    freeze_imports()
    before = widgets()
    started: list[QThread] = []
    start = QThread.start

    def remember(thread: QThread, *arguments: object) -> None:
        started.append(thread)
        start(thread, *arguments)

    QThread.start = remember  # type: ignore[method-assign]
    try:
        yield
    finally:
        QThread.start = start  # type: ignore[method-assign]
    QThreadPool.globalInstance().waitForDone(2000)
    running = [thread for thread in started if _is_running(thread)]
    if QCoreApplication.instance():
        QCoreApplication.sendPostedEvents(None, 52)  # QEvent.DeferredDelete: what was told to go has gone
    started.clear()
    gc.collect()
    visible = [
        widget
        for widget in (QApplication.topLevelWidgets() if QApplication.instance() else [])
        if id(widget) not in before and widget.isVisible()
    ]
    assert not running, f"threads left running: {running}"
    assert not visible, f"windows left open: {visible}"


def _is_running(thread: object) -> bool:
    from shiboken6 import isValid

    return isValid(thread) and thread.isRunning()  # type: ignore[attr-defined]
