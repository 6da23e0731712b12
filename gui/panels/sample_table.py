"""Samples with what the network says of them, as columns of figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gui.panels.panel import Table
from gui.panels.samples import part_name

if TYPE_CHECKING:
    from gui.panels.samples import Predicted

FloatArray = NDArray[np.float64]


def leading_columns(made: Predicted) -> tuple[str, ...]:
    """Return the names of the columns before the features."""
    if made.data.task == "regression":
        return ("sample", "part", "true", "predicted", "error")
    return ("sample", "part", "true", "predicted", "probability", "p(true)")


def column(made: Predicted, index: int) -> FloatArray:
    """Return a column as numbers [K], for sorting; classes and parts by their index."""
    samples, outputs = made.samples, made.outputs
    everyone = np.arange(len(samples))
    if index == 0:
        return samples.rows + 1.0
    if index == 1:
        return samples.held_out.astype(np.float64)
    if index == 2:
        return samples.y
    if index == 3:
        return made.said
    if made.data.task == "regression":
        return made.said - samples.y if index == 4 else samples.raw[:, index - 5]
    if index == 4:
        return outputs[everyone, made.said.astype(np.int64)] if len(samples) else outputs[:, 0]
    if index == 5:
        return outputs[everyone, samples.y.astype(np.int64)] if len(samples) else outputs[:, 0]
    return samples.raw[:, index - 6]


def value(made: Predicted, row: int, index: int) -> object:
    """Return one exact value: numbers as they are, classes and parts by name."""
    if index == 0:
        return int(made.samples.rows[row]) + 1
    if index == 1:
        return part_name(bool(made.samples.held_out[row]))
    if index in (2, 3):
        target = float(made.samples.y[row] if index == 2 else made.said[row])
        return target if made.data.task == "regression" else made.name_of(target)
    return float(column(made, index)[row])


def sample_table(made: Predicted, rows: Sequence[int] | None = None) -> Table:
    """Return samples, or some of them, in original units and exactly: sample, part, true, predicted, …, features."""
    names = (*leading_columns(made), *made.data.dataset.feature_names)
    chosen = np.arange(len(made.samples)) if rows is None else np.asarray(rows, dtype=np.int64)
    columns: list[Sequence[object]] = []
    for index in range(len(names)):
        numbers = column(made, index)[chosen]
        if index == 0:
            columns.append([int(number) for number in numbers])
        elif index == 1:
            columns.append([part_name(bool(number)) for number in numbers])
        elif index in (2, 3) and made.data.task == "classification":
            columns.append([made.name_of(number) for number in numbers.tolist()])
        else:
            columns.append(numbers.tolist())
    return Table(names, list(zip(*columns, strict=True)))
