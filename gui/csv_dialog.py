"""A table of the user's own becomes an experiment: what to predict, from what, and what is wrong with the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeySequence, QShortcut
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
    QVBoxLayout,
    QWidget,
)

from gui.builder.editors import Combo
from gui.csv_choices import DECIMALS, DELIMITERS, ENCODINGS, MISSING, TASKS, TIPS, combo_of, current_theme, ticks_style
from gui.csv_loader import CsvLoader, with_fitting_loss
from gui.csv_problems import Problem, problems_of
from gui.csv_table import CsvTable, in_words, table_view
from gui.panels.scale import scale
from gui.tips import plain_label, plain_tip, title_text
from training.data.csv_preview import CsvPreview, preview
from training.data.prepare import PreparedData
from training.errors import InputError, shortened
from training.experiment import CsvData, Experiment
from training.validation import as_values, validate

POLL_MS = 30


class CsvDialog(QDialog):
    """Shows the beginning of a table, asks for the target, and loads it with progress.

    After `exec`, ``experiment`` and ``data`` hold the result, or None if the dialog was canceled.
    Another file may be dropped onto it.
    """

    def __init__(self, path: Path, base: Experiment, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("csvDialog")
        self.path = path
        self.experiment: Experiment | None = None
        self.data: PreparedData | None = None
        self._base = base
        self._preview: CsvPreview | None = None
        self._loader: CsvLoader | None = None
        self._poll = QTimer(self)
        self._poll.setInterval(POLL_MS)
        self._poll.timeout.connect(self._look)
        self._build()
        self.setAcceptDrops(True)
        QShortcut(QKeySequence("F5"), self).activated.connect(self.read_again)
        self.resize(self._fitting_size())
        self._open_path(path)

    # ------------------------------------------------------------------------------ building

    def _build(self) -> None:
        self.heading = plain_label(parent=self)
        self.heading.setProperty("role", "heading")
        self.summary = plain_label(parent=self)
        self.summary.setProperty("role", "muted")
        self.again = QPushButton("Read again", self)
        self.again.setToolTip("Read the file anew, after it was mended elsewhere (F5)")
        self.again.setAutoDefault(False)
        self.again.clicked.connect(self.read_again)
        top = QHBoxLayout()
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.heading)
        words.addWidget(self.summary)
        top.addLayout(words, 1)
        top.addWidget(self.again)
        self.model = CsvTable(current_theme())
        self.model.setParent(self)
        self.table = table_view(self.model, self)
        self.table.setMinimumHeight(round(125 * scale()))
        self.problem = plain_label(parent=self)
        self.problem.setProperty("role", "error")
        self.problem.setWordWrap(True)
        self.problem.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.problem.hide()
        middle = QHBoxLayout()
        middle.setSpacing(round(18 * scale()))
        middle.addLayout(self._choices(), 4)
        middle.addLayout(self._features(), 4)
        middle.addLayout(self._problems(), 5)
        box = QVBoxLayout(self)
        margin = round(16 * scale())
        box.setContentsMargins(margin, margin - 2, margin, margin - 2)
        box.setSpacing(round(10 * scale()))
        box.addLayout(top)
        box.addWidget(self.table, 5)
        box.addLayout(middle, 4)
        box.addWidget(self.problem)
        box.addLayout(self._buttons())

    def _choices(self) -> QFormLayout:
        self.target = Combo(self)
        self.target.setAccessibleName("Target column")
        self.target.setMinimumContentsLength(10)
        self.target.setSizeAdjustPolicy(Combo.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.target.currentIndexChanged.connect(self._target_changed)
        self.task = combo_of(TASKS, "Task", self)
        self.missing = combo_of(MISSING, "Missing values", self)
        self.delimiter = combo_of(DELIMITERS, "Separator", self)
        self.decimal = combo_of(DECIMALS, "Decimal mark", self)
        self.encoding = combo_of({name: name if name != "auto" else "Auto" for name in ENCODINGS}, "Encoding", self)
        for combo in (self.delimiter, self.decimal, self.encoding):
            combo.currentIndexChanged.connect(self._read)
        for combo in (self.task, self.missing):
            combo.currentIndexChanged.connect(self._judge)
        choices = QFormLayout()
        choices.setVerticalSpacing(round(6 * scale()))
        choices.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        choices.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for text, widget in (
            ("Predict", self.target), ("Task", self.task), ("Missing values", self.missing),
            ("Separator", self.delimiter), ("Decimal mark", self.decimal), ("Encoding", self.encoding),
        ):
            widget.setToolTip(TIPS[text])
            choices.addRow(self._label(text), widget)
        return choices

    def _features(self) -> QVBoxLayout:
        self.features = QListWidget(self)
        self.features.setAccessibleName("Feature columns")
        self.features.setToolTip("What the network predicts from; Space ticks or unticks a column")
        self.features.setStyleSheet(ticks_style(current_theme()))
        self.features.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.features.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.features.itemChanged.connect(self._judge)
        self.all_button = self._small_button("all", "Tick every column", lambda: self._tick(Qt.CheckState.Checked))
        self.none_button = self._small_button("none", "Tick no column", lambda: self._tick(Qt.CheckState.Unchecked))
        head = QHBoxLayout()
        head.addWidget(self._label("From these columns"), 1)
        head.addWidget(self.all_button)
        head.addWidget(self.none_button)
        box = QVBoxLayout()
        box.addLayout(head)
        box.addWidget(self.features, 1)
        return box

    def _problems(self) -> QVBoxLayout:
        self.problems_label = self._label("What is wrong")
        self.problems = QListWidget(self)
        self.problems.setAccessibleName("What is wrong with the table")
        self.problems.setToolTip("Choose a problem to see its place in the table")
        self.problems.setWordWrap(True)
        self.problems.currentRowChanged.connect(self._go_to_problem)
        self.problems.itemClicked.connect(lambda item: self._go_to_problem(self.problems.row(item)))
        box = QVBoxLayout()
        box.addWidget(self.problems_label)
        box.addWidget(self.problems, 1)
        return box

    def _buttons(self) -> QHBoxLayout:
        self.progress = QProgressBar(self)
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Share loaded")
        self.progress.hide()
        self.cancel_button = QPushButton("Cancel", self)
        self.cancel_button.setToolTip("Open nothing (Esc)")
        self.cancel_button.clicked.connect(self._cancel)
        self.open_button = QPushButton("Open", self)
        self.open_button.setToolTip("Load the whole table and make an experiment of it (Enter)")
        self.open_button.setProperty("role", "primary")
        self.open_button.setDefault(True)
        self.open_button.clicked.connect(self._load)
        row = QHBoxLayout()
        row.addWidget(self.progress, 1)
        row.addStretch(1)
        row.addWidget(self.cancel_button)
        row.addWidget(self.open_button)
        return row

    def _label(self, text: str) -> QLabel:
        label = QLabel(text, self)
        label.setProperty("role", "label")
        return label

    def _small_button(self, text: str, tip: str, slot: Callable[[], None]) -> QPushButton:
        button = QPushButton(text, self)
        button.setProperty("role", "pill")
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setAutoDefault(False)
        button.clicked.connect(slot)
        return button

    def _fitting_size(self) -> QSize:
        wanted = QSize(round(900 * scale()), round(640 * scale()))
        return wanted.boundedTo(self.screen().availableSize() * 0.95)

    # ------------------------------------------------------------------------------ preview

    def _open_path(self, path: Path) -> None:
        self.path = path
        self.setWindowTitle(title_text(f"Open {path.name}"))
        self.heading.setText(shortened(path.name))
        self._read()

    def read_again(self) -> None:
        """Look at the file anew; what was chosen is kept where it still suits."""
        if self._loader is None:
            self._read()

    def _read(self) -> None:
        try:
            found = preview(
                self.path, encoding=self.encoding.currentData(), delimiter=self.delimiter.currentData(),
                decimal=self.decimal.currentData(),
            )
        except InputError as error:
            self._show_unreadable(error)
            return
        before, target = self._preview, self.target.currentText()
        same = before is not None and [c.name for c in before.columns] == [c.name for c in found.columns]
        left_out = {name for name, ticked in self._ticks() if not ticked} if same else set()
        self._preview = found
        self.open_button.setEnabled(True)
        rows = f"{found.rows_seen:,} rows" if found.complete else f"the first {found.rows_seen:,} rows"
        mark = "" if found.decimal == "." else " · decimal comma"
        separator = DELIMITERS[found.delimiter].lower()
        self.summary.setText(f"{len(found.columns):,} columns · {rows} · {found.encoding} · {separator}{mark}")
        self.model.show(found)
        self._stretch_columns(found)
        self.target.blockSignals(True)
        self.target.clear()
        self.target.addItems([column.name for column in found.columns])
        self.target.setCurrentText(target if same else found.target)
        self.target.blockSignals(False)
        self._say("")
        self._fill_features(left_out)

    def _show_unreadable(self, error: InputError) -> None:
        """Show no table, and why; other choices may make it readable."""
        self._preview = None
        self.model.show(None)
        self.summary.setText("")
        self.features.clear()
        self.problems.clear()
        self.problems_label.setText("What is wrong")
        self._say(error.message())
        self.open_button.setEnabled(False)

    def _stretch_columns(self, found: CsvPreview) -> None:
        few = len(found.columns) <= 7
        mode = QHeaderView.ResizeMode.Stretch if few else QHeaderView.ResizeMode.Interactive
        self.table.horizontalHeader().setSectionResizeMode(mode)

    def _target_changed(self) -> None:
        self._fill_features({name for name, ticked in self._ticks() if not ticked})

    def _fill_features(self, left_out: set[str]) -> None:
        found = self._preview
        if found is None:
            return
        target = self.target.currentText()
        self.features.blockSignals(True)
        self.features.clear()
        for column in found.columns:
            if column.name == target:
                continue
            note = "" if column.kind == "numeric" else f"  ·  {column.distinct:,} categories, one input each"
            item = QListWidgetItem(f"{column.name[:60]}{note}")
            item.setData(Qt.ItemDataRole.UserRole, column.name)
            item.setToolTip(plain_tip(f"{column.name[:200]}: {in_words(column)}"))
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            ticked = column.name not in left_out
            item.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
            self.features.addItem(item)
        self.features.blockSignals(False)
        self.task.blockSignals(True)
        self.task.setCurrentIndex(self.task.findData(found.guess_task(target)))
        self.task.blockSignals(False)
        self._judge()

    def _ticks(self) -> list[tuple[str, bool]]:
        items = (self.features.item(row) for row in range(self.features.count()))
        return [(str(i.data(Qt.ItemDataRole.UserRole)), i.checkState() == Qt.CheckState.Checked) for i in items]

    def _tick(self, state: Qt.CheckState) -> None:
        self.features.blockSignals(True)
        for row in range(self.features.count()):
            self.features.item(row).setCheckState(state)
        self.features.blockSignals(False)
        self._judge()

    def chosen_features(self) -> list[str]:
        """Return the columns ticked; none if all are."""
        ticks = self._ticks()
        chosen = [name for name, ticked in ticks if ticked]
        return [] if len(chosen) == len(ticks) else chosen

    # ------------------------------------------------------------------------------ what is wrong

    def _judge(self) -> None:
        """Say what is wrong with the table for what is chosen, and mark it."""
        found = self._preview
        if found is None:
            return
        target, dropping = self.target.currentText(), self.missing.currentData() == "drop"
        features = [name for name, ticked in self._ticks() if ticked]
        self.model.show_choice(target, frozenset({target, *features}), dropping=dropping)
        listed = problems_of(found, target, features, str(self.task.currentData()), dropping=dropping)
        self.problems.blockSignals(True)
        self.problems.clear()
        for problem in listed:
            item = QListWidgetItem(f"{'·' if problem.note else '✗'} {problem.text}")
            item.setData(Qt.ItemDataRole.UserRole, problem)
            self.problems.addItem(item)
        self.problems.blockSignals(False)
        count = sum(not problem.note for problem in listed)
        where = "" if found.complete else " in the rows looked at"
        if not listed:
            self.problems.addItem(f"Nothing{where}")
        text = "What is wrong" if not count else f"What is wrong: {count:,} {'place' if count == 1 else 'places'}"
        self.problems_label.setText(text)
        first = next((row for row, problem in enumerate(listed) if problem.row is not None and not problem.note), None)
        if first is not None:
            self._go_to_problem(first)

    def _go_to_problem(self, row: int) -> None:
        item = self.problems.item(row) if row >= 0 else None
        problem = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        if not isinstance(problem, Problem) or (problem.row is None and problem.column is None):
            return
        index = self.model.index(problem.row or 0, problem.column or 0)
        if index.isValid():
            self.table.setCurrentIndex(index)
            self.table.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtCenter)

    # ------------------------------------------------------------------------------ another file

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._loader is None and _dropped(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = _dropped(event)
        if path is not None and self._loader is None:
            event.acceptProposedAction()
            self._open_path(path)

    # ------------------------------------------------------------------------------ loading

    def _data_values(self) -> dict[str, Any]:
        preparation = {
            key: value for key, value in as_values(self._base)["data"].items()
            if key in CsvData.model_fields and key in ("held_out", "stratify", "split_seed", "scaling")
        }
        return {
            **preparation, "dataset": "csv", "path": str(self.path.resolve()), "target": self.target.currentText(),
            "task": self.task.currentData(), "features": self.chosen_features(),
            "delimiter": self.delimiter.currentData(), "decimal": self.decimal.currentData(),
            "encoding": self.encoding.currentData(),
            "missing": self.missing.currentData(),
        }

    def _load(self) -> None:
        if not any(ticked for _, ticked in self._ticks()):
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
        self._loader = CsvLoader(experiment, self)
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
            self.experiment = with_fitting_loss(loader.experiment, loader.data)
            self.accept()

    def _set_busy(self, busy: bool) -> None:
        self.progress.setVisible(busy)
        for widget in (
            self.open_button, self.target, self.task, self.features, self.delimiter, self.decimal, self.encoding,
            self.missing, self.again, self.all_button, self.none_button,
        ):
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


def _dropped(event: QDropEvent) -> Path | None:
    """Return the first file of a drop."""
    paths = (Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile())
    return next((path for path in paths if path.is_file()), None)
