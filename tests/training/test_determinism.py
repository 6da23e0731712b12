"""A run is experiment + edits: bit for bit the same however it is cut into chunks, paused, saved and gone back to."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.runs import Run, assert_same_run, collected, reasons, small, trained, weights_of
from training.engine import Engine
from training.experiment import Experiment
from training.progress import Edit, Progress
from training.randomness import Purpose, generator
from training.session import Session

# Everything that remembers something from step to step, at once: dropout, noise, batch norm, a plateau schedule.
EVERYTHING: dict[str, Any] = {
    "network": {"hidden": [7, 5], "normalization": "batch", "dropout": 0.3, "skip_every": 1},
    "optimizer": {"method": "rmsprop", "lr": 0.02, "momentum": 0.5, "gradient_noise": 0.01, "clip_norm": 1.0},
    "schedule": {"kind": "plateau", "patience": 0, "factor": 0.7, "warmup": 1.0},
    "regularization": {"l2": 0.01},
    "stopping": {"early": {"enabled": True, "patience": 4}},
    "epochs": 12,
}
EXPERIMENTS: dict[str, Experiment] = {
    "plain": small(),
    "single precision": small(dtype="float32"),
    "everything": small(**EVERYTHING),
    "population": small(**EVERYTHING, replicas=3),
    "evaluated between epochs": small(evaluation={"every": 3, "unit": "step"}),
    "full batch": small(batch_size="full", epochs=30),
}
each_experiment = pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=EXPERIMENTS)


def in_chunks(engine: Engine, sizes: list[int]) -> Run:
    parts: list[Progress] = []
    for index in range(10_000):
        parts.append(engine.advance(sizes[index % len(sizes)]))
        if engine.finished:
            return collected(parts)
    raise AssertionError("the run does not end")


@each_experiment
def test_in_a_plain_loop_twice(experiment: Experiment) -> None:
    first = collected(Engine(experiment).train())
    assert_same_run(collected(Engine(experiment).train()), first)
    other = experiment.model_copy(update={"seed": 100})
    assert not np.array_equal(collected(Engine(other).train()).records[:4], first.records[:4])


@each_experiment
@given(sizes=st.lists(st.integers(0, 20), min_size=1, max_size=6).filter(any))
@settings(max_examples=8)
def test_in_any_chunks(experiment: Experiment, sizes: list[int]) -> None:
    assert_same_run(in_chunks(Engine(experiment), sizes), trained(Engine(experiment)))


@each_experiment
def test_looking_for_bad_values_at_the_end_of_chunks_is_the_same(experiment: Experiment) -> None:
    assert_same_run(in_chunks(Engine(experiment, watch_every_step=False), [5, 1, 30]), trained(Engine(experiment)))


def test_nothing_outside_has_a_say() -> None:
    """Neither the global generators nor another engine change a run, nor does a run change them."""
    expected = trained(Engine(EXPERIMENTS["everything"]))
    engine, other = Engine(EXPERIMENTS["everything"]), Engine(small(seed=5, network={"hidden": [3], "dropout": 0.5}))
    torch.manual_seed(1)
    np.random.seed(1)
    before = torch.random.get_rng_state(), np.random.get_state()[1].copy()
    parts = []
    while not engine.finished:
        parts.append(engine.advance(3))
        other.advance(1)
        engine.snapshot().predict(engine.data.x_val)
    assert_same_run(collected(parts), expected)
    assert torch.equal(torch.random.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])


def test_one_choice_changed_leaves_the_other_draws_alone() -> None:
    plain = Engine(small())
    dropped = Engine(small(network__dropout=0.5))
    assert np.array_equal(weights_of(plain), weights_of(dropped))
    noisy = trained(Engine(small(optimizer__gradient_noise=1e-30)))
    np.testing.assert_allclose(noisy.records, trained(plain).records, rtol=1e-9)


def test_every_purpose_and_seed_has_a_stream_of_its_own() -> None:
    purposes: tuple[Purpose, ...] = ("initialization", "batches", "dropout", "gradient noise")
    draws = {
        (seed, purpose): tuple(torch.randint(2**40, (4,), generator=generator(seed, purpose)).tolist())
        for seed in (0, 1, 2, 2**31 - 1)
        for purpose in purposes
    }
    assert len(set(draws.values())) == len(draws)
    again = torch.randint(2**40, (4,), generator=generator(1, "dropout"))
    assert tuple(again.tolist()) == draws[1, "dropout"]


# --------------------------------------------------------------------------------------------- in a thread


def drained(session: Session) -> list[Any]:
    return [session.outbox.popleft() for _ in range(len(session.outbox))]


@each_experiment
def test_in_a_thread_with_random_pauses(experiment: Experiment) -> None:
    expected = trained(Engine(experiment))
    session = Session(Engine(experiment))
    thread = threading.Thread(target=session.run)
    thread.start()
    random = np.random.default_rng(1)
    deadline = time.monotonic() + 20
    while session.state != "finished":
        assert time.monotonic() < deadline
        command = random.choice(["play", "pause", "step_once", "run_epoch", "request_snapshot"])
        getattr(session, command)()
        time.sleep(random.uniform(0, 0.003))
    session.close()
    thread.join(2)
    assert not thread.is_alive()
    assert_same_run(collected([event for event in drained(session) if isinstance(event, Progress)]), expected)


# --------------------------------------------------------------------------------------------------- edits

# Of every kind, at the start, within an epoch, at its end, several at one step.
EDITS = [
    Edit(0, "stopping.early.burn_in", 2),
    Edit(0, "optimizer.lr", 0.05),
    Edit(3, "batch_size", 5),
    Edit(3, "optimizer.gradient_noise", 0.1),
    Edit(8, "optimizer.clip_value", 0.02),
    Edit(11, "stopping.early.metric", "train_loss"),
    Edit(11, "regularization.l1", 0.02),
    Edit(17, "optimizer.gradient_noise", 0.0),
    Edit(20, "stopping.early.patience", 2),
    Edit(25, "batch_size", "full"),
    Edit(27, "stopping.criteria.validation.action", "stop"),
]


def edited_by_hand(experiment: Experiment, edits: list[Edit], *, evaluate_first: bool = False) -> tuple[Engine, Run]:
    engine = Engine(experiment)
    parts = [engine.advance(0)] if evaluate_first else []
    for edit in edits:
        while engine.step < edit.step and not engine.finished:
            parts.append(engine.advance(edit.step - engine.step))
        engine.edit({edit.key: edit.value})
    while not engine.finished:
        parts.append(engine.advance(50))
    return engine, collected(parts)


@each_experiment
@pytest.mark.parametrize("evaluate_first", [False, True])
def test_edits_are_replayed_exactly(experiment: Experiment, evaluate_first: bool) -> None:
    engine, expected = edited_by_hand(experiment, EDITS, evaluate_first=evaluate_first)
    assert engine.edits
    replayed = Engine(experiment)
    assert_same_run(collected(replayed.train(edits=engine.edits)), expected)
    assert replayed.edits == engine.edits
    assert replayed.experiments == engine.experiments
    unwatched = Engine(experiment, watch_every_step=False)
    assert_same_run(collected(unwatched.train(edits=reversed(engine.edits[-1:]))), collected(
        Engine(experiment).train(edits=engine.edits[-1:])
    ))


def play_to_epoch(session: Session, last: int) -> None:
    """Play until a run that may have to be given the last epochs has ended with them; it waits after that."""
    deadline = time.monotonic() + 30
    while session.state != "finished" or session.engine.epoch < last:
        assert time.monotonic() < deadline
        if session.state == "paused":
            session.play()
        time.sleep(0.005)


def test_edits_made_through_a_session_are_replayed_exactly() -> None:
    experiment = small(**{**EVERYTHING, "epochs": 400, "stopping": {"early": {"enabled": True, "patience": 500}}})
    session = Session(Engine(experiment))
    thread = threading.Thread(target=session.run)
    session.edit({"stopping.early.burn_in": 1})
    session.edit({"optimizer.lr": 0.03})
    thread.start()
    random = np.random.default_rng(2)
    session.play()
    for edit in EDITS[1:6]:
        time.sleep(random.uniform(0, 0.01))
        session.edit({edit.key: edit.value})
    session.edit({"epochs": 420})
    play_to_epoch(session, 420)
    session.edit({"epochs": 440})
    play_to_epoch(session, 440)
    session.close()
    thread.join(2)
    events = drained(session)
    edits = [event for event in events if isinstance(event, Edit)]
    assert edits == session.engine.edits
    assert len(edits) == 9
    expected = collected([event for event in events if isinstance(event, Progress)])
    assert_same_run(collected(Engine(experiment).train(edits=edits)), expected)


# ------------------------------------------------------------------------------------------ saved and resumed


@each_experiment
@pytest.mark.parametrize("at", [0, 1, 6, 8])
@pytest.mark.parametrize("watch", [True, False])
def test_going_on_from_a_saved_state(experiment: Experiment, at: int, watch: bool) -> None:
    whole = trained(Engine(experiment))
    engine = Engine(experiment, watch_every_step=watch)
    while engine.step < at:
        engine.advance(at - engine.step)
    state = engine.state()
    first = trained(engine)
    engine.load_state(state)
    assert engine.step == at
    assert_same_run(trained(engine), first)
    fresh = Engine(experiment)
    fresh.load_state(state)
    again = trained(fresh)
    assert_same_run(again, first)
    np.testing.assert_array_equal(again.records, whole.records[at:])
    assert repr(again.outcomes) == repr(whole.outcomes)
    assert np.array_equal(fresh.snapshot().params, engine.snapshot().params)


def test_going_back_before_edits_and_forward_again() -> None:
    experiment = EXPERIMENTS["everything"]
    engine = Engine(experiment)
    engine.advance(9)
    before = engine.state()
    for edit in EDITS:
        engine.edit({edit.key: edit.value})
    engine.advance(4)
    after = engine.state()
    edited = trained(engine)
    engine.load_state(before)
    assert engine.experiment == experiment
    assert not engine.edits
    unedited = trained(engine)
    straight = Engine(experiment)
    straight.advance(9)
    assert_same_run(unedited, trained(straight))
    engine.load_state(after)
    assert len(engine.edits) == len(EDITS)
    assert_same_run(trained(engine), edited)


def test_a_saved_state_is_not_changed_by_going_on() -> None:
    engine = Engine(EXPERIMENTS["everything"])
    engine.advance(5)
    state = engine.state()
    first = engine.advance(6).records
    for _ in range(2):
        engine.load_state(state)
        assert np.array_equal(engine.advance(6).records, first)


# -------------------------------------------------------------------------------------------------- extending


@pytest.mark.parametrize("name", ["plain", "single precision", "everything", "population"])
def test_extending_a_finished_run_is_the_longer_run(name: str) -> None:
    experiment = EXPERIMENTS[name].model_copy(update={"stopping": small().stopping})
    longer = experiment.model_copy(update={"epochs": experiment.epochs + 5})
    expected = trained(Engine(longer))
    engine = Engine(experiment)
    first = trained(engine)
    assert set(reasons(first.outcomes)) == {"completed"}
    engine.edit({"epochs": longer.epochs})
    assert not engine.finished
    second = trained(engine)
    joined = Run(
        np.concatenate([first.records, second.records]), first.evaluations + second.evaluations, second.outcomes
    )
    assert_same_run(joined, expected)


def test_extending_a_run_that_stopped_early() -> None:
    data = {"dataset": "moons", "samples": 43, "held_out": 0.3, "noise": 2.0}
    early = {"enabled": True, "patience": 4}
    impatient = small(data=data, batch_size="full", epochs=200, stopping={"early": early})
    patient = small(data=data, batch_size="full", epochs=200, stopping={"early": {**early, "patience": 25}})
    engine = Engine(impatient)
    first = trained(engine)
    assert reasons(first.outcomes) == ["early_stopped"]
    engine.edit({"stopping.early.patience": 25})
    second = trained(engine)
    expected = trained(Engine(patient))
    np.testing.assert_array_equal(np.concatenate([first.records, second.records]), expected.records)
    assert repr(second.outcomes) == repr(expected.outcomes)


def test_a_run_stopped_by_the_user_goes_on_when_made_longer() -> None:
    longer = small().epochs + 5
    expected = trained(Engine(small(epochs=longer)))
    engine = Engine(small())
    parts = [engine.advance(10)]
    engine.stop()
    engine.edit({"optimizer.lr": small().optimizer.lr})
    assert engine.finished, "another rate is no reason to go on"
    engine.edit({"epochs": longer})
    while not engine.finished:
        parts.append(engine.advance(7))
    assert_same_run(collected(parts), expected)


def test_an_edit_that_changes_nothing_about_the_end_leaves_an_early_stop_alone() -> None:
    engine = Engine(small(stopping={"early": {"patience": 1}}, optimizer__lr=0.0, epochs=50))
    (outcome,) = trained(engine).outcomes
    assert outcome is not None
    assert outcome.reason == "early_stopped"
    engine.edit({"optimizer.lr": 0.01})
    assert engine.outcomes == [outcome]
    engine.edit({"stopping.early.patience": 9})
    assert engine.outcomes == [None]


@pytest.mark.parametrize("schedule", [{"kind": "plateau", "patience": 0}, {"kind": "constant"}])
def test_extending_a_run_that_ended_between_evaluations_goes_on_exactly(schedule: dict[str, Any]) -> None:
    settings: dict[str, Any] = {
        "schedule": schedule, "evaluation": {"every": 7}, "stopping": {"early": {"patience": 6}},
    }  # fmt: skip
    longer = Engine(small(**settings, epochs=60))
    whole = trained(longer)
    engine = Engine(small(**settings, epochs=20))
    parts = list(engine.train())
    engine.edit({"epochs": 60})
    parts.extend(engine.train())
    np.testing.assert_array_equal(collected(parts).records, whole.records)
    assert [outcome.message for outcome in engine.outcomes if outcome] == [
        outcome.message for outcome in longer.outcomes if outcome
    ]


def test_the_rate_of_an_evaluation_is_that_of_the_last_step() -> None:
    impatient = {"kind": "plateau", "patience": 0, "threshold": 0.5}
    run = trained(Engine(small(schedule=impatient, epochs=30)))
    rates = run.records[:, :, 1]
    assert len(np.unique(rates)) > 1, "the schedule never acted"
    for record in run.evaluations:
        if record.step:
            np.testing.assert_array_equal(record.lr, rates[record.step - 1])


def test_replicas_drop_different_units() -> None:
    engine = Engine(small(network={"hidden": [64], "dropout": 0.5}, replicas=2))
    engine.advance(1)
    mask = engine.network.blocks[0].mask
    assert mask is not None
    assert not torch.equal(mask[0], mask[1])
