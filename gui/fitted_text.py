"""Text in a room of a given size: the largest type in which all of it can be read, cut only where nothing helps."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetrics

from gui.theme import text_font

SIZES = (12, 11, 10.5)  # in pixels, at an interface scale of 1


def fitted(texts: Sequence[str], width: int, height: int, scale: float) -> tuple[str, float]:
    """Return the first of `texts`, longest first, that fits, and the size of its type in pixels."""
    for text in texts:
        for px in SIZES:
            if height_of(text, px, scale, width) <= height:
                return text, px
    return _cut(texts[-1], SIZES[-1], scale, width, height), SIZES[-1]


def height_of(text: str, px: float, scale: float, width: int) -> int:
    """Return the pixels that a text takes, broken into lines of a width."""
    metrics = QFontMetrics(text_font(scale, px=px))
    return metrics.boundingRect(QRect(0, 0, max(1, width), 100_000), Qt.TextFlag.TextWordWrap, text).height()


def _cut(text: str, px: float, scale: float, width: int, height: int) -> str:
    """Return as many words as there is room for."""
    words = text[:2000].split()
    low, high = 0, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        if height_of(" ".join(words[:middle]) + " …", px, scale, width) <= height:
            low = middle
        else:
            high = middle - 1
    return " ".join(words[:low]) + " …"
