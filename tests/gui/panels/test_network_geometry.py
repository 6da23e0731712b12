"""Places in the diagram, whatever the network and the room."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gui.panels.network.edges import FEWEST, MOST_EDGES, choose
from gui.panels.network.geometry import MARGIN, MIN_STEP, MOST_NODES, lay_out, whole_width

widths = st.lists(st.integers(1, 1024), min_size=2, max_size=66)
rooms = st.tuples(st.floats(160, 2600), st.floats(100, 1200))
scales = st.sampled_from([0.8, 1.0, 1.5, 2.0])


@settings(max_examples=80, deadline=None)
@given(widths, rooms, scales, st.booleans(), st.booleans())
def test_columns_are_ordered_apart_and_inside(widths, room, scale, squares, marks):
    layout = lay_out(widths, *room, scale=scale, line=13.0 * scale, squares=squares, marks=marks)
    columns = layout.columns
    assert [column.width for column in columns] == widths
    assert layout.width == max(room[0], whole_width(len(widths), 0.0, scale))
    assert columns[0].x == pytest.approx(MARGIN * scale)
    assert columns[-1].x == pytest.approx(layout.width - MARGIN * scale)
    for left, right in zip(columns, columns[1:], strict=False):
        assert right.x - left.x >= MIN_STEP * scale - 1e-6
        assert left.x + left.radius < right.x - right.radius
    for column in columns:
        assert len(column.units) == min(column.width, MOST_NODES) or column.summarized
        assert len(set(column.units.tolist())) == len(column.units) == len(column.y)
        assert np.all(np.diff(column.y) > 0)
        assert column.top >= layout.node_top - 0.5
        if layout.node_bottom - layout.node_top > 40:  # in less, units are as small as can be
            assert column.bottom <= layout.node_bottom + 0.5
            assert len(column.y) < 2 or np.diff(column.y).min() >= 2 * column.radius - 1e-6
    assert layout.node_top < layout.node_bottom
    assert layout.bar_top < layout.bar_bottom < room[1]


@settings(max_examples=60, deadline=None)
@given(widths, rooms, st.floats(0, 1), st.floats(0, 1))
def test_every_point_means_a_column_or_a_gap_or_neither_but_never_both(widths, room, across, down):
    layout = lay_out(widths, *room)
    x, y = across * layout.width, down * room[1]
    column, gap = layout.column_at(x), layout.gap_at(x)
    assert column is None or gap is None
    if gap is not None:
        assert layout.columns[gap].x < x < layout.columns[gap + 1].x
    if column is not None:
        assert abs(layout.columns[column].x - x) == min(abs(other.x - x) for other in layout.columns)
    unit = layout.unit_at(x, y)
    if unit is not None:
        found = layout.columns[unit[0]]
        assert np.hypot(found.x - x, found.y[unit[1]] - y) <= 1.5 * max(found.radius + 1.0, 3.0)


@pytest.mark.parametrize("hidden", [1, 5])
def test_a_layer_let_go_lands_where_the_gap_is(hidden):
    layout = lay_out([2, *[4] * hidden, 2], 640, 280)
    for layer in range(hidden):
        for gap in range(hidden + 1):
            place = layout.drop_at(layout.middle_of_gap(gap), layer)
            order = [index for index in range(hidden) if index != layer]
            order.insert(place, layer)
            stays = gap in (layer, layer + 1)
            assert (place == layer) == stays
            if not stays:  # what was left of the gap stays left of the layer
                assert order[:place] == [index for index in range(gap) if index != layer]
                assert layout.gap_of_drop(place, layer) == gap


def test_wide_layers_show_their_first_and_last_units():
    columns = lay_out([2, 1024, 16, 17, 1], 640, 280).columns
    assert {0, 1023} <= set(columns[1].units.tolist())
    assert columns[1].summarized
    assert columns[3].summarized
    assert not columns[2].summarized


def test_deep_networks_are_wider_than_their_room_and_others_fill_it():
    assert lay_out([2] * 10, 640, 280).width == 640
    assert lay_out([2] * 66, 640, 280).width == pytest.approx(2 * MARGIN + 65 * MIN_STEP)


def weights_of(widths, rng):
    return [rng.standard_normal(pair) for pair in zip(widths, widths[1:], strict=False)]


@pytest.mark.parametrize("widths", [[2, 3, 2], [64, 128, 64, 10], [2, *[16] * 64, 2]])
def test_the_edges_are_the_largest_weights_of_each_pair_of_layers(widths):
    columns = lay_out(widths, 640, 280).columns
    weights = weights_of(widths, np.random.default_rng(0))
    edges = choose(weights, columns)
    most = max(FEWEST, MOST_EDGES // len(weights))
    for gap, matrix in enumerate(weights):
        here = edges.gap == gap
        shown = np.abs(matrix[np.ix_(columns[gap].units, columns[gap + 1].units)])
        np.testing.assert_allclose(np.sort(np.abs(edges.value[here])), np.sort(shown, axis=None)[-most:])
        np.testing.assert_array_equal(edges.value[here], matrix[edges.source[here], edges.target[here]])
    for index in range(0, len(edges), 97):
        left, right = columns[edges.gap[index]], columns[edges.gap[index] + 1]
        ends = [left.x, left.y[list(left.units).index(edges.source[index])],
                right.x, right.y[list(right.units).index(edges.target[index])]]
        np.testing.assert_allclose(edges.lines[index], ends)


def test_an_edge_is_found_along_its_line_and_not_beside_it():
    columns = lay_out([2, 3, 2], 640, 280).columns
    edges = choose([np.array([[1.0, -1.0, 0.1], [0.0, 0.5, -0.5]]), np.ones((3, 2))], columns)
    strong = int(np.flatnonzero(edges.value == -1.0)[0])
    x1, y1, x2, y2 = edges.lines[strong]
    assert edges.at(x1 + 0.3 * (x2 - x1), y1 + 0.3 * (y2 - y1), 3.0) == strong
    assert edges.at(x1 + 0.3 * (x2 - x1), -50.0, 3.0) is None


def test_strengths_are_shares_of_the_layers_largest_weight():
    columns = lay_out([2, 3, 2], 640, 280).columns
    edges = choose([np.array([[1.0, -1.0, 0.1], [0.0, 0.5, -0.5]]), np.full((3, 2), 1e-9)], columns)
    first = {float(value): int(strength) for value, strength in zip(edges.value, edges.strength, strict=True)}
    assert first[1.0] == first[-1.0] == 2
    assert first[0.5] == first[-0.5] == 1
    assert first[0.1] == first[0.0] == 0
    assert set(edges.strength[edges.gap == 1].tolist()) == {2}


def test_degenerate_weights_have_edges_without_failing():
    columns = lay_out([2, 3, 2], 640, 280).columns
    for value, count in ((0.0, 0), (np.nan, 0), (np.inf, 12)):
        edges = choose([np.full((2, 3), value), np.full((3, 2), value)], columns)
        assert np.isfinite(edges.lines).all()
        assert len(edges) == count
