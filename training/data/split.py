"""The split into a training and a held-out part: seeded, disjoint, complete, and the same shares of each class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.random import PCG64, Generator

from training.data.dataset import FloatArray, IntArray
from training.errors import InputError


def split(
    n: int, held_out: float, seed: int, classes: IntArray | None = None, class_names: Sequence[str] = ()
) -> tuple[IntArray, IntArray]:
    """Choose the rows to train on and the rows to hold out.

    Parameters
    ----------
    n
        Number of rows.
    held_out
        Share of the rows held out, rounded to whole rows; at least one unless it is 0.
    classes
        Class of each row [n] to stratify by, or None.
    class_names
        What to call the classes in an error.

    Returns
    -------
    Training rows and held-out rows, each in random order, so that the first of them are a fair sample.

    Raises
    ------
    InputError
        If nothing would be left to train on, or a class is too small to be in both parts.
    """
    order = Generator(PCG64(seed)).permutation(n).astype(np.int64)
    if held_out == 0:
        return order, order[:0]
    count = max(1, round(n * held_out))
    if count >= n:
        raise InputError(
            f"holding out {held_out:g} of {n} rows leaves none to train on", where="data.held_out",
            hint="Lower data.held_out or use more rows",
        )
    if classes is None:
        return order[count:], order[:count]
    quota = _held_out_of_each_class(np.bincount(classes), count, class_names)
    out = _rank_within_class(classes[order]) < quota[classes[order]]
    return order[~out], order[out]


def _held_out_of_each_class(sizes: IntArray, count: int, names: Sequence[str]) -> IntArray:
    """Share `count` among the classes by size (largest remainders), leaving each class one row to train on."""
    singles = np.flatnonzero(sizes == 1).tolist()
    if singles:
        listed = ", ".join(repr(names[k]) if names else str(k) for k in singles[:5]) + (", …" if singles[5:] else "")
        raise InputError(
            f"a class with a single row cannot be in both parts: {listed}", where="data.stratify",
            allowed="at least 2 rows of each class", hint="Add rows, leave the class out, or set data.stratify = false",
        )
    at_most = np.maximum(sizes - 1, 0)
    if count > at_most.sum():
        raise InputError(
            f"holding out {count} of {sizes.sum()} rows leaves no row to train on for some of the "
            f"{np.count_nonzero(sizes)} classes", where="data.held_out", hint="Lower data.held_out or use more rows",
        )
    exact: FloatArray = sizes * (count / sizes.sum())
    taken = np.minimum(np.floor(exact).astype(np.int64), at_most)
    for _ in range(count - int(taken.sum())):
        taken[np.argmax(np.where(taken < at_most, exact - taken, -np.inf))] += 1
    return taken


def _rank_within_class(classes: IntArray) -> IntArray:
    """Return for each row how many rows of its class come before it."""
    by_class = np.argsort(classes, kind="stable")
    sizes = np.bincount(classes)
    starts = np.cumsum(sizes) - sizes
    rank = np.empty(len(classes), dtype=np.int64)
    rank[by_class] = np.arange(len(classes)) - np.repeat(starts, sizes)
    return rank
