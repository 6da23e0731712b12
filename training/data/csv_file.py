"""CSV files of the user's own: a table becomes a data set, or a message says what to mend.

Rows are counted as a spreadsheet does, from 1 with the header; lines are lines of the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from training.data.array_files import stem
from training.data.catalog import Task
from training.data.csv_columns import (
    Column,
    NumberColumn,
    Table,
    TextColumn,
    holds_numbers,
    not_a_number,
    read_columns,
)
from training.data.csv_format import SAMPLE_BYTES, CsvFormat, NotInEncoding, eight_bit_encoding, find_format
from training.data.csv_scan import count_rows
from training.data.dataset import Dataset, FloatArray, IntArray
from training.data.files import MAX_CELLS, MAX_CLASSES, MAX_COLUMNS, Watch, numbers_listed, open_input, size_of
from training.data.targets import check_class_count, check_varies, encode_classes, guess_task
from training.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from training.experiment import CsvData

SCAN_SHARE = 0.3  # of the time: the first pass, which counts and checks


def load_csv(data: CsvData, watch: Watch) -> Dataset:
    """Read the table that `data` names.

    Raises
    ------
    InputError
        If the file, its encoding, its rows or a column cannot be used.
    Cancelled
        If the watch says so.
    """
    with open_input(data.path) as file:
        table, rows = _examine(file, data, watch.part(0.0, SCAN_SHARE))
        target = choose_target(data.target, table.names, data.path)
        features = choose_features(data.features, table.names, target, data.path)
        _check_size(rows, len(features), data.path)
        limits = {**dict.fromkeys(features, MAX_COLUMNS), target: MAX_CLASSES}
        columns = read_columns(
            file, table, limits, data.path, watch.part(SCAN_SHARE, 0.95), size=size_of(file)
        )
    return _dataset(columns, table, target, features, data)


def choose_target(asked: str, names: Sequence[str], where: str) -> str:
    """Return the target column asked for, or the last."""
    name = asked.strip() or names[-1]
    if name not in names:
        raise _no_such_column(name, names, where, "data.target")
    return name


def choose_features(asked: Sequence[str], names: Sequence[str], target: str, where: str) -> tuple[str, ...]:
    """Return the feature columns asked for, or all but the target."""
    chosen = tuple(dict.fromkeys(name.strip() for name in asked)) or tuple(name for name in names if name != target)
    for name in chosen:
        if name not in names:
            raise _no_such_column(name, names, where, "data.features")
    if target in chosen:
        raise InputError(
            f"'{target}' is both the target and a feature: the answer would be given away", where="data.features",
            hint=f"Take '{target}' out of data.features, or choose another data.target",
        )
    if len(chosen) > MAX_COLUMNS:
        raise InputError(
            f"{len(chosen):,} features", where=where, allowed=f"up to {MAX_COLUMNS:,} columns",
            hint="Name those to use in data.features",
        )
    return chosen


def _no_such_column(name: str, names: Sequence[str], where: str, key: str) -> InputError:
    hint = did_you_mean(name, names)
    listed = ", ".join(names[:20]) + (f", … ({len(names):,} in all)" if len(names) > 20 else "")
    return InputError(
        f"there is no column '{name[:80]}' ({key})", where=where, allowed=listed, hint=hint[:1].upper() + hint[1:]
    )


# ------------------------------------------------------------------------------------- reading


def _examine(file: BinaryIO, data: CsvData, watch: Watch) -> tuple[CsvFormat, int]:
    """Find the format and check the whole file against it; a file that only begins like UTF-8 is read as 8-bit text."""
    size = size_of(file)
    table = find_format(
        file, data.path, encoding=data.encoding, delimiter=data.delimiter, decimal=data.decimal, size=size
    )
    try:
        rows = count_rows(file, table, data.path, watch, size=size)
    except NotInEncoding:
        if data.encoding != "auto" or table.encoding != "utf-8":
            raise
        table = replace(table, encoding=_eight_bit_encoding_of(file))
        rows = count_rows(file, table, data.path, watch, size=size)
    if rows == 0:
        raise InputError("holds only the header, and no rows", where=data.path)
    return table, rows


def _eight_bit_encoding_of(file: BinaryIO) -> str:
    file.seek(0)
    while block := file.read(SAMPLE_BYTES):
        if eight_bit_encoding(block) == "latin-1":
            return "latin-1"
    return "cp1252"


def _check_size(rows: int, columns: int, where: str) -> None:
    if rows * columns > MAX_CELLS:
        raise InputError(
            f"{rows:,} rows × {columns:,} columns need {rows * columns * 8 / 1e9:.1f} GB", where=where,
            allowed=f"up to {MAX_CELLS * 8 / 1e9:.0f} GB", hint="Name fewer columns in data.features, or take a sample",
        )


# ------------------------------------------------------------------------------------- meaning


def _dataset(
    table: Table, form: CsvFormat, target: str, features: Sequence[str], data: CsvData
) -> Dataset:
    notes: list[str] = []
    if table.blank_rows:
        notes.append(f"left out {table.blank_rows:,} empty row{'s' if table.blank_rows > 1 else ''}")
    _check_not_empty(table.columns, data.path)
    _check_text_columns(table.columns, features, form.decimal, data.path)
    complete = _complete_rows(table, data, notes)
    columns = {name: _taken(column, complete) for name, column in table.columns.items()}
    if complete.sum() < 2:
        raise InputError("only one row is left to use", where=data.path, allowed="at least 2 rows")
    task, y, class_names = _target(columns[target], data.task, form.decimal, data.path)
    used = _without_constants([columns[name] for name in features], data.path, notes)
    x, names = _inputs(used, int(complete.sum()), data.path, notes)
    return Dataset(
        name=stem(data.path), task=task, x=x, y=y, feature_names=names, class_names=class_names, target_name=target,
        notes=tuple(notes),
    )


def _check_not_empty(columns: dict[str, Column], where: str) -> None:
    empty = [f"'{name}'" for name, column in columns.items() if column.missing.all()]
    if empty:
        raise InputError(
            f"no values in column{'s' if len(empty) > 1 else ''} {', '.join(empty[:10])}", where=where,
            hint="Leave them out: name the columns to use in data.features",
        )


def _check_text_columns(columns: dict[str, Column], features: Sequence[str], decimal: str, where: str) -> None:
    for name in features:
        column = columns[name]
        if isinstance(column, TextColumn) and column.odd is not None and holds_numbers(column.texts, decimal):
            raise not_a_number(name, column.odd, where)


def _complete_rows(table: Table, data: CsvData, notes: list[str]) -> NDArray[np.bool_]:
    """Return which rows [N] have a value in every column used."""
    missing = {name: column.missing for name, column in table.columns.items()}
    incomplete: NDArray[np.bool_] = np.logical_or.reduce(list(missing.values()))
    if not incomplete.any():
        return ~incomplete
    rows = table.row_numbers[incomplete].tolist()
    counts = {name: int(where.sum()) for name, where in missing.items() if where.any()}
    by_column = ", ".join(f"'{name}' {count:,}" for name, count in list(counts.items())[:10])
    if data.missing == "error":
        raise InputError(
            f"empty, NaN or infinite values in row{'s' if len(rows) > 1 else ''} {numbers_listed(rows)} "
            f"(by column: {by_column})", where=data.path,
            hint='Set data.missing = "drop" to leave these rows out, or leave the columns out with data.features',
        )
    if incomplete.all():
        raise InputError(
            f'data.missing = "drop" leaves no row: every row lacks a value (by column: {by_column})', where=data.path,
            hint="Leave the emptiest columns out with data.features",
        )
    notes.append(f"left out {len(rows):,} row{'s' if len(rows) > 1 else ''} with missing values")
    return ~incomplete


def _taken(column: Column, rows: NDArray[np.bool_]) -> Column:
    if rows.all():
        return column
    if isinstance(column, NumberColumn):
        return replace(column, values=column.values[rows])
    return replace(column, codes=column.codes[rows])


def _target(
    column: Column, asked: str, decimal: str, where: str
) -> tuple[Task, FloatArray | IntArray, tuple[str, ...]]:
    if isinstance(column, TextColumn):
        return _text_target(column, asked, decimal, where)
    task = guess_task(column.values) if asked == "auto" else asked
    if task == "classification":
        check_class_count(_count_up_to(column.values, MAX_CLASSES), where=where, name=column.name)
        index, names = encode_classes(column.values, where=where, name=column.name)
        return "classification", index, names
    y = column.values.reshape(-1, 1)
    check_varies(y, where=where, name=column.name)
    return "regression", y, ()


def _count_up_to(values: FloatArray, limit: int) -> int:
    """Count distinct values; the first million settles it where there are far too many."""
    head = len(np.unique(values[: 100 * limit]))
    return head if head > limit else len(np.unique(values))


def _text_target(
    column: TextColumn, asked: str, decimal: str, where: str
) -> tuple[Task, IntArray, tuple[str, ...]]:
    if column.odd is not None and (asked == "regression" or (asked == "auto" and holds_numbers(column.texts, decimal))):
        row, text = column.odd
        raise InputError(
            f"the target '{column.name}' is not a number: '{text[:40]}'", where=f"{where}, row {row:,}",
            allowed="numbers, for a regression",
            hint='Correct it, choose another data.target, or set data.task = "classification"',
        )
    labels = np.array(column.texts, dtype=np.str_)
    order = np.argsort(labels)
    present = np.bincount(column.codes, minlength=len(labels)) > 0
    kept = order[present[order]]  # dropping rows may have taken a class with it
    if len(kept) < 2:
        encode_classes(labels[kept], where=where, name=column.name)
    position = np.empty(len(labels), dtype=np.int64)
    position[kept] = np.arange(len(kept))
    return "classification", position[column.codes], tuple(str(label) for label in labels[kept])


def _without_constants(columns: list[Column], where: str, notes: list[str]) -> list[Column]:
    varying = [column for column in columns if _varies(column)]
    if not varying:
        raise InputError(
            "every feature has the same value in all rows: there is nothing to learn from", where=where,
            hint="Choose other columns in data.features",
        )
    constant = [f"'{column.name}'" for column in columns if not _varies(column)]
    if constant:
        listed = ", ".join(constant[:10]) + (f" and {len(constant) - 10} more" if len(constant) > 10 else "")
        notes.append(f"dropped constant column{'s' if len(constant) > 1 else ''} {listed}")
    return varying


def _varies(column: Column) -> bool:
    values = column.values if isinstance(column, NumberColumn) else column.codes
    return bool(values.min() < values.max())


def _inputs(columns: list[Column], rows: int, where: str, notes: list[str]) -> tuple[FloatArray, tuple[str, ...]]:
    """Return all features side by side [N, F], texts one-hot, and their names."""
    hot = {column.name: _categories(column) for column in columns if isinstance(column, TextColumn)}
    width = len(columns) - len(hot) + sum(len(codes) for codes in hot.values())
    if width > MAX_COLUMNS:
        widest = max(hot, key=lambda name: len(hot[name]))
        raise InputError(
            f"{width:,} columns once texts are one-hot ('{widest}' alone makes {len(hot[widest]):,})", where=where,
            allowed=f"up to {MAX_COLUMNS:,}", hint=f"Leave '{widest}' out: name the columns to use in data.features",
        )
    _check_size(rows, width, where)
    x = np.zeros((rows, width))
    names: list[str] = []
    for column in columns:
        if isinstance(column, NumberColumn):
            x[:, len(names)] = column.values
            names.append(column.name)
            continue
        categories = hot[column.name]
        position = np.zeros(len(column.texts), dtype=np.int64)
        position[categories] = np.arange(len(categories))
        x[np.arange(rows), len(names) + position[column.codes]] = 1.0
        names.extend(f"{column.name}={column.texts[code]}" for code in categories)
        if len(categories) > 20 and len(categories) > 0.5 * rows:
            notes.append(f"column '{column.name}' holds a different text in most rows: consider leaving it out")
    return x, tuple(names)


def _categories(column: TextColumn) -> list[int]:
    """Return the codes that occur, in the order of their texts."""
    present = np.flatnonzero(np.bincount(column.codes, minlength=len(column.texts)))
    return sorted(present.tolist(), key=lambda code: column.texts[code])
