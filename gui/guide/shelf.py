"""Where learners' progress is kept: one file for each learner and lab, in the state folder. No Qt."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gui.once import Once, breathe
from training.atomic import write_whole
from training.errors import InputError
from training.labs import lab_file, learner
from training.labs.lab import OpenLab
from training.labs.learner import SUFFIX, LearnerResult

FOLDER = "guide"
OPEN = "open.json"
MOST_SHOWN = 40


@dataclass(frozen=True)
class Kept:
    """A learner's progress in a lab."""

    path: Path
    result: LearnerResult


class Shelf:
    """The files of all learners on this computer, the one used last first."""

    def __init__(self, state_folder: Path) -> None:
        self.folder = state_folder / FOLDER

    def kept(self) -> list[Kept]:
        """Return what can be gone on with; a file that cannot be read, or was altered, is left out."""
        found = []
        for path in sorted(self.folder.glob(f"*{SUFFIX}"), key=_changed, reverse=True)[:MOST_SHOWN]:
            try:
                result = learner.load(path)
            except InputError:
                continue
            if result.intact:
                found.append(Kept(path, result))
        return found

    def new(self, lab: OpenLab, name: str) -> Kept:
        """Return the progress of a learner in a lab: that which is kept, or a beginning.

        Raises
        ------
        InputError
            If the name cannot be one, or what is kept under it was altered.
        """
        name = " ".join(name.split())
        now = datetime.now().isoformat(timespec="seconds")
        values = {"kind": "result", "lab": lab.name, "lab_digest": lab.digest, "learner": name, "made": now}
        result = learner.from_values(values, where="Your name")
        path = self.folder / self._file_name(name, lab.name)
        return self.load(path) if path.is_file() else Kept(path, result)

    def load(self, path: Path) -> Kept:
        """Read progress.

        Raises
        ------
        InputError
            If it cannot be read, or was altered: what others grade must have been made here.
        """
        result = learner.load(path)
        if not result.intact:
            raise InputError("was changed by something else than this program", where=str(path),
                             hint="remove it to begin anew")  # fmt: skip
        return Kept(path, result)

    def taken_in(self, path: Path) -> Kept:
        """Return a learner's file from elsewhere as progress on this computer.

        Raises
        ------
        InputError
            If it cannot be read, or was altered.
        """
        result = self.load(path).result
        return Kept(self.folder / self._file_name(result.learner, result.lab), result)

    def save(self, kept: Kept) -> Kept:
        """Write progress.

        Raises
        ------
        InputError
            If it cannot be written.
        """
        self._make_folder()
        return Kept(kept.path, learner.save(kept.result, kept.path))

    @property
    def open(self) -> Path | None:
        """The progress that was open when the program ended, or None."""
        try:
            name = json.loads((self.folder / OPEN).read_text(encoding="utf-8"))["file"]
            path = self.folder / Path(str(name)).name
        except (OSError, ValueError, KeyError, TypeError):
            return None  # none was, or nobody can tell any more
        return path if path.is_file() else None

    def remember_open(self, path: Path | None) -> None:
        """Keep which progress is open; None: none is."""
        if path is None:
            with contextlib.suppress(OSError):
                (self.folder / OPEN).unlink(missing_ok=True)
            return
        with contextlib.suppress(InputError, OSError):  # only a convenience is lost
            self._make_folder()
            write_whole(self.folder / OPEN, json.dumps({"file": path.name}).encode())

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot be made: {error.strerror}", where=str(self.folder)) from None

    @staticmethod
    def _file_name(name: str, lab: str) -> str:
        """Return a name that no other learner has, however alike the letters that a file name takes are."""
        mark = hashlib.sha256(name.encode()).hexdigest()[:8]
        return learner.file_name(f"{name} {mark}" if len(name) < 30 else f"{name[:30]} {mark}", lab)


def read_labs() -> tuple[tuple[OpenLab, ...], tuple[str, ...]]:
    """Read the labs that ship with the program, and find out what is wrong with those that cannot be opened."""
    labs, faults = [], []
    for path in lab_file.shipped_labs().values():
        breathe()
        try:
            labs.append(lab_file.load(path))
        except InputError as error:
            faults.append(error.message())
    return tuple(labs), tuple(faults)


labs_here = Once(read_labs)


def _changed(path: Path) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0
