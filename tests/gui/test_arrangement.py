"""Where panels stand: whatever is done to it, each panel stays in exactly one place, and files cannot break it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gui.arrangement import DESK, DIRECTIONS, LEVELS, PROJECTOR, SIDES, Arrangement, Cell, Column, Row, row

NAMES = DESK.names


def outline(arrangement: Arrangement) -> list[list[list[str]]]:
    """Return the names shown, as columns of rows."""
    return [
        [[cell.name for cell in row.cells] for row in column.rows] for column in arrangement.only(arrangement.shown)
    ]


def simple() -> Arrangement:
    return Arrangement((Column((row("a"), row("b", "c"))), Column((row("d"), row("e")))))


# ------------------------------------------------------------------------------- any sequence of operations

names = st.sampled_from((*NAMES, "stranger"))
operations = st.one_of(
    st.tuples(st.just("hide"), names),
    st.tuples(st.just("show"), names),
    st.tuples(st.just("moved"), names, names, st.sampled_from((*SIDES, "elsewhere"))),
    st.tuples(st.just("stepped"), names, st.sampled_from(DIRECTIONS), st.sets(names)),
    st.tuples(
        st.just("resized"), st.sampled_from(LEVELS),
        st.dictionaries(names, st.floats(min_value=0, max_value=4000), max_size=4),
    ),
)


@settings(max_examples=60)
@given(st.lists(operations, max_size=12))
def test_every_panel_stays_in_one_place_whatever_is_done(done: list[tuple[Any, ...]]) -> None:
    arrangement = DESK
    for name, *arguments in done:
        arrangement = getattr(arrangement, name)(*arguments)
        assert sorted(arrangement.names) == sorted(NAMES)
        assert set(arrangement.shown) | (arrangement.hidden & set(NAMES)) == set(NAMES)
        for column in arrangement.columns:
            assert column.rows
            assert column.share > 0
            for each in column.rows:
                assert each.cells
                assert each.share > 0
                assert all(cell.share > 0 for cell in each.cells)
        stored = json.loads(json.dumps(arrangement.to_plain()))
        assert Arrangement.from_plain(stored, NAMES, PROJECTOR) == arrangement.known(NAMES)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | names,
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(("columns", "rows", "cells", "share", "hidden", "other")), inner, max_size=4),
    max_leaves=30,
)


@given(json_values)
def test_a_broken_file_gives_a_whole_arrangement(value: object) -> None:
    arrangement = Arrangement.from_plain(value, NAMES, DESK)
    assert sorted(arrangement.names) == sorted(NAMES)
    assert arrangement.hidden <= set(NAMES)


# ------------------------------------------------------------------------------- files

@pytest.mark.parametrize(
    "value", [None, 3, "text", [], {}, {"columns": 5}, {"columns": [{"rows": []}]}, {"columns": [[["network"]]]}]
)
def test_what_is_no_arrangement_gives_the_default(value: object) -> None:
    assert Arrangement.from_plain(value, NAMES, DESK) == DESK


def test_unknown_panels_are_dropped_and_missing_ones_come_hidden() -> None:
    plain = simple().to_plain()
    arrangement = Arrangement.from_plain(plain, ("a", "c", "d", "new"), DESK)
    assert outline(arrangement) == [[["a"], ["c"]], [["d"]]]
    assert arrangement.hidden == {"new"}
    assert outline(arrangement.show("new")) == [[["a"], ["c"]], [["d"], ["new"]]]


def test_a_panel_named_twice_stands_at_the_first_place() -> None:
    plain = {"columns": [{"rows": [{"cells": [["a", 1], ["a", 1]]}, {"cells": [["b", 1], ["a", 1]]}]}]}
    assert outline(Arrangement.from_plain(plain, ("a", "b"), simple())) == [[["a"], ["b"]]]


@pytest.mark.parametrize("share", [0, -1, "wide", None, True, 1e300, 10**400, float("nan"), float("inf")])
def test_a_size_that_makes_no_sense_is_taken_as_one_share(share: object) -> None:
    plain = {"columns": [{"share": share, "rows": [{"share": share, "cells": [["a", share]]}]}]}
    assert Arrangement.from_plain(plain, ("a",), simple()).columns == (Column((Row((Cell("a"),)),)),)


def test_a_huge_file_is_read_in_part() -> None:
    many = [{"rows": [{"cells": [[f"panel{index}", 1]]}]} for index in range(10_000)]
    arrangement = Arrangement.from_plain({"columns": many}, tuple(f"panel{index}" for index in range(100)), DESK)
    assert len(arrangement.columns) == 64
    assert len(arrangement.names) == 100


# ------------------------------------------------------------------------------- the named ones

def test_the_desk_shows_everything_but_the_quiet_panels() -> None:
    assert {"learning_rate", "update_ratio", "why"} <= DESK.hidden
    assert outline(DESK) == [
        [["network"], ["boundary", "loss_landscape", "predicted_true", "confusion"]],
        [["learning_curves"], ["gradient_norms"], ["layer_map"]],
    ]
    assert [column.share for column in DESK.columns][:2] == [59, 41]
    assert [each.share for each in DESK.columns[0].rows] == [9, 10]


def test_the_projector_knows_the_same_panels_and_shows_fewer() -> None:
    assert set(PROJECTOR.names) == set(DESK.names)
    assert len(PROJECTOR.shown) < len(DESK.shown)


# ------------------------------------------------------------------------------- hide, show, move

def test_a_hidden_panel_comes_back_to_its_place_with_its_size() -> None:
    wide = simple().resized("cells", {"b": 300, "c": 100})
    hidden = wide.hide("b").hide("a")
    assert outline(hidden) == [[["c"]], [["d"], ["e"]]]
    assert hidden.show("a").show("b") == wide


@pytest.mark.parametrize(
    ("name", "target", "side", "expected"),
    [
        ("a", "d", "left", [[["b", "c"]], [["a", "d"], ["e"]]]),
        ("a", "d", "right", [[["b", "c"]], [["d", "a"], ["e"]]]),
        ("a", "e", "above", [[["b", "c"]], [["d"], ["a"], ["e"]]]),
        ("a", "e", "below", [[["b", "c"]], [["d"], ["e"], ["a"]]]),
        ("a", "e", "swap", [[["e"], ["b", "c"]], [["d"], ["a"]]]),
        ("d", "c", "above", [[["a"], ["d"], ["b", "c"]], [["e"]]]),
        ("b", "c", "right", [[["a"], ["c", "b"]], [["d"], ["e"]]]),
        ("b", "c", "below", [[["a"], ["c"], ["b"]], [["d"], ["e"]]]),
        ("a", "d", "column_left", [[["b", "c"]], [["a"]], [["d"], ["e"]]]),
        ("a", "d", "column_right", [[["b", "c"]], [["d"], ["e"]], [["a"]]]),
        ("b", "b", "column_left", [[["b"]], [["a"], ["c"]], [["d"], ["e"]]]),
        ("a", "a", "left", [[["a"], ["b", "c"]], [["d"], ["e"]]]),
    ],
)
def test_a_panel_is_moved_to_a_side_of_another(name: str, target: str, side: str, expected: object) -> None:
    assert outline(simple().moved(name, target, side)) == expected


def test_a_panel_beside_another_takes_half_of_its_room() -> None:
    moved = simple().resized("cells", {"b": 100, "c": 300}).moved("a", "c", "left")
    b, a, c = moved.columns[0].rows[0].cells
    assert (a.share / b.share, a.share / c.share) == pytest.approx((1.5, 1.0))


def test_a_column_of_its_own_is_not_moved_beside_itself() -> None:
    alone = Arrangement((Column((row("a"),)), Column((row("b"),))))
    assert alone.moved("a", "a", "column_right") == alone


@pytest.mark.parametrize(
    ("name", "steps", "expected"),
    [
        ("c", "left", [[["a"], ["c", "b"]], [["d"], ["e"]]]),
        ("c", "right", [[["a"], ["b"]], [["d"], ["c", "e"]]]),
        ("a", "right", [[["b", "c"]], [["a", "d"], ["e"]]]),
        ("a", "right right", [[["b", "c"]], [["d", "a"], ["e"]]]),
        ("a", "right right right", [[["b", "c"]], [["d"], ["e"]], [["a"]]]),
        ("a", "right right right left", [[["b", "c"]], [["d", "a"], ["e"]]]),
        ("c", "up", [[["a"], ["c"], ["b"]], [["d"], ["e"]]]),
        ("b", "down", [[["a"], ["c"], ["b"]], [["d"], ["e"]]]),
        ("e", "up", [[["a"], ["b", "c"]], [["e"], ["d"]]]),
        ("a", "down", [[["b", "c"], ["a"]], [["d"], ["e"]]]),
        ("a", "up", [[["a"], ["b", "c"]], [["d"], ["e"]]]),
        ("d", "left", [[["a", "d"], ["b", "c"]], [["e"]]]),
        ("e", "left", [[["a"], ["b", "c", "e"]], [["d"]]]),
    ],
)
def test_steps_lead_through_rows_and_columns(name: str, steps: str, expected: object) -> None:
    arrangement = simple()
    for step in steps.split():
        arrangement = arrangement.stepped(name, step, arrangement.shown)
    assert outline(arrangement) == expected


def test_a_step_passes_over_what_is_not_seen() -> None:
    stepped = simple().stepped("d", "left", ("a", "d", "e"))
    assert outline(stepped) == [[["a", "d"], ["b", "c"]], [["e"]]]
    assert outline(simple().stepped("c", "left", ("a", "c", "d"))) == [[["c"]], [["a"], ["b"]], [["d"], ["e"]]]


def test_only_steps_that_lead_somewhere_are_offered() -> None:
    arrangement = simple()
    assert arrangement.steps("a", arrangement.shown) == {"left", "right", "down"}
    alone = Arrangement((Column((row("a"),)),))
    assert alone.steps("a", ("a",)) == frozenset()


# ------------------------------------------------------------------------------- sizes

def test_sizes_in_pixels_become_shares() -> None:
    arrangement = simple().resized("columns", {"a": 600, "d": 200}).resized("rows", {"d": 30, "e": 10})
    left, right = arrangement.columns
    assert left.share / right.share == pytest.approx(3)
    assert right.rows[0].share / right.rows[1].share == pytest.approx(3)


def test_a_hidden_row_keeps_its_share_against_the_others() -> None:
    three = Arrangement((Column((row("a"), row("b"), row("c"))),), hidden=frozenset({"b"}))
    shares = [each.share for each in three.resized("rows", {"a": 900, "c": 100}).columns[0].rows]
    assert shares == pytest.approx([1.8, 1.0, 0.2])
