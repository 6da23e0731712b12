"""What is wrong with a table for what is wanted of it: each problem with its place, the first ones first. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

from training.data.csv_preview import MOST_FAULTS, ColumnPreview, CsvPreview

MANY_CATEGORIES = 50
LISTED = 200


@dataclass(frozen=True)
class Problem:
    """A text, and the cell it is about (None: no one cell); a note need not be mended."""

    text: str
    row: int | None = None
    column: int | None = None
    note: bool = False


def problems_of(found: CsvPreview, target: str, features: list[str], task: str, *, dropping: bool) -> list[Problem]:
    """Return what keeps the table from loading, from the top of the file down, then what is worth knowing.

    Parameters
    ----------
    dropping
        Whether rows with missing values are left out.
    """
    used = {target, *features}
    here = [fault for fault in found.faults if fault.column is None or found.columns[fault.column].name in used]
    here.sort(key=lambda fault: (fault.row if fault.row is not None else len(found.rows), fault.column or 0))
    problems: list[Problem] = []
    notes: list[Problem] = []
    for fault in here:
        place = "" if fault.column is None else f"{found.columns[fault.column].name[:40]}: "
        row = "" if fault.row is None or fault.column is None else f"row {found.row_numbers[fault.row]:,}, "
        dropped = dropping and fault.missing
        problem = Problem(f"{row}{place}{fault.reason}", fault.row, fault.column, note=dropped)
        (notes if dropped else problems).append(problem)
    for index, column in enumerate(found.columns):
        if column.name in used:
            more = column.missing + column.odd - MOST_FAULTS
            if more > 0:
                problems.append(Problem(f"{column.name[:40]}: {more:,} more such cells", None, index, note=dropping))
            text, is_note = _about(column, found, is_target=column.name == target, task=task)
            if text:
                problem = Problem(f"{column.name[:40]}: {text}", None, index, note=is_note)
                (notes if is_note else problems).append(problem)
    if not features:
        problems.append(Problem("no column is left to predict from"))
    return [*problems[:LISTED], *notes[:LISTED]]


def _about(column: ColumnPreview, found: CsvPreview, *, is_target: bool, task: str) -> tuple[str, bool]:
    """Return what is to be said of a column as a whole, and whether that is only a note."""
    seen = "" if found.complete else " in the rows looked at"
    if column.distinct == 0:
        return f"no values{seen}", not found.complete
    if is_target:
        if column.kind == "categorical" and task == "regression":
            return "texts cannot be predicted as a quantity: choose classification", False
        if column.distinct == 1:
            return f"the same value in every row{seen}: there is nothing to learn", not found.complete
        return "", False
    if column.distinct == 1:
        return f"the same value in every row{seen}: it is left out", True
    if column.kind == "categorical" and column.distinct > MANY_CATEGORIES:
        return f"{column.distinct:,} different texts, each an input of its own: consider leaving it out", True
    return "", False
