"""Smoothing against sums written out, and what it promises for any values."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gui.panels.smoothing import STRENGTHS, half_width, smoothed

ANY = st.floats(allow_nan=True, allow_infinity=True, width=64)
FINITE = st.floats(min_value=-1e300, max_value=1e300, allow_subnormal=False)


def written_out(values: np.ndarray, half: int) -> np.ndarray:
    """Return one running mean of finite values, window by window."""
    made = []
    for at in range(len(values)):
        reach = min(half, at, len(values) - 1 - at)
        window = values[at - reach : at + reach + 1]
        made.append(sum(float(value) / len(window) for value in window))
    return np.array(made)


@given(arrays.arrays(np.float64, st.integers(0, 60), elements=st.floats(-1e6, 1e6)), st.integers(0, 40))
def test_it_is_the_running_mean_taken_twice(values, half):
    half = min(half, max(0, (len(values) - 1) // 2))
    expected = written_out(written_out(values, half), half)
    np.testing.assert_allclose(smoothed(values, half), expected, atol=1e-6)


@given(arrays.arrays(np.float64, st.integers(1, 60), elements=FINITE), st.integers(0, 40))
def test_it_stays_between_the_values_around(values, half):
    made = smoothed(values, half)
    for at in range(len(values)):
        window = values[max(0, at - 2 * half) : at + 2 * half + 1]
        slack = max(1e-12 * np.abs(window).max(), 1e-307)
        assert window.min() - slack <= made[at] <= window.max() + slack


@given(FINITE, st.integers(1, 60), st.integers(0, 40))
def test_a_constant_stays_as_it_is(value, length, half):
    np.testing.assert_allclose(smoothed(np.full(length, value), half), value, rtol=1e-12)


@given(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3), st.integers(1, 80), st.integers(0, 40))
def test_a_straight_line_stays_one_to_both_its_ends(start, slope, length, half):
    line = start + slope * np.arange(length)
    np.testing.assert_allclose(smoothed(line, half), line, atol=1e-7)


@given(arrays.arrays(np.float64, st.integers(0, 60), elements=ANY), st.integers(0, 40))
def test_gaps_stay_gaps_and_no_window_reaches_across(values, half):
    made = smoothed(values, half)
    np.testing.assert_array_equal(np.isnan(made), ~np.isfinite(values))
    for start, stretch in _stretches(values):
        np.testing.assert_array_equal(made[start : start + len(stretch)], smoothed(stretch, half))


def _stretches(values):
    start = 0
    for at in [*np.flatnonzero(~np.isfinite(values)).tolist(), len(values)]:
        if at > start:
            yield start, values[start:at]
        start = at + 1


def test_small_values_survive_a_large_one_before_them():
    """A running sum would lose them: 1e30 + 0.1 − 1e30 is 0."""
    values = np.concatenate([[1e30], np.full(50, 0.1)])
    np.testing.assert_allclose(smoothed(values, 3)[10:], 0.1, rtol=1e-12)


def test_windows_grow_with_the_curve_and_seldom():
    for strength in STRENGTHS[1:]:
        widths = [half_width(strength.share, points) for points in range(1, 2_000)]
        assert widths == sorted(widths)
        assert len(set(widths)) < 9
        assert 0.4 * strength.share * 1_999 / 2 < widths[-1] <= strength.share * 1_999 / 2


def test_off_is_off():
    assert half_width(STRENGTHS[0].share, 10_000) == 0
