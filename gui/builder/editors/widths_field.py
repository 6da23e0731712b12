"""The widths of the hidden layers, in one line."""

from __future__ import annotations

import re
from typing import Any

from gui.builder.editors.number_text import parse_number
from gui.builder.editors.typed import Typed

LONGEST_RUN = 1000
"""Of layers that one width may stand for: "16 ×1000"."""


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
