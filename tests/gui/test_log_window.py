"""The log: who writes to it, what is kept, and how its window is used."""

from __future__ import annotations

import logging
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt, qWarning
from PySide6.QtGui import QGuiApplication

from gui import theme
from gui.activity_log import FILE, FILE_BYTES, MOST_ENTRIES, ActivityLog
from gui.log_window import LogWindow
from gui.qt_messages import forward_qt_messages

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[ActivityLog]:
    log = ActivityLog(tmp_path)
    log.install()
    yield log
    log.remove()


def test_messages_of_our_packages_arrive_with_their_tracebacks(installed: ActivityLog) -> None:
    logging.getLogger("training.engine").info("step %d", 7)
    try:
        raise RuntimeError("no memory")
    except RuntimeError:
        logging.getLogger("gui.window").exception("A view failed")
    logging.getLogger("somebody.else").warning("not ours")
    note, failure = installed.entries()
    assert (note.level, note.text) == ("info", "step 7")
    assert (failure.level, failure.text) == ("error", "A view failed")
    assert "RuntimeError: no memory" in failure.details


def test_a_message_that_does_not_fit_its_parts_is_kept_all_the_same(
    installed: ActivityLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("gui"), "propagate", False)  # pytest's own handler would raise
    logging.getLogger("gui").warning("%d steps", "many")
    assert installed.entries()[0].text.startswith("%d steps (TypeError")


def test_warnings_of_python_arrive(installed: ActivityLog) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)  # inside, for catch_warnings puts back what it found
        warnings.warn("old option", stacklevel=1)
    entry = installed.entries()[0]
    assert entry.level == "warning"
    assert "old option" in entry.text


def test_messages_of_qt_arrive_and_the_handler_before_comes_back(qapp: Any) -> None:
    log = ActivityLog()
    end = forward_qt_messages(log)
    qWarning("no such signal")
    end()
    qWarning("after the end")
    assert [(entry.level, entry.text) for entry in log.entries()] == [("warning", "Qt: no such signal")]


def test_the_file_is_written_and_stays_small(installed: ActivityLog, tmp_path: Path) -> None:
    for number in range(3000):
        installed.add("info", f"message {number} {'x' * 900}")
    sizes = [file.stat().st_size for file in tmp_path.iterdir()]
    assert len(sizes) == 2
    assert max(sizes) <= FILE_BYTES
    assert "message 2999" in (tmp_path / FILE).read_text()


def test_a_folder_that_cannot_be_written_costs_only_the_file(tmp_path: Path) -> None:
    log = ActivityLog(tmp_path / "missing")
    log.install()
    log.add("info", "still here")
    log.remove()
    assert log.entries()[0].text == "still here"


def test_the_log_forgets_the_oldest_and_can_be_asked_for_the_newest() -> None:
    log = ActivityLog()
    for number in range(MOST_ENTRIES + 5):
        log.add("info", str(number))
    assert (log.oldest, log.count, len(log.entries())) == (5, MOST_ENTRIES + 5, MOST_ENTRIES)
    assert [int(entry.text) for entry in log.entries(since=MOST_ENTRIES + 3)] == [MOST_ENTRIES + 3, MOST_ENTRIES + 4]
    assert log.entries(since=MOST_ENTRIES + 5) == []


def test_any_thread_may_write() -> None:
    log = ActivityLog()
    threads = [threading.Thread(target=lambda: [log.add("info", "x") for _ in range(500)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [entry.number for entry in log.entries()] == list(range(2000))


@pytest.fixture
def window(qtbot: Any) -> LogWindow:
    log = ActivityLog()
    for number in range(200):
        log.add("info", f"step {number}")
    log.add("warning", "slow disk", "free: 3 %")
    log.add("error", "A view failed\nand rests", "Traceback: line 7")
    made = LogWindow(log, theme.DARK)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    return made


def texts(window: LogWindow) -> list[str]:
    return [entry.text for entry in window.model.shown]


def test_the_window_follows_the_end_unless_it_was_scrolled_away(qtbot: Any, window: LogWindow) -> None:
    bar = window.table.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0
    window.log.add("info", "new")
    qtbot.waitUntil(lambda: texts(window)[-1] == "new")
    qtbot.waitUntil(lambda: bar.value() == bar.maximum())
    bar.setValue(0)
    window.log.add("info", "newer")
    qtbot.waitUntil(lambda: texts(window)[-1] == "newer")
    assert bar.value() == 0
    assert window.count.text() == "204 messages"


def test_messages_are_filtered_by_level_and_searched(qtbot: Any, window: LogWindow) -> None:
    window.level.setFocus()
    qtbot.keyClick(window.level, Qt.Key.Key_End)
    assert texts(window) == ["A view failed\nand rests"]
    qtbot.keyClick(window.level, Qt.Key.Key_Home)
    qtbot.keyClick(window.table, Qt.Key.Key_F, CTRL)
    assert window.search.hasFocus()
    qtbot.keyClicks(window.search, "FREE disk")
    qtbot.waitUntil(lambda: texts(window) == ["slow disk"])
    assert window.count.text() == "1 of 202 messages"
    window.log.add("info", "disk is free again")
    window.log.add("info", "something else")
    qtbot.waitUntil(lambda: texts(window) == ["slow disk", "disk is free again"])


def test_the_chosen_message_is_shown_whole_and_copied(qtbot: Any, window: LogWindow) -> None:
    window.table.selectRow(201)
    assert "Traceback: line 7" in window.details.toPlainText()
    qtbot.keyClick(window.table, Qt.Key.Key_C, CTRL)
    copied = QGuiApplication.clipboard().text()
    assert "A view failed" in copied
    assert "Traceback: line 7" in copied
    assert "step 3" not in copied


def test_what_is_shown_is_saved_and_what_goes_wrong_is_said(window: LogWindow, tmp_path: Path) -> None:
    window.save_to(tmp_path / "log.txt")
    assert "slow disk" in (tmp_path / "log.txt").read_text()
    window.save_to(tmp_path / "missing" / "log.txt")
    assert window.count.text().startswith("Not saved")


def test_a_full_log_is_cheap(window: LogWindow) -> None:
    for number in range(MOST_ENTRIES):
        window.log.add("info", f"more {number}")
    began = time.thread_time()
    window.catch_up()
    window.grab()
    for number in range(20):
        window.log.add("info", f"last {number}")
        window.catch_up()
    spent = time.thread_time() - began
    assert texts(window)[0] == "more 20"
    assert len(texts(window)) == MOST_ENTRIES
    assert spent < 2.0


def test_keys_close_the_window_and_a_closed_one_rests(qtbot: Any, window: LogWindow) -> None:
    qtbot.keyClick(window.table, Qt.Key.Key_F12)
    qtbot.waitUntil(lambda: not window.isVisible())
    assert not window.timer.isActive()
    window.show()
    assert window.timer.isActive()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isVisible()
    assert not window.timer.isActive()
