from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from training.data.dataset import Dataset
from training.data.load import load, load_prepared
from training.data.prepare import EXTRA_FEATURES, prepare
from training.data.scaling import fit
from training.data.split import split
from training.errors import InputError
from training.experiment import BundledData, Preparation, SyntheticData

EXTRAS = tuple(EXTRA_FEATURES)


@st.composite
def datasets(draw: st.DrawFn) -> Dataset:
    rng = np.random.Generator(np.random.PCG64(draw(st.integers(0, 1000))))
    n, features = draw(st.integers(12, 60)), draw(st.integers(2, 4))
    x = rng.normal(draw(st.floats(-1e3, 1e3)), draw(st.floats(1e-3, 1e3)), (n, features))
    if draw(st.booleans()):
        x[:, -1] = draw(st.floats(-10, 10))  # a constant feature
    names = tuple(f"f{k}" for k in range(features))
    if draw(st.booleans()):
        return Dataset("numbers", "regression", x, rng.normal(3, 2, (n, 1)), names)
    classes = draw(st.integers(2, 3))
    y = rng.permutation(np.arange(n) % classes)
    return Dataset("classes", "classification", x, y, names, tuple("abc"[:classes]))


@st.composite
def preparations(draw: st.DrawFn) -> Preparation:
    return Preparation(
        held_out=draw(st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.7])), stratify=draw(st.booleans()),
        split_seed=draw(st.integers(0, 99)), scaling=draw(st.sampled_from(["none", "standardize", "minmax"])),
        target_scaling=draw(st.sampled_from(["none", "standardize"])),
        extra_features=tuple(draw(st.lists(st.sampled_from(EXTRAS), unique=True))),
        label_noise=draw(st.floats(0, 1)),
    )


@given(preparations(), datasets())
def test_preparation(data: Preparation, dataset: Dataset) -> None:
    prepared = prepare(data, dataset)
    # The split is complete and disjoint, and of the size asked for.
    rows = np.concatenate([prepared.train_index, prepared.val_index])
    np.testing.assert_array_equal(np.sort(rows), np.arange(dataset.n_samples))
    assert len(prepared.val_index) == round(data.held_out * dataset.n_samples)
    # What is drawn over the raw coordinates is what the network was trained on.
    np.testing.assert_array_equal(prepared.transform(dataset.x[prepared.train_index]), prepared.x_train)
    np.testing.assert_array_equal(prepared.transform(dataset.x[prepared.val_index]), prepared.x_val)
    assert prepared.x_train.shape[1] == prepared.n_inputs == dataset.n_features + len(data.extra_features)
    assert prepared.x_val.shape[1] == prepared.n_inputs
    # Held-out targets are untouched.
    held_out_targets = prepared.y_val if dataset.task == "classification" else prepared.unscale_target(prepared.y_val)
    np.testing.assert_allclose(held_out_targets, dataset.y[prepared.val_index], rtol=1e-9, atol=1e-9)
    # The statistics are those of the training part.
    if data.scaling == "standardize":
        np.testing.assert_allclose(prepared.x_train.mean(axis=0), 0, atol=1e-6)
        np.testing.assert_allclose(prepared.x_train[:, : dataset.n_features - 1].std(axis=0), 1, atol=1e-6)
    if data.scaling == "minmax":
        assert prepared.x_train.min() >= 0
        assert prepared.x_train.max() <= 1 + 1e-12
    if dataset.task == "regression" and data.target_scaling == "standardize":
        assert abs(prepared.y_train.mean()) < 1e-9
        assert prepared.y_train.std() == pytest.approx(1)
    # Label noise moves exactly the share asked for, in the training part only.
    if dataset.task == "classification":
        wrong = prepared.y_train != dataset.y[prepared.train_index]
        assert wrong.sum() == round(data.label_noise * len(wrong))
        assert set(prepared.y_train) <= set(range(prepared.n_outputs))


@given(preparations(), datasets())
def test_preparation_is_deterministic(data: Preparation, dataset: Dataset) -> None:
    first, second = prepare(data, dataset), prepare(data, dataset)
    for name in ("x_train", "y_train", "x_val", "y_val", "train_index", "val_index"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


@given(preparations(), datasets(), st.integers(0, 99))
def test_the_split_depends_on_its_seed_only(data: Preparation, dataset: Dataset, seed: int) -> None:
    other = data.model_copy(
        update={"label_noise": 0.0, "scaling": "none", "extra_features": (), "target_scaling": "none"}
    )
    np.testing.assert_array_equal(prepare(data, dataset).train_index, prepare(other, dataset).train_index)
    assume(seed != data.split_seed)
    moved = prepare(data.model_copy(update={"split_seed": seed}), dataset)
    assert not np.array_equal(moved.train_index, prepare(data, dataset).train_index)


@given(
    st.lists(st.integers(2, 40), min_size=2, max_size=6), st.floats(0.05, 0.9), st.integers(0, 99),
)
def test_stratified_parts_keep_the_shares_of_the_classes(sizes: list[int], held_out: float, seed: int) -> None:
    classes = np.repeat(np.arange(len(sizes)), sizes)
    count = max(1, round(held_out * len(classes)))
    assume(len(sizes) <= count <= len(classes) - len(sizes))  # scikit-learn asks for one of each class in both
    train, out = split(len(classes), held_out, seed, classes)
    assert len(out) == count
    found = np.bincount(classes[out], minlength=len(sizes))
    assert (np.bincount(classes[train], minlength=len(sizes)) >= 1).all()
    exact = np.array(sizes) * count / len(classes)
    room = np.array(sizes) - 1
    if (exact <= room).all():
        assert (np.abs(found - exact) < 1).all()
        reference = StratifiedShuffleSplit(1, test_size=count, random_state=seed)
        _, expected = next(reference.split(classes, classes))
        assert np.abs(found - np.bincount(classes[expected], minlength=len(sizes))).max() <= 1


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "digits", "diabetes"])
@pytest.mark.parametrize(("scaling", "reference"), [("standardize", StandardScaler), ("minmax", MinMaxScaler)])
def test_scaling_is_that_of_scikit_learn(name: str, scaling: str, reference: type) -> None:
    data = BundledData.model_validate({"dataset": name, "scaling": scaling})
    prepared = load_prepared(data)
    raw = load(data).x
    scaler = reference().fit(raw[prepared.train_index])
    np.testing.assert_allclose(prepared.x_train, scaler.transform(raw[prepared.train_index]), atol=1e-9)
    np.testing.assert_allclose(prepared.x_val, scaler.transform(raw[prepared.val_index]), atol=1e-9)


@pytest.mark.parametrize("kind", ["none", "standardize", "minmax"])
@pytest.mark.parametrize("size", [1e-300, 1e-12, 1.0, 1e12, 1e300])
def test_scaling_works_at_any_size_and_can_be_undone(kind: str, size: float) -> None:
    x = size * np.array([[1.0, 0.1], [2.0, 0.1], [4.0, 0.1]])
    scaling = fit(kind, x)  # type: ignore[arg-type]
    scaled = scaling.apply(x)
    assert np.isfinite(scaled).all()
    np.testing.assert_allclose(scaling.undo(scaled), x, rtol=1e-12)
    if kind != "none":
        np.testing.assert_array_equal(scaled[:, 1], 0)  # the constant column, exactly
        assert scaled[:, 0].max() - scaled[:, 0].min() >= 0.99


def test_extra_features_come_from_the_raw_first_two() -> None:
    data = SyntheticData(extra_features=EXTRAS, scaling="none", held_out=0.0)
    prepared = load_prepared(data)
    x, y = load(data).x[prepared.train_index].T
    np.testing.assert_allclose(
        prepared.x_train, np.stack([x, y, x**2, y**2, x * y, np.sin(x), np.sin(y)], axis=1), rtol=1e-12
    )
    assert prepared.feature_names == ("x", "y", "x^2", "y^2", "xy", "sin x", "sin y")


def test_extra_features_are_named_after_what_they_are_made_of() -> None:
    prepared = load_prepared(BundledData(dataset="iris", extra_features=("x^2", "xy")))
    assert prepared.feature_names[4:] == ("sepal length (cm)^2", "sepal length (cm) · sepal width (cm)")


def test_more_label_noise_keeps_the_wrong_labels_of_less() -> None:
    clean, little, much = (load_prepared(SyntheticData(label_noise=share)).y_train for share in (0.0, 0.1, 0.4))
    assert set(np.flatnonzero(clean != little)) <= set(np.flatnonzero(clean != much))


def test_noise_on_a_regression_target_is_in_its_standard_deviations() -> None:
    base = {"dataset": "plane", "samples": 5000, "noise": 0.0, "target_scaling": "none"}
    clean = load_prepared(SyntheticData.model_validate(base))
    noisy = load_prepared(SyntheticData.model_validate({**base, "label_noise": 0.5}))
    assert (noisy.y_train - clean.y_train).std() / clean.y_train.std() == pytest.approx(0.5, abs=0.03)
    np.testing.assert_array_equal(noisy.y_val, clean.y_val)


def test_a_class_without_training_rows_is_noted() -> None:
    y = np.array([0] * 30 + [1] * 30 + [2])
    dataset = Dataset("d", "classification", np.arange(122.0).reshape(61, 2), y, ("a", "b"), ("p", "q", "r"))
    for seed in range(50):
        prepared = prepare(Preparation(stratify=False, split_seed=seed, held_out=0.5), dataset)
        assert (prepared.y_train == 2).any() or any("'r'" in note for note in prepared.notes)


def two(y: list[int], classes: int = 2) -> Dataset:
    return Dataset(
        "small", "classification", np.arange(len(y), dtype=float)[:, None], np.array(y), ("a",), tuple("pqr"[:classes])
    )


@pytest.mark.parametrize(
    ("preparation", "dataset", "words"),
    [
        (Preparation(held_out=0.9, stratify=False), two([0, 1, 0, 1]), "data.held_out: holding out 0.9 of 4 rows"),
        (Preparation(held_out=0.9), two([0, 0, 1, 1, 0, 1]), "leaves no row to train on"),
        (Preparation(), two([0, 0, 0, 1, 1, 2], 3), "a class with a single row cannot be in both parts: 'r'"),
        (Preparation(extra_features=("xy",)), two([0, 1] * 5), "'xy' is computed from two features"),
    ],
)
def test_impossible_preparations_say_why(preparation: Preparation, dataset: Dataset, words: str) -> None:
    with pytest.raises(InputError, match=words):
        prepare(preparation, dataset)


@pytest.mark.parametrize("big", [1e31, 1e200])
@pytest.mark.parametrize("extras", [(), ("x^2",)])
def test_values_too_large_are_refused(big: float, extras: tuple[str, ...]) -> None:
    x = np.linspace(0, big, 20)[:, None]
    dataset = Dataset("d", "regression", x, x / big, ("a",))
    with pytest.raises(InputError, match="too large"):
        prepare(Preparation.model_validate({"scaling": "none", "extra_features": extras}), dataset)
