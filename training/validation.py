"""From plain data to an experiment, and from one experiment to another, with errors people can act on."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from training.errors import ExperimentError, Problem, did_you_mean
from training.experiment import Experiment
from training.plain_data import validated, variants_of

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
    return validated(Experiment, {key: _with_tag(key, value) for key, value in values.items()}, file=file)


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
    return variants_of(Experiment, section)


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
