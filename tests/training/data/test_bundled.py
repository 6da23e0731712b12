from __future__ import annotations

import numpy as np
import pytest
from sklearn import datasets

from training.data.bundled import LOADERS
from training.data.catalog import BUNDLED
from training.data.load import load
from training.experiment import BundledData

REFERENCE = {
    "iris": datasets.load_iris,
    "wine": datasets.load_wine,
    "breast_cancer": datasets.load_breast_cancer,
    "digits": datasets.load_digits,
    "diabetes": lambda: datasets.load_diabetes(scaled=False),
}


def test_every_row_of_the_catalog_has_a_loader() -> None:
    assert list(LOADERS) == list(BUNDLED)


@pytest.mark.parametrize("name", list(BUNDLED))
def test_bundled_sets_are_those_of_scikit_learn(name: str) -> None:
    dataset, reference = load(BundledData(dataset=name)), REFERENCE[name]()
    np.testing.assert_array_equal(dataset.x, reference.data)
    np.testing.assert_array_equal(dataset.y.ravel(), reference.target)
    assert dataset.x.shape[1] == BUNDLED[name].features == len(dataset.feature_names)
    assert dataset.task == BUNDLED[name].task
    if dataset.task == "classification":
        assert dataset.class_names == tuple(map(str, reference.target_names))


def test_digits_are_pictures() -> None:
    dataset = load(BundledData(dataset="digits"))
    assert dataset.image_shape == (8, 8)
    assert dataset.class_names == tuple("0123456789")


def test_diabetes_is_not_scaled() -> None:
    assert load(BundledData(dataset="diabetes")).x[:, 0].max() == 79  # years
