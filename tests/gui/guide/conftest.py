"""A window whose Guide has a lab that takes no time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from gui.guide.guide import Guide
from gui.guide.lab_page import LabPage
from gui.guide.shelf import read_labs
from gui.guide.step_page import StepPage
from gui.window import MainWindow
from tests.training.labs.small_lab import write_lab
from training.labs import lab_file


@pytest.fixture
def lab_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = write_lab(tmp_path / "labs")
    monkeypatch.setattr(lab_file, "shipped_labs", lambda: {"small_lab": path})
    monkeypatch.setattr("gui.guide.guide.labs_here", read_labs)  # not those that were read once and for all
    return path


class Learner:
    """What a person does at the Guide: clicks and keys."""

    def __init__(self, window: MainWindow, qtbot: Any) -> None:
        self.window, self.qtbot = window, qtbot

    @property
    def guide(self) -> Guide:
        return self.window.feature(Guide)

    @property
    def lab(self) -> LabPage:
        assert isinstance(self.guide.page, LabPage)
        return self.guide.page

    @property
    def step(self) -> StepPage:
        assert isinstance(self.lab.page, StepPage)
        return self.lab.page

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self.window.setFocus()
        QTest.keyClick(self.window, key, modifiers)

    @staticmethod
    def click(widget: QWidget) -> None:
        assert widget.isEnabled()
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton)

    def begin(self, name: str = "Ada") -> None:
        """Open the Guide with its key, type the name, and start the lab."""
        self.press(Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(self.guide.page.name, name)
        self.click(self.guide.page.cards["small_lab"].start)

    def race(self) -> None:
        """Race the runs of the step to their end."""
        self.click(self.step.run)
        at = self.guide.journey.at
        self.qtbot.waitUntil(lambda: self.guide.journey.seen(at), timeout=20_000)

    def start_task(self, name: str) -> None:
        self.click(self.step.tasks[name].start)
        self.wait_ready()

    def wait_ready(self) -> None:
        self.qtbot.waitUntil(lambda: self.window.control.phase == "ready", timeout=10_000)

    def type_into(self, key: str, text: str) -> None:
        """Type a value into a field of the form."""
        editor = self.window.builder.editor(key)
        editor.setFocus()
        editor.selectAll()
        QTest.keyClicks(editor, text)
        QTest.keyClick(editor, Qt.Key.Key_Return)

    def run(self, tries: int) -> None:
        """Train to the end, and wait until so many tries are checked."""
        self.press(Qt.Key.Key_Space)
        self.qtbot.waitUntil(lambda: len(self.guide.journey.result.attempts) == tries, timeout=20_000)


@pytest.fixture
def learner(lab_path: Path, open_window: Callable[..., MainWindow], qtbot: Any) -> Learner:
    return Learner(open_window(), qtbot)
