"""What lies under the pointer, in a small box that keeps out of its way."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtWidgets import QLabel, QWidget

from gui.panels.panel import scale
from gui.theme import DARK, Theme, text_font
from gui.tips import plain_label

AWAY = 6.0
LONGEST = 30


class Readout:
    """A few lines in the corner of a plot opposite to the pointer."""

    def __init__(self, plot: QWidget) -> None:
        self.label: QLabel = plain_label(parent=plot)
        self.label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.label.hide()
        self.restyle(DARK)

    @property
    def text(self) -> str:
        """What is shown, or an empty text."""
        return self.label.text() if self.label.isVisibleTo(self.label.parentWidget()) else ""

    def show(self, lines: Sequence[str], pointer: QPointF, plot: QRectF) -> None:
        """Show lines while the pointer is at a place of the plot, both in pixels of the widget."""
        text = "\n".join(line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…" for line in lines)
        if text != self.label.text():
            self.label.setText(text)
            self.label.adjustSize()
        room = plot.adjusted(AWAY, AWAY, -AWAY, -AWAY)
        right, below = pointer.x() < plot.center().x(), pointer.y() < plot.center().y()
        x = room.right() - self.label.width() if right else room.left()
        y = room.bottom() - self.label.height() if below else room.top()
        self.label.move(round(max(0.0, x)), round(max(0.0, y)))
        self.label.show()

    def hide(self) -> None:
        """Show nothing."""
        self.label.hide()

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self.label.setFont(text_font(scale(), px=11))
        self.label.setStyleSheet(
            f"background: {theme.raised}; color: {theme.text}; border: 1px solid {theme.border};"
            f"border-radius: {round(4 * scale())}px; padding: {round(3 * scale())}px {round(6 * scale())}px;"
            f"font-size: {round(11 * scale())}px;"
        )
