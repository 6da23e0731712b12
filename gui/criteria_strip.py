"""The five convergence criteria in a row: what each measured last, its threshold, and whether it is met."""

from __future__ import annotations

import math
from html import escape

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from gui.theme import Theme, mix, mono_font, text_font
from training.criteria import CRITERIA, CriterionState
from training.experiment import Criteria

# Titles of the cards, and shorter ones where there is little room; the tooltip has the whole.
TITLES = {
    "loss_plateau": ("Loss plateau", "Plateau"),
    "gradient_norm": ("Gradient norm", "Grad. norm", "Gradient"),
    "parameter_change": ("Parameter change", "Param. change", "Params"),
    "validation": ("Validation", "Valid."),
    "relative_improvement": ("Relative change", "Rel. change", "Rel."),
}


SHORTER = ((" evaluations", " evals"), (" evaluations", ""), (" ", ""))


class CriteriaStrip(QWidget):
    """One card for each criterion; clicking one leads to its settings."""

    pressed = Signal(str)

    def __init__(self, theme: Theme, scale: float = 1.0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards = {name: CriterionCard(name, theme, scale, self) for name in CRITERIA}
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 8, 10, 8)
        row.setSpacing(8)
        for name, card in self.cards.items():
            card.pressed.connect(lambda name=name: self.pressed.emit(name))
            row.addWidget(card, 1)

    def show_settings(self, criteria: Criteria) -> None:
        """Show thresholds and actions before anything was measured."""
        for name, card in self.cards.items():
            setting = getattr(criteria, name)
            card.show_state(CriterionState(
                name=name, value=math.nan, threshold=float(setting.threshold), met=False, action=setting.action,
            ))

    def show_states(self, states: tuple[CriterionState, ...]) -> None:
        """Show what the last evaluation brought."""
        for state in states:
            self.cards[state.name].show_state(state)

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        for card in self.cards.values():
            card.restyle(theme)


class CriterionCard(QFrame):
    """A painted card: cheap to redraw many times a second."""

    pressed = Signal()

    def __init__(self, name: str, theme: Theme, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "criterion")
        self.setObjectName(f"criterion_{name}")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        info = CRITERIA[name]
        self.titles = TITLES.get(name, (info.title,))
        self._info = info
        self._theme, self._scale = theme, scale
        self._title_fonts = [text_font(scale, px=px, weight=600) for px in (13, 12, 11)]
        self._figure_font = mono_font(scale, px=11.5)
        self.state: CriterionState | None = None
        self.text = ""

    def sizeHint(self) -> QSize:
        return QSize(round(150 * self._scale), round(50 * self._scale))

    def minimumSizeHint(self) -> QSize:
        return QSize(round(90 * self._scale), round(50 * self._scale))

    def show_state(self, state: CriterionState) -> None:
        """Show one state; repaints only if something that can be seen changed."""
        text = figures(state)
        shown = (text, state.met, state.action)
        if self.state is not None and shown == (self.text, self.state.met, self.state.action):
            return
        self.text, self.state = text, state
        what = {"tell": "shown only", "stop": "counts towards ending the run", "off": "off"}[state.action]
        self.setToolTip(
            f"<b>{escape(self._info.title)}</b>: {escape(text)}<br>{escape(self._info.formula)}"
            f"<br>{escape(self._info.note)}<br><i>{what}{', met now' if state.met else ''}</i>"
        )
        self.setAccessibleName(f"{self.titles[0]}: {text}{', met' if state.met else ''}")
        self.update()

    def restyle(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.pressed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, scale = self._theme, self._scale
        off = self.state is None or self.state.action == "off"
        met = self.state is not None and self.state.met and not off
        top = round(self.height() * 0.34)
        self._draw_lamp(painter, QPointF(14 * scale, top), met, off)
        painter.setPen(QColor(theme.faint if off else theme.text))
        left = round(24 * scale)
        room = self.width() - left - round(6 * scale)
        badge = "ends run" if self.state is not None and self.state.action == "stop" else ""
        if badge and room > 135 * scale:
            room -= self._draw_badge(painter, badge, top)
        title, font = self.fitting_title(room)
        metrics = QFontMetrics(font)
        painter.setFont(font)
        painter.drawText(QPointF(left, top + metrics.ascent() * 0.38), title)
        painter.setFont(self._figure_font)
        painter.setPen(QColor(theme.warn if met else theme.faint if off else theme.muted))
        ascent = QFontMetrics(self._figure_font).ascent()
        painter.drawText(QPointF(10 * scale, self.height() * 0.70 + ascent * 0.38), self.fitting_figures())
        painter.end()

    def fitting_title(self, room: int) -> tuple[str, QFont]:
        """Return the title in the longest words, and then the largest font, for which there is room."""
        for title in self.titles:
            for font in self._title_fonts:
                if QFontMetrics(font).horizontalAdvance(title) <= room:
                    return title, font
        font = self._title_fonts[-1]
        return QFontMetrics(font).elidedText(self.titles[-1], Qt.TextElideMode.ElideRight, room), font

    def fitting_figures(self) -> str:
        """Return value and threshold, without what there is no room for."""
        metrics, room = QFontMetrics(self._figure_font), self.width() - round(18 * self._scale)
        texts = (self.text, *(self.text.replace(long, short) for long, short in SHORTER if long in self.text))
        fitting = next((text for text in texts if metrics.horizontalAdvance(text) <= room), texts[-1])
        return metrics.elidedText(fitting, Qt.TextElideMode.ElideRight, room)

    def _draw_lamp(self, painter: QPainter, at: QPointF, met: bool, off: bool) -> None:
        """Draw the state as a shape, not by color alone: ring = off, disc = watched, triangle = met."""
        theme, r = self._theme, 4.2 * self._scale
        if met:
            painter.setBrush(QColor(theme.warn))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawPolygon(QPolygonF([
                QPointF(at.x(), at.y() - r * 1.15), QPointF(at.x() + r * 1.2, at.y() + r * 0.9),
                QPointF(at.x() - r * 1.2, at.y() + r * 0.9),
            ]))
        else:
            painter.setPen(QPen(QColor(theme.faint), 1.3))
            painter.setBrush(Qt.BrushStyle.NoBrush if off else QColor(theme.faint))
            painter.drawEllipse(at, r * 0.9, r * 0.9)

    def _draw_badge(self, painter: QPainter, text: str, top: int) -> int:
        font = text_font(self._scale, px=10)
        metrics = QFontMetrics(font)
        width = metrics.horizontalAdvance(text) + round(8 * self._scale)
        box = QRectF(self.width() - width - 7 * self._scale, top - 7 * self._scale, width, 14 * self._scale)
        painter.save()
        painter.setFont(font)
        painter.setPen(QPen(QColor(mix(self._theme.border, self._theme.accent, 0.6)), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QColor(self._theme.accent))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        painter.restore()
        return width + round(4 * self._scale)


def figures(state: CriterionState) -> str:
    """Return value and threshold in as few characters as tell them apart."""
    if state.action == "off":
        return "off"
    if state.name == "validation":
        waited = "–" if math.isnan(state.value) else f"{state.value:.0f}"
        return f"{waited} of {state.threshold:.0f} evaluations"
    if math.isnan(state.value):
        return f"– < {short(state.threshold)}"
    if state.name == "relative_improvement" and state.value < 0:
        return f"{short(state.value)}, rising"
    relation = "<" if state.value < state.threshold else ">"
    return f"{short(state.value)} {relation} {short(state.threshold)}"


def short(value: float) -> str:
    """Return a number with two digits, always as wide: ``3.2e-2``."""
    if not math.isfinite(value):
        return "∞" if value > 0 else "−∞" if value < 0 else "–"
    if value == 0:
        return "0"
    mantissa, _, exponent = f"{value:.1e}".partition("e")
    digits = mantissa.removesuffix(".0") if value == float(f"{float(mantissa):.0f}e{exponent}") else mantissa
    return f"{digits}e{int(exponent)}".replace("-", "−", 1) if value < 0 else f"{digits}e{int(exponent)}"
