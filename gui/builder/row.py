"""One row of the form: a label, its controls, and below them what is wrong."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QTextDocumentFragment
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QLineEdit, QPlainTextEdit, QSizePolicy, QWidget

from gui.builder.editors import FlagField, FlagsField, Typed, WidthsField, make_editor
from gui.builder.fields import Field
from gui.panels.painting import painter_on
from gui.theme import Theme, mix
from gui.tips import plain_label

EDITOR_WIDTH = 128
ROW_HEIGHT = 25
LIT_MS = 1200


class Row(QWidget):
    """A label and the controls of one or two fields that belong together."""

    edited = Signal(str, object)
    committed = Signal(str)
    abandoned = Signal(str)

    def __init__(self, fields: tuple[Field, ...], scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fields = fields
        self.editors: dict[str, Any] = {}
        self._problem_shown = ""
        self._scale = scale
        self._light = ""
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(2)
        self.label = QLabel(fields[0].label, self)
        self.label.setProperty("role", "label")
        self.label.setToolTip(fields[0].tip)
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.error = plain_label(parent=self)
        self.error.setProperty("role", "error")
        self.error.setWordWrap(True)
        self.error.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.error.hide()
        self._place(scale)

    def _place(self, scale: float) -> None:
        holder = QWidget(self)
        controls = QHBoxLayout(holder)
        controls.setSpacing(4)
        controls.setContentsMargins(0, 0, 0, 0)
        wide = False
        for field in self.fields:
            editor = make_editor(field, self)
            self.editors[field.key] = editor
            editor.edited.connect(lambda value, key=field.key: self.edited.emit(key, value))
            editor.committed.connect(lambda key=field.key: self.committed.emit(key))
            if isinstance(editor, Typed):
                editor.abandoned.connect(lambda key=field.key: self.abandoned.emit(key))
            if not isinstance(editor, FlagField | FlagsField | QPlainTextEdit):
                editor.setFixedHeight(round(ROW_HEIGHT * scale))
                editor.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            wide = wide or isinstance(editor, FlagsField | QPlainTextEdit)
            editor.setMinimumWidth(0)
            controls.addWidget(editor, 1 if not isinstance(editor, FlagField) else 0)
        if isinstance(self.editors[self.fields[0].key], FlagField):
            self.label.setBuddy(self.editors[self.fields[0].key])
        if wide:
            self._grid.addWidget(self.label, 0, 0, 1, 2)
            self._grid.addWidget(holder, 1, 0, 1, 2)
        else:
            self._grid.addWidget(self.label, 0, 0)
            if not self._only_flags():
                holder.setFixedWidth(round(EDITOR_WIDTH * scale))
            self._grid.addWidget(holder, 0, 1)
            self.label.setMinimumHeight(round(ROW_HEIGHT * scale))
            self._grid.setColumnStretch(0, 1)
        self._grid.addWidget(self.error, 2, 0, 1, 2)

    def _only_flags(self) -> bool:
        return all(isinstance(editor, FlagField) for editor in self.editors.values())

    def add_inside(self, editor: QWidget, button: QWidget) -> None:
        """Put a small button at the right end of a control."""
        inside = QHBoxLayout(editor)
        inside.setContentsMargins(0, 0, 3, 0)
        inside.addStretch(1)
        inside.addWidget(button)
        if isinstance(editor, QLineEdit):
            editor.setTextMargins(0, 0, inside.sizeHint().width(), 0)  # the text ends where the button begins

    def add_below(self, widget: QWidget) -> None:
        """Put a widget under the row, over its whole width."""
        self._grid.addWidget(widget, 3, 0, 1, 2)

    def show_value(self, key: str, value: Any) -> None:
        """Show the value of one of the row's fields; nothing is reported as edited."""
        self.editors[key].show_value(value)

    def show_problem(self, text: str, keys: frozenset[str]) -> None:
        """Show what is wrong with the fields in `keys`; an empty text clears it."""
        for key, editor in self.editors.items():
            target = getattr(editor, "line", editor)
            invalid = key in keys
            if bool(target.property("invalid")) != invalid:
                target.setProperty("invalid", invalid)
                target.style().unpolish(target)
                target.style().polish(target)
            told = (text if invalid else "", _plain(editor.toolTip()))
            target.setAccessibleDescription(". ".join(part for part in told if part))
        if text != self._problem_shown:
            self._problem_shown = text
            self.error.setText(text)
            self.error.setVisible(bool(text))

    def light_up(self, theme: Theme) -> None:
        """Light the row up for a moment: this is what has just changed."""
        self._light = mix(theme.surface, theme.accent, 0.3)
        self.update()
        QTimer.singleShot(LIT_MS, self, self._go_dark)

    def _go_dark(self) -> None:
        self._light = ""
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._light:
            with painter_on(self) as painter:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(self._light))
                painter.drawRoundedRect(QRectF(self.rect()), 4 * self._scale, 4 * self._scale)

    def show_mark(self, key: str, mark: str, theme: Theme) -> None:
        """Mark a field as "live" (applies at once) or "on reset" (waits for the next run)."""
        editor = self.editors[key]
        if isinstance(editor, Typed) and not isinstance(editor, WidthsField):
            color = QColor(theme.accent if mark == "live" else theme.warn)
            editor.set_mark(mark, color, quiet=mark == "live" and key != "optimizer.lr")
        role = "note" if mark == "on reset" else "label"
        if key == self.fields[0].key and self.label.property("role") != role:
            self.label.setProperty("role", role)
            self.label.style().unpolish(self.label)
            self.label.style().polish(self.label)


@lru_cache(maxsize=256)
def _plain(tip: str) -> str:
    """Return a tooltip without its markup, which screen readers would read out."""
    return QTextDocumentFragment.fromHtml(tip).toPlainText()
