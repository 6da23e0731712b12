"""A first pass over a CSV file: every row has as many cells as there are names, and all of it can be decoded."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from training.data.csv_format import MAX_LINE, CsvFormat, bounded_lines, csv_rows, open_table, undecodable
from training.data.files import Watch
from training.errors import InputError

CHECK_EVERY = 20_000


def count_rows(file: BinaryIO, table: CsvFormat, where: str, watch: Watch, *, size: int) -> int:
    """Return the number of rows below the header, blank ones not counted.

    Raises
    ------
    InputError
        With the line at which a row has too few or too many cells, a quote is left open, or the
        text cannot be decoded.
    Cancelled
        If the watch says so.
    """
    text = open_table(file, table)
    lines = _Lines(bounded_lines(text), where)
    try:
        rows = 0
        for _ in range(table.header_row - 1):
            next(lines)
        next(csv_rows(lines, table.delimiter))  # the header, which quotes may spread over several lines
        for row_number, width in enumerate(_widths(lines, table), start=1):
            if row_number % CHECK_EVERY == 0:
                watch.at(file.tell() / size)
            if width == 0:
                continue
            if width != len(table.names):
                raise _ragged(width, table, where, lines.record_start)
            rows += 1
        return rows
    except UnicodeError as error:
        raise undecodable(error, table.encoding, where, line=lines.number + 1) from None
    except csv.Error as error:
        raise InputError(
            f"a row cannot be read: {error}", where=f"{where}, line {lines.record_start:,}",
            hint="Perhaps a quote is not closed, or not doubled within a quoted cell",
        ) from None
    finally:
        text.detach()


class _Lines(Iterator[str]):
    """Lines with their number, and the number at which the current row began (quoted cells may span lines)."""

    def __init__(self, lines: Iterator[str], where: str) -> None:
        self._lines = lines
        self._where = where
        self.number = 0
        self.record_start = 1

    def __next__(self) -> str:
        line = next(self._lines)
        self.number += 1
        if len(line) >= MAX_LINE:
            raise InputError(
                f"a line is longer than {MAX_LINE:,} characters", where=f"{self._where}, line {self.number:,}",
                hint="Perhaps a line break is missing",
            )
        return line


def _widths(lines: _Lines, table: CsvFormat) -> Iterator[int]:
    """Return the number of cells in each row, 0 for a blank one; counting delimiters while there are no quotes."""
    delimiter = table.delimiter
    for line in lines:
        lines.record_start = lines.number
        if '"' in line:
            yield from _quoted_widths(chain([line], lines), lines, delimiter)
            return
        yield line.count(delimiter) + 1 if line.strip() else 0


def _quoted_widths(rest: Iterator[str], lines: _Lines, delimiter: str) -> Iterator[int]:
    # Strict, because readers disagree about what a stray or unclosed quote means.
    for row in csv.reader(rest, delimiter=delimiter, skipinitialspace=True, strict=True):
        yield len(row) if len(row) > 1 or (row and row[0].strip()) else 0
        lines.record_start = lines.number + 1


def _ragged(width: int, table: CsvFormat, where: str, line: int) -> InputError:
    expected = len(table.names)
    return InputError(
        f"{width} cell{'s' if width != 1 else ''} where the header names {expected} columns",
        where=f"{where}, line {line:,}", allowed=f"{expected} cells in every row",
        hint="Perhaps a cell holds the delimiter and needs quotes" if width > expected else "Complete the row",
    )
