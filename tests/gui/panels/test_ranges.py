from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.panels import ranges

anything = st.lists(st.floats(width=64), max_size=40).map(np.array)


@given(anything)
def test_limits_are_finite_and_ordered_whatever_the_values(values):
    for make in (ranges.linear_limits, ranges.log_limits, ranges.share_limits):
        low, high = make(values)
        assert math.isfinite(low)
        assert math.isfinite(high)
        assert low < high


@given(anything)
def test_ticks_lie_within_limits_and_are_few(values):
    low, high = ranges.linear_limits(values)
    ticks = ranges.linear_ticks(low, high, 5)
    assert len(ticks) <= 7
    assert all(low - 1e-6 * (high - low) <= tick <= high + 1e-6 * (high - low) for tick in ticks)
    low, high = ranges.log_limits(values)
    ticks = ranges.log_ticks(low, high, 5)
    assert len(ticks) <= 8
    assert all(low - 1e-6 <= tick <= high + 1e-6 for tick in ticks)


def test_one_huge_value_does_not_flatten_a_log_axis():
    values = np.append(np.geomspace(0.1, 1.0, 100), 1e30)
    low, high = ranges.log_limits(values)
    assert low >= -1.4
    assert high < 6


def test_one_huge_value_does_not_flatten_a_linear_axis():
    values = np.append(np.linspace(0.0, 1.0, 100), 1e30)
    assert ranges.linear_limits(values)[1] < 50


def test_limits_stay_until_the_values_leave_them():
    shown = ranges.linear_limits(np.array([0.0, 0.9]))
    assert ranges.linear_limits(np.array([0.1, 0.8]), shown) == shown
    assert ranges.linear_limits(np.array([0.1, 1.8]), shown) != shown
    assert ranges.linear_limits(np.array([0.1, 0.2]), shown) != shown


def test_an_axis_grows_in_few_steps_and_ends_exactly_when_nothing_is_added():
    end, changes = 1.0, 0
    for step in range(1, 100_000, 37):
        grown = ranges.stepped_end(step, end, exact=False)
        changes += grown != end
        end = grown
        assert end >= step
        assert step < 2000 or end <= 1.3 * step + 100
    assert changes < 70
    assert ranges.stepped_end(777, end, exact=True) == 777


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(-4.0, 0.0, ["1e-4", "0.01", "1"]), (-1.0, 0.31, ["0.1", "0.2", "0.5", "1", "2"]), (-12.0, 0.0, ["1e-12", "1"])],
)
def test_log_ticks_read_well(low, high, expected):
    texts = [ranges.decade(tick) for tick in ranges.log_ticks(low, high, 5)]
    assert set(expected) <= set(texts)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (3.24e-3, "3.2e-3"), (0.25, "0.25"), (2.0, "2.0"), (37.2, "37"), (1.5e-300, "1.5e-300"),
     (1e30, "1.0e30"), (math.nan, "–"), (math.inf, "∞"), (-math.inf, "−∞")],
)
def test_norms_read_well(value, text):
    assert ranges.scientific(value) == text


@pytest.mark.parametrize(("value", "text"), [(3.4e-5, "3e-5"), (0.0, "0"), (0.3, "0.3"), (5.2, "5"), (12.0, "1e1")])
def test_bars_are_labeled_in_one_figure(value, text):
    assert ranges.rounded_power(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(800, "800"), (2500, "2500"), (12_000, "12k"), (1.5e6, "1.5M"), (0.5, "0.5")]
)
def test_counts_read_well(value, text):
    assert ranges.count(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.25, "0.25"), (0.0, "0"), (-2.0, "-2"), (2e-5, "2e-5"), (1.5e6, "1.5e6")]
)
def test_numbers_on_linear_axes_read_well(value, text):
    assert ranges.plain(value) == text
