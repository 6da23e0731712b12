"""Numbers or words of the form, in one line."""

from __future__ import annotations

import re
from typing import Any

from gui.builder import wording
from gui.builder.editors.number_text import parse_number
from gui.builder.editors.typed import Typed


class ListField(Typed):
    """Numbers or words, separated by commas."""

    def value(self) -> Any:
        parts = [part.strip() for part in re.split(r"[,;]" if self.field.kind == "words" else r"[,;\s]+", self.text())]
        parts = [part for part in parts if part]
        if self.field.kind == "words":
            return parts
        return [parse_number(part, whole=False) for part in parts]

    def show_value(self, value: Any) -> None:
        if self.hasFocus() and self.value() == list(value or ()):
            return
        super().show_value(", ".join(wording.number(item) for item in value or ()))
