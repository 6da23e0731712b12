"""The bar at the top: what can be pressed when, how fast the run may go, how far, and that nothing is cut."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QMenu, QWidget

from gui import theme
from gui.epoch_dialog import EpochDialog
from gui.speed_limits import LIMITS, faster, in_few_words, in_words, slower
from gui.transport import Transport

STATES = ("empty", "loading", "ready", "paused", "playing", "finished", "extendable", "refused", "none", "invalid")


@pytest.fixture
def bar(qtbot: Any) -> Iterator[Transport]:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply(app, theme.DARK)
    menu = QMenu()
    qtbot.addWidget(menu)
    made = Transport(theme.DARK, menu)
    qtbot.addWidget(made)
    made.resize(1440, made.height())
    made.show_name("two spirals", False)
    made.show_seed(7)
    made.figures.show_totals(400, 3200)
    made.figures.show_figures(142.0, 1136, 6940.0)
    made.show()
    yield made
    for menu in (made.epoch_menu, made.speed_menu, made.seed_menu):
        menu.close()


# ------------------------------------------------------------------------------------- states


WORKS = [
    ("run_button", "loading ready paused playing finished extendable refused none"),
    ("step_button", "ready paused extendable"),
    ("epoch_button", "ready paused extendable"),
    ("more_button", "ready paused extendable"),
    ("stop_button", "loading paused playing extendable"),
    ("reset_button", "loading ready paused playing finished extendable refused none"),
    ("new_seed_action", "loading ready paused playing finished extendable refused none"),
    ("same_seed_action", "loading ready paused playing finished extendable refused none"),
    ("speed_button", " ".join(STATES)),
    ("seed", " ".join(STATES)),
]  # fmt: skip


def test_every_control_is_enabled_exactly_when_it_works(bar: Transport) -> None:
    for control, works in WORKS:
        for state in STATES:
            bar.show_state(state, "Learning rate: must be 0 or more" if state == "invalid" else "")
            assert getattr(bar, control).isEnabled() == (state in works.split()), (control, state)


def test_what_cannot_run_may_still_be_paused_and_ended(bar: Transport) -> None:
    reason = "Learning rate: must be 0 or more"
    bar.show_state("playing", reason)
    assert bar.run_button.isEnabled()
    assert bar.stop_button.isEnabled()
    assert "Cannot run" not in bar.run_button.toolTip()
    bar.show_state("paused", reason)
    assert not bar.run_button.isEnabled()
    assert bar.stop_button.isEnabled()
    assert "Cannot run: Learning rate" in bar.run_button.toolTip()


def test_the_button_says_what_it_does(bar: Transport) -> None:
    width = bar.run_button.width()
    for state, text in (("ready", "Run"), ("playing", "Pause"), ("finished", "Run again"), ("extendable", "Continue")):
        bar.show_state(state)
        QApplication.processEvents()
        assert bar.run_button.text() == bar.run_button.accessibleName() == text
        assert bar.run_button.width() == width


# ------------------------------------------------------------------------------------- speed


def test_speed_limits_go_down_one_by_one_and_up_again() -> None:
    down = [None]
    while slower(down[-1]) != down[-1]:
        down.append(slower(down[-1]))
    assert down == list(reversed(LIMITS))
    assert [faster(limit) for limit in reversed(down)] == [*list(LIMITS[1:]), None]
    assert (slower(50.0), faster(50.0), faster(5000.0), slower(0.5)) == (30, 100, None, 0.5)


def test_a_limit_in_words() -> None:
    for limit, words, few in (
        (None, "Full speed", "Full"), (1, "1 step/s", "1/s"), (1000, "1\u2009000 steps/s", "1\u2009000/s"),
        (2.5, "2.5 steps/s", "2.5/s"),
    ):  # fmt: skip
        assert (in_words(limit), in_few_words(limit)) == (words, few)


def test_the_menu_and_the_keys_limit_the_speed(qtbot: Any, bar: Transport) -> None:
    limits: list[float | None] = []
    bar.speed_limit_changed.connect(limits.append)
    width = bar.speed_button.width()
    qtbot.mouseClick(bar.speed_button, Qt.MouseButton.LeftButton)
    assert bar.speed_menu.isVisible()
    {action.text(): action for action in bar.speed_menu.actions()}["10 steps/s"].trigger()
    bar.slower()
    bar.faster()
    for _ in range(10):
        bar.faster()
    assert limits == [10, 5, 10, 30, 100, 300, 1000, None]
    bar.show_speed_limit(2)  # shown, not asked for
    assert len(limits) == 8
    assert bar.speed_button.accessibleName() == "Speed: 2 steps/s"
    checked = [action.text() for action in bar.speed_menu.actions() if action.isChecked()]
    assert checked == ["2 steps/s"]
    assert bar.speed_button.width() == width


# ------------------------------------------------------------------------------------- epochs


def test_ten_epochs_from_where_the_run_stands(bar: Transport) -> None:
    asked: list[int] = []
    bar.run_to_epoch.connect(asked.append)
    ten = bar.epoch_menu.actions()[1]
    for epoch in (0.0, 141.9999999999, 395.0):
        bar.figures.show_figures(epoch, 5, 0.0)
        ten.trigger()
    assert asked == [10, 152, 400]


def test_an_epoch_that_cannot_be_run_to_is_refused_in_words(qtbot: Any, bar: Transport) -> None:
    asked: list[int] = []
    bar.run_to_epoch.connect(asked.append)
    bar.ask_epoch()
    dialog = bar.findChild(EpochDialog)
    assert dialog is not None
    for typed, said in (
        ("142", "past"), ("1", "past"), ("401", "has 400 epochs"), ("0", "whole number from 1 to 400"),
        ("2.5", "whole number"), ("", "whole number"), ("many", "whole number"),
    ):  # fmt: skip
        dialog.number.selectAll()
        qtbot.keyClick(dialog.number, Qt.Key.Key_Delete)
        qtbot.keyClicks(dialog.number, typed)
        qtbot.keyClick(dialog.number, Qt.Key.Key_Return)
        assert said in dialog.problem.text()
        assert dialog.isVisible()
        assert not asked
    dialog.number.selectAll()
    qtbot.keyClicks(dialog.number, "143")
    qtbot.keyClick(dialog.number, Qt.Key.Key_Return)
    assert asked == [143]


def test_an_epoch_may_pass_while_its_number_is_typed(qtbot: Any, bar: Transport) -> None:
    bar.ask_epoch()
    dialog = bar.findChild(EpochDialog)
    assert dialog is not None
    qtbot.keyClicks(dialog.number, "200")
    bar.figures.show_figures(200.5, 1700, 100.0)
    qtbot.mouseClick(dialog.run_button, Qt.MouseButton.LeftButton)
    assert "past" in dialog.problem.text()
    dialog.reject()


# ------------------------------------------------------------------------------------- seed


def test_the_seed_offers_a_new_one_the_same_and_one_of_your_own(qtbot: Any, bar: Transport) -> None:
    heard: list[str] = []
    bar.new_seed.connect(lambda: heard.append("new"))
    bar.reset.connect(lambda: heard.append("same"))
    bar.seed_pressed.connect(lambda: heard.append("own"))
    bar.show_state("paused")
    qtbot.mouseClick(bar.seed, Qt.MouseButton.LeftButton)
    assert bar.seed_menu.isVisible()
    for action in bar.seed_menu.actions():
        action.trigger()
    assert heard == ["new", "same", "own"]


# ------------------------------------------------------------------------------------- room


@pytest.mark.parametrize("scale", [0.8, 1.0, 2.0])
def test_nothing_is_cut_or_overlaps(qtbot: Any, scale: float) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply(app, theme.DARK, scale)
    menu = QMenu()
    qtbot.addWidget(menu)
    bar = Transport(theme.DARK, menu, scale)
    qtbot.addWidget(bar)
    bar.show()
    for name, seed, epochs, steps, least in (
        ("two spirals", 7, 400, 3200, 960), ("A very long name of an experiment", 2**31 - 1, 100_000, 10**6, 1100),
    ):  # fmt: skip
        bar.show_name(name, True)
        bar.show_seed(seed)
        bar.figures.show_totals(epochs, steps)
        bar.figures.show_figures(epochs, steps, 999_999.0)
        for width in (1440, 1280, least):
            bar.resize(round(width * scale), bar.height())
            QApplication.processEvents()
            check_places(bar)
    theme.apply(app, theme.DARK)


def check_places(bar: Transport) -> None:
    """Check that everything shown has the room it needs, beside what stands to its left."""
    shown = [widget for widget in bar.findChildren(QWidget) if widget.isVisible() and widget.parentWidget() is bar]
    shown.sort(key=lambda widget: widget.x())
    for left, right in zip(shown, shown[1:], strict=False):
        assert left.geometry().right() < right.x(), (bar.width(), left, right)
    assert shown[-1].geometry().right() < bar.width()
    for widget in shown:
        fixed = widget.minimumWidth() == widget.maximumWidth()
        assert fixed or widget.width() >= widget.sizeHint().width(), (bar.width(), widget)


def test_all_words_are_there_where_there_is_room(bar: Transport) -> None:
    QApplication.processEvents()
    assert bar.app_name.isVisible()
    assert [button.text() for button in (bar.reset_button, bar.step_button, bar.epoch_button, bar.stop_button)] == [
        "Reset", "Step", "Epoch", "Stop"
    ]
    bar.resize(1100, bar.height())
    QApplication.processEvents()
    assert bar.reset_button.text() == "Reset"  # words still, at the smaller of the usual sizes
    bar.resize(700, bar.height())
    QApplication.processEvents()
    assert bar.reset_button.text() == ""
    assert bar.reset_button.accessibleName() == "Reset"


@pytest.mark.parametrize("width", [440, 540, 620, 720, 820])
def test_a_narrow_bar_leaves_out_whole_things(bar: Transport, width: int) -> None:
    bar.show_state("finished")
    bar.resize(width, bar.height())
    QApplication.processEvents()
    check_places(bar)
    assert bar.run_button.isVisible()
    assert bar.run_button.text() in ("Run again", "")
    assert bar.run_button.accessibleName() == "Run again"


def test_room_that_is_left_over_goes_to_the_name(bar: Transport) -> None:
    name = "Two spirals with a very long name"
    bar.show_name(name, False)
    bar.show_seed(2**31 - 1)
    bar.figures.show_totals(100_000, 10**6)
    texts = []
    for width in (960, 1040, 1150, 1280):
        bar.resize(width, bar.height())
        QApplication.processEvents()
        assert bar.layout().sizeHint().width() <= width
        texts.append(len(bar.name.text()))
    assert texts[1] > texts[0]


def test_figures_do_not_move_what_stands_beside_them(bar: Transport) -> None:
    places = []
    for epoch, step, speed in ((0, 0, 0), (3, 9, 7.0), (399, 3192, 123_456.0)):
        bar.figures.show_figures(epoch, step, speed)
        QApplication.processEvents()
        places.append([widget.geometry() for widget in bar.findChildren(QAbstractButton)])
    assert places[0] == places[1] == places[2]


def test_tab_goes_from_left_to_right_and_everything_has_a_name(qtbot: Any, bar: Transport) -> None:
    bar.show_state("paused")
    bar.activateWindow()
    bar.name.setFocus()
    xs = []
    for _ in range(11):
        focused = QApplication.focusWidget()
        assert focused.accessibleName()
        assert focused.toolTip() or focused is bar.run_button
        xs.append(focused.mapTo(bar, focused.rect().topLeft()).x())
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    assert xs == sorted(xs)


def test_a_long_name_is_elided_and_said_in_full(bar: Transport) -> None:
    name = "A name that is much longer than what there is room for"
    bar.show_name(name, True)
    assert bar.name.text().endswith("…")
    assert bar.name.accessibleName() == f"{name} •"
