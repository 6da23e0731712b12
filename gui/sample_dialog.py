"""Samples and what the network says of them: pictures as pictures, others as a table, the worst first."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from gui.builder.editors import Combo
from gui.panels.panel import Table, scale
from gui.panels.prediction import Prediction
from gui.panels.samples import Predicted, predicted
from gui.sample_model import MOST, WORST_FIRST, Only, SampleModel
from gui.sample_pictures import SamplePictures
from gui.theme import Theme
from gui.tips import plain_label, title_text

if TYPE_CHECKING:
    from gui.run_view import RunView

FloatArray = NDArray[np.float64]

ANY = -1
ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)


class SampleDialog(QDialog):
    """A list beside the window; the run goes on, and Refresh asks the network as it is by then."""

    def __init__(self, run: RunView, theme: Theme, parent: QWidget | None = None) -> None:
        # A tool window leaves the keys of the window behind it at work: Space runs and pauses here too.
        super().__init__(parent, Qt.WindowType.Tool)
        self.setObjectName("sampleDialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.run = run
        self.model = SampleModel()
        self.model.setParent(self)
        self.pictured = run.data.dataset.image_shape is not None
        self.prediction = Prediction(self._predicted, self)
        self._build(theme)
        self._make_shortcuts()
        self.finished.connect(self.prediction.cancel)
        self.resize(round(680 * scale()), round(520 * scale()))

    # ------------------------------------------------------------------------------ building

    def _build(self, theme: Theme) -> None:
        self.heading = plain_label(parent=self)
        self.heading.setProperty("role", "heading")
        self.summary = plain_label(parent=self)
        self.summary.setProperty("role", "muted")
        self.summary.setWordWrap(True)
        self.pictures = SamplePictures(self.model, theme, scale(), self)
        self.table = _table_view(self.model, self)
        self.view: QAbstractItemView = self.pictures if self.pictured else self.table
        self.pictures.setVisible(self.pictured)
        self.table.setVisible(not self.pictured)
        self.view.installEventFilter(self)
        self.view.selectionModel().currentChanged.connect(self._current_changed)
        self.details = plain_label(" ", self)
        self.details.setProperty("role", "caption")
        self.details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.details.setMinimumWidth(0)
        box = QVBoxLayout(self)
        margin = round(14 * scale())
        box.setContentsMargins(margin, margin - 2, margin, margin - 2)
        box.setSpacing(round(8 * scale()))
        box.addWidget(self.heading)
        box.addWidget(self.summary)
        box.addLayout(self._choices())
        box.addWidget(self.view, 1)
        box.addWidget(self.details)
        box.addLayout(self._buttons())

    def _choices(self) -> QHBoxLayout:
        classes = self.run.data.class_names
        self.true = self._combo("True", "Only samples of this class", [("any class", ANY), *_numbered(classes)])
        self.said = self._combo("Predicted", "Only samples taken for this class", [("any", ANY), *_numbered(classes)])
        self.part = self._combo(
            "Part", "Training samples, held-out samples or both",
            [("both parts", ANY), ("train", 0), ("held out", 1)],
        )
        self.only = self._combo(
            "Which", "Those misclassified, those recognized, or all",
            [("all", "all"), ("misclassified", "wrong"), ("recognized", "right")],
        )
        self.order = self._combo(
            "Order", "What comes first",
            [("worst first", WORST_FIRST), ("by sample", 0), ("by true class", 2), ("by predicted class", 3)],
        )
        row = QHBoxLayout()
        row.setSpacing(round(6 * scale()))
        classified = bool(classes)
        for text, combo, there in (
            ("True", self.true, classified), ("Predicted", self.said, classified), ("", self.only, classified),
            ("", self.part, True), ("", self.order, self.pictured),
        ):
            combo.setVisible(there)
            if there and text:
                label = plain_label(text, self)
                label.setProperty("role", "label")
                row.addWidget(label)
            if there:
                row.addWidget(combo)
        row.addStretch(1)
        return row

    def _combo(self, name: str, tip: str, options: list[tuple[str, object]]) -> Combo:
        combo = Combo(self)
        combo.setAccessibleName(name)
        combo.setToolTip(tip)
        combo.setSizeAdjustPolicy(Combo.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        combo.setMinimumContentsLength(max(6, min(11, max(len(text) for text, _ in options))))
        for text, value in options:
            combo.addItem(text, value)
        combo.activated.connect(self._chosen)
        return combo

    def _buttons(self) -> QHBoxLayout:
        self.refresh_button = self._button("Refresh", "Ask the network as it is now (F5)", self.refresh)
        self.copy_button = self._button("Copy as CSV", "Copy what is listed, with exact figures (Ctrl+C)", self.copy)
        self.close_button = self._button("Close", "Close the list (Esc)", self.close)
        row = QHBoxLayout()
        row.addWidget(self.refresh_button)
        row.addWidget(self.copy_button)
        row.addStretch(1)
        row.addWidget(self.close_button)
        return row

    def _button(self, text: str, tip: str, slot: object) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(tip)
        button.clicked.connect(slot)
        return button

    def _make_shortcuts(self) -> None:
        QShortcut(QKeySequence("F5"), self).activated.connect(self.refresh)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self).activated.connect(self.copy)

    # ------------------------------------------------------------------------------ what is listed

    def show_samples(
        self, made: Predicted, *, true: int | None = None, said: int | None = None, only: Only = "all",
        sample: int | None = None,
    ) -> None:
        """List samples of a true class and said to be of a class (None: any); `sample` is selected, wherever it is."""
        model = self.model
        model.true, model.said, model.only, model.part, model.first = true, said, only, None, sample
        for combo, value in (
            (self.true, ANY if true is None else true), (self.said, ANY if said is None else said),
            (self.only, only), (self.part, ANY),
        ):
            combo.setCurrentIndex(max(0, combo.findData(value)))
        self._take(made)
        if sample is not None:
            self._select(sample)

    def _chosen(self) -> None:
        model = self.model
        true, said, part = (combo.currentData() for combo in (self.true, self.said, self.part))
        model.true = None if true in (ANY, None) else int(true)
        model.said = None if said in (ANY, None) else int(said)
        model.part = None if part == ANY else bool(part)
        model.only, model.first = self.only.currentData(), None
        if self.pictured:
            model.sort(self.order.currentData())
        else:
            model.choose()
        self._describe()

    def _take(self, made: Predicted) -> None:
        self.model.take(made)
        self._describe()

    def _select(self, sample: int) -> None:
        row = self.model.row_of(sample)
        if row is None:
            return
        index = self.model.index(row, 0)
        rows = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.view.selectionModel().setCurrentIndex(index, rows)
        self.view.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtCenter)

    def _current_changed(self, current: QModelIndex, _: QModelIndex) -> None:
        text = self.model.sentence(int(self.model.order[current.row()])) if current.isValid() else " "
        self.details.setText(text)

    def _describe(self) -> None:
        model, made = self.model, self.model.made
        if made is None:
            return
        names = made.data.class_names
        text = heading(
            None if model.true is None else names[model.true], None if model.said is None else names[model.said],
            model.only,
        )
        self.heading.setText(text)
        self.setWindowTitle(title_text(f"{text} — {made.data.dataset.name}"))
        count = f"{model.found:,} sample{'' if model.found == 1 else 's'}"
        if model.found > MOST:
            count = f"the first {MOST:,} of {count}"
        drawn = "" if made.samples.whole else f", of {len(made.samples):,} drawn from the data"
        self.summary.setText(f"{count}{drawn} · predictions of epoch {made.epoch:.4g} (step {made.step:,})")
        self.details.setText(" ")

    # ------------------------------------------------------------------------------ the run goes on

    def refresh(self) -> None:
        """List the same samples by what the network says now."""
        made, snapshot = self.model.made, self.run.shown_snapshot
        if made is None or snapshot is None:
            return
        self.refresh_button.setEnabled(False)
        self.prediction.ask(snapshot, made.samples.x)

    def _predicted(self, _: FloatArray, outputs: FloatArray) -> None:
        self.refresh_button.setEnabled(True)
        made, snapshot = self.model.made, self.prediction.snapshot
        if made is None or snapshot is None:
            return
        current = self.view.currentIndex()
        sample = int(self.model.order[current.row()]) if current.isValid() else None
        self._take(predicted(made.data, made.samples, snapshot, outputs))
        if sample is not None:
            self._select(sample)

    def follow(self, run: RunView) -> None:
        """Belong to another run from now on, if it has the same data; else close: these samples are gone."""
        if run.experiment.data == self.run.experiment.data:
            self.run = run
        else:
            self.close()

    # ------------------------------------------------------------------------------ the rest

    def copy(self) -> None:
        """Put what is listed on the clipboard, and say so."""
        QGuiApplication.clipboard().setText(as_csv(self.model.table()))
        self.copy_button.setText("Copied")
        QTimer.singleShot(1500, self.copy_button, lambda: self.copy_button.setText("Copy as CSV"))

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self.pictures.restyle(theme)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # Arrows move through the list, whatever they do in the window behind.
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in ARROWS:
            event.accept()
            return True
        return bool(super().eventFilter(watched, event))


def heading(true: str | None, said: str | None, only: Only) -> str:
    """Return what a list of samples is called.

    >>> heading("5", "8", "all")
    '5 taken for 8'
    """
    if true is not None and said is not None:
        return f"{true} recognized" if true == said else f"{true} taken for {said}"
    if true is not None:
        return {"wrong": f"{true} taken for others", "right": f"{true} recognized", "all": f"All of {true}"}[only]
    if said is not None:
        taken = f"taken for {said}"
        return {"wrong": f"Others {taken}", "right": f"{said} recognized", "all": f"All {taken}"}[only]
    return {"wrong": "Misclassified samples", "right": "Recognized samples", "all": "All samples"}[only]


def as_csv(table: Table) -> str:
    """Return a table as CSV, its numbers exact."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(table.rows)
    return text.getvalue()


def _numbered(names: tuple[str, ...]) -> list[tuple[str, object]]:
    return [(name, index) for index, name in enumerate(names)]


def _table_view(model: SampleModel, parent: QWidget) -> QTableView:
    view = QTableView(parent)
    view.setModel(model)
    view.setAccessibleName("Samples")
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    view.setAlternatingRowColors(True)
    view.setTabKeyNavigation(False)
    view.verticalHeader().hide()
    view.verticalHeader().setDefaultSectionSize(round(24 * scale()))
    header = view.horizontalHeader()
    header.setDefaultSectionSize(round(104 * scale()))
    header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
    header.setTextElideMode(Qt.TextElideMode.ElideRight)
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    header.setSortIndicator(WORST_FIRST, Qt.SortOrder.AscendingOrder)
    view.setSortingEnabled(True)
    header.setToolTip("Click to sort by a column")
    return view
