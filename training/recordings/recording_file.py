"""Recordings on disk (``.labrun``): small TOML files that people can read, and that are checked when they are."""

from __future__ import annotations

from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import tomli_w

from training.atomic import write_whole
from training.errors import ExperimentError, InputError, Problem
from training.experiment import Experiment
from training.experiment_file import resolve_paths
from training.file_kinds import LARGEST_BYTES, SCHEMA_DIALECT, expect_kind
from training.own_folder import FILE_DATA, no_file_on_disk, path_keys, path_problems, with_paths_from
from training.plain_data import validated
from training.recordings.recording import Recording
from training.scenarios.mistakes import under
from training.toml_file import located, parse, read_text
from training.validation import as_values, validate

SUFFIX = ".labrun"
MAX_BYTES = LARGEST_BYTES
"""Enough for the most edits there can be; a usual recording has 3,000."""


def load(path: Path) -> Recording:
    """Read a recording; a relative data path is taken from the file's own folder.

    Raises
    ------
    InputError, ExperimentError
        If the file cannot be read, is not TOML, or is not a recording within its bounds.
    """
    if not path.is_file():  # a pipe or a device would be read for ever
        raise InputError("there is no such file", where=str(path))
    return loads(read_text(path, "a recorded run", max_bytes=MAX_BYTES), where=str(path), folder=path.parent)


def loads(text: str, *, where: str = "recorded run", folder: Path | None = None) -> Recording:
    """Read a recording from TOML text.

    Parameters
    ----------
    folder
        Where a relative data path begins; None: it came as text, and may name no data file at all.
    """
    values = parse(text, where)
    with located(text, where):
        expect_kind(values, "run", where)
        experiment, problems = _experiment_in(values, folder)
        try:
            recording = validated(Recording, {**values, "experiment": as_values(experiment)}, file=where)
        except ExperimentError as error:
            raise ExperimentError(problems + error.problems, file=where, more=error.more) from None
        if problems:
            raise ExperimentError(problems, file=where)
        return recording


def dumps(recording: Recording, folder: Path | None = None) -> str:
    """Return the recording as TOML that reads back exactly.

    Parameters
    ----------
    folder
        Where the text is going to lie: a data file in it or below is named as seen from there, another one by its
        whole path. None: the text goes to other people, who cannot have the file.

    Raises
    ------
    InputError
        If there is no folder, and the data are a file.
    """
    values = recording.model_dump(mode="json")
    if recording.experiment.data.dataset in FILE_DATA:
        if folder is None:
            raise InputError("a run whose data are a file of yours cannot be given as text", hint="save it as a file")
        values["experiment"] = _paths_from(values["experiment"], folder)
    return tomli_w.dumps(values)


def save(recording: Recording, path: Path) -> None:
    """Write the recording whole or not at all."""
    write_whole(path, dumps(recording, path.parent).encode())


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a recording."""
    return {**SCHEMA_DIALECT, **Recording.model_json_schema()}


def _experiment_in(values: dict[str, Any], folder: Path | None) -> tuple[Experiment, list[Problem]]:
    """Return the experiment (the default one where it is wrong), and what is wrong with it."""
    given = values.get("experiment")
    if not isinstance(given, dict):
        return Experiment(), [Problem("experiment", "a recorded run needs a table [experiment]")]
    problems = _file_problems(given, folder)
    if not problems:
        try:
            if folder is not None:
                resolve_paths(given, folder)
            return validate(given), []
        except ExperimentError as error:
            problems = error.problems
    return Experiment(), [under("experiment", problem) for problem in problems]


def _file_problems(experiment: dict[str, Any], folder: Path | None) -> list[Problem]:
    """Return what is wrong with the data files: a recording of one's own may name one anywhere on this computer."""
    data = experiment.get("data")
    problems = path_problems(experiment, folder, "recorded run")
    if folder is None or not isinstance(data, dict):
        return problems
    found = []
    for problem in problems:
        path = data.get(problem.key.removeprefix("data."))
        if not isinstance(path, str) or not _is_here(path):
            found.append(problem)
        elif fault := no_file_on_disk(Path(path)):
            found.append(Problem(problem.key, f"{fault}; it must be a file on disk", value=path))
    return found


def _is_here(path: Any) -> bool:
    """Tell whether a path names a file of this computer from its root, and none on the network."""
    if not isinstance(path, str) or not Path(path).is_absolute() or not path.isprintable():
        return False
    network = all(character in "/\\" for character in path[:2])  # Windows takes any two for the \\ of a share
    return not network and ".." not in (*PurePosixPath(path).parts, *PureWindowsPath(path).parts)


def _paths_from(experiment: dict[str, Any], folder: Path) -> dict[str, Any]:
    data = experiment["data"]
    inside = all(Path(data[key]).is_relative_to(folder.resolve()) for key in path_keys(data["dataset"]) if data[key])
    return with_paths_from(experiment, folder) if inside else experiment
