"""Help → Check this computer, used as a person does."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QWidget

from gui import self_test_dialog, theme
from gui.self_test_dialog import SelfTestDialog, _Examiner
from training import check_machine
from training.check import Check, as_text

COUNT = 14  # Python, six libraries, processor, GPU, display, two folders, known run, speed


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_machine.check_speed, "__defaults__", (0.05,))


@pytest.fixture
def dialog(qtbot: Any, tmp_path: Path) -> Iterator[SelfTestDialog]:
    made = SelfTestDialog(theme.DARK, folders={"State folder": tmp_path, "Run folder": tmp_path})
    qtbot.addWidget(made)
    made.show()
    yield made
    made.close()


def over(qtbot: Any, dialog: SelfTestDialog) -> None:
    qtbot.waitUntil(lambda: not dialog.running, timeout=20_000)


def texts(dialog: SelfTestDialog) -> list[str]:
    return [label.text() for label in dialog.list.findChildren(QLabel) if label.text()]


def test_it_begins_by_itself_and_ends_with_a_verdict(qtbot: Any, dialog: SelfTestDialog) -> None:
    assert dialog.verdict.text() == "Checking this computer…"
    assert not dialog.copy_button.isEnabled()
    over(qtbot, dialog)
    assert len(dialog.checks) == COUNT
    shown = texts(dialog)
    assert len(shown) == 3 * COUNT  # a word, a name and what was found; the sign is a picture
    assert shown.count("OK") + shown.count("Warning") == COUNT
    assert any("a window is open" in text for text in shown)
    assert dialog.verdict.text() in ("Everything works.", "This computer works; 1 thing could be better.")
    assert dialog.progress.value() == dialog.progress.maximum()
    assert f"{COUNT} checks" in dialog.doing.text()
    assert not dialog.sign.pixmap().isNull()


def test_the_report_is_copied(qtbot: Any, dialog: SelfTestDialog) -> None:
    over(qtbot, dialog)
    qtbot.mouseClick(dialog.copy_button, Qt.MouseButton.LeftButton)
    copied = QGuiApplication.clipboard().text()
    assert copied == as_text(dialog.checks)
    assert "Known run" in copied
    assert dialog.copy_button.text() == "Copied"


def test_it_runs_again(qtbot: Any, dialog: SelfTestDialog) -> None:
    over(qtbot, dialog)
    first = dialog.checks
    qtbot.mouseClick(dialog.again_button, Qt.MouseButton.LeftButton)
    assert dialog.running
    assert not dialog.again_button.isEnabled()
    assert texts(dialog) == []
    over(qtbot, dialog)
    assert [check.name for check in dialog.checks] == [check.name for check in first]
    assert dialog.checks is not first


@pytest.mark.parametrize("how", ["escape", "button", "close"])
def test_closing_ends_the_thread_at_once(qtbot: Any, dialog: SelfTestDialog, monkeypatch: Any, how: str) -> None:
    monkeypatch.setattr(check_machine.check_speed, "__defaults__", (60.0,))
    qtbot.waitUntil(lambda: dialog.doing.text().startswith("Speed"), timeout=20_000)
    began = time.monotonic()
    if how == "escape":
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    elif how == "button":
        qtbot.mouseClick(dialog.close_button, Qt.MouseButton.LeftButton)
    else:
        dialog.close()
    assert time.monotonic() - began < 0.5
    assert not dialog.isVisible()
    assert not dialog.running
    assert _Examiner._running == set()


def test_a_window_that_takes_the_dialog_with_it_does_not_end_the_process(qtbot: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(check_machine.check_speed, "__defaults__", (0.4,))
    window = QWidget()
    made = SelfTestDialog(theme.LIGHT, window, folders={})
    made.show()
    while not made.doing.text().startswith("Speed"):
        QGuiApplication.processEvents()
        time.sleep(0.002)
    window.close()
    window.deleteLater()
    del made, window
    gc.collect()
    assert _Examiner._running
    qtbot.waitUntil(lambda: not _Examiner._running, timeout=20_000)


def test_what_fails_is_said_with_a_word_and_what_to_do(qtbot: Any, monkeypatch: Any, tmp_path: Path) -> None:
    def some(**_: Any) -> Iterator[Check]:
        yield Check("Python", "ok", "3.12")
        yield Check("GPU", "failed", "Some GPU computes <b>wrong</b> numbers", "Choose the device CPU")
        raise OSError("the disk is gone")

    monkeypatch.setattr(self_test_dialog, "self_test", some)
    dialog = SelfTestDialog(theme.DARK, folders={})
    qtbot.addWidget(dialog)
    over(qtbot, dialog)
    shown = texts(dialog)
    assert shown.count("Failed") == 2
    assert "Some GPU computes <b>wrong</b> numbers\n→ Choose the device CPU" in shown
    assert any("the disk is gone" in text for text in shown)
    assert dialog.verdict.text() == "2 checks of 3 failed: see what to do."
    names = [label.accessibleName() for label in dialog.list.findChildren(QLabel)]
    assert "GPU: Failed. Some GPU computes <b>wrong</b> numbers. Choose the device CPU" in names
    dialog.close()


def test_the_window_stays_alive_meanwhile(qtbot: Any, dialog: SelfTestDialog) -> None:
    longest, last = 0.0, time.perf_counter()
    while dialog.running:
        QGuiApplication.processEvents()
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
        time.sleep(0.002)
    assert longest < 0.3


def test_long_lines_are_broken_and_nothing_is_cut(qtbot: Any, dialog: SelfTestDialog) -> None:
    over(qtbot, dialog)
    for number in range(6):
        dialog._show(Check(f"Folder {number}", "failed", "a rather long explanation " * 8, "and what to do " * 8))
    dialog.resize(520, 420)
    broken = [label for label in dialog.list.findChildren(QLabel) if label.wordWrap()]
    assert len(broken) == COUNT + 6
    qtbot.waitUntil(lambda: all(label.height() >= label.heightForWidth(label.width()) for label in broken))
    assert dialog.list.verticalScrollBar().maximum() > 0
