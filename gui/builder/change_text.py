"""A change of the form in a few words: "Learning rate 0.01 → 0.1"."""

from __future__ import annotations

import functools
from itertools import groupby
from typing import Any

from gui.builder import wording
from gui.builder.editors.widths_field import widths_text
from gui.builder.fields import Kind, section_fields
from gui.builder.history import Change
from training.errors import shortened
from training.validation import TAGS, variants

SECTIONS = ("", "network", "regularization", "stopping.early", "stopping.criteria", "evaluation")
MOST_LETTERS = 28
PROSE: tuple[Kind, ...] = ("long_text",)


def change_text(change: Change) -> str:
    """Return what changed, from what to what; of prose only its name."""
    label = wording.label(change.key)
    if kinds().get(change.key) in PROSE:
        return label
    before, after = (said(change.key, state.get(change.key)) for state in (change.before, change.after))
    return f"{label} {before} → {after}"


def said(key: str, value: Any) -> str:
    """Return a value of the form in words, not too many of them."""
    return shortened(_said(kinds().get(key), key, value), MOST_LETTERS)


def _said(kind: Kind | None, key: str, value: Any) -> str:
    if value is None or value == "":
        return "empty"
    if kind == "flag":
        return "on" if value else "off"
    if kind == "widths" and isinstance(value, list | tuple):
        return widths_text(value) or "none"
    if kind == "activation" and isinstance(value, list | tuple):
        return ", ".join(_times(wording.title(key, name), len(list(same))) for name, same in groupby(value))
    if isinstance(value, list | tuple):
        return ", ".join(wording.number(item) for item in value) or "none"
    if isinstance(value, str):
        return wording.title(key, value) if kind in ("choice", "activation") else f"“{value}”"
    return wording.at_rest(key, value)


def _times(title: str, count: int) -> str:
    return f"{title} ×{count}" if count > 1 else title


@functools.cache
def kinds() -> dict[str, Kind]:
    """Return the kind of every field of every variant, by dotted key."""
    fields = [field for section in SECTIONS for field in section_fields(section)]
    fields += [field for section in TAGS for tag in variants(section) for field in section_fields(section, tag)]
    return {field.key: field.kind for field in fields}
