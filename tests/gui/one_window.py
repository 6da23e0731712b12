"""One window for all tests of a module: opening one takes longer than most of what is tested in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from gui import theme
from gui.documents import Document
from gui.instruments.instrumentation import Instrumentation
from gui.race.races import Races
from gui.recordings.kept import KeptRuns
from gui.recordings.runs import Runs
from gui.scenarios.learned import Learned
from gui.scenarios.scenarios import Scenarios
from gui.window import MainWindow
from tests.gui.conftest import QUICK
from training.experiment import Experiment
from training.validation import replace

SECONDS = 5.0


@contextmanager
def opened(app: QApplication, folder: Path) -> Iterator[MainWindow]:
    """Give a window with a state folder of its own, and close it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONVERGENCE_LAB_STATE", str(folder))
        theme.apply(app, theme.DARK)
        window = MainWindow(experiment())
        window.resize(1440, 900)
        window.show()
        yield window
        window.close()
        window.deleteLater()  # whoever gives the application another look waits for all windows there are
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def experiment(**changes: Any) -> Experiment:
    """Return a small experiment with some dotted keys changed."""
    return replace(Experiment(), {**QUICK, "epochs": 2, **{key.replace("__", "."): v for key, v in changes.items()}})


@contextmanager
def anew(window: MainWindow, qtbot: Any, folder: Path) -> Iterator[MainWindow]:
    """Give the window as if it had just been opened, and leave no thread of it behind."""
    scenarios, runs = window.feature(Scenarios), window.feature(Runs)
    window.control.limit_speed(None)
    window.banner.hide()
    window.banner.text.clear()
    if scenarios.visit is not None:
        scenarios.show_gallery()
    scenarios.filters.clear()
    window.workspace.left.show_page("Experiment")
    window.show_document(Document(experiment()))
    qtbot.waitUntil(lambda: window.control.phase == "ready", timeout=10_000)
    window._tick()
    window.folder = folder  # what was trained in the test before has been kept by now
    scenarios.learned, runs.kept = Learned(folder), KeptRuns(folder)
    yield window
    scenarios.measurements.close()
    window.feature(Instrumentation).close()
    window.feature(Races).close_race()
    window.feature(Races).control.shut_down(SECONDS)
    assert window.control.shut_down(SECONDS)
