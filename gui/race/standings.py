"""The runs of a race in rows: the key to its curves, to be switched on and off, and its figures beside it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QToolTip, QWidget

from gui.panels.painting import painter_on
from gui.panels.scale import scale
from gui.race.figures import Column, columns_of
from gui.race.look import draw_sample
from gui.race.race_view import RaceView, Runner
from gui.theme import DARK, Theme, mix, mono_font, pen, text_font
from gui.tips import plain_tip

ROW, HEAD = 20, 17
SAMPLE = 26.0
GAP = 16
LEAST_TITLE = 130
"""Pixels that a title gets, however many figures there are."""


class RunKey(QAbstractButton):
    """Sample of line and name of a run; pressed, its curves come and go."""

    def __init__(self, runner: Runner, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.runner = runner
        self.theme = theme
        self.setCheckable(True)
        self.setChecked(runner.shown)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(runner.title)
        self.setToolTip(plain_tip(f"{runner.title}\nClick to hide its curves, or to show them again"))
        self._font = text_font(scale(), px=12)

    def sizeHint(self) -> QSize:
        return QSize(round(LEAST_TITLE * scale()), round(ROW * scale()))

    def paintEvent(self, event: QPaintEvent) -> None:
        with painter_on(self) as painter:
            if not self.isChecked():
                painter.setOpacity(0.4)
            sample = QRectF(4 * scale(), 0, SAMPLE * scale(), self.height())
            draw_sample(painter, self.runner.place, self.theme, sample)
            painter.setFont(self._font)
            painter.setPen(QColor(self.theme.text if self.isChecked() else self.theme.muted))
            room = QRectF(sample.right() + 7, 0, self.width() - sample.right() - 9, self.height())
            text = painter.fontMetrics().elidedText(self.runner.title, Qt.TextElideMode.ElideRight, int(room.width()))
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
            painter.setOpacity(1.0)
            if self.hasFocus() or self.underMouse():
                painter.setPen(pen(self.theme.accent if self.hasFocus() else self.theme.border))
                painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)


class Standings(QWidget):
    """A row for each run.

    ``toggled`` comes when a run is shown or hidden.
    """

    toggled = Signal()

    def __init__(self, theme: Theme = DARK, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.keys: list[RunKey] = []
        self._columns: Sequence[Column] = ()
        self._texts: list[list[str]] = []
        self._places: list[tuple[Column, int, int]] = []  # the columns there is room for: left end and width
        self._head, self._figures = text_font(scale(), px=11), mono_font(scale(), px=12)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("The runs of the race and their figures")

    def start(self, race: RaceView) -> None:
        """Show a race from its beginning."""
        self.clear()
        self._columns = columns_of(race)
        self.keys = [RunKey(runner, self.theme, self) for runner in race.runners]
        for key in self.keys:
            key.toggled.connect(lambda on, key=key: self._toggled(key, on))
            key.show()
        for before, after in zip(self.keys, self.keys[1:], strict=False):
            QWidget.setTabOrder(before, after)
        self.setFixedHeight(round((HEAD + ROW * len(self.keys) + 2) * scale()))
        self._place()
        self.refresh()

    def refresh(self) -> None:
        """Show what the figures are now."""
        texts = [[column.text(key.runner) for column in self._columns] for key in self.keys]
        if texts == self._texts:
            return
        self._texts = texts
        for key, row in zip(self.keys, texts, strict=True):
            said = (f"{column.title} {text}" for column, text in zip(self._columns, row, strict=True) if text)
            key.setAccessibleDescription(", ".join(said))
        self.update()

    def clear(self) -> None:
        """Show no race."""
        for key in self.keys:
            key.hide()
            key.deleteLater()
        self.keys, self._columns, self._texts, self._places = [], (), [], []
        self.update()

    def texts(self, title: str) -> list[str]:
        """Return a column as it is shown, from top to bottom."""
        index = [column.title for column in self._columns].index(title)
        return [row[index] for row in self._texts]

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self.theme = theme
        for key in self.keys:
            key.theme = theme
            key.update()
        self.update()

    def _toggled(self, key: RunKey, on: bool) -> None:
        key.runner.shown = on
        self.update()
        self.toggled.emit()

    # -- places

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        """Give every column its room, as long as the titles keep theirs."""
        head, figures = QFontMetrics(self._head), QFontMetrics(self._figures)
        gap = round(GAP * scale())
        widths = {
            column: max(head.horizontalAdvance(column.title), figures.horizontalAdvance(column.widest)) + gap
            for column in self._columns
        }
        kept = list(self._columns)
        while kept and sum(widths[column] for column in kept) > self.width() - LEAST_TITLE * scale():
            kept.remove(max(kept, key=lambda column: column.spare))
        right = self.width() - round(4 * scale())
        places = []
        for column in reversed(kept):
            right -= widths[column]
            places.append((column, right + gap, widths[column] - gap))
        self._places = places[::-1]
        title = max(LEAST_TITLE * scale(), right)
        for index, key in enumerate(self.keys):
            key.setGeometry(0, round((HEAD + ROW * index) * scale()), round(title), round(ROW * scale()))
        self.update()

    # -- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        with painter_on(self) as painter:
            painter.setPen(QColor(self.theme.muted))
            painter.setFont(self._head)
            for column, left, width in self._places:
                self._write(painter, column.title, column, left, width, 0)
            painter.setPen(pen(self.theme.grid))
            y = round((HEAD - 0.5) * scale())
            painter.drawLine(QPointF(0, y), QPointF(self.width(), y))
            painter.setFont(self._figures)
            columns = list(self._columns)
            for index, (key, row) in enumerate(zip(self.keys, self._texts, strict=True)):
                color = self.theme.text if key.isChecked() else mix(self.theme.surface, self.theme.text, 0.4)
                painter.setPen(QColor(color))
                for column, left, width in self._places:
                    self._write(painter, row[columns.index(column)], column, left, width, HEAD + ROW * index)

    def _write(self, painter: QPainter, text: str, column: Column, left: int, width: int, top: float) -> None:
        place = QRectF(left, top * scale(), width, (ROW if top else HEAD) * scale())
        side = Qt.AlignmentFlag.AlignLeft if column.left else Qt.AlignmentFlag.AlignRight
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | side, text)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            x = event.pos().x()
            tip = next((c.tip for c, left, width in self._places if left - GAP <= x <= left + width), "")
            QToolTip.showText(event.globalPos(), plain_tip(tip), self)
            return True
        return bool(super().event(event))
