"""The kinds of files of the lab, told apart by their key `kind`, and how each is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from training.errors import ExperimentError, InputError, Problem, did_you_mean
from training.toml_file import read_text, without_long_strings

LARGEST_BYTES = 1_000_000
"""The largest file of any kind: a recorded run with thousands of edits."""
KIND = re.compile(r"""\s*["']?kind["']?\s*=\s*(["'])(\w{1,40})\1""")
SCHEMA_DIALECT = {"$schema": "https://json-schema.org/draft/2020-12/schema"}


@dataclass(frozen=True)
class FileKind:
    """One kind of file.

    Attributes
    ----------
    name
        Value of the key `kind`; an experiment has no such key.
    what
        In words.
    advice
        What a file of this kind is for.
    module
        Its functions `load` and `json_schema` know the rest. Imported when it is needed.
    """

    name: str
    what: str
    advice: str
    module: str

    def load(self, path: Path) -> Any:
        """Read and check a file of this kind."""
        return self._function("load")(path)

    def json_schema(self) -> dict[str, Any]:
        """Return its JSON Schema, for editors."""
        schema: dict[str, Any] = self._function("json_schema")()
        return schema

    def _function(self, name: str) -> Callable[..., Any]:
        function: Callable[..., Any] = getattr(import_module(self.module), name)
        return function


_ROWS = (
    FileKind("experiment", "an experiment", "run it, or open it in the window", "training.experiment_file"),
    FileKind("scenario", "a scenario", "open it from the Scenarios page, or run it with: python main.py replay FILE",
             "training.scenarios.scenario_file"),
    FileKind("run", "a recorded run", "open it from the Runs page, or make it again with: python main.py replay FILE",
             "training.recordings.recording_file"),
    FileKind("lab", "a lab", "open it from the Guide page", "training.labs.lab_file"),
    FileKind("result", "a learner's result", "grade it with: python main.py grade FILE", "training.labs.learner"),
)  # fmt: skip

KINDS: dict[str, FileKind] = {row.name: row for row in _ROWS}


def kind_named(name: str) -> FileKind:
    """Return the kind of that name.

    Raises
    ------
    InputError
        If there is none.
    """
    if name not in KINDS:
        raise InputError(f"'{name}' is no kind of file", allowed=", ".join(KINDS), hint=did_you_mean(name, KINDS))
    return KINDS[name]


def kind_of(values: dict[str, Any]) -> FileKind:
    """Return what kind of file the values come from.

    Raises
    ------
    ExperimentError
        If there is no such kind.
    """
    if "kind" not in values and isinstance(values.get("experiment"), dict):
        raise ExperimentError([Problem("kind", 'is missing; a scenario begins with kind = "scenario"')])
    name = values.get("kind", "experiment")
    if not isinstance(name, str) or name not in KINDS or ("kind" in values and name == "experiment"):
        named = [kind for kind in KINDS if kind != "experiment"]
        hint = did_you_mean(str(name), named)
        message = f"not one of {', '.join(named)}" + (f"; {hint}" if hint else "; an experiment has no such key")
        raise ExperimentError([Problem("kind", message, value=name if isinstance(name, str) else None)])
    return KINDS[name]


def expect_kind(values: dict[str, Any], expected: str, where: str) -> None:
    """Raise if values of a file are of another kind than expected; the message says which, and what to do with it.

    Raises
    ------
    InputError
    """
    wanted, found = KINDS[expected], kind_of(values)
    if found is not wanted:
        raise InputError(f"this is {found.what}, not {wanted.what}", where=where, hint=found.advice)


def load(path: Path) -> Any:
    """Read and check a file of any kind.

    Raises
    ------
    InputError, ExperimentError
        If it cannot be read, or holds mistakes; all of them are told.
    """
    return read_kind(path).load(path)


def read_kind(path: Path) -> FileKind:
    """Return what kind of file this says it is; one that says nothing sensible is left to the reader of experiments.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    return KINDS.get(kind_said(read_text(path, "a file of the lab", max_bytes=LARGEST_BYTES)), KINDS["experiment"])


def kind_said(text: str) -> str:
    """Return the value of the key `kind` before the first table of TOML text, or "".

    Without parsing it, as that would take a large file twice as long: whoever reads it then makes sure of the kind.
    """
    for line in without_long_strings(text).split("\n"):
        found = KIND.match(line)
        if found or line.lstrip().startswith("["):
            return found[2] if found else ""
    return ""
