"""Files named by a stranger's document: they lie in the document's own folder, or below it, and nowhere else."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from training.errors import InputError, Problem
from training.experiment_file import MAX_PATH

FILE_DATA = ("csv", "idx", "npz")
"""Data sets that are read from files."""
PATH_KEYS = ("path", "labels")
SYSTEM_FOLDERS = ("/proc", "/sys", "/dev")
"""Some of what is in them looks like a file, and never ends: /proc/kmsg."""
DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(\..*)?", re.IGNORECASE)
"""Names that Windows takes for devices in every folder, whatever comes after a dot."""


def path_problems(experiment: dict[str, Any], folder: Path | None, what: str = "scenario") -> list[Problem]:
    """Return what is wrong with the files that an experiment, as plain values, wants to read.

    Parameters
    ----------
    folder
        The folder of the document; None: it came as text, without one.
    what
        What the document is called.
    """
    data = experiment.get("data")
    if not isinstance(data, dict) or data.get("dataset") not in FILE_DATA:
        return []
    if folder is None:
        return [Problem("data.dataset", f"a {what} given as text has no files beside it: use a data set that ships "
                        "with the lab", value=data["dataset"])]  # fmt: skip
    problems = []
    for key in path_keys(data["dataset"]):
        path = data.get(key)
        if isinstance(path, str) and path:
            fault = _fault(path) or _leaving(path, folder) or no_file_on_disk(folder / path)
            if fault:
                problems.append(Problem(f"data.{key}", f"{fault}; it must be a file in the {what}'s own folder, or "
                                        "below it, such as 'table.csv'", value=path))  # fmt: skip
    return problems


def path_keys(dataset: str) -> tuple[str, ...]:
    """Return the keys of a data set that hold paths."""
    return PATH_KEYS if dataset == "idx" else PATH_KEYS[:1]


def with_paths_from(experiment: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return an experiment, as plain values, with its absolute data paths written as they are seen from `folder`.

    Raises
    ------
    InputError
        If a file does not lie there.
    """
    data = experiment["data"]
    if data["dataset"] not in FILE_DATA:
        return experiment
    below = dict(data)
    for key in path_keys(data["dataset"]):
        if data[key]:
            try:
                below[key] = Path(data[key]).relative_to(folder.resolve()).as_posix()
            except ValueError:
                raise InputError(
                    f"the data file '{data[key]}' does not lie beside it", where=str(folder),
                    hint="Put a copy of the file into this folder and open that first: others get both together",
                ) from None  # fmt: skip
    return {**experiment, "data": below}


def no_file_on_disk(path: Path) -> str:
    """Return that a path leads to the system itself, a pipe or a device, which might be read for ever; "" if not."""
    resolved = Path(os.path.realpath(path))
    for folder in SYSTEM_FOLDERS:
        if path.is_relative_to(folder) or resolved.is_relative_to(folder):
            return f"leads into {folder}, which holds no files but the system itself"
    return "is not a regular file" if resolved.exists() and not resolved.is_file() else ""


def _fault(path: str) -> str:
    """Return why a path leads, on some system, elsewhere than down from its folder; "" if it does not."""
    parts = (*PurePosixPath(path).parts, *PureWindowsPath(path).parts)
    if len(path) > MAX_PATH:
        return f"longer than {MAX_PATH:,} characters"
    if any(unicodedata.category(character) == "Cc" for character in path):
        return "holds a control character"
    if PurePosixPath(path).is_absolute() or PureWindowsPath(path).anchor or path.startswith("~"):
        return "leads to another folder"
    if any(part.strip(" ") in ("..", "...") for part in parts):
        return "leads up"
    if ":" in path:
        return "holds a colon, which not every system allows in a name"
    if any(DEVICES.fullmatch(part.strip()) for part in parts):
        return "is the name of a device on Windows"
    return ""


def _leaving(path: str, folder: Path) -> str:
    """Return that a link leads out of the folder, where one does."""
    try:
        inside = Path(os.path.realpath(folder / path)).is_relative_to(os.path.realpath(folder))
    except OSError as error:
        return f"cannot be followed: {error.strerror}"
    return "" if inside else "leads to another folder through a link"
