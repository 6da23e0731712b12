"""The frame of a panel: its header, its buttons and its menu."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from gui.panels.header import OtherButton
from gui.panels.panel import REST_NOTE
from gui.theme import DARK, apply
from tests.gui.panels.pictures import colors_in, pixels
from tests.gui.panels.runs import make_run
from tests.gui.plain_panels import PlainPanel


@pytest.fixture
def panel(qtbot: Any, qapp: QApplication) -> Iterator[PlainPanel]:
    apply(qapp, DARK)
    made = PlainPanel("curves", "Some curves")
    made.restyle(DARK)
    qtbot.addWidget(made)
    made.resize(420, 240)
    with qtbot.waitExposed(made):
        made.show()
    leave(made)  # the pointer of a window without a display stands in its corner
    yield made
    made.close()


def enter(panel: PlainPanel) -> None:
    at = QPointF(5, 5)
    QApplication.sendEvent(panel, QEnterEvent(at, at, at))


def leave(panel: PlainPanel) -> None:
    QApplication.sendEvent(panel, QEvent(QEvent.Type.Leave))


def menu_of(panel: PlainPanel) -> dict[str, Any]:
    """Open the menu as a person does, and return its entries by their text."""
    enter(panel)
    QTest.mouseClick(panel.header_row.options, Qt.MouseButton.LeftButton)
    menu = panel.findChild(QMenu)
    assert menu is not None
    assert menu.isVisible()
    menu.hide()
    return {action.text().partition("\t")[0]: action for action in menu.actions() if not action.isSeparator()}


def header_picture(panel: PlainPanel) -> Any:
    return pixels(panel.header_row.tools)


# ------------------------------------------------------------------------------- the buttons

def test_buttons_appear_with_the_pointer_and_nothing_moves(panel: PlainPanel) -> None:
    pill = panel.add_pill("log", "Logarithmic", changed=lambda _: None)
    panel.fit_header()
    QApplication.processEvents()
    hidden, place = header_picture(panel), pill.geometry()
    enter(panel)
    shown = header_picture(panel)
    assert (hidden != shown).any()
    assert pill.geometry() == place
    leave(panel)
    assert (header_picture(panel) == hidden).all()


def test_buttons_are_faint_at_rest_rather_than_gone(panel: PlainPanel) -> None:
    assert colors_in(panel.header_row.tools) > 1


def test_a_title_is_shortened_before_a_toggle_is_lost(panel: PlainPanel) -> None:
    pill = panel.add_pill("weights", "Weights", changed=lambda _: None)
    panel.set_title("Gradient norm of every layer", "Norms")
    panel.resize(600, panel.height())
    assert panel.title_label.text() == "Gradient norm of every layer"
    panel.resize(pill.sizeHint().width() + 150, panel.height())
    assert panel.title_label.text() == "Norms"
    assert panel.title_label.toolTip() == "Gradient norm of every layer"
    assert pill.isVisibleTo(panel)


def test_buttons_are_named_and_explained(panel: PlainPanel) -> None:
    header = panel.header_row
    assert header.options.accessibleName() == "Some curves: options"
    assert header.options.toolTip()
    assert header.enlarge.accessibleName() == "Some curves: enlarge"
    panel.show_maximized(True)
    assert header.enlarge.accessibleName() == "Some curves: restore"
    assert "Esc" in header.enlarge.toolTip()


def test_a_double_click_and_enter_on_the_header_ask_to_enlarge(panel: PlainPanel) -> None:
    asked: list[str] = []
    panel.maximize_wanted.connect(lambda: asked.append("enlarge"))
    QTest.mouseDClick(panel.header_row, Qt.MouseButton.LeftButton, pos=QPoint(30, 8))
    panel.header_row.setFocus()
    QTest.keyClick(panel.header_row, Qt.Key.Key_Return)
    panel.header_row.enlarge.click()
    assert len(asked) == 3


def test_enter_on_a_pill_does_not_enlarge(panel: PlainPanel) -> None:
    asked: list[str] = []
    panel.maximize_wanted.connect(lambda: asked.append("enlarge"))
    pill = panel.add_pill("log", "Logarithmic", changed=lambda _: None)
    panel.fit_header()
    pill.setFocus()
    QTest.keyClick(pill, Qt.Key.Key_Return)
    assert asked == []


# ------------------------------------------------------------------------------- the menu

def test_the_menu_has_every_toggle_also_those_without_room(panel: PlainPanel) -> None:
    heard: list[bool] = []
    for index in range(8):
        panel.add_pill(f"toggle {index}", "A toggle", spare=index, changed=heard.append)
    panel.resize(260, 240)
    panel.fit_header()
    last = panel.pills_in_header()[-1]
    assert not last.isVisible()
    entry = menu_of(panel)["toggle 7"]
    assert entry.isCheckable()
    assert not entry.isChecked()
    entry.trigger()
    assert last.isChecked()
    assert heard == [True]
    assert menu_of(panel)["toggle 7"].isChecked()


def test_the_menu_asks_for_what_it_names(panel: PlainPanel) -> None:
    asked: list[str] = []
    panel.hide_wanted.connect(lambda: asked.append("hide"))
    panel.maximize_wanted.connect(lambda: asked.append("enlarge"))
    panel.move_wanted.connect(asked.append)
    panel.export_wanted.connect(asked.append)
    panel.moves = frozenset({"left"})
    entries = menu_of(panel)
    moves = {action.text(): action for action in entries["Move"].menu().actions()}
    assert {text for text, action in moves.items() if action.isEnabled()} == {"Left"}
    for action in (entries["Hide"], entries["Maximize"], moves["Left"]):
        action.trigger()
    for text in ("Save as PNG…", "Save as SVG…", "Save as CSV…", "Copy picture", "Copy figures"):
        entries[text].trigger()
    assert asked == ["hide", "enlarge", "left", "png", "svg", "csv", "picture", "figures"]


def test_opening_the_menu_many_times_keeps_no_more_objects(panel: PlainPanel) -> None:
    panel.add_pill("log", "Logarithmic", changed=lambda _: None)
    menu_of(panel)
    menu = panel.findChild(QMenu)
    before = len(menu.findChildren(object))
    for _ in range(20):
        menu_of(panel)
    assert len(menu.findChildren(object)) == before


def test_a_maximized_panel_offers_to_be_restored_and_not_to_move(panel: PlainPanel) -> None:
    panel.show_maximized(True)
    entries = menu_of(panel)
    assert "Restore" in entries
    assert not entries["Move"].menu().isEnabled()


# ------------------------------------------------------------------------------- room

@pytest.mark.parametrize("width", [90, 140, 200, 260, 320, 420, 700])
def test_nothing_in_the_header_overlaps_at_any_width(panel: PlainPanel, width: int) -> None:
    for index in range(4):
        panel.add_pill(f"toggle {index}", "A toggle", spare=index, changed=lambda _: None)
    panel.set_figure("a rather long figure of 12,345", "12,345")
    panel.resize(width, 200)
    panel.fit_header()
    QApplication.processEvents()
    row = panel.header
    shown = [row.itemAt(i).widget() for i in range(row.count()) if row.itemAt(i).widget().isVisible()]
    for left, right in zip(shown, shown[1:], strict=False):
        assert left.geometry().right() < right.geometry().left()
    assert shown[-1].geometry().right() < panel.header_row.width()


def test_where_one_toggle_of_two_has_room_it_is_the_one_that_is_on(panel: PlainPanel) -> None:
    first = panel.add_pill("a rather wide toggle", "First", changed=lambda _: None)
    second = panel.add_pill("another wide toggle", "Second", checked=True, changed=lambda _: None)
    panel.resize(300, 200)
    panel.fit_header()
    assert (first.isVisible(), second.isVisible()) == (False, True)
    second.setChecked(False)
    first.setChecked(True)
    assert (first.isVisible(), second.isVisible()) == (True, False)


def test_another_view_without_room_is_offered_in_header_and_menu(panel: PlainPanel, qtbot: Any) -> None:
    taken: list[str] = []
    panel.offer("Confusion matrix", lambda: taken.append("other"))
    button = panel.header_row.findChild(OtherButton)
    assert button.accessibleName() == "Show Confusion matrix here"
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: taken == ["other"])
    menu_of(panel)["Show Confusion matrix here"].trigger()
    assert taken == ["other", "other"]
    panel.offer()
    assert not button.isVisible()
    assert "Show Confusion matrix here" not in menu_of(panel)


# ------------------------------------------------------------------------------- in words

def test_an_error_takes_the_place_of_the_view(panel: PlainPanel, qtbot: Any) -> None:
    panel.fail(RuntimeError("broken"))
    qtbot.waitUntil(lambda: panel.rest_note.isVisible())
    assert panel.rest_note.text() == REST_NOTE
    assert not panel.face.isVisible()
    panel.begin(make_run())
    assert panel.face.isVisible()
    assert not panel.rest_note.isVisible()
