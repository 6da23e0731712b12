"""Working without a mouse, and without seeing: what Tab reaches, in which order, and what a screen reader is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QWidget,
)

from gui.builder.layer_list import LayerList
from gui.window import MainWindow
from training.experiment_file import find, load
from training.validation import replace

CONTROLS = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QPlainTextEdit)
Key, Text = Qt.Key, QAccessible.Text


def focused() -> QWidget:
    found = QApplication.focusWidget()
    assert found is not None
    return found


def told(widget: QWidget, what: QAccessible.Text) -> str:
    """Return what a screen reader is told of a widget."""
    return QAccessible.queryAccessibleInterface(widget).text(what)


def walk(window: QWidget, key: Key = Key.Key_Tab) -> list[QWidget]:
    """Press a key until the focus is back at where it first came to; return every place it came to."""
    stops: list[QWidget] = []
    modifier = Qt.KeyboardModifier.ShiftModifier if key == Key.Key_Backtab else Qt.KeyboardModifier.NoModifier
    for _ in range(500):
        QTest.keyClick(QApplication.focusWidget() or window, key, modifier)
        here = focused()
        if stops and here is stops[0]:
            return stops
        assert here not in stops, f"a trap: {here} comes again before {stops[0]}"
        assert here.isVisible()
        assert not here.visibleRegion().isEmpty(), f"{here} has the focus out of sight"
        stops.append(here)
    raise AssertionError("the focus never comes round")


def among_others(widget: QWidget) -> bool:
    """Tell whether a control stands in a group of which one is on: Tab comes to that one, arrows to the others."""
    group = widget.group() if isinstance(widget, QAbstractButton) else None
    return group is not None and group.exclusive()


def controls_in_sight(window: MainWindow) -> set[QWidget]:
    """Return all that a person can click or type into, but for what another control has keys for."""
    keyed = {window.network.diagram}  # its small buttons come under the pointer, and each has a key in the diagram
    return {
        widget for widget in window.workspace.findChildren(QWidget)
        if isinstance(widget, CONTROLS) and not isinstance(widget, QScrollBar)
        and widget.isVisible() and widget.isEnabled()
        and not among_others(widget) and not any(other.isAncestorOf(widget) for other in keyed)
    }


def unfold(window: MainWindow) -> None:
    for card in window.builder.cards.values():
        card.show_more(True)
    window.builder._edit_layers.click()
    QApplication.processEvents()


def finish(qtbot: Any, window: MainWindow) -> None:
    window.toggle()
    qtbot.waitUntil(lambda: window.control.phase == "finished", timeout=20_000)
    window._tick()


@pytest.mark.parametrize("preset", ["two_spirals", "diabetes_regression", "digits"])
def test_tab_comes_to_every_control_and_each_has_a_name(
    qtbot: Any, open_window: Callable[..., MainWindow], preset: str
) -> None:
    window = open_window(replace(load(find(preset)), {"epochs": 1}))
    window.resize(1440, 900)
    unfold(window)
    finish(qtbot, window)
    stops = walk(window)
    assert len(stops) > 60
    assert [stop for stop in stops if not told(stop, Text.Name).strip()] == []
    assert controls_in_sight(window) - set(stops) == set()
    assert {window.network.diagram, window.curves.axes, window.gradients.axes} <= set(stops)


def test_tab_goes_through_the_window_as_it_is_read_and_back(qtbot: Any, window: MainWindow) -> None:
    window.resize(1440, 900)
    stops = walk(window)
    parts = (window.transport, window.workspace.tabs, window.builder, window.board, window.criteria)
    places = [next(i for i, part in enumerate(parts) if part is stop or part.isAncestorOf(stop)) for stop in stops]
    assert places == sorted(places)
    window.setFocus()
    back = walk(window, Key.Key_Backtab)
    turned = back.index(stops[-1])
    assert [*back[turned:], *back[:turned]] == stops[::-1]


def test_tab_goes_down_the_form_whatever_comes_into_it(qtbot: Any, open_window: Callable[..., MainWindow]) -> None:
    window = open_window()
    window.resize(1440, 900)
    unfold(window)
    window.builder.apply_changes({"schedule": {"kind": "step", "size": 10}})
    layers = window.builder.layers
    assert isinstance(layers, LayerList)
    layers.add.click()
    QApplication.processEvents()
    form = [stop for stop in walk(window) if window.builder.isAncestorOf(stop)]
    content = window.builder.scroll.widget()

    def line(stop: QWidget) -> int:
        return stop.mapTo(content, stop.rect().center()).y()

    ups = [
        (told(before, Text.Name), told(after, Text.Name))
        for before, after in zip(form, form[1:], strict=False) if line(after) < line(before) - 12
    ]
    assert ups == []
    assert {"Width of layer 1", "Width of layer 3"} <= {stop.accessibleName() for stop in form}


def test_tab_comes_to_what_a_message_offers(qtbot: Any, open_window: Callable[..., MainWindow]) -> None:
    window = open_window()
    finish(qtbot, window)
    window.builder.apply_changes({"network.hidden": [4, 4]})
    QApplication.processEvents()
    stops = walk(window)
    names = [told(stop, Text.Name) for stop in stops if window.banner.isAncestorOf(stop)]
    assert names == ["Restart", "Restart, keep the old run as a ghost", "Undo", "Dismiss this message"]
    first = next(i for i, stop in enumerate(stops) if window.banner.isAncestorOf(stop))
    assert window.builder.isAncestorOf(stops[first - 1])
    assert window.board.isAncestorOf(stops[first + len(names)])


@pytest.mark.parametrize("panel", ["gradients", "layer_map", "confusion"])
def test_arrows_choose_among_pills_of_which_one_is_on(qtbot: Any, window: MainWindow, panel: str) -> None:
    finish(qtbot, window)
    steps = window.control.view.history.step
    window.board.show_panel(getattr(window, panel))
    QApplication.processEvents()
    first, second = (
        pill for pill in getattr(window, panel).findChildren(QAbstractButton) if among_others(pill)
    )
    first.setFocus(Qt.FocusReason.TabFocusReason)
    for key, chosen, other in ((Key.Key_Right, second, first), (Key.Key_Left, first, second)):
        QTest.keyClick(focused(), key)
        assert focused() is chosen
        assert (chosen.isChecked(), other.isChecked()) == (True, False)
    assert window.control.view.history.step == steps


def test_a_choice_of_the_form_says_what_it_is_of_and_what_is_chosen(window: MainWindow) -> None:
    for key in ("data.dataset", "optimizer.method", "stopping.criteria.loss_plateau.action"):
        editor = window.builder.editor(key)
        description = told(editor, Text.Description)
        assert description.startswith(editor.field.label)
        assert "<" not in description
        assert told(editor, Text.Value) == editor.currentText()


def test_what_is_wrong_with_a_field_is_told_with_it(qtbot: Any, window: MainWindow) -> None:
    editor = window.builder.editor("data.noise")
    usual = told(editor, Text.Description)
    editor.setFocus()
    editor.selectAll()
    qtbot.keyClicks(editor, "-1")
    qtbot.keyClick(editor, Key.Key_Return)
    row = window.builder.row("data.noise")
    assert row.error.text()
    assert told(editor, Text.Description) == f"{row.error.text()}. {usual}"


def test_the_network_tells_the_numbers_of_the_layer_selected_by_keys(qtbot: Any, window: MainWindow) -> None:
    finish(qtbot, window)
    qtbot.waitUntil(lambda: window.network.diagram.weights != [])
    window.network.diagram.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(focused(), Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    assert window.selection.layer == 0
    words = told(window.network.diagram, Text.Name)
    for promised in (
        "ReLU", "shape 2 × 8", "parameters 24", "weights, mean", "gradient", "activation, mean", "dead units",
    ):  # fmt: skip
        assert promised in words, promised


def test_f1_lists_the_keys_within_views(window: MainWindow) -> None:
    listed = window.actions_table.shortcuts()
    for group, keys in (
        ("In the network", ("Ctrl+←", "Ctrl+D", "Insert", "Delete", "Ctrl+Shift+←", "Enter", "Esc")),
        ("In a plot", ("+", "Home", "Ctrl+←", "Alt+←")), ("In the confusion matrix", ("←", "Enter")),
        ("In the list of layers", ("Alt+↑",)), ("On a criterion", ("F2",)),
        ("In the list of samples", ("F5", "Ctrl+C")), ("When importing a CSV file", ("F5",)),
        ("In the log", ("Ctrl+F", "Ctrl+S", "Ctrl+W")), ("On a panel's title", ("Enter",)),
    ):
        words = " ".join(key for key, _ in listed[group]).split()
        assert [key for key in keys if key not in words] == []
