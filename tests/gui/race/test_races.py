"""A race in the window: started, driven by the bar, shown as it is recorded, closed without a trace."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget

from gui import theme
from gui.race.races import Races
from gui.stage import BOARD
from gui.window import MainWindow
from training.experiment import Experiment
from training.scenarios.scenario import Scenario
from training.scenarios.scenario_file import loads

SCENARIO = """
kind = "scenario"
title = "Two rates & one break"
summary = "What a larger rate does."
group = "learning rate"
story = "Watch."
base_title = "as given"

[experiment]
epochs = 6
batch_size = 16
device = "cpu"
data.dataset = "moons"
data.samples = 120
data.held_out = 0.25
network.hidden = [6, 6]
stopping.early.enabled = false
optimizer.method = "adam"
optimizer.lr = 0.01

[variants.fast]
title = "larger rate"
changes = { "optimizer.lr" = 0.1 }

[variants.other]
title = "other start"
changes = { "network.initialization.gain" = 2.0 }

[[edits]]
at = "epoch 3"
changes = { "optimizer.lr" = 0.001 }
variants = ["fast"]
"""
STEPS = 36  # 90 samples in 6 batches, 6 times


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return loads(SCENARIO)


@pytest.fixture
def races(window: MainWindow) -> Races:
    return window.feature(Races)


Waits = Callable[[Callable[[], bool]], None]


@pytest.fixture
def until(qtbot: Any) -> Waits:
    return lambda holds: qtbot.waitUntil(holds, timeout=10_000)


def ready(races: Races, scenario: Scenario, until: Waits) -> None:
    races.start(scenario)
    until(lambda: races.control.phase == "ready")


def click(qtbot: Any, button: QPushButton) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_a_race_from_start_to_close(
    window: MainWindow, races: Races, scenario: Scenario, qtbot: Any, until: Waits
) -> None:
    bar, stage = window.transport, window.workspace.stage
    ready(races, scenario, until)
    assert stage.shown == "race"
    assert not window.criteria.isVisible()
    assert window.end_banner.heading.text() == "3 runs at the start"

    qtbot.waitUntil(lambda: bar.step_button.isEnabled(), timeout=5_000)
    click(qtbot, bar.step_button)
    until(lambda: races.control.phase == "paused" and races.control.view.step == 1)
    qtbot.keyClick(window, Qt.Key.Key_Right)
    until(lambda: races.control.phase == "paused" and races.control.view.step == 2)
    until(lambda: bar.epoch_button.isEnabled())
    click(qtbot, bar.epoch_button)
    until(lambda: races.control.phase == "paused" and races.control.view.step == 6)
    until(lambda: window.end_banner.heading.text() == "Race paused")
    until(lambda: races.board.standings.texts("first difference") == ["–", "step 2", "from the start"])
    assert window.control.view.history.step == 0  # the window's own run has not moved

    with qtbot.waitSignal(races.ended, timeout=10_000):
        qtbot.keyClick(window, Qt.Key.Key_Space)
    until(lambda: window.end_banner.heading.text() == "● The race is over")
    assert "came furthest" in window.end_banner.sentence.accessibleName()
    assert races.board.standings.texts("state") == ["completed, epoch 6"] * 3
    assert {name: len(record.steps) for name, record in races.records().items()} == {
        "base": STEPS, "fast": STEPS, "other": STEPS,
    }  # fmt: skip
    assert [edit.step for edit in races.entrants[1].run.edits] == [18]
    assert bar.run_button.accessibleName() == "Run again"

    click(qtbot, races.board.close_button)
    assert stage.shown == BOARD
    assert (races.entrants, races.records(), races.open) == ((), {}, False)
    until(lambda: races.control.threads == 0)
    until(lambda: window.end_banner.heading.text() == "Ready")
    assert window.criteria.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_Right)
    until(lambda: window.control.view.history.step == 1)


def test_titles_that_look_like_html_are_shown_letter_by_letter(races: Races, until: Waits) -> None:
    evil = "<img src='file://share/x.png'>"
    text = SCENARIO.replace('"larger rate"', f'"{evil}"').replace('"Two rates & one break"', f'"{evil}"')
    ready(races, loads(text.replace('"as given"', f'"{evil}"')), until)
    widgets = [races.board, *races.board.findChildren(QWidget)]
    assert any(escape(evil) in widget.toolTip() for widget in widgets)
    assert not any(evil in widget.toolTip() for widget in widgets)


def test_what_is_drawn_is_what_was_recorded(races: Races, scenario: Scenario, until: Waits, qtbot: Any) -> None:
    races.start(scenario, play=True)
    until(lambda: bool(races.records()))
    board = races.board
    until(lambda: all(races.window.frames.up_to_date(panel) for panel in board.panels))
    lines = board.curves.lines
    for runner, line in zip(races.entrants, lines, strict=True):
        evaluations = runner.run.history.evaluations
        np.testing.assert_array_equal(line.x, evaluations.step)
        np.testing.assert_array_equal(line.y, np.log10(evaluations.val_loss[:, 0]))
    assert [mark.x for mark in board.curves.axes.marks if not mark.tick] == [0.0, 2.0]
    assert [mark.x for mark in board.curves.axes.marks if mark.tick] == [18.0]

    board.curves.pills["batch_loss"].click()
    board.curves.log_pill.click()
    for runner, line in zip(races.entrants, lines, strict=True):
        np.testing.assert_array_equal(line.y, runner.run.history.series("batch_loss").low)
    board.curves.epochs_pill.click()
    np.testing.assert_allclose(lines[0].x[[5, -1]], [1.0, 6.0])

    shared = {picture.axes.limits[0] for picture in board.maps.maps}
    assert shared == {(0.0, float(STEPS))}
    assert board.curves.table() is not None
    assert len(board.curves.table().rows) == 3 * STEPS
    assert len(board.maps.table().rows) == 3 * STEPS * 3
    board.curves.axes.pointed.emit(3.0)  # over epochs
    assert board.selection.moment == 18.0
    assert len(board.curves.axes.crosshair.readout) == 4
    assert all(picture.axes.crosshair.x == 18.0 for picture in board.maps.maps)


def test_the_key_shows_and_hides_a_run(races: Races, scenario: Scenario, until: Waits, qtbot: Any) -> None:
    ready(races, scenario, until)
    key = races.board.standings.keys[1]
    qtbot.mouseClick(key, Qt.MouseButton.LeftButton)
    assert [line.visible for line in races.board.curves.lines] == [True, False, True]
    assert [picture.isVisible() for picture in races.board.maps.maps] == [True, False, True]
    races.again()  # what is hidden stays so in the next heat
    until(lambda: races.control.phase == "ready" and races.board.standings.keys[1] is not key)
    assert [runner.shown for runner in races.entrants] == [True, False, True]
    races.board.standings.keys[1].setFocus()
    qtbot.keyClick(races.board.standings.keys[1], Qt.Key.Key_Return)  # Space runs, wherever the focus is
    assert all(line.visible for line in races.board.curves.lines)


def test_another_scale_another_look_and_one_panel_alone(
    window: MainWindow, races: Races, scenario: Scenario, until: Waits, qtbot: Any
) -> None:
    window.control.limit_speed(100)
    races.start(scenario, play=True)
    until(lambda: races.control.view is not None and races.control.view.step > 2)
    for change in (lambda: window.set_projector(True), window.switch_theme):
        before = races.board
        change()
        assert window.workspace.stage.shown == "race"
        assert window.driver is races
        assert (races.board is before) == (change == window.switch_theme)
        assert len(races.board.curves.lines) == 3
    window.set_projector(False)
    until(lambda: races.board.maps.isVisible())
    window.toggle_maximized()
    assert not races.board.maps.isVisible()
    assert not races.board.card.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert races.board.maps.isVisible()
    assert races.control.phase in ("playing", "finished")
    window.set_theme(theme.LIGHT)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not races.open


def test_the_run_waits_while_a_race_is_on_and_a_race_waits_off_the_stage(
    open_window: Callable[..., MainWindow], scenario: Scenario, until: Waits, qtbot: Any
) -> None:
    window = open_window(epochs=100_000)
    races = window.feature(Races)
    window.control.limit_speed(50)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    until(lambda: window.control.view.history.step > 0)
    races.start(scenario, ["base", "other"], play=True)
    assert window.control.phase == "paused"
    until(lambda: races.control.view is not None and races.control.view.step > 0)
    window.workspace.stage.show_only(BOARD)
    assert races.control.phase == "paused"
    assert window.driver is window.commands
    qtbot.keyClick(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    assert window.driver is races
    assert window.workspace.stage.shown == "race"
    qtbot.keyClick(window, Qt.Key.Key_S)
    until(lambda: bool(races.records()))
    assert [runner.outcome.reason for runner in races.entrants] == ["stopped", "stopped"]
    seed = races.control.entries[0].experiment.seed
    qtbot.keyClick(window, Qt.Key.Key_N)
    assert {entry.experiment.seed for entry in races.control.entries} != {seed}
    window.files.new()  # another experiment is what is wanted now
    assert not races.open
    assert window.workspace.stage.shown == BOARD


def test_what_cannot_race_is_said_and_nothing_stays_open(
    window: MainWindow, races: Races, until: Waits
) -> None:
    bad = Experiment.model_validate({"data": {"dataset": "csv", "path": "/no/such.csv", "target": "y"}})
    races.start_runs("Broken", {"a": ("sound", Experiment(), ()), "b": ("no file", bad, ())})
    until(lambda: window.banner.isVisible())
    assert "“no file” cannot run" in window.banner.text.text()
    assert not races.open
    assert window.workspace.stage.shown == BOARD
    races.start_runs("Alone", {"a": ("sound", Experiment(), ())})
    until(lambda: "2 to 8 runs" in window.banner.text.text())
    until(lambda: races.control.threads == 0)


def test_ctrl_r_starts_what_is_proposed(window: MainWindow, races: Races, scenario: Scenario, qtbot: Any) -> None:
    qtbot.keyClick(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    assert not races.open
    races.propose(scenario, ["base", "fast"])
    qtbot.keyClick(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    assert [entry.name for entry in races.control.entries] == ["base", "fast"]
    window.close()
    assert races.control.threads == 0


def test_a_run_that_is_being_prepared_waits_too(
    window: MainWindow, races: Races, scenario: Scenario, until: Waits
) -> None:
    window.control.start(window.builder.draft.experiment, play=True)
    ready(races, scenario, until)
    until(lambda: window.control.phase != "loading")
    assert window.control.phase == "ready"


def test_what_is_shown_again_stays_shown_at_another_scale(
    window: MainWindow, races: Races, scenario: Scenario, until: Waits
) -> None:
    ready(races, scenario, until)
    races.board.standings.keys[1].click()
    races.reset()
    until(lambda: races.control.phase == "ready" and len(races.board.standings.keys) == 3)
    key = races.board.standings.keys[1]
    assert not key.isChecked()
    key.click()
    window.set_scale(1.1)
    assert races.board.standings.keys[1].isChecked()
