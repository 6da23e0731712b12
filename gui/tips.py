"""Texts that others wrote, shown as they are: Qt takes anything that looks like HTML for HTML."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget


def plain_tip(text: str) -> str:
    """Return a tooltip that shows `text` letter by letter, broken where it is too long for a line."""
    return f"<qt>{escape(text).replace(chr(10), '<br>')}</qt>" if text else ""


def button_text(text: str) -> str:
    """Return the text for a button or a menu that shows `text` letter by letter: there & marks a key."""
    return text.replace("&", "&&")


def title_text(text: str) -> str:
    """Return the text for a window's title that shows `text` letter by letter: there [*] marks changes."""
    return text.replace("[*]", "[*][*]")


def plain_label(text: str = "", parent: QWidget | None = None) -> QLabel:
    """Return a label that shows its text letter by letter."""
    label = QLabel(parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setText(text)
    return label
