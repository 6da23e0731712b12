"""The menu of a panel: what it shows, where it stands, and what is saved of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu

from gui.tips import button_text

if TYPE_CHECKING:
    from gui.panels.panel import Panel

WAYS = (("left", "Left"), ("right", "Right"), ("up", "Up"), ("down", "Down"))
EXPORTS = (
    ("png", "Save as PNG…"), ("svg", "Save as SVG…"), ("csv", "Save as CSV…"),
    ("picture", "Copy picture"), ("figures", "Copy figures"),
)


class PanelMenu(QMenu):
    """Made anew whenever it opens, since pills and places change."""

    def __init__(self, panel: Panel) -> None:
        super().__init__(panel)
        self._panel = panel
        self.setToolTipsVisible(True)
        self.setAccessibleName(f"{panel.title}: options")
        self.move_menu = QMenu("Move", self)

    def open_at(self, at: QPoint) -> None:
        """Open at a place on the screen."""
        self.fill()
        self.popup(at)

    def fill(self) -> None:
        """List what the panel offers now."""
        self.clear()
        self._list_pills()
        self._list_places()
        self.addSeparator()
        for kind, text in EXPORTS:
            action = self.addAction(text)
            action.triggered.connect(lambda _=False, kind=kind: self._panel.export_wanted.emit(kind))

    def _list_pills(self) -> None:
        for pill in self._panel.pills_in_header():
            action = self.addAction(button_text(pill.accessibleName()))  # its text may be a mere sign
            action.setCheckable(pill.isCheckable())
            action.setChecked(pill.isChecked())
            action.setEnabled(pill.isEnabled())
            action.setToolTip(pill.toolTip())
            action.triggered.connect(lambda _=False, pill=pill: pill.click())
        if self._panel.other is not None:
            title, act = self._panel.other
            self.addAction(button_text(f"Show {title} here")).triggered.connect(lambda: act())
        if self.actions():
            self.addSeparator()

    def _list_places(self) -> None:
        panel = self._panel
        text = "Restore" if panel.maximized else "Maximize"
        self.addAction(f"{text}\tF9").triggered.connect(lambda: panel.maximize_wanted.emit())
        self.move_menu.clear()
        for way, name in WAYS:
            action = self.move_menu.addAction(name)
            action.setEnabled(way in panel.moves)
            action.triggered.connect(lambda _=False, way=way: panel.move_wanted.emit(way))
        self.addMenu(self.move_menu)
        self.move_menu.setEnabled(bool(panel.moves))
        self.addAction("Hide").triggered.connect(lambda: panel.hide_wanted.emit())
