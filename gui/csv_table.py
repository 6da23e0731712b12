"""The beginning of a table, with what its columns hold in the header and what is wrong marked in the cells."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from gui.panels.scale import scale
from gui.theme import Theme, mix
from gui.tips import plain_tip
from training.data.csv_preview import LONGEST_CELL, ColumnPreview, CsvPreview, is_missing

Index = QModelIndex | QPersistentModelIndex


class CsvTable(QAbstractTableModel):
    """Rows as they stand in the file; a cell at fault is marked and says why."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.found: CsvPreview | None = None
        self.target = ""
        self.used: frozenset[str] = frozenset()
        self.dropping = False

    def show(self, found: CsvPreview | None) -> None:
        """Show another table, or none."""
        self.beginResetModel()
        self.found = found
        self.endResetModel()

    def show_choice(self, target: str, used: frozenset[str], *, dropping: bool) -> None:
        """Show which columns are used (the target among them), and whether rows with missing values are left out."""
        self.target, self.used, self.dropping = target, used, dropping
        if self.found is not None and self.found.rows:
            last = self.index(len(self.found.rows) - 1, len(self.found.columns) - 1)
            self.dataChanged.emit(self.index(0, 0), last)
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.found.columns) - 1)

    def fault_at(self, row: int, column: int) -> str:
        """Return what is wrong with a cell that is used, or an empty text."""
        if self.found is None or self.found.columns[column].name not in self.used:
            return ""
        return self.found.reason_at(row, column)

    # -- as a model

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() or self.found is None else len(self.found.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() or self.found is None else len(self.found.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if self.found is None:
            return None
        if orientation == Qt.Orientation.Vertical:
            return f"{self.found.row_numbers[section]:,}" if role == Qt.ItemDataRole.DisplayRole else None
        column = self.found.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{column.name[:40]}\n{self._part(column)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(f"{column.name[:200]}\n{self._part(column)}: {in_words(column)}")
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return None

    def _part(self, column: ColumnPreview) -> str:
        if column.name == self.target:
            return "target"
        if column.name not in self.used:
            return "left out"
        return "numbers" if column.kind == "numeric" else f"{column.distinct:,} categories"

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        found = self.found
        if found is None or not index.isValid():
            return None
        row, column = index.row(), index.column()
        cells = found.rows[row]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(cells[column] if column < len(cells) else "", row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            right = found.columns[column].kind == "numeric"
            side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            reason = self.fault_at(row, column)
            return plain_tip(f"row {found.row_numbers[row]:,}, {found.columns[column].name[:80]}: {reason}") or None
        if role == Qt.ItemDataRole.BackgroundRole and self.fault_at(row, column):
            color = self._theme.muted if self._is_dropped(row, column) else self._theme.error
            return QBrush(QColor(mix(self._theme.background, color, 0.28)))
        if role == Qt.ItemDataRole.ForegroundRole and found.columns[column].name not in self.used:
            return QBrush(QColor(self._theme.faint))
        return None

    def _text(self, cell: str, row: int, column: int) -> str:
        shown = cell if len(cell) <= LONGEST_CELL else f"{cell[:LONGEST_CELL]}…"
        if not self.fault_at(row, column):
            return shown
        return f"✗ {shown}" if shown else "✗ empty"

    def _is_dropped(self, row: int, column: int) -> bool:
        """Tell whether a value is missing, and the row left out for it rather than in the way."""
        found = self.found
        if not self.dropping or found is None or len(found.rows[row]) != len(found.columns):
            return False
        return is_missing(found.rows[row][column], found.decimal)


def in_words(column: ColumnPreview) -> str:
    """Return what the beginning of a column holds, as a sentence."""
    if column.kind == "categorical":
        shown = ", ".join(text[:24] for text in column.texts)
        words = f"{column.distinct:,} different texts ({shown}{', …' if column.distinct > len(column.texts) else ''})"
    elif math.isnan(column.lowest):
        words = "no numbers"
    else:
        words = f"{column.distinct:,} different numbers from {column.lowest:.6g} to {column.highest:.6g}"
    if column.missing:
        words += f"; {column.missing:,} missing"
    return f"{words}; {column.odd:,} texts among the numbers" if column.odd else words


def table_view(model: CsvTable, parent: QWidget) -> QTableView:
    """Return the view of a table."""
    view = QTableView(parent)
    view.setModel(model)
    view.setAccessibleName("Beginning of the table")
    view.setTabKeyNavigation(False)
    view.setWordWrap(False)
    view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    view.verticalHeader().setDefaultSectionSize(round(22 * scale()))
    view.verticalHeader().setToolTip("Row of the file, as a spreadsheet counts it")
    header = view.horizontalHeader()
    header.setDefaultSectionSize(round(104 * scale()))
    header.setTextElideMode(Qt.TextElideMode.ElideNone)  # eliding two lines would take the second away
    header.setMinimumHeight(round(38 * scale()))
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return view
