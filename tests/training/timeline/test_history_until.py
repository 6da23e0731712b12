"""A history cut at a step tells of the steps before it what is true, and grows on as if it had never been longer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from training import history as histories
from training.history import EVALUATION_COLUMNS, History
from training.progress import EvaluationRecord, Progress, column, record_width

FloatArray = NDArray[np.float64]
LAYERS, REPLICAS, ENDED, TAIL = 2, 3, 37, 6


@pytest.fixture(autouse=True)
def tables_are_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(histories, "MAX_FINE_SPANS", 16)
    monkeypatch.setattr(histories, "MIN_SPANS", 8)
    monkeypatch.setattr(histories, "COARSE_SPANS", 8)
    monkeypatch.setattr(histories, "TAIL_STEPS", TAIL)
    monkeypatch.setattr(histories, "EVALUATION_BYTES", 6 * 8 * REPLICAS * len(EVALUATION_COLUMNS))


def evaluation(step: int, values: FloatArray) -> EvaluationRecord:
    lr = np.where([step > ENDED, False, False], np.nan, 0.1)  # replica 1 has ended by then
    loss = np.where(np.isnan(lr), np.nan, values)
    one = np.full(REPLICAS, float(step))
    return EvaluationRecord(step, step / 10, loss, loss + 1, loss, loss, loss, loss, lr, one, one, ((),) * REPLICAS)


class Recorded:
    """A made-up run: what it reported, and its history."""

    def __init__(self, steps: int, every: int, seed: int) -> None:
        random = np.random.default_rng(seed)
        self.rows = random.normal(size=(steps, REPLICAS, record_width(LAYERS)))
        self.evaluations = [evaluation(step, random.normal(size=REPLICAS)) for step in range(0, steps + 1, every)]
        self.history = History(REPLICAS, LAYERS)
        for progress in self.progress(0, steps, 7):
            self.history.extend(progress)

    def progress(self, since: int, step: int, chunk: int) -> list[Progress]:
        """Return what was reported after a step, up to another; from the beginning, with the first evaluation."""
        found = []
        for first in range(since, step, chunk):
            last = min(first + chunk, step)
            made = tuple(each for each in self.evaluations if first - (first == 0) < each.step <= last)
            found.append(Progress(first, self.rows[first:last], made, last, last / 10, (None,) * REPLICAS, 1.0))
        return found

    def cut(self, step: int, chunk: int) -> History:
        since = self.history.exact_until(step)
        assert 0 <= since <= step
        latest = [each for each in self.evaluations if each.step <= since][-1]
        rest = self.progress(since, step, chunk)
        return self.history.until(step, rest, latest)

    def check(self, history: History, step: int) -> None:
        """Hold a history of the first so many steps against what was reported."""
        assert (history.step, history.n_steps, history.epoch) == (step, step, step / 10)
        assert history.last("lr", replica=2) == self.rows[step - 1, 2, column("lr", LAYERS)]
        for points in (None, 4):
            curve = history.series("update_norm", replica=1, points=points)
            truth = self.rows[:step, 1, column("update_norm", LAYERS)]
            for first, low, high in zip(curve.steps - 1, curve.low, curve.high, strict=True):
                span = truth[first : first + curve.stride]
                assert (low, high) == (span.min(), span.max())
        tail = history.tail()
        assert tail.steps.tolist() == list(range(max(0, step - TAIL) + 1, step + 1))
        np.testing.assert_array_equal(tail.low, self.rows[max(0, step - TAIL) : step, 0])
        self.check_evaluations(history, step)

    def check_evaluations(self, history: History, step: int) -> None:
        kept, made = history.evaluations, [each for each in self.evaluations if each.step <= step]
        assert kept.seen == len(made)
        assert kept.latest is made[-1]
        expected = [each.step for each in made[:: kept.stride]]
        if expected[-1] != made[-1].step:
            expected.append(made[-1].step)
        assert kept.step.tolist() == expected
        assert kept.final("step").tolist() == [
            max(each.step for each in made if not np.isnan(each.lr[replica])) for replica in range(REPLICAS)
        ]
        if kept.stride == 1:
            losses = np.array([each.val_loss for each in made])
            assert kept.best_val_loss.tolist() == np.nanmin(losses, axis=0).tolist()
            assert kept.best_val_epoch.tolist() == [made[row].epoch for row in np.nanargmin(losses, axis=0)]


@given(
    steps=st.integers(1, 90), every=st.integers(1, 30), share=st.floats(0, 1), chunk=st.integers(1, 9),
    seed=st.integers(0, 99),
)  # fmt: skip
@settings(max_examples=120)
def test_a_history_cut_anywhere_is_true(steps: int, every: int, share: float, chunk: int, seed: int) -> None:
    """It also grows on as if it had never been longer."""
    run = Recorded(steps, every, seed)
    before = run.history.evaluations.step.tolist(), run.history.series("lr").low.copy()
    step = max(1, round(share * steps))
    cut = run.cut(step, chunk)
    run.check(cut, step)
    for progress in run.progress(step, steps, chunk):
        cut.extend(progress)
    run.check(cut, steps)
    assert run.history.evaluations.step.tolist() == before[0]  # the history cut stays as it was
    np.testing.assert_array_equal(run.history.series("lr").low, before[1])


def test_cut_at_the_very_start() -> None:
    run = Recorded(20, 5, 0)
    cut = run.history.until(0, (), run.evaluations[0])
    assert (cut.step, cut.n_steps, cut.evaluations.seen) == (0, 0, 1)
    assert cut.evaluations.latest is run.evaluations[0]
    assert np.isnan(cut.last("lr"))


def test_what_is_thinned_needs_the_last_steps_and_those_since_the_last_whole_span() -> None:
    run = Recorded(16, 1000, 0)
    assert run.history.exact_until(10) == 9  # every step is known: the last one is told of once more
    run = Recorded(64, 1000, 0)
    needed: Any = [run.history.exact_until(step) for step in (1, TAIL, 9, TAIL + 4, 64)]
    assert needed == [0, 0, 0, 4, 56]
