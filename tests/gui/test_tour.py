"""The guided tour, by keys and by mouse, in a plain window and in the real one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QMainWindow, QPushButton, QScrollArea, QWidget

from gui import theme
from gui.tour import Stop, Tour
from gui.tour_stops import STOPS
from gui.window import MainWindow

LEFT = Qt.MouseButton.LeftButton


class Plain(QMainWindow):
    """A window with two buttons, and Space and S as shortcuts."""

    def __init__(self) -> None:
        super().__init__()
        self.pressed: list[str] = []
        self.left, self.right = QPushButton("left"), QPushButton("right")
        self.left.setObjectName("left")
        holder = QWidget()
        row = QHBoxLayout(holder)
        for name, button in (("left", self.left), ("right", self.right)):
            button.clicked.connect(lambda _=False, name=name: self.pressed.append(name))
            row.addWidget(button)
        self.setCentralWidget(holder)
        for keys in ("Space", "S", "Right", "Ctrl+T"):
            QShortcut(QKeySequence(keys), self).activated.connect(lambda keys=keys: self.pressed.append(keys))


def plain_stops() -> list[Stop]:
    return [
        Stop("left", "Left", "By name."),
        Stop(lambda window: window.right, "Right", "Itself.", ("Try", lambda window: window.pressed.append("tried"))),
        Stop(lambda window: QRect(10, 20, 30, 40), "There", "A rectangle."),
        Stop(lambda window: window.missing, "Nowhere", "Not in this window."),
    ]


@pytest.fixture
def window(qtbot: Any) -> Plain:
    made = Plain()
    qtbot.addWidget(made)
    made.resize(900, 600)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


@pytest.fixture
def tour(window: Plain) -> Tour:
    made = Tour(window, plain_stops(), theme.DARK)
    made.heard = []  # type: ignore[attr-defined]
    made.finished.connect(made.heard.append)  # type: ignore[attr-defined]
    made.start()
    QApplication.processEvents()
    return made


def press(qtbot: Any, key: Qt.Key, modifiers: Any = Qt.KeyboardModifier.NoModifier) -> None:
    qtbot.keyClick(QApplication.focusWidget(), key, modifiers)


def holds(outer: QRect, widget: QWidget, window: QWidget) -> bool:
    return outer.contains(QRect(widget.mapTo(window, QPoint()), widget.size()))


def test_it_is_walked_through_by_keys_to_its_end(qtbot: Any, window: Plain, tour: Tour) -> None:
    assert (tour.card.heading.text(), tour.card.place.text()) == ("Left", "1 of 4")
    assert not tour.card.back_button.isEnabled()
    press(qtbot, Qt.Key.Key_Return)
    assert tour.card.heading.text() == "Right"
    press(qtbot, Qt.Key.Key_Left)
    assert tour.card.heading.text() == "Left"
    for _ in range(3):
        press(qtbot, Qt.Key.Key_Right)
    assert (tour.card.heading.text(), tour.card.next_button.text()) == ("Nowhere", "Done")
    press(qtbot, Qt.Key.Key_Return)
    assert tour.heard == [True]  # type: ignore[attr-defined]
    assert not tour.isVisible()
    assert window.pressed == []


def test_it_is_skipped_at_any_stop(qtbot: Any, window: Plain, tour: Tour) -> None:
    press(qtbot, Qt.Key.Key_Right)
    press(qtbot, Qt.Key.Key_Escape)
    assert tour.heard == [False]  # type: ignore[attr-defined]
    press(qtbot, Qt.Key.Key_Space)
    assert window.pressed == ["Space"], "the window has its keys back"


def test_the_mouse_walks_too(qtbot: Any, tour: Tour) -> None:
    qtbot.mouseClick(tour.card.next_button, LEFT)
    assert tour.at == 1
    qtbot.mouseClick(tour.card.back_button, LEFT)
    assert tour.at == 0
    qtbot.mouseClick(tour.card.skip_button, LEFT)
    assert tour.heard == [False]  # type: ignore[attr-defined]


def test_what_is_concerned_is_in_the_light_and_the_card_beside_it(window: Plain, tour: Tour) -> None:
    for place in (window.left, window.right):
        assert holds(tour.hole, place, window)
        assert not tour.hole.intersects(tour.card.geometry())
        assert tour.rect().contains(tour.card.geometry())
        tour.go_on()
    assert tour.hole.contains(QRect(10, 20, 30, 40))
    tour.go_on()
    assert tour.hole.isEmpty()
    assert tour.rect().contains(tour.card.geometry())


def test_the_rest_is_dimmed(window: Plain, tour: Tour) -> None:
    tour.hide()
    before = window.grab().toImage()
    tour.show()
    after = window.grab().toImage()
    lit, dark = tour.hole.center(), window.right.mapTo(window, QPoint(5, 5))
    assert after.pixelColor(lit) == before.pixelColor(lit)
    assert after.pixelColor(dark).lightness() < before.pixelColor(dark).lightness()


def test_it_follows_the_window_and_its_parts(qtbot: Any, window: Plain, tour: Tour) -> None:
    window.resize(1100, 700)
    assert tour.rect() == window.rect()
    qtbot.waitUntil(lambda: holds(tour.hole, window.left, window))
    window.centralWidget().layout().setContentsMargins(100, 50, 10, 10)
    qtbot.waitUntil(lambda: holds(tour.hole, window.left, window))
    replaced = QWidget()
    window.left = QPushButton("left", replaced)
    window.left.setObjectName("left")
    window.left.move(300, 200)
    window.setCentralWidget(replaced)  # as when the interface scale changes: all of it made anew
    qtbot.waitUntil(lambda: holds(tour.hole, window.left, window))
    qtbot.waitUntil(lambda: window.children()[-1] is tour)


def test_keys_of_the_window_rest_and_those_with_ctrl_work(qtbot: Any, window: Plain, tour: Tour) -> None:
    for key in (Qt.Key.Key_Space, Qt.Key.Key_S):
        press(qtbot, key)
    assert (window.pressed, tour.at) == ([], 0)
    press(qtbot, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    assert window.pressed == ["Ctrl+T"]


def test_the_focus_stays_in_the_card(qtbot: Any, window: Plain, tour: Tour) -> None:
    seen = []
    for _ in range(6):
        seen.append(QApplication.focusWidget())
        press(qtbot, Qt.Key.Key_Tab)
    assert set(seen) == {tour.card.next_button, tour.card.skip_button}
    window.right.setFocus()
    assert tour.card.next_button.hasFocus()
    press(qtbot, Qt.Key.Key_Tab)
    press(qtbot, Qt.Key.Key_Return)
    assert tour.heard == [False]  # type: ignore[attr-defined]


def test_clicks_beside_the_card_do_nothing(qtbot: Any, window: Plain, tour: Tour) -> None:
    qtbot.mouseClick(tour, LEFT, pos=window.left.mapTo(window, window.left.rect().center()))
    assert (window.pressed, tour.at) == ([], 0)


def test_something_to_try_is_tried(qtbot: Any, window: Plain, tour: Tour) -> None:
    assert not tour.card.act_button.isVisible()
    tour.go_on()
    qtbot.mouseClick(tour.card.act_button, LEFT)
    assert (window.pressed, tour.at) == (["tried"], 1)


def test_a_row_scrolled_out_of_sight_is_no_place_to_point_at(qtbot: Any) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    area, tall = QScrollArea(), QWidget()
    tall.resize(300, 3000)
    row = QLabel("deep", tall)
    row.move(0, 2000)
    area.setWidget(tall)
    window.setCentralWidget(area)
    window.resize(400, 300)
    window.show()
    tour = Tour(window, [Stop(lambda _: row, "", "", arrive=lambda _: None)], theme.LIGHT)
    tour.start()
    assert tour.hole.isEmpty()
    area.ensureWidgetVisible(row)
    qtbot.waitUntil(lambda: not tour.hole.isEmpty())
    tour.end(seen=False)


def test_the_words_take_no_more_than_a_minute() -> None:
    words = " ".join(f"{stop.heading} {stop.text}" for stop in STOPS).split()
    assert len(words) <= 180  # three words a second
    assert len(STOPS) == 9


def test_every_stop_of_the_real_window_is_in_sight_and_the_run_goes_on(
    qtbot: Any, open_window: Callable[..., MainWindow]
) -> None:
    window = open_window(epochs=100_000)
    window.resize(1100, 700)
    tour = Tour(window, STOPS, theme.DARK)
    tour.start()
    for stop in STOPS:
        QApplication.processEvents()
        assert not tour.hole.isEmpty(), stop.heading
        assert tour.rect().contains(tour.card.geometry()), stop.heading
        assert not tour.hole.intersects(tour.card.geometry()) or stop.heading == "Network", stop.heading
        if stop.action is not None:
            qtbot.mouseClick(tour.card.act_button, LEFT)
        if tour.at + 1 < len(STOPS):
            tour.go_on()
    assert window.control.view is not None
    qtbot.waitUntil(lambda: window.control.view.history.step > 0, timeout=5000)
    assert window.control.phase == "playing"
    press(qtbot, Qt.Key.Key_Space)
    assert window.control.phase == "playing", "Space does nothing during the tour"
    press(qtbot, Qt.Key.Key_Return)
    assert not tour.isVisible()
