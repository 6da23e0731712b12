"""What every unit answers over the plane of the two features, as small pictures: blue above zero, orange below."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from gui.panels.network.geometry import Column
from gui.panels.prediction import WORK_PER_TURN, work_per_row
from gui.panels.samples import rgb
from gui.theme import Theme

if TYPE_CHECKING:
    from training.data.prepare import PreparedData
    from training.snapshot import Snapshot

FloatArray = NDArray[np.float64]
ByteArray = NDArray[np.uint8]

GRIDS = (20, 14, 10)
"""Cells along each side; coarser for networks that take long."""
LARGE_GRID = 48
"""Cells of a single unit's enlarged map."""
MARGIN = 0.06
"""Share of the data's extent left free around it."""
SIDES = 64
"""Shades on each side of zero."""


def suits(data: PreparedData) -> bool:
    """Tell whether the data has the two features that span a plane."""
    return bool(data.dataset.x.shape[1] == 2)


def plane(data: PreparedData, cells: int) -> FloatArray:
    """Return prepared inputs at the middles of cells, row by row from above, [cells², F']."""
    raw = data.dataset.x
    low, high = raw.min(axis=0), raw.max(axis=0)
    reach = np.where(high > low, high - low, 1.0)
    low, high = low - MARGIN * reach, high + MARGIN * reach
    at = (np.arange(cells) + 0.5) / cells
    across, up = np.meshgrid(low[0] + at * (high[0] - low[0]), high[1] - at * (high[1] - low[1]))
    return np.asarray(data.transform(np.stack([across.ravel(), up.ravel()], axis=1)), dtype=np.float64)


def grid_for(snapshot: Snapshot, grids: Sequence[int] = GRIDS) -> int | None:
    """Return the finest grid that a network does in a few milliseconds, or None."""
    work = work_per_row(snapshot)
    return next((cells for cells in grids if cells * cells * work <= WORK_PER_TURN), None)


def responses(snapshot: Snapshot, inputs: FloatArray) -> list[FloatArray]:
    """Return how strongly every unit of every column answers, from −1 to 1, [K, width].

    Inputs and hidden units are measured by the largest value of their layer. Class probabilities are
    measured from 1/classes, where nothing is known: up to 1 and down to 0.
    """
    with np.errstate(all="ignore"):
        blocks, predicted = snapshot.inside(inputs)
        hidden, outputs = [block.handed_on.numpy() for block in blocks], predicted.double().numpy()
        if snapshot.task == "classification":
            even = 1.0 / outputs.shape[1]
            outputs = np.where(outputs > even, (outputs - even) / (1.0 - even), (outputs - even) / even)
        return [_by_largest(inputs), *(_by_largest(values) for values in hidden), np.nan_to_num(outputs)]


def _by_largest(values: FloatArray) -> FloatArray:
    values = np.nan_to_num(values, nan=0.0, posinf=1e30, neginf=-1e30)
    largest = float(np.abs(values).max())
    return values / largest if largest > 0.0 else values


def strip(answers: FloatArray, column: Column, theme: Theme) -> QImage:
    """Return the maps of a column's drawn units, one below the other."""
    return picture(answers[:, column.units], theme)


def picture(answers: FloatArray, theme: Theme) -> QImage:
    """Return maps for answers [cells², units], one below the other."""
    cells = round(answers.shape[0] ** 0.5)
    levels = np.rint(SIDES + SIDES * np.clip(answers.T, -1.0, 1.0)).astype(np.intp)
    colors = np.ascontiguousarray(_shades(theme)[levels])
    image = QImage(colors.data, cells, cells * answers.shape[1], 4 * cells, QImage.Format.Format_RGB32)
    return image.copy()  # the array goes with this function


@lru_cache(maxsize=4)
def _shades(theme: Theme) -> ByteArray:
    """Return colors from the most negative to the most positive, as blue, green, red and a spare byte."""
    ground = rgb(theme.background)
    share = (np.arange(1, SIDES + 1) / SIDES)[:, None] ** 0.8
    above, below = (ground + share * (rgb(theme.series[index]) - ground) for index in (0, 1))
    shades = np.concatenate([below[::-1], ground[None], above])
    table = np.full((len(shades), 4), 255, dtype=np.uint8)
    table[:, :3] = np.rint(shades[:, ::-1])
    return table
