"""A run read from its files is the run that was recorded, as far as the files tell; what does not fit is refused."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.training.runs import small
from training import history as history_module
from training import outputs
from training.diagnosis import run_folder
from training.diagnosis.case import Case
from training.diagnosis.run_folder import case_of_folder
from training.diagnosis.whole_run import case_of_result, found_in
from training.errors import InputError
from training.experiment import Experiment
from training.headless import HeadlessRun, run_headless
from training.progress import LAYER_COLUMNS

RUNS: dict[str, dict[str, Any]] = {
    "classification": {},
    "regression": {"data": {"dataset": "plane", "samples": 43}, "loss": {"kind": "mse"}},
    "batch norm, replicas": {"network__normalization": "batch", "replicas": 3},
    "no held-out samples": {"data__held_out": 0.0},
    "linear": {"network__hidden": [], "network__activation": "tanh", "dtype": "float32"},
    "diverged": {"optimizer": {"method": "sgd", "lr": 1e6}, "loss": {"kind": "mse"}, "network__activation": "relu"},
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _no_pictures() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outputs, "curves_picture", lambda run: b"a picture takes most of the time")
        yield


def cases(experiment: Experiment, folder: Path) -> tuple[Case, Case]:
    """Return the case of a run as it was recorded, and as its files tell it."""
    run = run_headless(experiment, out=folder).finished
    return case_of_result(run.experiment, run.result, run.history), case_of_folder(folder)


@pytest.mark.parametrize("changes", RUNS.values(), ids=RUNS.keys())
def test_the_files_tell_what_was_recorded(tmp_path: Path, changes: dict[str, Any]) -> None:
    recorded, read = cases(small(**changes), tmp_path / "run")
    assert read.experiment == recorded.experiment
    assert read.original == recorded.original
    assert (read.step, read.outcome) == (recorded.step, recorded.outcome)
    for name in ("step", "epoch", "train_loss", "val_loss", "train_score", "val_score", "lr", "grad_norm"):
        np.testing.assert_array_equal(read.evaluated(name), recorded.evaluated(name), err_msg=name)
    for name in LAYER_COLUMNS:
        mine, other = read.recorded.lowest(name), recorded.recorded.lowest(name)
        told = ~np.isnan(mine)
        np.testing.assert_allclose(mine[told], other[told], rtol=1e-8, err_msg=name)
        assert told.any()
        assert np.isnan(other[~told]).all()
    assert read.snapshot is not None
    assert recorded.snapshot is not None
    np.testing.assert_array_equal(read.snapshot.params, recorded.snapshot.params)
    np.testing.assert_array_equal(read.snapshot.statistics, recorded.snapshot.statistics)
    found_in(read)  # whatever is not in the files is no reason to fail


def test_a_thinned_history_is_read_as_spans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_module, "MAX_FINE_SPANS", 32)
    recorded, read = cases(small(epochs=30), tmp_path / "run")
    assert read.step == recorded.step
    assert read.recorded.stride == recorded.recorded.stride > 1
    for side in ("lowest", "highest"):
        mine, other = (getattr(case.recorded, side)("signal_norm") for case in (read, recorded))
        np.testing.assert_allclose(mine, other, rtol=1e-8)
    found_in(read)


def test_edits_made_on_the_way_are_those_of_the_case(tmp_path: Path) -> None:
    run = run_headless(small(), out=tmp_path / "run")
    summary = run.folder / "summary.json"
    values = json.loads(summary.read_text())
    values["edits"] = [
        {"step": 4, "key": "optimizer.lr", "value": 0.5, "group": 0},
        {"step": 9, "key": "stop", "value": True, "group": 1},
    ]
    summary.write_text(json.dumps(values))
    case = case_of_folder(run.folder)
    assert case.experiment.optimizer.lr == 0.5
    assert case.original.optimizer.lr == 0.02


def test_a_run_cut_off_is_read_as_far_as_it_came(tmp_path: Path) -> None:
    run = run_headless(small(), out=tmp_path / "run")
    for name in ("summary.json", "weights.safetensors"):
        (run.folder / name).unlink()
    case = case_of_folder(run.folder)
    assert (case.outcome, case.snapshot) == (None, None)
    assert case.step == run.finished.result.step


# --------------------------------------------------------------------------------------------- refused


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> HeadlessRun:
    return run_headless(small(epochs=2), out=tmp_path_factory.mktemp("sound") / "run")


def lines(*rows: str) -> str:
    return "\n".join(rows) + "\n"


LAYERS = "replica,step,layer,weight_grad_norm,signal_norm,update_ratio"
EVALUATIONS = (
    "replica,step,epoch,lr,train_loss,val_loss,train_accuracy,val_accuracy,train_r2,val_r2,parameter_change,grad_norm"
)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("experiment.toml", "epochs = ", "not valid TOML"),
        ("experiment.toml", "epochs = -1", "greater than or equal to"),
        ("experiment.toml", '[data]\ndataset = "csv"\npath = "/dev/zero"', "/dev"),
        ("summary.json", "{", "not valid JSON"),
        ("summary.json", "[]", "not the summary"),
        ("summary.json", '{"reason": "won", "message": "", "steps": 1}', "reason"),
        ("summary.json", '{"reason": "stopped", "message": "\\u001b[2J", "steps": 1}', "control character"),
        ("summary.json",
         '{"reason": "stopped", "message": "", "steps": 9, "edits": [{"step": 1, "key": "optimizer.lr", "value": -1}]}',
         "do not fit"),
        ("history.csv", "", "not a table"),
        ("history.csv", lines(EVALUATIONS.replace("val_loss", "loss"), "0" + ",1" * 11), "not a table"),
        ("history.csv", lines(EVALUATIONS), "no evaluation"),
        ("history.csv", lines(EVALUATIONS, "0" + ",1" * 11, "0" + ",1" * 11), "not in order"),
        ("history.csv", lines(EVALUATIONS, "0,one" + ",1" * 10), "not a table"),
        ("history.csv", lines(EVALUATIONS, "0" + ",1" * 50), "no evaluation"),
        ("history.csv", lines(EVALUATIONS, "," * 30_000_000), "line 2 is too long"),
        ("gradients.csv", "," * 30_000_000, "line 1 is too long"),
        ("gradients.csv", lines(LAYERS, "0,1,layer 9,1,1,1"), "layers that the network"),
        ("gradients.csv", lines(LAYERS, "0,0,layer 1,1,1,1"), "whole numbers from 1"),
        ("gradients.csv", lines(LAYERS, "0,1.5,layer 1,1,1,1"), "whole numbers from 1"),
        ("gradients.csv", lines(LAYERS, *["0,1,layer 1,1,1,1"] * 3), "more than two rows"),
        ("gradients.csv", lines(LAYERS, "0,900000000,layer 1,1,1,1"), "leaves out steps"),
        ("gradients.csv", "\x00\x01", "not a table"),
        ("weights.safetensors", "what is this", "cannot be read"),
    ],
    ids=lambda text: text if len(text) < 40 else "",
)  # fmt: skip
def test_a_damaged_file_is_refused_and_named(
    sound: HeadlessRun, tmp_path: Path, name: str, content: str, expected: str
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(sound.folder, folder)
    (folder / name).write_text(content)
    with pytest.raises(InputError, match=re.escape(expected)) as error:
        case_of_folder(folder)
    assert name in str(error.value) or "/dev/zero" in str(error.value)


def test_a_table_that_asks_for_far_more_than_it_holds_is_refused(
    sound: HeadlessRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(sound.folder, folder)
    monkeypatch.setattr(run_folder, "MAX_LAYER_ROWS", 100)
    (folder / "gradients.csv").write_text(lines(LAYERS, *(f"0,{step},layer 1,1,1,1" for step in range(1, 100))))
    with pytest.raises(InputError, match="leaves layers out"):
        case_of_folder(folder)


@pytest.mark.parametrize("name", ["history.csv", "gradients.csv", "summary.json", "weights.safetensors"])
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_a_pipe_is_not_read(sound: HeadlessRun, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "run"
    shutil.copytree(sound.folder, folder)
    (folder / name).unlink()
    os.mkfifo(folder / name)
    with pytest.raises(InputError, match="not a regular file"):
        case_of_folder(folder)


def test_weights_of_another_network_are_refused(sound: HeadlessRun, tmp_path: Path) -> None:
    other = run_headless(small(epochs=1, network__hidden=[3]), out=tmp_path / "other")
    folder = tmp_path / "run"
    shutil.copytree(sound.folder, folder)
    shutil.copy(other.folder / "weights.safetensors", folder)
    with pytest.raises(InputError, match="does not hold the weights"):
        case_of_folder(folder)


@pytest.mark.parametrize("name", ["history.csv", "gradients.csv"])
def test_a_missing_table_is_named(sound: HeadlessRun, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "run"
    shutil.copytree(sound.folder, folder)
    (folder / name).unlink()
    with pytest.raises(InputError, match=re.escape(name)):
        case_of_folder(folder)
