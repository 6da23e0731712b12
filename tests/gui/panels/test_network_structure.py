"""Edits of the layers: each gives an experiment that is valid, or is refused with a reason."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gui.panels.network.structure import RefusedEdit, Structure, next_width
from training.experiment import MAX_LAYERS, MAX_WIDTH, Experiment
from training.validation import replace

BASE = Structure.of((4, 8, 16), ("relu", "tanh", "relu"))


EDITS = [
    (lambda s: s.with_layer(0), (4, 4, 8, 16), ("relu", "relu", "tanh", "relu")),
    (lambda s: s.with_layer(2), (4, 8, 8, 16), ("relu", "tanh", "tanh", "relu")),
    (lambda s: s.with_layer(3), (4, 8, 16, 16), ("relu", "tanh", "relu", "relu")),
    (lambda s: s.with_copy(1), (4, 8, 8, 16), ("relu", "tanh", "tanh", "relu")),
    (lambda s: s.without(1), (4, 16), ("relu", "relu")),
    (lambda s: s.moved(0, 2), (8, 16, 4), ("tanh", "relu", "relu")),
    (lambda s: s.moved(2, 0), (16, 4, 8), ("relu", "relu", "tanh")),
    (lambda s: s.with_width(0, 5), (5, 8, 16), ("relu", "tanh", "relu")),
    (lambda s: s.with_activation(1, "gelu"), (4, 8, 16), ("relu", "gelu", "relu")),
]


def test_edits():
    for edit, hidden, activations in EDITS:
        after = edit(BASE)
        assert (after.hidden, after.activations) == (hidden, activations)
        changed = replace(Experiment(), after.changes(BASE))
        assert changed.network.hidden == hidden
        assert changed.network.activations() == activations


def test_one_activation_for_all_is_one_name_again():
    assert BASE.without(1).changes(BASE)["network.activation"] == "relu"
    assert BASE.changes(BASE)["network.activation"] == ("relu", "tanh", "relu")


def test_the_last_layer_can_go_and_come_back_with_its_activation():
    single = Structure.of((4,), "tanh")
    none = single.without(0)
    assert none.changes(single) == {"network.hidden": (), "network.activation": "tanh"}
    assert none.with_layer(0).activations == ("tanh",)
    assert Structure.of((), "gelu").with_layer(0).activations == ("gelu",)


def test_skip_connections_never_span_more_layers_than_there_are():
    before = Structure.of((8, 8, 8), "relu", skip_every=3)
    assert before.without(0).changes(before)["network.skip_every"] == 2
    assert "network.skip_every" not in before.with_copy(0).changes(before)


def test_what_does_not_fit_is_refused():
    for edit in (
        lambda s: s.with_width(0, 0), lambda s: s.with_width(0, MAX_WIDTH + 1),
        lambda s: s.moved(0, -1), lambda s: s.moved(2, 3),
    ):
        with pytest.raises(RefusedEdit, match=r"\w+"):
            edit(BASE)


def test_no_more_layers_than_an_experiment_allows():
    full = Structure.of((2,) * MAX_LAYERS, "relu")
    for edit in (lambda: full.with_layer(0), lambda: full.with_copy(3)):
        with pytest.raises(RefusedEdit, match=str(MAX_LAYERS)):
            edit()


@given(st.integers(1, MAX_WIDTH))
def test_steps_of_a_width_go_up_and_come_back_down(width):
    up = next_width(width, 1)
    assert up > width
    assert up - width <= max(1, width / 8)
    assert next_width(up, -1) <= width or width % 2 == 1
    assert next_width(width, -1) < width


edits = st.lists(st.tuples(st.sampled_from(["add", "copy", "out", "move", "width", "activation"]),
                           st.integers(0, 9), st.integers(0, 9)), max_size=12)


@settings(max_examples=60, deadline=None)
@given(edits, st.integers(0, 3))
def test_any_row_of_edits_leaves_a_valid_experiment(edits, skip_every):
    structure = start = Structure.of((4, 8, 16), "relu", skip_every)
    for kind, a, b in edits:
        size = len(structure)
        at, to = (a % size, b % size) if size else (0, 0)
        try:
            if kind == "add":
                structure = structure.with_layer(a % (size + 1))
            elif size:
                structure = {
                    "copy": lambda s, at=at: s.with_copy(at), "out": lambda s, at=at: s.without(at),
                    "move": lambda s, at=at, to=to: s.moved(at, to),
                    "width": lambda s, at=at, b=b: s.with_width(at, b * 150),
                    "activation": lambda s, at=at, b=b: s.with_activation(at, ("relu", "tanh", "gelu")[b % 3]),
                }[kind](structure)
        except RefusedEdit:
            pass
    before = replace(Experiment(), {"network.hidden": start.hidden, "network.skip_every": skip_every})
    after = replace(before, structure.changes(start))
    assert after.network.hidden == structure.hidden
    assert after.network.activations() == structure.activations
