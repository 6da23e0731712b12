"""How often each class is taken for each other, and the samples behind every count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QButtonGroup, QWidget

from gui.panels.matrix_view import Cell, MatrixView
from gui.panels.panel import GAP, Panel, Table
from gui.panels.prediction import Prediction
from gui.panels.sample_view import whole_parts
from gui.panels.samples import Predicted, Shown, part_name, predicted, shown_samples
from gui.panels.short_pill import ShortPill, fit
from gui.sample_list import SampleList
from gui.theme import DARK, Theme

if TYPE_CHECKING:
    from gui.run_view import RunView
    from training.snapshot import Snapshot

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SAMPLES = 4_000
"""Of a larger part, so many samples are counted."""


class ConfusionMatrix(Panel):
    """Rows are the true classes, columns what the network says; the shade is the share of the row.

    A cell opens the list of its samples, a recall that of the class missed, a precision that of what
    was wrongly taken for the class.
    """

    title = "Confusion matrix"
    short_title = "Confusion"
    name = "confusion"
    needs_snapshot = True

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.grid = MatrixView()
        self.grid.opened.connect(lambda cell: self.attempt(self.open_cell, cell))
        self.body.addWidget(self.grid, 1)
        self.prediction = Prediction(self._predicted, self)
        self.list = SampleList(self)
        self.rates_pill = ShortPill("rates", "%", "rates", "Show shares of the true class in place of counts")
        self.rates_pill.toggled.connect(self.grid.show_rates)
        self.part_pills = (
            ShortPill("● train", "●", "train", "Count the training samples"),
            ShortPill("○ held out", "○", "held out", "Count the held-out samples"),
        )
        for pill in self.part_pills:
            pill.toggled.connect(self._part_chosen)
        for pill in (self.rates_pill, *self.part_pills):
            self.add_to_header(pill)
        self._one_part = QButtonGroup(self)
        for pill in self.part_pills:
            self._one_part.addButton(pill)
        self._held_out = True
        self._run: RunView | None = None
        self._samples: Shown | None = None
        self._outputs: FloatArray | None = None
        self._asked: Snapshot | None = None
        self.restyle(DARK)

    @staticmethod
    def suits(run: RunView) -> bool:
        """Tell whether the run is a classification."""
        return run.data.task == "classification"

    @property
    def counts(self) -> IntArray:
        """Samples of true class (row) said to be of a class (column)."""
        return self.grid.counts

    # -- as a panel

    def fit_extras(self) -> bool:
        pills = [self.rates_pill, *self.part_pills]
        room = self.header_room() - self.figure_label.fontMetrics().horizontalAdvance("accuracy 100.0%") - 2 * GAP
        fit(pills, room, GAP)
        return super().fit_extras() and sum(pill.sizeHint().width() + GAP for pill in pills) <= room

    def start(self, run: RunView) -> None:
        self.clear()
        self.list.start(run)
        if not self.suits(run):
            return
        self._run = run
        possible = len(run.data.x_val) > 0
        self.part_pills[1].setEnabled(possible)
        self.part_pills[self._held_out and possible].setChecked(True)
        self.grid.set_counts(np.zeros((run.data.n_outputs, run.data.n_outputs), dtype=np.int64), run.data.class_names)
        self._choose_samples(run)
        self.refresh(run)

    def refresh(self, run: RunView) -> None:
        snapshot = run.shown_snapshot
        if self._samples is None or snapshot is None or snapshot is self._asked:
            return
        self._asked = snapshot
        self.prediction.ask(snapshot, self._samples.x)

    def clear(self) -> None:
        self.prediction.cancel()
        self._run, self._samples, self._outputs, self._asked = None, None, None, None
        self.set_figure("")
        self.grid.set_counts(np.zeros((0, 0), dtype=np.int64), ())

    def restyle(self, theme: Theme) -> None:
        super().restyle(theme)
        self.grid.theme = theme
        self.list.restyle(theme)
        self.grid.update()

    def table(self) -> Table | None:
        """Return the matrix of all samples of the part, also where only a choice of them is drawn."""
        if self._run is None or self._outputs is None or self.prediction.snapshot is None:
            return None
        made = whole_parts(self._run.data, self.prediction.snapshot, (self.held_out,))
        names = self._run.data.class_names
        rows = [[name, *counts] for name, counts in zip(names, confusion(made).tolist(), strict=True)]
        return Table(("true \\ predicted", *names), rows)

    # -- which part

    @property
    def held_out(self) -> bool:
        """Whether the held-out part is counted."""
        return self.part_pills[1].isChecked()

    def _part_chosen(self, checked: bool) -> None:
        if not checked or self._run is None or self._samples is None:
            return
        self._held_out = self.held_out  # what the user wants, also of the next run
        self.attempt(self._choose_samples, self._run)
        self.attempt(self.refresh, self._run)

    def _choose_samples(self, run: RunView) -> None:
        self.prediction.cancel()
        self._samples = shown_samples(run.data, self.held_out, SAMPLES)
        self._outputs, self._asked = None, None

    # -- what is shown

    def _predicted(self, _: FloatArray, outputs: FloatArray) -> None:
        self._outputs = outputs
        made, samples = self.predictions(), self._samples
        if made is None or samples is None:
            return
        self.grid.set_counts(confusion(made), self.grid.names)
        part = part_name(self.held_out)
        of = f"{len(samples):,}" if samples.whole else f"{len(samples):,} drawn"
        accuracy = f"accuracy {int(np.trace(self.counts)) / max(1, len(samples)):.1%}"
        self.set_figure(f"{accuracy} of {of} · {part}", f"{accuracy} · {part}", accuracy)

    def predictions(self) -> Predicted | None:
        """Return the samples counted and what is said of them, or None before anything was."""
        snapshot = self.prediction.snapshot
        if self._run is None or self._samples is None or self._outputs is None or snapshot is None:
            return None
        return predicted(self._run.data, self._samples, snapshot, self._outputs)

    def open_cell(self, cell: Cell) -> None:
        """List the samples of a cell; of a margin, the mistakes that it counts."""
        made = self.predictions()
        if made is None or self._run is None:
            return
        classes = len(self.counts)
        true = cell.row if cell.row < classes else None
        said = cell.column if cell.column < classes else None
        self.list.open(self._run, made, true=true, said=said, only="all" if None not in (true, said) else "wrong")


def confusion(made: Predicted) -> IntArray:
    """Return how many samples of a true class (row) are said to be of a class (column)."""
    classes = made.outputs.shape[1]
    pairs = made.samples.y.astype(np.int64) * classes + made.said.astype(np.int64)
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)
