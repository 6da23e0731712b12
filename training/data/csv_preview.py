"""A look at the beginning of a CSV file, for choosing target and features before it is loaded."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from training.data.catalog import Task
from training.data.csv_columns import ALSO_MISSING, as_number
from training.data.csv_format import CsvFormat, find_format
from training.data.files import open_input, size_of
from training.data.targets import guess_task
from training.errors import InputError

PREVIEW_BYTES = 1 << 20
PREVIEW_ROWS = 5_000
PREVIEW_CELLS = 200_000
SHOWN_ROWS = 20
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
    distinct
        Number of different values among the rows looked at.
    missing
        Number of rows looked at without a finite value.
    """

    name: str
    kind: Literal["numeric", "categorical"]
    distinct: int
    missing: int


@dataclass(frozen=True)
class CsvPreview:
    """The beginning of a table and a guess at its meaning.

    Attributes
    ----------
    target, task
        Guesses: a column named like a target, else the last; classes or a quantity.
    rows
        The first 20 rows, as text.
    rows_seen, complete
        How many rows were looked at, and whether these are all there are.
    problems
        What would have to be mended or chosen before it loads, and where.
    """

    columns: tuple[ColumnPreview, ...]
    target: str
    task: Task
    rows: tuple[tuple[str, ...], ...]
    rows_seen: int
    complete: bool
    encoding: str
    delimiter: str
    decimal: str
    problems: tuple[str, ...]


def preview(path: str | Path, *, encoding: str = "auto", delimiter: str = "auto") -> CsvPreview:
    """Look at the first megabyte, at most 5,000 rows, of a CSV file.

    Raises
    ------
    InputError
        If the file cannot be opened, is no table, or has no usable header.
    """
    where = str(path)
    with open_input(path) as file:
        size = size_of(file)
        table = find_format(file, where, encoding=encoding, delimiter=delimiter, size=size)
        file.seek(0)
        sample = file.read(PREVIEW_BYTES)
    text = io.TextIOWrapper(io.BytesIO(sample), encoding=table.encoding, errors="replace", newline="").read()
    rows, problems, complete = _rows(text, table, whole=len(sample) == size)
    if not rows and complete:
        raise InputError("holds only the header, and no rows", where=where)
    cells = list(zip(*rows, strict=True)) if rows else [()] * len(table.names)
    columns = tuple(_column(name, values, table.decimal) for name, values in zip(table.names, cells, strict=True))
    problems += [
        f"column '{column.name}' has {column.missing:,} empty or non-finite values" for column in columns
        if column.missing
    ]
    target = _guess_target(table.names)
    values = cells[table.names.index(target)]
    return CsvPreview(
        columns=columns, target=target, task=_guess_task(values, table.decimal), rows=tuple(rows[:SHOWN_ROWS]),
        rows_seen=len(rows), complete=complete, encoding=table.encoding, delimiter=table.delimiter,
        decimal=table.decimal, problems=tuple(problems),
    )


def _rows(text: str, table: CsvFormat, *, whole: bool) -> tuple[list[tuple[str, ...]], list[str], bool]:
    """Return complete rows below the header, what is wrong with others, and whether that was all of the file."""
    lines = io.StringIO(text, newline="").readlines()[table.header_row - 1 :]
    if not whole:
        lines = lines[:-1]
    rows: list[tuple[str, ...]] = []
    problems: list[str] = []
    most = min(PREVIEW_ROWS, max(SHOWN_ROWS, PREVIEW_CELLS // len(table.names)))
    reader = csv.reader(lines, delimiter=table.delimiter, skipinitialspace=True)
    line = table.header_row
    try:
        for index, row in enumerate(reader):
            start, line = line, table.header_row + reader.line_num
            if index == 0 or not any(cell.strip() for cell in row):
                continue
            if len(row) != len(table.names):
                problems.append(f"line {start}: {len(row)} cells where the header names {len(table.names)} columns")
            else:
                rows.append(tuple(cell.strip() for cell in row))
            if len(rows) >= most or len(problems) >= SHOWN_ROWS:
                return rows, problems, False
    except csv.Error as error:
        problems.append(f"line {line}: {error}; perhaps a quote is opened and not closed")
    return rows, problems, whole


def _column(name: str, cells: Sequence[str], decimal: str) -> ColumnPreview:
    there = [cell for cell in cells if cell not in MISSING]
    numbers = _numbers(there, decimal)
    if numbers is None:
        return ColumnPreview(name, "categorical", len(set(there)), len(cells) - len(there))
    finite = numbers[np.isfinite(numbers)]
    return ColumnPreview(name, "numeric", len(np.unique(finite)), len(cells) - len(finite))


def _numbers(cells: Sequence[str], decimal: str) -> np.ndarray[tuple[int], np.dtype[np.float64]] | None:
    """Return the cells as numbers, or None if one of them is not."""
    numbers = []
    for cell in cells:
        number = as_number(cell, decimal)
        if number is None:
            return None
        numbers.append(number)
    return np.array(numbers, dtype=np.float64)


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
