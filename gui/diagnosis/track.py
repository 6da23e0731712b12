"""The findings of a run along its steps: a row for each rule that has found something, with a bar from begin to end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui.diagnosis.steady import RANK
from gui.evidence import MARKS, tone
from gui.grouped import grouped
from gui.panels.painting import painter_on
from gui.panels.scale import scale
from gui.theme import DARK, Theme, mix, pen, text_font
from gui.tips import plain_tip
from training.diagnosis.finding import Finding, Severity

ROW, TEXT = 30, 15
THICK: dict[Severity, float] = {"fine": 3.0, "note": 4.0, "warning": 6.0, "alarm": 8.0}
"""Bars are told apart by height too, not by color alone."""
EDGE = 4.0
KEYS = frozenset({Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End})


@dataclass(frozen=True)
class TrackRow:
    """What one rule has found, in order of time."""

    findings: tuple[Finding, ...]

    @property
    def name(self) -> str:
        """Of the rule."""
        return self.findings[0].name

    @property
    def last(self) -> Finding:
        """What was found last."""
        return self.findings[-1]

    @property
    def worst(self) -> Severity:
        """The worst that was found."""
        return max((finding.severity for finding in self.findings), key=lambda severity: RANK[severity])


def rows_of(current: Sequence[Finding], past: Sequence[Finding]) -> tuple[TrackRow, ...]:
    """Return a row for each rule, those that found something first at the top; what lasts comes last in its row."""
    by_name: dict[str, list[Finding]] = {}
    lasting = {finding.name for finding in current if not finding.over}
    for finding in (*past, *(finding for finding in current if not finding.over)):
        by_name.setdefault(finding.name, []).append(finding)
    for finding in current:
        if finding.over and finding.name not in lasting and finding.name not in by_name:
            by_name[finding.name] = [finding]
    rows = [
        TrackRow(tuple(sorted(found, key=lambda finding: (not finding.over, finding.first_step))))
        for found in by_name.values()
    ]
    return tuple(sorted(rows, key=lambda row: (min(one.first_step for one in row.findings), row.name)))


class FindingTrack(QWidget):
    """Shows the rows, and lets one be chosen.

    ``chosen`` carries the name of a rule, ``moment_wanted`` the step of a moment that is to be shown.
    """

    chosen = Signal(str)
    moment_wanted = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = DARK
        self.rows: tuple[TrackRow, ...] = ()
        self.now = 0
        self.current = ""
        self.moment: float | None = None
        self.past: int | None = None
        self._font, self._small = text_font(scale(), px=12, weight=600), text_font(scale(), px=10.5)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Findings along the run")

    # ------------------------------------------------------------------------------ what is shown

    def show_rows(self, rows: tuple[TrackRow, ...], now: int, current: str) -> None:
        """Show findings as they stand after `now` steps; `current` names the one that is told of."""
        if (rows, now, current) == (self.rows, self.now, self.current):
            return
        self.rows, self.now, self.current = rows, now, current
        height = round(ROW * scale()) * len(rows)
        if height != self.height():
            self.setFixedHeight(height)
        self.setVisible(bool(rows))
        row = next((row for row in rows if row.name == current), None)
        self.setAccessibleDescription("" if row is None else f"{row.last.title}: {when(row.last)}")
        self.update()

    def point_at(self, moment: float | None) -> None:
        """Show the moment pointed at in other views."""
        if moment != self.moment:
            self.moment = moment
            self.update()

    def look_at(self, past: int | None) -> None:
        """Show the past moment that is looked at, in steps; None: now."""
        if past != self.past:
            self.past = past
            self.update()

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self.theme = theme
        self._font, self._small = text_font(scale(), px=12, weight=600), text_font(scale(), px=10.5)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(round(200 * scale()), round(ROW * scale()) * len(self.rows))

    # ------------------------------------------------------------------------------ places

    def x_of(self, step: float) -> float:
        """Return where a step is, in pixels."""
        edge = EDGE * scale()
        return edge + (self.width() - 2 * edge) * min(1.0, max(0.0, step / max(1, self.now)))

    def step_at(self, x: float) -> float:
        """Return the step at a pixel."""
        edge = EDGE * scale()
        share = (x - edge) / max(1.0, self.width() - 2 * edge)
        return min(1.0, max(0.0, share)) * self.now

    def place_of(self, finding: Finding) -> QRectF:
        """Return where the bar of a finding is."""
        return self._bar(next(index for index, row in enumerate(self.rows) if finding in row.findings), finding)

    def _bar(self, index: int, finding: Finding) -> QRectF:
        left, right = self.x_of(finding.first_step), self.x_of(finding.last_step)
        thick, unit = THICK[finding.severity] * scale(), scale()
        middle = (index * ROW + TEXT + (ROW - TEXT) / 2 - 1) * unit
        return QRectF(left, middle - thick / 2, max(right - left, 3 * unit), thick)

    def row_at(self, y: float) -> TrackRow | None:
        """Return the row at a height."""
        index = int(y // (ROW * scale()))
        return self.rows[index] if 0 <= index < len(self.rows) else None

    # ------------------------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:
        with painter_on(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for index, row in enumerate(self.rows):
                self._draw_row(painter, index, row)
            for step, color in ((self.moment, self.theme.faint), (self.past, self.theme.warn)):
                if step is not None and self.rows and step <= self.now:
                    painter.setPen(pen(color, dash=(3, 3)))
                    x = round(self.x_of(step)) + 0.5
                    painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))

    def _draw_row(self, painter: QPainter, index: int, row: TrackRow) -> None:
        theme, unit = self.theme, scale()
        place = QRectF(0, index * ROW * unit, self.width(), ROW * unit)
        if row.name == self.current:
            painter.setPen(pen(theme.accent) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.raised))
            painter.drawRoundedRect(place.adjusted(0.5, 0.5, -0.5, -0.5), 5 * unit, 5 * unit)
        lasts = not row.last.over
        inside = place.adjusted(EDGE * unit, 2 * unit, -EDGE * unit, 0)
        line = QRectF(inside.left(), inside.top(), inside.width(), TEXT * unit)
        title, metrics = f"{MARKS[row.worst]} {row.last.title}", QFontMetricsF(self._font)
        said = when(row.last)
        spare = line.width() - metrics.horizontalAdvance(title) - 6 * unit
        if QFontMetricsF(self._small).horizontalAdvance(said) <= spare:  # else the tooltip has it
            painter.setFont(self._small)
            painter.setPen(QColor(theme.muted))
            painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, said)
        painter.setFont(self._font)
        painter.setPen(QColor(tone(row.last.severity, theme) if lasts else theme.muted))
        title = metrics.elidedText(title, Qt.TextElideMode.ElideRight, line.width())
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)
        self._draw_bars(painter, index, row)

    def _draw_bars(self, painter: QPainter, index: int, row: TrackRow) -> None:
        theme, unit = self.theme, scale()
        middle = (index * ROW + TEXT + (ROW - TEXT) / 2 - 1) * unit
        painter.setPen(pen(theme.border))
        painter.drawLine(QPointF(EDGE * unit, middle), QPointF(self.width() - EDGE * unit, middle))
        painter.setPen(Qt.PenStyle.NoPen)
        for finding in row.findings:
            bar = self._bar(index, finding)
            color = tone(finding.severity, theme)
            painter.setBrush(QColor(mix(theme.surface, color, 0.5) if finding.over else color))
            painter.drawRoundedRect(bar, bar.height() / 2, bar.height() / 2)

    # ------------------------------------------------------------------------------ pointer and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = self.row_at(event.position().y())
        if row is None or event.button() != Qt.MouseButton.LeftButton:
            return
        self.chosen.emit(row.name)
        if event.position().y() % (ROW * scale()) >= TEXT * scale():  # on its bar, not on its name
            self.moment_wanted.emit(self.step_at(event.position().x()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        names = [row.name for row in self.rows]
        if event.key() in KEYS and names:
            here = names.index(self.current) if self.current in names else 0
            last = len(names) - 1
            to = {Qt.Key.Key_Up: here - 1, Qt.Key.Key_Down: here + 1, Qt.Key.Key_Home: 0, Qt.Key.Key_End: last}
            self.chosen.emit(names[min(max(to[Qt.Key(event.key())], 0), last)])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current in names:
            self.moment_wanted.emit(float(self.rows[names.index(self.current)].last.first_step))
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in KEYS:
            event.accept()  # ours while focused, whatever the window does with them
            return True
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            row = self.row_at(float(event.pos().y()))
            if row is not None:
                told = [f"{one.title}: {when(one)}" for one in row.findings]
                told.append("Click the name to read about it, the bar to show that moment in all views")
                QToolTip.showText(event.globalPos(), plain_tip("\n".join(told)), self)
            return True
        return bool(super().event(event))

    def focusInEvent(self, event: QEvent) -> None:  # type: ignore[override]
        super().focusInEvent(event)  # type: ignore[arg-type]
        self.update()

    def focusOutEvent(self, event: QEvent) -> None:  # type: ignore[override]
        super().focusOutEvent(event)  # type: ignore[arg-type]
        self.update()


def when(finding: Finding) -> str:
    """Return between which steps something was found."""
    if finding.over:
        return f"steps {grouped(finding.first_step)} – {grouped(finding.last_step)}"
    return "from the start" if finding.first_step <= 1 else f"since step {grouped(finding.first_step)}"
