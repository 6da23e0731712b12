"""Races: each run is what it would be alone, they keep step, and the first difference is where it is."""

from __future__ import annotations

import math
import struct
import threading
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.runs import Run, assert_same_run, collected, reasons, small, weights_of
from training import race as races
from training.engine import Engine
from training.errors import InputError
from training.experiment import Experiment
from training.progress import STOP, Edit
from training.race import Entry, Race, RaceProgress, RaceResult, prepare
from training.scenarios.scenario import ScriptedEdit
from training.session import Rejected, Session

SAMPLES = 30  # of `small`, for training


def entry(name: str, *edits: ScriptedEdit | Edit, **changes: Any) -> Entry:
    return Entry(name, name.title(), small(**changes), edits)


def at(moment: str, **changes: Any) -> ScriptedEdit:
    return ScriptedEdit(at=moment, changes={key.replace("__", "."): value for key, value in changes.items()})


def run_out(race: Race, chunks: list[int] | None = None) -> list[RaceProgress]:
    """Race to the end, in chunks of the lengths given again and again."""
    chunks = chunks or [7]
    found = [race.advance(0)]
    while not race.finished:
        found.append(race.advance(chunks[len(found) % len(chunks)]))
    return found


def run_of(found: list[RaceProgress], index: int) -> Run:
    return collected(progress.parts[index] for progress in found)


def alone(experiment: Experiment, *edits: Edit) -> Run:
    engine = Engine(experiment)
    return collected([engine.advance(0), *engine.train(edits)])


DIFFERENT: list[dict[str, Any]] = [
    {},
    {"optimizer__lr": 0.3},
    {"batch_size": 5},
    {"batch_size": 30},
    {"network__hidden": (4,)},
    {"network__normalization": "batch"},
    {"network__dropout": 0.2},
    {"network__initialization": {"scheme": "he_normal"}},
    {"optimizer": {"method": "sgd", "lr": 1e9}},
    {"regularization__l2": 0.01},
    {"seed": 5},
    {"dtype": "float32"},
    {"epochs": 3},
    {"steps": 9},
    {"stopping__early": {"enabled": True, "patience": 1}},
    {"data__noise": 0.1},
]


@settings(max_examples=15)
@given(
    changes=st.lists(st.sampled_from(DIFFERENT), min_size=2, max_size=3),
    chunks=st.lists(st.integers(1, 13), min_size=1, max_size=3),
    edited_at=st.integers(0, 4),
)
def test_each_is_what_it_would_be_alone(changes: list[dict[str, Any]], chunks: list[int], edited_at: int) -> None:
    scripted = at(f"epoch {edited_at}", optimizer__lr=0.001)
    race = prepare([entry(f"run{index}", scripted, **change) for index, change in enumerate(changes)])
    found = run_out(race, chunks)
    runs = []
    for index, change in enumerate(changes):
        experiment = small(**change)
        steps = edited_at * math.ceil(SAMPLES / experiment.batch_size)
        expected = alone(experiment, Edit(steps, "optimizer.lr", 0.001))
        runs.append(expected)
        assert_same_run(run_of(found, index), expected)
        engine = Engine(experiment)
        for _ in engine.train([Edit(steps, "optimizer.lr", 0.001)]):
            pass
        np.testing.assert_array_equal(weights_of(race.entrants[index].engine), weights_of(engine))
    assert found[-1].differences[1] == (0 if race.entrants[1].likeness.start != "same" else first_different(*runs[:2]))


def first_different(one: Run, other: Run) -> int | None:
    """Return the first step at which two runs of networks of one depth differ, byte by byte."""
    layers = (one.records.shape[2] - 4) // 3
    for step, (a, b) in enumerate(zip(one.records[:, 0], other.records[:, 0], strict=False), start=1):
        told = [(row[0], row[2], *row[4 : 4 + 2 * layers]) for row in (a, b)]
        if struct.pack(f"{len(told[0])}d", *told[0]) != struct.pack(f"{len(told[1])}d", *told[1]):
            return step
    return None


def test_they_keep_step_and_one_that_has_ended_stays() -> None:
    race = prepare([entry("long"), entry("short", epochs=2), entry("large", batch_size=30)])
    for progress in run_out(race, [3]):
        running = {part.step for part in progress.parts if not part.finished}
        assert running <= {progress.step}
    assert [entrant.engine.step for entrant in race.entrants] == [32, 8, 8]
    assert race.step == 32
    assert race.epoch == 8


def test_the_clock_is_the_first_that_still_runs() -> None:
    race = prepare([entry("short", epochs=1), entry("small", batch_size=3)])
    race.advance(2)
    assert (race.epoch, race.steps_left_in_epoch) == (16 / 30, 2)
    race.advance(3)
    assert (race.epoch, race.steps_left_in_epoch) == (15 / 30, 5)


def test_edits_at_a_step_and_at_an_epoch_are_made_in_each_at_its_own_moment() -> None:
    edits = (at("epoch 2", optimizer__lr=0.5), at("step 3", optimizer__lr=0.1, batch_size=10))
    race = prepare([entry("one", *edits), entry("two", *edits, batch_size=30)])
    made: dict[int, list[Edit]] = {0: [], 1: []}
    for progress in run_out(race, [5]):
        for index, edited in enumerate(progress.edits):
            made[index].extend(edited)
    assert [(edit.step, edit.key, edit.group) for edit in made[0]] == [
        (3, "optimizer.lr", 0), (3, "batch_size", 0),
        (7, "optimizer.lr", 1),  # 3 batches of 8, one of 6; then 3 of 10
    ]  # fmt: skip
    assert [(edit.step, edit.key) for edit in made[1]] == [
        (2, "optimizer.lr"), (3, "optimizer.lr"), (3, "batch_size"),
    ]  # fmt: skip
    assert race.entrants[0].engine.edits == made[0]


def test_an_edit_at_the_end_lets_a_run_go_on() -> None:
    race = prepare([entry("one", at("epoch 2", epochs=4), epochs=2), entry("two", epochs=2)])
    found = run_out(race, [100])
    assert [entrant.engine.step for entrant in race.entrants] == [16, 8]
    assert_same_run(run_of(found, 0), alone(small(epochs=2), Edit(8, "epochs", 4)))


def test_recorded_edits_are_made_again_with_the_stop() -> None:
    race = prepare([entry("one", Edit(5, "optimizer.lr", 0.5, 0), Edit(9, STOP, True, 1)), entry("two")])
    run_out(race)
    assert [entrant.engine.step for entrant in race.entrants] == [9, 32]
    assert reasons(race.entrants[0].engine.outcomes) == ["stopped"]


def test_a_scripted_change_that_cannot_be_made_ends_its_run_only() -> None:
    race = prepare([entry("one", at("step 3", network__activation="relu")), entry("two")])
    run_out(race)
    outcome = race.entrants[0].engine.outcomes[0]
    assert outcome is not None
    assert (outcome.reason, outcome.step) == ("failed", 3)
    assert "network.activation" in outcome.message
    assert reasons(race.entrants[1].engine.outcomes) == ["completed"]


# ------------------------------------------------------------------------------------- differences


def difference(*changes: dict[str, Any], edits: tuple[ScriptedEdit, ...] = ()) -> int | None:
    base, *others = changes
    race = prepare([entry("base", **base), *(entry(f"v{i}", *edits, **other) for i, other in enumerate(others))])
    return run_out(race)[-1].differences[1]


@pytest.mark.parametrize(
    ("change", "step"),
    [
        ({}, None),
        ({"notes": "other"}, None),
        ({"epochs": 3}, None),
        ({"optimizer__lr": 0.3}, 2),  # the first batch meets the same weights
        ({"batch_size": 5}, 1),
        ({"network__activation": "sigmoid"}, 1),
        ({"regularization__l2": 0.01}, 1),
        ({"data__noise": 0.1}, 1),
        ({"network__initialization": {"scheme": "he_normal"}}, 0),
        ({"network__hidden": (7, 5, 5)}, 0),
        ({"seed": 7}, 0),
    ],
)
def test_where_the_first_difference_is(change: dict[str, Any], step: int | None) -> None:
    assert difference({}, change) == step


@settings(max_examples=8)
@given(st.integers(0, 31))
def test_the_first_difference_comes_with_the_step_after_an_edit(step: int) -> None:
    expected = step + 2 if step + 2 <= 32 else None  # the step at which the rate first counts meets the old weights
    assert difference({}, {}, edits=(at(f"step {step}", optimizer__lr=0.3),)) == expected


@pytest.mark.parametrize(
    ("change", "data", "order", "start"),
    [
        ({}, True, "same", "same"),
        ({"optimizer__lr": 0.3}, True, "same", "same"),
        ({"batch_size": 5}, True, "other size", "same"),
        ({"network__initialization": {"scheme": "he_normal"}}, True, "same", "other weights"),
        ({"network__initialization": {"gain": 2.0}}, True, "same", "other weights"),
        ({"network__hidden": (7,)}, True, "same", "other network"),
        ({"network__activation": "relu"}, True, "same", "same"),
        ({"seed": 7}, True, "other", "other weights"),
        ({"data__noise": 0.1}, False, "same", "same"),
        ({"data__seed": 4}, False, "same", "same"),
        ({"data__samples": 53}, False, "other", "same"),
        ({"dtype": "float32"}, True, "same", "other weights"),
    ],
)
def test_what_two_runs_have_in_common(change: dict[str, Any], data: bool, order: str, start: str) -> None:
    found = prepare([entry("base"), entry("other", **change)]).entrants[1].likeness
    assert (found.same_data, found.order, found.start) == (data, order, start)


def test_full_batches_have_no_order() -> None:
    race = prepare([entry("base", batch_size=30), entry("other", batch_size=30, seed=7)])
    assert race.entrants[1].likeness.order == "same"


# ------------------------------------------------------------------------------------- preparing


def test_data_are_loaded_once_for_all_that_share_them(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[Any] = []
    load = races.load_prepared

    def counting(data: Any, **rest: Any) -> Any:
        loaded.append(data)
        return load(data, **rest)

    monkeypatch.setattr(races, "load_prepared", counting)
    race = prepare([entry("a"), entry("b", optimizer__lr=0.3), entry("c", data__noise=0.1)])
    assert [data.noise for data in loaded] == [0.5, 0.1]
    assert race.entrants[0].engine.data is race.entrants[1].engine.data


def test_replicas_race_as_one() -> None:
    race = prepare([entry("a", replicas=4), entry("b")])
    assert race.entrants[0].engine.replicas == 1
    assert race.entrants[1].difference is None


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([entry("a")], "1 run cannot race (allowed: 2 to 8 runs)"),
        ([entry(f"r{i}") for i in range(9)], "9 runs cannot race"),
        ([entry("a"), entry("a")], "two runs of a race have the name “a”"),
        ([entry("a"), entry("b", data={"dataset": "csv", "path": "no_such.csv", "target": "y"})], "“B” cannot run: "),
    ],
)
def test_what_cannot_race_is_refused_in_words(entries: list[Entry], words: str) -> None:
    with pytest.raises(InputError, match=r"\w") as error:
        prepare(entries)
    assert words in error.value.message()


# ------------------------------------------------------------------------------------- a session


def driven(session: Session[Race], until: Any) -> list[Any]:
    thread = threading.Thread(target=session.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.0005)
    session.close()
    thread.join(5)
    assert not thread.is_alive()
    return list(session.outbox)


def test_a_session_drives_a_race() -> None:
    session = Session(prepare([entry("a"), entry("b", batch_size=5)]))
    session.step_once()
    session.edit({"optimizer.lr": 1.0})
    events = driven(session, lambda: session.state == "paused" and session.engine.step == 1)
    assert [type(event) for event in events] == [Rejected, RaceProgress]


def test_the_result_of_a_race_tells_of_every_run() -> None:
    session = Session(prepare([entry("a"), entry("b", epochs=2)]))
    while not session.engine.finished:
        session.engine.advance(100)
    session.request_result()
    result = driven(session, lambda: session.outbox)[0]
    assert isinstance(result, RaceResult)
    assert [len(record.steps) for record in result.records.values()] == [32, 8]
    assert result.results["b"].outcomes[0].reason == "completed"


def test_stopping_a_race_stops_every_run() -> None:
    race = prepare([entry("a"), entry("b", epochs=1)])
    race.advance(6)
    assert race.stop() == ()
    last = race.advance(0)
    assert last.finished
    assert reasons([part.outcomes[0] for part in last.parts]) == ["stopped", "completed"]
    assert [[edit.key for edit in edits] for edits in last.edits] == [[STOP], []]
    race.fail("the computer is on fire")
    assert race.advance(5).steps_done == 0


def test_a_race_too_long_to_keep_every_step_keeps_no_records() -> None:
    race = prepare([entry("a", epochs=1_000_000), entry("b", epochs=1_000_000)])
    race.advance(3)
    assert race.result().records == {}
    assert set(race.snapshot().snapshots) == {"a", "b"}
