"""A recorded run is made again to the same parameters, wherever it was recorded and whatever was done on the way."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.console import Console

from tests.training.runs import small
from training.engine import Engine
from training.errors import InputError
from training.experiment import Experiment
from training.history import History
from training.progress import STOP
from training.recordings import recording_file
from training.recordings.again import compared, run_again
from training.recordings.recording import Recording, record
from training.recordings.report import in_words
from training.scenarios.replay_command import Order, run
from training.validation import replace

CHANGES: list[dict[str, Any]] = [
    {"optimizer.lr": 0.1}, {"batch_size": 5}, {"batch_size": "full"}, {"epochs": 3}, {"epochs": 10}, {"steps": 12},
    {"stopping.early.enabled": True, "stopping.early.patience": 1}, {"regularization.l2": 0.01},
    {"stopping.criteria.loss_plateau.action": "stop", "stopping.criteria.loss_plateau.threshold": 0.05},
    {"optimizer.clip_norm": 0.1}, {"optimizer.lr": 1e25}, {STOP: True},
]  # fmt: skip
NETWORKS: list[dict[str, Any]] = [
    {"hidden": [4]}, {"hidden": [5, 4], "normalization": "batch", "dropout": 0.3}, {"hidden": []},
]  # fmt: skip


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    return small(
        network=draw(st.sampled_from(NETWORKS)),
        schedule={"kind": draw(st.sampled_from(["constant", "plateau", "cosine"]))},
        stopping={"early": {"enabled": draw(st.booleans()), "patience": draw(st.integers(1, 4))}},
        evaluation={"every": draw(st.integers(1, 3)), "unit": draw(st.sampled_from(["step", "epoch"]))},
        batch_size=draw(st.sampled_from([6, 8, "full"])),
        epochs=draw(st.integers(1, 8)),
        dtype=draw(st.sampled_from(["float32", "float64"])),
        replicas=draw(st.sampled_from([1, 1, 2])),
        seed=draw(st.integers(0, 99)),
    )


acts = st.lists(st.one_of(st.integers(0, 15), st.sampled_from(CHANGES)), max_size=8)


def made(experiment: Experiment, todo: list[int | dict[str, Any]]) -> Recording:
    """Train so many steps, make a change, and so on; then record."""
    engine = Engine(experiment)
    history = History(engine.replicas, len(engine.layer_names))
    history.extend(engine.advance(0))  # as the window does, to show the network before the first step
    for act in todo:
        if isinstance(act, dict):
            try:
                engine.repeat(act)
            except InputError:
                continue
            history.extend(engine.advance(0))
        else:
            history.extend(engine.advance(act))
    return record(experiment, engine.result(), history)


@given(experiment=experiments(), todo=acts)
@example(experiment=small(), todo=[{STOP: True}])
@example(experiment=small(batch_size="full", evaluation__every=2), todo=[3, {"epochs": 3}, {"epochs": 10}])
@settings(max_examples=40)
def test_saved_and_loaded_it_is_made_again_bit_for_bit(experiment: Experiment, todo: list[Any]) -> None:
    recording = made(experiment, todo)
    loaded = recording_file.loads(recording_file.dumps(recording))
    assert loaded == recording
    again = run_again(loaded)
    assert again.exact
    assert again.same
    assert again.figures == recording.figures


def test_the_figures_are_those_of_the_run() -> None:
    engine = Engine(small())
    history = History(1, 3)
    for progress in engine.train():
        history.extend(progress)
    figures = record(small(), engine.result(), history).figures
    latest = history.evaluations.latest
    assert latest is not None
    assert figures["train_loss"] == latest.train_loss[0]
    assert figures["val_score"] == latest.val_score[0]
    assert figures["best_val_loss"] == history.evaluations.val_loss.min()
    assert (figures["ended_step"], figures["diverged"]) == (32, 0)


@pytest.mark.parametrize(
    "change",
    [{"seed": 1}, {"optimizer.lr": 0.5}, {"network.hidden": (4,)}, {"epochs": 7}, {"data.noise": 0.4}],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_file_is_found_out(change: dict[str, Any]) -> None:
    recording = made(small(), [40])
    again = run_again(recording.model_copy(update={"experiment": replace(recording.experiment, change)}))
    assert not again.exact
    assert not again.same
    assert any("NOT the same" in line for line in in_words(recording, again))


def test_changed_figures_are_found_out_and_named() -> None:
    recording = made(small(), [40])
    slightly = 1.01 * recording.figures["val_score"]  # where the parameters are the same there is no rounding
    better = recording.model_copy(update={"figures": {**recording.figures, "val_score": slightly}})
    again = run_again(better)
    assert again.exact  # the parameters are still those of the run
    assert not again.same
    assert [difference.name for difference in again.differences] == ["val_score"]
    assert in_words(better, again)[1:] == [
        "NOT the same: the parameters are as recorded, but the figures in the file are others.",
        f"  val_score: recorded {slightly:.6g}, now {recording.figures['val_score']:.6g}",
    ]


@pytest.mark.parametrize(
    ("recorded", "found", "close"),
    [
        ({"train_loss": 1.0}, {"train_loss": 1.04}, True),
        ({"train_loss": 1.0}, {"train_loss": 1.06}, False),
        ({"train_loss": 1e-7}, {"train_loss": 5e-5}, True),
        ({"train_loss": 1.0}, {}, False),
        ({}, {"train_loss": 1.0}, False),
        ({"train_loss": float("inf")}, {"train_loss": float("inf")}, True),
        ({"val_loss": 1.0}, {"train_loss": 1.0, "val_loss": 1.0}, True),
    ],
)
def test_figures_from_another_machine_are_close_or_not(
    recorded: dict[str, float], found: dict[str, float], close: bool
) -> None:
    recording = made(small(), [3]).model_copy(update={"figures": recorded})
    again = compared(recording, found, "0" * 64)
    assert (again.exact, again.close, again.same) == (False, close, close)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "The same: every parameter"),
        ({"fingerprint": "0" * 64}, "As good as the same: all figures are within 5% of the recorded ones. Bit for bit"),
        ({"fingerprint": ""}, "Whether the parameters are the same bit for bit was not recorded"),
        ({"fingerprint": "0" * 64, "figures": {}}, "no figures were recorded"),
        ({"fingerprint": "0" * 64, "figures": {"train_loss": 0.0}}, "the file was changed"),
    ],
)
def test_the_verdict_of_the_command(change: dict[str, Any], words: str, tmp_path: Path) -> None:
    printed = io.StringIO()
    recording_file.save(made(small(), [9]).model_copy(update=change), tmp_path / "a.labrun")
    order = Order(str(tmp_path / "a.labrun"), every=False, seeds=10, first_seed=None, out=None)
    assert run(order, Console(file=printed, width=200)) is not ("no figures" in words or "changed" in words)
    assert words in printed.getvalue()
    assert "two spirals: 9 steps, no change on the way." in printed.getvalue()


def test_a_recording_is_known_by_what_it_says_and_gives_no_report(tmp_path: Path) -> None:
    recording_file.save(made(small(), [9]), tmp_path / "renamed.toml")
    order = Order(str(tmp_path / "renamed.toml"), every=False, seeds=10, first_seed=None, out=None)
    assert run(order, Console(quiet=True))
    with pytest.raises(InputError, match="--out: a recorded run gives no report"):
        run(dataclasses.replace(order, out=tmp_path / "out"), Console(quiet=True))
