"""Where the panels stand: columns of rows of cells, as plain data that a file can hold."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

SIDES = ("left", "right", "above", "below", "swap", "column_left", "column_right")
DIRECTIONS = ("left", "right", "up", "down")
LEVELS = ("columns", "rows", "cells")
MOST = 64
"""Of a longer list in a file, so many entries are looked at."""
SMALLEST, LARGEST = 0.05, 20.0
"""Shares against the mean of those beside them."""


@dataclass(frozen=True)
class Cell:
    """A panel and its share of the width of its row."""

    name: str
    share: float = 1.0


@dataclass(frozen=True)
class Row:
    """Panels side by side, and their share of the height of the column."""

    cells: tuple[Cell, ...]
    share: float = 1.0


@dataclass(frozen=True)
class Column:
    """Rows one below the other, and their share of the whole width."""

    rows: tuple[Row, ...]
    share: float = 1.0


Part = TypeVar("Part", Cell, Row, Column)


@dataclass(frozen=True)
class Arrangement:
    """Where each panel stands, and which of them are hidden.

    A hidden panel keeps its place among the others, so that it comes back to where it was.

    Attributes
    ----------
    columns
        From left to right; each panel stands in exactly one cell, and no row or column is empty.
    hidden
        Names of the panels that are not shown.
    """

    columns: tuple[Column, ...]
    hidden: frozenset[str] = frozenset()

    # -- what is where

    @property
    def names(self) -> tuple[str, ...]:
        """All panels, column by column, in reading order."""
        return tuple(cell.name for column in self.columns for row in column.rows for cell in row.cells)

    @property
    def shown(self) -> tuple[str, ...]:
        """The panels that are not hidden."""
        return tuple(name for name in self.names if name not in self.hidden)

    def only(self, names: Collection[str]) -> tuple[Column, ...]:
        """Return the columns with these panels alone."""
        return _filled(_kept(self.columns, lambda cell: cell.name in names))

    def _find(self, name: str) -> tuple[int, int, int]:
        return _place(self.columns, name)

    # -- hiding and showing

    def hide(self, name: str) -> Arrangement:
        """Return the arrangement without a panel, whose place is kept."""
        return replace(self, hidden=self.hidden | {name}) if name in self.names else self

    def show(self, name: str) -> Arrangement:
        """Return the arrangement with a panel back at its last place."""
        return replace(self, hidden=self.hidden - {name})

    def known(self, names: Iterable[str]) -> Arrangement:
        """Return the arrangement of just these panels; those it does not know are added, hidden, at the end."""
        wanted = tuple(dict.fromkeys(names))
        columns = self.only(wanted)
        missing = tuple(name for name in wanted if name not in self.names)
        rows = tuple(Row((Cell(name),)) for name in missing)
        if rows and columns:
            last = columns[-1]
            columns = (*columns[:-1], replace(last, rows=(*last.rows, *rows)))
        elif rows:
            columns = (Column(rows),)
        return Arrangement(columns, frozenset((*(self.hidden & set(wanted)), *missing)))

    # -- moving

    def moved(self, name: str, target: str, side: str) -> Arrangement:
        """Return the arrangement with `name` put beside, above or below `target`, or in its place.

        ``"swap"`` exchanges both; ``"column_left"`` and ``"column_right"`` make a column of its own beside
        that of the target. Above and below mean the whole row of the target. A panel that is moved is shown.
        """
        if name not in self.names or target not in self.names or side not in SIDES:
            return self
        if name == target and not side.startswith("column"):
            return self
        if side == "swap":
            return Arrangement(_renamed(self.columns, {name: target, target: name}), self.hidden - {name})
        at, row_at, _ = self._find(target)
        rest = list(_without(self.columns, name))  # what is emptied stays for now, so that places keep their numbers
        if side.startswith("column"):
            if not any(row.cells for row in rest[at].rows):
                return self  # it has the column to itself already
            share = sum(column.share for column in rest) / len(rest)
            rest.insert(at + (side == "column_right"), Column((Row((Cell(name),)),), share))
        elif side in ("above", "below"):
            rows = _beside(rest[at].rows, row_at, side == "below", lambda share: Row((Cell(name),), share))
            rest[at] = replace(rest[at], rows=rows)
        else:
            row = rest[at].rows[row_at]
            cell_at = next(index for index, cell in enumerate(row.cells) if cell.name == target)
            row = replace(row, cells=_beside(row.cells, cell_at, side == "right", lambda share: Cell(name, share)))
            rest[at] = replace(rest[at], rows=(*rest[at].rows[:row_at], row, *rest[at].rows[row_at + 1 :]))
        return Arrangement(_evened(_filled(rest)), self.hidden - {name})

    def stepped(self, name: str, direction: str, seen: Collection[str]) -> Arrangement:
        """Return the arrangement with a panel moved one place in a direction, as it looks with those `seen` alone.

        Left and right lead through the row, then into the column beside, then out of it into a column of
        its own. Up and down lead out of a row with others, then past the rows of the column.
        """
        columns = self.only(seen)
        if name not in seen or name not in self.names or direction not in DIRECTIONS:
            return self
        at, row_at, cell_at = _place(columns, name)
        rows = columns[at].rows
        cells = rows[row_at].cells
        if direction in ("left", "right"):
            ahead = -1 if direction == "left" else 1
            if 0 <= cell_at + ahead < len(cells):
                return self.moved(name, cells[cell_at + ahead].name, "swap")
            if 0 <= at + ahead < len(columns):
                beside = _level_with(columns[at], row_at, columns[at + ahead]).cells
                if ahead < 0:
                    return self.moved(name, beside[-1].name, "right")
                return self.moved(name, beside[0].name, "left")
            return self.moved(name, _other(rows, name), f"column_{direction}")
        if len(cells) > 1:
            return self.moved(name, _other((rows[row_at],), name), "above" if direction == "up" else "below")
        ahead = -1 if direction == "up" else 1
        if not 0 <= row_at + ahead < len(rows):
            return self
        return self._rows_exchanged(name, rows[row_at + ahead].cells[0].name)

    def steps(self, name: str, seen: Collection[str]) -> frozenset[str]:
        """Return the directions in which a panel can be moved."""
        return frozenset(way for way in DIRECTIONS if self.stepped(name, way, seen) != self)

    def _rows_exchanged(self, one: str, other: str) -> Arrangement:
        at, first, _ = self._find(one)
        _, second, _ = self._find(other)
        rows = list(self.columns[at].rows)
        rows[first], rows[second] = rows[second], rows[first]
        column = replace(self.columns[at], rows=tuple(rows))
        return replace(self, columns=(*self.columns[:at], column, *self.columns[at + 1 :]))

    # -- sizes

    def resized(self, level: str, sizes: Mapping[str, float]) -> Arrangement:
        """Return the arrangement with the sizes, in any unit, of some columns, rows or cells beside each other.

        Each is named by a panel in it. What is hidden between them keeps its share against their sum.
        """
        def sized(parts: tuple[Part, ...]) -> tuple[Part, ...]:
            found = [next((sizes[name] for name in _names(part) if name in sizes), None) for part in parts]
            total = sum(size for size in found if size is not None)
            if total <= 0:
                return parts
            share = sum(part.share for part, size in zip(parts, found, strict=True) if size is not None)
            return tuple(
                part if size is None else replace(part, share=max(size, 1e-3 * total) * share / total)
                for part, size in zip(parts, found, strict=True)
            )

        columns = self.columns
        if level == "columns":
            columns = sized(columns)
        elif level == "rows":
            columns = tuple(replace(column, rows=sized(column.rows)) for column in columns)
        else:
            columns = _with_cells(columns, sized)
        return replace(self, columns=columns)

    # -- as plain values

    def to_plain(self) -> dict[str, object]:
        """Return the arrangement as dicts, lists, numbers and texts, for a JSON file."""
        return {
            "columns": [
                {"share": column.share, "rows": [
                    {"share": row.share, "cells": [[cell.name, cell.share] for cell in row.cells]}
                    for row in column.rows
                ]}
                for column in self.columns
            ],
            "hidden": sorted(self.hidden),
        }

    @classmethod
    def from_plain(cls, value: object, names: Sequence[str], default: Arrangement) -> Arrangement:
        """Return the arrangement that `to_plain` wrote, for panels of these names.

        Unknown names are dropped, missing ones added hidden; of anything else comes the default.
        """
        if not isinstance(value, dict):
            return default.known(names)
        free = set(names)
        columns = _filled(_read_column(entry, free) for entry in _entries(value.get("columns")))
        if not columns:
            return default.known(names)
        hidden = frozenset(name for name in _entries(value.get("hidden")) if isinstance(name, str) and name in names)
        return cls(columns, hidden).known(names)


def row(*names: str, share: float = 1.0) -> Row:
    """Return a row of equally wide cells."""
    return Row(tuple(Cell(name) for name in names), share)


LANDSCAPE = "loss_landscape"
INSTRUMENTS = tuple(row(name) for name in (
    "stability", "rates", "histograms", "units", "step_line", "gradient_cosine", "noise_scale", "curvature",
    "stopping_bench",
))
ON_DEMAND = ("layer_inspector", *(each.cells[0].name for each in INSTRUMENTS))
"""Panels of instruments, which the gallery offers and a click on a layer opens."""

DESK = Arrangement(
    (
        Column((row("network", share=9), row("boundary", LANDSCAPE, "predicted_true", "confusion", share=10)), 59),
        Column(
            (row("learning_curves"), row("learning_rate"), row("gradient_norms"), row("update_ratio"),
             row("layer_map"), row("layer_inspector", share=1.5)), 41,
        ),
        Column((row("why"), *INSTRUMENTS), 44),
    ),
    hidden=frozenset({"learning_rate", "update_ratio", "why", *ON_DEMAND}),
)
"""For one person at a screen: everything about a run at once."""

PROJECTOR = Arrangement(
    (
        Column((row("boundary", "predicted_true", "confusion", LANDSCAPE, share=5), row("network", share=4)), 48),
        Column(
            (row("learning_curves"), row("learning_rate"), row("gradient_norms"), row("update_ratio"),
             row("layer_map"), row("layer_inspector", share=1.5)), 52,
        ),
        Column((row("why"), *INSTRUMENTS), 50),
    ),
    hidden=frozenset({"network", "learning_rate", "update_ratio", "layer_map", "why", LANDSCAPE, *ON_DEMAND}),
)
"""For a lecture hall: few and large."""


# ------------------------------------------------------------------------------------- parts


def first_name(part: Cell | Row | Column) -> str:
    """Return the first panel in a part of the board, by which it is named."""
    return next(iter(_names(part)))


def _names(part: Cell | Row | Column) -> Iterable[str]:
    if isinstance(part, Cell):
        return (part.name,)
    cells = part.cells if isinstance(part, Row) else (cell for row in part.rows for cell in row.cells)
    return (cell.name for cell in cells)


def _place(columns: Sequence[Column], name: str) -> tuple[int, int, int]:
    return next(
        (i, j, k)
        for i, column in enumerate(columns) for j, row in enumerate(column.rows) for k, cell in enumerate(row.cells)
        if cell.name == name
    )


def _with_cells(columns: Iterable[Column], make: Callable[[tuple[Cell, ...]], tuple[Cell, ...]]) -> tuple[Column, ...]:
    return tuple(
        replace(column, rows=tuple(replace(row, cells=make(row.cells)) for row in column.rows)) for column in columns
    )


def _kept(columns: Iterable[Column], keep: Callable[[Cell], bool]) -> tuple[Column, ...]:
    return _with_cells(columns, lambda cells: tuple(cell for cell in cells if keep(cell)))


def _without(columns: Iterable[Column], name: str) -> tuple[Column, ...]:
    return _kept(columns, lambda cell: cell.name != name)


def _renamed(columns: Iterable[Column], names: Mapping[str, str]) -> tuple[Column, ...]:
    return _with_cells(columns, lambda cells: tuple(replace(c, name=names.get(c.name, c.name)) for c in cells))


def _filled(columns: Iterable[Column]) -> tuple[Column, ...]:
    """Return the columns without empty rows, and without empty columns."""
    kept = (replace(column, rows=tuple(row for row in column.rows if row.cells)) for column in columns)
    return tuple(column for column in kept if column.rows)


def _evened(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Return the columns with shares around 1, none of them very small or large: they are halved again and again."""
    return _even(tuple(
        replace(column, rows=_even(tuple(replace(row, cells=_even(row.cells)) for row in column.rows)))
        for column in columns
    ))


def _even(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    mean = sum(part.share for part in parts) / len(parts)
    return tuple(replace(part, share=min(LARGEST, max(SMALLEST, part.share / mean))) for part in parts)


def _beside(
    parts: tuple[Part, ...], at: int, after: bool, made: Callable[[float], Part]
) -> tuple[Part, ...]:
    """Put a new part before or after another, of which it takes half the room."""
    half = parts[at].share / 2
    pair = (replace(parts[at], share=half), made(half))
    return (*parts[:at], *(pair if after else pair[::-1]), *parts[at + 1 :])


def _other(rows: Sequence[Row], name: str) -> str:
    """Return another panel of these rows, or, if there is none, the same."""
    return next((cell.name for row in rows for cell in row.cells if cell.name != name), name)


def _level_with(column: Column, row_at: int, beside: Column) -> Row:
    """Return the row of the column beside that is at the height of the middle of a row."""
    def spans(rows: tuple[Row, ...]) -> list[tuple[float, float]]:
        total = sum(row.share for row in rows)
        ends = [sum(row.share for row in rows[: index + 1]) / total for index in range(len(rows))]
        return list(zip([0.0, *ends[:-1]], ends, strict=True))

    top, bottom = spans(column.rows)[row_at]
    middle = (top + bottom) / 2
    index = next((index for index, (_, end) in enumerate(spans(beside.rows)) if middle <= end), -1)
    return beside.rows[index]


# ------------------------------------------------------------------------------------- reading


def _entries(value: object) -> list[object]:
    return value[:MOST] if isinstance(value, list) else []


def _read_column(value: object, free: set[str]) -> Column:
    entry = value if isinstance(value, dict) else {}
    return Column(tuple(_read_row(item, free) for item in _entries(entry.get("rows"))), _share(entry.get("share")))


def _read_row(value: object, free: set[str]) -> Row:
    """Read a row of names that are still free, and take them."""
    entry = value if isinstance(value, dict) else {}
    cells = []
    for item in _entries(entry.get("cells")):
        name, share = item if isinstance(item, list) and len(item) == 2 else (None, None)
        if isinstance(name, str) and name in free:
            free.discard(name)
            cells.append(Cell(name, _share(share)))
    return Row(tuple(cells), _share(entry.get("share")))


def _share(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 1.0
    return float(value) if 1e-6 < value < 1e6 else 1.0
