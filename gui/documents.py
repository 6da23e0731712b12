"""The experiment as a document: where it is stored, whether it has changed, and the autosave that outlives a crash."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QLockFile

from training.atomic import write_whole
from training.errors import InputError
from training.experiment import Experiment
from training.experiment_file import dumps, load, loads, save

RECENT_FILES = 8


class Document:
    """An experiment with its file.

    Attributes
    ----------
    start
        The experiment it began with.
    saved
        What need not be saved: the content of the file, or a start that is had again at will (a preset).
        None if nothing of it is stored anywhere.
    path
        The file, or None if it has none yet.
    """

    def __init__(self, experiment: Experiment, path: Path | None = None, *, unsaved: bool = False) -> None:
        self.start = experiment
        self.saved = None if unsaved else experiment
        self.path = path

    @classmethod
    def open(cls, path: Path) -> Document:
        """Read a document.

        Raises
        ------
        InputError
            If the file is not an experiment.
        """
        return cls(load(path), path)

    def save(self, experiment: Experiment, path: Path) -> None:
        """Write the experiment and make `path` the document's file.

        Raises
        ------
        InputError
            If it cannot be written; the document stays as it was.
        """
        save(experiment, path)
        self.saved, self.path = experiment, path

    def differs_from(self, experiment: Experiment) -> bool:
        """Tell whether `experiment` has changes that the file lacks."""
        return experiment != self.saved


class RecentFiles:
    """The files opened or saved last, newest first."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "recent.json"

    def paths(self) -> list[Path]:
        """Return the files that still exist."""
        try:
            stored = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return []  # nothing remembered yet, or not readable: only a convenience is lost
        if not isinstance(stored, list):
            return []
        return [path for path in (Path(item) for item in stored if isinstance(item, str)) if path.is_file()]

    def add(self, path: Path) -> None:
        """Put a file first."""
        known = [other for other in self.paths() if other != path.resolve()]
        stored = [str(item) for item in [path.resolve(), *known][:RECENT_FILES]]
        try:
            write_whole(self._file, json.dumps(stored).encode())
        except InputError:
            return  # a full disk must not keep anyone from opening a file


@dataclass(frozen=True)
class Recovered:
    """An experiment left behind by a session that did not end cleanly."""

    experiment: Experiment
    file: Path
    lock: QLockFile

    def forget(self) -> None:
        """Remove it."""
        with contextlib.suppress(OSError):
            self.file.unlink(missing_ok=True)
        self.lock.unlock()


class Autosave:
    """Keeps unsaved changes in a file of this process, which the next start finds if this one dies.

    A lock beside the file tells a session that runs from one that died, so that two windows do not
    offer each other's work.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # The number of a process may come again, in containers nearly always, so it is not enough.
        self.file = folder / f"autosave-{os.getpid()}-{secrets.token_hex(4)}.toml"
        self._lock = QLockFile(str(self.file.with_suffix(".lock")))
        self._lock.setStaleLockTime(0)
        self._lock.tryLock(0)

    def write(self, experiment: Experiment) -> None:
        """Store the experiment, whole or not at all.

        Raises
        ------
        InputError
            If it cannot be written.
        """
        write_whole(self.file, dumps(experiment).encode())

    def clear(self) -> None:
        """Remove what was stored: there is nothing unsaved."""
        with contextlib.suppress(OSError):  # a folder gone read-only must not keep anyone from saving or closing
            self.file.unlink(missing_ok=True)

    def close(self) -> None:
        """End the session cleanly; what is stored is offered at the next start."""
        self._lock.unlock()

    def find(self) -> Recovered | None:
        """Return the newest experiment that an ended session left, or None."""
        found: list[tuple[float, Path]] = []
        for file in self._folder.glob("autosave-*.toml"):
            try:
                found.append((file.stat().st_mtime, file))
            except OSError:
                continue  # removed in the meantime by another window
        for _, file in sorted(found, reverse=True):
            recovered = self._recover(file)
            if recovered is not None:
                return recovered
        return None

    def _recover(self, file: Path) -> Recovered | None:
        if file == self.file:
            return None
        lock = QLockFile(str(file.with_suffix(".lock")))
        lock.setStaleLockTime(0)
        if not lock.tryLock(0):
            return None  # its session still runs
        try:
            experiment = loads(file.read_text(encoding="utf-8"), where=str(file))
        except (InputError, OSError, UnicodeDecodeError):
            lock.unlock()
            return None  # half of another program's file, or of an older version: left where it is
        return Recovered(experiment, file, lock)
