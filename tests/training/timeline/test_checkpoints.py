"""Checkpoints are spread over the run, take no more memory and time than they may, and never change."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import torch

from tests.training.runs import small
from tests.training.timeline.lives import assert_equal, lived
from training.engine import Engine
from training.session import Session
from training.timeline.checkpoints import Checkpoint, Checkpoints, Standing, nbytes_of


def followed(checkpoints: Checkpoints, steps: int, *, chunk: int = 1, hidden: tuple[int, ...] = (6,)) -> Engine:
    engine = Engine(small(network__hidden=hidden, epochs=1000))
    while engine.step < steps:
        checkpoints.follow(engine, engine.advance(chunk))
    return engine


def size_of_one(hidden: tuple[int, ...] = (6,)) -> int:
    engine = Engine(small(network__hidden=hidden, stopping__early__enabled=False))
    engine.advance(3)
    return Checkpoint.of(engine, Standing()).nbytes


@pytest.mark.parametrize("steps", [10, 33, 100, 257])
def test_the_budget_is_kept_and_what_is_kept_is_spread_evenly(steps: int) -> None:
    checkpoints = Checkpoints(16 * size_of_one(), share=1e9)
    followed(checkpoints, steps)
    assert checkpoints.nbytes <= checkpoints.budget
    kept = [0, *checkpoints.steps, steps]
    gaps = [after - before for before, after in zip(kept, kept[1:], strict=False)]
    assert len(checkpoints.steps) >= min(steps, 5)
    assert max(gaps) <= max(2, 2.5 * steps / len(checkpoints.steps))


def test_long_chunks_do_not_unbalance_it() -> None:
    checkpoints = Checkpoints(8 * size_of_one(), share=1e9)
    followed(checkpoints, 300, chunk=7)
    gaps = [after - before for before, after in zip(checkpoints.steps, checkpoints.steps[1:], strict=False)]
    assert max(gaps) <= 3 * min(gaps)


def test_a_state_too_large_for_the_budget_is_not_kept() -> None:
    for budget in (100, 20_000):  # less than its parameters, and less than the whole of it
        checkpoints = Checkpoints(budget, share=1e9)
        followed(checkpoints, 5, hidden=(30, 30))
        assert checkpoints.steps == ()
        assert checkpoints.nbytes == 0


def test_copies_wait_until_they_are_paid_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes a second here, and a chunk ten: of a hundredth of the time, that is one every ten chunks."""
    clock = [0.0]
    state = Engine.state

    def slow(engine: Engine) -> dict[str, Any]:
        clock[0] += 1.0
        return state(engine)

    monkeypatch.setattr(Engine, "state", slow)
    monkeypatch.setattr("training.timeline.checkpoints.time.thread_time", lambda: clock[0])
    checkpoints, engine = Checkpoints(share=0.01), Engine(small(epochs=1000))
    for _ in range(50):
        clock[0] += 10.0
        checkpoints.follow(engine, engine.advance(1))
    assert checkpoints.steps == (1, 11, 21, 31, 41)


def test_what_a_state_takes_is_counted_once() -> None:
    weights = torch.zeros(1000, dtype=torch.float32)
    assert 4000 <= nbytes_of({"a": weights, "b": [weights, (weights, 3, "text")], "c": None}) < 5000


def test_the_last_one_before_a_step_that_holds_no_later_edits() -> None:
    life = lived(small(), [("train", 3), ("edit", {"optimizer.lr": 0.1}), ("train", 4), ("train", 4)])
    checkpoints = life.checkpoints
    assert checkpoints.steps == (3, 7, 11)
    found = [checkpoints.before(step, edits) for step, edits in ((2, 1), (3, 0), (6, 1), (9, 1), (9, 0))]
    assert [(each.step, each.edits) if each else None for each in found] == [None, (3, 0), (3, 0), (7, 1), (3, 0)]


def test_what_two_runs_have_in_common() -> None:
    life = lived(small(), [("train", 3), ("edit", {"optimizer.lr": 0.1}), ("train", 4), ("train", 4)])
    common = life.checkpoints.until(7, 1, Standing())
    assert common.steps == (3, 7)
    assert 0 < common.nbytes < life.checkpoints.nbytes
    common.follow(life.engine, life.engine.advance(1))
    assert life.checkpoints.steps == (3, 7, 11)  # each goes its own way
    assert life.checkpoints.until(7, 0, Standing()).steps == (3,)


def test_checkpoints_do_not_change_as_the_run_goes_on() -> None:
    life = lived(small(stopping__early__enabled=True), [("train", 4)])
    checkpoint = life.checkpoints.before(4, 0)
    assert checkpoint is not None
    truth = life.truths[4].state
    for _ in range(5):
        life.engine.advance(5)
    life.engine.load_state(dict(checkpoint.state))
    life.engine.advance(9)
    assert_equal(checkpoint.state, truth)


def test_the_watcher_of_a_session_keeps_them() -> None:
    engine, checkpoints = Engine(small(epochs=3)), Checkpoints(share=1e9)
    session = Session(engine, lambda progress: checkpoints.follow(engine, progress))
    session.play()
    thread = threading.Thread(target=session.run)
    thread.start()
    while session.state != "finished":
        thread.join(0.001)
    session.close()
    thread.join()
    assert checkpoints.steps[-1] == engine.step == 12
