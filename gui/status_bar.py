"""The line at the bottom: what happened last, and what drawing costs."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import psutil
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from gui.panels.painting import painter_on
from gui.theme import Theme, mono_font, text_font
from gui.tips import plain_label, plain_tip

HEIGHT = 22
FRESH_SECONDS = 8.0  # after that a message is still there, but quieter
MEMORY_SECONDS = 1.0
HELD_SECONDS = 4.0  # that drawing is over its budget is said at least so long
MARKS = {"": "", "ok": "● ", "warn": "▲ ", "error": "▲ "}
MANY = 1024.0


class StatusBar(QWidget):
    """A message at the left, figures in fixed places at the right."""

    def __init__(self, theme: Theme, scale: float = 1.0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("statusBar")
        self.setFixedHeight(round(HEIGHT * scale))
        self._theme, self._scale = theme, scale
        self._tone, self._fresh = "", False
        self._whole, self._of_run = "", False
        self.message: QLabel = plain_label("", self)
        self.message.setFont(text_font(scale, px=11.5))
        self.message.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.pace = PaceFigures(theme, scale, self)
        row = QHBoxLayout(self)
        row.setContentsMargins(round(12 * scale), 0, round(12 * scale), 0)
        row.setSpacing(round(14 * scale))
        row.addWidget(self.message, 1)
        row.addWidget(self.pace)
        self._aging, self._leaving = QTimer(self), QTimer(self)
        for timer, act in ((self._aging, self._age), (self._leaving, self.clear)):
            timer.setSingleShot(True)
            timer.timeout.connect(act)
        self.restyle(theme)

    # ------------------------------------------------------------------------------ messages

    def say(self, text: str, tone: str = "", seconds: float | None = None, *, of_run: bool = False) -> None:
        """Show a message until the next one, or for so many seconds; `tone` is "", "ok", "warn" or "error".

        It stands out at first and is quieter after a while, as news that is no longer new. What is said `of_run`
        goes when another run comes.
        """
        self._whole, self._tone, self._fresh, self._of_run = text, tone, True, of_run
        self._aging.start(round(1000 * FRESH_SECONDS))
        if seconds is None:
            self._leaving.stop()
        else:
            self._leaving.start(round(1000 * seconds))
        self.message.setAccessibleName(text)
        self._color()
        self._fit()

    def clear(self) -> None:
        """Take the message away."""
        self.say("")

    def forget_run(self) -> None:
        """Take the message away if it is about a run: another one is shown from now on."""
        if self._of_run:
            self.clear()

    def _age(self) -> None:
        self._fresh = False
        self._color()

    def _color(self) -> None:
        theme = self._theme
        fresh = {"ok": theme.ok, "warn": theme.warn, "error": theme.error}.get(self._tone, theme.text)
        self.message.setStyleSheet(f"color: {fresh if self._fresh else theme.muted};")

    def _fit(self) -> None:
        """Cut a message that is too long; the tooltip has all of it."""
        whole = f"{MARKS[self._tone]}{self._whole}"
        room = self.message.width()
        text = QFontMetrics(self.message.font()).elidedText(whole, Qt.TextElideMode.ElideRight, room)
        if text != self.message.text():
            self.message.setText(text)
        self.message.setToolTip(plain_tip(self._whole) if text != whole else "")

    # ------------------------------------------------------------------------------ figures

    def show_pace(self, frames_per_second: float, share: float, budget: float, over_budget: bool) -> None:
        """Show how often the window draws and what that takes; `share` and `budget` are parts of a core."""
        before = self.pace.sizeHint().width()
        self.pace.show_pace(frames_per_second, share, budget, over_budget)
        if self.pace.sizeHint().width() != before:
            self.layout().activate()
            self._fit()

    def show_measuring(self, spent: str, budget: float) -> None:
        """Show what instruments take, and what part of the training time they may take; 0: none are read."""
        self.pace.show_measuring(spent, budget)

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self._theme = theme
        self.pace.restyle(theme)
        self._color()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.pace.set_room(self.width() // 2)
        self.layout().activate()
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painter_on(self) as painter:
            painter.fillRect(self.rect(), QColor(self._theme.surface))
            painter.fillRect(0, 0, self.width(), 1, QColor(self._theme.border))


class PaceFigures(QWidget):
    """Frames per second, what drawing and instruments take, and the memory of the program.

    When drawing takes more than its budget, a sentence says so in their place.
    """

    def __init__(
        self, theme: Theme, scale: float, parent: QWidget | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(parent)
        self._theme, self._scale, self._clock = theme, scale, clock
        self._font, self._words = mono_font(scale, px=11), text_font(scale, px=11.5)
        self._process = psutil.Process()
        self._memory, self._memory_at = 0.0, -math.inf
        self._over_until = -math.inf
        self._room = 1_000_000
        self._sentence = self._short_sentence = ""
        self._too_much = False
        self._columns: tuple[str, ...] = ("", "", "", "")
        self._measuring = ""
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    @property
    def text(self) -> str:
        """What is said."""
        if not self._sentence:
            return " · ".join(column for column in self._columns if column)
        return self._sentence if self._fits(self._sentence) else self._short_sentence

    def show_pace(self, frames: float, share: float, budget: float, over_budget: bool) -> None:
        """Show the figures, or the sentence."""
        now = self._clock()
        if over_budget:
            self._over_until = now + HELD_SECONDS
        if now - self._memory_at >= MEMORY_SECONDS:
            self._memory, self._memory_at = self._process.memory_info().rss / MANY**2, now
        pace = f"{frames:.0f}"
        cost, limit = f"{100 * share:.0f}%", f"{100 * budget:.0f}%"
        drawing = f"drawing {cost} of {limit}"
        columns = (f"{pace} redraws/s" if frames else "", drawing, self._measuring, _size(self._memory))
        too_much = round(100 * share) > round(100 * budget)  # "13%, more than its budget of 13%" would be nonsense
        sentence = short = ""
        if over_budget or (self._sentence and frames >= 0.5 and now < self._over_until):
            short = f"Drawing {cost}, budget {limit}: {pace} redraws/s"
            sentence = (
                f"Drawing takes {cost} of a core, more than its budget of {limit}: "
                f"redraws slowed to {pace} per second"
            ) if too_much else (
                f"Redraws slowed to {pace} per second, so that drawing stays within {limit} of a core"
            )  # fmt: skip
        if (columns, sentence) == (self._columns, self._sentence):
            return
        self._too_much, before = too_much, self.sizeHint()
        self._columns, self._sentence, self._short_sentence = columns, sentence, short
        self.setAccessibleName(self.text)
        tip = (
            "How often the window draws, the share of one processor core that takes of its budget, the share of the "
            "training time that instruments take of theirs, and memory in use"
        )
        self.setToolTip(f"{sentence}. {tip}" if sentence else tip)
        if self.sizeHint() != before:
            self.updateGeometry()
        self.update()

    def show_measuring(self, spent: str, budget: float) -> None:
        """Show what instruments take, and their budget; it is shown with the next figures."""
        part = "" if not spent.endswith("%") else f" of {100 * budget:.0f}%"
        self._measuring = f"instruments {spent}{part}" if budget > 0 else "instruments off"

    def set_room(self, room: int) -> None:
        """Set the widest it may get."""
        if room != self._room:
            self._room = room
            self.updateGeometry()
            self.update()

    def restyle(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    # ------------------------------------------------------------------------------ room

    def _fits(self, sentence: str) -> bool:
        return self._sentence_width(sentence) <= self._room

    def _sentence_width(self, sentence: str) -> int:
        widest = "".join("0" if character.isdigit() else character for character in sentence)
        return QFontMetrics(self._words).horizontalAdvance(widest) + round(16 * self._scale)

    def _widths(self) -> tuple[int, ...]:
        advance = QFontMetrics(self._font).horizontalAdvance
        widest = ("00 redraws/s", "drawing 100% of 100%", "instruments 100% of 50%", "00.0 GB")
        widths = tuple(advance(text) + round(14 * self._scale) for text in widest)
        for hidden in ((), (2,), (1, 2, 3), (0, 1, 2, 3)):
            shown = tuple(0 if index in hidden else width for index, width in enumerate(widths))
            if sum(shown) <= self._room:
                break
        return shown

    def sizeHint(self) -> QSize:
        width = self._sentence_width(self.text) if self._sentence else sum(self._widths())
        return QSize(min(width, self._room), round(HEIGHT * self._scale))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, round(HEIGHT * self._scale))

    def paintEvent(self, event: QPaintEvent) -> None:
        with painter_on(self) as painter:
            if self._sentence:
                self._draw_sentence(painter)
                return
            painter.setFont(self._font)
            painter.setPen(QColor(self._theme.muted))
            right = float(self.width())
            for text, width in reversed(list(zip(self._columns, self._widths(), strict=True))):
                if width:
                    box = QRectF(right - width, 0, width, self.height())
                    painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
                right -= width

    def _draw_sentence(self, painter: QPainter) -> None:
        """Draw the sentence, behind a triangle where drawing takes too much: a shape and words, not a color alone."""
        color = QColor(self._theme.warn if self._too_much else self._theme.muted)
        if self._too_much:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            r, middle = 4.0 * self._scale, self.height() / 2
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            corners = (QPointF(1.2 * r, middle - r), QPointF(2.4 * r, middle + r), QPointF(0, middle + r))
            painter.drawPolygon(QPolygonF(corners))
        painter.setFont(self._words)
        painter.setPen(color)
        box = QRectF(14 * self._scale, 0, self.width() - 14 * self._scale, self.height())
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self.text)


def _size(megabytes: float) -> str:
    return f"{megabytes:.0f} MB" if megabytes < MANY else f"{megabytes / MANY:.1f} GB"
