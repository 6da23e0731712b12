"""Which control edits which kind of value."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from gui.builder.editors.choice_field import ActivationField, ChoiceField
from gui.builder.editors.file_field import FileField
from gui.builder.editors.flag_field import FlagField
from gui.builder.editors.flags_field import FlagsField
from gui.builder.editors.list_field import ListField
from gui.builder.editors.long_text_field import LongTextField
from gui.builder.editors.number_field import NumberField
from gui.builder.editors.typed import TextField
from gui.builder.editors.widths_field import WidthsField
from gui.builder.fields import Field, Kind

KINDS: dict[Kind, Any] = {
    "number": NumberField, "integer": NumberField, "count_or_word": NumberField, "flag": FlagField,
    "choice": ChoiceField, "text": TextField, "long_text": LongTextField, "numbers": ListField,
    "words": ListField, "flags": FlagsField, "widths": WidthsField, "activation": ActivationField,
    "file": FileField,
}  # fmt: skip


def make_editor(field: Field, parent: QWidget | None = None) -> Any:
    """Return the control for a field."""
    return KINDS[field.kind](field, parent)
