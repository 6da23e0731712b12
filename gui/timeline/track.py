"""The line of a run: what is done of it, the best evaluation, what was changed, and a handle to drag through it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QToolTip, QWidget

from gui.evidence import MARKS, tone
from gui.grouped import grouped
from gui.narrator import epoch_text
from gui.panels.painting import painter_on
from gui.panels.ranges import stepped_end
from gui.theme import Theme, mix, pen, text_font
from gui.tips import plain_tip
from training.diagnosis.finding import Finding, Severity

HEIGHT = 36
LINE_Y, FOUND_Y, TEXT_Y = 13.0, 19.5, 22.0
BARS: dict[Severity, float] = {"note": 1.5, "warning": 2.0, "alarm": 3.0}
"""Heights of the marks where something was found: told apart not by color alone."""
THICK, HANDLE, EDGE = 3.0, 6.0, 9.0
NEAR = 6.0
"""Pixels: a mark so near to the pointer is the one it is asked about."""
MOST = 2**31 - 1  # what Qt can count to
NOTHING = "every moment of the run can be replayed here"
HINT = "drag to replay any moment of the run"
WALKS = frozenset({
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End,
    Qt.Key.Key_PageUp, Qt.Key.Key_PageDown,
})  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """What the line shows, in steps and in words.

    Attributes
    ----------
    now, now_epoch
        How far the run is.
    past, past_epoch
        The past moment that is looked at; None: now.
    best, best_epoch
        The best evaluation, if it is known which that is.
    deeds
        What was changed, by step.
    growing
        Whether the run goes on right now.
    page
        Steps that a page key takes: an epoch.
    """

    now: int = 0
    now_epoch: float = 0.0
    past: int | None = None
    past_epoch: float = 0.0
    best: int | None = None
    best_epoch: float = 0.0
    deeds: Mapping[int, str] = field(default_factory=dict)
    growing: bool = False
    page: int = 1


@dataclass(frozen=True)
class Label:
    """A text below the line; `pill` for one on a ground of its own."""

    middle: float
    text: str
    color: str
    pill: bool = False


class Track(QAbstractSlider):
    """A slider over the steps of a run. ``wanted`` carries the step of the moment that is to be shown."""

    wanted = Signal(int)

    def __init__(self, theme: Theme, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._scale = theme, scale
        self._font = text_font(scale, px=10.5)
        self._bold = QFont(self._font)
        self._bold.setWeight(QFont.Weight.DemiBold)
        self.shown = Shown()
        self.findings: tuple[Finding, ...] = ()
        self._end = 1.0
        self._showing = False  # what changes now is not the user's doing
        self._dragging = False
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(round(HEIGHT * scale))
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Timeline")
        self.valueChanged.connect(self._moved)
        self.show_run(Shown())

    # ------------------------------------------------------------------------------ showing

    def show_run(self, shown: Shown) -> None:
        """Show where the run, and who looks at it, stands."""
        if shown == self.shown and self.accessibleDescription():
            return
        self.shown = shown
        if not self._dragging:  # the line does not stretch under the pointer
            self._end = stepped_end(float(max(1, shown.now)), self._end, exact=not shown.growing)
        self._end = max(self._end, float(shown.now))
        self._showing = True
        self.setRange(0, min(shown.now, MOST))
        self.setPageStep(max(1, shown.page))
        self.setSingleStep(1)
        if not self._dragging:
            self.setValue(min(shown.now if shown.past is None else shown.past, MOST))
        self._showing = False
        self.setEnabled(shown.now > 0)
        self._describe()
        self.update()

    def show_findings(self, findings: Sequence[Finding]) -> None:
        """Mark below the line where something was found, the worst above the others."""
        marked = tuple(sorted((one for one in findings if one.severity in BARS), key=lambda one: BARS[one.severity]))
        if marked != self.findings:
            self.findings = marked
            self.update()

    def _describe(self) -> None:
        shown = self.shown
        if shown.past is not None:
            text = f"Epoch {epoch_text(shown.past_epoch)}, step {shown.past}: past, not now"
        else:
            text = f"Now: epoch {epoch_text(shown.now_epoch)}, step {shown.now}"
        self.setAccessibleDescription(text)

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(round(300 * self._scale), round(HEIGHT * self._scale))

    def minimumSizeHint(self) -> QSize:
        return QSize(round(60 * self._scale), round(HEIGHT * self._scale))

    # ------------------------------------------------------------------------------ steps and pixels

    def x_of(self, step: float) -> float:
        """Return where a step is, in pixels."""
        edge = EDGE * self._scale
        return edge + (self.width() - 2 * edge) * min(1.0, max(0.0, step / self._end))

    def step_at(self, x: float) -> int:
        """Return the step at a pixel, of those that were made."""
        edge = EDGE * self._scale
        share = (x - edge) / max(1.0, self.width() - 2 * edge)
        return round(min(max(share, 0.0) * self._end, float(self.shown.now)))

    # ------------------------------------------------------------------------------ the hand

    def _moved(self, value: int) -> None:
        if not self._showing:
            self.wanted.emit(value)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or not self.isEnabled():
            event.ignore()
            return
        self._dragging = True
        self.setSliderDown(True)
        self._drag(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragging:
            self._drag(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._dragging and event.button() == Qt.MouseButton.LeftButton:
            self._dragging = False
            self.setSliderDown(False)
            self.show_run(self.shown)
            self.update()

    def _drag(self, x: float) -> None:
        self.setValue(self.step_at(x))

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # nobody means to leave the present by scrolling

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in WALKS:
            event.accept()  # ours while focused, whatever it means to the window
            return True
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), plain_tip(self.tip_at(float(event.pos().x()))), self)
            return True
        return bool(super().event(event))

    def tip_at(self, x: float) -> str:
        """Return what there is to say about a place of the line."""
        shown = self.shown
        marks = {step: f"After step {grouped(step)}: {what}" for step, what in shown.deeds.items()}
        if shown.best is not None:
            marks.setdefault(shown.best, f"Best evaluation: epoch {epoch_text(shown.best_epoch)}")
        near = [text for step, text in marks.items() if abs(self.x_of(step) - x) <= NEAR * self._scale]
        here = self.step_at(x)
        found = [f"{MARKS[one.severity]} {one.title}" for one in self.findings if self._holds(one, here)]
        usage = "Drag, or ← → (a step), Page ↑ ↓ (an epoch), Home, End: show that moment in all views"
        return "\n".join([*near, *reversed(found), f"Step {grouped(here)}", usage])

    def _holds(self, finding: Finding, step: int) -> bool:
        return finding.first_step <= step and (step <= finding.last_step or not finding.over)

    # ------------------------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:
        with painter_on(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._draw_line(painter)
            self._draw_findings(painter)
            self._draw_marks(painter)
            self._draw_handle(painter)
            self._draw_labels(painter)

    def _draw_line(self, painter: QPainter) -> None:
        theme, y, thick = self._theme, LINE_Y * self._scale, THICK * self._scale
        left, right, now = self.x_of(0), self.x_of(self._end), self.x_of(self.shown.now)
        painter.setPen(Qt.PenStyle.NoPen)
        filled = now if self.shown.past is None else self.x_of(self.shown.past)
        for start, end, color in (
            (left, right, theme.border), (left, now, theme.faint), (left, filled, theme.accent),
        ):  # fmt: skip
            painter.setBrush(QColor(color))
            painter.drawRoundedRect(QRectF(start, y - thick / 2, max(0.0, end - start), thick), thick / 2, thick / 2)

    def _draw_findings(self, painter: QPainter) -> None:
        theme, unit = self._theme, self._scale
        painter.setPen(Qt.PenStyle.NoPen)
        for finding in self.findings:
            color, thick = tone(finding.severity, theme), BARS[finding.severity] * unit
            left, right = (self.x_of(min(step, self.shown.now)) for step in (finding.first_step, finding.last_step))
            right = right if finding.over else self.x_of(self.shown.now)
            painter.setBrush(QColor(mix(theme.surface, color, 0.5) if finding.over else color))
            painter.drawRect(QRectF(left, FOUND_Y * unit - thick / 2, max(right - left, 2 * unit), thick))

    def _draw_marks(self, painter: QPainter) -> None:
        theme, unit = self._theme, self._scale
        foot = (LINE_Y - THICK) * unit
        painter.setPen(pen(theme.accent, width=1.6 * unit))
        for step in self.shown.deeds:
            x = self.x_of(step)
            painter.drawLine(QPointF(x, foot - 6 * unit), QPointF(x, foot))
        if self.shown.best is not None:
            x = self.x_of(self.shown.best)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.ok))
            painter.drawPolygon(QPolygonF([
                QPointF(x, foot - 8 * unit), QPointF(x - 5 * unit, foot), QPointF(x + 5 * unit, foot),
            ]))  # fmt: skip
        if self.shown.past is not None:  # the present is marked where the handle has left it
            painter.setPen(pen(theme.text, width=1.6 * unit))
            x = self.x_of(self.shown.now)
            painter.drawLine(QPointF(x, (LINE_Y - 5) * unit), QPointF(x, (LINE_Y + 5) * unit))

    def _draw_handle(self, painter: QPainter) -> None:
        if not self.isEnabled():
            return
        theme, unit = self._theme, self._scale
        past = self.shown.past is not None or (self._dragging and self.value() < self.maximum())
        at = QPointF(self.x_of(self.value()), LINE_Y * unit)
        painter.setBrush(QColor(theme.warn if past else theme.accent))
        painter.setPen(pen(theme.text, width=1.5 * unit) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.drawEllipse(at, HANDLE * unit, HANDLE * unit)

    def _draw_labels(self, painter: QPainter) -> None:
        unit = self._scale
        height = QFontMetrics(self._bold).height()
        for label, left, width in self.labels():
            painter.setFont(self._bold if label.pill else self._font)
            place = QRectF(left, TEXT_Y * unit, width, height)
            if label.pill:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(self._theme.warn))
                painter.drawRoundedRect(place, 4 * unit, 4 * unit)
            painter.setPen(QColor(label.color))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, label.text)

    def labels(self) -> list[tuple[Label, float, float]]:
        """Return the labels there is room for, what matters most first, each with its left edge and width."""
        placed: list[tuple[Label, float, float]] = []
        gap = 8 * self._scale
        for label in self._wanted_labels():
            metrics = QFontMetrics(self._bold if label.pill else self._font)
            width = metrics.horizontalAdvance(label.text) + (12 * self._scale if label.pill else 2)
            left = min(max(label.middle - width / 2, 0.0), max(0.0, self.width() - width))
            if all(left + width + gap <= x or x + w + gap <= left for _, x, w in placed):
                placed.append((label, left, width))
        return placed

    def _wanted_labels(self) -> Sequence[Label]:
        shown, theme = self.shown, self._theme
        if not shown.now:
            return [Label(0.0, NOTHING, theme.faint)]
        labels = []
        if shown.past is not None:
            text = f"epoch {epoch_text(shown.past_epoch)} · step {grouped(shown.past)} – not now"
            labels.append(Label(self.x_of(shown.past), text, theme.background, pill=True))
        labels.append(Label(self.x_of(shown.now), "now", theme.muted))
        if shown.best is not None:
            labels.append(Label(self.x_of(shown.best), f"best · epoch {epoch_text(shown.best_epoch)}", theme.muted))
        if shown.past is None:
            labels.append(Label(0.0, HINT, theme.faint))
        return labels
