"""The keys of undo and redo, and whether a field of text or the whole form answers them.

While what was typed into a field is not meant yet, they go through the typing; otherwise the
field leaves them to the window, which takes back changes of the form.
"""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

Wish = Literal["", "undo", "redo"]

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def wish(event: QKeyEvent) -> Wish:
    """Return what the keys ask for, the same on every desktop; empty if neither."""
    keys = (event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier)
    if keys == (Qt.Key.Key_Z, CONTROL) or event.matches(QKeySequence.StandardKey.Undo):
        return "undo"
    redo = ((Qt.Key.Key_Z, CONTROL | SHIFT), (Qt.Key.Key_Y, CONTROL))
    return "redo" if keys in redo or event.matches(QKeySequence.StandardKey.Redo) else ""
