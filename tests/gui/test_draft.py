"""The draft: what was typed is never lost, and becomes the experiment the moment it is valid."""

from __future__ import annotations

import pytest

from gui.builder.draft import Draft, flat
from training.experiment import Experiment
from training.validation import as_values, replace


def test_a_valid_change_becomes_the_experiment() -> None:
    draft = Draft(Experiment())
    assert draft.change({"optimizer.lr": 0.1})
    assert draft.experiment.optimizer.lr == 0.1
    assert draft.valid


def test_an_invalid_value_is_kept_and_later_changes_wait_with_it() -> None:
    draft = Draft(Experiment())
    assert not draft.change({"optimizer.lr": "fast"})
    assert draft.get("optimizer.lr") == "fast"
    assert list(draft.problems) == ["optimizer.lr"]
    assert not draft.change({"seed": 5})
    assert draft.get("seed") == 5
    assert draft.experiment == Experiment()
    assert draft.change({"optimizer.lr": 0.5})
    assert (draft.experiment.optimizer.lr, draft.experiment.seed) == (0.5, 5)


def test_two_changes_that_only_fit_together() -> None:
    draft = Draft(Experiment())
    assert draft.change({"data.dataset": "sine", "loss.kind": "mse"})
    draft = Draft(Experiment())
    assert not draft.change({"data.dataset": "sine"})
    assert "loss.kind" in draft.problems
    assert draft.change({"loss.kind": "mae"})
    assert draft.experiment.data.dataset == "sine"


def test_a_file_without_a_path_waits_for_it() -> None:
    draft = Draft(Experiment())
    assert not draft.change({"data.dataset": "csv"})
    assert draft.tag("data") == "csv"
    assert draft.has("data.target")
    assert not draft.has("data.noise")
    assert list(draft.problems) == ["data.path"]
    assert draft.change({"data.path": "table.csv"})


def test_another_variant_drops_what_it_has_no_place_for() -> None:
    draft = Draft(replace(Experiment(), {"optimizer.method": "adam"}))
    draft.change({"optimizer.beta1": "high"})
    assert not draft.valid
    assert draft.change({"optimizer.method": "sgd"})
    assert draft.experiment.optimizer.method == "sgd"


def test_differences_name_dotted_keys() -> None:
    draft = Draft(Experiment())
    draft.change({"optimizer.lr": 0.2, "stopping.early.patience": 7})
    assert set(draft.differences(Experiment())) == {"optimizer.lr", "stopping.early.patience"}


@pytest.mark.parametrize("key", ["optimizer.lr", "network.hidden", "stopping.criteria.validation.threshold", "name"])
def test_flat_has_every_value(key: str) -> None:
    value = as_values(Experiment())
    for part in key.split("."):
        value = value[part]
    assert flat(Experiment())[key] == value
