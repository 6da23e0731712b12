"""The thinned table against brute force: exact minimum and maximum of every span, whatever the pieces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.thinned import FloatArray, ThinnedTable


def rows_of(count: int, seed: int, missing: float = 0.0) -> FloatArray:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(count, 2, 3)) * 10 ** rng.uniform(-5, 5, size=(count, 1, 1))
    rows[rng.uniform(size=rows.shape) < missing] = np.nan
    return rows


def filled(rows: FloatArray, capacity: int, cuts: list[int]) -> ThinnedTable:
    table = ThinnedTable(rows.shape[1:], capacity)
    for piece in np.split(rows, sorted(cut % (len(rows) + 1) for cut in cuts)):
        table.append(piece)
    return table


def check(table: ThinnedTable, rows: FloatArray) -> None:
    spans, stride = table.spans(), table.stride
    assert table.rows == len(rows)
    assert len(table) == len(spans.first) == len(spans.low) == len(spans.high) == -(-len(rows) // stride)
    assert len(table) <= table.capacity
    assert stride == 1 or len(rows) > table.capacity * stride // 2, "thinned sooner than needed"
    for index, first in enumerate(spans.first):
        assert first == index * stride
        piece = rows[first : first + stride]
        np.testing.assert_array_equal(spans.low[index], np.fmin.reduce(piece))
        np.testing.assert_array_equal(spans.high[index], np.fmax.reduce(piece))


@given(
    count=st.integers(0, 400), capacity=st.integers(1, 20).map(lambda half: 2 * half),
    cuts=st.lists(st.integers(0, 400), max_size=12), missing=st.sampled_from([0.0, 0.3, 1.0]), seed=st.integers(0, 99),
)  # fmt: skip
@settings(max_examples=200)
def test_spans_are_exact_whatever_the_pieces(
    count: int, capacity: int, cuts: list[int], missing: float, seed: int
) -> None:
    rows = rows_of(count, seed, missing)
    table, whole = filled(rows, capacity, cuts), filled(rows, capacity, [])
    check(table, rows)
    np.testing.assert_array_equal(table.spans().low, whole.spans().low)
    np.testing.assert_array_equal(table.spans().high, whole.spans().high)
    assert table.stride == whole.stride


def test_row_by_row() -> None:
    rows = rows_of(300, 1)
    table = ThinnedTable(rows.shape[1:], 16)
    for index in range(len(rows)):
        table.append(rows[index : index + 1])
        check(table, rows[: index + 1])


def test_exact_tables_share_one_array() -> None:
    table = ThinnedTable((2,), 1000)
    table.append(np.ones((1000, 2)))
    exact = table.nbytes
    assert exact == 1000 * 2 * 8
    assert table.spans().low.base is table.spans().high.base
    table.append(np.ones((1, 2)))
    assert table.stride == 2
    assert table.nbytes == 2 * exact


def test_what_was_given_is_not_changed_nor_kept() -> None:
    rows = rows_of(50, 3)
    given_rows = rows.copy()
    table = ThinnedTable(rows.shape[1:], 8)
    table.append(rows)
    np.testing.assert_array_equal(rows, given_rows)
    rows[:] = 0
    check(table, given_rows)


@pytest.mark.parametrize("capacity", [0, 1, 3, -2])
def test_capacities_that_make_no_sense(capacity: int) -> None:
    with pytest.raises(ValueError, match="must be even"):
        ThinnedTable((1,), capacity)
