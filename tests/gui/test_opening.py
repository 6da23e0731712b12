"""What the program opens when it is started with a file or a name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from gui import theme
from gui.app import open_window
from gui.guide.guide import Guide
from gui.scenarios.scenarios import Scenarios
from gui.window import MainWindow
from training.experiment_file import PRESETS, find


@pytest.fixture
def opened(qtbot: Any, state_folder: Path) -> Iterator[Any]:
    """Return a function that opens the window as the program does."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply(app, theme.DARK)
    windows: list[MainWindow] = []

    def start(path: Path) -> MainWindow:
        window = open_window(path, theme.DARK)
        windows.append(window)
        qtbot.addWidget(window)
        window.show()
        qtbot.waitUntil(lambda: window.control.phase in ("ready", "refused"), timeout=10_000)
        return window

    yield start
    for window in windows:
        window.close()


def test_a_scenario_opens_its_page(qtbot: Any, opened: Any) -> None:
    window = opened(find("vanishing_gradients"))
    scenarios = window.feature(Scenarios)
    qtbot.waitUntil(lambda: scenarios.visit is not None)
    assert scenarios.visit.scenario.title == "Vanishing gradients"
    assert window.workspace.left.current == "Scenarios"
    qtbot.waitUntil(lambda: window.control.view.experiment.network.activation == "sigmoid")  # seen beside its story
    assert window.control.view.history.step == 0


def test_a_lab_opens_the_guide(qtbot: Any, opened: Any) -> None:
    window = opened(PRESETS / "labs" / "why_deep_nets_stall.toml")
    qtbot.waitUntil(lambda: window.workspace.left.current == "Guide")
    assert "why_deep_nets_stall" in {lab.name for lab in window.feature(Guide).labs}


def test_a_broken_file_is_told_over_the_default_experiment(qtbot: Any, opened: Any, tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text('kind = "scenario"\ntitle = 3\n')
    window = opened(broken)
    qtbot.waitUntil(lambda: window.banner.isVisible())
    assert "title" in window.banner.text.text()
