"""The line at the bottom: messages that come, grow quiet and go; what drawing costs, in figures and in words."""

from __future__ import annotations

from typing import Any

import psutil
import pytest
from PySide6.QtWidgets import QApplication

from gui import status_bar, theme
from gui.status_bar import HELD_SECONDS, PaceFigures, StatusBar


@pytest.fixture
def bar(qtbot: Any) -> StatusBar:
    made = StatusBar(theme.DARK)
    qtbot.addWidget(made)
    made.resize(1440, made.height())
    made.show()
    return made


# ------------------------------------------------------------------------------------- messages


def test_a_message_stays_until_the_next_one(qtbot: Any, bar: StatusBar) -> None:
    bar.say("Learning rate changed to 0.01 at step 1 234")
    qtbot.wait(60)
    assert bar.message.text() == bar.message.accessibleName() == "Learning rate changed to 0.01 at step 1 234"
    bar.say("Saved.", "ok")
    assert bar.message.text() == "● Saved."
    bar.say("Not saved.", "warn")
    assert bar.message.text() == "▲ Not saved."  # a shape too, not a color alone


def test_a_message_for_some_time_goes_by_itself(qtbot: Any, bar: StatusBar) -> None:
    bar.say("Copied.", seconds=0.05)
    assert bar.message.text() == "Copied."
    qtbot.waitUntil(lambda: bar.message.text() == "")
    bar.say("Copied.", seconds=0.05)
    bar.say("Stays.")
    qtbot.wait(100)
    assert bar.message.text() == "Stays."


def test_what_was_said_of_a_run_goes_with_it(bar: StatusBar) -> None:
    bar.say("Loss plateau met at epoch 3.", "ok", of_run=True)
    bar.forget_run()
    assert bar.message.text() == ""
    bar.say("Saved as mine.toml.", "ok")
    bar.forget_run()
    assert bar.message.text() == "● Saved as mine.toml."


def test_old_news_is_quieter(qtbot: Any, bar: StatusBar, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status_bar, "FRESH_SECONDS", 0.05)
    bar.say("Reset.")
    assert theme.DARK.text in bar.message.styleSheet()
    qtbot.waitUntil(lambda: theme.DARK.muted in bar.message.styleSheet())
    assert bar.message.text() == "Reset."


def test_a_long_message_is_cut_and_stands_in_the_tooltip(bar: StatusBar) -> None:
    text = "<b>A file</b> that cannot be read, for a reason that takes long to explain. " * 4
    bar.resize(700, bar.height())
    bar.say(text, "error")
    QApplication.processEvents()
    assert bar.message.text().endswith("…")
    assert "&lt;b&gt;" in bar.message.toolTip()
    assert bar.message.accessibleName() == text
    bar.resize(6000, bar.height())
    QApplication.processEvents()
    assert bar.message.text() == f"▲ {text}"


# ------------------------------------------------------------------------------------- figures


def test_figures_in_words_for_screen_readers_too(bar: StatusBar) -> None:
    bar.show_pace(30.2, 0.09, 0.13, False)
    used = psutil.Process().memory_info().rss / 2**20
    assert bar.pace.text.startswith("30 redraws/s · drawing 9% of 13% · ")
    shown, unit = bar.pace.text.rpartition("· ")[2].split()
    assert float(shown) * {"MB": 1, "GB": 1024}[unit] == pytest.approx(used, rel=0.2)
    assert bar.pace.accessibleName() == bar.pace.text


def test_nothing_moves_when_figures_change(bar: StatusBar) -> None:
    places = []
    for frames, share in ((30.0, 0.01), (7.0, 0.1299), (0.0, 0.0)):
        bar.show_pace(frames, share, 0.13, False)
        QApplication.processEvents()
        places.append(bar.pace.geometry())
    assert places[0] == places[1] == places[2]


@pytest.mark.parametrize(("share", "text"), [
    (0.19, "Drawing takes 19% of a core, more than its budget of 13%: redraws slowed to 15 per second"),
    (0.12, "Redraws slowed to 15 per second, so that drawing stays within 13% of a core"),
])  # fmt: skip
def test_a_budget_that_is_used_up_is_said_in_words(bar: StatusBar, share: float, text: str) -> None:
    bar.show_pace(15.2, share, 0.13, True)
    QApplication.processEvents()
    assert bar.pace.text == text
    assert text in bar.pace.toolTip()
    assert bar.pace.width() >= bar.pace._sentence_width(text)
    bar.resize(700, bar.height())
    QApplication.processEvents()
    assert bar.pace.text == f"Drawing {100 * share:.0f}%, budget 13%: 15 redraws/s"
    assert bar.pace.width() <= 350


def test_the_sentence_does_not_flicker(qtbot: Any) -> None:
    now = [0.0]
    figures = PaceFigures(theme.DARK, 1.0, clock=lambda: now[0])
    qtbot.addWidget(figures)
    said = []
    for at, over in ((0.0, False), (1.0, True), (1.5, False), (1.0 + HELD_SECONDS - 0.1, False),
                     (1.0 + HELD_SECONDS + 0.1, False)):
        now[0] = at
        figures.show_pace(16.0, 0.14 if over else 0.12, 0.13, over)
        said.append("redraws/s" not in figures.text)
    assert said == [False, True, True, True, False]


def test_the_longer_sentence_gets_its_room(bar: StatusBar) -> None:
    bar.show_pace(15.0, 0.12, 0.13, True)
    QApplication.processEvents()
    bar.show_pace(15.0, 0.19, 0.13, True)
    QApplication.processEvents()
    assert bar.pace.width() >= bar.pace._sentence_width(bar.pace.text)
    assert bar.pace.geometry().right() < bar.width()


def test_nothing_is_slow_while_nothing_is_drawn(bar: StatusBar) -> None:
    bar.show_pace(15.0, 0.19, 0.13, True)
    bar.show_pace(0.0, 0.0, 0.13, False)
    assert bar.pace.text.startswith("drawing 0% of 13%")


@pytest.mark.parametrize("look", [theme.DARK, theme.LIGHT])
@pytest.mark.parametrize("scale", [0.8, 2.0])
def test_it_is_painted(qtbot: Any, look: theme.Theme, scale: float) -> None:
    bar = StatusBar(look, scale)
    qtbot.addWidget(bar)
    bar.resize(round(1100 * scale), bar.height())
    bar.show()
    bar.restyle(look)
    pictures = []
    for frames, over in ((0.0, False), (30.0, False), (15.0, True)):
        bar.show_pace(frames, 0.2, 0.13, over)
        QApplication.processEvents()
        pictures.append(bar.grab().toImage())
    assert pictures[0] != pictures[1]
    assert pictures[1] != pictures[2]
