"""Which samples are listed, in which order, and how each of their figures reads."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from gui.panels.panel import Table
from gui.panels.sample_table import column, leading_columns, sample_table, value
from gui.panels.samples import Predicted

MOST = 300
"""So many samples are listed: nobody looks at more, and each picture takes its time."""
WORST_FIRST = -1
"""In place of a column: the most confident mistakes first, or the largest errors."""

Only = Literal["all", "wrong", "right"]
Index = QModelIndex | QPersistentModelIndex


class SampleModel(QAbstractTableModel):
    """A row for each sample listed: what it is, what the network says, and its features in original units."""

    def __init__(self) -> None:
        super().__init__()
        self.made: Predicted | None = None
        self.true: int | None = None
        self.said: int | None = None
        self.part: bool | None = None
        self.only: Only = "all"
        self.first: int | None = None
        self.order: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self.found = 0
        self._names: tuple[str, ...] = ()
        self._sort = (WORST_FIRST, Qt.SortOrder.AscendingOrder)

    # -- what is listed

    def take(self, made: Predicted) -> None:
        """List samples of another moment, by the same choice."""
        self.made = made
        self._names = (*leading_columns(made), *made.data.dataset.feature_names)
        self.choose()

    def choose(self) -> None:
        """List what is chosen by ``true``, ``said``, ``part`` and ``only``; the sample ``first`` in any case."""
        self.beginResetModel()
        if self.made is not None:
            chosen = np.flatnonzero(self._chosen(self.made))
            self.found = len(chosen)
            order = chosen[self._ranks(self.made)[chosen].argsort(kind="stable")][:MOST]
            if self.first is not None and self.first not in order:
                order = np.concatenate([[self.first], order[: MOST - 1]])
            self.order = order.astype(np.int64)
        self.endResetModel()

    def _chosen(self, made: Predicted) -> NDArray[np.bool_]:
        chosen = np.ones(len(made.samples), dtype=np.bool_)
        if self.true is not None:
            chosen &= made.samples.y == self.true
        if self.said is not None:
            chosen &= made.said == self.said
        if self.part is not None:
            chosen &= made.samples.held_out == self.part
        if self.only != "all":
            chosen &= made.wrong == (self.only == "wrong")
        return chosen

    def _ranks(self, made: Predicted) -> NDArray[np.float64]:
        """Return numbers whose ascending order is the order of the list; NaN is last."""
        by, order = self._sort
        if by != WORST_FIRST:
            keys = column(made, by)
            return keys if order == Qt.SortOrder.AscendingOrder else -keys
        if made.data.task == "regression":
            return -np.abs(column(made, 4))
        return -(made.wrong + 0.5 * np.nan_to_num(column(made, 4)))

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order by a column, or by `WORST_FIRST`."""
        self._sort = (column, order)
        self.choose()

    def row_of(self, sample: int) -> int | None:
        """Return the row that lists a sample, or None."""
        rows = np.flatnonzero(self.order == sample)
        return int(rows[0]) if len(rows) else None

    def table(self) -> Table:
        """Return what is listed, exactly."""
        if self.made is None:
            return Table((), ())
        return sample_table(self.made, self.order.tolist())

    # -- as a model

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.order)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._names)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._names[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        made = self.made
        if made is None or not index.isValid() or index.row() >= len(self.order):
            return None
        sample = int(self.order[index.row()])
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(made, sample, index.column())
        if role == Qt.ItemDataRole.AccessibleTextRole and index.column() == 0:
            return self.sentence(sample)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            words = index.column() == 1 or (made.data.task == "classification" and index.column() in (2, 3))
            side = Qt.AlignmentFlag.AlignLeft if words else Qt.AlignmentFlag.AlignRight
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None

    def _text(self, made: Predicted, sample: int, index: int) -> str:
        shown = value(made, sample, index)
        if isinstance(shown, float):
            return f"{shown:.1%}" if made.data.task == "classification" and index in (4, 5) else f"{shown:.6g}"
        if index == 3 and made.wrong[sample]:
            return f"{shown}  ×"
        return f"{shown:,}" if isinstance(shown, int) else str(shown)

    def sentence(self, sample: int) -> str:
        """Return what there is to say of a sample, in one line."""
        made = self.made
        if made is None:
            return ""
        who = f"sample {value(made, sample, 0):,} · {value(made, sample, 1)} · true {value(made, sample, 2)}"
        if made.data.task == "regression":
            true, said = float(made.samples.y[sample]), float(made.said[sample])
            start = f"sample {value(made, sample, 0):,} · {value(made, sample, 1)}"
            return f"{start} · true {true:.5g} · predicted {said:.5g} · error {said - true:+.3g}"
        likeliest = np.argsort(-made.outputs[sample], kind="stable")[:3].tolist()
        said_of = ", ".join(f"{made.name_of(k)} {made.outputs[sample, k]:.1%}" for k in likeliest)
        return f"{who} · predicted {said_of}"
