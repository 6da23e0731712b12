"""The corner at the bottom right: what was found and where the run stands, both always in sight, nothing moving."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QWidget

from gui import theme
from gui.diagnosis.bar import Offer, Told
from gui.diagnosis.corner import Corner
from gui.end_banner import EndBanner
from tests.gui.diagnosis.made_up import VANISHING
from training.progress import Outcome

TOLD = Told("alarm", VANISHING.title, VANISHING.evidence[0].sentence, VANISHING.sentence)
FINE = Told("fine", "Healthy convergence", "both losses fall", "Both losses fall together.")
COMPLETED = Outcome("completed", 3200, 400.0, "Completed all 400 epochs.")
WIDE, NARROW = 499, 384  # of windows of 1440 and of 1100 pixels


class Offers:
    """The fixes and the explanation as the feature offers them; `done` says what was asked for."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def __call__(self) -> list[Offer]:
        return [
            *(Offer(fix.title, fix.why, self.told(fix.title), (
                (f"Race with {fix.title}", self.told(fix.title)),
                (f"Apply {fix.title} without a race", self.told(f"apply {fix.title}")),
            )) for fix in VANISHING.fixes),
            Offer("Explain…", "Why", self.told("why"), lasting=True),
        ]  # fmt: skip

    def told(self, what: str) -> Any:
        return lambda: self.done.append(what)


@pytest.fixture
def offers() -> Offers:
    return Offers()


def make(qtbot: Any, width: int, scale: float = 1.0) -> Corner:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply(app, theme.DARK, scale)
    corner = Corner(EndBanner(theme.DARK), theme.DARK, scale)
    qtbot.addWidget(corner)
    corner.resize(round(width * scale), round(137 * scale))
    corner.show()
    corner.banner.say("Training", "Training loss 0.661, validation loss 0.666, accuracy 0.613.")
    QApplication.processEvents()
    return corner


def texts(corner: Corner) -> list[str]:
    return [button.text() for button in corner.bar.buttons]


def top_of(corner: Corner, widget: QWidget) -> int:
    return widget.mapTo(corner, QPoint(0, 0)).y()


def test_what_calls_for_something_has_the_room_and_the_run_a_line(qtbot: Any, offers: Offers) -> None:
    corner = make(qtbot, WIDE)
    corner.say_much(TOLD, offers())
    QApplication.processEvents()
    assert corner.bar.heading.text() == "▲ Vanishing gradients"
    assert corner.bar.figure.text() == " · layer 1 over layer 8: 1/2 300"
    assert corner.bar.sentence.text() == VANISHING.sentence
    assert texts(corner) == ["ReLU + He", "Batch norm", "Skip connections", "Explain…"]
    assert corner.banner.compact
    assert corner.banner.heading.text() == "Training"
    assert corner.banner.line.text().startswith("Training loss 0.661")
    corner.say_little(FINE, Offer("Explain…", "Why", offers.told("why")))
    QApplication.processEvents()
    assert not corner.bar.isVisible()
    assert corner.banner.sentence.isVisible()
    assert corner.line.title.text() == "● Healthy convergence"
    qtbot.mouseClick(corner.line.button, Qt.MouseButton.LeftButton)
    assert offers.done == ["why"]


def test_pills_do_what_they_say_and_the_menu_has_all_of_it(qtbot: Any, offers: Offers) -> None:
    corner = make(qtbot, NARROW)
    corner.say_much(TOLD, offers())
    QApplication.processEvents()
    assert texts(corner) == ["ReLU + He", "Batch norm", "Explain…"]  # no room for the third
    for text in ("ReLU + He", "Explain…"):
        qtbot.mouseClick(corner.bar.button(text), Qt.MouseButton.LeftButton)
    corner.bar.fill_menu()
    actions = {action.text(): action for action in corner.bar.menu.actions() if action.text()}
    assert list(actions) == [
        f"{act} {fix.title}{how}" for fix in VANISHING.fixes
        for act, how in (("Race with", ""), ("Apply", " without a race"))
    ]  # fmt: skip
    actions["Apply Skip connections without a race"].trigger()
    assert offers.done == ["ReLU + He", "why", "apply Skip connections"]


def test_the_same_pills_stay_while_figures_change(qtbot: Any, offers: Offers) -> None:
    corner = make(qtbot, WIDE)
    corner.say_much(TOLD, offers())
    before = corner.bar.button("ReLU + He")
    later = Offers()
    corner.say_much(Told("alarm", VANISHING.title, "layer 1 over layer 8: 1/2 400", VANISHING.sentence), later())
    assert corner.bar.button("ReLU + He") is before
    assert corner.bar.figure.text() == " · layer 1 over layer 8: 1/2 400"
    qtbot.mouseClick(before, Qt.MouseButton.LeftButton)
    assert (offers.done, later.done) == ([], ["ReLU + He"])  # what it does is what is meant now


def test_nothing_moves_when_the_run_ends_or_figures_change(qtbot: Any, offers: Offers) -> None:
    corner = make(qtbot, WIDE)
    corner.say_much(TOLD, offers())
    QApplication.processEvents()
    bar = corner.bar
    watched = (bar.heading, bar.sentence, bar.button("ReLU + He"), corner.banner.heading)
    before = [top_of(corner, widget) for widget in watched]
    corner.banner.say_outcomes((COMPLETED,), 400, 40)
    corner.say_much(Told("alarm", VANISHING.title, "", "Short."), offers())
    QApplication.processEvents()
    assert corner.banner.seed_button.isVisible()
    assert [top_of(corner, widget) for widget in watched] == before
    corner.say_little(None)
    QApplication.processEvents()
    height = corner.banner.height()
    corner.say_little(FINE)
    QApplication.processEvents()
    assert corner.banner.height() == height  # the line has its room whether or not it says something


@pytest.mark.parametrize("scale", [0.8, 1.0, 1.5])
def test_the_line_cuts_what_has_no_room_and_says_so(qtbot: Any, scale: float) -> None:
    corner = make(qtbot, NARROW, scale)
    figure = "both losses fall, to 0.0135 and 0.0204, and have done so since the first of 400 epochs"
    corner.say_little(Told("fine", "Healthy convergence", figure, "Both."), Offer("Explain…", "Why", lambda: None))
    QApplication.processEvents()
    label = corner.line.figure
    assert label.text().endswith("…")
    assert label.fontMetrics().horizontalAdvance(label.text()) <= label.width()
    assert label.accessibleName() == figure
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply(app, theme.DARK)


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("scale", [0.8, 1.0, 2.0])
def test_all_of_it_can_be_read_and_nothing_overlaps(qtbot: Any, offers: Offers, width: int, scale: float) -> None:
    corner = make(qtbot, width, scale)
    corner.say_much(TOLD, offers())
    QApplication.processEvents()
    bar = corner.bar
    assert bar.heading.text() == "▲ Vanishing gradients"
    assert "…" not in bar.sentence.text()
    assert bar.sentence.heightForWidth(bar.sentence.width()) <= bar.sentence.height()
    shown = [bar.heading, bar.sentence, *bar.buttons, corner.banner.heading, corner.banner.line]
    places = [widget.rect().translated(widget.mapTo(corner, QPoint(0, 0))) for widget in shown]
    assert all(corner.rect().contains(place) for place in places)
    assert not any(one.intersects(other) for i, one in enumerate(places) for other in places[:i])
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply(app, theme.DARK)


def test_everything_has_a_name_and_comes_with_the_tabulator(qtbot: Any, offers: Offers) -> None:
    corner = make(qtbot, WIDE)
    corner.say_much(TOLD, offers())
    QApplication.processEvents()
    first = corner.bar.button("ReLU + He")
    first.setFocus()
    names = []
    for _ in range(5):
        focused = QApplication.focusWidget()
        assert focused is not None
        assert focused.toolTip()
        names.append(focused.accessibleName())
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    assert names[:3] == ["ReLU + He", "Batch norm", "Skip connections"]
    assert names[3].startswith("Other ways")
    assert names[4] == "Explain…"
