"""Help: the list of shortcuts and what the program is made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from gui import theme
from gui.about_dialog import AboutDialog
from gui.shortcuts_dialog import ShortcutsDialog

GROUPS = {
    "Run": [("Space", "Run or pause"), ("→", "One step"), ("R", "Reset to the same start")],
    "Edit": [("Ctrl+Z", "Undo"), ("Ctrl+Shift+Z", "Redo"), ("Alt+↑ ↓", "Move a layer <up> & down")],
    "Files": [(f"Ctrl+{letter}", f"Do the thing called {letter}") for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"],
}


@pytest.fixture(params=[(theme.DARK, 1.0), (theme.LIGHT, 2.0)], ids=["dark-1", "light-2"])
def window(qtbot: Any, request: pytest.FixtureRequest) -> Iterator[QWidget]:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply(app, *request.param)
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(1100, 700)
    made.show()
    yield made
    theme.apply(app, theme.DARK)


def shortcuts(qtbot: Any, window: QWidget) -> ShortcutsDialog:
    made = ShortcutsDialog(GROUPS, window)
    made.open()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


def shown(dialog: ShortcutsDialog) -> list[str]:
    return [right.text() for group in dialog.groups for _, _, right in group.rows if right.isVisible()]


def test_all_shortcuts_fit_the_smallest_window(qtbot: Any, window: QWidget) -> None:
    dialog = shortcuts(qtbot, window)
    assert (dialog.width() <= 1100, dialog.height() <= 700) == (True, True)
    assert len(shown(dialog)) == 32
    content = dialog.content
    assert content.widget().width() <= content.viewport().width(), "cut at the right"
    last = dialog.groups[-1].rows[-1][2]
    content.ensureWidgetVisible(last)
    assert not last.visibleRegion().isEmpty()
    dialog.close()


def test_shortcuts_are_searched_by_key_and_by_words(qtbot: Any, window: QWidget) -> None:
    dialog = shortcuts(qtbot, window)
    assert dialog.search.hasFocus()
    qtbot.keyClicks(dialog.search, "shift")
    assert shown(dialog) == ["Redo"]
    dialog.search.clear()
    qtbot.keyClicks(dialog.search, "edit LAYER")
    assert shown(dialog) == ["Move a layer <up> & down"]
    qtbot.keyClicks(dialog.search, "!")
    assert shown(dialog) == []
    assert dialog.nothing.isVisible()
    dialog.search.clear()
    assert len(shown(dialog)) == 32
    assert not dialog.nothing.isVisible()
    dialog.close()


@pytest.mark.parametrize("key", [Qt.Key.Key_F1, Qt.Key.Key_Escape, Qt.Key.Key_Return])
def test_keys_close_the_list(qtbot: Any, window: QWidget, key: Qt.Key) -> None:
    dialog = shortcuts(qtbot, window)
    with qtbot.waitSignal(dialog.finished):
        qtbot.keyClick(dialog.search, key)


def test_versions_are_shown_and_copied(qtbot: Any, window: QWidget) -> None:
    versions = [("Python", "3.11"), ("Executable", "/a/very/long/path" * 12)]
    dialog = AboutDialog("Convergence Lab", "Build a small network.", versions, theme.DARK, window)
    dialog.show()
    qtbot.waitExposed(dialog)
    assert (dialog.width() <= 1100, dialog.height() <= 700) == (True, True)
    qtbot.mouseClick(dialog.copy_button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == f"Convergence Lab\nPython: 3.11\nExecutable: {versions[1][1]}"
    assert dialog.copy_button.text() == "Copied"
    with qtbot.waitSignal(dialog.finished):
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
