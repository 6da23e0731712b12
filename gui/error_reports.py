"""Unexpected errors as a person meets them: one dialog for all, and only a line for what was dismissed before."""

from __future__ import annotations

import sys

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from gui.activity_log import ActivityLog
from gui.dialogs import ErrorDialog

SOMETHING = "Something went wrong"


class ErrorReports(QObject):
    """Shows errors over the window.

    ``count`` is how many there were. ``again`` comes, with a line to show quietly, instead of a
    dialog for an error dismissed before.
    """

    again = Signal(str)

    def __init__(self, window: QWidget, log: ActivityLog) -> None:
        super().__init__(window)
        self._window = window
        self._log = log
        self._dialog: ErrorDialog | None = None
        self._dismissed: set[str] = set()
        self._closed = False
        self.count = 0

    def training_failed(self, message: str, details: str) -> None:
        """Report an exception in the training thread."""
        self._report(
            "Training failed", message, details,
            "The run has ended as failed; everything recorded up to there is kept, and the program goes on.",
        )  # fmt: skip

    def view_failed(self, message: str, details: str) -> None:
        """Report an exception of one panel."""
        sys.stderr.write(details)
        self._report(
            SOMETHING, message, details,
            "That view rests until the next start; everything else goes on, and your experiment is kept.",
        )  # fmt: skip

    def window_failed(self, message: str, details: str) -> None:
        """Report an unexpected exception of the window itself."""
        self._report(
            SOMETHING, message, details,
            "Your experiment is kept. If the window misbehaves, save and start it again.",
        )  # fmt: skip

    def forget(self) -> None:
        """Show again what was dismissed, should it come again: a new run begins."""
        self._dismissed.clear()

    def close(self) -> None:
        """Report nothing any more: the window closes."""
        self._closed = True

    def _report(self, title: str, message: str, details: str, kept: str) -> None:
        if self._closed:
            return
        self.count += 1
        self._log.add("error", f"{title}: {message}", details)
        if self._dialog is not None:
            self._dialog.add(message, details)
        elif message in self._dismissed:
            self.again.emit(f"Again: {message}")
        else:
            self._dialog = dialog = ErrorDialog(title, message, kept, details, self._window)
            dialog.finished.connect(self._dismiss)
            QTimer.singleShot(0, dialog, dialog.open)  # an error may come from the middle of a painting

    def _dismiss(self) -> None:
        if self._dialog is not None:
            self._dismissed.update(self._dialog.messages)
            self._dialog = None
        self._window.activateWindow()
