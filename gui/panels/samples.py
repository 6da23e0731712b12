"""Which samples panels show, and in which colors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from gui.theme import Theme, mix

if TYPE_CHECKING:
    from training.data.prepare import PreparedData

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Shown:
    """Samples of one part of the data.

    Attributes
    ----------
    raw
        Features as loaded, [K, F].
    x
        As the network sees them, [K, F'].
    y
        Index of the class [K], or the target in its original units [K].
    whole
        Whether these are all the samples of the part.
    """

    raw: FloatArray
    x: FloatArray
    y: NDArray[np.float64]
    whole: bool

    def __len__(self) -> int:
        return len(self.y)


def shown_samples(data: PreparedData, held_out: bool, at_most: int) -> Shown:
    """Return the training or the held-out part, or, of a large one, as many samples spread evenly over it."""
    index = data.val_index if held_out else data.train_index
    x, y = (data.x_val, data.y_val) if held_out else (data.x_train, data.y_train)
    rows = np.arange(len(x))
    if len(rows) > at_most:
        rows = np.linspace(0, len(x) - 1, at_most).round().astype(np.int64)
    if data.task == "regression":
        target = np.asarray(data.unscale_target(np.asarray(y[rows], dtype=np.float64)), dtype=np.float64)[:, 0]
    else:
        target = np.asarray(y[rows], dtype=np.float64)
    return Shown(data.dataset.x[index[rows]], x[rows], target, len(rows) == len(x))


def class_colors(classes: int, theme: Theme) -> tuple[str, ...]:
    """Return a color for each class; beyond the palette, its colors again, paler."""
    ground = theme.text if theme.dark else theme.background
    palette = theme.series
    rounds = [divmod(index, len(palette)) for index in range(classes)]
    return tuple(mix(palette[place], ground, min(0.75, 0.45 * turn)) for turn, place in rounds)


def rgb(color: str) -> FloatArray:
    """Return red, green and blue of a color, each in [0, 255]."""
    return np.array(QColor(color).getRgb()[:3], dtype=np.float64)
