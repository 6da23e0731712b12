"""Spans against the rows they were made of."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.panels.span_table import FINE, SPANS, SpanTable


def rows_of(count, seed=0):
    made = np.random.default_rng(seed).normal(size=(count, 2))
    made[:, 0] = np.arange(count)
    return made


@given(st.lists(st.integers(0, 900), max_size=8), st.booleans())
def test_what_is_kept_depends_on_the_rows_alone(lengths, growing):
    rows = rows_of(sum(lengths))
    pieces, whole = SpanTable(2, growing=growing), SpanTable(2, growing=growing)
    start = 0
    for length in lengths:
        pieces.append(rows[start : start + length])
        start += length
    whole.append(rows)
    np.testing.assert_array_equal(pieces.low, whole.low)
    np.testing.assert_array_equal(pieces.high, whole.high)
    np.testing.assert_allclose(pieces.mean, whole.mean)


@pytest.mark.parametrize("growing", [False, True])
def test_every_row_is_in_its_span_with_extremes_and_mean(growing):
    for count in (1, 64, 65, 511, 512, 513, 10_000, 300_000):
        rows = rows_of(count)
        table = SpanTable(2, growing=growing)
        table.append(rows)
        starts = table.low[:, 0].astype(int)
        ends = np.append(starts[1:], count)
        assert table.high[:, 0].astype(int).tolist() == (ends - 1).tolist()
        spans = list(zip(starts, ends, table.low, table.high, table.mean, strict=True))
        for start, end, low, high, mean in spans[-40:]:
            assert low[1] == rows[start:end, 1].min()
            assert high[1] == rows[start:end, 1].max()
            assert mean[1] == pytest.approx(rows[start:end, 1].mean())


def test_equal_spans_are_bounded_and_growing_ones_keep_the_first_rows():
    equal, growing = SpanTable(2), SpanTable(2, growing=True)
    for start in range(0, 400_000, 50_000):
        rows = rows_of(400_000)[start : start + 50_000]
        equal.append(rows)
        growing.append(rows)
    assert SPANS / 2 <= len(equal) <= SPANS
    assert equal.stride == 1024
    assert not equal.exact
    np.testing.assert_array_equal(growing.low[:FINE, 0], np.arange(FINE))
    lengths = np.diff(growing.low[:, 0])
    assert lengths.max() <= 400_000 / FINE
    assert len(growing) < 700


def test_missing_values_are_left_out_and_infinite_ones_are_no_part_of_a_mean():
    table = SpanTable(1)
    values = np.zeros((2 * SPANS, 1))
    values[:6, 0] = [np.nan, 3.0, np.nan, np.nan, np.inf, 5.0]
    table.append(values)
    assert (table.low[0, 0], table.high[0, 0], table.mean[0, 0]) == (3.0, 3.0, 3.0)
    assert np.isnan([table.low[1, 0], table.high[1, 0], table.mean[1, 0]]).all()
    assert (table.low[2, 0], table.high[2, 0], table.mean[2, 0]) == (5.0, np.inf, 5.0)
