"""A card of the gallery: a picture of a real run, the title, a summary, the level, the minutes and what was done."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from gui.panels.painting import painter_on
from gui.scenarios.card_painting import paint_picture
from gui.scenarios.library import Entry
from gui.theme import Theme, mix, text_font
from gui.tips import plain_tip

HEIGHT, PICTURE = 292, 150
TITLE_PX, SUMMARY_PX, FACTS_PX = 14, 12, 11
TITLE_LINES, SUMMARY_LINES = 2, 5
LEVELS = ("introductory", "intermediate", "advanced")
ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End)


class ScenarioCard(QAbstractButton):
    """A card to be pressed.

    ``moved`` carries an arrow key: the focus should go that way; ``typed`` what was typed on it: it is searched for.
    """

    moved = Signal(int)
    typed = Signal(str)

    def __init__(self, entry: Entry, done: str, theme: Theme, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entry, self.done, self._theme, self._scale = entry, done, theme, scale
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        scenario = entry.scenario
        facts = f"{scenario.level}, {scenario.minutes} minutes"
        self.setAccessibleName(f"{scenario.title}. {facts}" + (f". {done}" if done else ""))
        self.setAccessibleDescription(scenario.summary)
        tags = f"\n\nTags: {', '.join(scenario.tags)}" if scenario.tags else ""
        runs = ", ".join(scenario.title_of(name) for name in scenario.runs())
        self.setToolTip(plain_tip(f"{scenario.title}\n{scenario.summary}\n\nRuns: {runs}{tags}"))

    def sizeHint(self) -> QSize:
        return QSize(round(240 * self._scale), round(HEIGHT * self._scale))

    def show_done(self, done: str) -> None:
        """Show what was done of it."""
        self.done = done
        self.update()

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self._theme = theme
        self.update()

    # ------------------------------------------------------------------------------ keys

    def event(self, event: QEvent) -> bool:
        # Arrows and letters are keys of the window too, for a run that is not in sight: here they go from card to
        # card, and search.
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and (
            event.key() in ARROWS or letters(event)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ARROWS:
            self.moved.emit(int(event.key()))
        elif text := letters(event):
            self.typed.emit(text)
        else:
            super().keyPressEvent(event)

    # ------------------------------------------------------------------------------ painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        with painter_on(self) as painter:
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        theme, scale = self._theme, self._scale
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        hovered = self.underMouse() or self.isDown()
        edge = theme.accent if self.hasFocus() else mix(theme.border, theme.text, 0.25) if hovered else theme.border
        painter.setPen(QPen(QColor(edge), 2 if self.hasFocus() else 1))
        painter.setBrush(QColor(mix(theme.surface, theme.text, 0.025) if hovered else theme.surface))
        painter.drawRoundedRect(whole, 8 * scale, 8 * scale)
        picture = QRectF(whole.left(), whole.top(), whole.width(), PICTURE * scale)
        paint_picture(painter, picture, self.entry.picture, theme, scale)
        painter.setPen(QPen(QColor(theme.border), 1))
        line = round(picture.bottom()) + 0.5
        painter.drawLine(whole.left() + 1, line, whole.right() - 1, line)
        text = QRectF(whole.left() + 12 * scale, picture.bottom() + 9 * scale, whole.width() - 24 * scale, 0)
        below = self._paint_text(painter, text, self.entry.scenario.title, TITLE_LINES, TITLE_PX, theme.text, bold=True)
        text.moveTop(below + 3 * scale)
        room = whole.bottom() - 28 * scale - text.top()
        lines = min(SUMMARY_LINES, int(room / (QFontMetricsF(text_font(scale, px=SUMMARY_PX)).height())))
        self._paint_text(painter, text, self.entry.scenario.summary, lines, SUMMARY_PX, theme.muted)
        self._paint_facts(painter, QRectF(text.left(), whole.bottom() - 24 * scale, text.width(), 16 * scale))

    def _paint_text(
        self, painter: QPainter, place: QRectF, text: str, lines: int, px: float, color: str, *, bold: bool = False
    ) -> float:
        """Draw text on so many lines at the most, and return where the last one ends."""
        font = text_font(self._scale, px=px, weight=QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        painter.setFont(font)
        painter.setPen(QColor(color))
        metrics = QFontMetricsF(font)
        top = place.top()
        for line in fitted(text, lines, place.width(), metrics):
            row = QRectF(place.left(), top, place.width() + 2, metrics.height())
            painter.drawText(row, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, line)
            top += metrics.height()
        return top

    def _paint_facts(self, painter: QPainter, row: QRectF) -> None:
        """Draw the level as dots and a word, the minutes, and what was done."""
        theme, scale, scenario = self._theme, self._scale, self.entry.scenario
        x, rank = row.left() + 3 * scale, LEVELS.index(scenario.level)
        for number in range(len(LEVELS)):
            painter.setPen(QPen(QColor(theme.muted), 1))
            painter.setBrush(QColor(theme.muted) if number <= rank else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QRectF(x - 2.5 * scale, row.center().y() - 2.5 * scale, 5 * scale, 5 * scale))
            x += 8 * scale
        painter.setFont(text_font(scale, px=FACTS_PX))
        painter.setPen(QColor(theme.muted))
        words = QRectF(x, row.top(), row.right() - x, row.height())
        center = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(words, center | Qt.AlignmentFlag.AlignLeft, f"{scenario.level} · {scenario.minutes} min")
        if self.done:
            painter.setPen(QColor(theme.ok if self.done.startswith("✓") else theme.muted))
            painter.drawText(words, center | Qt.AlignmentFlag.AlignRight, self.done)


def letters(event: QKeyEvent) -> str:
    """Return what a key types, if that is something to search for."""
    held = event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
    return event.text() if event.text().strip() and event.text().isprintable() and not held else ""


def fitted(text: str, lines: int, width: float, metrics: QFontMetricsF) -> list[str]:
    """Return text broken between words into so many lines at the most; the last ends with … if there is more."""
    words, found = text.split(), []
    while words and len(found) < lines:
        count = 1
        while count < len(words) and metrics.horizontalAdvance(" ".join(words[: count + 1])) <= width:
            count += 1
        if len(found) == lines - 1 and count < len(words):
            count = len(words)
        found.append(metrics.elidedText(" ".join(words[:count]), Qt.TextElideMode.ElideRight, width))
        words = words[count:]
    return found
