"""What is taken away of a run: everything recorded of it as files, and pictures and tables of its panels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gui import export
from gui.panels.panel import Panel
from gui.run_saver import RunSaver
from training.errors import InputError
from training.result import Result
from training.shown_path import shown_path

if TYPE_CHECKING:
    from gui.window import MainWindow


class Outputs:
    """Writes them, and says where they are or why they could not be written."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._export_folder = Path.home()
        self.saver = RunSaver(window)
        self.saver.saved.connect(self._saved)
        self.saver.refused.connect(lambda why: window.banner.show_error(f"Not saved: {why}"))
        self.saver.failed.connect(window.errors.window_failed)

    def save_run(self) -> None:
        """Ask the run for everything recorded of it, to be written into the run folder."""
        if not self.saver.busy:
            self._window.control.ask_result()

    def write(self, results: list[Result]) -> None:
        """Write what the run has answered."""
        view, budget = self._window.control.view, self._window.control.measuring.share
        for result in results:
            if view is not None:
                self.saver.write(view, result, budget)

    def _saved(self, folder: str) -> None:
        text = f"Run saved in {shown_path(Path(folder))}"
        self._window.status.say(text, "ok")
        self._window.log.add("info", text)

    def export(self, panel: Panel | None, kind: str) -> None:
        """Save or copy what a panel shows."""
        if panel is None:
            return
        window = self._window
        try:
            path = export.export(panel, kind, window.hosting.shown.title, self._export_folder, window)
        except InputError as error:
            window.banner.show_error(f"Not saved: {error.message()}")
            return
        if path is not None:
            self._export_folder = path.parent
