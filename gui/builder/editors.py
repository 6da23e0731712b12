"""The small controls of the form: one for each kind of value. A setter shows a value and never reports it as edited."""

from __future__ import annotations

import math
import re
from html import escape
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QWidget,
)

from gui.builder import wording
from gui.builder.fields import Field

DIGITS = re.compile(r"[+-]?(\d+(_\d+)*\.?\d*|\.\d+)([eE][+-]?\d+)?")
WHOLE = re.compile(r"[+-]?[\d_]{1,300}")
LONGEST_RUN = 1000
"""Of layers that one width may stand for: "16 ×1000"."""


def parse_number(text: str, *, whole: bool, zero_words: tuple[str, ...] = ()) -> Any:
    """Return the number a text says, or the text itself where it says none (validation then explains)."""
    cleaned = text.strip().replace("−", "-").replace("\u202f", "").replace("\u00a0", "")
    if cleaned.lower() in zero_words:
        return 0 if whole else 0.0
    if not DIGITS.fullmatch(cleaned):
        return cleaned
    if whole and WHOLE.fullmatch(cleaned):
        return int(cleaned)  # to the last digit: a seed may have more of them than a float holds
    value = float(cleaned)
    return int(value) if whole and value.is_integer() else value


NO_NUMBER_BEGINS_WITH = (Qt.Key.Key_R, Qt.Key.Key_S, Qt.Key.Key_E, Qt.Key.Key_Right)
"""Keys that do something in the window, and nothing sensible in a number that was just entered."""


class Typed(QLineEdit):
    """A line of text that says when it changes and when the change is meant.

    ``edited`` comes with every keystroke; ``committed`` with Enter, on leaving the field and with
    the arrow keys. Escape asks for the last value that was right.
    """

    edited = Signal(object)
    committed = Signal()
    abandoned = Signal()

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self._mark, self._mark_color, self._mark_quiet = "", QColor(), False
        self._changed = False
        self._entered = False
        self.setToolTip(field.tip)
        self.setAccessibleName(field.label)
        self.textEdited.connect(self._on_text)
        self.returnPressed.connect(self._enter)

    def value(self) -> Any:
        """Return what the text says."""
        return self.text()

    def show_value(self, value: Any) -> None:
        """Show a value, unless it is what the text already says."""
        self._changed = False
        text = "" if value is None else str(value)
        if text != self.text():
            self.setText(text)
            self.setCursorPosition(0)

    def set_mark(self, text: str, color: QColor, *, quiet: bool = False) -> None:
        """Write a word at the right end of the field, such as "live"; a quiet one only under the mouse or the focus."""
        if (text, color, quiet) == (self._mark, self._mark_color, self._mark_quiet):
            return
        self._mark, self._mark_color, self._mark_quiet = text, color, quiet
        width = self._mark_width()
        self.setTextMargins(0, 0, width + 4 if width else 0, 0)
        self.update()

    def _mark_width(self) -> int:
        return QFontMetrics(self._mark_font()).horizontalAdvance(self._mark) if self._mark else 0

    def _mark_font(self) -> QFont:
        font = QFont(self.font())
        font.setItalic(True)
        font.setPixelSize(max(8, round(font.pixelSize() * 0.86)) if font.pixelSize() > 0 else 11)
        return font

    def _enter(self) -> None:
        self._entered = True
        self._commit()

    def event(self, event: QEvent) -> bool:
        # After Enter the typing is over: keys that are no text here are left to the window's shortcuts.
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
            if plain and self._is_for_the_window(event.key()):
                event.ignore()
                return False
        return super().event(event)

    def _is_for_the_window(self, key: int) -> bool:
        return self._entered and key == Qt.Key.Key_Space

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._entered = False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self._entered = False

    def _on_text(self) -> None:
        self._entered = False
        self._changed = True
        self.edited.emit(self.value())

    def _commit(self) -> None:
        if self._changed:
            self._changed = False
            self.committed.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._commit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._changed = False
            self.abandoned.emit()
            self.clearFocus()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._mark or (self._mark_quiet and not (self.hasFocus() or self.underMouse())):
            return
        painter = QPainter(self)
        painter.setFont(self._mark_font())
        painter.setPen(self._mark_color)
        painter.drawText(
            self.rect().adjusted(0, 0, -8, 0), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._mark
        )
        painter.end()


class NumberField(Typed):
    """A number, typed in any notation; shows words for zero and units while it is not edited."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.whole = field.kind in ("integer", "count_or_word")
        self.unit = ""
        self._value: Any = None
        zero = wording.ZERO.get(field.key, "")
        self._zero_words = tuple(word for word in {zero, "off", "none"} if word) if zero else ()

    def value(self) -> Any:
        return parse_number(self.text(), whole=self.whole, zero_words=self._zero_words)

    def show_value(self, value: Any) -> None:
        if self.hasFocus() and self.value() == value and self.text().strip():
            self._value = value
            return
        self._changed = False
        self._value = value
        text = wording.number(value) if self.hasFocus() else wording.at_rest(self.field.key, value, self.unit)
        if text != self.text():
            self.setText(text)
            self.setCursorPosition(0)

    def set_unit(self, unit: str) -> None:
        """Say what lengths are counted in ("epoch" or "step")."""
        if unit != self.unit:
            self.unit = unit
            if not self.hasFocus() and not isinstance(self._value, str):
                self.show_value(self._value)

    def _is_for_the_window(self, key: int) -> bool:
        return key == Qt.Key.Key_Space or (self._entered and key in NO_NUMBER_BEGINS_WITH)

    def _enter(self) -> None:
        super()._enter()
        self.selectAll()  # the next number replaces this one

    def _on_text(self) -> None:
        self._value = self.value()
        super()._on_text()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if not isinstance(self._value, str):
            self.setText(wording.number(self._value))
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.selectAll()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        had_focus = self.hasFocus()
        super().mousePressEvent(event)
        if not had_focus:
            self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if not isinstance(self._value, str) and self._value is not None and not self.property("invalid"):
            self.setText(wording.at_rest(self.field.key, self._value, self.unit))
            self.setCursorPosition(0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._step(1 if event.key() == Qt.Key.Key_Up else -1)
            return
        if event.key() == Qt.Key.Key_Space:
            event.ignore()
            return
        super().keyPressEvent(event)

    def _step(self, direction: int) -> None:
        value = self.value()
        if isinstance(value, str):
            return
        stepped = next_number(value, direction, whole=self.whole, low=self.field.low, high=self.field.high)
        self.setText(wording.number(stepped))
        self._on_text()
        self._commit()


def next_number(value: float, direction: int, *, whole: bool, low: float | None, high: float | None) -> float:
    """Return the next number up or down: by one if whole, else by one in the first significant digit."""
    if not math.isfinite(value):
        return value
    stepped: float = int(value) + direction if whole else _next_digit(value, direction)
    if low is not None:
        stepped = max(stepped, low)
    if high is not None:
        stepped = min(stepped, high)
    return int(stepped) if whole else stepped


def _next_digit(value: float, direction: int) -> float:
    if value == 0:
        return 0.001 * direction
    if value < 0:
        return -_next_digit(-value, -direction)
    # In decimal notation: powers of ten near the ends of the range of floats are 0 or infinite.
    mantissa, _, exponent = f"{value:.5e}".partition("e")
    digits, power = float(mantissa), int(exponent)
    if direction < 0 and digits <= 1:
        digits, power = 10 * digits, power - 1
    stepped = float(f"{digits + direction:.6g}e{power}")
    return stepped if math.isfinite(stepped) else value


class TextField(Typed):
    """A line of free text."""


class ListField(Typed):
    """Numbers or words, separated by commas."""

    def value(self) -> Any:
        parts = [part.strip() for part in re.split(r"[,;]" if self.field.kind == "words" else r"[,;\s]+", self.text())]
        parts = [part for part in parts if part]
        if self.field.kind == "words":
            return parts
        return [parse_number(part, whole=False) for part in parts]

    def show_value(self, value: Any) -> None:
        if self.hasFocus() and self.value() == list(value or ()):
            return
        super().show_value(", ".join(wording.number(item) for item in value or ()))


class WidthsField(Typed):
    """Widths of hidden layers: ``16 16 16``, ``16 ×3``, ``32, 16``."""

    def value(self) -> Any:
        return parse_widths(self.text())

    def show_value(self, value: Any) -> None:
        if self.hasFocus() and self.value() == list(value or ()):
            return
        super().show_value(value if isinstance(value, str) else widths_text(value or ()))


def parse_widths(text: str) -> list[Any]:
    """Return the widths a text lists; ``16 x3`` and ``16×3`` stand for three layers of 16."""
    joined = re.sub(r"\s*[x×*]\s*(?=\d)", "×", text.strip())
    found: list[Any] = []
    for part in re.split(r"[,;\s]+", joined):
        width, times, count = part.partition("×")
        if times and count.isdecimal() and len(count) <= 4 and int(count) <= LONGEST_RUN:
            found.extend([parse_number(width, whole=True)] * int(count))
        elif part:
            found.append(parse_number(part, whole=True))
    return found


def widths_text(widths: Any) -> str:
    """Return widths as short as they can be typed: ``16 ×3, 8``."""
    groups: list[list[Any]] = []
    for width in widths:
        if groups and groups[-1][0] == width:
            groups[-1][1] += 1
        else:
            groups.append([width, 1])
    return ", ".join(f"{width} ×{count}" if count > 1 else f"{width}" for width, count in groups)


class Combo(QComboBox):
    """A list to choose from, its arrow drawn sharp, its text cut with an ellipsis where it is too long."""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        room = self.width() - 34
        option.currentText = self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, room)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = self.palette().color(QPalette.ColorRole.PlaceholderText if not self.isEnabled()
                                   else QPalette.ColorRole.Text)
        painter.setPen(QPen(ink, 1.3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        x, y = self.width() - 14.0, self.height() / 2
        painter.drawPolyline(QPolygonF([QPointF(x - 3.5, y - 2), QPointF(x, y + 2), QPointF(x + 3.5, y - 2)]))
        painter.end()


class ChoiceField(Combo):
    """One of a few named values; each says in its tooltip what it does."""

    edited = Signal(object)
    committed = Signal()

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        for option in field.options:
            self.addItem(option.title, option.value)
            self.setItemData(self.count() - 1, option.tip or None, Qt.ItemDataRole.ToolTipRole)
        self.setAccessibleName(field.label)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(4)
        self.setMaxVisibleItems(20)
        self.activated.connect(self._on_activated)
        self._describe()

    def value(self) -> Any:
        return self.currentData()

    def show_value(self, value: Any) -> None:
        index = self.findData(value)
        if index != self.currentIndex():
            self.setCurrentIndex(index)
        self._describe()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the wheel scrolls the form; it must not change an experiment in passing

    def showPopup(self) -> None:
        # The field is narrow, its list need not be.
        wanted = max(self.fontMetrics().horizontalAdvance(self.itemText(i)) for i in range(self.count())) + 40
        self.view().setMinimumWidth(max(self.width(), wanted))
        super().showPopup()

    def _on_activated(self) -> None:
        self._describe()
        self.edited.emit(self.value())
        self.committed.emit()

    def _describe(self) -> None:
        tip = self.currentData(Qt.ItemDataRole.ToolTipRole) or ""
        self.setToolTip(f"{self.field.tip}<br><br>{tip}" if tip else self.field.tip)


class ActivationField(ChoiceField):
    """The activation of all hidden layers; says "Per layer" where they differ."""

    PER_LAYER = "per layer"

    def show_value(self, value: Any) -> None:
        mixed = not isinstance(value, str)
        index = self.findData(self.PER_LAYER)
        if mixed and index < 0:
            self.addItem("Per layer", self.PER_LAYER)
        elif not mixed and index >= 0:
            self.removeItem(index)
        super().show_value(self.PER_LAYER if mixed else value)

    def _on_activated(self) -> None:
        if self.value() != self.PER_LAYER:
            super()._on_activated()


class FlagField(QCheckBox):
    """On or off."""

    edited = Signal(object)
    committed = Signal()

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.setToolTip(field.tip)
        self.setAccessibleName(field.label)
        self.clicked.connect(self._on_clicked)

    def value(self) -> Any:
        return self.isChecked()

    def show_value(self, value: Any) -> None:
        self.setChecked(bool(value))

    def _on_clicked(self) -> None:
        self.edited.emit(self.isChecked())
        self.committed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.isChecked():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = self.palette().color(QPalette.ColorRole.HighlightedText)
        painter.setPen(QPen(ink, 1.8, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        size = 17.0
        x, y = 0.0, (self.height() - size) / 2
        painter.drawPolyline(QPolygonF([
            QPointF(x + 4.5, y + size * 0.52), QPointF(x + size * 0.44, y + size * 0.70),
            QPointF(x + size - 4.5, y + size * 0.32),
        ]))
        painter.end()


class FlagsField(QWidget):
    """Any of a few values, as buttons that stay down."""

    edited = Signal(object)
    committed = Signal()

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.buttons: dict[str, QToolButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for option in field.options:
            button = QToolButton(self)
            button.setText(option.title)
            button.setCheckable(True)
            button.setProperty("role", "pill")
            button.setToolTip(option.tip)
            button.setAccessibleName(f"{field.label}: {option.title}")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(self._on_clicked)
            self.buttons[option.value] = button
            row.addWidget(button)
        row.addStretch(1)
        self.setToolTip(field.tip)

    def value(self) -> Any:
        return [name for name, button in self.buttons.items() if button.isChecked()]

    def show_value(self, value: Any) -> None:
        for name, button in self.buttons.items():
            button.setChecked(name in (value or ()))

    def _on_clicked(self) -> None:
        self.edited.emit(self.value())
        self.committed.emit()


class PathField(Typed):
    """A path: at rest the name of the file, which is what there is room for; with the focus the whole."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._path = ""

    def value(self) -> Any:
        return self._path

    def show_value(self, value: Any) -> None:
        self._path = "" if value is None else str(value)
        super().show_value(self._path if self.hasFocus() else Path(self._path).name)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.setText(self._path)
        self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        super().show_value(Path(self._path).name)

    def _on_text(self) -> None:
        self._path = self.text()
        super()._on_text()


class FileField(QWidget):
    """A path, typed or picked."""

    edited = Signal(object)
    committed = Signal()

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.line = PathField(field, self)
        self.line.setPlaceholderText("file")
        self.browse = QPushButton("…", self)
        self.browse.setToolTip("Choose a file")
        self.browse.setAccessibleName("Choose a file")
        self.browse.setFixedWidth(36)
        self.browse.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setFocusProxy(self.line)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.line, 1)
        row.addWidget(self.browse)
        self.line.edited.connect(self.edited)
        self.line.committed.connect(self.committed)
        self.browse.clicked.connect(self._pick)

    def value(self) -> Any:
        return self.line.value()

    def show_value(self, value: Any) -> None:
        self.line.show_value(value or "")
        self.line.setToolTip(f"{self.field.tip}<br><br>{escape(str(value))}" if value else self.field.tip)

    def _pick(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Choose a file", self.line.value())
        if path:
            self.line.show_value(path)
            self.edited.emit(path)
            self.committed.emit()


class LongTextField(QPlainTextEdit):
    """Several lines of free text."""

    edited = Signal(object)
    committed = Signal()

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.setToolTip(field.tip)
        self.setAccessibleName(field.label)
        self.setTabChangesFocus(True)
        self.setPlaceholderText("What this experiment is meant to show")
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.textChanged.connect(self._on_text)
        self._showing = False

    def value(self) -> Any:
        return self.toPlainText()

    def show_value(self, value: Any) -> None:
        if value != self.toPlainText():
            self._showing = True
            self.setPlainText(value or "")
            self._showing = False

    def sizeHint(self) -> QSize:
        return QSize(120, 64)

    def _on_text(self) -> None:
        if not self._showing:
            self.edited.emit(self.toPlainText())

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.committed.emit()


def make_editor(field: Field, parent: QWidget | None = None) -> Any:
    """Return the control for a field."""
    kinds: dict[str, Any] = {
        "number": NumberField, "integer": NumberField, "count_or_word": NumberField, "flag": FlagField,
        "choice": ChoiceField, "text": TextField, "long_text": LongTextField, "numbers": ListField,
        "words": ListField, "flags": FlagsField, "widths": WidthsField, "activation": ActivationField,
        "file": FileField,
    }
    return kinds[field.kind](field, parent)
