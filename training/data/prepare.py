"""From a data set to what the network sees: split, extra features, scaling, label noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.random import PCG64, Generator

from training.data.catalog import Task
from training.data.dataset import Dataset, FloatArray, IntArray
from training.data.scaling import Scaling, fit
from training.data.split import split
from training.errors import InputError

if TYPE_CHECKING:
    from training.experiment import Preparation

LARGEST = 1e30  # beyond it the squares of single precision overflow
LABEL_NOISE_STREAM = 1  # drawn apart from the split, so that noise leaves the split alone


@dataclass(frozen=True)
class ExtraFeature:
    """One row of the table of extra features, computed from the first two features as they were loaded."""

    name: str
    needs: int
    compute: Callable[[FloatArray], FloatArray]


_EXTRA_ROWS = (
    ExtraFeature("x^2", 1, lambda x: x[:, 0] ** 2),
    ExtraFeature("y^2", 2, lambda x: x[:, 1] ** 2),
    ExtraFeature("xy", 2, lambda x: x[:, 0] * x[:, 1]),
    ExtraFeature("sin x", 1, lambda x: np.sin(x[:, 0])),
    ExtraFeature("sin y", 2, lambda x: np.sin(x[:, 1])),
)

EXTRA_FEATURES: dict[str, ExtraFeature] = {row.name: row for row in _EXTRA_ROWS}


@dataclass(frozen=True, eq=False)
class PreparedData:
    """Data as the network sees it. The held-out part may have no rows.

    Attributes
    ----------
    x_train, x_val
        Scaled inputs, extra features last: [n, F'].
    y_train, y_val
        Classification: index of the class [n]; regression: scaled target [n, 1]. Label noise is in
        `y_train` only.
    train_index, val_index
        The rows of `dataset` that the two parts were taken from.
    feature_names
        Names of the F' columns.
    extra_features
        Names of the extra features among them, in the terms of `EXTRA_FEATURES`.
    feature_scaling, target_scaling
        Fitted on the training part only.
    notes
        The notes of the data set, and what preparing added to them.
    """

    task: Task
    x_train: FloatArray
    y_train: FloatArray | IntArray
    x_val: FloatArray
    y_val: FloatArray | IntArray
    train_index: IntArray
    val_index: IntArray
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]
    target_name: str
    dataset: Dataset
    extra_features: tuple[str, ...]
    feature_scaling: Scaling
    target_scaling: Scaling
    notes: tuple[str, ...] = ()

    @property
    def n_inputs(self) -> int:
        """Number of inputs of the network, F'."""
        return len(self.feature_names)

    @property
    def n_outputs(self) -> int:
        """Number of outputs of the network: one for each class, or 1."""
        return len(self.class_names) if self.task == "classification" else 1

    def transform(self, x_raw: FloatArray) -> FloatArray:
        """Turn raw inputs [K, F] into what the network sees [K, F']."""
        return self.feature_scaling.apply(_with_extras(x_raw, self.extra_features))

    def unscale_target(self, y: FloatArray) -> FloatArray:
        """Return scaled targets or outputs [K, 1] to the original units (regression)."""
        return self.target_scaling.undo(y)


def prepare(data: Preparation, dataset: Dataset) -> PreparedData:
    """Prepare a data set as `data` says. The same choices give the same arrays, bit for bit.

    Parameters
    ----------
    data
        The section `data` of an experiment; only what concerns preparation is used.

    Raises
    ------
    InputError
        If the split is impossible, an extra feature needs a feature that is not there, or values are too large.
    """
    extras = tuple(dict.fromkeys(data.extra_features))
    _check_extras(extras, dataset)
    train, held_out = _split(data, dataset)
    x_train = _with_extras(dataset.x[train], extras)
    _check_size(x_train, "none")
    feature_scaling = fit(data.scaling, x_train)
    x_train = feature_scaling.apply(x_train)
    x_val = feature_scaling.apply(_with_extras(dataset.x[held_out], extras))
    _check_size(x_train, data.scaling)
    _check_size(x_val, data.scaling)
    y_train, y_val, target_scaling = _targets(data, dataset, train, held_out)
    return PreparedData(
        task=dataset.task, x_train=x_train, y_train=y_train, x_val=x_val, y_val=y_val,
        train_index=train, val_index=held_out, feature_names=_names(dataset.feature_names, extras),
        class_names=dataset.class_names, target_name=dataset.target_name, dataset=dataset, extra_features=extras,
        feature_scaling=feature_scaling, target_scaling=target_scaling,
        notes=(*dataset.notes, *_untrained_classes(dataset, train)),
    )


def _split(data: Preparation, dataset: Dataset) -> tuple[IntArray, IntArray]:
    classes = dataset.y.astype(np.int64) if dataset.task == "classification" and data.stratify else None
    return split(dataset.n_samples, data.held_out, data.split_seed, classes, dataset.class_names)


def _check_extras(extras: tuple[str, ...], dataset: Dataset) -> None:
    for name in extras:
        if EXTRA_FEATURES[name].needs > dataset.n_features:
            raise InputError(
                f"'{name}' is computed from two features, but {dataset.name} has only one",
                where="data.extra_features", allowed="x^2, sin x", hint=f"Leave '{name}' out",
            )


def _with_extras(x: FloatArray, extras: tuple[str, ...]) -> FloatArray:
    if not extras:
        return x
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused with a message of its own
        return np.column_stack([x, *(EXTRA_FEATURES[name].compute(x) for name in extras)])


def _names(features: tuple[str, ...], extras: tuple[str, ...]) -> tuple[str, ...]:
    """Name the extra features by what they are computed from: 'width^2' rather than 'x^2'."""
    first = features[0]
    second = features[1] if len(features) > 1 else ""
    product = f"{first}{second}" if len(first) == len(second) == 1 else f"{first} · {second}"
    named = {
        "x^2": f"{first}^2", "y^2": f"{second}^2", "xy": product, "sin x": f"sin {first}", "sin y": f"sin {second}"
    }
    return (*features, *(named[name] for name in extras))


def _check_size(x: FloatArray, scaling: str) -> None:
    if x.size and not (x.min() >= -LARGEST and x.max() <= LARGEST):
        column = int(np.argmax(np.abs(np.nan_to_num(x, nan=np.inf)).max(axis=0)))
        hint = "Use data.scaling = 'standardize'" if scaling == "none" else "Rescale that column"
        raise InputError(
            f"feature number {column + 1} has values too large to train on",
            where="data", allowed=f"up to {LARGEST:g} in size", hint=hint,
        )


def _targets(
    data: Preparation, dataset: Dataset, train: IntArray, held_out: IntArray
) -> tuple[FloatArray | IntArray, FloatArray | IntArray, Scaling]:
    rng = Generator(PCG64([data.split_seed, LABEL_NOISE_STREAM]))
    if dataset.task == "classification":
        labels = dataset.y.astype(np.int64)
        y_train = _with_wrong_labels(labels[train], len(dataset.class_names), data.label_noise, rng)
        return y_train, labels[held_out], Scaling(np.zeros(1), np.ones(1))
    values = dataset.y.astype(np.float64)
    noisy = values[train] + data.label_noise * values[train].std() * rng.standard_normal((len(train), 1))
    scaling = fit(data.target_scaling, noisy)
    return scaling.apply(noisy), scaling.apply(values[held_out]), scaling


def _with_wrong_labels(labels: IntArray, classes: int, share: float, rng: Generator) -> IntArray:
    """Move a share of the labels to another class; a larger share moves the same ones and more."""
    moved = rng.permutation(len(labels))[: round(share * len(labels))]
    shift = rng.integers(1, classes, len(labels))
    noisy = labels.copy()
    noisy[moved] = (noisy[moved] + shift[moved]) % classes
    return noisy


def _untrained_classes(dataset: Dataset, train: IntArray) -> list[str]:
    if dataset.task != "classification":
        return []
    present = np.bincount(dataset.y[train].astype(np.int64), minlength=len(dataset.class_names)) > 0
    absent = [name for name, there in zip(dataset.class_names, present, strict=True) if not there]
    if not absent:
        return []
    listed = ", ".join(f"'{name}'" for name in absent[:5]) + (", …" if len(absent) > 5 else "")
    return [f"no training row of class {listed}: stratify the split, or hold out less"]
