"""A look at the beginning of a CSV file, for choosing target and features before it is loaded."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from training.data.catalog import Task
from training.data.csv_columns import ALSO_MISSING, as_number, holds_numbers
from training.data.csv_format import CsvFormat, find_format
from training.data.files import open_input, size_of
from training.data.targets import guess_task
from training.errors import InputError

PREVIEW_BYTES = 1 << 20
PREVIEW_ROWS = 2_000
PREVIEW_CELLS = 60_000
FEWEST_ROWS = 20
MOST_COLUMNS = 5_000
MOST_FAULTS = 50
"""So many faults of a column, and so many rows of a wrong length, are listed."""
LONGEST_CELL = 200
"""Of longer cells the beginning is shown."""
TARGET_NAMES = ("target", "label", "class", "y", "species", "outcome", "diagnosis", "category", "output")
# What pandas takes for a missing value, and the mark of the UCI collection.
MISSING = {
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
    "NULL", "NaN", "None", "n/a", "nan", "null", ALSO_MISSING,
}


@dataclass(frozen=True)
class ColumnPreview:
    """What the beginning of a column holds.

    Attributes
    ----------
    kind
        Numeric also where most texts are numbers: the others are mistakes then.
    distinct
        Number of different values among the rows looked at.
    missing
        Number of rows looked at without a finite value.
    odd
        Number of rows looked at with a text in a column of numbers.
    lowest, highest
        Of a numeric column; NaN if it holds no finite number.
    texts
        The first few different texts of a categorical column.
    """

    name: str
    kind: Literal["numeric", "categorical"]
    distinct: int
    missing: int
    odd: int = 0
    lowest: float = math.nan
    highest: float = math.nan
    texts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fault:
    """A place that has to be mended, or a choice to be made about it.

    Attributes
    ----------
    row
        Index into the rows of the preview, or None where it has no place among them.
    column
        Index of the column, or None if it concerns the whole row.
    missing
        Whether a value is missing or not finite: such rows can be left out.
    """

    row: int | None
    column: int | None
    reason: str
    missing: bool = False


@dataclass(frozen=True)
class CsvPreview:
    """The beginning of a table and a guess at its meaning.

    Attributes
    ----------
    target, task
        Guesses: a column named like a target, else the last; classes or a quantity.
    rows
        The rows looked at, as text; a few may have too many or too few cells.
    row_numbers
        Their numbers as a spreadsheet counts, from 1 with the header.
    rows_seen, complete
        How many rows were looked at, and whether these are all there are.
    faults
        What would have to be mended or chosen before it loads, and where: of each kind the first ones.
    """

    columns: tuple[ColumnPreview, ...]
    target: str
    task: Task
    rows: tuple[tuple[str, ...], ...]
    row_numbers: tuple[int, ...]
    rows_seen: int
    complete: bool
    encoding: str
    delimiter: str
    decimal: str
    faults: tuple[Fault, ...]

    def reason_at(self, row: int, column: int) -> str:
        """Return what is wrong with a cell, or an empty text."""
        cells = self.rows[row]
        if len(cells) != len(self.columns):
            return _ragged(len(cells), len(self.columns))
        return cell_fault(cells[column], self.columns[column].kind, self.decimal)

    def guess_task(self, target: str) -> Task:
        """Return what a target is likely to be."""
        index = next(k for k, column in enumerate(self.columns) if column.name == target)
        whole = [row[index] for row in self.rows if len(row) == len(self.columns)]
        return _guess_task(whole, self.decimal)


def preview(
    path: str | Path, *, encoding: str = "auto", delimiter: str = "auto", decimal: str = "auto"
) -> CsvPreview:
    """Look at the first megabyte, at most 2,000 rows, of a CSV file.

    Raises
    ------
    InputError
        If the file cannot be opened, is no table, or has no usable header.
    """
    where = str(path)
    with open_input(path) as file:
        size = size_of(file)
        table = find_format(file, where, encoding=encoding, delimiter=delimiter, decimal=decimal, size=size)
        if len(table.names) > MOST_COLUMNS:
            raise InputError(
                f"{len(table.names):,} columns are too many to choose from", where=where,
                allowed=f"up to {MOST_COLUMNS:,}", hint="Keep the columns to use, or name them in an experiment file",
            )
        file.seek(0)
        sample = file.read(PREVIEW_BYTES)
    text = io.TextIOWrapper(io.BytesIO(sample), encoding=table.encoding, errors="replace", newline="").read()
    found = _rows(text, table, whole=len(sample) == size)
    if not found.rows and found.complete:
        raise InputError("holds only the header, and no rows", where=where)
    whole = [row for row in found.rows if len(row) == len(table.names)]
    cells = list(zip(*whole, strict=True)) if whole else [()] * len(table.names)
    columns = tuple(_column(name, values, table.decimal) for name, values in zip(table.names, cells, strict=True))
    target = _guess_target(table.names)
    return CsvPreview(
        columns=columns, target=target, task=_guess_task(cells[table.names.index(target)], table.decimal),
        rows=tuple(found.rows), row_numbers=tuple(found.numbers), rows_seen=len(found.rows), complete=found.complete,
        encoding=table.encoding, delimiter=table.delimiter, decimal=table.decimal,
        faults=(*found.faults, *_faults(found.rows, columns, table.decimal)),
    )


@dataclass
class _Rows:
    """Rows below the header, their numbers, what is wrong with them, and whether that was all of the file."""

    rows: list[tuple[str, ...]]
    numbers: list[int]
    faults: list[Fault]
    complete: bool


def _rows(text: str, table: CsvFormat, *, whole: bool) -> _Rows:
    lines = io.StringIO(text, newline="").readlines()[table.header_row - 1 :]
    if not whole:
        lines = lines[:-1]
    found = _Rows([], [], [], whole)
    most = min(PREVIEW_ROWS, max(FEWEST_ROWS, PREVIEW_CELLS // len(table.names)))
    reader = csv.reader(lines, delimiter=table.delimiter, skipinitialspace=True)
    line = table.header_row
    try:
        for index, row in enumerate(reader):
            start, line = line, table.header_row + reader.line_num
            if index == 0 or not any(cell.strip() for cell in row):
                continue
            if len(found.rows) == most:
                found.complete = False
                break
            if len(row) != len(table.names):
                reason = f"line {start}: {_ragged(len(row), len(table.names))}"
                found.faults.append(Fault(len(found.rows), None, reason))
            # Of a row far too long only what shows the mistake is kept.
            found.rows.append(tuple(cell.strip() for cell in row[: len(table.names) + 5]))
            found.numbers.append(table.header_row + index)
    except csv.Error as error:
        found.faults.append(Fault(None, None, f"line {line}: {error}; perhaps a quote is opened and not closed"))
    found.faults = found.faults[:MOST_FAULTS]
    return found


def _ragged(width: int, expected: int) -> str:
    many = f"more than {expected + 4}" if width > expected + 4 else f"{width}"
    return f"{many} cell{'' if width == 1 else 's'} where the header names {expected} columns"


def cell_fault(cell: str, kind: str, decimal: str) -> str:
    """Return what is wrong with a cell in a column of numbers or of categories, or an empty text."""
    if cell in MISSING:
        return "empty" if not cell else f"'{cell}' stands for a missing value"
    if kind == "categorical":
        return ""
    number = as_number(cell, decimal)
    if number is None:
        return f"'{cell[:40]}' is not a number"
    return "" if math.isfinite(number) else f"'{cell}' is not finite"


def is_missing(cell: str, decimal: str) -> bool:
    """Tell whether a cell holds no value, or a number that is not finite."""
    number = as_number(cell, decimal)
    return cell in MISSING or (number is not None and not math.isfinite(number))


def _faults(rows: Sequence[Sequence[str]], columns: Sequence[ColumnPreview], decimal: str) -> list[Fault]:
    """Return the first faults of each column that has any, column by column."""
    faults: list[Fault] = []
    for index, column in enumerate(columns):
        left = min(MOST_FAULTS, column.missing + column.odd)
        for row, cells in enumerate(rows):
            if left == 0:
                break
            reason = cell_fault(cells[index], column.kind, decimal) if len(cells) == len(columns) else ""
            if reason:
                faults.append(Fault(row, index, reason, is_missing(cells[index], decimal)))
                left -= 1
    return faults


def _column(name: str, cells: Sequence[str], decimal: str) -> ColumnPreview:
    there = [cell for cell in cells if cell not in MISSING]
    numbers = _numbers(there, decimal)
    odd = 0
    if numbers is None:
        texts = list(dict.fromkeys(there))
        if not holds_numbers(texts, decimal):
            shown = tuple(text[:LONGEST_CELL] for text in texts[:5])
            return ColumnPreview(name, "categorical", len(texts), len(cells) - len(there), texts=shown)
        read = [as_number(cell, decimal) for cell in there]
        odd = sum(number is None for number in read)
        numbers = np.array([number for number in read if number is not None], dtype=np.float64)
    finite = numbers[np.isfinite(numbers)]
    lowest, highest = (float(finite.min()), float(finite.max())) if len(finite) else (math.nan, math.nan)
    missing = len(cells) - len(finite) - odd
    return ColumnPreview(name, "numeric", len(np.unique(finite)), missing, odd, lowest, highest)


def _numbers(cells: Sequence[str], decimal: str) -> NDArray[np.float64] | None:
    """Return the cells as numbers, or None if one of them is not."""
    joined = "\n".join(cells)
    plain = joined.replace(",", ".") if decimal == "," else joined
    if plain.isascii() and "_" not in plain:  # else Python reads as numbers what is none in a table
        parts = plain.split("\n") if cells else []
        try:
            return np.array([float(part) for part in parts], dtype=np.float64) if len(parts) == len(cells) else None
        except ValueError:
            return None
    numbers = [as_number(cell, decimal) for cell in cells]
    return None if None in numbers else np.array(numbers, dtype=np.float64)


def _guess_target(names: Sequence[str]) -> str:
    by_lower = {name.lower(): name for name in names}
    return next((by_lower[known] for known in TARGET_NAMES if known in by_lower), names[-1])


def _guess_task(cells: Sequence[str], decimal: str) -> Task:
    there = [cell for cell in cells if cell not in MISSING]
    numbers = _numbers(there, decimal)
    if numbers is None:
        return "classification"
    finite = numbers[np.isfinite(numbers)]
    return guess_task(finite) if len(finite) else "regression"
