"""Instruments beside a run: they never change it, keep to their budget, and read at the moments they should."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from tests.training.runs import REGRESSION, assert_same_run, collected, reasons, small, trained
from training.engine import Engine
from training.instruments import instruments as module
from training.instruments.catalog import INSTRUMENTS, standard_instruments
from training.instruments.instrument import Reading
from training.instruments.instruments import COLD, Instruments
from training.instruments.log import InstrumentLog
from training.progress import Progress

MEASURED = [name for name, row in INSTRUMENTS.items() if not row.recorded]

RUNS: dict[str, dict[str, Any]] = {
    "plain": {},
    "regression": REGRESSION,
    "batch norm": {"network": {"hidden": [7, 5], "normalization": "batch", "activation": "relu"}},
    "dropout": {"network": {"hidden": [7, 5], "dropout": 0.3, "activation": "sigmoid"}},
    "skip": {"network": {"hidden": [7, 5, 6, 4], "skip_every": 2, "normalization": "layer"}},
    "no hidden layer": {"network": {"hidden": []}, "batch_size": "full"},
    "noisy, clipped, penalized": {
        "optimizer": {"method": "momentum", "gradient_noise": 0.01, "clip_norm": 0.5, "lr": 0.05},
        "regularization": {"l1": 0.01, "l2": 0.01},
    },
    "replicas": {"replicas": 3, "network": {"hidden": [5], "dropout": 0.2}},
    "single precision": {"dtype": "float32"},
    "diverges": {"optimizer": {"method": "sgd", "lr": 1e30}, **REGRESSION},
}  # fmt: skip


def measured(instruments: Instruments, engine: Engine, *, chunk: int = 7) -> Iterator[Progress]:
    """Train to the end, cutting the steps where the instruments want."""
    progress = engine.advance(0)
    instruments.follow(progress)
    yield progress
    while not engine.finished:
        progress = engine.advance(int(min(chunk, instruments.steps_until_next())))
        instruments.follow(progress)
        yield progress


@pytest.mark.parametrize("share", [None, 50.0], ids=["grid", "budget"])
@pytest.mark.parametrize("name", RUNS)
def test_the_run_is_the_same_bit_for_bit(name: str, share: float | None) -> None:
    without, watched = Engine(small(**RUNS[name])), Engine(small(**RUNS[name]))
    instruments = Instruments(watched, MEASURED, share=share, every=5)
    before = torch.get_rng_state(), np.random.get_state()[1].tobytes()  # type: ignore[index, union-attr]
    assert_same_run(collected(measured(instruments, watched)), trained(without))
    assert torch.equal(watched.network.params, without.network.params)
    assert torch.equal(watched.network.statistics, without.network.statistics)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.random.get_state()[1].tobytes() == before[1]  # type: ignore[index, union-attr]
    assert not instruments.failures
    assert {reading.name for reading in instruments.outbox} == set(MEASURED)


@pytest.mark.parametrize("name", RUNS)
def test_every_reading_has_its_columns(name: str) -> None:
    engine = Engine(small(**RUNS[name]))
    instruments = Instruments(engine, MEASURED, share=None, every=9)
    list(measured(instruments, engine))
    for reading in instruments.outbox:
        columns = INSTRUMENTS[reading.name].columns(engine.architecture)
        assert reading.values.shape == (len(columns),)
        assert reading.values.dtype == np.float64
        assert len(set(columns)) == len(columns)
        assert all(column.replace("_", "").replace(".", "").isalnum() and column.islower() for column in columns)


def test_without_a_budget_the_moments_are_those_of_the_grid_and_the_readings_the_same_each_time() -> None:
    found = []
    for chunk in (7, 1000):
        engine = Engine(small())
        instruments = Instruments(engine, share=None, every=6)
        list(measured(instruments, engine, chunk=chunk))
        found.append(instruments)
    names = standard_instruments(engine.architecture)
    steps = [*range(0, engine.step, 6), engine.step]
    assert engine.step % 6  # so that the end is a moment of its own
    assert [(reading.step, reading.name) for reading in found[0].outbox] == [(s, n) for s in steps for n in names]
    for one, other in zip(found[0].outbox, found[1].outbox, strict=True):
        assert (one.name, one.step, one.epoch) == (other.name, other.step, other.epoch)
        np.testing.assert_array_equal(one.values, other.values)
    assert found[0].share is None


class Clock:
    """A clock that is moved by hand: a step takes a millisecond (nothing is trained), a reading what `costs` says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, costs: dict[str, float]) -> None:
        self.now = 0.0
        monkeypatch.setattr(module, "clock", lambda: self.now)
        for name in costs:
            monkeypatch.setitem(INSTRUMENTS, name, _Row(self, costs[name], INSTRUMENTS[name]))  # type: ignore[arg-type]

    def advance(self, engine: Engine, steps: int) -> Progress:
        seconds = 0.001 * steps
        self.now += seconds
        engine.step += steps
        return Progress(engine.step - steps, np.zeros((steps, 1, 1)), (), engine.step, 0.0, (None,), seconds)


class _Row:
    """Stands in for a row of the table."""

    def __init__(self, clock: Clock, seconds: float, row: Any) -> None:
        self.clock, self.seconds, self.row = clock, seconds, row
        self.passes, self.recorded = 0.1, False

    def make(self) -> _Row:
        return self

    def measure(self, probe: Any) -> Any:
        self.clock.now += self.seconds
        return np.zeros(1)


def test_the_budget_is_kept_and_may_change_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    costs = {"gradient_cosine": 0.003, "noise_scale": 0.012}
    clock = Clock(monkeypatch, costs)
    engine = Engine(small(epochs=10_000))
    instruments, log = Instruments(engine, costs, share=0.1), InstrumentLog()

    def spend(steps: int) -> float:
        before, end = log.seconds, engine.step + steps
        while engine.step < end:
            log.take(instruments.follow(clock.advance(engine, 15)))
        return COLD * (log.seconds - before) / (0.001 * steps)

    assert spend(6000) == pytest.approx(0.1, abs=0.005)
    assert log.share == pytest.approx(0.1, abs=0.02)
    assert log.share == pytest.approx(instruments.spent_share, abs=0.005)
    # Four times the cost, half as often.
    assert len(log["gradient_cosine"]) == pytest.approx(2 * len(log["noise_scale"]), rel=0.1)
    instruments.share = 0.01
    assert spend(6000) == pytest.approx(0.01, abs=0.004)
    instruments.share = 0.0
    assert spend(1000) == 0.0


def test_waiting_is_no_training_that_pays_for_readings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A chunk that took longer by the clock on the wall than in its thread counts as what it took in its thread."""
    clock = Clock(monkeypatch, {"gradient_cosine": 0.003})
    engine = Engine(small(epochs=10_000))
    instruments = Instruments(engine, ["gradient_cosine"], share=0.1)
    spent = 0.0
    for _ in range(400):
        progress = clock.advance(engine, 15)
        spent += COLD * sum(r.seconds for r in instruments.follow(Progress(**{**vars(progress), "seconds": 1.0})))
    assert spent == pytest.approx(0.1 * 6.0, rel=0.2)


def test_a_reading_that_would_stop_the_run_for_seconds_is_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, {"gradient_cosine": 5.0, "noise_scale": 0.001})
    engine = Engine(small(epochs=10_000))
    instruments, log = Instruments(engine, ["gradient_cosine", "noise_scale"]), InstrumentLog()
    while engine.step < 30_000:
        log.take(instruments.follow(clock.advance(engine, 100)))
    assert len(log["gradient_cosine"]) == 1
    assert instruments.too_slow == ("gradient_cosine",)
    assert len(log["noise_scale"]) > 50


def test_beside_a_gpu_first_readings_are_guessed_by_their_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step there takes a fraction of a millisecond, a pass over the samples on the processor far longer."""
    engine = Engine(small(epochs=100, network={"hidden": [300, 300], "activation": "tanh"}))
    instruments = Instruments(engine, ["stability", "saturation"], share=1e-6)
    instruments.follow(Clock(monkeypatch, {}).advance(engine, 2))
    assert instruments.too_slow == ()
    monkeypatch.setattr(engine, "device", torch.device("cuda"))
    monkeypatch.setattr("training.instruments.instruments.OPERATIONS_A_SECOND", 1e8)
    assert instruments.too_slow == ("stability",)


def test_an_instrument_that_fails_does_not_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Any, probe: Any) -> Any:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("training.instruments.direction.GradientCosine.measure", fail)
    engine = Engine(small())
    instruments = Instruments(engine, ["gradient_cosine", "saturation"], share=50.0)
    list(measured(instruments, engine))
    assert instruments.failures == {"gradient_cosine": "ZeroDivisionError: by zero"}
    assert {reading.name for reading in instruments.outbox} == {"saturation"}
    engine = Engine(small())
    with pytest.raises(ZeroDivisionError):
        Instruments(engine, ["gradient_cosine"], share=None).follow(engine.advance(0))


def test_which_are_read_may_change_on_the_way() -> None:
    engine = Engine(small(epochs=30))
    instruments = Instruments(engine, ["saturation"], share=50.0)
    seen = set()
    for progress in measured(instruments, engine):
        seen |= {reading.name for reading in instruments.outbox}
        instruments.outbox.clear()
        if progress.step >= 56:
            instruments.names = ["noise_scale"]
        assert seen <= {"saturation"} or progress.step > 56
    assert seen == {"saturation", "noise_scale"}


@pytest.mark.parametrize("name", ["no such", "update_ratio"])
def test_names_that_are_not_measured(name: str) -> None:
    with pytest.raises(ValueError, match=f"no such instrument: {name}; there are: .*weight_histogram"):
        Instruments(Engine(small()), ["saturation", name])


def test_a_replica_that_has_ended_is_looked_at_once_more_and_no_longer() -> None:
    engine = Engine([small(**REGRESSION, optimizer={"method": "sgd", "lr": lr}) for lr in (1e30, 0.01)])
    instruments = Instruments(engine, ["weight_histogram"], share=None, every=1)
    list(measured(instruments, engine))
    assert reasons(engine.outcomes) == ["diverged", "completed"]
    assert engine.outcomes[0] is not None
    assert [reading.step for reading in instruments.outbox] == list(range(engine.outcomes[0].step + 1))


def test_after_a_fork_nothing_is_read_before_the_next_step() -> None:
    """What a step left behind, such as its gradient, is not part of a state that is gone back to."""
    first = Engine(small())
    first.advance(10)
    fork = Engine(small())
    fork.load_state(first.state())
    instruments = Instruments(fork, ["gradient_histogram"], share=None, every=5)
    assert not instruments.follow(fork.advance(0))
    (reading,) = instruments.follow(fork.advance(5))
    followed = Instruments(first, ["gradient_histogram"], share=None, every=5)
    (wanted,) = followed.follow(first.advance(5))
    np.testing.assert_array_equal(reading.values, wanted.values)


def test_edits_count() -> None:
    """The penalty is part of the objective whose gradient is compared, from the edit on."""
    readings: list[list[Reading]] = []
    for edited in (False, True):
        engine = Engine(small())
        instruments = Instruments(engine, ["noise_scale"], share=None, every=1)
        instruments.follow(engine.advance(1))
        if edited:
            engine.edit({"regularization.l2": 5.0})
        readings.append(instruments.follow(engine.advance(1)))
    plain, penalized = (parts[0].values for parts in readings)
    assert penalized[2] > 2 * plain[2]


def test_denormal_numbers_are_as_they_were_and_flushed_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = torch.tensor([1e-310], dtype=torch.float64)
    meanwhile = []

    def measure(self: Any, probe: Any) -> Any:
        meanwhile.append(((tiny * 1.0).item(), torch.is_inference_mode_enabled()))
        return np.zeros(1)

    monkeypatch.setattr("training.instruments.direction.GradientCosine.measure", measure)
    engine = Engine(small())
    Instruments(engine, ["gradient_cosine"], share=None).follow(engine.advance(0))
    assert meanwhile == [(0.0, True)]
    assert (tiny * 1.0).item() > 0.0
    assert not torch.is_inference_mode_enabled()


def test_a_run_that_changes_its_thread() -> None:
    """The clock of one thread says nothing of another; what the run reports counts then."""
    engine = Engine(small(epochs=100))
    instruments = Instruments(engine, ["saturation"], share=50.0)
    instruments.follow(engine.advance(5))
    thread = threading.Thread(target=lambda: instruments.follow(engine.advance(5)))
    thread.start()
    thread.join()
    instruments.follow(engine.advance(5))
    assert [reading.step for reading in instruments.outbox] == [5, 10, 15]
    assert 0.0 < instruments.spent_share < math.inf


@pytest.mark.cuda
def test_of_a_run_on_a_gpu_the_readings_are_those_of_its_copy() -> None:
    readings = {}
    for device in ("cpu", "cuda"):
        engine = Engine(small(device=device))
        instruments = Instruments(engine, share=None, every=10)
        list(measured(instruments, engine))
        readings[device] = {(reading.name, reading.step): reading.values for reading in instruments.outbox}
    assert readings["cpu"].keys() == readings["cuda"].keys()
    for step in (0, 10, 30):
        for name in ("saturation", "noise_scale", "weight_histogram"):
            np.testing.assert_allclose(readings["cuda"][name, step], readings["cpu"][name, step], rtol=1e-6, atol=1e-9)
