"""What there is to edit, read from the experiment's models: a new field there shows up in the form by itself."""

from __future__ import annotations

import inspect
import types
import typing
from dataclasses import dataclass
from html import escape
from typing import Any, Literal, Union

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gui.builder import wording
from training.choice import Choice
from training.descriptions import descriptions
from training.experiment import Experiment
from training.validation import TAGS, variants

Kind = Literal["number", "integer", "count_or_word", "flag", "choice", "text", "long_text", "numbers", "words",
               "flags", "widths", "activation", "file"]

# Fields that need an editor of their own.
SPECIAL: dict[str, Kind] = {
    "network.hidden": "widths", "network.activation": "activation", "notes": "long_text",
    "data.path": "file", "batch_size": "count_or_word",
}


@dataclass(frozen=True)
class Option:
    """One value of a choice: how it is shown and what it does."""

    value: str
    title: str
    tip: str = ""


@dataclass(frozen=True)
class Field:
    """One editable value of an experiment."""

    key: str
    label: str
    tip: str
    kind: Kind
    options: tuple[Option, ...] = ()
    default: Any = None
    low: float | None = None
    high: float | None = None


def section_fields(section: str, tag: str = "") -> tuple[Field, ...]:
    """Return the fields of a section ("" for the experiment's own), nested ones included; `tag` picks the variant."""
    if not section:
        described = descriptions(Experiment)
        return tuple(
            _field(name, info, described.get(name, ""))
            for name, info in Experiment.model_fields.items() if not _is_section(info.annotation)
        )
    if section in TAGS:
        return (_tag_field(section), *_fields_of(variants(section)[tag], section, skip=TAGS[section][0]))
    model: Any = Experiment
    for part in section.split("."):
        model = model.model_fields[part].annotation
    return tuple(_fields_of(model, section))


def _fields_of(model: type[BaseModel], prefix: str, skip: str = "") -> tuple[Field, ...]:
    found: list[Field] = []
    described = descriptions(model)
    for name, info in model.model_fields.items():
        key = f"{prefix}.{name}"
        if name == skip:
            continue
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            found.extend(_fields_of(info.annotation, key))
        else:
            found.append(_field(key, info, described.get(name, "")))
    return tuple(found)


def _field(key: str, info: FieldInfo, description: str) -> Field:
    low, high = _bounds(info.metadata)
    default = None if info.is_required() else info.default
    options = _options(key, info)
    return Field(key, wording.label(key), _tip(key, info, description), _kind(key, info), options, default, low, high)


def _tag_field(section: str) -> Field:
    key = f"{section}.{TAGS[section][0]}"
    options = tuple(
        Option(name, wording.title(key, name), wording.option_tip(key, name) or _first_line(model))
        for name, model in variants(section).items()
    )
    return Field(key, wording.label(key), wording.TAG_TIPS.get(key, ""), "choice", options)


def _kind(key: str, info: FieldInfo) -> Kind:
    if key in SPECIAL:
        return SPECIAL[key]
    annotation = info.annotation
    if _names(info):
        return "choice"
    if typing.get_origin(annotation) is tuple:
        inner = typing.get_args(annotation)[0]
        if typing.get_origin(inner) is Literal:
            return "flags"
        return "words" if inner is str else "numbers"
    kinds: dict[Any, Kind] = {bool: "flag", int: "integer", float: "number", str: "text"}
    return kinds[annotation]


def _options(key: str, info: FieldInfo) -> tuple[Option, ...]:
    names = tuple(wording.table(key)) if key == "network.activation" else _names(info)
    if not names and typing.get_origin(info.annotation) is tuple:
        inner = typing.get_args(info.annotation)[0]
        names = typing.get_args(inner) if typing.get_origin(inner) is Literal else ()
    return tuple(Option(name, wording.title(key, name), wording.option_tip(key, name)) for name in names)


def _names(info: FieldInfo) -> tuple[str, ...]:
    if typing.get_origin(info.annotation) is Literal:
        return typing.get_args(info.annotation)
    return tuple(name for mark in info.metadata if isinstance(mark, Choice) for name in mark.names)


def _bounds(metadata: list[Any]) -> tuple[float | None, float | None]:
    low = next((getattr(mark, name) for mark in metadata for name in ("ge", "gt") if hasattr(mark, name)), None)
    high = next((getattr(mark, name) for mark in metadata for name in ("le", "lt") if hasattr(mark, name)), None)
    return low, high


def _tip(key: str, info: FieldInfo, description: str) -> str:
    parts = [f"<b>{escape(wording.label(key))}</b>", escape(description)]
    allowed = _allowed(info)
    if allowed:
        parts.append(f"<i>{escape(allowed)}</i>")
    parts.append(f"<code>{escape(key)}</code>")
    return "<br>".join(part for part in parts if part)


def _allowed(info: FieldInfo) -> str:
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    return ", ".join(
        f"{sign} {getattr(mark, name):g}"
        for mark in info.metadata for name, sign in signs.items() if hasattr(mark, name)
    )


def _first_line(model: type[BaseModel]) -> str:
    return escape((inspect.getdoc(model) or "").partition("\n")[0])


def _is_section(annotation: Any) -> bool:
    if isinstance(annotation, type):
        return issubclass(annotation, BaseModel)
    if typing.get_origin(annotation) in (Union, types.UnionType):
        return any(_is_section(part) for part in typing.get_args(annotation))
    if typing.get_origin(annotation) is typing.Annotated:
        return _is_section(typing.get_args(annotation)[0])
    return False
