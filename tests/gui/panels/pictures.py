"""What can be said of a picture of a widget whatever the fonts."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QWidget


def pixels(widget: QWidget) -> np.ndarray:
    """Return a picture of the widget, [height, width, 3]."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    raw = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(image.height(), image.bytesPerLine())
    return raw[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def colors_in(widget: QWidget) -> int:
    """Return how many different colors a picture of the widget has: a blank one has few."""
    return len(np.unique(pixels(widget).reshape(-1, 3), axis=0))


def has_color(widget: QWidget, color: str, *, least: int = 3, within: int = 24) -> bool:
    """Tell whether at least so many pixels are nearly of a color."""
    wanted = np.array(QColor(color).getRgb()[:3], dtype=int)
    near = np.abs(pixels(widget).astype(int) - wanted).max(axis=2) <= within
    return int(near.sum()) >= least
