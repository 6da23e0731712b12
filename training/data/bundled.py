"""Real data sets that ship with scikit-learn, which is imported only when one is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from training.data.catalog import BUNDLED
from training.data.dataset import Dataset


def load_bundled(name: str) -> Dataset:
    """Return the data set called `name` in the catalog, in its original units."""
    return LOADERS[name](importlib.import_module("sklearn.datasets"))


def _classes(name: str, bunch: Any, target: str, *, image_shape: tuple[int, int] | None = None) -> Dataset:
    return Dataset(
        name=BUNDLED[name].title, task="classification",
        x=np.array(bunch.data, dtype=np.float64), y=np.array(bunch.target, dtype=np.int64),
        feature_names=tuple(str(feature) for feature in bunch.feature_names),
        class_names=tuple(str(label) for label in bunch.target_names),
        target_name=target, image_shape=image_shape,
    )


def _diabetes(datasets: Any) -> Dataset:
    bunch = datasets.load_diabetes(scaled=False)  # the scaled version would hide what scaling is for
    return Dataset(
        name=BUNDLED["diabetes"].title, task="regression",
        x=np.array(bunch.data, dtype=np.float64), y=np.array(bunch.target, dtype=np.float64).reshape(-1, 1),
        feature_names=tuple(str(feature) for feature in bunch.feature_names), target_name="disease progression",
    )


LOADERS: dict[str, Callable[[Any], Dataset]] = {
    "iris": lambda datasets: _classes("iris", datasets.load_iris(), "species"),
    "wine": lambda datasets: _classes("wine", datasets.load_wine(), "grower"),
    "breast_cancer": lambda datasets: _classes("breast_cancer", datasets.load_breast_cancer(), "diagnosis"),
    "digits": lambda datasets: _classes("digits", datasets.load_digits(), "digit", image_shape=(8, 8)),
    "diabetes": _diabetes,
}
