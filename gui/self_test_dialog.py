"""Help → Check this computer: the self-test, each check shown as it comes, and a report to copy."""

from __future__ import annotations

import time
import traceback
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import QCoreApplication, QPointF, Qt, QThread, QTimer
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPen, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from gui.panels.panel import scale
from gui.state_folder import state_folder
from gui.theme import Theme
from gui.tips import plain_label
from gui.trainer import STACK_BYTES
from training.check import WORDS, Check, Verdict, as_text, conclusion, worst
from training.check_versions import LIBRARIES
from training.self_test import Doing, self_test

POLL_MS = 30
WAIT_MS = 300  # for the thread to end, when the dialog closes: it looks for that every few milliseconds
PROGRESS = 1000
LAST_ROW = 1000

STROKES: dict[Verdict, tuple[tuple[tuple[float, float], ...], ...]] = {
    "ok": (((3, 8.5), (6.5, 12), (13, 4.5)),),
    "warning": (((8, 2.5), (8, 9.5)), ((8, 13), (8, 13.2))),
    "failed": (((4, 4), (12, 12)), ((12, 4), (4, 12))),
}


class SelfTestDialog(QDialog):
    """Makes the self-test in a thread of its own, at once and again when asked.

    `folders` are those the program writes into, by what they are for.
    """

    def __init__(
        self, theme: Theme, parent: QWidget | None = None, *, folders: Mapping[str, Path] | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Check this computer")
        self.setObjectName("selfTestDialog")
        self.theme = theme
        self.checks: list[Check] = []
        self._folders = folders or {"State folder": state_folder(), "Run folder": Path("runs").absolute()}
        self._examiner: _Examiner | None = None
        self._scale = scale()
        self._poll = QTimer(self)
        self._poll.setInterval(POLL_MS)
        self._poll.timeout.connect(self._look)
        self._build()
        self.start()

    # ------------------------------------------------------------------------------ what it shows

    def _build(self) -> None:
        self.sign = QLabel(self)
        self.sign.setFixedWidth(self._px(20))
        self.verdict = plain_label(parent=self)
        self.verdict.setProperty("role", "heading")
        self.verdict.setAccessibleName("Verdict")
        top = QHBoxLayout()
        top.setSpacing(self._px(6))
        top.addWidget(self.sign)
        top.addWidget(self.verdict, 1)
        self.progress = QProgressBar(self)
        self.progress.setRange(0, PROGRESS)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(self._px(6))
        self.progress.setAccessibleName("Share of the checks done")
        self.doing = plain_label(parent=self)
        self.doing.setProperty("role", "muted")
        self.list = QScrollArea(self)
        self.list.setAccessibleName("Checks")
        self.list.setWidgetResizable(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        box = QVBoxLayout(self)
        box.setContentsMargins(*(self._px(margin) for margin in (20, 16, 16, 14)))
        box.setSpacing(self._px(8))
        box.addLayout(top)
        box.addWidget(self.progress)
        box.addWidget(self.doing)
        box.addWidget(self.list, 1)
        box.addLayout(self._buttons())
        self.resize(self._fitting_width(), self._fitting_height())

    def _buttons(self) -> QHBoxLayout:
        self.copy_button = self._button("Copy report", "Put the checks on the clipboard, to send them to somebody")
        self.copy_button.clicked.connect(self.copy)
        self.again_button = self._button("Run again", "Make all checks once more")
        self.again_button.clicked.connect(self.start)
        self.close_button = self._button("Close", "Close (Esc); what is being checked is left")
        self.close_button.setProperty("role", "primary")
        self.close_button.setDefault(True)
        self.close_button.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.addWidget(self.copy_button)
        row.addWidget(self.again_button)
        row.addStretch(1)
        row.addWidget(self.close_button)
        return row

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(tip)
        button.setAutoDefault(False)
        return button

    def _clear(self) -> None:
        self.checks = []
        rows = QWidget()
        self._rows = QGridLayout(rows)
        self._rows.setColumnStretch(3, 1)
        self._rows.setRowStretch(LAST_ROW, 1)
        self._rows.setContentsMargins(*(self._px(margin) for margin in (2, 4, 12, 4)))
        self._rows.setHorizontalSpacing(self._px(10))
        self._rows.setVerticalSpacing(self._px(7))
        # Room for the longest, so that nothing moves when it comes.
        letters = self.fontMetrics()
        for column, texts in ((1, WORDS.values()), (2, LIBRARIES)):
            self._rows.setColumnMinimumWidth(column, max(map(letters.horizontalAdvance, texts)) + self._px(4))
        self.list.setWidget(rows)

    def _show(self, check: Check) -> None:
        row = len(self.checks)
        self.checks.append(check)
        sign = QLabel(self)
        sign.setPixmap(self._sign(check.verdict))
        sign.setAccessibleName("")
        word, name = plain_label(WORDS[check.verdict], self), plain_label(check.name, self)
        word.setStyleSheet(f"color: {self._color(check.verdict)};")
        found = plain_label(f"{check.found}\n→ {check.advice}" if check.advice else check.found, self)
        found.setWordWrap(True)
        found.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        if not check.advice:
            found.setProperty("role", "muted")
        found.setAccessibleName(f"{check.name}: {WORDS[check.verdict]}. {check.found}. {check.advice}".rstrip())
        for column, part in enumerate((sign, word, name, found)):
            self._rows.addWidget(part, row, column, Qt.AlignmentFlag.AlignTop)

    def _conclude(self) -> None:
        self._poll.stop()
        self.sign.setPixmap(self._sign(worst(self.checks)))
        self.verdict.setText(conclusion(self.checks))
        self.doing.setText(f"{len(self.checks)} checks in {time.monotonic() - self._began:.0f} s")
        self.progress.setValue(PROGRESS)
        self.again_button.setEnabled(True)
        self.copy_button.setEnabled(True)

    # ------------------------------------------------------------------------------- what it does

    def start(self) -> None:
        """Make all checks, from the first."""
        if self._examiner is not None and self._examiner.isRunning():
            return
        self._clear()
        self.sign.clear()
        self.verdict.setText("Checking this computer…")
        self.progress.setValue(0)
        self.again_button.setEnabled(False)
        self.copy_button.setEnabled(False)
        display = self._display()
        self._examiner = _Examiner(self._folders, display)
        self._examiner.begin()
        self._began = time.monotonic()
        self._poll.start()

    @property
    def running(self) -> bool:
        """Whether checks are still to come."""
        return self._poll.isActive()

    def copy(self) -> None:
        """Put the report on the clipboard, and say so."""
        QGuiApplication.clipboard().setText(as_text(self.checks))
        self.copy_button.setText("Copied")
        QTimer.singleShot(1500, self.copy_button, lambda: self.copy_button.setText("Copy report"))

    def done(self, result: int) -> None:
        """Close; the thread ends by itself within moments."""
        self._poll.stop()
        if self._examiner is not None:
            self._examiner.leave()
        super().done(result)

    def _look(self) -> None:
        examiner = self._examiner
        if examiner is None:
            return
        over = examiner.isFinished()  # asked first: what comes before the end has been put there before
        while examiner.outbox:
            self._show(examiner.outbox.popleft())
        self.doing.setText(f"{examiner.doing.name} …")
        self.progress.setValue(round(PROGRESS * examiner.doing.share))
        if over:
            self._conclude()

    # ------------------------------------------------------------------------------------ helpers

    def _display(self) -> Check:
        screen = self.screen()
        size, ratio = screen.size(), screen.devicePixelRatio()
        pixels = f"{round(size.width() * ratio):,} × {round(size.height() * ratio):,} pixels"
        found = f"a window is open ({QGuiApplication.platformName()}, {pixels}, scale {ratio:g})"
        return Check("Display", "ok", found)

    def _color(self, verdict: Verdict) -> str:
        return {"ok": self.theme.ok, "warning": self.theme.warn, "failed": self.theme.error}[verdict]

    def _sign(self, verdict: Verdict) -> QPixmap:
        """Return a tick, an exclamation mark or a cross."""
        px, ratio = self._px(16), self.devicePixelRatioF()
        made = QPixmap(round(px * ratio), round(px * ratio))
        made.setDevicePixelRatio(ratio)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(px / 16, px / 16)
        painter.setPen(QPen(QColor(self._color(verdict)), 2.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for stroke in STROKES[verdict]:
            painter.drawPolyline([QPointF(*point) for point in stroke])
        painter.end()
        return made

    def _px(self, size: float) -> int:
        return round(size * self._scale)

    def _fitting_width(self) -> int:
        return min(self._px(700), round(self.screen().availableSize().width() * 0.95))

    def _fitting_height(self) -> int:
        return min(self._px(560), round(self.screen().availableSize().height() * 0.92))


class _Examiner(QThread):
    """Makes the checks; the dialog reads `outbox` and `doing` with a timer, and nothing is signaled."""

    # A QThread that is dropped while it runs ends the process, so those that run are kept here.
    _running: ClassVar[set[_Examiner]] = set()

    def __init__(self, folders: Mapping[str, Path], display: Check) -> None:
        super().__init__()
        self.setObjectName("self-test")
        self.setStackSize(STACK_BYTES)
        self.outbox: deque[Check] = deque()
        self.doing = Doing("Python", 0.0)
        self._folders = folders
        self._display = display
        self._left = False
        self.finished.connect(self._forget)

    def begin(self) -> None:
        self._running.add(self)
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self._end)
        self.start()

    def run(self) -> None:
        try:
            checks = self_test(
                folders=self._folders, display=lambda: self._display, report=self._report, cancelled=lambda: self._left
            )
            for check in checks:
                self.outbox.append(check)
        except Exception:  # nobody is above a thread: what is not reported here is lost
            self.outbox.append(Check("Self-test", "failed", traceback.format_exc(limit=-1).strip()))

    def leave(self) -> None:
        """Let it end; wait for the few milliseconds that takes, but not for a library that hangs."""
        self._left = True
        if self.wait(WAIT_MS):
            self._forget()

    def _end(self) -> None:
        self._left = True
        self.wait()

    def _report(self, doing: Doing) -> None:
        self.doing = doing

    def _forget(self) -> None:
        self._running.discard(self)
