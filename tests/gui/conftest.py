"""A window on an experiment, in a state folder of its own, closed at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from gui import theme
from gui.window import MainWindow
from training.experiment import Experiment
from training.validation import replace

QUICK: dict[str, Any] = {
    "data.samples": 120, "network.hidden": (8, 8), "epochs": 5, "stopping.early.enabled": False, "batch_size": 16,
}


@pytest.fixture
def state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that stands for the user's state folder."""
    folder = tmp_path / "state"
    monkeypatch.setenv("CONVERGENCE_LAB_STATE", str(folder))
    return folder


@pytest.fixture
def open_window(qtbot: Any, state_folder: Path) -> Iterator[Callable[..., MainWindow]]:
    """Return a function that opens a window on the default experiment with some values changed."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply(app, theme.DARK)
    opened: list[MainWindow] = []

    def make(experiment: Experiment | None = None, **changes: Any) -> MainWindow:
        wanted = experiment or replace(Experiment(), {**QUICK, **{k.replace("__", "."): v for k, v in changes.items()}})
        window = MainWindow(wanted)
        opened.append(window)
        qtbot.addWidget(window)
        window.show()
        qtbot.waitExposed(window)
        qtbot.waitUntil(lambda: window.control.phase in ("ready", "refused"), timeout=10_000)
        return window

    yield make
    for window in opened:
        window.close()
        assert window.control.threads == 0


@pytest.fixture
def window(open_window: Callable[..., MainWindow]) -> MainWindow:
    """Return a window with a small experiment, ready to run."""
    return open_window()
