"""A session driven from another thread: every command, in any order, in a real thread, with bounded waits."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.training.runs import collected, reasons, small
from training.engine import Engine
from training.progress import STOP, Edit, Progress
from training.session import Failure, Rejected, Session
from training.snapshot import Snapshot

PATIENCE = 5.0
"""Seconds to wait at most for something that takes milliseconds."""

ENDLESS = {"epochs": 1_000_000}
EPOCH = 4  # steps


def wait_until(holds: Callable[[], bool], what: str = "the condition") -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.0005)


class Driven:
    """A session in a thread of its own."""

    def __init__(self, engine: Engine) -> None:
        self.session = Session(engine)
        self.thread = threading.Thread(target=self.session.run, daemon=True)
        self.events: list[Any] = []
        self.thread.start()

    def drain(self) -> list[Any]:
        while self.session.outbox:
            self.events.append(self.session.outbox.popleft())
        return self.events

    def of(self, *kinds: type) -> list[Any]:
        return [event for event in self.drain() if isinstance(event, kinds)]

    def until(self, state: str) -> None:
        wait_until(lambda: self.session.state == state, state)

    def close(self) -> float:
        """Close, wait for the thread and return how long that took."""
        started = time.monotonic()
        self.session.close()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()
        return time.monotonic() - started


Start = Callable[..., Driven]


@pytest.fixture
def start() -> Iterator[Start]:
    running: list[Driven] = []

    def make(**changes: Any) -> Driven:
        running.append(Driven(Engine(small(**changes))))
        return running[-1]

    yield make
    for driven in running:
        assert driven.close() < 2


def test_it_waits_to_be_told(start: Start) -> None:
    driven = start()
    assert driven.session.state == "paused"
    time.sleep(0.05)
    assert driven.drain() == []
    assert driven.session.steps_per_second == 0


def test_play_to_the_end(start: Start) -> None:
    driven = start()
    driven.session.play()
    driven.until("finished")
    run = collected(driven.of(Progress))
    assert reasons(run.outcomes) == ["completed"]
    assert len(run.records) == 8 * EPOCH
    assert driven.session.steps_per_second > 0


def test_pause_and_play(start: Start) -> None:
    driven = start(**ENDLESS)
    driven.session.play()
    wait_until(lambda: driven.session.engine.step > 10)
    driven.session.pause()
    assert driven.session.state == "paused"
    time.sleep(0.1)
    step = driven.session.engine.step
    time.sleep(0.05)
    assert driven.session.engine.step == step
    driven.session.play()
    wait_until(lambda: driven.session.engine.step > step)
    collected(driven.of(Progress))


def test_single_steps(start: Start) -> None:
    driven = start()
    for count in range(1, 7):
        driven.session.step_once()
        driven.until("paused")
        assert driven.session.engine.step == count
    assert [len(part.records) for part in driven.of(Progress)] == [1] * 6


def test_steps_asked_for_in_quick_succession_are_all_done(start: Start) -> None:
    driven = start(**ENDLESS)
    for _ in range(25):
        driven.session.step_once()
    driven.until("paused")
    assert driven.session.engine.step == 25


def test_epochs(start: Start) -> None:
    driven = start(**ENDLESS)
    driven.session.run_epoch()
    driven.until("paused")
    assert driven.session.engine.step == EPOCH
    driven.session.step_once()
    driven.until("paused")
    driven.session.run_epoch()  # to the end of the epoch begun
    driven.until("paused")
    assert driven.session.engine.step == 2 * EPOCH
    driven.session.run_to_epoch(17)
    driven.until("paused")
    assert driven.session.engine.step == 17 * EPOCH
    driven.session.run_to_epoch(5)
    driven.until("paused")
    assert driven.session.engine.step == 17 * EPOCH, "the past is no target"
    for part in driven.of(Progress):
        assert part.step <= 17 * EPOCH


def test_a_target_beyond_the_end(start: Start) -> None:
    driven = start()
    driven.session.run_to_epoch(100)
    driven.until("finished")
    assert driven.session.engine.epoch == 8


def test_stop(start: Start) -> None:
    driven = start(**ENDLESS)
    driven.session.play()
    wait_until(lambda: driven.session.engine.step > 10)
    driven.session.stop()
    driven.until("finished")
    run = collected(driven.of(Progress))
    assert reasons(run.outcomes) == ["stopped"]
    driven.session.play()
    assert driven.session.state == "finished"


def test_stop_while_paused(start: Start) -> None:
    driven = start()
    driven.session.stop()
    driven.until("finished")
    assert driven.of(Progress)[-1].finished


def test_edits_are_answered_in_order(start: Start) -> None:
    driven = start(**ENDLESS)
    driven.session.play()
    for value in (0.1, -1.0, 0.2, "x", 0.3):
        driven.session.edit({"optimizer.lr": value})
    driven.session.edit({"network.hidden": [3]})
    wait_until(lambda: len(driven.of(Edit, Rejected)) == 6, "six answers")
    answers = driven.of(Edit, Rejected)
    assert [type(answer) for answer in answers] == [Edit, Rejected, Edit, Rejected, Edit, Rejected]
    assert answers[1].changes == {"optimizer.lr": -1.0}
    assert "optimizer.lr" in answers[1].message
    assert "cannot be changed" in answers[5].message
    assert driven.session.engine.experiment.optimizer.lr == 0.3
    assert driven.thread.is_alive()


def test_a_live_rate_is_in_force_from_the_step_it_is_logged_with(start: Start) -> None:
    driven = start(**ENDLESS)
    driven.session.play()
    for rate in (0.011, 0.012, 0.013):
        time.sleep(0.01)
        driven.session.edit({"optimizer.lr": rate})
    wait_until(lambda: len(driven.of(Edit)) == 3)
    wait_until(lambda: driven.session.engine.step > driven.of(Edit)[-1].step + 2)
    driven.session.pause()
    time.sleep(0.05)
    rates = collected(driven.of(Progress)).records[:, 0, 1]
    expected = np.full(len(rates), 0.02)
    for edit in driven.of(Edit):
        expected[edit.step :] = edit.value
    np.testing.assert_array_equal(rates, expected)


def test_snapshots_come_while_paused_playing_and_finished(start: Start) -> None:
    driven = start()
    for count, command in enumerate(("pause", "step_once", "play"), start=1):
        getattr(driven.session, command)()
        driven.session.request_snapshot()
        wait_until(lambda count=count: len(driven.of(Snapshot)) >= count, "a snapshot")
    driven.until("finished")
    driven.session.request_snapshot()
    wait_until(lambda: driven.of(Snapshot)[-1].step == 8 * EPOCH)


def test_extending_a_finished_run(start: Start) -> None:
    driven = start()
    driven.session.play()
    driven.until("finished")
    driven.session.edit({"epochs": 10})
    driven.until("paused")
    driven.session.play()
    driven.until("finished")
    assert driven.session.engine.epoch == 10
    assert len(collected(driven.of(Progress)).records) == 10 * EPOCH


@pytest.mark.parametrize(("command", "steps"), [("play", 12 * EPOCH), ("step_once", 8 * EPOCH + 1), ("run_epoch", 36)])
def test_going_on_at_once_after_extending(start: Start, command: str, steps: int) -> None:
    """The command comes before the edit has been applied, and is not lost."""
    for _ in range(10):
        driven = start()
        driven.session.play()
        driven.until("finished")
        driven.session.edit({"epochs": 12})
        getattr(driven.session, command)()
        wait_until(lambda driven=driven: driven.session.engine.step == steps, command)
        driven.until("finished" if command == "play" else "paused")
        assert driven.session.engine.step == steps


def test_an_edit_alone_starts_nothing(start: Start) -> None:
    driven = start()
    driven.session.play()
    driven.until("finished")
    driven.session.play()
    driven.session.edit({"epochs": 12})
    driven.until("paused")
    driven.session.edit({"optimizer.lr": 0.5})
    time.sleep(0.05)
    assert driven.session.engine.step == 8 * EPOCH


def test_an_edit_that_adds_nothing_leaves_the_run_finished(start: Start) -> None:
    driven = start()
    driven.session.play()
    driven.until("finished")
    driven.session.edit({"optimizer.lr": 0.5})
    driven.session.play()
    wait_until(lambda: len(driven.of(Edit)) == 1)
    time.sleep(0.02)
    assert driven.session.state == "finished"
    assert driven.session.engine.step == 8 * EPOCH


def test_play_is_not_lost_where_a_target_is_just_reached(monkeypatch: pytest.MonkeyPatch, start: Start) -> None:
    driven = start(**ENDLESS)
    session, allowed = driven.session, driven.session._steps_allowed
    players: list[threading.Thread] = []

    def slow() -> int:
        steps = allowed()
        if steps == 0 and not players:
            players.append(threading.Thread(target=session.play))
            players[0].start()
            players[0].join(0.1)  # as if this thread had been made to wait just here
        return steps

    monkeypatch.setattr(session, "_steps_allowed", slow)
    session.step_once()
    wait_until(lambda: driven.session.engine.step > 10, "the run to go on")
    session.pause()


def test_commands_after_closing_do_nothing(start: Start) -> None:
    driven = start()
    driven.close()
    for command in ("play", "pause", "step_once", "run_epoch", "stop", "request_snapshot", "close"):
        getattr(driven.session, command)()
    driven.session.edit({"optimizer.lr": 0.1})
    assert driven.session.state == "closed"
    assert driven.drain() == []


@pytest.mark.parametrize("playing", [False, True])
def test_closing_is_quick(start: Start, playing: bool) -> None:
    driven = start(**ENDLESS, network={"hidden": [256] * 20}, batch_size=30)
    if playing:
        driven.session.play()
        time.sleep(0.3)
    assert driven.close() < 1


def test_closed_before_the_thread_starts() -> None:
    session = Session(Engine(small()))
    session.close()
    session.run()
    assert not session.outbox


# ---------------------------------------------------------------------------------------------- faults


def test_an_exception_while_training_reaches_the_user(monkeypatch: pytest.MonkeyPatch, start: Start) -> None:
    driven = start(**ENDLESS)
    engine, advance = driven.session.engine, driven.session.engine.advance

    def faulty(steps: int) -> Progress:
        if engine.step > 20:
            raise ZeroDivisionError("a fault on purpose")
        return advance(steps)

    monkeypatch.setattr(engine, "advance", faulty)
    driven.session.play()
    driven.until("finished")
    wait_until(lambda: len(driven.of(Failure)) == 1)
    (failure,) = driven.of(Failure)
    assert failure.message == "ZeroDivisionError: a fault on purpose"
    assert "Traceback" in failure.details
    assert "in faulty" in failure.details
    assert reasons(engine.outcomes) == ["failed"]
    assert driven.thread.is_alive()
    driven.session.request_snapshot()
    wait_until(lambda: len(driven.of(Snapshot)) == 1)
    assert len(collected(driven.of(Progress)).records) > 20


def test_a_fault_in_ending_the_run_does_not_end_the_thread(monkeypatch: pytest.MonkeyPatch, start: Start) -> None:
    driven = start()

    def faulty(_: object) -> Any:
        raise RuntimeError("the device is gone")

    monkeypatch.setattr(driven.session.engine, "advance", faulty)
    monkeypatch.setattr(driven.session.engine, "fail", faulty)
    driven.session.play()
    wait_until(lambda: len(driven.of(Failure)) == 1)
    driven.until("finished")
    assert driven.thread.is_alive()
    (failure,) = driven.of(Failure)
    assert "During handling of the above exception, another exception occurred" in failure.details


def test_a_fault_in_a_snapshot_is_reported(monkeypatch: pytest.MonkeyPatch, start: Start) -> None:
    driven = start()

    def faulty() -> Any:
        raise MemoryError

    monkeypatch.setattr(driven.session.engine, "snapshot", faulty)
    driven.session.request_snapshot()
    wait_until(lambda: len(driven.of(Failure)) == 1)
    assert driven.thread.is_alive()


# ------------------------------------------------------------------------------------- any sequence of commands

EDITS = st.sampled_from(
    [
        ("optimizer.lr", 0.1), ("optimizer.lr", 0.001), ("batch_size", 4), ("batch_size", "full"), ("batch_size", 9),
        ("optimizer.clip_norm", 0.3), ("regularization.l2", 0.1), ("stopping.early.patience", 3), ("epochs", 5),
        ("epochs", 40), ("epochs", 100_000), ("stopping.early.enabled", True), ("stopping.early.enabled", False),
        ("stopping.early.metric", "train_loss"), ("optimizer.gradient_noise", 0.01), ("steps", 30), ("steps", 0),
        ("stopping.criteria.validation.action", "stop"), ("optimizer.lr", -1.0), ("network.hidden", [2]), ("x", 1),
    ]
)  # fmt: skip

EXPERIMENT = small(
    network={"hidden": [5], "dropout": 0.2}, stopping={"early": {"enabled": False, "patience": 5}}, epochs=30
)


class AnySequence(RuleBasedStateMachine):
    """Random commands to a session in a thread; what it did must be replayed by its edits alone."""

    @initialize()
    def begin(self) -> None:
        self.driven = Driven(Engine(EXPERIMENT))
        self.session = self.driven.session
        self.edits = 0

    @rule()
    def play(self) -> None:
        self.session.play()

    @rule()
    def pause(self) -> None:
        self.session.pause()
        assert self.session.state != "playing"

    @rule(times=st.integers(1, 5))
    def step_once(self, times: int) -> None:
        for _ in range(times):
            self.session.step_once()

    @rule()
    def run_epoch(self) -> None:
        self.session.run_epoch()

    @rule(epoch=st.integers(0, 60))
    def run_to_epoch(self, epoch: int) -> None:
        self.session.run_to_epoch(epoch)

    @rule(edit=EDITS)
    def edit(self, edit: tuple[str, Any]) -> None:
        self.session.edit(dict([edit]))
        self.edits += 1

    @rule(limit=st.sampled_from([None, None, 200.0, 5000.0]))
    def limit_the_speed(self, limit: float | None) -> None:
        self.session.set_speed_limit(limit)

    @rule()
    def stop(self) -> None:
        self.session.stop()

    @rule()
    def ask_for_a_snapshot(self) -> None:
        had = len(self.driven.of(Snapshot))
        self.session.request_snapshot()
        wait_until(lambda: len(self.driven.of(Snapshot)) > had, "a snapshot")

    @rule()
    def wait_until_settled(self) -> None:
        def answers() -> int:
            return len([event for event in self.driven.of(Edit, Rejected) if getattr(event, "key", "") != STOP])

        wait_until(lambda: answers() == self.edits, "answers to all edits")

    @rule(milliseconds=st.integers(0, 3))
    def let_it_work(self, milliseconds: int) -> None:
        time.sleep(milliseconds / 1000)

    @invariant()
    def stands_somewhere(self) -> None:
        if hasattr(self, "session"):
            assert self.session.state in ("paused", "playing", "finished")
            assert self.driven.thread.is_alive()

    @invariant()
    def nothing_is_missing_in_the_outbox(self) -> None:
        if hasattr(self, "session"):
            step = 0
            for part in self.driven.of(Progress):
                assert part.first_step == step
                step += len(part.records)
                assert part.step == step
            assert not self.driven.of(Failure)

    def teardown(self) -> None:
        if not hasattr(self, "session"):
            return
        try:
            self.session.pause()
            self.wait_until_settled()
            self.ask_for_a_snapshot()  # whatever was asked for before it has been done
        finally:
            took = self.driven.close()
        assert took < 2
        assert self.session.state == "closed"
        self._replay()

    def _replay(self) -> None:
        engine, edits = self.session.engine, self.driven.of(Edit)
        assert edits == engine.edits
        assert [edit.step for edit in edits] == sorted(edit.step for edit in edits)
        again, parts = Engine(EXPERIMENT), []
        for edit in edits:
            while again.step < edit.step:
                parts.append(again.advance(edit.step - again.step))
            again.repeat({edit.key: edit.value})
            again.advance(0)  # an edit may end the run
        while again.step < engine.step:
            parts.append(again.advance(engine.step - again.step))
        mine = self.driven.of(Progress)
        if not mine or not parts:
            assert engine.step == 0
            return
        np.testing.assert_array_equal(collected(mine).records, collected(parts).records)
        assert reasons(engine.outcomes) == reasons(again.outcomes)


TestAnySequence = AnySequence.TestCase
TestAnySequence.settings = settings(
    max_examples=120, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(autouse=True, scope="module")
def _switch_threads_often() -> Iterator[None]:
    """Give races between the two threads a chance to show."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def test_an_epoch_asked_for_while_playing_ends_where_an_epoch_ends(start: Start) -> None:
    for _ in range(10):
        driven = start(**ENDLESS)
        driven.session.play()
        wait_until(lambda driven=driven: driven.session.engine.step > 3)
        driven.session.run_epoch()
        driven.until("paused")
        assert driven.session.engine.step % EPOCH == 0


def test_single_steps_after_a_pause_are_counted_from_there(start: Start) -> None:
    driven = start(**ENDLESS)
    driven.session.play()
    wait_until(lambda: driven.session.engine.step > 3)
    driven.session.pause()
    driven.session.step_once()
    driven.until("paused")
    before = driven.session.engine.step
    for _ in range(3):
        driven.session.step_once()
    driven.until("paused")
    assert driven.session.engine.step == before + 3


def test_changes_made_together_are_applied_together_or_not_at_all(start: Start) -> None:
    driven = start(**ENDLESS)
    session = driven.session
    two = {"stopping.criteria.loss_plateau.action": "stop", "stopping.criteria.gradient_norm.action": "stop"}
    session.edit({**two, "stopping.criteria.combine": "k", "stopping.criteria.k": 2})
    # One of the two off is valid only together with another way of combining them.
    session.edit({"stopping.criteria.gradient_norm.action": "off"})
    session.edit({"stopping.criteria.gradient_norm.action": "off", "stopping.criteria.combine": "any"})
    wait_until(lambda: len(driven.of(Edit)) == 6 and len(driven.of(Rejected)) == 1)
    assert session.engine.experiment.stopping.criteria.combine == "any"
    assert [edit.group for edit in driven.of(Edit)] == [0, 0, 0, 0, 1, 1]


# ------------------------------------------------------------------------------------------ speed limit


def steps_in(driven: Driven, seconds: float) -> int:
    before = driven.session.engine.step
    time.sleep(seconds)
    return driven.session.engine.step - before


@pytest.mark.parametrize("limit", [20.0, 400.0])
def test_a_limit_is_kept_and_the_real_speed_reported(start: Start, limit: float) -> None:
    driven = start(**ENDLESS)
    driven.session.set_speed_limit(limit)
    assert driven.session.speed_limit == limit
    driven.session.play()
    wait_until(lambda: driven.session.engine.step >= limit / 10)
    assert limit / 4 < steps_in(driven, 0.5) < limit * 0.6  # fewer on a computer that is kept busy, never more
    assert limit / 2 < driven.session.steps_per_second <= limit
    parts = [len(part.records) for part in driven.of(Progress) if len(part.records)]
    assert max(parts) == max(1, int(limit / 30))


def test_a_limit_changes_nothing_that_is_computed(start: Start) -> None:
    free, slow = start(), start()
    free.session.play()
    free.until("finished")
    slow.session.set_speed_limit(150.0)
    slow.session.play()
    wait_until(lambda: slow.session.engine.step > 8)
    slow.session.set_speed_limit(300.0)
    slow.until("finished")
    mine, other = collected(slow.of(Progress)), collected(free.of(Progress))
    np.testing.assert_array_equal(mine.records, other.records)
    assert [record.step for record in mine.evaluations] == [record.step for record in other.evaluations]


def test_everything_is_answered_at_once_while_it_waits(start: Start) -> None:
    driven = start(**ENDLESS)
    session = driven.session
    session.set_speed_limit(1.0)
    session.play()
    wait_until(lambda: session.engine.step == 1)
    asked = time.monotonic()
    session.request_snapshot()
    wait_until(lambda: len(driven.of(Snapshot)) == 1)
    session.edit({"optimizer.lr": 0.5})
    wait_until(lambda: len(driven.of(Edit)) == 1)
    session.run_to_epoch(0)  # the past
    session.pause()
    assert session.state == "paused"
    session.play()
    session.stop()
    driven.until("finished")
    assert driven.close() < 0.3
    assert session.engine.step == 1
    assert time.monotonic() - asked < 0.6


def test_a_limit_lifted_while_it_waits_is_lifted_at_once(start: Start) -> None:
    driven = start(**ENDLESS)
    driven.session.set_speed_limit(1.0)
    driven.session.play()
    wait_until(lambda: driven.session.engine.step == 1)
    lifted = time.monotonic()
    driven.session.set_speed_limit(None)
    wait_until(lambda: driven.session.engine.step > 20)
    assert time.monotonic() - lifted < 0.5
    assert driven.session.speed_limit is None
    wait_until(lambda: driven.session.steps_per_second > 100)


def test_single_steps_and_epochs_keep_the_limit(start: Start) -> None:
    driven = start()
    driven.session.set_speed_limit(20.0)
    began = time.monotonic()
    for _ in range(3):
        driven.session.step_once()
    driven.until("paused")
    assert time.monotonic() - began > 2 / 20
    driven.session.run_epoch()
    driven.until("paused")
    assert driven.session.engine.step == EPOCH
    assert time.monotonic() - began > 3 / 20


def test_waiting_takes_no_processor_time(start: Start) -> None:
    driven = start(**ENDLESS)
    driven.session.set_speed_limit(1.0)
    driven.session.play()
    wait_until(lambda: driven.session.engine.step == 1)
    began = time.process_time()
    time.sleep(0.3)
    assert time.process_time() - began < 0.15


def test_a_limit_below_one_is_refused(start: Start) -> None:
    session = start().session
    with pytest.raises(ValueError, match="steps per second"):
        session.set_speed_limit(0.0)
    assert session.speed_limit is None
