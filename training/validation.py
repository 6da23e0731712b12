"""From plain data to an experiment, and from one experiment to another, with errors people can act on."""

from __future__ import annotations

import difflib
import itertools
import json
import types
import typing
from collections.abc import Iterator
from typing import Any, Union

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from training.errors import MAX_PROBLEMS, ExperimentError, Problem, did_you_mean
from training.experiment import Experiment

# The key that tells the variants of a section apart, and the variant meant where it is left out.
TAGS = {
    "data": ("dataset", "two_spirals"),
    "loss": ("kind", "cross_entropy"),
    "optimizer": ("method", "adam"),
    "schedule": ("kind", "constant"),
}


def validate(values: dict[str, Any], *, file: str = "") -> Experiment:
    """Return the experiment that `values` (as read from TOML or JSON) describe.

    Raises
    ------
    ExperimentError
        With every mistake: dotted key, value given, what is allowed and the nearest match.
    """
    complete = {key: _with_tag(key, value) for key, value in values.items()}
    try:
        # By way of JSON, so that arrays become tuples while numbers in quotes stay errors.
        return Experiment.model_validate_json(json.dumps(complete, default=str))
    except ValidationError as error:
        first = itertools.islice(error.errors(include_url=False), MAX_PROBLEMS)
        problems = _merged([problem for item in first for problem in _problems(item)])
        raise ExperimentError(problems, file=file, more=max(0, error.error_count() - MAX_PROBLEMS)) from None
    except ValueError:  # Python refuses to write thousands of digits
        raise ExperimentError([Problem("", "holds a number with too many digits")], file=file) from None
    except RecursionError:
        raise ExperimentError([Problem("", "nested too deeply")], file=file) from None


def replace(experiment: Experiment, changes: dict[str, Any]) -> Experiment:
    """Return `experiment` with some values changed, validated again as a whole.

    Parameters
    ----------
    changes
        Dotted keys and their new values, e.g. ``{"optimizer.lr": 0.1}``. Changing the tag of a
        variant (``optimizer.method``, ``schedule.kind``, ``loss.kind``, ``data.dataset``) keeps the
        values that the new variant also has and drops the others.

    Raises
    ------
    ExperimentError
        If a key does not exist or the result is not valid.
    """
    values = as_values(experiment)
    for key in sorted(changes, key=lambda key: not is_tag(key)):  # tags first: they decide which keys exist
        _set(values, key, _plain(changes[key]))
    return validate(values)


def as_values(experiment: Experiment) -> dict[str, Any]:
    """Return the experiment as nested dicts of plain values, ready for TOML or JSON."""
    values: dict[str, Any] = experiment.model_dump(mode="json")
    return values


def get(experiment: Experiment, key: str) -> Any:
    """Return the value at a dotted key, such as ``"stopping.early.patience"``."""
    value: Any = experiment
    for part in key.split("."):
        value = getattr(value, part)
    return value


def is_tag(key: str) -> bool:
    """Tell whether a dotted key selects a variant of its section."""
    section, _, name = key.partition(".")
    return section in TAGS and TAGS[section][0] == name


def variant_fields(section: str, tag: str) -> dict[str, FieldInfo]:
    """Return the fields of the variant `tag` of a section with variants, by name."""
    return variants(section)[tag].model_fields


def variants(section: str) -> dict[str, type[BaseModel]]:
    """Return the models of a section with variants, by the value of their tag."""
    tag = TAGS[section][0]
    found: dict[str, type[BaseModel]] = {}
    for model in _models_in(Experiment.model_fields[section].annotation):
        for name in _tag_values(model.model_fields[tag]):
            found[name] = model
    return found


def keys_of(experiment: Experiment) -> list[str]:
    """Return every dotted key of `experiment`."""
    return list(_dotted(as_values(experiment)))


def _with_tag(section: str, value: Any) -> Any:
    if section in TAGS and isinstance(value, dict):
        tag, default = TAGS[section]
        return {tag: default, **value}
    return value


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value


def _set(values: dict[str, Any], key: str, value: Any) -> None:
    *path, name = key.split(".")
    section = values
    for part in path:
        inner = section.get(part)
        if not isinstance(inner, dict):
            raise _unknown_key(values, key)
        section = inner
    if is_tag(key):
        _switch_variant(values, path[0], value)
    elif name in section or (path and path[0] in TAGS and name in _variant_keys(values, path[0])):
        section[name] = value
    else:
        raise _unknown_key(values, key)


def _variant_keys(values: dict[str, Any], section: str) -> list[str]:
    model = variants(section).get(values[section].get(TAGS[section][0]))
    return list(model.model_fields) if model else []


def _switch_variant(values: dict[str, Any], section: str, tag: Any) -> None:
    models = variants(section)
    name = TAGS[section][0]
    if isinstance(tag, str) and tag in models:
        fields = models[tag].model_fields
        kept = {key: value for key, value in values[section].items() if key in fields}
        values[section] = {**kept, name: tag}
    else:
        values[section] = {**values[section], name: tag}  # reported by the validation that follows


def _unknown_key(values: dict[str, Any], key: str) -> ExperimentError:
    keys = list(_dotted(values))
    prefix = key.rpartition(".")[0]
    siblings = [other.rpartition(".")[2] for other in keys if other.rpartition(".")[0] == prefix]
    message = "there is no such key"
    hint = _nearest_key(key, keys, siblings)
    if hint:
        message += f"; {hint}"
    elif siblings:
        message += f"; allowed here: {', '.join(sorted(siblings))}"
    return ExperimentError([Problem(key, message)])


def _nearest_key(key: str, keys: list[str], siblings: list[str]) -> str:
    prefix, _, name = key.rpartition(".")
    if prefix and siblings:  # compare without the section: "optimizer." in common makes all its keys look near
        near = difflib.get_close_matches(name, siblings, n=1, cutoff=0.5)
        return f"did you mean '{prefix}.{near[0]}'?" if near else ""
    elsewhere = [other for other in keys if other.endswith(f".{key}")]
    return f"did you mean '{elsewhere[0]}'?" if elsewhere else did_you_mean(key, keys)


def _dotted(values: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in values.items():
        yield f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _dotted(value, f"{prefix}{key}.")


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if typing.get_origin(annotation) in (Union, types.UnionType, typing.Annotated):
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
    found = []
    for same in by_key.values():
        # To a word, "must be an array" is no help where another branch takes words.
        telling = [problem for problem in same if not problem.message.endswith("valid array")] or same
        first = telling[0]
        first.message = ", or ".join(dict.fromkeys(problem.message for problem in telling))
        found.append(first)
    return found


def _problems(error: ErrorDetails) -> list[Problem]:
    if error["type"] == "value_error" and not error["loc"]:
        return [_cross_field(line) for line in error["msg"].removeprefix("Value error, ").splitlines()]
    return [_problem(error)]


def _cross_field(line: str) -> Problem:
    key, _, message = line.partition(": ")
    return Problem(key, message)


def _problem(error: ErrorDetails) -> Problem:
    location = [str(part) for part in error["loc"]]
    key = ".".join(_without_tags(location))
    context = error.get("ctx", {})
    kind, message, value = error["type"], error["msg"], error["input"]
    shown = value if isinstance(value, str | int | float | bool) else None
    if kind == "json_invalid":  # the only fault there can be in JSON just written
        return Problem("", "nested too deeply")
    if kind == "extra_forbidden":
        return Problem(key, _unknown_key_message(location), value=None)
    if kind == "literal_error":
        return Problem(key, _not_a_choice(value, _quoted_names(str(context.get("expected", "")))), value=shown)
    if kind == "union_tag_invalid":
        tag = TAGS[location[-1]][0] if location[-1] in TAGS else "kind"
        given = context.get("tag", "")
        names = _quoted_names(str(context.get("expected_tags", "")))
        return Problem(f"{key}.{tag}", _not_a_choice(given, names), value=given)
    if kind == "value_error":
        return Problem(key, message.removeprefix("Value error, "))
    return Problem(key, message.replace("Input should be", "must be"), value=shown)


def _without_tags(location: list[str]) -> list[str]:
    """Drop what pydantic adds to a location: the tag of a variant and the name of a union's branch."""
    kept = []
    for index, part in enumerate(location):
        if index == 1 and location[0] in TAGS and part in variants(location[0]):
            continue
        if part.startswith(("literal[", "constrained-", "tuple[", "function-", "nullable[")) or part in ("str", "int"):
            continue
        kept.append(part)
    return kept


def _quoted_names(text: str) -> list[str]:
    return [piece for piece in text.replace(" or ", ", ").replace("'", "").split(", ") if piece]


def _not_a_choice(value: object, names: list[str]) -> str:
    hint = did_you_mean(str(value), names)
    return f"not one of {', '.join(names)}" + (f"; {hint}" if hint else "")


def _unknown_key_message(location: list[str]) -> str:
    model: Any = Experiment
    for index, part in enumerate(location[:-1]):
        if index == 1 and location[0] in TAGS and part in variants(location[0]):
            continue
        if index == 0 and part in TAGS and len(location) > 2:
            model = variants(part)[location[1]]
            continue
        models = _models_in(model.model_fields[part].annotation) if part in model.model_fields else []
        if not models:
            break
        model = models[0]
    names = list(model.model_fields)
    hint = did_you_mean(location[-1], names)
    return "unknown key; " + (hint or f"allowed here: {', '.join(names)}")
