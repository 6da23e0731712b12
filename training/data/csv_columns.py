"""The columns of a CSV file, read in chunks: numbers as they are, texts as codes of their distinct values.

pandas decides for each chunk what a column holds. Where chunks disagree (numbers here, text there), the
file is read once more with that column as text throughout, so that nothing of it is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from training.data.csv_format import CsvFormat, bounded_lines, csv_rows, open_table
from training.data.dataset import FloatArray, IntArray
from training.data.files import Watch
from training.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

CHUNK_CELLS = 2_000_000  # a few tenths of a second, between which the reading can be called off
ALSO_MISSING = "?"  # beside what pandas takes for missing: empty, NA, NaN, null, None, …
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(inf|infinity|nan)", re.IGNORECASE | re.ASCII)


@dataclass(eq=False)
class NumberColumn:
    """Values [N]; NaN where missing."""

    name: str
    values: FloatArray

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Rows without a finite value [N]."""
        found: NDArray[np.bool_] = ~np.isfinite(self.values)
        return found


@dataclass(eq=False)
class TextColumn:
    """Code of each row's text [N], −1 where missing, and the distinct texts in the order they first occur.

    Attributes
    ----------
    odd
        Row (from 1, as in a spreadsheet) and text of the first value that is no number, or None.
    """

    name: str
    codes: IntArray
    texts: tuple[str, ...]
    odd: tuple[int, str] | None

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Rows without a value [N]."""
        found: NDArray[np.bool_] = self.codes < 0
        return found


Column = NumberColumn | TextColumn


@dataclass(eq=False)
class Table:
    """The columns asked for and, for each of their rows, its number as a spreadsheet counts."""

    columns: dict[str, Column]
    row_numbers: IntArray
    blank_rows: int


@dataclass(eq=False)
class _Growing:
    """One column while it is read."""

    name: str
    limit: int
    parts: list[Any] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    codes: dict[str, int] = field(default_factory=dict)
    odd: tuple[int, str] | None = None


def read_columns(
    file: BinaryIO, table: CsvFormat, limits: dict[str, int], where: str, watch: Watch, *, size: int
) -> Table:
    """Read the columns named in `limits`, each with the number of distinct texts it may hold.

    Raises
    ------
    InputError
        If a column holds more distinct texts than its limit.
    Cancelled
        If the watch says so.
    """
    names = [name for name in table.names if name in limits]
    growing = {name: _Growing(name, limits[name]) for name in names}
    rows, blank = _read_pass(file, table, growing, set(), where, watch.part(0.0, 0.5), size)
    mixed = {name for name, column in growing.items() if len(column.kinds - {"empty"}) > 1}
    if mixed:
        again = {name: _Growing(name, limits[name], odd=growing[name].odd) for name in names}
        growing = again
        rows, blank = _read_pass(file, table, growing, mixed, where, watch.part(0.5, 1.0), size)
    return Table({name: _finished(column) for name, column in growing.items()}, rows, blank)


def as_number(text: str, decimal: str) -> float | None:
    """Return the number that a cell holds, or None if it is no number."""
    plain = text.strip().replace(",", ".") if decimal == "," else text.strip()
    return float(plain) if _NUMBER.fullmatch(plain) else None


def _read_pass(
    file: BinaryIO, table: CsvFormat, growing: dict[str, _Growing], as_text: set[str], where: str, watch: Watch,
    size: int,
) -> tuple[IntArray, int]:
    """Read the whole file once into the growing columns; return the rows kept and how many were blank."""
    kept, blank = [], 0
    for first_row, frame in _chunks(file, table, list(growing), as_text, where):
        watch.at(file.tell() / size)
        there = ~_blank(frame)
        blank += int(len(there) - there.sum())
        row_numbers = first_row + np.flatnonzero(there)
        kept.append(row_numbers)
        for name, column in growing.items():
            values = frame[name]
            _add(column, values if there.all() else values[there], row_numbers, table, where)
    return (np.concatenate(kept) if kept else np.zeros(0, dtype=np.int64)), blank


def _blank(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which rows hold nothing at all; mostly the first column settles it."""
    blank = np.ones(len(frame), dtype=np.bool_)
    for name in frame.columns:
        if not blank.any():
            break
        blank &= frame[name].isna().to_numpy()
    return blank


def _chunks(
    file: BinaryIO, table: CsvFormat, names: Sequence[str], as_text: set[str], where: str
) -> Iterator[tuple[int, pd.DataFrame]]:
    import pandas as pd  # only here: it takes a good part of a second to import

    text = open_table(file, table)
    try:
        lines = bounded_lines(text)
        for _ in range(table.header_row - 1):
            next(lines)
        next(csv_rows(lines, table.delimiter))
        reader = pd.read_csv(
            text, sep=table.delimiter, header=None, names=list(table.names), usecols=list(names), index_col=False,
            dtype=dict.fromkeys(as_text, "str"), na_values=[ALSO_MISSING], skipinitialspace=True,
            skip_blank_lines=False, decimal=table.decimal, low_memory=False,
            engine="c", chunksize=max(1_000, CHUNK_CELLS // len(names)),
        )
        first_row = table.header_row + 1
        for frame in reader:
            yield first_row, frame
            first_row += len(frame)
    except pd.errors.ParserError as error:
        raise InputError(f"cannot be read: {error}", where=where, hint="Perhaps a quote is not closed") from None
    finally:
        text.detach()


def _add(column: _Growing, values: pd.Series[Any], row_numbers: IntArray, table: CsvFormat, where: str) -> None:
    import pandas as pd

    if values.dtype.kind in "fiu":
        numbers = values.to_numpy(dtype=np.float64)
        column.kinds.add("empty" if np.isnan(numbers).all() else "number")
        column.parts.append(numbers)
        return
    column.kinds.add("truth" if values.dtype.kind == "b" else "text")
    codes, uniques = pd.factorize(values)
    texts = [str(text).strip() for text in uniques]
    if column.odd is None:
        column.odd = _first_odd(codes, texts, row_numbers, table.decimal)
    new_codes = [column.codes.setdefault(text, len(column.codes)) if text else -1 for text in texts]
    column.parts.append(np.array([*new_codes, -1], dtype=np.int32)[codes])  # code −1 finds the last
    if len(column.codes) > column.limit:
        raise too_many_texts(column.name, column.limit, column.odd, list(column.codes), table.decimal, where)


def _first_odd(codes: IntArray, texts: Sequence[str], row_numbers: IntArray, decimal: str) -> tuple[int, str] | None:
    """Return row and text of the first value that is no number; distinct texts come in the order they occur."""
    for code, text in enumerate(texts):
        if text and as_number(text, decimal) is None:
            return int(row_numbers[np.argmax(codes == code)]), text
    return None


def too_many_texts(
    name: str, limit: int, odd: tuple[int, str] | None, texts: Sequence[str], decimal: str, where: str
) -> InputError:
    """Return the error for a column of more distinct texts than can be used."""
    if holds_numbers(texts, decimal) and odd is not None:
        return not_a_number(name, odd, where)
    return InputError(
        f"column '{name}' holds text with more than {limit:,} different values", where=where,
        allowed=f"up to {limit:,} categories", hint=f"Leave '{name}' out: name the columns to use in data.features",
    )


def not_a_number(name: str, odd: tuple[int, str], where: str) -> InputError:
    """Return the error for a column of numbers with a text in it."""
    row, text = odd
    return InputError(
        f"column '{name}' holds numbers, but '{text[:40]}' is not one", where=f"{where}, row {row:,}",
        hint="Correct it, or leave the cell empty if the value is missing",
    )


def holds_numbers(texts: Sequence[str], decimal: str) -> bool:
    """Tell whether most of the distinct texts of a column are numbers, and too many to be categories."""
    numbers = sum(as_number(text, decimal) is not None for text in texts)
    return numbers > 10 and numbers > 0.5 * len(texts)


def _finished(column: _Growing) -> Column:
    if column.kinds <= {"number", "empty"}:
        values = np.concatenate(column.parts) if column.parts else np.zeros(0)
        return NumberColumn(column.name, values)
    parts = [np.full(len(part), -1) if part.dtype.kind == "f" else part for part in column.parts]
    return TextColumn(column.name, np.concatenate(parts).astype(np.int64), tuple(column.codes), column.odd)


