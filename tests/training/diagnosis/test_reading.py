"""What is read off a curve, held against the plainest way to find it."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from training.diagnosis.reading import longest_flat, smoothed

LEVELS = st.lists(st.sampled_from([0.0, 0.5, 1.0, 1.01, 1.02, 1.05, 2.0]), min_size=1, max_size=40)
VALUES = st.lists(st.floats(0.0, 9.0) | st.just(math.nan), min_size=5, max_size=30)


def plainly_flat(values: list[float], within: float) -> tuple[int, int]:
    best = (0, 0)
    for first in range(len(values)):
        for last in range(first, len(values)):
            part = values[first : last + 1]
            if max(part) <= (1.0 + within) * min(part) and last - first > best[1] - best[0]:
                best = (first, last)
    return best


@given(LEVELS)
@settings(max_examples=60, deadline=None)
def test_the_longest_flat_stretch_is_the_first_one_that_no_other_beats(values: list[float]) -> None:
    assert longest_flat(np.array(values), 0.02) == plainly_flat(values, 0.02)


def test_of_a_long_curve_some_points_are_looked_at() -> None:
    curve = np.concatenate([np.linspace(9, 2, 3000), np.full(2000, 1.0), np.linspace(0.9, 0.1, 1000)])
    first, last = longest_flat(curve, 0.02)
    assert abs(first - 3000) <= 30
    assert abs(last - 5000) <= 30


@given(VALUES)
@settings(max_examples=60, deadline=None)
def test_a_smoothed_value_is_the_median_of_five(values: list[float]) -> None:
    curve = np.array(values)
    padded = np.concatenate([[curve[0]] * 2, curve, [curve[-1]] * 2])
    expected = [float(np.median(padded[index : index + 5])) for index in range(len(curve))]
    np.testing.assert_array_equal(smoothed(curve), expected)
