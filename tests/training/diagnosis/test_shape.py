"""Whether a curve bounces: noise alone is no fall, and what has come to rest does not bounce any more."""

from __future__ import annotations

import numpy as np
import pytest

from training.diagnosis.reading import Shape, shape_of


def _shape(curve: np.ndarray) -> Shape:
    shape = shape_of(curve)
    assert shape is not None
    return shape


@pytest.mark.parametrize("points", [12, 24, 48, 400])
@pytest.mark.parametrize("noise", [0.08, 0.3])
def test_noise_about_a_level_bounces(points: int, noise: float) -> None:
    found = [_shape(1 + noise * np.random.default_rng(seed).normal(size=points)).bounces for seed in range(200)]
    assert np.mean(found) > (0.95 if points >= 100 else 0.6)


def test_what_falls_by_more_than_its_noise_does_not_bounce() -> None:
    for seed in range(100):
        noise = 0.1 * np.random.default_rng(seed).normal(size=100)
        assert not _shape(np.exp(np.linspace(0, -3, 100) + noise)).bounces


def test_what_has_come_to_rest_does_not_bounce_any_more() -> None:
    random = np.random.default_rng(0)
    jumps, rest = 1 + 0.5 * random.uniform(size=75), 1 + 0.001 * random.normal(size=25)
    assert _shape(jumps).bounces
    assert not _shape(np.concatenate([jumps, rest])).bounces


def test_the_fall_that_noise_makes_by_itself_is_the_one_seen() -> None:
    random = np.random.default_rng(1)
    shapes = [_shape(5 + 0.5 * random.normal(size=160)) for _ in range(2000)]
    by_chance = float(np.median([shape.fall_by_chance for shape in shapes]))
    assert np.std([shape.fallen for shape in shapes]) == pytest.approx(by_chance, rel=0.1)
