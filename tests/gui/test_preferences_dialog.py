"""The preferences dialog, by keyboard and mouse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit, QSlider, QWidget

from gui import theme
from gui.devices import cuda_found
from gui.preferences import Settings
from gui.preferences_dialog import PreferencesDialog


@pytest.fixture(params=[1.0, 2.0])
def dialog(qtbot: Any, request: pytest.FixtureRequest) -> Iterator[PreferencesDialog]:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply(app, theme.DARK, request.param)
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1100, 700)
    window.show()
    made = PreferencesDialog(Settings(ghost=False, arrangement={"a": 1}), window)
    made.heard = []  # type: ignore[attr-defined]
    made.changed.connect(made.heard.append)  # type: ignore[attr-defined]
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close()
    theme.apply(app, theme.DARK)


def test_it_fits_the_smallest_window(dialog: PreferencesDialog) -> None:
    assert dialog.width() <= 1100
    assert dialog.height() <= 700
    assert dialog.ok_button.visibleRegion().boundingRect() == dialog.ok_button.rect()


def test_what_is_chosen_is_reported_and_the_rest_stays(qtbot: Any, dialog: PreferencesDialog, tmp_path: Path) -> None:
    dialog.theme.setFocus()
    qtbot.keyClick(dialog.theme, Qt.Key.Key_End)
    dialog.scale.setFocus()
    qtbot.keyClick(dialog.scale, Qt.Key.Key_Right)
    assert dialog.scale_text.text() == "105%"
    dialog.folder.selectAll()
    qtbot.keyClicks(dialog.folder, str(tmp_path))
    dialog.budget.setFocus()
    qtbot.keyClick(dialog.budget, Qt.Key.Key_End)
    assert dialog.budget_note.text().startswith("50% of a core")
    assert dialog.heard == []  # type: ignore[attr-defined]
    qtbot.keyClick(dialog.budget, Qt.Key.Key_Return)
    expected = {"theme": "light", "scale": 1.05, "run_folder": str(tmp_path), "redraw_budget": 0.5}
    assert dialog.heard == [expected]  # type: ignore[attr-defined]
    assert not dialog.isVisible()


def test_escape_changes_nothing(qtbot: Any, dialog: PreferencesDialog) -> None:
    qtbot.keyClick(dialog.theme, Qt.Key.Key_End)
    qtbot.keyClick(dialog.theme, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert dialog.heard == []  # type: ignore[attr-defined]


def test_a_folder_that_cannot_be_used_is_told_beside_it_and_keeps_the_dialog_open(
    qtbot: Any, dialog: PreferencesDialog, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    dialog.folder.selectAll()
    qtbot.keyClicks(dialog.folder, str(file))
    dialog.theme.setFocus()
    qtbot.mouseClick(dialog.ok_button, Qt.MouseButton.LeftButton)
    assert dialog.isVisible()
    assert "is a file" in dialog.folder_note.text()
    assert dialog.folder.property("invalid")
    assert dialog.folder.hasFocus()
    assert dialog.heard == []  # type: ignore[attr-defined]
    dialog.folder.setText(str(tmp_path))
    qtbot.waitUntil(lambda: not dialog.folder.property("invalid"))
    assert "free" in dialog.folder_note.text()


def test_defaults_are_shown_first_and_used_when_applied(qtbot: Any, dialog: PreferencesDialog) -> None:
    dialog.scale.setValue(180)
    dialog.device.setCurrentIndex(1)
    qtbot.mouseClick(dialog.apply_button, Qt.MouseButton.LeftButton)
    assert dialog.isVisible()
    assert dialog.settings.scale == 1.8
    qtbot.mouseClick(dialog.reset_button, Qt.MouseButton.LeftButton)
    assert (dialog.scale.value(), dialog.device.currentText()) == (100, "Auto")
    assert len(dialog.heard) == 1  # type: ignore[attr-defined]
    qtbot.mouseClick(dialog.ok_button, Qt.MouseButton.LeftButton)
    assert dialog.heard[-1] == {"scale": 1.0, "device": "auto"}  # type: ignore[attr-defined]


def test_another_scale_applied_rebuilds_the_dialog_with_what_was_chosen(qtbot: Any, dialog: PreferencesDialog) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    dialog.changed.connect(lambda chosen: theme.apply(app, theme.DARK, chosen["scale"]))
    before = dialog.width()
    dialog.scale.setValue(150)
    dialog.apply()
    qtbot.waitUntil(lambda: dialog.width() != before)
    assert dialog.scale_text.text() == "150%"
    assert dialog.isVisible()


def test_a_theme_switched_in_the_window_is_shown_and_not_switched_back(qtbot: Any, dialog: PreferencesDialog) -> None:
    dialog.restyle(theme.LIGHT)
    assert dialog.theme.currentText() == "Light"
    qtbot.mouseClick(dialog.ok_button, Qt.MouseButton.LeftButton)
    assert dialog.heard == []  # type: ignore[attr-defined]


def test_why_there_is_no_cuda_is_said(dialog: PreferencesDialog) -> None:
    found, why = cuda_found()
    assert why in dialog.device_note.text()
    dialog.device.setCurrentIndex(2)
    dialog.device.activated.emit(2)
    assert ("New experiments use Auto" in dialog.device_note.text()) != found


def test_every_control_has_a_name_and_says_what_it_does(dialog: PreferencesDialog) -> None:
    controls = [
        widget for kind in (QAbstractButton, QComboBox, QLineEdit, QSlider) for widget in dialog.findChildren(kind)
        if widget.isVisible() and widget.focusPolicy() != Qt.FocusPolicy.NoFocus
    ]
    assert len(controls) == 11
    for control in controls:
        assert control.accessibleName() or control.text(), control
        assert control.toolTip(), control
