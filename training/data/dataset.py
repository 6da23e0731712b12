"""A data set as loaded, before anything is done to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.data.catalog import Task

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples and their targets, in the units they came in.

    Attributes
    ----------
    x
        Inputs [N, F], finite.
    y
        Classification: index of the class [N]; regression: target [N, 1], finite.
    class_names
        One name for each class; empty for regression.
    image_shape
        (rows, columns) if every sample is a picture, flattened row by row.
    truth
        The function that generated targets [N, 1] were made from, without noise; None where nobody knows.
    notes
        What was done on the way that the user should know, such as a column that was dropped.
    """

    name: str
    task: Task
    x: FloatArray
    y: FloatArray | IntArray
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...] = ()
    target_name: str = "y"
    image_shape: tuple[int, int] | None = None
    truth: Callable[[FloatArray], FloatArray] | None = None
    notes: tuple[str, ...] = ()

    @property
    def n_samples(self) -> int:
        """Number of samples N."""
        return len(self.x)

    @property
    def n_features(self) -> int:
        """Number of features F."""
        return int(self.x.shape[1])
