"""Editing in the diagram, as a person does it: pointer, keys, menu; and the draft that is shown meanwhile."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from gui.panels.network import Network
from training.experiment import MAX_LAYERS, MAX_WIDTH, Experiment
from training.validation import replace

from .pictures import pixels
from .runs import make_run

LEFT, CTRL, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier
HIDDEN, ACTIVATIONS = (4, 8, 16), ("relu", "tanh", "gelu")


@pytest.fixture
def panel(show):
    """Return a panel in a window that passes changes on as the window does: the form takes them, nothing restarts."""
    shown = show(Network, 650, 316)
    shown.changes = []

    def take(changes):
        shown.changes.append(changes)
        network = replace(Experiment(), {"network.skip_every": 0, **changes}).network
        shown.show_draft(network.hidden, network.activation, True)

    shown.edit_wanted.connect(take)
    shown.begin(make_run({"network.hidden": list(HIDDEN), "network.activation": list(ACTIVATIONS)}))
    return shown


def layers(panel):
    """Return widths and activations wanted last."""
    wanted = panel.changes[-1]
    names = wanted["network.activation"]
    return wanted["network.hidden"], names if isinstance(names, tuple) else (names,) * len(wanted["network.hidden"])


def place(panel, x, y=None):
    layout = panel.diagram.layout_now()
    return QPoint(round(panel.diagram.in_widget(x)), round(layout.bar_top + 3 if y is None else y))


def on(panel, layer):
    return panel.diagram.layer_center(layer)


def select(panel, layer):
    QTest.mouseClick(panel.diagram, LEFT, pos=on(panel, layer))
    assert panel.diagram.selected == layer


def hover(panel, at, qtbot, control):
    QTest.mouseMove(panel.diagram, at)
    qtbot.waitUntil(control.isVisible, timeout=2_000)


def act(menu, text):
    """Choose an entry of a menu by its text; "Activation/Tanh" goes into a submenu."""
    first, _, rest = text.partition("/")
    action = next(action for action in menu.actions() if action.text().partition("\t")[0] == first)
    if rest:
        act(action.menu(), rest)
    else:
        assert action.isEnabled()
        action.trigger()


# -- keys


@pytest.mark.parametrize(
    ("layer", "key", "modifiers", "hidden", "activations", "selected"),
    [
        (1, Qt.Key.Key_D, CTRL, (4, 8, 8, 16), ("relu", "tanh", "tanh", "gelu"), 2),
        (1, Qt.Key.Key_Delete, None, (4, 16), ("relu", "gelu"), 1),
        (2, Qt.Key.Key_Delete, None, (4, 8), ("relu", "tanh"), 1),
        (0, Qt.Key.Key_Insert, None, (4, 4, 8, 16), ("relu", "relu", "tanh", "gelu"), 1),
        (3, Qt.Key.Key_Insert, None, (4, 8, 16, 16), ("relu", "tanh", "gelu", "gelu"), 3),
        (0, Qt.Key.Key_Right, CTRL | SHIFT, (8, 4, 16), ("tanh", "relu", "gelu"), 1),
        (2, Qt.Key.Key_Left, CTRL | SHIFT, (4, 16, 8), ("relu", "gelu", "tanh"), 1),
        (1, Qt.Key.Key_Plus, None, (4, 9, 16), ACTIVATIONS, 1),
        (1, Qt.Key.Key_Minus, None, (4, 7, 16), ACTIVATIONS, 1),
    ],
)
def test_keys_edit_the_selected_layer(panel, layer, key, modifiers, hidden, activations, selected):
    select(panel, layer)
    QTest.keyClick(panel.diagram, key, modifiers or NONE)
    assert layers(panel) == (hidden, activations)
    assert panel.diagram.selected == selected
    assert len(panel.changes) == 1


def test_edits_in_a_row_go_on_from_the_form(panel):
    select(panel, 1)
    for _ in range(3):
        QTest.keyClick(panel.diagram, Qt.Key.Key_D, CTRL)
    QTest.keyClick(panel.diagram, Qt.Key.Key_Left, CTRL | SHIFT)
    QTest.keyClick(panel.diagram, Qt.Key.Key_Plus)
    assert layers(panel)[0] == (4, 8, 8, 9, 8, 16)


@pytest.mark.parametrize(
    ("layer", "key", "modifiers"),
    [
        (3, Qt.Key.Key_Delete, None), (3, Qt.Key.Key_D, CTRL), (0, Qt.Key.Key_Left, CTRL | SHIFT),
        (None, Qt.Key.Key_Delete, None), (None, Qt.Key.Key_Plus, None),
    ],
)
def test_what_cannot_be_done_is_said(panel, layer, key, modifiers):
    if layer is not None:
        select(panel, layer)
    QToolTip.hideText()
    QTest.keyClick(panel.diagram, key, modifiers or NONE)
    assert panel.changes == []
    assert len(QToolTip.text()) > 15


def test_limits_are_said_and_kept(panel):
    panel.begin(make_run({"network.hidden": [MAX_WIDTH] + [2] * (MAX_LAYERS - 1)}, steps=5))
    panel.show_draft((MAX_WIDTH, *(2,) * (MAX_LAYERS - 1)), "relu", False)
    panel.selection.select_layer(0)
    panel.show_layer()
    QTest.keyClick(panel.diagram, Qt.Key.Key_D, CTRL)
    assert str(MAX_LAYERS) in QToolTip.text()
    QTest.keyClick(panel.diagram, Qt.Key.Key_Plus)
    assert f"{MAX_WIDTH:,}" in QToolTip.text()
    assert panel.changes == []


def test_plain_arrows_and_space_are_left_to_the_window(panel):
    for key, modifiers, ours in (
        (Qt.Key.Key_Right, NONE, False), (Qt.Key.Key_Space, NONE, False), (Qt.Key.Key_Escape, NONE, False),
        (Qt.Key.Key_Right, CTRL, True), (Qt.Key.Key_Delete, NONE, True),
    ):
        event = QKeyEvent(QEvent.Type.ShortcutOverride, key, modifiers)
        event.ignore()
        QApplication.sendEvent(panel.diagram, event)
        assert event.isAccepted() == ours, key


# -- the pointer


def test_the_layer_under_the_pointer_has_controls(panel, qtbot):
    bar = panel.diagram.editing.bar
    hover(panel, on(panel, 1), qtbot, bar)
    assert bar.width_button.text() == "8"
    assert bar.activation.text() == "Tanh"
    QTest.mouseClick(bar.wider, LEFT)
    QTest.mouseClick(bar.wider, LEFT)
    assert layers(panel) == ((4, 10, 16), ACTIVATIONS)
    assert bar.isVisible()
    assert bar.width_button.text() == "10"
    QTest.mouseClick(bar.narrower, LEFT)
    assert layers(panel)[0] == (4, 9, 16)
    hover(panel, on(panel, 0), qtbot, bar)
    qtbot.waitUntil(lambda: bar.layer == 0, timeout=2_000)
    QTest.mouseMove(panel.diagram, on(panel, 3))  # the output has none
    qtbot.waitUntil(lambda: not bar.isVisible(), timeout=2_000)


def test_controls_are_inside_and_named(panel, qtbot):
    bar = panel.diagram.editing.bar
    for layer in range(3):
        hover(panel, on(panel, layer), qtbot, bar)
        qtbot.waitUntil(lambda layer=layer: bar.layer == layer, timeout=2_000)
        assert panel.diagram.rect().contains(bar.geometry())
        column = panel.diagram.layout_now().columns[layer + 1]
        assert abs(bar.geometry().center().x() - column.x) < 3
    for button in (bar.narrower, bar.width_button, bar.wider, bar.activation, bar.more):
        assert button.toolTip()
        assert button.accessibleName()


@pytest.mark.parametrize(("gap", "hidden"), [(0, (4, 4, 8, 16)), (2, (4, 8, 8, 16)), (3, (4, 8, 16, 16))])
def test_a_plus_between_layers_adds_one(panel, qtbot, gap, hidden):
    insert = panel.diagram.editing.insert
    hover(panel, place(panel, panel.diagram.layout_now().middle_of_gap(gap), 60), qtbot, insert)
    QTest.mouseClick(insert, LEFT)
    assert layers(panel)[0] == hidden
    assert panel.diagram.selected == gap


def test_a_layer_is_dragged_to_another_place(panel):
    layout = panel.diagram.layout_now()
    target = place(panel, layout.middle_of_gap(3))
    QTest.mousePress(panel.diagram, LEFT, pos=on(panel, 0))
    QTest.mouseMove(panel.diagram, on(panel, 0) + QPoint(30, 0))
    before = pixels(panel.diagram)
    QTest.mouseMove(panel.diagram, target)
    assert not np.array_equal(before, pixels(panel.diagram))  # where it would go is shown
    QTest.mouseRelease(panel.diagram, LEFT, pos=target)
    assert layers(panel) == ((8, 16, 4), ("tanh", "gelu", "relu"))
    assert panel.diagram.selected == 2


def test_escape_ends_a_drag_and_dropping_in_place_changes_nothing(panel):
    for escape in (True, False):
        QTest.mousePress(panel.diagram, LEFT, pos=on(panel, 0))
        QTest.mouseMove(panel.diagram, on(panel, 2) if escape else on(panel, 0) + QPoint(25, 0))
        assert panel.diagram.editing.dragged == 0
        if escape:
            QTest.keyClick(panel.diagram, Qt.Key.Key_Escape)
            assert panel.diagram.editing.dragged is None
        QTest.mouseRelease(panel.diagram, LEFT, pos=on(panel, 2) if escape else on(panel, 0) + QPoint(25, 0))
    assert panel.changes == []
    assert panel.diagram.selected is None


def test_the_output_cannot_be_dragged(panel):
    QTest.mousePress(panel.diagram, LEFT, pos=on(panel, 3))
    QTest.mouseMove(panel.diagram, on(panel, 1))
    QTest.mouseRelease(panel.diagram, LEFT, pos=on(panel, 1))
    assert panel.changes == []


def test_a_width_is_typed_at_the_column(panel, qtbot):
    field, bar = panel.diagram.editing.width_field, panel.diagram.editing.bar
    hover(panel, on(panel, 1), qtbot, bar)
    QTest.mouseClick(bar.width_button, LEFT)
    assert field.isVisible()
    QTest.keyClicks(field, "24")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert not field.isVisible()
    assert layers(panel)[0] == (4, 24, 16)
    select(panel, 2)
    QTest.keyClick(panel.diagram, Qt.Key.Key_Return)
    QTest.keyClicks(field, "99")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert not field.isVisible()
    assert layers(panel)[0] == (4, 24, 16)
    assert panel.diagram.hasFocus() or not panel.isActiveWindow()


# -- the menu


@pytest.mark.parametrize(
    ("text", "hidden", "activations"),
    [
        ("Add layer before", (4, 4, 8, 16), ("relu", "relu", "tanh", "gelu")),
        ("Add layer after", (4, 8, 8, 16), ("relu", "tanh", "tanh", "gelu")),
        ("Duplicate", (4, 8, 8, 16), ("relu", "tanh", "tanh", "gelu")),
        ("Remove", (4, 16), ("relu", "gelu")),
        ("Move left", (8, 4, 16), ("tanh", "relu", "gelu")),
        ("Move right", (4, 16, 8), ("relu", "gelu", "tanh")),
        ("Activation/Sigmoid", (4, 8, 16), ("relu", "sigmoid", "gelu")),
    ],
)
def test_the_menu_of_a_layer(panel, text, hidden, activations):
    at = on(panel, 1)
    QApplication.sendEvent(panel.diagram, QContextMenuEvent(
        QContextMenuEvent.Reason.Mouse, at, panel.diagram.mapToGlobal(at),
    ))
    menu = panel.diagram.editing.menu
    assert menu.isVisible()
    act(menu, text)
    menu.close()
    assert layers(panel) == (hidden, activations)


def test_the_menu_key_opens_the_menu_of_the_selected_layer(panel):
    select(panel, 0)
    for key, modifiers in ((Qt.Key.Key_Menu, NONE), (Qt.Key.Key_F10, SHIFT)):
        QTest.keyClick(panel.diagram, key, modifiers)
        menu = panel.diagram.editing.menu
        assert menu.isVisible()
        assert not next(action for action in menu.actions() if action.text().startswith("Move left")).isEnabled()
        menu.close()
    act(menu, "Width…")
    assert panel.diagram.editing.width_field.isVisible()
    assert panel.diagram.editing.width_field.value() == 4


def test_the_ends_offer_only_to_add(panel):
    first, last = (panel.diagram.editing.layer_menu(column) for column in (0, 4))
    assert [action.text().partition("\t")[0] for action in first.actions()] == ["Add layer after"]
    assert [action.text().partition("\t")[0] for action in last.actions()] == ["Add layer before"]
    act(last, "Add layer before")
    assert layers(panel)[0] == (4, 8, 16, 16)


def test_all_layers_can_go_and_come_back(panel):
    select(panel, 0)
    for _ in range(3):
        QTest.keyClick(panel.diagram, Qt.Key.Key_Delete)
    assert layers(panel)[0] == ()
    assert panel.diagram.selected is None
    QTest.keyClick(panel.diagram, Qt.Key.Key_Insert)
    assert len(layers(panel)[0]) == 1


# -- the draft


def test_the_draft_is_drawn_while_the_run_has_another_network(panel):
    panel.show_draft((4, 8, 16, 32), "relu", True)
    diagram = panel.diagram
    assert [column.width for column in diagram.layout_now().columns] == [2, 4, 8, 16, 32, 2]
    assert diagram.sketch
    assert "4 hidden layers" in diagram.hint
    assert "reset" in diagram.hint
    assert panel.draft_pill.isVisible()
    QTest.mouseClick(panel.draft_pill, LEFT)
    assert not diagram.sketch
    assert not diagram.hint
    assert len(diagram.layout_now().columns) == 5
    assert len(diagram.bars.norms) == 4
    select(panel, 1)
    QTest.keyClick(diagram, Qt.Key.Key_Plus)  # the run's network is not what is edited
    assert panel.changes == []
    assert "draft" in QToolTip.text()
    QTest.mouseClick(panel.draft_pill, LEFT)
    assert diagram.sketch


def test_selecting_in_a_draft_leaves_the_other_plots_alone(panel):
    select(panel, 0)
    panel.show_draft((4, 8, 16, 32, 64, 128), "relu", True)
    QTest.mouseClick(panel.diagram, LEFT, pos=on(panel, 5))
    assert panel.diagram.selected == 5
    assert panel.selection.layer == 0


def test_the_layer_edited_stays_selected_when_the_run_has_it(panel):
    select(panel, 2)
    QTest.keyClick(panel.diagram, Qt.Key.Key_D, CTRL)
    panel.begin(make_run({"network.hidden": list(layers(panel)[0]), "network.activation": list(layers(panel)[1])}))
    assert not panel.diagram.sketch
    assert panel.selection.layer == panel.diagram.selected == 3
    assert not panel.draft_pill.isVisible()


def test_a_draft_as_the_run_is_shown_as_the_run(panel):
    panel.show_draft((4, 8), "relu", True)
    panel.show_draft(HIDDEN, ACTIVATIONS, False)
    assert not panel.diagram.sketch
    assert panel.diagram.weights
    assert panel.diagram.hint == ""


def test_an_edit_between_two_runs_is_not_lost(panel):
    """The form is ahead of the run that begins: what is shown and edited is the form's."""
    panel.show_draft((4, 8, 16, 32), "relu", True)
    panel.begin(make_run({"network.hidden": [4, 8]}))
    assert len(panel.diagram.layout_now().columns) == 6
    panel.follow(panel.telling.run)
    assert panel.diagram.sketch
    assert not panel.resting


def test_nothing_is_left_over_as_the_network_changes_under_the_pointer(panel, qtbot):
    bar = panel.diagram.editing.bar
    hover(panel, on(panel, 2), qtbot, bar)
    panel.show_draft((4,), "relu", True)
    assert not bar.isVisible() or bar.layer == 0
    QTest.mousePress(panel.diagram, LEFT, pos=on(panel, 0))
    QTest.mouseMove(panel.diagram, on(panel, 0) + QPoint(60, 0))
    panel.show_draft((), "relu", True)
    QTest.mouseRelease(panel.diagram, LEFT, pos=QPoint(300, 100))
    panel.clear()
    QTest.mouseMove(panel.diagram, QPoint(200, 100))
    assert panel.changes == []
    assert not panel.resting
    panel.diagram.show_hover(QPoint(100, 100))
    QTest.mouseClick(panel.diagram, LEFT, pos=QPoint(50, 50))
