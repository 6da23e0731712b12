"""Metrics against closed forms on runs made by hand, and against plain arithmetic on what an engine reports."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.activations import ACTIVATIONS
from tests.training.runs import small
from tests.training.scenarios.made import made_record
from training.engine import Engine
from training.errors import InputError
from training.population import replicas_of
from training.scenarios import record as record_module
from training.scenarios.metrics import METRICS, measure_problems
from training.scenarios.record import Recorder, RunRecord, measured
from training.scenarios.scenario import Measure, ScriptedEdit
from training.scenarios.script import Script
from training.scenarios.trial import run_recorded

INF, NAN = np.inf, np.nan


def of(record: RunRecord, metric: str, **fields: Any) -> list[float]:
    return measured(record, Measure(metric=metric, **fields)).tolist()


def same(found: list[float], expected: list[float]) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-9)


# ------------------------------------------------------------------------------------- when it is measured

COUNTING = np.arange(1.0, 13)  # the value at step k is k
# The first goes to the end (12 steps), the second is stopped early at 8, the third diverges at 6.
THREE = made_record(
    steps={"batch_loss": COUNTING, "lr": COUNTING, ("signal_norm", 1): 10 * COUNTING},
    evaluations={"train_loss": np.array([4.0, 3.0, 2.0, 1.0]), "val_loss": np.array([9.0, 5.0, 6.0, 7.0]),
                 "val_score": np.array([0.1, 0.4, 0.3, 0.2]), "waited": np.array([0.0, 0.0, 1.0, 2.0])},
    ends=(("completed", 12), ("early_stopped", 8), ("diverged", 6)),
)  # fmt: skip

# (measure, what the three replicas give)
MOMENTS: list[tuple[dict[str, Any], list[float]]] = [
    ({"metric": "batch_loss", "at": "start"}, [1, 1, 1]),
    ({"metric": "batch_loss", "at": "step 0"}, [1, 1, 1]),
    ({"metric": "batch_loss", "at": "step 5"}, [5, 5, 5]),
    ({"metric": "batch_loss", "at": "step 6"}, [6, 6, INF]),
    ({"metric": "batch_loss", "at": "step 8"}, [8, 8, INF]),
    ({"metric": "batch_loss", "at": "step 9"}, [9, NAN, INF]),
    ({"metric": "batch_loss", "at": "epoch 1"}, [4, 4, 4]),
    ({"metric": "batch_loss", "at": "epoch 3"}, [12, NAN, INF]),
    ({"metric": "batch_loss", "at": "epoch 4"}, [NAN, NAN, INF]),
    ({"metric": "batch_loss"}, [12, 8, INF]),
    ({"metric": "batch_loss", "at": "best"}, [4, 4, 4]),
    ({"metric": "lr"}, [12, 8, 6]),  # a rate is what it was, whatever became of the loss
    ({"metric": "signal_norm", "layer": 2, "at": "step 3"}, [30, 30, 30]),
    ({"metric": "signal_norm", "layer": "last", "at": "step 3"}, [30, 30, 30]),
    ({"metric": "signal_norm", "layer": "first", "at": "step 3"}, [1, 1, 1]),
    ({"metric": "signal_norm", "layer": "output", "at": "step 3"}, [1, 1, 1]),
    ({"metric": "signal_ratio", "at": "step 2"}, [0.05, 0.05, 0.05]),
    ({"metric": "train_loss", "at": "start"}, [4, 4, 4]),
    ({"metric": "train_loss", "at": "step 7"}, [3, 3, INF]),  # the last known by then
    ({"metric": "train_loss"}, [1, 2, INF]),
    ({"metric": "val_loss", "at": "best"}, [5, 5, 5]),
    ({"metric": "val_score"}, [0.2, 0.3, 0.4]),
    ({"metric": "gap"}, [6, 4, NAN]),
    ({"metric": "waited"}, [2, 1, 0]),  # a count is what it was, whatever became of the loss
    ({"metric": "waited", "at": "epoch 2"}, [1, 1, 0]),
    ({"metric": "final", "of": "val_loss"}, [7, 6, INF]),
    ({"metric": "best", "of": "val_loss"}, [5, 5, 5]),
    ({"metric": "best", "of": "val_score"}, [0.4, 0.4, 0.4]),
    ({"metric": "peak", "of": "val_loss"}, [9, 9, INF]),
    ({"metric": "lowest", "of": "batch_loss"}, [1, 1, 1]),
    ({"metric": "peak", "of": "batch_loss", "at": "step 3"}, [3, 3, 3]),
    ({"metric": "share_left", "of": "train_loss"}, [0.25, 0.5, INF]),
    ({"metric": "mean", "of": "batch_loss", "window": 0.5}, [9, 6, INF]),  # 6 … 12, 4 … 8
    ({"metric": "mean", "of": "batch_loss", "window": 0.5, "at": "step 4"}, [3, 3, 3]),
    ({"metric": "mean", "of": "batch_loss", "at": "step 11"}, [10, NAN, INF]),  # 9, 10, 11
    ({"metric": "mean", "of": "train_loss", "window": 1.0}, [2.5, 3, INF]),
    ({"metric": "epochs_to", "of": "train_loss", "target": 2.5}, [2, 2, INF]),
    ({"metric": "steps_to", "of": "train_loss", "target": 3.0}, [4, 4, 4]),
    ({"metric": "steps_to", "of": "batch_loss", "target": 0.5}, [INF, INF, INF]),
    ({"metric": "epochs_to", "of": "val_score", "target": 0.35}, [1, 1, 1]),
    ({"metric": "best_epoch"}, [1, 1, 1]),
    ({"metric": "ended_epoch"}, [3, 2, 1.5]),
    ({"metric": "ended_step"}, [12, 8, 6]),
    ({"metric": "diverged"}, [0, 0, 1]),
    ({"metric": "early_stopped"}, [0, 1, 0]),
    ({"metric": "completed"}, [1, 0, 0]),
    ({"metric": "converged"}, [0, 0, 0]),
]


@pytest.mark.parametrize(("measure", "expected"), MOMENTS, ids=lambda value: str(value))
def test_a_quantity_at_a_moment(measure: dict[str, Any], expected: list[float]) -> None:
    same(of(THREE, **measure), expected)


def test_one_replica_of_three_measures_as_among_the_others() -> None:
    for measure, expected in MOMENTS:
        for replica in range(3):
            same(of(THREE.only(slice(replica, replica + 1)), **measure), expected[replica : replica + 1])


def test_without_held_out_samples_the_training_loss_says_which_is_best() -> None:
    record = made_record(
        evaluations={"train_loss": np.array([4.0, 1.0, 2.0, 3.0]), "val_loss": np.full(4, NAN)}, held_out=False,
        ends=(("completed", 12), ("diverged", 10)),
    )  # fmt: skip
    assert of(record, "best_epoch") == [1, 1]
    assert np.isnan(of(record, "val_loss")).all()


def test_when_a_criterion_was_first_met_and_what_the_loss_was_then() -> None:
    record = made_record(
        evaluations={"val_loss": np.array([9.0, 5.0, 6.0, 7.0])}, met={"loss_plateau": 2},
        ends=(("completed", 12), ("stopped", 7)),
    )  # fmt: skip
    assert of(record, "met_at", criterion="loss_plateau") == [2, INF]
    assert of(record, "met_at", criterion="validation") == [INF, INF]
    same(of(record, "value_when_met", criterion="loss_plateau", of="val_loss"), [6, NAN])


# ------------------------------------------------------------------------------------------- closed forms

K = np.arange(1.0, 101)


def curve(values: np.ndarray) -> RunRecord:
    return made_record(steps={"batch_loss": values}, ends=(("completed", len(values)),))


@pytest.mark.parametrize(
    ("values", "measure", "expected"),
    [
        (3 * 0.9**K, {"metric": "growth"}, 0.9),
        (3 * 1.2**K, {"metric": "growth", "window": 1.0}, 1.2),
        (3 * 0.9**K, {"metric": "fitted_rate"}, 0.9**4),
        (2 + 5 * 0.9**K, {"metric": "growth", "target": 2.0}, 0.9),
        (7 / K, {"metric": "fitted_order"}, 1),
        (1 + 7 / K**0.5, {"metric": "fitted_order", "target": 1.0}, 0.5),
        (np.zeros(100), {"metric": "growth"}, NAN),
        (100 - K, {"metric": "oscillation"}, 0),
        (np.ones(100), {"metric": "oscillation"}, 0),
        ((-1.0) ** K, {"metric": "oscillation", "window": 0.1, "at": "step 40"}, 1),  # 36 … 40: there and back
        (K % 3, {"metric": "oscillation", "window": 0.5, "at": "step 8"}, 1 - 1 / 5),  # 1 2 0 1 2
        (100 - K, {"metric": "rises"}, 0),
        (np.ones(100), {"metric": "rises"}, 0),
        (K % 3, {"metric": "rises", "window": 0.5, "at": "step 8"}, 0.75),
        ((-1.0) ** K, {"metric": "noise", "window": 0.24}, np.sqrt(1 - 1 / 25**2)),  # 76 … 100: one more up than down
    ],
    ids=str,
)
def test_what_is_fitted_to_a_curve(values: np.ndarray, measure: dict[str, Any], expected: float) -> None:
    np.testing.assert_allclose(of(curve(values), of="batch_loss", **measure), [expected], rtol=1e-6, atol=1e-12)


def test_an_order_is_fitted_from_the_first_step_on() -> None:
    with np.errstate(divide="ignore"):
        losses = 5 / (4 * np.arange(26.0))  # evaluated after every fourth step; before the first there is no 1/t
    losses[0] = 9.0
    record = made_record(evaluations={"train_loss": losses}, ends=(("completed", 100),))
    same(of(record, "fitted_order", of="train_loss", window=1.0), [1])


def test_a_fit_of_a_diverged_run_is_made_of_what_came_before() -> None:
    values = 2.0**K
    values[-1] = INF
    record = made_record(steps={"batch_loss": values}, ends=(("diverged", 100),))
    same(of(record, "growth", of="batch_loss", window=1.0), [2])
    assert of(record, "noise", of="batch_loss") == [INF]
    same(of(record, "oscillation", of="batch_loss"), [0])


# --------------------------------------------------------------------------------- of runs that were made

RUN = run_recorded(Engine(replicas_of(small(network__activation="relu", evaluation__every=2, replicas=3))))


def test_of_a_run_against_plain_arithmetic_on_what_the_engine_reports() -> None:
    engine = Engine(small(network__activation="relu", evaluation__every=2, replicas=3))
    parts = list(engine.train())
    records = np.concatenate([part.records for part in parts])
    losses = np.array([evaluation.val_loss for part in parts for evaluation in part.evaluations])
    assert of(RUN, "batch_loss") == records[-1, :, 0].tolist()
    assert of(RUN, "grad_norm", at="step 7") == records[6, :, 2].tolist()
    assert of(RUN, "signal_norm", at="start", layer="first") == records[0, :, 7].tolist()
    assert of(RUN, "best", of="val_loss") == losses.min(0).tolist()
    assert of(RUN, "best_epoch") == (2.0 * losses.argmin(0)).tolist()
    assert of(RUN, "val_loss", at="epoch 3") == losses[1].tolist()
    same(of(RUN, "mean", of="batch_loss", window=0.25), records[-9:, :, 0].mean(0).tolist())
    same(of(RUN, "weight_grad_ratio"), (records[-1, :, 4] / records[-1, :, 5]).tolist())


def test_of_the_weights_at_the_start_and_at_the_end() -> None:
    for replica in range(3):
        for at, snapshot in (("start", RUN.initial[replica]), ("end", RUN.final[replica])):
            hidden = np.maximum(RUN.data.x_train @ snapshot.weights()[0] + snapshot.params[14:21], 0)
            one = RUN.only(slice(replica, replica + 1))
            same(of(one, "weight_norm", at=at, layer=2), [np.linalg.norm(snapshot.weights()[1])])
            same(of(one, "activation_std", at=at, layer=1), [hidden.std()])
            assert of(one, "dead_share", at=at, layer="first") == [(hidden == 0).all(0).mean()]
            whole = of(one, "dead_share", at=at, layer="first")[0] + of(one, "dead_share", at=at, layer="last")[0]
            same(of(one, "dead_share", at=at), [whole / 2])
        moved = np.linalg.norm(RUN.final[replica].params - RUN.initial[replica].params)
        same([of(RUN, "distance")[replica]], [moved])
    assert of(RUN, "parameters") == [RUN.initial[0].architecture.n_parameters] * 3
    assert ACTIVATIONS["relu"].dies
    assert np.isnan(of(RUN, "saturated_share")).all()


@given(
    sizes=st.lists(st.tuples(st.integers(1, 9), st.integers(1, 40)), max_size=4),
    normalization=st.sampled_from(["none", "batch"]), samples=st.sampled_from([43, 45, 47]),
)  # fmt: skip
@settings(max_examples=15)
def test_epochs_are_those_of_the_engine_whatever_the_batch_size(
    sizes: list[tuple[int, int]], normalization: str, samples: int
) -> None:
    experiment = small(network__normalization=normalization, data__samples=samples, batch_size=7, epochs=4)
    engine, script = Engine(experiment), []
    recorder, expected = Recorder(engine), [0.0]
    for step, size in sizes:
        script.append((step, max(2, size)))
    while not engine.finished:
        for step, size in script:
            if step == engine.step:
                engine.edit({"batch_size": size})
        before = engine.state()
        one_by_one = []
        for _ in range(3):
            engine.advance(1)
            one_by_one.append(engine.epoch)
        reached = engine.step
        engine.load_state(before)
        progress = engine.advance(3)
        recorder.take(progress)
        assert engine.step == reached
        expected += one_by_one[: len(progress.records)]
        script = [(step, size) for step, size in script if step >= engine.step]
    np.testing.assert_allclose(recorder.record().epochs, expected, atol=1e-12)


def test_scripted_edits_come_at_their_epoch_though_another_has_changed_the_batch_size() -> None:
    edits = [
        ScriptedEdit(at="step 2", changes={"batch_size": 5}),
        ScriptedEdit(at="epoch 3", changes={"optimizer": {"lr": 0.5}}),
        ScriptedEdit(at="epoch 99", changes={"optimizer.lr": 0.7}),
    ]
    record = run_recorded(Engine(small()), Script.of_scenario(edits))
    rates = record.steps[:, 0, 1]
    first = int(np.argmax(rates == 0.5))
    assert record.epochs[first] == 3
    assert [edit.step for edit in record.edits] == [2, first]
    assert 0.7 not in rates


def test_a_run_too_long_to_be_kept_is_refused_before_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_module, "MOST_BYTES", 10_000)
    with pytest.raises(InputError, match="too long to keep every step"):
        Recorder(Engine(small(epochs=1000)))


# ----------------------------------------------------------------------------------- mistakes in a measure

# (measure, layers of the network, the key at fault and words of the message; none: it is right)
MISTAKES: list[tuple[dict[str, Any], int | None, tuple[str, str] | None]] = [
    ({"metric": "train_loss", "at": "epoch 3"}, 3, None),
    ({"metric": "train_los"}, 3, ("metric", "did you mean 'train_loss'")),
    ({"metric": "xyz"}, 3, ("metric", "there are batch_loss")),
    ({"metric": "train_loss", "layer": 1}, 3, ("layer", "means nothing to train_loss, which takes at")),
    ({"metric": "diverged", "at": "start"}, 3, ("at", "takes nothing but its name")),
    ({"metric": "train_loss", "window": 0.5}, 3, ("window", "means nothing")),
    ({"metric": "best"}, 3, ("of", "has to be told")),
    ({"metric": "epochs_to", "of": "val_loss"}, 3, ("target", "has to be told")),
    ({"metric": "epochs_to", "of": "val_loss", "target": 0.0}, 3, None),
    ({"metric": "met_at"}, 3, ("criterion", "has to be told")),
    ({"metric": "signal_norm"}, 3, ("layer", "has to be told")),
    ({"metric": "signal_norm", "layer": 3}, 3, None),
    ({"metric": "signal_norm", "layer": 4}, 3, ("layer", "there are 3 layers")),
    ({"metric": "signal_norm", "layer": 40}, None, None),
    ({"metric": "signal_norm", "layer": "last"}, 1, ("layer", "no hidden layer")),
    ({"metric": "signal_norm", "layer": "output"}, 1, None),
    ({"metric": "signal_ratio"}, 1, ("metric", "there is none")),
    ({"metric": "dead_share"}, 1, ("layer", "no hidden layer")),
    ({"metric": "dead_share", "at": "epoch 2"}, 3, ("at", "at the start and at the end only")),
    ({"metric": "value_when_met", "criterion": "validation", "of": "grad_norm"}, 3, ("of", "not among")),
]


@pytest.mark.parametrize(("measure", "layers", "expected"), MISTAKES, ids=str)
def test_mistakes_in_a_measure(
    measure: dict[str, Any], layers: int | None, expected: tuple[str, str] | None
) -> None:
    problems = measure_problems(Measure(**measure), layers, "here")
    if expected is None:
        assert problems == []
    else:
        key, words = expected
        assert [problem.key for problem in problems] == [f"here.{key}"]
        assert words in problems[0].message


def test_every_metric_can_be_measured_with_what_it_needs() -> None:
    some = {"layer": 1, "of": "val_loss", "target": 0.5, "criterion": "validation"}
    for metric in METRICS.values():
        measure = Measure(metric=metric.name, **{key: some[key] for key in metric.needs})
        assert measure_problems(measure, 3, "here") == []
        assert measured(RUN, measure).shape == (3,)
        assert set(metric.needs) <= set(metric.takes)
        assert metric.what.endswith(".")
