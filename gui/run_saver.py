"""Writes the files of a run into the run folder, in a thread of its own, while the run goes on."""

from __future__ import annotations

import traceback
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from gui.run_view import RunView
from training.errors import InputError
from training.outputs import FinishedRun, new_run_folder, run_so_far, write_outputs
from training.result import Result


class RunSaver(QObject):
    """Saves one run at a time.

    ``saved`` carries the folder, ``refused`` a sentence, ``failed`` the message and details of an unexpected error.
    """

    saved = Signal(str)
    refused = Signal(str)
    failed = Signal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._writer: _Writer | None = None
        self.folder = Path()

    @property
    def busy(self) -> bool:
        """Whether a run is being written."""
        return self._writer is not None

    def write(self, view: RunView, result: Result, budget: float = 0.0) -> None:
        """Write a run as it stood when the result was taken; its instruments may take such a part of its time."""
        if self._writer is not None:
            return
        assert view.original is not None
        run = run_so_far(
            view.original, result, view.history, view.started, view.history.seconds, view.instruments, budget
        )
        self._writer = _Writer(self.folder, run, self)
        self._writer.finished.connect(self._written)
        self._writer.start()

    def close(self) -> None:
        """Wait until what is being written is whole."""
        if self._writer is not None:
            self._writer.wait()

    def _written(self) -> None:
        writer, self._writer = self._writer, None
        if writer is None:
            return
        if writer.unexpected is not None:
            self.failed.emit(*writer.unexpected)
        elif writer.problem:
            self.refused.emit(writer.problem)
        else:
            self.saved.emit(str(writer.made))
        writer.deleteLater()


class _Writer(QThread):
    def __init__(self, base: Path, run: FinishedRun, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName("run writer")
        self.made: Path | None = None
        self.problem = ""
        self.unexpected: tuple[str, str] | None = None
        self._base, self._run = base, run

    def run(self) -> None:
        try:
            self.made = new_run_folder(self._base, self._run.experiment.name, datetime.now())
            write_outputs(self.made, self._run)
        except InputError as error:
            self.problem = f"{error.message()}. The run stays in this window until it is reset"
        except Exception as error:  # everything that can go wrong must reach the user
            self.unexpected = (f"{type(error).__name__}: {error}", traceback.format_exc())
