"""Any moment of any run is had again exactly as it was; a run forked there and left alone is the run itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.runs import reasons
from tests.training.timeline.lives import KINDS, Life, acts, assert_equal, experiment_of, kinds, lived
from training.engine import Engine
from training.progress import STOP
from training.timeline import moments as module
from training.timeline.moments import Moments, without_stop

replicas = st.sampled_from([1, 1, 3])


def moments_of(life: Life) -> Moments:
    return Moments(life.engine.original, life.engine.data, life.checkpoints)


def assert_as_it_was(life: Life, moments: Moments, step: int) -> None:
    moment, truth = moments.at(step, life.edits), life.truths[step]
    assert moment is not None
    assert (moment.step, moment.epoch, moment.edits) == (step, truth.epoch, len(truth.state["edits"]))
    assert_equal(moment.snapshot.params, truth.params)
    assert_equal(moment.evaluation, truth.evaluation)
    assert_equal(moment.outcomes, tuple(truth.state["outcomes"]))
    assert_equal(moments._engine.state(), truth.state)  # all of it: what comes next is the same too
    for replica, outcome in enumerate(moment.outcomes):
        done = step if outcome is None else outcome.step
        if done and moment.rows is not None:
            assert_equal(moment.rows[replica], life.records[done - 1][replica])


@given(kind=kinds, acts=acts, replicas=replicas, order=st.randoms(use_true_random=False), way=st.booleans())
@settings(max_examples=60)
def test_any_moment_is_as_it_was(kind: str, acts: list[Any], replicas: int, order: Any, way: bool) -> None:
    life = lived(experiment_of(kind, replicas), acts, budget=150_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "APART_SECONDS", 0.0 if way else 100.0)
        patch.setattr(module, "WAY_BYTES", 120_000)
        moments = moments_of(life)
        steps = list(life.truths)
        order.shuffle(steps)
        for step in steps:
            assert_as_it_was(life, moments, step)
        assert moments._on_the_way._nbytes <= 120_000


def test_states_passed_on_the_way_shorten_the_way_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "APART_SECONDS", 0.0)
    life = lived(experiment_of("plain"), [("train", 4)] * 6, spacing=1000)
    moments, done = moments_of(life), []
    for step in (8, 12, 16, 20):
        assert moments.at(step, life.edits) is not None
    advance = Engine.advance
    monkeypatch.setattr(Engine, "advance", lambda self, steps: done.append(steps) or advance(self, steps))
    for step in (19, 16, 12):
        assert moments.at(step, life.edits) is not None
    assert sum(done) == 3  # from the only checkpoint, at step 4, it would be 15 + 12 + 8
    for step in (8, 16, 12):
        assert_as_it_was(life, moments, step)


@pytest.mark.parametrize("chunk", [1, 4, 30])
def test_replicas_that_end_one_after_the_other(chunk: int) -> None:
    life = lived(experiment_of("best weights restored", 4), [("train", chunk)] * (30 // chunk + 1), budget=150_000)
    ends = {outcome.step for outcome in life.engine.outcomes if outcome}
    assert len(ends) > 1
    moments = moments_of(life)
    for step in sorted(life.truths, reverse=True):
        assert_as_it_was(life, moments, step)


def test_a_fork_where_one_looked_at_a_stopped_run_goes_on() -> None:
    life = lived(experiment_of("plain"), [("train", 9), ("stop", None)])
    moments = moments_of(life)
    stopped = moments.at(9, life.edits)
    assert stopped is not None
    assert reasons(stopped.outcomes) == ["stopped"]
    before = moments.at(9, [])
    assert before is not None
    assert reasons(before.outcomes) == [None]
    fork = moments.fork(9, life.edits, since=life.history.exact_until(9))
    assert (fork.moment.outcomes, fork.edits) == ((None,), ())
    assert_equal(fork.state["outcomes"], [None])


@given(kind=kinds, acts=acts, replicas=replicas, where=st.integers(0, 99), chunk=st.integers(1, 7))
@settings(max_examples=60)
def test_an_unchanged_fork_is_the_run(kind: str, acts: list[Any], replicas: int, where: int, chunk: int) -> None:
    life = lived(experiment_of(kind, replicas), acts)
    step = sorted(life.truths)[where % len(life.truths)]
    fork = moments_of(life).fork(step, life.edits, since=life.history.exact_until(step))
    other = Engine(life.engine.original, life.engine.data)
    other.load_state(dict(fork.state))
    assert list(fork.edits) == list(without_stop([edit for edit in life.edits if edit.step <= step], step))
    later = [edit for edit in life.edits if edit.step > step]
    while other.step < life.engine.step or later:
        if later and later[0].step <= other.step:
            group = [edit for edit in later if edit.group == later[0].group]
            later = later[len(group) :]
            other.repeat({edit.key: edit.value for edit in group})
            other.advance(0)
            continue
        ahead = min(later[0].step if later else life.engine.step, life.engine.step)
        other.advance(min(chunk, ahead - other.step))
        if other.finished and not later:
            break
    if life.edits and life.edits[-1].key == STOP and life.edits[-1].step == step:
        other.stop()
    assert_equal(other.state()["tensors"], life.engine.state()["tensors"])
    assert_equal(other.snapshot().params, life.engine.snapshot().params)
    assert [edit.key for edit in other.edits] == [edit.key for edit in life.edits]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_run_does_what_it_is_for(kind: str) -> None:
    """The kinds are no use if nothing of the kind happens in them."""
    life = lived(experiment_of(kind), [("train", 8)] * 6)
    reason = life.engine.outcomes[0].reason if life.engine.outcomes[0] else None
    assert reason == {"best weights restored": "early_stopped", "converges": "converged", "diverges": "diverged"}.get(
        kind, "completed"
    )


def test_going_on_starts_from_where_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    life = lived(experiment_of("plain"), [("train", 4)] * 6, spacing=1000)
    moments, done = moments_of(life), []
    advance = Engine.advance
    monkeypatch.setattr(Engine, "advance", lambda self, steps: done.append(steps) or advance(self, steps))
    for step in (4, 8, 12):
        moments.at(step, life.edits)
    assert sum(done) == 8  # the only checkpoint is at step 4
    moments.at(8, life.edits)
    assert sum(done) == 8 + 4


def test_a_moment_nobody_waits_for_is_given_up_and_its_work_kept() -> None:
    life = lived(experiment_of("plain"), [("train", 4)] * 6, spacing=1000)
    moments = moments_of(life)
    assert moments.at(24, life.edits, given_up=lambda: True) is None
    assert 4 < moments._engine.step < 24
    assert_as_it_was(life, moments, 24)


def test_what_a_moment_tells() -> None:
    life = lived(experiment_of("plain"), [("train", 5), ("edit", {"optimizer.lr": 0.25}), ("train", 5)])
    moments = moments_of(life)
    before, moment = moments.at(5, life.edits), moments.at(6, life.edits)
    assert before is not None
    assert moment is not None
    assert before.last("lr") == 0.02
    assert moment.last("lr") == 0.25
    recorded = life.history.layers("signal_norm", first=6, last=6).low[0]
    np.testing.assert_array_equal(moment.layers("signal_norm"), recorded)
    start = moments.at(0, life.edits)
    assert start is not None
    assert np.isnan(start.last("lr"))
    assert np.isnan(start.layers("signal_norm")).all()
    assert [state.name for state in start.criteria] == [state.name for state in moment.criteria]
    assert start.evaluation is not None
    assert start.evaluation.step == 0


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
@pytest.mark.parametrize("kind", KINDS)
def test_any_moment_is_as_it_was_on_a_gpu(kind: str) -> None:
    acts: list[Any] = [("train", 5), ("edit", {"optimizer.lr": 0.1}), ("train", 7), ("stop", None), ("train", 5)]
    life = lived(experiment_of(kind).model_copy(update={"device": "cuda"}), acts)
    for step in reversed(life.truths):
        assert_as_it_was(life, moments_of(life), step)
