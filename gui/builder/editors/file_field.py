"""A path of the form."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from gui.builder.editors.base import Editor
from gui.builder.editors.typed import Typed
from gui.builder.fields import Field
from gui.panels.panel import scale


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


class FileField(Editor, QWidget):
    """A path, typed or picked."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.take(field)
        self.line = PathField(field, self)
        self.line.setPlaceholderText("file")
        self.browse = QPushButton("…", self)
        self.browse.setToolTip("Choose a file")
        self.browse.setAccessibleName("Choose a file")
        self.browse.setFixedWidth(round(36 * scale()))
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
            self.report()
