"""The runs kept in the state folder, newest first: one small file each; the oldest go when there are too many."""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gui.once import Once, breathe
from training.errors import InputError
from training.recordings.recording import Recording
from training.recordings.recording_file import SUFFIX, load, save

MOST_RUNS = 200
FOLDER = "recordings"


@dataclass(frozen=True, eq=False)
class Kept:
    """A recorded run and its file."""

    path: Path
    recording: Recording


class KeptRuns:
    """The recorded runs of a user. Read once, when they are asked for; files that cannot be read are let lie."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER
        self._runs: list[Kept] | None = None
        self.read = Once(self._read_all)  # from any thread; nothing is read again

    @property
    def runs(self) -> list[Kept]:
        """All of them, newest first."""
        if self._runs is None:
            self._runs = self.read()
        return self._runs

    def _read_all(self) -> list[Kept]:
        return [kept for path in self._files()[:MOST_RUNS] if (kept := _read(path)) is not None]

    def _files(self) -> list[Path]:
        try:
            return sorted(self._folder.glob(f"*{SUFFIX}"), reverse=True)  # their names begin with when they were made
        except OSError:
            return []

    def add(self, recording: Recording) -> Kept:
        """Keep a run.

        Raises
        ------
        InputError
            If it cannot be written.
        """
        runs = self.runs
        name = f"{datetime.now():%Y%m%d-%H%M%S-%f}-{secrets.token_hex(2)}{SUFFIX}"
        kept = Kept(self._folder / name, recording)
        self._write(kept)
        runs.insert(0, kept)
        for oldest in self._files()[MOST_RUNS:]:
            _remove(oldest)
        del runs[MOST_RUNS:]
        return kept

    def replace(self, kept: Kept, recording: Recording) -> Kept:
        """Keep a run in place of another one, which it goes on from.

        Raises
        ------
        InputError
            If it cannot be written.
        """
        longer = Kept(kept.path, recording)
        self._write(longer)
        self._runs = [longer if run is kept else run for run in self.runs]
        return longer

    def delete(self, kept: Kept) -> None:
        """Keep a run no longer."""
        _remove(kept.path)
        self._runs = [run for run in self.runs if run is not kept]

    def restore(self, kept: Kept, place: int) -> None:
        """Keep a run again that was deleted.

        Raises
        ------
        InputError
            If it cannot be written.
        """
        self._write(kept)
        self.runs.insert(place, kept)

    def _write(self, kept: Kept) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot be made: {error.strerror}", where=str(self._folder)) from None
        save(kept.recording, kept.path)


def _read(path: Path) -> Kept | None:
    breathe()
    try:
        return Kept(path, load(path))
    except InputError:
        return None  # of another version, or not ours


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
