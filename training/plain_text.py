"""Pydantic types for text that people read, and that strangers wrote: nothing hidden in it, and plain reasons."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that make the letters around them appear in another order than they stand in the file."""
LINE_BREAKS = ("Zl", "Zp")
MOST_MARKS = 4
"""So many accents may stand on one letter; some scripts need three, and a hundred cover the lines above."""


@dataclass(frozen=True)
class Readable:
    """Annotation marker: text without control characters, tricks of order, or towers of accents.

    Attributes
    ----------
    lines
        Whether it may have more than one line; then a tab is allowed, too.
    """

    lines: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def check(self, text: str) -> str:
        """Return `text`, or raise a ValueError that tells the character at fault."""
        if text and not text.strip():
            raise ValueError("must hold more than spaces")
        marks = 0
        for character in text:
            if character.isascii() and character.isprintable():
                marks = 0
                continue
            category = unicodedata.category(character)
            marks = marks + 1 if category in ("Mn", "Me") else 0
            if self._is_break(character, category):
                raise ValueError("must be a single line")
            if category in ("Cc", "Cs") and not (self.lines and character in "\n\t"):
                raise ValueError(f"holds the control character {_named(character)}; leave it out")
            if character in REORDERING:
                raise ValueError(f"holds {_named(character)}, which changes the order of letters; leave it out")
            if marks > MOST_MARKS:
                raise ValueError(f"holds more than {MOST_MARKS} accents on one letter")
        return text

    def _is_break(self, character: str, category: str) -> bool:
        return not self.lines and (character in "\n\r" or category in LINE_BREAKS)


class Shaped:
    """Annotation marker: the text must match a pattern, which an error tells in words.

    Parameters
    ----------
    pattern
        For the whole text; it is in the JSON Schema, too.
    words
        What it stands for: "must be …".
    """

    def __init__(self, pattern: str, words: str) -> None:
        self.pattern = pattern
        self.words = words
        self._compiled = re.compile(pattern)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> Any:
        return {**handler(schema), "pattern": f"^(?:{self.pattern})$"}

    def check(self, text: str) -> str:
        """Return `text`, or raise a ValueError that says what it must be."""
        if not self._compiled.fullmatch(text):
            raise ValueError(f"must be {self.words}")
        return text


def _named(character: str) -> str:
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X}" + (f" ({name.lower()})" if name else "")
