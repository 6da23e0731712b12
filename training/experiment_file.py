"""Experiments on disk: TOML files read and written whole, and a JSON Schema for editors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tomli_w

from training.atomic import write_whole
from training.errors import InputError, did_you_mean, shortened
from training.experiment import Experiment
from training.file_kinds import SCHEMA_DIALECT, expect_kind
from training.toml_file import located, parse, read_text
from training.validation import as_values, validate

PRESETS = Path(__file__).resolve().parent.parent / "presets"
EXPERIMENTS = PRESETS / "experiments"
MAX_PATH = 4_096


def find(file_or_name: str) -> Path:
    """Return a file given by path, or by the name of a shipped experiment, scenario or lab.

    Raises
    ------
    InputError
        If neither exists; the message lists what is there and the nearest match.
    """
    path = Path(absolute(file_or_name, Path())) if file_or_name.startswith("~") else Path(file_or_name)
    if path.is_file():
        return path
    shipped = shipped_files()
    if file_or_name in shipped:
        return shipped[file_or_name]
    if path.is_dir():
        raise InputError("this is a folder", where=file_or_name, hint="name a file in it")
    if path.suffix or len(path.parts) > 1:
        raise InputError("there is no such file", where=file_or_name, hint=did_you_mean(path.stem, shipped))
    raise InputError(
        f"'{file_or_name}' is neither a file nor a shipped experiment or scenario",
        allowed=", ".join(shipped),
        hint=did_you_mean(file_or_name, shipped),
    )


def shipped_experiments() -> dict[str, Path]:
    """Return the experiments that ship with the program, by name."""
    return {path.stem: path for path in sorted(EXPERIMENTS.glob("*.toml"))}


def shipped_files() -> dict[str, Path]:
    """Return all that ships with the program, by name; where two share one, the experiment has it."""
    scenarios = {path.stem: path for path in sorted(PRESETS.glob("*.toml"))}
    labs = {path.stem: path for path in sorted((PRESETS / "labs").glob("*.toml"))}
    return {**shipped_experiments(), **labs, **scenarios, **shipped_experiments()}


def load(path: Path) -> Experiment:
    """Read an experiment; a relative data path is taken from the file's own folder.

    Raises
    ------
    InputError, ExperimentError
        If the file cannot be read, is not TOML, or is not a valid experiment.
    """
    text = read_text(path, "an experiment")
    values = parse(text, str(path))
    with located(text, str(path)):
        expect_kind(values, "experiment", str(path))
        resolve_paths(values, path.parent, where=f"{path}: ")
        return validate(values, file=str(path))


def with_absolute_paths(experiment: Experiment, folder: Path) -> Experiment:
    """Return the experiment with the paths of its data, where they are relative, taken from `folder`."""
    values = as_values(experiment)
    resolve_paths(values, folder)
    return validate(values)


def loads(text: str, *, where: str = "experiment") -> Experiment:
    """Read an experiment from TOML text."""
    values = parse(text, where)
    expect_kind(values, "experiment", where)
    return validate(values, file=where)


def dumps(experiment: Experiment) -> str:
    """Return the experiment as TOML, every value spelled out, so that it reads back exactly."""
    return tomli_w.dumps(as_values(experiment))


def save(experiment: Experiment, path: Path) -> None:
    """Write the experiment whole or not at all."""
    write_whole(path, dumps(experiment).encode())


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of an experiment file, for editors that check TOML."""
    return {**SCHEMA_DIALECT, **Experiment.model_json_schema()}


def resolve_paths(values: dict[str, Any], folder: Path, *, where: str = "") -> None:
    """Make the paths of an experiment's data in `values`, where they are relative, those from `folder`."""
    data = values.get("data")
    if not isinstance(data, dict) or data.get("dataset") not in ("csv", "idx", "npz"):
        return
    for key in ("path", "labels") if data["dataset"] == "idx" else ("path",):
        value = data.get(key)
        if isinstance(value, str) and value:
            data[key] = absolute(value, folder, key=f"{where}data.{key}")


def absolute(path: str, folder: Path, *, key: str = "") -> str:
    """Return a path that may begin with ~ or be relative to `folder` as an absolute one.

    Raises
    ------
    InputError
        If it cannot be a path: it holds a null character, or the home folder of nobody.
    """
    try:
        if len(path) > MAX_PATH:  # resolving takes time that grows with the square of the length
            raise ValueError(f"longer than {MAX_PATH:,} characters")
        return str((folder / Path(path).expanduser()).resolve())
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError(f"{shortened(repr(path))} is not a path: {error}", where=key) from None
