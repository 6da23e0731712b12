"""Undo and redo in the form, with the keys people press, in a window that has them as shortcuts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMainWindow

from gui import theme
from gui.builder.draft import State
from gui.builder.form import Builder
from training.experiment import Experiment
from training.validation import replace

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton


class Holder(QMainWindow):
    """A window around a form, with undo and redo as its shortcuts."""

    def __init__(self, builder: Builder) -> None:
        super().__init__()
        self.builder = builder
        self.setCentralWidget(builder)
        for keys, slot in (("Ctrl+Z", builder.undo), ("Ctrl+Shift+Z", builder.redo), ("Ctrl+Y", builder.redo)):
            QShortcut(QKeySequence(keys), self).activated.connect(slot)


@pytest.fixture
def builder(qtbot: Any) -> Builder:
    made = Builder(Experiment(), theme.DARK)
    holder = Holder(made)
    qtbot.addWidget(holder)
    holder.resize(320, 900)
    holder.show()
    holder.activateWindow()
    qtbot.waitExposed(holder)
    made.holder = holder  # type: ignore[attr-defined]
    return made


def press(qtbot: Any, key: Qt.Key, modifiers: Any = CTRL) -> None:
    qtbot.keyClick(QApplication.focusWidget(), key, modifiers)


def type_into(qtbot: Any, editor: Any, text: str, *, enter: bool = True) -> None:
    editor.setFocus()
    editor.selectAll()
    qtbot.keyClicks(editor, text)
    if enter:
        qtbot.keyClick(editor, Qt.Key.Key_Return)


def learning_rate(builder: Builder) -> float:
    return builder.draft.experiment.optimizer.lr


def test_what_was_entered_is_undone_and_redone_by_keys(qtbot: Any, builder: Builder) -> None:
    editor = builder.editor("optimizer.lr")
    type_into(qtbot, editor, "0.1")
    type_into(qtbot, editor, "0.2")
    assert builder.undo_text == "Undo: Learning rate 0.1 → 0.2"
    press(qtbot, Qt.Key.Key_Z)
    assert (learning_rate(builder), editor.text()) == (0.1, "0.1")
    assert builder.redo_text == "Redo: Learning rate 0.1 → 0.2"
    press(qtbot, Qt.Key.Key_Z)
    assert (learning_rate(builder), editor.text()) == (0.01, "0.01")
    assert not builder.can_undo
    press(qtbot, Qt.Key.Key_Z, CTRL | SHIFT)
    press(qtbot, Qt.Key.Key_Y)
    assert (learning_rate(builder), editor.text()) == (0.2, "0.2")
    assert not builder.can_redo


def test_while_something_is_being_typed_undo_goes_through_the_typing_first(qtbot: Any, builder: Builder) -> None:
    type_into(qtbot, builder.editor("seed"), "7")
    editor = builder.editor("optimizer.lr")
    type_into(qtbot, editor, "0.5", enter=False)
    press(qtbot, Qt.Key.Key_Z)
    assert editor.text() == "0.01"
    assert learning_rate(builder) == 0.01
    assert builder.draft.experiment.seed == 7
    press(qtbot, Qt.Key.Key_Y)
    assert (editor.text(), learning_rate(builder)) == ("0.5", 0.5)
    press(qtbot, Qt.Key.Key_Z)
    press(qtbot, Qt.Key.Key_Z)
    assert builder.draft.experiment.seed == 0
    assert builder.editor("seed").text() == "0"


def test_notes_are_undone_in_place_while_written_and_as_a_whole_after(qtbot: Any, builder: Builder) -> None:
    builder.cards["Run"].show_more(True)
    notes = builder.editor("notes")
    notes.setFocus()
    qtbot.keyClicks(notes, "watch the slope")
    press(qtbot, Qt.Key.Key_Z)
    assert notes.toPlainText() == ""
    qtbot.keyClicks(notes, "watch layer 1")
    builder.editor("seed").setFocus()
    assert builder.undo_text == "Undo: Notes"
    press(qtbot, Qt.Key.Key_Z)
    assert notes.toPlainText() == ""
    assert builder.draft.experiment.notes == ""


def test_escape_brings_back_what_stood_there_before_the_typing(qtbot: Any, builder: Builder) -> None:
    editor = builder.editor("optimizer.lr")
    type_into(qtbot, editor, "0.5", enter=False)
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    assert (learning_rate(builder), editor.text()) == (0.01, "0.01")
    assert not builder.can_undo


def test_an_invalid_value_can_be_undone_and_done_again(qtbot: Any, builder: Builder) -> None:
    editor = builder.editor("optimizer.lr")
    type_into(qtbot, editor, "fast")
    assert builder.row("optimizer.lr").error.isVisible()
    press(qtbot, Qt.Key.Key_Z)
    assert builder.draft.valid
    assert not builder.row("optimizer.lr").error.isVisible()
    press(qtbot, Qt.Key.Key_Y)
    assert editor.text() == "fast"
    assert builder.row("optimizer.lr").error.isVisible()


def test_another_method_and_the_fields_it_resets_are_one_change(qtbot: Any, builder: Builder) -> None:
    type_into(qtbot, builder.editor("data.held_out"), "0.2")
    builder.cards["Optimizer"].show_more(True)
    type_into(qtbot, builder.editor("optimizer.beta1"), "0.5")
    method = builder.editor("optimizer.method")
    method.setFocus()
    qtbot.keyClick(method, Qt.Key.Key_Home)
    assert builder.draft.experiment.optimizer.method == "sgd"
    press(qtbot, Qt.Key.Key_Z)
    assert builder.draft.experiment.optimizer.method == "adam"
    assert builder.draft.experiment.optimizer.beta1 == 0.5  # type: ignore[union-attr]
    assert method.currentText() == "Adam"
    qtbot.waitUntil(lambda: builder.editor("optimizer.beta1").isVisible())


def test_undo_is_reported_like_an_edit_that_is_meant(builder: Builder) -> None:
    heard: list[str] = []
    builder.apply_changes({"optimizer.lr": 0.3})
    builder.edited.connect(lambda: heard.append("edited"))
    builder.committed.connect(lambda: heard.append("committed"))
    builder.history_changed.connect(lambda: heard.append("history"))
    builder.undo()
    assert heard == ["history", "edited", "committed"]
    builder.undo()
    assert len(heard) == 3


def test_a_field_folded_away_comes_into_sight_when_it_is_undone(qtbot: Any, builder: Builder) -> None:
    builder.apply_changes({"evaluation.every": 5})
    card = builder.cards["Run"]
    assert not card.open
    builder.undo()
    row = builder.row("evaluation.every")
    qtbot.waitUntil(row.isVisible)
    area = builder.scroll.viewport()
    assert area.rect().contains(area.mapFromGlobal(row.mapToGlobal(row.rect().center())))
    lit = row.grab().toImage().pixelColor(row.width() // 2, row.height() // 2)
    qtbot.waitUntil(lambda: not row._light, timeout=3000)
    assert row.grab().toImage().pixelColor(row.width() // 2, row.height() // 2) != lit


def test_changes_from_elsewhere_are_one_change_and_bring_along_what_must_fit(builder: Builder) -> None:
    builder.load(replace(Experiment(), {"network.activation": ["relu", "tanh", "gelu"], "network.skip_every": 3}))
    assert builder.apply_changes({"network.hidden": [8, 4]})
    network = builder.draft.experiment.network
    assert (network.hidden, network.activations(), network.skip_every) == ((8, 4), ("relu", "tanh"), 2)
    assert builder.editor("network.hidden").text() == "8, 4"
    assert builder.undo_text == "Undo: Hidden layers 16 ×3 → 8, 4"
    builder.undo()
    network = builder.draft.experiment.network
    assert (network.hidden, network.activations(), network.skip_every) == ((16,) * 3, ("relu", "tanh", "gelu"), 3)
    assert not builder.can_undo


def test_nothing_changed_is_nothing_to_undo(builder: Builder) -> None:
    builder.apply_changes({"network.hidden": [16, 16, 16], "seed": 0})
    assert not builder.can_undo


def test_another_document_has_nothing_to_undo(builder: Builder) -> None:
    builder.apply_changes({"seed": 3})
    builder.load(Experiment())
    assert not builder.can_undo
    assert builder.undo_text == "Undo"


def test_a_form_made_anew_goes_on_where_the_other_stood(qtbot: Any, builder: Builder) -> None:
    builder.apply_changes({"seed": 3})
    type_into(qtbot, builder.editor("optimizer.lr"), "fast")
    builder.cards["Data"].show_more(True)
    again = Builder(builder.draft, theme.LIGHT, 1.5, history=builder.history)
    qtbot.addWidget(again)
    again.take_look(builder.look())
    assert again.editor("optimizer.lr").text() == "fast"
    assert again.cards["Data"].open
    again.undo()
    again.undo()
    assert again.draft.experiment == Experiment()


def layers_of(builder: Builder) -> Any:
    builder.apply_changes({"network.hidden": [4, 5, 6], "network.activation": ["relu", "tanh", "gelu"]})
    builder._edit_layers.setChecked(True)
    QApplication.processEvents()
    return builder.layers


def test_layers_are_moved_by_keys_and_the_focus_goes_with_them(qtbot: Any, builder: Builder) -> None:
    layers = layers_of(builder)
    layers._rows[2].width.setFocus()
    press(qtbot, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    press(qtbot, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    press(qtbot, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    network = builder.draft.experiment.network
    assert (network.hidden, network.activations()) == ((6, 4, 5), ("gelu", "relu", "tanh"))
    assert layers._rows[0].width.hasFocus()
    press(qtbot, Qt.Key.Key_Z)
    press(qtbot, Qt.Key.Key_Z)
    assert builder.draft.experiment.network.hidden == (4, 5, 6)
    assert [row.width.text() for row in layers._rows] == ["4", "5", "6"]


def test_layers_are_dragged_to_another_place(qtbot: Any, builder: Builder) -> None:
    layers = layers_of(builder)
    handle, last = layers._rows[0].number, layers._rows[2]
    first = layers._rows[0]
    qtbot.waitUntil(lambda: last.y() - first.y() > 1.9 * first.height() > 20)
    target = last.mapToGlobal(QPoint(5, last.height() - 2))
    qtbot.mousePress(handle, LEFT)
    qtbot.mouseMove(handle, handle.mapFromGlobal(target))
    qtbot.mouseRelease(handle, LEFT)
    network = builder.draft.experiment.network
    assert (network.hidden, network.activations()) == ((5, 6, 4), ("tanh", "gelu", "relu"))
    builder.undo()
    assert builder.draft.experiment.network.hidden == (4, 5, 6)


FIELDS = {
    "optimizer.lr": ("0.1", "fast", "-1", ""), "seed": ("3", "4", "x"), "network.hidden": ("8 8", "4 ×3", "0", "a"),
    "batch_size": ("full", "16"), "name": ("a", "b c"), "data.held_out": ("0", "0.2"), "epochs": ("9", "10"),
}  # fmt: skip
CHOICES = {"optimizer.method": 8, "schedule.kind": 11, "data.dataset": 12, "network.normalization": 3, "loss.kind": 4}
ACTIONS = st.one_of(
    st.sampled_from([(key, text) for key, texts in FIELDS.items() for text in texts]),
    st.sampled_from([(key, index) for key, count in CHOICES.items() for index in range(count)]),
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(ACTIONS, st.booleans()), min_size=1, max_size=6))
def test_whatever_was_done_by_hand_is_undone_and_redone(
    builder: Builder, actions: list[tuple[tuple[str, str | int], bool]]
) -> None:
    builder.load(Experiment())
    for (key, what), enter in actions:
        editor = builder.editor(key)
        if isinstance(what, int):
            editor.setCurrentIndex(what)
            editor.activated.emit(what)
        elif builder.row(key).isVisible() and editor.isVisible():
            editor.setFocus()
            editor.selectAll()
            QTest.keyClick(editor, Qt.Key.Key_Delete)
            QTest.keyClicks(editor, what)
            if enter:
                QTest.keyClick(editor, Qt.Key.Key_Return)
    last = builder.draft.state()
    while builder.can_undo:
        builder.undo()
    assert builder.draft.state() == State(Experiment())
    assert not any(row.error.isVisible() for card in builder.cards.values() for row in card.rows.values())
    while builder.can_redo:
        builder.redo()
    assert builder.draft.state() == last
