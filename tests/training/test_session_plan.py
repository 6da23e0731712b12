"""Changes planned beforehand: made exactly at their step, however the run is driven there."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.training.runs import collected, reasons, small
from training.engine import Engine
from training.progress import STOP, Edit, Progress
from training.race import Entry, prepare
from training.scenarios.scenario import ScriptedEdit
from training.scenarios.script import Script, follow
from training.session import Rejected, Session

DRIVES: dict[str, Callable[[Session[Engine]], None]] = {
    "at once": lambda session: session.play(),
    "by single steps": lambda session: [session.step_once() for _ in range(6)] and session.play(),
    "by epochs": lambda session: (session.run_epoch(), session.run_to_epoch(5), session.play()),  # type: ignore[func-returns-value]
}
PLANS = {
    "a rate": [Edit(3, "optimizer.lr", 0.5, 0)],
    "at the very start": [Edit(0, "optimizer.lr", 0.003, 0)],
    "two together, then the batch": [
        Edit(6, "optimizer.lr", 0.1, 0), Edit(6, "optimizer.clip_norm", 0.5, 0), Edit(9, "batch_size", 5, 1),
    ],
    "longer, once it has ended": [Edit(32, "epochs", 11, 0)],
    "the end": [Edit(13, STOP, True, 0)],
}  # fmt: skip


def driven(session: Session[Engine], drive: Callable[[Session[Engine]], None], ended: Callable[[], bool]) -> list[Any]:
    thread = threading.Thread(target=session.run, daemon=True)
    thread.start()
    drive(session)
    for _ in range(2_000):
        if ended() and session.state == "finished":
            break
        thread.join(0.005)
        if session.state == "paused":  # a goal on the way has been reached
            session.play()
    session.close()
    thread.join(10)
    assert not thread.is_alive()
    return list(session.outbox)


@pytest.mark.parametrize(("plan", "drive"), list(itertools.product(PLANS, DRIVES)))
def test_planned_changes_are_those_of_a_run_with_the_edits(plan: str, drive: str) -> None:
    expected = Engine(small())
    records = collected(list(expected.train(PLANS[plan]))).records
    session = Session(Engine(small()))
    session.plan(Script.of_edits(PLANS[plan]))
    events = driven(session, DRIVES[drive], lambda: session.engine.step == expected.step)
    np.testing.assert_array_equal(collected([e for e in events if isinstance(e, Progress)]).records, records)
    assert session.engine.edits == expected.edits
    assert [event for event in events if isinstance(event, Edit)] == expected.edits
    assert reasons(session.engine.outcomes) == reasons(expected.outcomes)


def test_two_planned_changes_at_one_step_are_made_one_by_one_as_everywhere() -> None:
    plan = [Edit(6, "epochs", 1, 0), Edit(6, "epochs", 8, 1)]  # the first ends the run, and it is looked at there
    alone = Engine(small())
    looked_at = [each.step for part in follow(alone, Script.of_edits(plan)) for each in part.evaluations]
    session = Session(Engine(small()))
    session.plan(Script.of_edits(plan))
    events = driven(session, DRIVES["at once"], lambda: session.engine.step == alone.step)
    assert [each.step for event in events if isinstance(event, Progress) for each in event.evaluations] == looked_at
    race = prepare([Entry("a", "A", small(), plan), Entry("b", "B", small(seed=2))])
    parts = []
    while not race.finished:
        parts.append(race.advance(5).parts[0])
    assert [each.step for part in parts for each in part.evaluations] == looked_at
    assert [each.step for part in Engine(small()).train(plan) for each in part.evaluations] == looked_at
    assert 6 in looked_at


def test_what_cannot_be_changed_is_told_and_the_run_goes_on() -> None:
    session = Session(Engine(small()))
    planned = (ScriptedEdit(at="epoch 2", changes={"network.hidden": [3]}),
               ScriptedEdit(at="epoch 2", changes={"optimizer.lr": 0.1}))  # fmt: skip
    session.plan(Script.of_scenario(planned))
    events = driven(session, DRIVES["at once"], lambda: session.engine.finished)
    assert len([event for event in events if isinstance(event, Rejected)]) == 1
    assert [(event.step, event.key) for event in events if isinstance(event, Edit)] == [(8, "optimizer.lr")]
