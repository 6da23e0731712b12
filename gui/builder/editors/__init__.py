"""The small controls of the form: one for each kind of value."""

from gui.builder.editors.base import Editor
from gui.builder.editors.choice_field import ActivationField, ChoiceField
from gui.builder.editors.combo import Combo
from gui.builder.editors.file_field import FileField
from gui.builder.editors.flag_field import FlagField
from gui.builder.editors.flags_field import FlagsField
from gui.builder.editors.kinds import make_editor
from gui.builder.editors.list_field import ListField
from gui.builder.editors.long_text_field import LongTextField
from gui.builder.editors.number_field import NumberField
from gui.builder.editors.number_text import next_number, parse_number
from gui.builder.editors.typed import TextField, Typed
from gui.builder.editors.widths_field import WidthsField, parse_widths, widths_text

__all__ = [
    "ActivationField", "ChoiceField", "Combo", "Editor", "FileField", "FlagField", "FlagsField", "ListField",
    "LongTextField", "NumberField", "TextField", "Typed", "WidthsField", "make_editor", "next_number",
    "parse_number", "parse_widths", "widths_text",
]
