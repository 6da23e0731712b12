"""The interface scale, as panels know it."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication

from gui.theme import BASE_PX


def scale() -> float:
    """Return the interface scale: the size of the application's font against the usual one."""
    pixels = QApplication.font().pixelSize()
    return pixels / BASE_PX if pixels > 0 else 1.0
