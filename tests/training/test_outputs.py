"""The files of a headless run: what is in them, that they run again to the same result, and that they appear whole."""

from __future__ import annotations

import csv
import errno
import json
import os
import signal
import threading
import time
import tracemalloc
from collections import namedtuple
from collections.abc import Iterator
from dataclasses import replace as replace_fields
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from training import history as history_module
from training import outputs
from training.data.load import load_prepared
from training.diagnosis.rules import RULES
from training.engine import Engine
from training.errors import InputError
from training.experiment import Experiment
from training.experiment_file import find, load
from training.headless import HeadlessRun, interruption, run_headless
from training.history import History
from training.outputs import (
    GRADIENT_COLUMNS,
    HISTORY_COLUMNS,
    claim_folder,
    gradients_csv,
    last_steps_csv,
    new_run_folder,
    slug,
    write_lines,
    write_outputs,
)
from training.progress import Progress, record_width
from training.result import Result
from training.session import Session
from training.validation import replace, validate

WHEN = datetime(2026, 3, 4, 5, 6, 7)
FILES = {
    "experiment.toml", "history.csv", "gradients.csv", "summary.json", "weights.safetensors", "initial.safetensors",
    "curves.png", "findings.json",
}  # fmt: skip
SUMMARY_KEYS = {
    "reason", "message", "steps", "epochs", "seconds", "steps_per_second", "best_epoch", "best_val_loss",
    "final_train_loss", "final_val_loss", "seed", "device", "versions", "machine", "replicas",
}  # fmt: skip


def small(**changes: Any) -> Experiment:
    """An experiment that trains in a moment."""
    base = validate(
        {"name": "Small one", "data": {"dataset": "moons", "samples": 60, "noise": 0.5},
         "network": {"hidden": [6, 5]}, "epochs": 4, "batch_size": 16, "device": "cpu"}
    )  # fmt: skip
    return replace(base, {key.replace("__", "."): value for key, value in changes.items()})


GROWING = small(network__hidden=[], loss__kind="mse", optimizer={"method": "sgd", "lr": 2.0}, epochs=200,
                stopping__early__enabled=False)  # fmt: skip
"""Its loss grows by the same factor at every step, until it leaves single precision."""


def table(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
        return list(reader.fieldnames or []), rows


def numbers(path: Path) -> dict[str, Any]:
    summary: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return summary


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> HeadlessRun:
    return run_headless(small(), out=tmp_path_factory.mktemp("run") / "out", save_data=True)


def test_exactly_the_promised_files_are_there(finished: HeadlessRun) -> None:
    assert {path.name for path in finished.folder.iterdir()} == FILES | {"data.npz"}


def test_data_are_left_out_unless_asked_for(tmp_path: Path) -> None:
    run_headless(small(epochs=1), out=tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES


def test_history_has_one_row_per_evaluation(finished: HeadlessRun) -> None:
    header, rows = table(finished.folder / "history.csv")
    assert tuple(header) == HISTORY_COLUMNS
    assert [float(row["epoch"]) for row in rows] == [0, 1, 2, 3, 4]
    evaluations = finished.finished.history.evaluations
    assert [float(row["val_loss"]) for row in rows] == evaluations.val_loss[:, 0].tolist()
    assert all(row["train_r2"] == "" and 0 <= float(row["val_accuracy"]) <= 1 for row in rows)


def test_gradients_have_one_row_per_step_and_layer(finished: HeadlessRun) -> None:
    header, rows = table(finished.folder / "gradients.csv")
    assert tuple(header) == GRADIENT_COLUMNS
    steps = finished.finished.history.n_steps
    assert len(rows) == steps * 3
    assert [row["layer"] for row in rows[:3]] == ["layer 1", "layer 2", "output"]
    for name in ("weight_grad_norm", "signal_norm", "update_ratio"):
        values = np.array([float(row[name]) for row in rows]).reshape(steps, 3)
        np.testing.assert_allclose(values, finished.finished.history.layers(name).low, rtol=1e-8)


def test_summary_says_how_it_ended(finished: HeadlessRun) -> None:
    summary = numbers(finished.folder / "summary.json")
    assert summary.keys() >= SUMMARY_KEYS
    assert summary["reason"] == "completed"
    assert summary["epochs"] == 4.0
    assert summary["steps"] == 4 * summary["steps_per_epoch"]
    assert summary["versions"].keys() == {"python", "torch", "numpy", "lab"}
    losses = finished.finished.history.evaluations.val_loss[:, 0]
    assert summary["best_val_loss"] == losses.min()
    assert summary["final_val_loss"] == losses[-1]


def test_weights_load_into_the_pytorch_module_and_predict_the_final_loss(finished: HeadlessRun) -> None:
    engine = Engine(small())
    module = engine.network.to_torch()
    module.load_state_dict(load_file(finished.folder / "weights.safetensors"))
    module.eval()
    x = torch.from_numpy(engine.data.x_val).float()
    with torch.no_grad():
        loss = torch.nn.functional.cross_entropy(module(x), torch.from_numpy(engine.data.y_val))
    kept = finished.finished.outcomes[0]
    expected = kept.best_metric if kept.restored else numbers(finished.folder / "summary.json")["final_val_loss"]
    assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_initial_weights_are_those_before_the_first_step(finished: HeadlessRun) -> None:
    fresh = Engine(small()).snapshot().tensors()
    saved = load_file(finished.folder / "initial.safetensors")
    assert saved.keys() == fresh.keys()
    for name, tensor in saved.items():
        np.testing.assert_array_equal(tensor.numpy(), fresh[name])


def test_data_are_as_the_network_saw_them(finished: HeadlessRun) -> None:
    prepared = load_prepared(small().data)
    with np.load(finished.folder / "data.npz", allow_pickle=False) as saved:
        np.testing.assert_array_equal(saved["x_train"], prepared.x_train)
        np.testing.assert_array_equal(saved["y_val"], prepared.y_val)
        assert saved["class_names"].tolist() == list(prepared.class_names)


def test_the_picture_is_a_picture_and_not_blank(finished: HeadlessRun) -> None:
    from matplotlib.image import imread

    picture = imread(finished.folder / "curves.png")
    assert picture.shape[0] > 500
    assert picture.std() > 0.02


def test_the_experiment_runs_again_to_the_same_result(finished: HeadlessRun, tmp_path: Path) -> None:
    again = run_headless(load(finished.folder / "experiment.toml"), out=tmp_path / "again")
    for name in ("experiment.toml", "history.csv", "gradients.csv", "weights.safetensors", "initial.safetensors"):
        assert (again.folder / name).read_bytes() == (finished.folder / name).read_bytes(), name


def test_a_limit_of_steps_is_part_of_the_experiment(tmp_path: Path) -> None:
    run = run_headless(small(steps=5), out=tmp_path / "a")
    assert numbers(run.folder / "summary.json")["steps"] == 5
    again = run_headless(load(run.folder / "experiment.toml"), out=tmp_path / "b")
    assert (again.folder / "history.csv").read_bytes() == (run.folder / "history.csv").read_bytes()


def test_replicas_each_have_rows_a_summary_and_weights(tmp_path: Path) -> None:
    run = run_headless(small(replicas=3), out=tmp_path / "out")
    summary = numbers(run.folder / "summary.json")
    assert [each["replica"] for each in summary["replicas"]] == [0, 1, 2]
    _, rows = table(run.folder / "history.csv")
    assert {row["replica"] for row in rows} == {"0", "1", "2"}
    with safe_open(run.folder / "weights.safetensors", "np") as file:
        assert {name.partition(".")[0] for name in file.keys()} == {"replica_0", "replica_1", "replica_2"}  # noqa: SIM118
    again = run_headless(load(run.folder / "experiment.toml"), out=tmp_path / "again")
    assert (again.folder / "history.csv").read_bytes() == (run.folder / "history.csv").read_bytes()


def test_a_regression_has_r2_in_place_of_accuracy(tmp_path: Path) -> None:
    experiment = small(data__dataset="plane", loss__kind="mse")
    run = run_headless(experiment, out=tmp_path / "out")
    _, rows = table(run.folder / "history.csv")
    assert all(row["train_accuracy"] == "" and row["val_accuracy"] == "" and row["val_r2"] for row in rows)
    assert "final_val_r2" in numbers(run.folder / "summary.json")


def test_without_held_out_samples_the_validation_columns_are_empty(tmp_path: Path) -> None:
    run = run_headless(small(data__held_out=0.0, stopping__early__enabled=False), out=tmp_path / "out")
    _, rows = table(run.folder / "history.csv")
    assert all(row["val_loss"] == "" and row["val_accuracy"] == "" and row["train_loss"] for row in rows)
    assert numbers(run.folder / "summary.json")["best_val_loss"] is None


def test_a_diverged_run_is_a_result(tmp_path: Path) -> None:
    experiment = small(optimizer__method="sgd", optimizer__lr=1e30, loss__kind="mse", network__activation="identity")
    run = run_headless(experiment, out=tmp_path / "out")
    summary = numbers(run.folder / "summary.json")
    assert summary["reason"] == "diverged"
    assert summary["diverged_tensor"]
    assert {path.name for path in run.folder.iterdir()} == FILES | {"last_steps.csv"}
    _, rows = table(run.folder / "gradients.csv")
    assert rows


def test_early_stopping_names_the_best_epoch(tmp_path: Path) -> None:
    run = run_headless(small(epochs=500, optimizer__lr=0.05, stopping__early__patience=3), out=tmp_path / "out")
    summary = numbers(run.folder / "summary.json")
    assert summary["reason"] == "early_stopped"
    assert summary["weights_of_best_restored"]
    _, rows = table(run.folder / "history.csv")
    best = min(rows, key=lambda row: float(row["val_loss"]))
    assert summary["best_epoch"] == float(best["epoch"])
    assert summary["best_val_loss"] == float(best["val_loss"])


@pytest.mark.parametrize("thinned", [False, True])
def test_the_last_steps_of_a_diverged_run_are_kept_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, thinned: bool
) -> None:
    if thinned:
        monkeypatch.setattr(history_module, "MAX_FINE_SPANS", 16)
    run = run_headless(GROWING, out=tmp_path / "out")
    records = np.concatenate([progress.records for progress in Engine(GROWING).train()])[:, 0]
    assert len(records) > history_module.TAIL_STEPS
    header, rows = table(run.folder / "last_steps.csv")
    assert header[:6] == ["step", "batch_loss", "lr", "grad_norm", "update_norm", "weight_grad_norm_output"]
    assert [int(row["step"]) for row in rows] == list(range(len(records) - 63, len(records) + 1))
    found = np.array([[float(row[name]) for name in header[1:]] for row in rows])
    np.testing.assert_array_equal(found, records[-64:])


def test_the_last_steps_are_those_of_the_first_replica_whatever_the_others_do(tmp_path: Path) -> None:
    calm = GROWING.model_copy(update={"optimizer": GROWING.optimizer.model_copy(update={"lr": 0.01})})
    engine, history = Engine([GROWING, calm]), History(2, 1)
    for progress in engine.train():
        history.extend(progress)
    ended = engine.result().outcomes[0]
    assert ended.reason == "diverged"
    assert history.step > ended.step + 64
    rows = [line.split(",") for line in last_steps_csv(history, ended.step)][1:]
    assert [int(row[0]) for row in rows] == list(range(ended.step - 63, ended.step + 1))
    assert not np.isnan([float(row[1]) for row in rows]).any()


def test_thinned_gradients_give_both_bounds() -> None:
    history = History(1, 2)
    rng = np.random.default_rng(0)
    total = 0
    while history.exact:
        records = rng.lognormal(size=(4096, 1, record_width(2)))
        history.extend(Progress(total, records, (), total + 4096, 0.0, (None,), 0.1))
        total += 4096
    rows = [line.split(",") for line in list(gradients_csv(history))[1:]]
    curve = history.layers("signal_norm")
    assert len(rows) == 2 * 2 * len(curve)
    low, high = (np.array([float(row[4]) for row in rows]).reshape(-1, 2, 2)[:, side] for side in (0, 1))
    np.testing.assert_allclose(low, curve.low, rtol=1e-8)
    np.testing.assert_allclose(high, curve.high, rtol=1e-8)


# ----------------------------------------------------------------------------------- from a window

TIMES = ("seconds", "wall_seconds", "steps_per_second", "started")


def driven(experiment: Experiment, until: int | None = None, edit: dict[str, Any] | None = None) -> outputs.FinishedRun:
    """Train in a session as the window does, to the end or to a step, and save in the middle of it."""
    session, history, results = Session(Engine(experiment)), History(experiment.replicas, 3), []
    thread = threading.Thread(target=session.run)
    thread.start()
    if edit:
        session.edit(edit)
    for _ in range(until or 0):
        session.step_once()
    if until is None:
        session.play()
    while session.state != ("finished" if until is None else "paused"):
        time.sleep(0.001)
    session.request_result()
    while not results:
        time.sleep(0.001)
        take(session, history, results)
    run = outputs.run_so_far(experiment, results[0], history, WHEN)
    session.play()  # the run goes on meanwhile
    time.sleep(0.05)
    session.close()
    thread.join()
    take(session, history, results)
    return run


def take(session: Session, history: History, results: list[Result]) -> None:
    """Drain the outbox."""
    while session.outbox:
        event = session.outbox.popleft()
        if isinstance(event, Progress):
            history.extend(event)
        elif isinstance(event, Result):
            results.append(event)


@pytest.mark.parametrize("replicas", [1, 2])
def test_a_run_saved_from_a_session_has_the_files_of_the_headless_one(tmp_path: Path, replicas: int) -> None:
    experiment = small(replicas=replicas)
    headless = run_headless(experiment, out=tmp_path / "headless", save_data=True)
    (tmp_path / "window").mkdir()
    write_outputs(tmp_path / "window", driven(experiment), save_data=True)
    assert {path.name for path in (tmp_path / "window").iterdir()} == FILES | {"data.npz"}
    for name in FILES - {"summary.json"}:
        assert (tmp_path / "window" / name).read_bytes() == (headless.folder / name).read_bytes(), name
    mine, other = (numbers(tmp_path / folder / "summary.json") for folder in ("window", "headless"))
    for time_of in TIMES:
        del mine[time_of], other[time_of]
    assert mine == other
    assert mine["edits"] == []


def test_a_run_under_way_is_saved_as_it_stands(tmp_path: Path) -> None:
    experiment = small(stopping__early__enabled=False, epochs=50)
    run = driven(experiment, until=7, edit={"optimizer.lr": 0.5})
    write_outputs(tmp_path, run)
    summary = numbers(tmp_path / "summary.json")
    assert (summary["reason"], summary["steps"]) == ("running", 7)
    assert summary["message"].startswith("Under way at epoch")
    assert summary["wall_seconds"] is None
    assert summary["edits"] == [{"step": 0, "key": "optimizer.lr", "value": 0.5, "group": 0}]
    _, rows = table(tmp_path / "gradients.csv")
    assert max(int(row["step"]) for row in rows) == 7
    again = Engine(load(tmp_path / "experiment.toml"))
    again.edit({edit["key"]: edit["value"] for edit in summary["edits"]})
    again.advance(7)
    saved = load_file(tmp_path / "weights.safetensors")
    for name, value in again.network.tensors().items():
        assert torch.equal(saved[name], value), name


# -------------------------------------------------------------------------------------- folders


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Two spirals", "two-spirals"),
        ("../../etc/passwd", "etc-passwd"),
        ("Größe: 10 %", "gr-e-10"),
        ("日本", "run"),
        ("", "run"),
        ("a" * 200, "a" * 60),
        ("CON.", "con"),
    ],
)
def test_slug(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_a_run_folder_is_never_one_that_exists(tmp_path: Path) -> None:
    names = [new_run_folder(tmp_path / "runs", "Two spirals", WHEN).name for _ in range(3)]
    assert names == ["20260304-050607-two-spirals", "20260304-050607-two-spirals-2", "20260304-050607-two-spirals-3"]


def test_a_named_folder_must_be_new_or_empty(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert claim_folder(tmp_path / "empty") == tmp_path / "empty"
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("all of it", encoding="utf-8")
    with pytest.raises(InputError, match="not empty"):
        run_headless(small(), out=tmp_path / "full")
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("make", [claim_folder, lambda path: new_run_folder(path, "x", WHEN)])
def test_a_file_in_the_way_is_a_clear_error(tmp_path: Path, make: Any) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for path in (tmp_path / "file", tmp_path / "file" / "deeper"):
        with pytest.raises(InputError, match=r"file|cannot be made"):
            make(path)


def test_a_folder_that_cannot_be_written_is_refused_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "mkdir", denied)  # permissions proper do not apply to the root of a container
    for out in (tmp_path / "out", None):
        with pytest.raises(InputError, match="cannot be made: Permission denied"):
            run_headless(small(), out=out, runs=tmp_path, watch=never)


def test_a_full_disk_is_told_before_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(outputs.shutil, "disk_usage", lambda _: usage(10, 10, 0))
    with pytest.raises(InputError, match=r"0\.0 MB free"):
        run_headless(small(), out=tmp_path / "out", watch=never)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"epochs": 60},
        {"epochs": 30, "replicas": 40},
        {"epochs": 10, "replicas": 3, "evaluation__every": 2, "evaluation__unit": "step"},
        {"steps": 50, "epochs": 1000},
        {"epochs": 100, "network__hidden": [4] * 20},
        {"epochs": 3, "data__samples": 50_000, "batch_size": "full"},
    ],
)  # fmt: skip
def test_the_estimate_covers_what_is_written(tmp_path: Path, changes: dict[str, Any]) -> None:
    run = run_headless(small(stopping__early__enabled=False, **changes), out=tmp_path / "out", save_data=True)
    written = sum(path.stat().st_size for path in run.folder.iterdir())
    estimate = outputs.bytes_to_write(Engine(run.finished.experiment), save_data=True)
    assert written <= estimate <= 2.5 * written + outputs.OTHER_FILES


def test_the_estimate_covers_a_history_that_was_thinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_module, "MAX_FINE_SPANS", 64)
    monkeypatch.setattr(history_module, "EVALUATION_BYTES", 1_000)
    run = run_headless(small(stopping__early__enabled=False, epochs=200), out=tmp_path / "out")
    assert not run.finished.history.exact
    tables = sum((run.folder / name).stat().st_size for name in ("history.csv", "gradients.csv"))
    estimate = outputs.bytes_to_write(Engine(run.finished.experiment)) - outputs.OTHER_FILES
    assert tables <= estimate <= 4 * tables


def test_a_disk_too_small_for_the_tables_is_told_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(outputs.shutil, "disk_usage", lambda _: usage(10, 10, 20_000_000))
    claim_folder(tmp_path / "out")
    outputs.check_space(tmp_path / "out", Engine(small(epochs=100)))
    with pytest.raises(InputError, match=r"20\.0 MB free.* need about \d\d[\d.]+ MB"):
        run_headless(small(epochs=100_000, network__hidden=[4] * 10), out=tmp_path / "out", watch=never)


@pytest.mark.parametrize(
    ("full", "left"),
    [
        ("weights.safetensors", set()),
        ("history.csv", {"weights.safetensors", "initial.safetensors"}),
        ("gradients.csv", {"weights.safetensors", "initial.safetensors", "history.csv"}),
        ("summary.json", FILES - {"summary.json", "experiment.toml"}),
    ],
)
def test_a_disk_that_fills_up_leaves_whole_files_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full: str, left: set[str]
) -> None:
    """The weights come first: of all files they alone cannot be made again from the others."""
    synced = os.fsync

    def until_full(number: int) -> None:
        if any(path.name.startswith(f".{full}.") for path in (tmp_path / "out").iterdir()):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        synced(number)

    monkeypatch.setattr(os, "fsync", until_full)
    with pytest.raises(InputError, match="No space left"):
        run_headless(small(), out=tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"experiment.toml"} | left


def test_a_table_is_never_held_whole_in_memory(tmp_path: Path) -> None:
    history = History(2, 5)
    records = np.random.default_rng(0).lognormal(size=(8_000, 2, record_width(5)))
    history.extend(Progress(0, records, (), 8_000, 1.0, (None,) * 2, 1))
    tracemalloc.start()
    write_lines(tmp_path / "gradients.csv", gradients_csv(history))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    size = (tmp_path / "gradients.csv").stat().st_size
    assert size > 2_500_000
    assert peak < 300_000


def test_a_table_that_fails_half_way_leaves_what_was_there(tmp_path: Path) -> None:
    def lines() -> Iterator[str]:
        yield from ("a,b", "1,2")
        raise KeyboardInterrupt

    write_lines(tmp_path / "table.csv", ["old"])
    with pytest.raises(KeyboardInterrupt):
        write_lines(tmp_path / "table.csv", lines())
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]
    assert (tmp_path / "table.csv").read_bytes() == b"old\n"


def test_the_summary_and_the_last_row_are_exact_however_few_evaluations_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = small(
        epochs=41, replicas=3, optimizer__lr=0.05, evaluation__unit="step", stopping__early__patience=30
    )
    whole = run_headless(experiment, out=tmp_path / "whole")
    monkeypatch.setattr(history_module, "EVALUATION_BYTES", 2_000)
    few = run_headless(experiment, out=tmp_path / "few")
    assert len({outcome.step for outcome in whole.finished.outcomes}) == 3
    assert few.finished.history.evaluations.stride > 1
    summaries = [numbers(run.folder / "summary.json") for run in (whole, few)]
    assert summaries[0]["replicas"] == summaries[1]["replicas"]
    (_, rows), (_, fewer) = (table(run.folder / "history.csv") for run in (whole, few))
    assert len(fewer) < len(rows) / 4
    for replica in range(3):
        mine, kept = ([row for row in found if row["replica"] == str(replica)] for found in (rows, fewer))
        assert kept[-1] == mine[-1]
        assert float(mine[-1]["val_loss"]) == summaries[1]["replicas"][replica]["final_val_loss"]
        assert min(float(row["val_loss"]) for row in mine) == summaries[1]["replicas"][replica]["best_val_loss"]
        assert all(row in mine for row in kept)
        assert len({row["step"] for row in kept}) == len(kept)


def never(engine: Engine, history: History, progress: Progress) -> None:
    raise AssertionError("training began")


# ---------------------------------------------------------------------------- interruptions, faults


def test_ctrl_c_ends_the_run_and_writes_what_was_computed(tmp_path: Path) -> None:
    def interrupt(engine: Engine, history: History, progress: Progress) -> None:
        if history.step >= 20 and not any(engine.outcomes):
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    run = run_headless(small(epochs=100_000), out=tmp_path / "out", watch=interrupt)
    assert run.interrupted
    assert signal.getsignal(signal.SIGINT) is before
    summary = numbers(run.folder / "summary.json")
    assert summary["reason"] == "stopped"
    assert 20 <= summary["steps"] < 100_000
    assert {path.name for path in run.folder.iterdir()} == FILES


def test_the_second_ctrl_c_insists() -> None:
    with interruption() as asked:
        assert not asked()
        os.kill(os.getpid(), signal.SIGINT)
        assert asked()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_a_run_works_outside_the_main_thread(tmp_path: Path) -> None:
    folders: list[Path] = []
    thread = threading.Thread(target=lambda: folders.append(run_headless(small(), out=tmp_path / "out").folder))
    thread.start()
    thread.join(30)
    assert folders == [tmp_path / "out"]


def test_an_unexpected_failure_is_not_hidden_and_costs_nothing_computed(tmp_path: Path) -> None:
    def fault(engine: Engine, history: History, progress: Progress) -> None:
        if history.step >= 5:
            raise ZeroDivisionError("a fault of the program")

    with pytest.raises(ZeroDivisionError, match="a fault of the program"):
        run_headless(small(epochs=10_000), out=tmp_path / "out", watch=fault)
    summary = numbers(tmp_path / "out" / "summary.json")
    assert summary["reason"] == "failed"
    assert "a fault of the program" in summary["message"]
    assert summary["steps"] >= 5


@pytest.mark.parametrize("broken", ["a rule", "all of it"])
def test_a_fault_of_the_diagnosis_costs_no_other_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def fault(*arguments: Any) -> Any:
        raise ZeroDivisionError("a fault of the diagnosis")

    if broken == "a rule":
        monkeypatch.setitem(RULES, "plateau", replace_fields(RULES["plateau"], look=fault))
    else:
        monkeypatch.setattr("training.outputs.found_in", fault)
    with pytest.warns(RuntimeWarning, match="a fault of the diagnosis"):
        run_headless(small(), out=tmp_path / "out")
    assert numbers(tmp_path / "out" / "summary.json")["reason"] == "completed"
    assert (tmp_path / "out" / "curves.png").exists()
    assert (tmp_path / "out" / "findings.json").exists() == (broken == "a rule")


# ------------------------------------------------------------------------------------- presets


@pytest.mark.slow
def test_the_default_experiment_learns_and_stops_early(tmp_path: Path) -> None:
    run = run_headless(load(find("two_spirals")), out=tmp_path / "out")
    summary = numbers(run.folder / "summary.json")
    assert summary["reason"] == "early_stopped"
    _, rows = table(run.folder / "history.csv")
    best = next(row for row in rows if float(row["epoch"]) == summary["best_epoch"])
    assert float(best["val_accuracy"]) > 0.95


# (name, what its notes promise, as lowest value of a column at the best epoch)
PROMISES = [
    ("moons_quick", "val_accuracy", 0.9),
    ("iris", "val_accuracy", 0.9),
    ("digits", "val_accuracy", 0.95),
    ("diabetes_regression", "val_r2", 0.35),
    ("pendulum_csv", "val_r2", 0.99),
    ("spirals_batchnorm_skip", "val_accuracy", 0.97),
    ("sine_overfit", "val_r2", 0.5),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "column", "least"), PROMISES)
def test_shipped_experiments_learn(tmp_path: Path, name: str, column: str, least: float) -> None:
    run = run_headless(load(find(name)), out=tmp_path / "out")
    _, rows = table(run.folder / "history.csv")
    assert max(float(row[column]) for row in rows) >= least


@pytest.mark.slow
def test_the_deep_sigmoid_net_stalls_as_its_notes_say(tmp_path: Path) -> None:
    run = run_headless(load(find("deep_sigmoid_stalls")), out=tmp_path / "out")
    signals = run.finished.history.layers("signal_norm").low
    assert np.median(signals[:, 0] / signals[:, -1]) < 1e-9
    assert numbers(run.folder / "summary.json")["final_val_accuracy"] < 0.6
