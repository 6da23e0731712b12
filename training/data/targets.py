"""What a target is: classes or numbers, and how classes become indices with names."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.data.catalog import Task
from training.data.dataset import FloatArray, IntArray
from training.data.files import MAX_CLASSES
from training.errors import InputError

FEW_VALUES = 20


def guess_task(numbers: FloatArray) -> Task:
    """Guess what is predicted from a numeric target without missing values.

    Two distinct whole numbers, or at most 20 of them that each occur at least twice on average,
    are classes; everything else is a quantity.
    """
    head = numbers[:100_000]  # the guess need not sort a million values that show no end of variety
    distinct = np.unique(head)
    if len(distinct) > FEW_VALUES or not _whole(distinct):
        return "regression"
    distinct = np.unique(numbers)
    few = len(distinct) <= 2 or len(distinct) <= min(FEW_VALUES, len(numbers) / 2)
    return "classification" if few and _whole(distinct) else "regression"


def encode_classes(labels: NDArray[np.generic], *, where: str, name: str) -> tuple[IntArray, tuple[str, ...]]:
    """Return the index of each label's class [N] and the names of the classes, in sorted order.

    Raises
    ------
    InputError
        If there is only one class, or more than `MAX_CLASSES`.
    """
    distinct, index = np.unique(labels, return_inverse=True)
    check_class_count(len(distinct), where=where, name=name)
    names = tuple(value_name(value) for value in distinct.tolist())
    if len(names) < 2:
        raise InputError(
            f"the target '{name}' holds only one class ({names[0]!r})", where=where, allowed="at least two classes",
            hint="Choose another target",
        )
    return index.reshape(-1).astype(np.int64), names


def check_class_count(count: int, *, where: str, name: str) -> None:
    """Refuse more than `MAX_CLASSES` classes."""
    if count > MAX_CLASSES:
        raise InputError(
            f"the target '{name}' has more than {MAX_CLASSES:,} different values", where=where,
            allowed=f"up to {MAX_CLASSES:,} classes",
            hint='If it is a quantity, set data.task = "regression"; otherwise choose another target',
        )


def check_varies(y: FloatArray, *, where: str, name: str) -> None:
    """Refuse a regression target that is the same everywhere."""
    if y.min() == y.max():
        raise InputError(
            f"the target '{name}' is {value_name(float(y[0, 0]))} in every row: there is nothing to learn",
            where=where, hint="Choose another target",
        )


def value_name(value: object) -> str:
    """Return how a value is called: whole numbers without a decimal point."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _whole(values: FloatArray) -> bool:
    return bool(np.all(values == np.round(values)))
