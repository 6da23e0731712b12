"""How the window looks is a choice: size, theme, projector, and what of it is shown. The run goes on meanwhile."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit

from gui import theme
from gui.looks import PROJECTOR_FRAMES
from gui.preferences import Preferences
from gui.window import MainWindow

Open = Callable[..., MainWindow]
CONTROL = Qt.KeyboardModifier.ControlModifier


def playing(qtbot: Any, window: MainWindow) -> None:
    window.toggle()
    qtbot.waitUntil(lambda: window.control.view.history.step > 20)


@pytest.mark.parametrize("scale", [0.8, 1.25, 2.0])
def test_at_another_size_the_run_goes_on_and_what_was_typed_stays(
    qtbot: Any, open_window: Open, scale: float, state_folder: Path
) -> None:
    window = open_window(epochs=100_000)
    playing(qtbot, window)
    window.builder.reveal("optimizer.lr")
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit)
    field.selectAll()
    qtbot.keyClicks(field, "-3")
    old, session = window.workspace, window.control.session
    window.set_scale(scale)
    assert window.workspace is not old
    assert QApplication.font().pixelSize() == round(13 * scale)
    assert window.control.session is session
    assert window.builder.draft.waiting == {"optimizer.lr": -3.0}
    assert window.builder.editor("optimizer.lr").text() == "-3"
    before = window.control.view.history.step
    qtbot.waitUntil(lambda: window.control.view.history.step > before + 20)
    drawn = window.redraws
    qtbot.waitUntil(lambda: window.redraws > drawn)
    assert not window.grab().isNull()
    assert Preferences(state_folder).settings.scale == scale
    window.set_scale(1.0)


def test_undo_reaches_back_beyond_a_change_of_size(qtbot: Any, window: MainWindow) -> None:
    before = window.builder.draft.experiment
    window.builder.apply_changes({"batch_size": 24})
    window.set_scale(1.25)
    qtbot.keyClick(window, Qt.Key.Key_Z, CONTROL)
    assert window.builder.draft.experiment == before
    window.set_scale(1.0)


def test_keys_make_everything_larger_smaller_and_usual_again(qtbot: Any, window: MainWindow) -> None:
    qtbot.keyClick(window, Qt.Key.Key_Plus, CONTROL)
    assert window.scale == pytest.approx(1.1)
    window.set_scale(0.85)
    for _ in range(2):
        qtbot.keyClick(window, Qt.Key.Key_Minus, CONTROL)
    assert window.scale == pytest.approx(0.8)
    qtbot.keyClick(window, Qt.Key.Key_0, CONTROL)
    assert window.scale == 1.0


def test_projector_mode_shows_few_panels_large_and_goes_back_to_the_desk(qtbot: Any, open_window: Open) -> None:
    window = open_window(epochs=100_000)
    playing(qtbot, window)
    desk = window.board.arrangement
    shown = [panel.name for panel in window.panels if panel.isVisible()]
    qtbot.keyClick(window, Qt.Key.Key_F11)
    assert window.projector
    assert window.workspace.theme.bold
    assert window.workspace.left.isHidden()
    qtbot.waitUntil(lambda: 2 <= len([panel for panel in window.panels if panel.isVisible()]) < len(shown))
    assert window.pace.slowest == PROJECTOR_FRAMES >= 20
    assert QApplication.font().pixelSize() > 13
    window.toggle_panel("network")  # moving things about for a talk leaves the desk alone
    qtbot.keyClick(window, Qt.Key.Key_F11)
    assert window.board.arrangement == desk
    qtbot.waitUntil(lambda: [panel.name for panel in window.panels if panel.isVisible()] == shown)
    assert not window.workspace.theme.bold
    assert window.control.phase == "playing"


def test_the_form_can_make_room_for_the_panels(qtbot: Any, window: MainWindow) -> None:
    width = window.board.width()
    qtbot.keyClick(window, Qt.Key.Key_B, CONTROL)
    assert window.workspace.left.isHidden()
    qtbot.waitUntil(lambda: window.board.width() > width + 200)
    qtbot.keyClick(window, Qt.Key.Key_B, CONTROL)
    assert window.workspace.left.isVisible()


def test_each_panel_is_shown_and_hidden_by_a_key_of_its_own_and_that_is_remembered(
    qtbot: Any, open_window: Open
) -> None:
    window = open_window()
    number = next(index for index, panel in enumerate(window.panels, start=1) if panel.name == "layer_map")
    assert window.layer_map.isVisible()
    qtbot.keyClick(window, getattr(Qt.Key, f"Key_{number}"), CONTROL)
    assert not window.layer_map.isVisible()
    another = open_window()
    assert not another.layer_map.isVisible()
    another.board.restore_default()
    assert another.layer_map.isVisible()


def test_preferences_take_effect_at_once(qtbot: Any, window: MainWindow, state_folder: Path) -> None:
    changes = {"theme": "light", "redraw_budget": 0.3, "run_folder": str(state_folder / "mine"), "ghost": False}
    window.take_settings(changes)
    assert window.theme is theme.LIGHT
    assert window.pace.share == 0.3
    assert window.saver.folder == state_folder / "mine"
    assert not window.control.keep_ghost
    kept = Preferences(state_folder).settings.model_dump()
    assert {name: kept[name] for name in changes} == changes
    window.set_theme(theme.DARK)


def test_at_the_first_start_there_is_a_tour_and_never_again(qtbot: Any, open_window: Open) -> None:
    window = open_window()
    window.begin_first_time()
    assert window.tour is not None
    qtbot.keyClick(window.tour, Qt.Key.Key_Escape)
    assert window.tour is None
    window.begin_first_time()
    assert window.tour is None
    another = open_window()
    another.begin_first_time()
    assert another.tour is None


def test_the_title_says_how_far_the_run_is(qtbot: Any, open_window: Open) -> None:
    window = open_window(epochs=100_000)
    assert "%" not in window.windowTitle()
    playing(qtbot, window)
    qtbot.waitUntil(lambda: "% ·" in window.windowTitle())
    window.commands.stop()
    qtbot.waitUntil(lambda: window.windowTitle().startswith("Finished · "))


def test_of_a_window_made_anew_nothing_of_the_old_one_stays(qtbot: Any, window: MainWindow) -> None:
    before = weakref.ref(window.boundary.points)
    window.set_scale(1.25)
    qtbot.waitUntil(lambda: before() is None)  # a picture that a panel kept


def test_the_key_of_a_view_left_out_for_lack_of_room_shows_it(qtbot: Any, open_window: Open) -> None:
    window = open_window()
    window.resize(1100, 700)
    qtbot.waitUntil(lambda: window.boundary.isVisible() and not window.confusion.isVisible())
    number = next(index for index, panel in enumerate(window.panels, start=1) if panel.name == "confusion")
    qtbot.keyClick(window, getattr(Qt.Key, f"Key_{number}"), CONTROL)
    qtbot.waitUntil(lambda: window.confusion.isVisible())
