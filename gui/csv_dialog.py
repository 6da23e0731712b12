"""A table of the user's own becomes an experiment: what to predict, from what, and what is wrong with the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QThread, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui.builder.editors import Combo
from gui.tips import plain_label
from gui.trainer import STACK_BYTES
from training.data.csv_preview import CsvPreview, preview
from training.data.load import Cancelled, load_prepared
from training.data.prepare import PreparedData
from training.errors import InputError
from training.experiment import CsvData, Experiment
from training.validation import as_values, validate

POLL_MS = 30
DELIMITERS = {"auto": "Auto", ",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Bar"}
ENCODINGS = ("auto", "utf-8", "latin-1", "cp1252", "utf-16")
TASKS = {"auto": "Auto", "classification": "Classification", "regression": "Regression"}


class CsvDialog(QDialog):
    """Shows the beginning of a table, asks for the target, and loads it with progress.

    After `exec`, ``experiment`` and ``data`` hold the result, or None if the dialog was canceled.
    """

    def __init__(self, path: Path, base: Experiment, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Open {path.name}")
        self.setObjectName("csvDialog")
        self.path = path
        self.experiment: Experiment | None = None
        self.data: PreparedData | None = None
        self._base = base
        self._preview: CsvPreview | None = None
        self._loader: _Loader | None = None
        self._poll = QTimer(self)
        self._poll.setInterval(POLL_MS)
        self._poll.timeout.connect(self._look)
        self._build()
        self.resize(760, 560)
        self._read()

    def _build(self) -> None:
        heading = plain_label(self.path.name, self)
        heading.setProperty("role", "heading")
        self.summary = plain_label(parent=self)
        self.summary.setProperty("role", "muted")
        self.table = QTableWidget(self)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.target = Combo(self)
        self.target.setAccessibleName("Target column")
        self.target.currentIndexChanged.connect(self._target_changed)
        self.task = _combo(TASKS, "Task", self)
        self.delimiter = _combo(DELIMITERS, "Separator", self)
        self.encoding = _combo({name: name if name != "auto" else "Auto" for name in ENCODINGS}, "Encoding", self)
        self.missing = _combo({"error": "Report them", "drop": "Drop the rows"}, "Missing values", self)
        self.delimiter.currentIndexChanged.connect(self._read)
        self.encoding.currentIndexChanged.connect(self._read)
        self.features = QListWidget(self)
        self.features.setAccessibleName("Feature columns")
        choices = QFormLayout()
        choices.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        for text, widget in (
            ("Predict", self.target), ("Task", self.task), ("Missing values", self.missing),
            ("Separator", self.delimiter), ("Encoding", self.encoding),
        ):
            label = QLabel(text, self)
            label.setProperty("role", "label")
            choices.addRow(label, widget)
        features = QVBoxLayout()
        label = QLabel("From these columns", self)
        label.setProperty("role", "label")
        features.addWidget(label)
        features.addWidget(self.features, 1)
        middle = QHBoxLayout()
        middle.setSpacing(20)
        middle.addLayout(choices, 1)
        middle.addLayout(features, 1)
        self.problem = plain_label(parent=self)
        self.problem.setProperty("role", "error")
        self.problem.setWordWrap(True)
        self.problem.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.problem.hide()
        self.progress = QProgressBar(self)
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.hide()
        self.cancel_button = QPushButton("Cancel", self)
        self.cancel_button.clicked.connect(self._cancel)
        self.open_button = QPushButton("Open", self)
        self.open_button.setProperty("role", "primary")
        self.open_button.setDefault(True)
        self.open_button.clicked.connect(self._load)
        buttons = QHBoxLayout()
        buttons.addWidget(self.progress, 1)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.open_button)
        box = QVBoxLayout(self)
        box.setContentsMargins(18, 16, 18, 14)
        box.setSpacing(10)
        for part in (heading, self.summary):
            box.addWidget(part)
        box.addWidget(self.table, 3)
        box.addLayout(middle, 4)
        box.addWidget(self.problem)
        box.addLayout(buttons)

    # ------------------------------------------------------------------------------ preview

    def _read(self) -> None:
        try:
            found = preview(
                self.path, encoding=self.encoding.currentData(), delimiter=self.delimiter.currentData()
            )
        except InputError as error:
            self._preview = None
            self._say(error.message())
            self.open_button.setEnabled(False)
            return
        self._preview = found
        self.open_button.setEnabled(True)
        rows = f"{found.rows_seen:,} rows" if found.complete else f"first {found.rows_seen:,} rows"
        self.summary.setText(f"{len(found.columns)} columns, {rows}, {found.encoding}")
        self._fill_table(found)
        self.target.blockSignals(True)
        self.target.clear()
        self.target.addItems([column.name for column in found.columns])
        self.target.setCurrentText(found.target)
        self.target.blockSignals(False)
        self._target_changed()
        self._say("\n".join(found.problems))

    def _fill_table(self, found: CsvPreview) -> None:
        self.table.setColumnCount(len(found.columns))
        self.table.setRowCount(len(found.rows))
        self.table.setHorizontalHeaderLabels([column.name for column in found.columns])
        few = len(found.columns) <= 7
        mode = QHeaderView.ResizeMode.Stretch if few else QHeaderView.ResizeMode.Interactive
        self.table.horizontalHeader().setSectionResizeMode(mode)
        for row, cells in enumerate(found.rows):
            for column, cell in enumerate(cells):
                self.table.setItem(row, column, QTableWidgetItem(cell))

    def _target_changed(self) -> None:
        if self._preview is None:
            return
        target = self.target.currentText()
        self.features.clear()
        for column in self._preview.columns:
            if column.name == target:
                continue
            note = "" if column.kind == "numeric" else f"  ·  {column.distinct} categories, one-hot"
            item = QListWidgetItem(f"{column.name}{note}")
            item.setData(Qt.ItemDataRole.UserRole, column.name)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked)
            self.features.addItem(item)
        guess = self._preview.task if target == self._preview.target else "auto"
        self.task.setCurrentIndex(self.task.findData(guess))

    def chosen_features(self) -> list[str]:
        """Return the columns ticked; none if all are."""
        items = [self.features.item(row) for row in range(self.features.count())]
        chosen = [
            str(item.data(Qt.ItemDataRole.UserRole)) for item in items if item.checkState() == Qt.CheckState.Checked
        ]
        return [] if len(chosen) == len(items) else chosen

    # ------------------------------------------------------------------------------ loading

    def _data_values(self) -> dict[str, Any]:
        preparation = {
            key: value for key, value in as_values(self._base)["data"].items()
            if key in CsvData.model_fields and key in ("held_out", "stratify", "split_seed", "scaling")
        }
        return {
            **preparation, "dataset": "csv", "path": str(self.path.resolve()), "target": self.target.currentText(),
            "task": self.task.currentData(), "features": self.chosen_features(),
            "delimiter": self.delimiter.currentData(), "encoding": self.encoding.currentData(),
            "missing": self.missing.currentData(),
        }

    def _load(self) -> None:
        if not any(
            self.features.item(row).checkState() == Qt.CheckState.Checked for row in range(self.features.count())
        ):
            self._say("Choose at least one column to predict from")
            return
        values = {**as_values(self._base), "name": self.path.stem[:120] or "table", "data": self._data_values()}
        values["loss"] = {"kind": "cross_entropy" if self.task.currentData() == "classification" else "mse"}
        try:
            experiment = validate(values)
        except InputError as error:
            self._say(error.message())
            return
        self._say("")
        self._set_busy(True)
        self._loader = _Loader(experiment, self)
        self._loader.start()
        self._poll.start()

    def _look(self) -> None:
        loader = self._loader
        if loader is None:
            return
        self.progress.setValue(round(1000 * loader.done))
        if not loader.isFinished():
            return
        self._poll.stop()
        self._loader = None
        self._set_busy(False)
        if loader.error:
            self._say(loader.error)
        elif loader.data is not None:
            self.data = loader.data
            self.experiment = _with_fitting_loss(loader.experiment, loader.data)
            self.accept()

    def _set_busy(self, busy: bool) -> None:
        self.progress.setVisible(busy)
        for widget in (self.open_button, self.target, self.task, self.features, self.delimiter, self.encoding):
            widget.setEnabled(not busy)
        self.cancel_button.setText("Cancel loading" if busy else "Cancel")

    def _cancel(self) -> None:
        if self._loader is not None:
            self._stop_loading()
            self._say("Loading canceled")
        else:
            self.reject()

    def _stop_loading(self) -> None:
        self._poll.stop()
        if self._loader is not None:
            self._loader.cancel()
            self._loader.wait()
            self._loader = None
        self._set_busy(False)

    def reject(self) -> None:
        self._stop_loading()
        super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._stop_loading()
        super().closeEvent(event)

    def _say(self, text: str) -> None:
        self.problem.setText(text)
        self.problem.setVisible(bool(text))


class _Loader(QThread):
    """Loads and prepares in the background; the dialog looks at it with a timer."""

    def __init__(self, experiment: Experiment, parent: QWidget) -> None:
        super().__init__(parent)
        self.setStackSize(STACK_BYTES)
        self.experiment = experiment
        self.done = 0.0
        self.error = ""
        self.data: PreparedData | None = None
        self._cancelled = False

    def run(self) -> None:
        try:
            self.data = load_prepared(
                self.experiment.data, report=self._report, cancelled=lambda: self._cancelled
            )
        except Cancelled:
            return
        except InputError as error:
            self.error = error.message()
        except Exception as error:  # shown in the dialog like any other fault of the file
            self.error = f"{type(error).__name__}: {error}"

    def _report(self, share: float) -> None:
        self.done = share

    def cancel(self) -> None:
        self._cancelled = True


def _with_fitting_loss(experiment: Experiment, data: PreparedData) -> Experiment:
    """Return the experiment with a loss for the task that the data turned out to have."""
    kind = "cross_entropy" if data.task == "classification" else "mse"
    if experiment.loss.kind == kind:
        return experiment
    values = as_values(experiment)
    values["loss"] = {"kind": kind}
    return validate(values)


def _combo(options: dict[str, str], name: str, parent: QWidget) -> Combo:
    combo = Combo(parent)
    combo.setAccessibleName(name)
    for value, title in options.items():
        combo.addItem(title, value)
    return combo
