from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.random import PCG64, Generator

from training.data.catalog import SYNTHETIC
from training.data.load import load
from training.data.split import split
from training.data.synthetic import MAKERS, make
from training.experiment import SyntheticData

NAMES = list(SYNTHETIC)
CLASSES = [name for name in NAMES if SYNTHETIC[name].task == "classification"]
REGRESSIONS = [name for name in NAMES if SYNTHETIC[name].task == "regression"]


def test_every_row_of_the_catalog_has_a_maker() -> None:
    assert list(MAKERS) == NAMES


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("samples", [4, 7, 601])
def test_shapes_names_and_balance(name: str, samples: int) -> None:
    dataset = load(SyntheticData(dataset=name, samples=samples))
    assert dataset.x.shape == (samples, SYNTHETIC[name].features)
    assert dataset.x.dtype == np.float64
    assert len(dataset.feature_names) == SYNTHETIC[name].features
    assert dataset.target_name not in dataset.feature_names
    if dataset.task == "classification":
        assert dataset.y.dtype == np.int64
        counts = np.bincount(dataset.y)
        assert len(counts) == len(dataset.class_names)
        assert counts.max() - counts.min() <= 1
    else:
        assert dataset.y.shape == (samples, 1)
        assert dataset.class_names == ()


@pytest.mark.parametrize("name", NAMES)
def test_the_same_choice_gives_the_same_bits_and_leaves_the_global_generator_alone(name: str) -> None:
    np.random.seed(1)
    before = np.random.get_state()[1].copy()  # type: ignore[index, union-attr]
    first, second = (make(SyntheticData(dataset=name, seed=5)) for _ in range(2))
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # type: ignore[index]
    np.testing.assert_array_equal(first.x, second.x)
    np.testing.assert_array_equal(first.y, second.y)
    assert not np.array_equal(first.x, make(SyntheticData(dataset=name, seed=6)).x)


@pytest.mark.parametrize("name", NAMES)
def test_noise_is_added_to_a_pattern_that_stays(name: str) -> None:
    clean, small, large = (
        make(SyntheticData(dataset=name, samples=4000, noise=noise)) for noise in (0.0, 0.5, 1.0)
    )
    moved = "x" if name in CLASSES else "y"
    kept = "y" if name in CLASSES else "x"
    np.testing.assert_array_equal(getattr(clean, kept), getattr(large, kept))
    half = getattr(small, moved) - getattr(clean, moved)
    whole = getattr(large, moved) - getattr(clean, moved)
    np.testing.assert_allclose(2 * half, whole, atol=1e-12)
    assert whole.std() == pytest.approx(1.0, abs=0.05)


def test_clean_patterns_are_what_their_names_say() -> None:
    def clean(name: str) -> tuple[np.ndarray, np.ndarray]:
        dataset = make(SyntheticData(dataset=name, samples=3000, noise=0.0))
        return dataset.x, dataset.y

    x, y = clean("xor")
    np.testing.assert_array_equal(y == 0, x[:, 0] * x[:, 1] > 0)
    x, y = clean("circles")
    np.testing.assert_array_equal(y == 0, np.hypot(*x.T) < 3)
    x, y = clean("checkerboard")
    squares = np.floor((x + 5) / 2.5).astype(int).sum(axis=1)
    np.testing.assert_array_equal(y, squares % 2)
    x, y = clean("plane")
    np.testing.assert_allclose(y[:, 0], x.sum(axis=1) / 10)
    x, y = clean("polynomial")
    np.testing.assert_allclose(y[:, 0], np.polyval([0.25, -0.25, -0.5, 0], x[:, 0]), atol=1e-12)
    x, y = clean("gaussians")
    assert -1.05 < y.min() < -0.9
    assert 0.9 < y.max() < 1.05


@pytest.mark.parametrize(("name", "arms"), [("two_spirals", 2), ("three_spirals", 3)])
def test_spirals_are_those_of_tensorflow_playground(name: str, arms: int) -> None:
    dataset = make(SyntheticData(dataset=name, samples=3000, noise=0.0))
    radius = np.hypot(*dataset.x.T)
    turns = 1.75 * radius / 5  # Playground: r = i/n · 5, t = 1.75 · i/n · 2π + δ
    angle = 2 * np.pi * (turns + dataset.y / arms)
    np.testing.assert_allclose(dataset.x, radius[:, None] * np.stack([np.sin(angle), np.cos(angle)], 1), atol=1e-9)
    assert turns.max() > 1.74
    assert radius.min() > 0.05  # the arms do not meet


@pytest.mark.parametrize("name", CLASSES)
def test_a_generated_set_can_be_learned(name: str) -> None:
    """A nearest-neighbor rule, which knows nothing of the pattern, finds the classes of held-out points."""
    from sklearn.neighbors import KNeighborsClassifier

    dataset = make(SyntheticData(dataset=name, samples=1000, noise=0.1))
    rule = KNeighborsClassifier(3).fit(dataset.x[:700], dataset.y[:700])
    assert rule.score(dataset.x[700:], dataset.y[700:]) > 0.9


def test_t18_is_possible_exactly() -> None:
    """REFERENCES T18: sin 3x + 0.3 N(0, 1), x uniform on [−1, 1], 15 training and 200 validation points."""
    dataset = make(SyntheticData(dataset="sine", samples=215, noise=0.3, seed=9))
    rng = Generator(PCG64(9))
    x = rng.uniform(-1, 1, (215, 1))
    np.testing.assert_array_equal(dataset.x, x)
    np.testing.assert_array_equal(dataset.y, np.sin(3 * x) + 0.3 * rng.standard_normal((215, 1)))
    train, held_out = split(215, 200 / 215, seed=0)
    assert (len(train), len(held_out)) == (15, 200)


def test_the_default_data_needs_neither_pandas_nor_scikit_learn() -> None:
    program = (
        "import sys; from training.experiment import Experiment; from training.data.load import load_prepared; "
        "load_prepared(Experiment().data); "
        "sys.exit(' '.join(name for name in ('pandas', 'sklearn', 'scipy') if name in sys.modules) or 0)"
    )
    root = Path(__file__).parents[3]
    result = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
