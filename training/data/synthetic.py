"""Generated data sets: one small function each, keyed by the name the catalog gives it.

Two-feature sets lie in the square from −5 to 5, as in TensorFlow Playground. For classes the noise
moves the points; for regression it is added to the target; 0 leaves the pattern clean. Every function
draws the pattern first and the noise last, so that changing the noise keeps the pattern.

To add one, write its function and a row of `MAKERS`, and a row in `training.data.catalog`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.random import PCG64, Generator

from training.data.catalog import SYNTHETIC
from training.data.dataset import Dataset, FloatArray, IntArray

if TYPE_CHECKING:
    from training.experiment import SyntheticData

RADIUS = 5.0
SPIRAL_TURNS = 1.75

Samples = tuple[FloatArray, FloatArray | IntArray]
Maker = Callable[[int, float, Generator], Samples]


def make(data: SyntheticData) -> Dataset:
    """Generate a data set; the same choice gives the same samples, bit for bit."""
    info = SYNTHETIC[data.dataset]
    x, y = MAKERS[data.dataset](data.samples, data.noise, Generator(PCG64(data.seed)))
    classes = tuple(f"class {k}" for k in range(int(y.max()) + 1)) if info.task == "classification" else ()
    return Dataset(
        name=info.title, task=info.task, x=x, y=y, feature_names=("x", "y")[: info.features], class_names=classes,
        target_name="class" if info.task == "classification" else ("y" if info.features == 1 else "z"),
        truth=TRUTHS.get(data.dataset),
    )


# ------------------------------------------------------------------------------ classification


def blobs(n: int, noise: float, rng: Generator) -> Samples:
    """Three round clouds of standard deviation 0.75, centers evenly on a circle of radius 3."""
    label = _balanced_labels(n, 3, rng)
    angle = 2 * np.pi * label / 3 + np.pi / 2
    x = 3 * _on_circle(angle) + 0.75 * rng.standard_normal((n, 2))
    return _scattered(x, noise, rng), label


def circles(n: int, noise: float, rng: Generator) -> Samples:
    """A disc of half the radius inside a ring of 0.7 to 1 times the radius, as in TensorFlow Playground."""
    label = _balanced_labels(n, 2, rng)
    share = rng.uniform(size=n)
    radius = RADIUS * np.where(label == 0, 0.5 * share, 0.7 + 0.3 * share)
    x = radius[:, None] * _on_circle(rng.uniform(0, 2 * np.pi, n))
    return _scattered(x, noise, rng), label


def xor(n: int, noise: float, rng: Generator) -> Samples:
    """Four quadrants with a gap between them; opposite ones share a class."""
    label = _balanced_labels(n, 2, rng)
    sign_x = rng.choice([-1.0, 1.0], n)
    sign_y = np.where(label == 0, sign_x, -sign_x)
    x = rng.uniform(0.3, RADIUS, (n, 2)) * np.stack([sign_x, sign_y], axis=1)
    return _scattered(x, noise, rng), label


def two_spirals(n: int, noise: float, rng: Generator) -> Samples:
    """Two interleaved arms of 1.75 turns, as in TensorFlow Playground."""
    return _spirals(2, n, noise, rng)


def three_spirals(n: int, noise: float, rng: Generator) -> Samples:
    """Three interleaved arms of 1.75 turns."""
    return _spirals(3, n, noise, rng)


def moons(n: int, noise: float, rng: Generator) -> Samples:
    """Two half circles of radius 10/3, one hooked into the other."""
    label = _balanced_labels(n, 2, rng)
    angle = rng.uniform(0, np.pi, n)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    x = (np.where(label[:, None] == 0, upper, lower) - [0.5, 0.25]) * (RADIUS / 1.5)
    return _scattered(x, noise, rng), label


def checkerboard(n: int, noise: float, rng: Generator) -> Samples:
    """A board of 4 × 4 squares, each 2.5 wide, of two classes in turn."""
    label = _balanced_labels(n, 2, rng)
    row = rng.integers(0, 4, n)
    column = 2 * rng.integers(0, 2, n) + (row + label) % 2
    corner = np.stack([column, row], axis=1) * (RADIUS / 2) - RADIUS
    x = corner + rng.uniform(0, RADIUS / 2, (n, 2))
    return _scattered(x, noise, rng), label


# ---------------------------------------------------------------------------------- regression


def sine(n: int, noise: float, rng: Generator) -> Samples:
    """Return y = sin 3x + noise · N(0, 1), with x uniform on [−1, 1]."""
    x = rng.uniform(-1, 1, (n, 1))
    return x, true_sine(x) + noise * rng.standard_normal((n, 1))


def true_sine(x: FloatArray) -> FloatArray:
    """Return sin 3x."""
    return np.sin(3 * x)


def plane(n: int, noise: float, rng: Generator) -> Samples:
    """Return z = (x + y) / 10 + noise · N(0, 1) over the square from −5 to 5."""
    x = rng.uniform(-RADIUS, RADIUS, (n, 2))
    return x, true_plane(x) + noise * rng.standard_normal((n, 1))


def true_plane(x: FloatArray) -> FloatArray:
    """Return (x + y) / 10."""
    return np.asarray(x.sum(axis=1, keepdims=True) / (2 * RADIUS))


# Center (x, y) and sign of each bump, laid out as in TensorFlow Playground.
_BUMPS = ((-4.0, 2.5, 1.0), (0.0, 2.5, -1.0), (4.0, 2.5, 1.0), (-4.0, -2.5, -1.0), (0.0, -2.5, 1.0), (4.0, -2.5, -1.0))


def gaussians(n: int, noise: float, rng: Generator) -> Samples:
    """Return the sum of six bumps of height ±1 and width 1 over the square from −5 to 5, plus noise · N(0, 1)."""
    x = rng.uniform(-RADIUS, RADIUS, (n, 2))
    return x, true_gaussians(x) + noise * rng.standard_normal((n, 1))


def true_gaussians(x: FloatArray) -> FloatArray:
    """Return the sum of the six bumps."""
    z = np.zeros((len(x), 1))
    for center_x, center_y, sign in _BUMPS:
        squared_distance = (x[:, :1] - center_x) ** 2 + (x[:, 1:] - center_y) ** 2
        z += sign * np.exp(-squared_distance / 2)
    return z


def polynomial(n: int, noise: float, rng: Generator) -> Samples:
    """Return y = (x³ − x² − 2x) / 4 + noise · N(0, 1), with x uniform on [−2, 2]."""
    x = rng.uniform(-2, 2, (n, 1))
    return x, true_polynomial(x) + noise * rng.standard_normal((n, 1))


def true_polynomial(x: FloatArray) -> FloatArray:
    """Return (x³ − x² − 2x) / 4."""
    return (x**3 - x**2 - 2 * x) / 4


MAKERS: dict[str, Maker] = {
    "blobs": blobs,
    "circles": circles,
    "xor": xor,
    "two_spirals": two_spirals,
    "three_spirals": three_spirals,
    "moons": moons,
    "checkerboard": checkerboard,
    "sine": sine,
    "plane": plane,
    "gaussians": gaussians,
    "polynomial": polynomial,
}

TRUTHS: dict[str, Callable[[FloatArray], FloatArray]] = {
    "sine": true_sine,
    "plane": true_plane,
    "gaussians": true_gaussians,
    "polynomial": true_polynomial,
}

# ------------------------------------------------------------------------------------- helpers


def _balanced_labels(n: int, classes: int, rng: Generator) -> IntArray:
    """Return labels in random order, each class as often as the others (or once more)."""
    return rng.permutation(np.arange(n, dtype=np.int64) % classes)


def _on_circle(angle: FloatArray) -> FloatArray:
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _scattered(x: FloatArray, noise: float, rng: Generator) -> FloatArray:
    return x + noise * rng.standard_normal(x.shape)


def _spirals(arms: int, n: int, noise: float, rng: Generator) -> Samples:
    """Arms that start just off the center, where otherwise all classes would meet in one point."""
    label = _balanced_labels(n, arms, rng)
    along = _evenly_along_each_arm(label, arms, rng)
    position = 0.02 + 0.98 * along
    angle = 2 * np.pi * (SPIRAL_TURNS * position + label / arms)
    # Sine first, as in Playground: the first arm leaves the center upwards.
    x = RADIUS * position[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    return _scattered(x, noise, rng), label


def _evenly_along_each_arm(label: IntArray, arms: int, rng: Generator) -> FloatArray:
    """Return positions in [0, 1): one in each of the equal stretches of an arm, at a random place in it.

    The stretches are dealt in random order, so that the first rows are spread over the whole arm.
    """
    along = rng.uniform(size=len(label))
    for arm in range(arms):
        members = np.flatnonzero(label == arm)
        along[members] = (rng.permutation(len(members)) + along[members]) / len(members)
    return along
