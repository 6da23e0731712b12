"""What the data say before anything is trained: how the inputs are scaled, and what their neighbors know."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray

from training.data.prepare import PreparedData

FloatArray = NDArray[np.float64]

ROWS = 600
"""So many samples of either part are compared with each other, at the most."""
NEIGHBORS = 7
SPREAD, APART = 0.7, 0.1
SURE = 0.5
"""Neighbors are asked about the half of the samples where they agree most: there, only wrong labels differ."""


@dataclass(frozen=True)
class DataFacts:
    """Facts of prepared data; NaN for what they are too few to tell.

    Attributes
    ----------
    samples, held_out
        How many there are.
    scales
        Standard deviation of every input over the training part, ``[F]``; 0 for one that does not vary.
    means
        Size of the mean of every input over the training part, ``[F]``.
    neighbor_score
        Accuracy, or R², of the `NEIGHBORS` nearest training samples on the held-out part: what can be known of it
        without a network.
    own_score
        The same on the training part itself, each sample left out in turn.
    wrong_labels
        Classification: share of the training labels that differ from those of their nearest neighbors, of the half
        of the samples where those agree most. Regression: variance of the training targets about the mean of
        their neighbors', beyond that of the held-out targets, as a share of the variance of the target.
    """

    samples: int
    held_out: int
    scales: FloatArray
    means: FloatArray
    neighbor_score: float
    own_score: float
    wrong_labels: float

    @property
    def labels_are_noisy(self) -> bool:
        """Whether wrong labels are spread over all of the samples, and not just where classes overlap.

        Where they are, neighbors that agree are contradicted about as often as those that do not; or neighbors know
        held-out samples, with labels that are right, better than each other.
        """
        apart = self.neighbor_score - self.own_score
        return self.wrong_labels >= SPREAD * (1.0 - self.own_score) or apart >= APART

    @property
    def largest_scale(self) -> float:
        """Largest standard deviation of an input."""
        return float(self.scales.max()) if len(self.scales) else 1.0


_KNOWN: WeakKeyDictionary[PreparedData, DataFacts] = WeakKeyDictionary()


def facts_of(data: PreparedData) -> DataFacts:
    """Return the facts of prepared data; computed once, in some hundredths of a second."""
    if data not in _KNOWN:
        _KNOWN[data] = _computed(data)
    return _KNOWN[data]


def _computed(data: PreparedData) -> DataFacts:
    x = np.asarray(data.x_train, dtype=np.float64)
    scales, means = x.std(0), np.abs(x.mean(0))
    varied = scales > 1e-12 * np.maximum(1.0, means)
    scales = np.where(varied, scales, 0.0)
    own, beyond, wrong = _neighbors(data)
    return DataFacts(
        samples=len(x), held_out=len(data.x_val), scales=scales,
        means=means, neighbor_score=beyond, own_score=own, wrong_labels=wrong,
    )  # fmt: skip


def _neighbors(data: PreparedData) -> tuple[float, float, float]:
    """Return `own_score`, `neighbor_score` and `wrong_labels`."""
    chosen, held_out = _choice(len(data.x_train)), _choice(len(data.x_val))
    if len(chosen) < 3 * NEIGHBORS:
        return float("nan"), float("nan"), float("nan")
    scales = data.x_train.std(0)
    scales = np.where(scales > 0, scales, 1.0)  # neighbors in inputs of one scale, whatever the network is given
    x, y = data.x_train[chosen] / scales, data.y_train[chosen]
    distances = _distances(x, x)
    np.fill_diagonal(distances, np.inf)
    nearest = np.argpartition(distances, NEIGHBORS, axis=1)[:, :NEIGHBORS]
    nearest_held_out = np.argpartition(_distances(data.x_val[held_out] / scales, x), NEIGHBORS, axis=1)[:, :NEIGHBORS]
    if data.task == "regression":
        values, held_out_values = y[:, 0].astype(np.float64), data.y_val[held_out][:, 0].astype(np.float64)
        return _of_values(values, nearest, held_out_values, nearest_held_out)
    labels, held_out_labels = y.astype(np.int64), data.y_val[held_out].astype(np.int64)
    return _of_classes(labels, nearest, held_out_labels, nearest_held_out, data.n_outputs)


def _distances(x: FloatArray, others: FloatArray) -> FloatArray:
    """Return the Euclidean distances between two sets of points; torch is imported anyway, SciPy takes 0.1 s."""
    one, other = (torch.from_numpy(np.ascontiguousarray(each, dtype=np.float64)) for each in (x, others))
    # Not by a product of matrices, which loses the small distances to rounding.
    found: FloatArray = torch.cdist(one, other, compute_mode="donot_use_mm_for_euclid_dist").numpy()
    return found


def _of_classes(
    y: NDArray[np.int64], nearest: NDArray[np.int64], y_val: NDArray[np.int64], nearest_val: NDArray[np.int64],
    classes: int,
) -> tuple[float, float, float]:  # fmt: skip
    votes = np.eye(classes)[y][nearest].mean(1)
    agreed, winner = votes.max(1), votes.argmax(1)
    sure = np.argsort(-agreed, kind="stable")[: max(1, round(SURE * len(y)))]
    differ = float((winner[sure] != y[sure]).mean())
    own = float((winner == y).mean())
    if not len(y_val):
        return own, float("nan"), differ
    votes_val = np.eye(classes)[y][nearest_val].mean(1)
    return own, float((votes_val.argmax(1) == y_val).mean()), differ


def _of_values(
    y: FloatArray, nearest: NDArray[np.int64], y_val: FloatArray, nearest_val: NDArray[np.int64]
) -> tuple[float, float, float]:
    variance = y.var()
    if variance <= 0:
        return float("nan"), float("nan"), float("nan")
    own = float(((y[nearest].mean(1) - y) ** 2).mean() / variance)
    if len(y_val) < 3 * NEIGHBORS:
        return 1.0 - own, float("nan"), float("nan")
    beyond = float(((y[nearest_val].mean(1) - y_val) ** 2).mean() / variance)
    return 1.0 - own, 1.0 - beyond, max(0.0, own - beyond)


def _choice(samples: int) -> NDArray[np.int64]:
    if samples <= ROWS:
        return np.arange(samples)
    return np.sort(np.random.default_rng(0).permutation(samples)[:ROWS])
