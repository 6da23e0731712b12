"""Toggles of a header that say less where there is less room."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize

from gui.panels.pill import Pill
from gui.panels.scale import scale

PADDING = 13
"""Pixels around a short text, border included."""


class ShortPill(Pill):
    """A toggle (or a button) with a long text and a short one, often a single sign."""

    def __init__(self, text: str, short: str, name: str, tip: str, *, checked: bool = False) -> None:
        super().__init__(text, tip, checked=checked)
        self.setAccessibleName(name)
        self.short = False
        self._texts = (text, short)

    def set_texts(self, text: str, short: str) -> None:
        """Take other texts."""
        if (text, short) != self._texts:
            self._texts = (text, short)
            self.setText(self._texts[self.short])

    def show_short(self, short: bool) -> None:
        """Show the short text or the long one."""
        if short != self.short:
            self.short = short
            self.setText(self._texts[short])

    def sizeHint(self) -> QSize:
        usual = super().sizeHint()
        if not self.short:
            return usual
        wanted = self.fontMetrics().horizontalAdvance(self.text()) + PADDING * scale()
        return QSize(min(usual.width(), round(wanted)), usual.height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


def fit(pills: Sequence[ShortPill], room: int, spacing: int) -> None:
    """Have all pills show their long texts, or, where these do not fit into the room, the short ones."""
    for short in (False, True):
        for pill in pills:
            pill.show_short(short)
        if sum(pill.sizeHint().width() + spacing for pill in pills) <= room:
            return
