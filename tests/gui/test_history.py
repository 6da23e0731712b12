"""Undo and redo, without a window: what is one change, and that nothing is lost on the way there and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.builder.change_text import change_text
from gui.builder.draft import Draft, State
from gui.builder.history import LIMIT, PAUSE_SECONDS, Change, EditHistory
from training.experiment import Experiment
from training.validation import replace

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "optimizer.lr": st.sampled_from([0.1, 0.01, "fast", -1.0]),
    "optimizer.method": st.sampled_from(["adam", "sgd", "momentum"]),
    "optimizer.momentum": st.sampled_from([0.5, 0.9, 2.0]),
    "seed": st.integers(0, 5),
    "network.hidden": st.lists(st.integers(0, 4), max_size=3),
    "schedule.kind": st.sampled_from(["constant", "step", "cosine"]),
    "data.held_out": st.sampled_from([0.0, 0.3]),
    "name": st.sampled_from(["", "a", "b"]),
}
CHANGES = st.sampled_from(sorted(VALUES)).flatmap(lambda key: st.tuples(st.just(key), VALUES[key], st.booleans()))


class Clock:
    """A clock that stands still until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def edit(draft: Draft, history: EditHistory, key: str, value: Any) -> None:
    before = draft.state()
    draft.change({key: value})
    history.record(key, before, draft.state())


@given(st.lists(CHANGES, max_size=12))
def test_all_undone_is_the_first_state_and_all_redone_the_last(changes: list[tuple[str, Any, bool]]) -> None:
    draft, history = Draft(Experiment()), EditHistory()
    first = draft.state()
    for key, value, meant in changes:
        edit(draft, history, key, value)
        if meant:
            history.seal()
    last, problems = draft.state(), draft.problems
    while (change := history.undo()) is not None:
        draft.restore(change.before)
    assert draft.state() == first
    assert draft.valid
    while (change := history.redo()) is not None:
        draft.restore(change.after)
    assert draft.state() == last
    assert draft.problems == problems


def test_typing_into_one_field_is_one_change_until_it_is_meant() -> None:
    draft, history = Draft(Experiment()), EditHistory()
    for value in (0.0, "0.", 0.05):
        edit(draft, history, "optimizer.lr", value)
    assert len(history.done) == 1
    history.seal()
    edit(draft, history, "optimizer.lr", 0.07)
    edit(draft, history, "seed", 4)
    edit(draft, history, "optimizer.lr", 0.08)
    assert [change.after.get("optimizer.lr") for change in history.done] == [0.05, 0.07, 0.07, 0.08]


def test_quick_steps_are_one_change_and_slow_ones_are_several() -> None:
    clock = Clock()
    draft, history = Draft(Experiment()), EditHistory(clock)
    for seed in (1, 2, 3):
        edit(draft, history, "seed", seed)
        history.seal(after_a_pause=True)
        clock.now += PAUSE_SECONDS / 2
    assert len(history.done) == 1
    clock.now += PAUSE_SECONDS
    edit(draft, history, "seed", 4)
    assert len(history.done) == 2


def test_a_change_that_comes_back_to_its_beginning_leaves_no_trace() -> None:
    draft, history = Draft(Experiment()), EditHistory()
    edit(draft, history, "seed", 7)
    history.seal()
    edit(draft, history, "seed", 8)
    edit(draft, history, "seed", 7)
    assert [change.after.get("seed") for change in history.done] == [7]
    edit(draft, history, "seed", 9)
    assert [change.after.get("seed") for change in history.done] == [7, 9]


def test_a_new_change_forgets_what_was_undone() -> None:
    draft, history = Draft(Experiment()), EditHistory()
    edit(draft, history, "seed", 7)
    history.undo()
    assert history.undone
    draft.restore(State(Experiment()))
    edit(draft, history, "epochs", 3)
    assert not history.undone


def test_the_number_of_changes_kept_is_bounded() -> None:
    draft, history = Draft(Experiment()), EditHistory()
    for seed in range(1, LIMIT + 11):
        edit(draft, history, "seed", seed)
        history.seal()
    assert len(history.done) == LIMIT
    assert history.done[0].before.get("seed") == 10


@pytest.mark.parametrize(("key", "value", "text"), [
    ("optimizer.lr", 0.1, "Learning rate 0.01 → 0.1"),
    ("optimizer.method", "sgd", "Method Adam → SGD"),
    ("optimizer.clip_norm", 1.0, "Clip gradient norm off → 1"),
    ("network.hidden", [16, 16, 8], "Hidden layers 16 ×3 → 16 ×2, 8"),
    ("network.activation", ["tanh", "relu", "relu"], "Activation ReLU → Tanh, ReLU ×2"),
    ("data.extra_features", ["xy"], "Extra features none → xy"),
    ("stopping.early.enabled", False, "Armed on → off"),
    ("notes", "A long story", "Notes"),
    ("name", "spirals & more", "Name “two spirals” → “spirals & more”"),
    ("optimizer.lr", "fast", "Learning rate 0.01 → “fast”"),
])  # fmt: skip
def test_a_change_is_told_in_words(key: str, value: Any, text: str) -> None:
    before = State(Experiment())
    try:
        after = State(replace(Experiment(), {key: value}))
    except Exception:  # what does not fit waits
        after = State(Experiment(), {key: value})
    assert change_text(Change(key, before, after)) == text
