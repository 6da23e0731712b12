"""Experiments and tables as files: opened, saved, imported, and recovered after a crash."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from gui.builder.form import Builder
from gui.devices import with_device
from gui.dialogs import Banner, ask_unsaved
from gui.documents import Autosave, Document, RecentFiles, Recovered
from gui.preferences import Preferences
from gui.tips import button_text, plain_tip
from training import file_kinds
from training.errors import ExperimentError, InputError
from training.experiment import Experiment
from training.experiment_file import shipped_experiments

AUTOSAVE_MS = 1000
DOCUMENTS = (".toml", ".labrun")
TABLES = (".csv", ".tsv", ".txt", ".data")
NOTHING_CHANGED = "Nothing in this window has changed. "
OF_A_FILE = "Put the file right, or open another one."
OF_A_LINE = "Copy the whole line again, or ask whoever sent it for another one."


class FileActions(QObject):
    """The document that the form edits, and everything that reads or writes it.

    ``opened`` asks the window to take on another document (with its data, where they are loaded
    already); ``saved`` follows a successful save; ``other_opened`` carries the kind and the path of a file that holds
    something else than an experiment: a scenario, a recorded run, a lab.
    """

    opened = Signal(object, object)
    saved = Signal()
    other_opened = Signal(str, object)

    def __init__(
        self, document: Document, folder: Path, builder: Builder, banner: Banner, preferences: Preferences,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.document = document
        self._preferences = preferences
        self.recent = RecentFiles(folder)
        self.autosave = Autosave(folder)
        self.autosave_timer = QTimer(self)
        self.autosave_timer.setSingleShot(True)
        self.autosave_timer.setInterval(AUTOSAVE_MS)
        self.autosave_timer.timeout.connect(self.write_autosave)
        self._window = parent
        self._builder = builder
        self._banner = banner
        self._recovered: Recovered | None = None
        self.presets_menu = QMenu("New from preset", parent)
        self.presets_menu.aboutToShow.connect(self.list_presets)
        self.recent_menu = QMenu("Open recent", parent)
        self.recent_menu.setToolTipsVisible(True)
        self.recent_menu.aboutToShow.connect(self.list_recent)

    def attach(self, builder: Builder, banner: Banner) -> None:
        """Work with another form and banner from now on: the window has made its widgets anew."""
        self._builder, self._banner = builder, banner

    @property
    def modified(self) -> bool:
        """Whether there are unsaved changes."""
        draft = self._builder.draft
        return not draft.valid or self.document.differs_from(draft.experiment)

    def may_replace(self) -> bool:
        """Ask about unsaved changes; return whether another experiment may take the place of this one."""
        if not self.modified:
            return True
        answer = ask_unsaved(self._builder.draft.experiment.name, self._window)
        if answer == "save":
            return self.save()
        return answer == "discard"

    # ------------------------------------------------------------------------------ opening

    def new(self) -> None:
        """Start from the default experiment."""
        if self.may_replace():
            self.opened.emit(self.as_new(Experiment()), None)

    def open_preset(self, path: Path) -> None:
        """Start from a shipped experiment, as a new document."""
        if self.may_replace():
            self.read(path, as_new=True)

    def open_file(self, path: Path) -> None:
        """Open a file of any kind: an experiment, a table as a new experiment, a scenario, a recorded run, a lab."""
        if path.suffix.lower() in TABLES:
            self.open_csv(path)
            return
        try:
            kind = file_kinds.read_kind(path).name
        except InputError:
            kind = "experiment"  # reading it as one says what is wrong, line by line
        if kind != "experiment":
            self.other_opened.emit(kind, path)
        elif self.may_replace():
            self.read(path, as_new=False)

    def read(self, path: Path, *, as_new: bool) -> None:
        """Open an experiment without asking about this one; what is wrong with the file is said."""
        try:
            document = Document.open(path)
        except InputError as error:
            self.say_not_opened(error)
            return
        if as_new or path.resolve() in shipped_experiments().values():  # nobody saves over what is there for all
            document = self.as_new(document.start)
        else:
            self.recent.add(path)
        self.opened.emit(document, None)

    def as_new(self, experiment: Experiment) -> Document:
        """Return an experiment as a new document, on the device of the preferences."""
        return Document(with_device(experiment, self._preferences.settings.device))

    def say_not_opened(self, error: InputError, what_to_do: str = OF_A_FILE) -> None:
        """Say what is wrong with a file, or a pasted line, mistake by mistake."""
        self._banner.show_error(f"Not opened: {_lines(error)}\n{NOTHING_CHANGED}{what_to_do}")

    def ask_open(self) -> None:
        """Ask for an experiment and open it."""
        kinds = " ".join(f"*{suffix}" for suffix in DOCUMENTS)
        path, _ = QFileDialog.getOpenFileName(
            self._window, "Open an experiment, a scenario or a run", self._folder(), f"Files of the lab ({kinds})"
        )
        if path:
            self.open_file(Path(path))

    def ask_open_csv(self) -> None:
        """Ask for a table and open it."""
        kinds = " ".join(f"*{suffix}" for suffix in TABLES)
        path, _ = QFileDialog.getOpenFileName(
            self._window, "Open a table", self._folder(), f"Tables ({kinds});;All files (*)"
        )
        if path:
            self.open_csv(Path(path))

    def open_csv(self, path: Path) -> None:
        """Ask what to predict, load the table, and make an experiment of it, which is not saved anywhere yet."""
        if not self.may_replace():
            return
        from gui.csv_dialog import CsvDialog

        dialog = CsvDialog(path, Experiment(), self._window)
        dialog.exec()
        if dialog.experiment is not None:
            self.opened.emit(Document(dialog.experiment, unsaved=True), dialog.data)
        dialog.deleteLater()

    # ------------------------------------------------------------------------------ saving

    def save(self) -> bool:
        """Save; return whether it is on disk."""
        return self.save_to(self.document.path) if self.document.path is not None else self.save_as()

    def save_as(self) -> bool:
        """Ask for a file and save there."""
        name = self._builder.draft.experiment.name.replace("/", "-").replace("\\", "-")
        suggestion = str(Path(self._folder()) / f"{name}.toml")
        path, _ = QFileDialog.getSaveFileName(
            self._window, "Save the experiment", suggestion, "Experiments (*.toml)"
        )
        if not path:
            return False
        return self.save_to(Path(path) if Path(path).suffix else Path(path).with_suffix(".toml"))

    def save_to(self, path: Path) -> bool:
        """Save to a file; what cannot be saved is said, and nothing is lost."""
        if not self._builder.draft.valid:
            self._banner.show_error(f"Not saved: {self._builder.reason_invalid()}")
            self._builder.point_at_problem()
            return False
        try:
            self.document.save(self._builder.draft.experiment, path)
        except InputError as error:
            self._banner.show_error(f"Not saved: {error.message()}")
            return False
        self.recent.add(path)
        self.autosave.clear()
        self.saved.emit()
        return True

    def _folder(self) -> str:
        return str(self.document.path.parent) if self.document.path is not None else ""

    # ------------------------------------------------------------------------------ menus

    def list_presets(self) -> None:
        """Fill the menu of shipped experiments."""
        self.presets_menu.clear()
        for name, path in shipped_experiments().items():
            title = name.replace("_", " ")
            self.presets_menu.addAction(title[:1].upper() + title[1:], lambda path=path: self.open_preset(path))

    def list_recent(self) -> None:
        """Fill the menu of files used last."""
        self.recent_menu.clear()
        for path in self.recent.paths():
            action = self.recent_menu.addAction(button_text(path.name), lambda path=path: self.open_file(path))
            action.setToolTip(plain_tip(str(path)))
        if self.recent_menu.isEmpty():
            self.recent_menu.addAction("No files yet").setEnabled(False)

    # ------------------------------------------------------------------------------ autosave

    def autosave_soon(self) -> None:
        """Store unsaved changes within a second, also while one edit follows the other."""
        if not self.autosave_timer.isActive():
            self.autosave_timer.start()

    def write_autosave(self) -> None:
        """Keep unsaved changes for the next start."""
        if not self.modified:
            self.autosave.clear()
            return
        try:
            self.autosave.write(self._builder.draft.experiment)
        except InputError as error:
            self._banner.show_error(f"Unsaved changes are not kept for the next start: {error.message()}")

    def offer_recovery(self) -> None:
        """Offer what a session left that did not end cleanly."""
        self._recovered = self.autosave.find()
        if self._recovered is None:
            return
        name = self._recovered.experiment.name
        self._banner.show_notice(
            f"Unsaved changes to “{name}” from the last session were kept.",
            ("Restore", self._restore), ("Discard", self._forget_recovered),
        )

    def _restore(self) -> None:
        if self._recovered is None:
            return
        document = Document(self._recovered.experiment, unsaved=True)
        self._forget_recovered()
        self.opened.emit(document, None)
        self.write_autosave()

    def _forget_recovered(self) -> None:
        if self._recovered is not None:
            self._recovered.forget()
            self._recovered = None

    def close(self) -> None:
        """Write what is unsaved, and end the session cleanly."""
        self.autosave_timer.stop()
        self.write_autosave()
        self.autosave.close()
        if self._recovered is not None:
            self._recovered.lock.unlock()


def dropped_file(event: QDropEvent) -> Path | None:
    """Return the first file of a drop that can be opened, or None."""
    for url in event.mimeData().urls():
        path = Path(url.toLocalFile())
        if path.suffix.lower() in (*DOCUMENTS, *TABLES):
            return path
    return None


def _lines(error: InputError) -> str:
    if isinstance(error, ExperimentError):
        more = [f"… and {error.more:,} more"] if error.more else []
        return "\n".join([error.file, *(problem.line() for problem in error.problems), *more]).strip()
    return error.message()


