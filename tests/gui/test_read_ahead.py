"""Reading ahead: what takes a moment is there when it is asked for, and is read once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from gui import read_ahead
from gui.once import Once
from gui.recordings.kept import KeptRuns
from gui.recordings.runs import Runs
from gui.window import MainWindow
from tests.gui.one_window import experiment
from training.recordings.recording import Recording


def test_it_is_worked_out_once_whoever_asks() -> None:
    worked, may_go_on = [], threading.Event()

    def work_out() -> int:
        worked.append(threading.current_thread().name)
        may_go_on.wait(5)
        return 7

    once = Once(work_out)
    found: list[int] = []
    askers = [threading.Thread(target=lambda: found.append(once()), name=name) for name in ("first", "second")]
    for asker in askers:
        asker.start()
    may_go_on.set()
    for asker in askers:
        asker.join(5)
    assert found == [7, 7]
    assert len(worked) == 1
    assert once() == 7


def test_the_window_waits_for_nothing_it_could_have_read_before(
    open_window: Callable[..., MainWindow], qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_ahead, "QUIET_SECONDS", 0.0)
    read: list[str] = []
    real = KeptRuns._read_all

    def noted(self: KeptRuns) -> Any:
        read.append(threading.current_thread().name)
        return real(self)

    monkeypatch.setattr(KeptRuns, "_read_all", noted)
    window = open_window()
    qtbot.waitUntil(lambda: bool(read), timeout=10_000)
    assert read == ["read ahead"]
    window.feature(Runs).kept.read()
    window.feature(Runs).take_in(Recording(name="x", steps=3, experiment=experiment()))
    assert [kept.recording.name for kept in window.feature(Runs).kept.runs] == ["x"]
    assert read == ["read ahead"]
