"""What the data say by themselves, held against scikit-learn, SciPy and the truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from torch import nn, tensor

from tests.training.runs import data_of
from training.data.load import load_prepared
from training.diagnosis.case import Case
from training.diagnosis.facts import NEIGHBORS, facts_of
from training.diagnosis.recorded import nothing
from training.evaluator import targets_of
from training.feasibility import architecture_of
from training.validation import replace, validate


def data_with(**values: Any) -> Any:
    return load_prepared(validate({"data": values, "loss": {"kind": values.pop("loss", "cross_entropy")}}).data)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.2, 0.3])
@pytest.mark.parametrize("dataset", ["moons", "circles", "two_spirals"])
def test_the_share_of_wrong_labels_is_found(dataset: str, share: float) -> None:
    facts = facts_of(data_with(dataset=dataset, samples=800, noise=0.1, label_noise=share))
    assert abs(facts.wrong_labels - share) < 0.08
    assert facts.labels_are_noisy or share == 0


def test_classes_that_overlap_are_no_wrong_labels() -> None:
    assert not facts_of(data_with(dataset="moons", samples=800, noise=2.0)).labels_are_noisy
    assert not facts_of(data_with(dataset="blobs", samples=800, noise=1.5)).labels_are_noisy


@pytest.mark.parametrize("noise", [0.0, 0.7, 1.0])
def test_scatter_of_the_training_targets_alone_is_found(noise: float) -> None:
    data = data_with(dataset="sine", samples=800, noise=0.1, label_noise=noise, loss="mse")
    assert abs(facts_of(data).wrong_labels - noise**2 / (1 + noise**2)) < 0.1


def test_neighbors_score_as_those_of_scikit_learn() -> None:
    data = data_with(dataset="iris")
    scale = data.x_train.std(0)
    model = KNeighborsClassifier(NEIGHBORS).fit(data.x_train / scale, data.y_train)
    assert facts_of(data).neighbor_score == pytest.approx(model.score(data.x_val / scale, data.y_val), abs=0.03)
    data = data_with(dataset="diabetes", loss="mse")
    scale = data.x_train.std(0)
    regression = KNeighborsRegressor(NEIGHBORS).fit(data.x_train / scale, data.y_train)
    apart = (regression.predict(data.x_val / scale) - data.y_val) ** 2
    assert facts_of(data).neighbor_score == pytest.approx(1 - apart.mean() / data.y_train.var(), abs=1e-9)


def test_what_too_few_samples_cannot_tell_is_not_told() -> None:
    x = np.random.default_rng(0).normal(size=(12, 2))
    facts = facts_of(data_of(x, np.arange(12) % 2, classes=2))
    assert np.isnan([facts.neighbor_score, facts.own_score, facts.wrong_labels]).all()


def test_facts_are_computed_once() -> None:
    data = data_with(dataset="moons")
    assert facts_of(data) is facts_of(data)


def test_an_input_that_does_not_vary_has_no_scale() -> None:
    x = np.random.default_rng(0).normal(size=(40, 3)) * np.array([1.0, 0.0, 50.0]) + np.array([0.0, 7.0, 0.0])
    facts = facts_of(data_of(x, np.arange(40) % 2, classes=2))
    assert facts.scales[1] == 0
    np.testing.assert_allclose(facts.scales[[0, 2]], x.std(0)[[0, 2]])


LOSSES = [
    ("moons", {"kind": "cross_entropy"}, nn.CrossEntropyLoss()),
    ("blobs", {"kind": "cross_entropy", "label_smoothing": 0.2}, nn.CrossEntropyLoss()),
    ("iris", {"kind": "mse"}, nn.MSELoss()),
    ("sine", {"kind": "mse"}, nn.MSELoss()),
    ("sine", {"kind": "mae"}, nn.L1Loss()),
    ("sine", {"kind": "huber", "delta": 5.0}, nn.HuberLoss(delta=5.0)),
]  # fmt: skip


@pytest.mark.parametrize(("dataset", "loss", "module"), LOSSES)
def test_the_loss_of_chance_is_that_of_the_best_constant(dataset: str, loss: dict[str, Any], module: nn.Module) -> None:
    experiment = validate({"data": {"dataset": dataset}, "loss": loss})
    data = load_prepared(experiment.data)
    case = Case(experiment, experiment, data, architecture_of(experiment, data), nothing(4))
    target = targets_of(data, loss.get("label_smoothing", 0.0), torch.float64)[0]

    def of(constant: np.ndarray) -> float:
        return float(module(tensor(constant, dtype=torch.float64).expand(target.shape), target))

    best = minimize(of, np.zeros(target.shape[1]), method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-10})
    assert case.chance_loss == pytest.approx(best.fun, rel=1e-3)


def test_a_target_that_does_not_vary_has_no_loss_of_chance() -> None:
    data = data_of(np.zeros((30, 1)), np.ones((30, 1)))
    experiment = replace(validate({"data": {"dataset": "sine"}, "loss": {"kind": "mse"}}), {})
    case = Case(experiment, experiment, data, architecture_of(experiment, data), nothing(4))
    assert np.isnan(case.chance_loss)
