"""Which samples panels show, and in which colors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from gui.theme import Theme, mix

if TYPE_CHECKING:
    from training.data.prepare import PreparedData
    from training.snapshot import Snapshot

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Shown:
    """Some samples of the data, in the order of their part.

    Attributes
    ----------
    rows
        Where they are in the data set [K], from 0.
    held_out
        Which of them are held out [K].
    raw
        Features as loaded, [K, F].
    x
        As the network sees them, [K, F'].
    y
        Index of the class [K], or the target in its original units [K].
    whole
        Whether these are all the samples of the part.
    """

    rows: NDArray[np.int64]
    held_out: NDArray[np.bool_]
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
    which = index[rows]
    return Shown(which, np.full(len(rows), held_out), data.dataset.x[which], x[rows], target, len(rows) == len(x))


def joined(parts: Sequence[Shown]) -> Shown:
    """Return the samples of all parts, one after the other."""
    return Shown(
        np.concatenate([part.rows for part in parts]), np.concatenate([part.held_out for part in parts]),
        np.concatenate([part.raw for part in parts]), np.concatenate([part.x for part in parts]),
        np.concatenate([part.y for part in parts]), all(part.whole for part in parts),
    )


@dataclass(frozen=True)
class Predicted:
    """Samples, and what the network said of them at one moment.

    Attributes
    ----------
    outputs
        Class probabilities [K, classes], or predicted targets in original units [K, 1].
    step, epoch
        When the network was like that.
    """

    data: PreparedData
    samples: Shown
    outputs: FloatArray
    step: int
    epoch: float

    @property
    def said(self) -> FloatArray:
        """Index of the class predicted [K], or the target predicted [K]."""
        if self.data.task == "regression":
            return self.outputs[:, 0]
        return np.asarray(self.outputs.argmax(axis=1), dtype=np.float64)

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Which samples are taken for another class [K]; none in a regression."""
        if self.data.task == "regression":
            return np.zeros(len(self.samples), dtype=np.bool_)
        return np.asarray(self.said != self.samples.y)

    def name_of(self, value: float) -> str:
        """Return what a target is called: its class, or the number."""
        return f"{value:.5g}" if self.data.task == "regression" else self.data.class_names[int(value)]


def predicted(data: PreparedData, samples: Shown, snapshot: Snapshot, outputs: FloatArray) -> Predicted:
    """Return samples with the network's outputs for them, in original units."""
    if data.task == "regression":
        outputs = np.asarray(data.unscale_target(outputs), dtype=np.float64)
    return Predicted(data, samples, outputs, snapshot.step, snapshot.epoch)


def part_name(held_out: bool) -> str:
    """Return what a part of the data is called."""
    return "held out" if held_out else "train"


def class_colors(classes: int, theme: Theme) -> tuple[str, ...]:
    """Return a color for each class; beyond the palette, its colors again, paler."""
    ground = theme.text if theme.dark else theme.background
    palette = theme.series
    rounds = [divmod(index, len(palette)) for index in range(classes)]
    return tuple(mix(palette[place], ground, min(0.75, 0.45 * turn)) for turn, place in rounds)


def rgb(color: str) -> FloatArray:
    """Return red, green and blue of a color, each in [0, 255]."""
    return np.array(QColor(color).getRgb()[:3], dtype=np.float64)
