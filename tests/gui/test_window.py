"""The window, driven as a person does: keys, clicks, typing, files dropped on it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QApplication, QDialog, QPushButton

from gui import theme
from gui.dialogs import ErrorDialog, UnsavedDialog
from gui.window import MainWindow
from training.engine import Engine
from training.experiment import Experiment
from training.experiment_file import load, save
from training.history import History
from training.validation import replace

NO_MODIFIER = Qt.KeyboardModifier.NoModifier


def key(qtbot: Any, window: MainWindow, code: Qt.Key, modifier: Qt.KeyboardModifier = NO_MODIFIER) -> None:
    """Press a key wherever the focus is."""
    qtbot.keyClick(QApplication.focusWidget() or window, code, modifier)


def type_into(qtbot: Any, editor: Any, text: str, *, enter: bool = True) -> None:
    editor.setFocus()
    editor.selectAll()
    qtbot.keyClicks(editor, text)
    if enter:
        qtbot.keyClick(editor, Qt.Key.Key_Return)


def steps_done(window: MainWindow) -> int:
    return window.control.view.history.step if window.control.view is not None else -1


def wait_for(qtbot: Any, window: MainWindow, *phases: str) -> None:
    qtbot.waitUntil(lambda: window.control.phase in phases, timeout=20_000)
    window._tick()


# ------------------------------------------------------------------------------------- running


def test_space_trains_to_the_end_and_says_why_it_ended(qtbot: Any, window: MainWindow) -> None:
    assert window.end_banner.heading.text() == "Ready"
    key(qtbot, window, Qt.Key.Key_Space)
    wait_for(qtbot, window, "finished")
    view = window.control.view
    assert view is not None
    assert view.history.epoch == 5
    assert "Completed" in window.end_banner.heading.text()
    assert "5" in window.end_banner.sentence.text()


def test_what_the_window_shows_is_what_a_plain_loop_computes(qtbot: Any, window: MainWindow) -> None:
    key(qtbot, window, Qt.Key.Key_Space)
    wait_for(qtbot, window, "finished")
    engine = Engine(window.builder.draft.experiment)
    history = History(1, engine.architecture.layers)
    for progress in engine.train():
        history.extend(progress)
    shown = window.control.view.history.series("batch_loss")
    np.testing.assert_array_equal(shown.low, history.series("batch_loss").low)


def test_space_pauses_and_goes_on(qtbot: Any, open_window: Callable[..., MainWindow]) -> None:
    window = open_window(epochs=100_000)
    key(qtbot, window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: steps_done(window) > 20)
    assert window.transport.run_button.text() == "Pause"
    key(qtbot, window, Qt.Key.Key_Space)
    wait_for(qtbot, window, "paused")
    qtbot.waitUntil(lambda: window.transport.run_button.text() == "Run")
    window._tick()
    stood = steps_done(window)
    key(qtbot, window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: steps_done(window) > stood)


def test_one_step_and_one_epoch(qtbot: Any, window: MainWindow) -> None:
    key(qtbot, window, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: steps_done(window) == 1 and window.control.phase == "paused")
    key(qtbot, window, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: window.control.view.history.epoch == 1)
    wait_for(qtbot, window, "paused")
    qtbot.mouseClick(window.transport.step_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.control.view.history.epoch > 1)


def test_stop_ends_the_run(qtbot: Any, open_window: Callable[..., MainWindow]) -> None:
    window = open_window(epochs=100_000)
    qtbot.mouseClick(window.transport.run_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: steps_done(window) > 5)
    key(qtbot, window, Qt.Key.Key_S)
    wait_for(qtbot, window, "finished")
    assert "Stopped" in window.end_banner.heading.text()


def test_reset_starts_over_from_the_same_weights(qtbot: Any, window: MainWindow) -> None:
    key(qtbot, window, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: steps_done(window) == 1)
    first = window.control.view.history.last("batch_loss")
    key(qtbot, window, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: steps_done(window) == 0)
    key(qtbot, window, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: steps_done(window) == 1)
    assert window.control.view.history.last("batch_loss") == first


def test_a_finished_run_is_run_again(qtbot: Any, window: MainWindow) -> None:
    key(qtbot, window, Qt.Key.Key_Space)
    wait_for(qtbot, window, "finished")
    assert window.transport.run_button.text() == "Run again"
    old = window.control.view
    key(qtbot, window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.control.view is not old)
    wait_for(qtbot, window, "finished")


def test_a_finished_run_with_more_epochs_goes_on(qtbot: Any, window: MainWindow) -> None:
    key(qtbot, window, Qt.Key.Key_Space)
    wait_for(qtbot, window, "finished")
    type_into(qtbot, window.builder.editor("epochs"), "8")
    wait_for(qtbot, window, "paused")
    qtbot.waitUntil(lambda: window.transport.run_button.text() == "Continue")
    key(qtbot, window, Qt.Key.Key_Space)
    wait_for(qtbot, window, "finished")
    assert window.control.view.history.epoch == 8
    engine = Engine(replace(window.builder.draft.experiment, {}))
    history = History(1, engine.architecture.layers)
    for progress in engine.train():
        history.extend(progress)
    np.testing.assert_array_equal(window.control.view.history.series("lr").low, history.series("lr").low)


@pytest.mark.parametrize("where", ["optimizer.lr", "network.activation", "stopping.early.restore_best", "seed"])
def test_space_runs_wherever_the_focus_is(qtbot: Any, window: MainWindow, where: str) -> None:
    editor = window.builder.editor(where)
    before = window.builder.draft.get(where)
    editor.setFocus()
    qtbot.keyClick(editor, Qt.Key.Key_Space)
    wait_for(qtbot, window, "playing", "finished")
    assert window.builder.draft.get(where) == before


def test_space_is_a_space_while_typing_text(qtbot: Any, window: MainWindow) -> None:
    editor = window.builder.editor("name")
    editor.setFocus()
    editor.setCursorPosition(len(editor.text()))
    qtbot.keyClicks(editor, " x")
    assert window.builder.draft.experiment.name == "two spirals x"
    assert window.control.phase == "ready"


def test_enter_presses_a_focused_button(qtbot: Any, window: MainWindow) -> None:
    window.transport.step_button.setFocus()
    qtbot.keyClick(window.transport.step_button, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: steps_done(window) == 1)


# ------------------------------------------------------------------------------------- editing


def test_the_learning_rate_changes_while_training(qtbot: Any, open_window: Callable[..., MainWindow]) -> None:
    window = open_window(epochs=100_000)
    key(qtbot, window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: steps_done(window) > 5)
    editor = window.builder.editor("optimizer.lr")
    type_into(qtbot, editor, "0.5", enter=False)
    qtbot.wait(50)
    assert not window.control.view.edits  # not meant yet: 0 would have been a rate too
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(window.control.view.edits))
    edit = window.control.view.edits[0]
    assert (edit.key, edit.value) == ("optimizer.lr", 0.5)
    qtbot.waitUntil(lambda: window.control.view.history.last("lr") == pytest.approx(0.5))
    assert not window.builder.notice.isVisible()


@pytest.mark.parametrize(("field", "text", "value"), [
    ("batch_size", "8", 8), ("optimizer.clip_norm", "1.5", 1.5), ("regularization.l2", "1e-3", 0.001),
    ("stopping.early.patience", "3", 3),
])  # fmt: skip
def test_live_fields_reach_the_run(
    qtbot: Any, open_window: Callable[..., MainWindow], field: str, text: str, value: float
) -> None:
    window = open_window(epochs=100_000)
    key(qtbot, window, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: steps_done(window) == 1)
    assert window.builder.editor(field)._mark == "live"
    type_into(qtbot, window.builder.editor(field), text)
    qtbot.waitUntil(lambda: [(edit.key, edit.value) for edit in window.control.view.edits] == [(field, value)])


def test_a_change_of_structure_waits_for_a_reset_and_says_so(qtbot: Any, window: MainWindow) -> None:
    key(qtbot, window, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: steps_done(window) == 1)
    type_into(qtbot, window.builder.editor("network.hidden"), "4 4 4")
    assert window.builder.notice.isVisible()
    assert "apply on reset" in window.builder.notice.text.text()
    assert len(window.control.view.layer_names) == 3
    qtbot.mouseClick(window.builder.notice.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(window.control.view.layer_names) == 4)
    assert not window.builder.notice.isVisible()


def test_before_the_first_step_the_network_follows_at_once(qtbot: Any, window: MainWindow) -> None:
    type_into(qtbot, window.builder.editor("network.hidden"), "4 ×6")
    qtbot.waitUntil(lambda: len(window.control.view.layer_names) == 7)
    assert not window.builder.notice.isVisible()


def test_while_a_value_is_wrong_run_says_why_it_does_nothing(qtbot: Any, window: MainWindow) -> None:
    type_into(qtbot, window.builder.editor("optimizer.lr"), "fast")
    assert not window.transport.run_button.isEnabled()
    assert "Learning rate" in window.transport.run_button.toolTip()
    assert window.end_banner.heading.text() == "Cannot run yet"
    window.builder.editor("seed").setFocus()
    key(qtbot, window, Qt.Key.Key_Space)
    assert window.control.phase == "ready"
    assert window.builder.editor("optimizer.lr").hasFocus()
    type_into(qtbot, window.builder.editor("optimizer.lr"), "0.1")
    assert window.transport.run_button.isEnabled()


def test_a_wrong_value_never_takes_pause_away(qtbot: Any, open_window: Callable[..., MainWindow]) -> None:
    window = open_window(epochs=100_000)
    key(qtbot, window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: steps_done(window) > 5)
    type_into(qtbot, window.builder.editor("optimizer.lr"), "x")
    assert window.transport.run_button.isEnabled()
    qtbot.mouseClick(window.transport.run_button, Qt.MouseButton.LeftButton)
    wait_for(qtbot, window, "paused")


# ------------------------------------------------------------------------------------- faults


def test_a_network_too_large_is_refused_with_its_estimate(qtbot: Any, window: MainWindow) -> None:
    type_into(qtbot, window.builder.editor("network.hidden"), "1024 x64")
    window.builder.editor("replicas").setFocus()
    type_into(qtbot, window.builder.editor("replicas"), "4096")
    qtbot.waitUntil(window.banner.isVisible, timeout=10_000)
    assert "GB" in window.banner.text.text() or "GiB" in window.banner.text.text()
    assert window.builder.draft.experiment.replicas == 4096
    type_into(qtbot, window.builder.editor("replicas"), "1")
    type_into(qtbot, window.builder.editor("network.hidden"), "8 8")
    wait_for(qtbot, window, "ready")
    qtbot.waitUntil(lambda: not window.banner.isVisible())
    key(qtbot, window, Qt.Key.Key_Space)
    wait_for(qtbot, window, "finished")


def test_a_missing_file_is_said_inline_and_nothing_is_lost(qtbot: Any, window: MainWindow, tmp_path: Path) -> None:
    window.files.read(tmp_path / "absent.toml", as_new=False)
    said = window.banner.text.text()
    for told in ("Not opened", "absent.toml", "cannot be read", "Nothing in this window has changed", "open another"):
        assert told in said
    assert window.builder.draft.experiment.network.hidden == (8, 8)


def test_mistakes_of_a_file_are_all_listed_with_their_lines(qtbot: Any, window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text("[optimizer]\nlrr = 1.0\n\n[network]\nhidden = [0]\n", encoding="utf-8")
    window.files.read(path, as_new=False)
    text = window.banner.text.text()
    assert "line 2" in text
    assert "lrr" in text
    assert "line 5" in text


def test_an_exception_in_the_thread_reaches_a_dialog_and_the_program_goes_on(
    qtbot: Any, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object) -> None:
        raise ArithmeticError("the abacus broke")

    monkeypatch.setattr(window.control.session.engine, "_do_step", break_down)
    key(qtbot, window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.findChild(ErrorDialog) is not None)
    dialog = window.findChild(ErrorDialog)
    assert "the abacus broke" in dialog.details
    assert "break_down" in dialog.details
    qtbot.mouseClick(dialog.copy_button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == dialog.details
    dialog.accept()
    wait_for(qtbot, window, "finished")
    assert "Failed" in window.end_banner.heading.text()
    monkeypatch.undo()
    qtbot.mouseClick(window.transport.reset_button, Qt.MouseButton.LeftButton)
    wait_for(qtbot, window, "ready")
    qtbot.mouseClick(window.transport.run_button, Qt.MouseButton.LeftButton)
    wait_for(qtbot, window, "finished")
    assert "Completed" in window.end_banner.heading.text()


def test_a_diverging_run_says_so_and_keeps_its_history(qtbot: Any, open_window: Callable[..., MainWindow]) -> None:
    window = open_window(optimizer__method="sgd", optimizer__lr=1e30, epochs=50)
    key(qtbot, window, Qt.Key.Key_Space)
    wait_for(qtbot, window, "finished")
    assert "Diverged" in window.end_banner.heading.text()
    assert steps_done(window) >= 1
    assert not window.grab().isNull()


def test_closing_while_training_ends_within_a_second(qtbot: Any, open_window: Callable[..., MainWindow]) -> None:
    window = open_window(epochs=1_000_000, network__hidden=(64,) * 8)
    key(qtbot, window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: steps_done(window) > 5)
    started = time.perf_counter()
    window.close()
    assert time.perf_counter() - started < 1.0
    assert window.control.threads == 0


# ------------------------------------------------------------------------------------- documents


def test_save_open_and_the_mark_of_unsaved_changes(qtbot: Any, window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    assert not window.isWindowModified()
    type_into(qtbot, window.builder.editor("seed"), "41")
    assert window.isWindowModified()
    assert window.files.save_to(path)
    assert not window.isWindowModified()
    assert load(path) == window.builder.draft.experiment
    assert window.files.recent.paths() == [path]
    window.show_document(type(window.files.document)(Experiment()))
    window.files.open_file(path)
    assert window.builder.draft.experiment.seed == 41
    assert "two spirals" in window.windowTitle()


def test_a_folder_that_cannot_be_written_is_said(qtbot: Any, window: MainWindow, tmp_path: Path) -> None:
    assert not window.files.save_to(tmp_path / "no" / "such" / "folder.toml")
    assert "cannot be written" in window.banner.text.text()
    assert window.builder.draft.experiment.network.hidden == (8, 8)


@pytest.mark.parametrize(("answer", "replaced"), [("discard", True), ("cancel", False), ("save", True)])
def test_unsaved_changes_are_asked_about(
    qtbot: Any, window: MainWindow, tmp_path: Path, answer: str, replaced: bool
) -> None:
    path = tmp_path / "mine.toml"
    window.files.save_to(path)
    type_into(qtbot, window.builder.editor("seed"), "17")

    def press() -> None:
        dialog = window.findChild(UnsavedDialog)
        qtbot.mouseClick(dialog.buttons[answer], Qt.MouseButton.LeftButton)

    QTimer.singleShot(100, window, press)
    window.files.new()
    assert (window.builder.draft.experiment.seed == 0) == replaced
    assert (load(path).seed == 17) == (answer == "save")


def test_unsaved_changes_survive_a_crash(
    qtbot: Any, open_window: Callable[..., MainWindow], state_folder: Path
) -> None:
    window = open_window()
    type_into(qtbot, window.builder.editor("seed"), "99")
    qtbot.waitUntil(window.files.autosave.file.exists, timeout=5000)
    # What a crash leaves: the file of a process that is gone, without its lock.
    (state_folder / "autosave-1.toml").write_bytes(window.files.autosave.file.read_bytes())
    again = open_window()
    assert again.banner.isVisible()
    restore = next(button for button in again.banner.findChildren(QPushButton) if button.text() == "Restore")
    qtbot.mouseClick(restore, Qt.MouseButton.LeftButton)
    assert again.builder.draft.experiment.seed == 99
    assert again.isWindowModified()
    assert not (state_folder / "autosave-1.toml").exists()
    third = open_window()
    assert not third.banner.isVisible()


def test_saved_work_is_not_offered_again(qtbot: Any, open_window: Callable[..., MainWindow], tmp_path: Path) -> None:
    window = open_window()
    type_into(qtbot, window.builder.editor("seed"), "3")
    qtbot.waitUntil(window.files.autosave.file.exists, timeout=5000)
    window.files.save_to(tmp_path / "saved.toml")
    assert not window.files.autosave.file.exists()


def drop(window: MainWindow, path: Path) -> bool:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    buttons, keys, action = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(300, 300), action, data, buttons, keys)
    enter.ignore()
    QApplication.sendEvent(window, enter)
    if enter.isAccepted():
        QApplication.sendEvent(window, QDropEvent(QPointF(300, 300), action, data, buttons, keys))
    return enter.isAccepted()


def test_an_experiment_dropped_on_the_window_is_opened(qtbot: Any, window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "dropped.toml"
    save(replace(Experiment(), {"name": "dropped", "epochs": 2}), path)
    assert drop(window, path)
    qtbot.waitUntil(lambda: window.builder.draft.experiment.name == "dropped")
    assert not drop(window, tmp_path / "picture.png")


def test_presets_and_recent_files_are_listed(qtbot: Any, window: MainWindow, tmp_path: Path) -> None:
    window.files.list_presets()
    names = [action.text() for action in window.files.presets_menu.actions()]
    assert "Two spirals" in names
    window.files.presets_menu.actions()[names.index("Iris")].trigger()
    assert window.builder.draft.experiment.data.dataset == "iris"
    assert window.files.document.path is None
    wait_for(qtbot, window, "ready")
    window.files.save_to(tmp_path / "a.toml")
    window.files.list_recent()
    assert [action.text() for action in window.files.recent_menu.actions()] == ["a.toml"]


# ------------------------------------------------------------------------------------- views


VIEWS = ("boundary", "loss_landscape", "predicted_true", "confusion")


@pytest.mark.parametrize(("dataset", "loss", "suiting"), [
    ("moons", "cross_entropy", ("boundary", "loss_landscape", "confusion")),
    ("sine", "mse", ("boundary", "loss_landscape", "predicted_true")),
    ("diabetes", "mse", ("loss_landscape", "predicted_true")),
    ("iris", "cross_entropy", ("loss_landscape", "confusion")),
])  # fmt: skip
def test_the_views_suit_the_data(
    qtbot: Any, open_window: Callable[..., MainWindow], dataset: str, loss: str, suiting: tuple[str, ...]
) -> None:
    window = open_window(replace(Experiment(), {"data.dataset": dataset, "loss.kind": loss, "epochs": 2}))
    window.resize(1440, 900)
    key(qtbot, window, Qt.Key.Key_Space)
    wait_for(qtbot, window, "finished")
    for name in VIEWS:
        panel = window.board.panels[name]
        assert panel.isVisible() == (name in suiting[:2]), name
        window.board.show_panel(panel)
        assert panel.isVisible() == (name in suiting), name


@pytest.mark.parametrize("size", [(1440, 900), (1100, 700)])
@pytest.mark.parametrize("look", ["dark", "light"])
def test_everything_fits(qtbot: Any, window: MainWindow, size: tuple[int, int], look: str) -> None:
    window.resize(*size)
    window.set_theme(theme.THEMES[look])
    key(qtbot, window, Qt.Key.Key_Space)
    wait_for(qtbot, window, "finished")
    QApplication.processEvents()
    assert (window.width(), window.height()) == size
    image = window.grab().toImage()
    colors = {image.pixel(x, y) for x in range(0, image.width(), 7) for y in range(0, image.height(), 7)}
    assert len(colors) > 40
    bar = window.transport
    buttons = [bar.reset_button, bar.run_button, bar.step_button, bar.epoch_button, bar.stop_button, bar.figures,
               bar.device, bar.seed, bar.theme_button, bar.menu_button]
    ends = [(button.geometry().left(), button.geometry().right()) for button in buttons]
    assert all(left >= right for (_, right), (left, _) in zip(ends, ends[1:], strict=False)), "buttons overlap"
    assert ends[-1][1] < bar.width()
    cards = window.builder.scroll.widget()
    assert cards.width() <= window.builder.scroll.viewport().width(), "the form is cut at the right"
    window.set_theme(theme.DARK)


def test_figures_keep_their_places(qtbot: Any, window: MainWindow) -> None:
    figures = window.transport.figures
    width = figures.width()
    for epoch, step, speed in ((0, 0, 0), (3, 9, 7.0), (5, 35, 123_456.0)):
        figures.show_figures(epoch, step, speed)
        QApplication.processEvents()
        assert figures.width() == width
    assert window.transport.run_button.minimumWidth() == window.transport.run_button.maximumWidth()


def test_hidden_panels_are_not_drawn_and_catch_up_when_shown(
    qtbot: Any, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.curves.hide()
    refreshed: list[int] = []
    original = window.curves.refresh
    monkeypatch.setattr(window.curves, "refresh", lambda run: (refreshed.append(run.history.step), original(run)))
    key(qtbot, window, Qt.Key.Key_Space)
    wait_for(qtbot, window, "finished")
    assert not refreshed
    window.curves.show()
    qtbot.waitUntil(lambda: bool(refreshed))
    assert refreshed[-1] == steps_done(window)


def test_an_idle_window_draws_nothing(qtbot: Any, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: window.frames.up_to_date(window.curves))
    quiet_since, drawn = time.monotonic(), window.redraws

    def quiet() -> bool:
        nonlocal quiet_since, drawn
        if window.redraws != drawn:
            quiet_since, drawn = time.monotonic(), window.redraws
        return time.monotonic() - quiet_since > 0.5

    qtbot.waitUntil(quiet, timeout=5_000)


def test_help_and_theme(qtbot: Any, window: MainWindow) -> None:
    key(qtbot, window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    assert window.theme is theme.LIGHT
    key(qtbot, window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    assert window.theme is theme.DARK


@pytest.mark.parametrize(("pressed", "modifier", "name"), [
    (Qt.Key.Key_F1, Qt.KeyboardModifier.NoModifier, "shortcutsDialog"),
    (Qt.Key.Key_F12, Qt.KeyboardModifier.NoModifier, "logWindow"),
    (
        Qt.Key.Key_F1, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier, "aboutDialog",
    ),
    (Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier, "instrumentsGallery"),
    (Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier, "preferencesDialog"),
])  # fmt: skip
def test_each_window_beside_this_one_opens_by_its_keys_once_and_leaves_with_esc(
    qtbot: Any, window: MainWindow, pressed: Qt.Key, modifier: Qt.KeyboardModifier, name: str
) -> None:
    for _ in range(2):
        key(qtbot, window, pressed, modifier)
    found = [dialog for dialog in window.findChildren(QDialog) if dialog.isVisible()]
    assert [dialog.objectName() for dialog in found] == [name]
    qtbot.keyClick(found[0], Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not [dialog for dialog in window.findChildren(QDialog) if dialog.isVisible()])
    key(qtbot, window, pressed, modifier)  # and opens again
    assert [dialog.objectName() for dialog in window.findChildren(QDialog) if dialog.isVisible()] == [name]


def test_every_action_has_a_shortcut_of_its_own(window: MainWindow) -> None:
    acts = window.actions_table.acts
    assert all(act.keys for act in acts)
    keys = [keys for act in acts for keys in act.keys]
    assert len(keys) == len(set(keys))
    assert len({act.text for act in acts}) == len(acts)
    assert all(not QKeySequence(combination).isEmpty() for combination in keys)
    listed = {text for rows in window.actions_table.shortcuts().values() for _, text in rows}
    assert {act.text.rstrip("…") for act in acts} <= listed


def test_a_criterion_leads_to_its_settings(qtbot: Any, window: MainWindow) -> None:
    card = window.criteria.cards["validation"]
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    assert window.builder.editor("stopping.criteria.validation.threshold").hasFocus()


def test_every_control_has_a_name_for_screen_readers(window: MainWindow) -> None:
    for button in window.findChildren(QPushButton):
        assert button.accessibleName() or button.text(), button.objectName()
