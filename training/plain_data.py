"""From plain data, as read from TOML, to a validated model, with every mistake told by its dotted key."""

from __future__ import annotations

import itertools
import json
import re
import types
import typing
from typing import Any, TypeVar, Union

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from training.errors import MAX_PROBLEMS, ExperimentError, Problem, did_you_mean

Model = TypeVar("Model", bound=BaseModel)

BRANCHES = ("literal[", "constrained-", "tuple[", "function-", "nullable[")
"""How the names pydantic gives to the branches of a union begin."""


def validated(model: type[Model], values: dict[str, Any], *, file: str = "") -> Model:
    """Return the model that `values` describe.

    Raises
    ------
    ExperimentError
        With every mistake: dotted key, value given, what is allowed and the nearest match.
    """
    try:
        # By way of JSON, so that arrays become tuples while numbers in quotes stay errors.
        return model.model_validate_json(json.dumps(values, default=str))
    except ValidationError as error:
        first = itertools.islice(error.errors(include_url=False), MAX_PROBLEMS)
        problems = _merged([problem for item in first for problem in _problems(item, model)])
        raise ExperimentError(problems, file=file, more=max(0, error.error_count() - MAX_PROBLEMS)) from None
    except ValueError:  # Python refuses to write thousands of digits
        raise ExperimentError([Problem("", "holds a number with too many digits")], file=file) from None
    except RecursionError:
        raise ExperimentError([Problem("", "nested too deeply")], file=file) from None


def variants_of(root: type[BaseModel], section: str) -> dict[str, type[BaseModel]]:
    """Return the models a section may hold, by the value of the key that tells them apart; none: it has one form."""
    field = root.model_fields.get(section)
    tag = field.discriminator if field is not None else None
    found: dict[str, type[BaseModel]] = {}
    if field is not None and isinstance(tag, str):
        for model in _models_in(field.annotation):
            for name in _tag_values(model.model_fields[tag]):
                found[name] = model
    return found


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if typing.get_origin(annotation) in (Union, types.UnionType, typing.Annotated, tuple, dict):
        return [model for part in typing.get_args(annotation) for model in _models_in(part)]
    return []


def _tag_values(field: FieldInfo) -> list[str]:
    if typing.get_origin(field.annotation) is typing.Literal:
        return list(typing.get_args(field.annotation))
    return [name for mark in field.metadata for name in getattr(mark, "names", [])]


def _merged(problems: list[Problem]) -> list[Problem]:
    """Say what several branches of one key hold against a value in one line."""
    by_key: dict[str, list[Problem]] = {}
    for problem in problems:
        by_key.setdefault(problem.key, []).append(problem)
    for key in _only_lacking_their_own_faults(by_key):
        del by_key[key]
    found = []
    for same in by_key.values():
        # To a word, "must be an array" is no help where another branch takes words.
        telling = [problem for problem in same if not problem.message.endswith("valid array")] or same
        first = telling[0]
        first.message = ", or ".join(dict.fromkeys(problem.message for problem in telling))
        if first.message.endswith("valid array") and isinstance(first.value, str):
            first.message += ', in brackets: ["…"]'
        found.append(first)
    return found


def _only_lacking_their_own_faults(by_key: dict[str, list[Problem]]) -> list[str]:
    """Return the keys of arrays called too short only because what they hold is at fault, which is told anyway."""
    short = [key for key, same in by_key.items() if all("at least" in problem.message for problem in same)]
    return [key for key in short if any(other.startswith(f"{key}.") for other in by_key)]


def _problems(error: ErrorDetails, root: type[BaseModel]) -> list[Problem]:
    if error["type"] == "value_error" and not error["loc"]:
        return [_cross_field(line) for line in error["msg"].removeprefix("Value error, ").splitlines()]
    return [_problem(error, root)]


def _cross_field(line: str) -> Problem:
    key, _, message = line.partition(": ")
    return Problem(key, message)


def _problem(error: ErrorDetails, root: type[BaseModel]) -> Problem:
    location = [str(part) for part in error["loc"]]
    key = ".".join(_without_tags(location, root))
    context = error.get("ctx", {})
    kind, message, value = error["type"], error["msg"], error["input"]
    shown = value if isinstance(value, str | int | float | bool) else None
    if kind == "json_invalid":  # the only fault there can be in JSON just written
        return Problem("", "nested too deeply")
    if kind == "extra_forbidden":
        return Problem(key, _unknown_key_message(location, root), value=None)
    if kind == "literal_error":
        return Problem(key, _not_a_choice(value, _quoted_names(str(context.get("expected", "")))), value=shown)
    if kind == "union_tag_invalid":
        tag = str(context.get("discriminator", "kind")).strip("'")
        given = context.get("tag", "")
        names = _quoted_names(str(context.get("expected_tags", "")))
        return Problem(f"{key}.{tag}", _not_a_choice(given, names), value=given)
    if kind == "value_error":
        return Problem(key, message.removeprefix("Value error, "), value=shown)
    if kind == "tuple_type" and isinstance(value, dict):
        return Problem(key, f"must be one or more tables, each begun in two brackets: [[{_without_numbers(key)}]]")
    if kind == "dict_type" and isinstance(value, list):
        return Problem(key, f"must be a table of tables, each with its name: [{_without_numbers(key)}.name]")
    return Problem(key, _in_plain_words(message) + _about_quotes(kind, value), value=shown)


def _in_plain_words(message: str) -> str:
    if message == "Field required":
        return "is missing"
    message = message.replace("Input should be", "must be").replace(" after validation", "")
    message = message.replace("be a valid string", "be text in quotation marks").replace("be an object", "be a table")
    return re.sub(r"^(Tuple|Dictionary|List|String|Value) should have", "must have", message)


def _without_numbers(key: str) -> str:
    return ".".join(part for part in key.split(".") if not part.isdigit())


def _about_quotes(kind: str, value: object) -> str:
    """Return what to do about a number in quotes, or one with a comma."""
    if not kind.startswith(("int_", "float_")) or not isinstance(value, str):
        return ""
    if re.fullmatch(r"\s*[-+]?\d{1,20},\d{1,20}\s*", value):
        return ", without quotation marks and with a decimal point"
    return ", without quotation marks" if re.fullmatch(r"[-+]?\d{1,20}(\.\d{0,20})?", value) else ""


def _without_tags(location: list[str], root: type[BaseModel]) -> list[str]:
    """Drop what pydantic adds to a location: the tag of a variant and the name of a union's branch."""
    kept = []
    for index, part in enumerate(location):
        if index == 1 and part in variants_of(root, location[0]):
            continue
        if not part.startswith(BRANCHES) and part not in ("str", "int", "float", "[key]"):
            kept.append(part)
    return kept


def _quoted_names(text: str) -> list[str]:
    return [piece for piece in text.replace(" or ", ", ").replace("'", "").split(", ") if piece]


def _not_a_choice(value: object, names: list[str]) -> str:
    hint = did_you_mean(str(value), names)
    return f"not one of {', '.join(names)}" + (f"; {hint}" if hint else "")


def _unknown_key_message(location: list[str], root: type[BaseModel]) -> str:
    model: Any = root
    for index, part in enumerate(location[:-1]):
        if index == 1 and part in variants_of(root, location[0]):
            continue
        if index == 0 and len(location) > 2 and location[1] in variants_of(root, part):
            model = variants_of(root, part)[location[1]]
            continue
        if part not in model.model_fields:  # the number of a table in an array, or the name of one
            continue
        models = _models_in(model.model_fields[part].annotation)
        if not models:
            break
        model = models[0]
    names = list(model.model_fields)
    hint = did_you_mean(location[-1], names)
    return "unknown key; " + (hint or f"allowed here: {', '.join(names)}")
