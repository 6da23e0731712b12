"""Experiments on disk: TOML files read and written whole, and a JSON Schema for editors."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import tomli_w

from training.atomic import write_whole
from training.errors import SHOWN_MESSAGE, ExperimentError, InputError, Problem, did_you_mean, shortened
from training.experiment import Experiment
from training.validation import as_values, validate

PRESETS = Path(__file__).resolve().parent.parent / "presets"
EXPERIMENTS = PRESETS / "experiments"
MAX_BYTES = 250_000
"""Several times what the longest notes and thousands of features take, and little enough to be refused at once."""
MAX_PATH = 4_096
LONGEST_KEY = 120
"""Longer than any key of an experiment."""
DEEP_KEY = re.compile(
    r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){32}"""
)
"""A dotted key of more than 32 parts, which takes the TOML parser time that grows with the square of their number."""


def find(file_or_name: str) -> Path:
    """Return the file of an experiment given by path or by the name of a shipped one.

    Raises
    ------
    InputError
        If neither exists; the message lists what is there and the nearest match.
    """
    path = Path(absolute(file_or_name, Path())) if file_or_name.startswith("~") else Path(file_or_name)
    if path.is_file():
        return path
    shipped = shipped_experiments()
    if file_or_name in shipped:
        return shipped[file_or_name]
    if path.suffix or len(path.parts) > 1:
        raise InputError("there is no such file", where=file_or_name, hint=did_you_mean(path.stem, shipped))
    raise InputError(
        f"'{file_or_name}' is neither a file nor a shipped experiment",
        allowed=", ".join(shipped),
        hint=did_you_mean(file_or_name, shipped),
    )


def shipped_experiments() -> dict[str, Path]:
    """Return the experiments that ship with the program, by name."""
    return {path.stem: path for path in sorted(EXPERIMENTS.glob("*.toml"))}


def load(path: Path) -> Experiment:
    """Read an experiment; a relative data path is taken from the file's own folder.

    Raises
    ------
    InputError, ExperimentError
        If the file cannot be read, is not TOML, or is not a valid experiment.
    """
    text = _read(path)
    values = _parse(text, path)
    _resolve_paths(values, path.parent, where=f"{path}: ")
    try:
        return validate(values, file=str(path))
    except ExperimentError as error:
        lines = lines_of_keys(text)
        for problem in error.problems:
            problem.line_number = line_of(lines, problem.key)
        raise ExperimentError(error.problems, file=str(path), more=error.more) from None


def with_absolute_paths(experiment: Experiment, folder: Path) -> Experiment:
    """Return the experiment with the paths of its data, where they are relative, taken from `folder`."""
    values = as_values(experiment)
    _resolve_paths(values, folder)
    return validate(values)


def loads(text: str, *, where: str = "experiment") -> Experiment:
    """Read an experiment from TOML text."""
    return validate(_parse(text, Path(where)), file=where)


def dumps(experiment: Experiment) -> str:
    """Return the experiment as TOML, every value spelled out, so that it reads back exactly."""
    return tomli_w.dumps(as_values(experiment))


def save(experiment: Experiment, path: Path) -> None:
    """Write the experiment whole or not at all."""
    write_whole(path, dumps(experiment).encode())


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of an experiment file, for editors that check TOML."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Experiment.model_json_schema()}


def lines_of_keys(text: str) -> dict[str, int]:
    """Return the line (from 1) on which each dotted key of TOML text is first set, and each table begins."""
    found: dict[str, int] = {}
    header = ""
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if line.startswith("["):
            header = _dotted(line.lstrip("[").partition("]")[0])
            key = header
        elif "=" in line:
            key = f"{header}.{_dotted(line.partition('=')[0])}".lstrip(".")
        else:
            continue
        if len(key) <= LONGEST_KEY:
            found.setdefault(key, number)
    return found


def _dotted(key: str) -> str:
    # Cut off, so that a table with a long name is not copied for each of its keys.
    return re.sub(r"[\s\"']", "", key[: LONGEST_KEY + 1])


def line_of(lines: dict[str, int], key: str) -> int | None:
    """Return the line of a dotted key, or of the nearest part of it that has one; see `lines_of_keys`."""
    parts = [part for part in key.split(".") if not part.isdigit()]
    while parts:
        if ".".join(parts) in lines:
            return lines[".".join(parts)]
        parts.pop()
    return None


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"larger than {MAX_BYTES:,} bytes: this is not an experiment", where=str(path))
        return path.read_text(encoding="utf-8-sig")  # Windows editors like to begin with a byte-order mark
    except UnicodeDecodeError:
        raise InputError("not text in UTF-8: this is not an experiment", where=str(path)) from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from None


def _parse(text: str, path: Path) -> dict[str, Any]:
    if DEEP_KEY.search(text):
        raise ExperimentError([Problem("", "nested too deeply")], file=str(path))
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        end = f"(at line {max(1, len(text.splitlines()))}, the end of the file)"
        message = shortened(str(error).replace("(at end of document)", end), SHOWN_MESSAGE)
        raise InputError(f"not valid TOML: {message}", where=str(path)) from None
    except ValueError:  # Python refuses to read thousands of digits: it takes time that grows with their square
        raise InputError("holds a number with too many digits", where=str(path)) from None
    except RecursionError:
        raise ExperimentError([Problem("", "nested too deeply")], file=str(path)) from None


def _resolve_paths(values: dict[str, Any], folder: Path, *, where: str = "") -> None:
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
