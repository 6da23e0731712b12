"""Readings in the window: they arrive beside the run, a fork keeps those before it, the run before keeps its own."""

from __future__ import annotations

from typing import Any

from gui.window import MainWindow


def an_epoch_is_done(window: MainWindow) -> bool:
    return window.control.phase == "paused" and window.control.view.history.epoch >= 1


def trained(qtbot: Any, window: MainWindow) -> None:
    window.control.run_epoch()
    qtbot.waitUntil(lambda: an_epoch_is_done(window), timeout=10_000)
    qtbot.waitUntil(lambda: bool(window.control.view.instruments.names), timeout=10_000)


def test_readings_arrive_and_stay_with_their_run(qtbot: Any, window: MainWindow) -> None:
    trained(qtbot, window)
    log = window.control.view.instruments
    for series in (log[name] for name in log.names):
        assert list(series.steps) == sorted(set(series.steps))
        assert 0 <= series.steps[-1] <= window.control.view.history.step
    window.commands.reset()
    qtbot.waitUntil(lambda: window.control.view.ghost is not None, timeout=10_000)
    assert window.control.view.ghost.instruments is log
    assert window.control.view.instruments is not log


def test_a_fork_keeps_the_readings_up_to_it(qtbot: Any, window: MainWindow) -> None:
    trained(qtbot, window)
    before = window.control.view
    window.selection.moment_wanted.emit(2.0)
    qtbot.waitUntil(lambda: before.moment is not None and before.moment.step == 2, timeout=10_000)
    qtbot.keyClick(window, "f")
    qtbot.waitUntil(lambda: window.control.view is not before, timeout=10_000)
    forked = window.control.view.instruments
    assert forked.names
    for name in forked.names:
        assert list(forked[name].steps) == [step for step in before.instruments[name].steps if step <= 2]
