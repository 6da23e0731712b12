"""The experiment model: what it accepts, what it refuses and in which words, and how one is changed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from tests.training.strategies import ANY_VALUE, experiments
from training.errors import ExperimentError, InputError, did_you_mean
from training.experiment import Experiment, Section
from training.validation import as_values, get, is_tag, keys_of, replace, validate, variant_fields, variants


def test_the_default_experiment_is_two_spirals() -> None:
    experiment = Experiment()
    assert experiment.data.dataset == "two_spirals"
    assert validate({}) == experiment


def test_an_experiment_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Experiment().seed = 3  # type: ignore[misc]


def sections(model: type[BaseModel] = Section) -> list[type[BaseModel]]:
    return [model, *(inner for child in model.__subclasses__() for inner in sections(child))]


@pytest.mark.parametrize("model", sections(), ids=lambda model: model.__name__)
def test_every_section_refuses_unknown_keys_and_is_frozen(model: type[BaseModel]) -> None:
    assert model.model_config["extra"] == "forbid"
    assert model.model_config["frozen"]
    assert model.model_config["strict"]


@given(experiments())
def test_plain_values_give_the_same_experiment_back(experiment: Experiment) -> None:
    assert validate(as_values(experiment)) == experiment
    assert validate(json.loads(json.dumps(as_values(experiment)))) == experiment


@given(experiments())
def test_every_key_can_be_read_and_set_to_what_it_is(experiment: Experiment) -> None:
    for key in keys_of(experiment):
        value = get(experiment, key)
        if not isinstance(value, BaseModel):
            assert replace(experiment, {key: value}) == experiment, key


@given(experiments(), st.data())
def test_no_value_whatever_gets_past_as_anything_but_an_experiment_or_a_clear_error(
    experiment: Experiment, data: st.DataObject
) -> None:
    key = data.draw(st.sampled_from(keys_of(experiment)))
    value = data.draw(ANY_VALUE)
    try:
        changed = replace(experiment, {key: value})
    except InputError as error:
        assert error.message().strip()  # noqa: PT017
    else:
        assert isinstance(changed, Experiment)


# (values, key named in the error, text that must appear)
REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"optimiser": {}}, "optimiser", "did you mean 'optimizer'?"),
    ({"optimizer": {"learning_rate": 0.1}}, "optimizer.learning_rate", "unknown key"),
    ({"optimizer": {"method": "adma"}}, "optimizer.method", "did you mean 'adam'?"),
    ({"optimizer": {"method": "sgd", "momentum": 0.9}}, "optimizer.momentum", "unknown key"),
    ({"optimizer": {"lr": -0.1}}, "optimizer.lr", "greater than or equal to 0"),
    ({"optimizer": {"lr": "fast"}}, "optimizer.lr", "valid number"),
    ({"optimizer": {"lr": "0.1"}}, "optimizer.lr", "valid number"),
    ({"optimizer": {"lr": float("nan")}}, "optimizer.lr", "finite"),
    ({"optimizer": {"lr": float("inf")}}, "optimizer.lr", "finite"),
    ({"optimizer": {"lr": True}}, "optimizer.lr", "valid number"),
    ({"optimizer": {"method": "adam", "beta1": 1.0}}, "optimizer.beta1", "less than 1"),
    ({"optimizer": 3}, "optimizer", "must be a table"),
    ({"epochs": 0}, "epochs", "greater than or equal to 1"),
    ({"epochs": 2.5}, "epochs", "valid integer"),
    ({"epochs": "10"}, "epochs", "valid integer"),
    ({"seed": -1}, "seed", "greater than or equal to 0"),
    ({"seed": 2**31}, "seed", "less than"),
    ({"replicas": 5000}, "replicas", "less than or equal to 4096"),
    ({"batch_size": 0}, "batch_size", "greater than or equal to 1"),
    ({"batch_size": "half"}, "batch_size", "full"),
    ({"device": "gpu"}, "device", "auto, cpu, cuda"),
    ({"dtype": "float16"}, "dtype", "float32, float64"),
    ({"name": ""}, "name", "at least 1 character"),
    ({"data": {"dataset": "two_spiral"}}, "data.dataset", "did you mean 'two_spirals'?"),
    ({"data": {"held_out": 0.99}}, "data.held_out", "less than or equal to 0.95"),
    ({"data": {"samples": 3}}, "data.samples", "greater than or equal to 4"),
    ({"data": {"scaling": "standardise"}}, "data.scaling", "did you mean 'standardize'?"),
    ({"data": {"extra_features": ["z^2"]}}, "data.extra_features.0", "x^2"),
    ({"data": {"dataset": "csv"}}, "data.path", "is missing"),
    ({"data": {"dataset": "iris", "samples": 10}}, "data.samples", "unknown key"),
    ({"network": {"hidden": [0]}}, "network.hidden.0", "greater than or equal to 1"),
    ({"network": {"hidden": [2000]}}, "network.hidden.0", "less than or equal to 1024"),
    ({"network": {"hidden": [8] * 65}}, "network.hidden", "at most 64 items"),
    ({"network": {"hidden": 16}}, "network.hidden", "valid"),
    ({"network": {"activation": "rleu"}}, "network.activation", "did you mean 'relu'?"),
    ({"network": {"activation": ["relu"]}}, "network", "3 hidden layers"),
    ({"network": {"skip_every": 4}}, "network", "more than the 3 hidden layers"),
    ({"network": {"dropout": 1.0}}, "network.dropout", "less than 1"),
    ({"network": {"initialization": {"scheme": "he"}}}, "network.initialization.scheme", "he_normal"),
    ({"network": {"initialization": {"gian": 2.0}}}, "network.initialization.gian", "did you mean 'gain'?"),
    ({"loss": {"kind": "crossentropy"}}, "loss.kind", "did you mean 'cross_entropy'?"),
    ({"loss": {"kind": "huber", "delta": 0}}, "loss.delta", "greater than 0"),
    ({"schedule": {"kind": "cosin"}}, "schedule.kind", "did you mean 'cosine'?"),
    ({"schedule": {"kind": "step", "gamma": 1.5}}, "schedule.gamma", "less than or equal to 1"),
    ({"stopping": {"early": {"patience": 0}}}, "stopping.early.patience", "greater than or equal to 1"),
    ({"stopping": {"early": {"patiance": 3}}}, "stopping.early.patiance", "did you mean 'patience'?"),
    ({"stopping": {"criteria": {"combine": "k", "k": 6}}}, "stopping.criteria.k", "less than or equal to 5"),
    ({"evaluation": {"every": 0}}, "evaluation.every", "greater than or equal to 1"),
    # what no single field shows
    ({"data": {"dataset": "sine"}}, "loss.kind", "mse, mae or huber"),
    ({"data": {"dataset": "diabetes"}, "loss": {"label_smoothing": 0.1}}, "loss.kind", "regression"),
    ({"network": {"normalization": "batch"}, "batch_size": 1}, "batch_size", "at least 2 samples"),
    ({"schedule": {"warmup": 10}, "epochs": 10}, "schedule.warmup", "does not end within the run"),
    ({"data": {"held_out": 0.0}}, "stopping.early.metric", "held-out"),
    (
        {"data": {"held_out": 0.0}, "schedule": {"kind": "plateau"}, "stopping": {"early": {"enabled": False}}},
        "schedule.monitor",
        "held-out",
    ),
    (
        {"stopping": {"criteria": {"combine": "k", "k": 2, "loss_plateau": {"threshold": 1e-6, "action": "stop"}}}},
        "stopping.criteria.k",
        "only 1",
    ),
]


@pytest.mark.parametrize(("values", "key", "text"), REFUSED, ids=lambda value: str(value)[:60])
def test_mistakes_are_named_with_key_and_what_is_allowed(values: dict[str, Any], key: str, text: str) -> None:
    with pytest.raises(ExperimentError) as caught:
        validate(values, file="mine.toml")
    problems = caught.value.problems
    assert key in [problem.key for problem in problems], problems
    assert any(text in problem.line() for problem in problems), problems
    assert "mine.toml" in str(caught.value)


def test_every_mistake_is_reported_at_once() -> None:
    with pytest.raises(ExperimentError) as caught:
        validate({"epochs": 0, "seed": -1, "optimizer": {"lr": -1}})
    assert {problem.key for problem in caught.value.problems} == {"epochs", "seed", "optimizer.lr"}


def test_the_value_given_is_in_the_message() -> None:
    with pytest.raises(ExperimentError, match=r"epochs = -3"):
        validate({"epochs": -3})


def test_hostile_nesting_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(20_000):
        deep = {"network": deep}
    with pytest.raises(InputError):
        validate(deep)


def test_changing_the_tag_keeps_what_both_variants_have() -> None:
    adam = validate({"optimizer": {"method": "adam", "lr": 0.5, "beta1": 0.8, "clip_norm": 1.0}})
    changed = replace(adam, {"optimizer.method": "adamw"})
    assert as_values(changed)["optimizer"]["beta1"] == 0.8
    sgd = replace(adam, {"optimizer.method": "sgd"})
    assert sgd.optimizer.lr == 0.5
    assert sgd.optimizer.clip_norm == 1.0
    assert "beta1" not in as_values(sgd)["optimizer"]


def test_a_tag_and_a_key_of_its_variant_can_be_set_together_in_any_order() -> None:
    changed = replace(Experiment(), {"optimizer.momentum": 0.5, "optimizer.method": "momentum"})
    assert get(changed, "optimizer.momentum") == 0.5


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("optimizer.lrr", "optimizer.lr"),
        ("epoch", "epochs"),
        ("stopping.early.patients", "stopping.early.patience"),
        ("optimizer.lr.deep", "optimizer.lr"),
        ("", ""),
        (".", ""),
    ],
)
def test_a_key_that_does_not_exist_is_refused_with_the_nearest(key: str, hint: str) -> None:
    with pytest.raises(ExperimentError) as caught:
        replace(Experiment(), {key: 1})
    assert hint in str(caught.value)


def test_a_change_is_validated_as_a_whole() -> None:
    with pytest.raises(ExperimentError, match=r"loss\.kind"):
        replace(Experiment(), {"data.dataset": "diabetes"})
    changed = replace(Experiment(), {"data.dataset": "diabetes", "loss.kind": "mse"})
    assert changed.data.dataset == "diabetes"


@pytest.mark.parametrize("name", ["data", "loss", "optimizer", "schedule"])
def test_every_variant_of_a_section_can_be_reached_by_its_tag(name: str) -> None:
    for tag, model in variants(name).items():
        assert variant_fields(name, tag) == model.model_fields


def test_tags() -> None:
    assert is_tag("optimizer.method")
    assert is_tag("data.dataset")
    assert not is_tag("optimizer.lr")
    assert not is_tag("epochs")


def test_activations_are_spelled_out_per_layer() -> None:
    one = validate({"network": {"hidden": [4, 5], "activation": "tanh"}})
    assert one.network.activations() == ("tanh", "tanh")
    each = validate({"network": {"hidden": [4, 5], "activation": ["tanh", "relu"]}})
    assert each.network.activations() == ("tanh", "relu")


def test_nearest_match_says_nothing_where_nothing_is_near() -> None:
    assert did_you_mean("zzzz", ["adam", "sgd"]) == ""


def test_replicas_have_seeds_to_take() -> None:
    with pytest.raises(ExperimentError, match=r"seed: .*largest is 2147483647"):
        validate({"seed": 2**31 - 1, "replicas": 3})
    assert validate({"seed": 2**31 - 3, "replicas": 3}).replicas == 3


@pytest.mark.parametrize("key", ["optimizer.reference_batch", "stopping.criteria.validation.threshold", "epochs"])
def test_whole_numbers_have_bounds(key: str) -> None:
    with pytest.raises(ExperimentError, match="must be less than or equal to"):
        replace(Experiment(), {key: 10**400})
