"""The data sets by name: what each is, its task, and what it shows. The samples come from the siblings.

To add a synthetic data set, write its function in `training.data.synthetic` and a row here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Task = Literal["classification", "regression"]


@dataclass(frozen=True)
class DatasetInfo:
    """One row of the catalog."""

    name: str
    title: str
    task: Task
    features: int
    note: str


_SYNTHETIC = (
    DatasetInfo("blobs", "Blobs", "classification", 2, "Three round clouds: a linear model is enough."),
    DatasetInfo("circles", "Circles", "classification", 2, "A disc inside a ring."),
    DatasetInfo("xor", "XOR", "classification", 2, "Opposite quadrants share a class: no line separates them."),
    DatasetInfo("two_spirals", "Two spirals", "classification", 2, "Two interleaved arms: needs depth and patience."),
    DatasetInfo("three_spirals", "Three spirals", "classification", 2, "Three interleaved arms."),
    DatasetInfo("moons", "Moons", "classification", 2, "Two interleaved half circles."),
    DatasetInfo("checkerboard", "Checkerboard", "classification", 2, "A 4 × 4 board of two classes."),
    DatasetInfo("sine", "Sine", "regression", 1, "y = sin 3x on [−1, 1]: few samples overfit at once."),
    DatasetInfo("plane", "Plane", "regression", 2, "A tilted plane: linear regression solves it."),
    DatasetInfo("gaussians", "Gaussian bumps", "regression", 2, "Hills and valleys over a square."),
    DatasetInfo("polynomial", "Noisy polynomial", "regression", 1, "A cubic with noise."),
)

_BUNDLED = (
    DatasetInfo("iris", "Iris", "classification", 4, "150 flowers, 3 species (Fisher 1936)."),
    DatasetInfo("wine", "Wine", "classification", 13, "178 wines, 3 growers; features of very different scale."),
    DatasetInfo("breast_cancer", "Breast cancer", "classification", 30, "569 tumors, benign or malignant."),
    DatasetInfo("digits", "Digits 8×8", "classification", 64, "1,797 handwritten digits of 8 × 8 pixels."),
    DatasetInfo("diabetes", "Diabetes", "regression", 10, "442 patients, disease progression after a year."),
)

SYNTHETIC: dict[str, DatasetInfo] = {row.name: row for row in _SYNTHETIC}
BUNDLED: dict[str, DatasetInfo] = {row.name: row for row in _BUNDLED}


def task_of(dataset: str) -> Task | None:
    """Return the task of a data set of the catalog, or None for a file (known once it is read)."""
    row = SYNTHETIC.get(dataset) or BUNDLED.get(dataset)
    return row.task if row else None
