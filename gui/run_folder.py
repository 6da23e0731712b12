"""Whether runs can be saved in a folder, before anyone relies on it. No Qt."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from training.errors import shortened


@dataclass(frozen=True)
class FolderCheck:
    """Whether runs can be saved in a folder, and in words what is there."""

    usable: bool
    text: str


def check_run_folder(text: str) -> FolderCheck:
    """Look at a folder somebody typed."""
    if not text.strip():
        return FolderCheck(False, "Name a folder.")
    try:
        folder = Path(text.strip()).expanduser().absolute()
        there = _nearest_that_exists(folder)
        free = shutil.disk_usage(there).free
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return FolderCheck(False, f"This cannot be a folder: {shortened(reason, 120)}.")
    if not there.is_dir():
        return FolderCheck(False, f"{there} is a file, not a folder.")
    if not os.access(there, os.W_OK | os.X_OK):
        return FolderCheck(False, f"{there} cannot be written. Choose another folder.")
    made = "" if there == folder else "Made with the first run. "
    return FolderCheck(True, f"{made}{_size(free)} free.")


def _nearest_that_exists(folder: Path) -> Path:
    for place in (folder, *folder.parents):
        try:
            place.stat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        return place
    return folder


def _size(size: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
