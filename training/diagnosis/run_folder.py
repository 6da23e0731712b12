"""A run as its files tell it: what `training.outputs` left behind, read within bounds, as a case to be looked at."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import torch
from pydantic import BaseModel, ConfigDict, Field
from safetensors import SafetensorError, safe_open

from models.architecture import Architecture
from models.network import Network
from training.data.load import load_prepared
from training.data.prepare import PreparedData
from training.diagnosis.case import Case
from training.diagnosis.findings_file import Key, Sentence, Simple, Step
from training.diagnosis.recorded import Recorded
from training.diagnosis.whole_run import with_edits
from training.errors import ExperimentError, InputError
from training.experiment import Experiment
from training.experiment_file import load
from training.feasibility import architecture_of, check_feasible
from training.history import MAX_FINE_SPANS, TAIL_STEPS, FloatArray, IntArray
from training.plain_data import validated
from training.plain_text import Readable
from training.population import replicas_of
from training.progress import LAYER_COLUMNS, Edit, Outcome, Reason, column, layer_names, record_width
from training.snapshot import Snapshot
from training.toml_file import read_text

EXPERIMENT, SUMMARY, HISTORY, GRADIENTS = "experiment.toml", "summary.json", "history.csv", "gradients.csv"
WEIGHTS = "weights.safetensors"

MAX_SUMMARY_BYTES = 20_000_000
MAX_TABLE_BYTES = 250_000_000
"""More than the largest table a run can leave."""
LONGEST_LINE = 2_000
MAX_EVALUATIONS = 600_000
MAX_LAYER_ROWS = 2_200_000

EVALUATED = {
    "step": "step", "epoch": "epoch", "train_loss": "train_loss", "val_loss": "val_loss",
    "parameter_change": "parameter_change", "grad_norm": "grad_norm", "lr": "lr",
}  # fmt: skip
SCORES = {"classification": "accuracy", "regression": "r2"}

Name = Annotated[str, Field(max_length=200), Readable()]


class _Read(BaseModel):
    """What is looked at of a larger file: the rest of it does not matter."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class MadeEdit(_Read):
    """One change made while the run was under way."""

    step: Step
    key: Key
    value: Simple
    group: Annotated[int, Field(ge=0, le=10**9)] = 0


class Summary(_Read):
    """How the first replica of a run ended."""

    reason: Reason
    message: Sentence
    steps: Step
    epochs: float | None = None
    diverged_tensor: Name | None = None
    criteria: Annotated[tuple[Name, ...], Field(max_length=20)] = ()
    best_step: Step = 0
    best_epoch: float | None = None
    best_metric: float | None = None
    weights_of_best_restored: bool = False
    edits: Annotated[tuple[MadeEdit, ...], Field(max_length=10_000)] = ()

    def outcome(self) -> Outcome | None:
        """Return how it ended; None where it had not."""
        if self.reason == "running":
            return None
        return Outcome(
            self.reason, self.steps, _number(self.epochs), self.message, self.best_step, _number(self.best_epoch),
            _number(self.best_metric), self.weights_of_best_restored, self.criteria, self.diverged_tensor or "",
        )  # fmt: skip

    def made_edits(self) -> tuple[Edit, ...]:
        """Return the changes as the engine takes them."""
        return tuple(Edit(edit.step, edit.key, edit.value, edit.group) for edit in self.edits)


def read_experiment(folder: Path) -> Experiment:
    """Return what was run, before any edit.

    Raises
    ------
    InputError, ExperimentError
        If the folder is not that of a run, or its experiment is not valid.
    """
    if not folder.is_dir():
        raise InputError("there is no such folder", where=str(folder))
    if not (folder / EXPERIMENT).is_file():
        raise InputError(
            f"this is not the folder of a run: it has no {EXPERIMENT}", where=str(folder),
            hint="name a folder that 'run' has made, such as runs/20260101-120000-two-spirals",
        )  # fmt: skip
    return load(folder / EXPERIMENT)


def read_summary(folder: Path) -> Summary | None:
    """Return how the run ended; None where that has not been written (yet).

    Raises
    ------
    InputError, ExperimentError
        If the file is there and cannot be read.
    """
    path = folder / SUMMARY
    if not _is_there(path):
        return None
    text = read_text(path, "the summary of a run", max_bytes=MAX_SUMMARY_BYTES)
    try:
        values = json.loads(text)
    except RecursionError:
        raise InputError("nested too deeply", where=str(path)) from None
    except ValueError as error:
        raise InputError(f"not valid JSON: {error}", where=str(path)) from None
    if not isinstance(values, dict):
        raise InputError("this is not the summary of a run", where=str(path))
    return validated(Summary, values, file=str(path))


def case_of_folder(folder: Path) -> Case:
    """Return the case of the first replica of a run by its files; its data are loaded again.

    Of single steps the files hold the norms of the layers only. So the loss of a batch and the rate are taken from the
    evaluations about it, and the norm of the whole gradient from those of the layers' weights.

    Raises
    ------
    InputError, ExperimentError
        If a file is missing, damaged, too large, or does not fit the others, or if the data cannot be loaded.
    """
    original = replicas_of(read_experiment(folder))[0]
    summary = read_summary(folder)
    experiment = original
    if summary is not None:
        try:
            experiment = with_edits(original, summary.made_edits())
        except ExperimentError as error:
            raise InputError(f"its edits do not fit {EXPERIMENT}: {error.message()}", where=str(folder / SUMMARY)) \
                from None  # fmt: skip
    data = load_prepared(original.data)
    check_feasible(original, data, replicas=1)
    architecture = architecture_of(original, data)
    evaluations = _evaluations(folder / HISTORY, data)
    recorded = _recorded(folder / GRADIENTS, evaluations, architecture, summary.steps if summary else None)
    return Case(
        experiment, original, data, architecture, recorded, outcome=summary.outcome() if summary else None,
        snapshot=_snapshot(folder / WEIGHTS, architecture, data, recorded, original),
    )  # fmt: skip


# --------------------------------------------------------------------------------------------- tables


def _evaluations(path: Path, data: PreparedData) -> dict[str, FloatArray]:
    score = SCORES[data.task]
    names = {**EVALUATED, "train_score": f"train_{score}", "val_score": f"val_{score}"}
    rows = _table(path, ["replica", *names.values()], MAX_EVALUATIONS)
    columns = {name: rows[label].to_numpy(np.float64) for name, label in names.items()}
    steps = columns["step"]
    if not len(steps):
        raise InputError("holds no evaluation of the first replica", where=str(path))
    if not _ascending(steps, least=0) or not np.isfinite(columns["epoch"]).all():
        raise InputError("its steps are not in order", where=str(path))
    return columns


def _recorded(
    path: Path, evaluations: dict[str, FloatArray], architecture: Architecture, ended: int | None
) -> Recorded:
    names = layer_names(architecture.layers)
    rows = _table(path, ["replica", "step", "layer", *LAYER_COLUMNS], MAX_LAYER_ROWS, text="layer")
    layer = rows["layer"].map({name: index for index, name in enumerate(names)}).to_numpy(np.float64)
    if np.isnan(layer).any():
        raise InputError(f"names layers that the network of {EXPERIMENT} does not have", where=str(path))
    at, which = np.unique(rows["step"].to_numpy(np.float64), return_inverse=True)
    if not _ascending(at, least=1):
        raise InputError("its steps are not whole numbers from 1", where=str(path))
    if len(at) * len(names) > MAX_LAYER_ROWS:
        raise InputError("has too many steps, of which it leaves layers out", where=str(path))
    bound = rows.groupby(["step", "layer"], observed=True).cumcount().to_numpy()
    if len(bound) and bound.max() > 1:
        raise InputError("has more than two rows of one step and layer", where=str(path))
    norms = np.full((2, len(at), len(LAYER_COLUMNS), len(names)), np.nan)
    norms[bound, which, :, layer.astype(np.int64)] = rows[list(LAYER_COLUMNS)].to_numpy(np.float64)
    steps = at.astype(np.int64)
    if len(bound) and bound.max() == 1:
        return _thinned(steps, norms, evaluations, len(names), ended)
    return _exact(path, steps, norms[0], evaluations, len(names), ended)


def _exact(
    path: Path, steps: IntArray, norms: FloatArray, evaluations: dict[str, FloatArray], layers: int, ended: int | None
) -> Recorded:
    """Return a run every step of which is kept; steps of which nothing is finite are not in the file."""
    total = int(steps[-1]) if len(steps) else 0
    if ended is not None and total < ended <= total + TAIL_STEPS:
        total = ended
    if total > MAX_FINE_SPANS:
        raise InputError("leaves out steps", where=str(path))
    whole = np.full((total, *norms.shape[1:]), np.nan)
    whole[steps - 1] = norms
    return Recorded.of_steps(layers, _records(np.arange(1, total + 1), whole, evaluations), evaluations)


def _thinned(
    steps: IntArray, norms: FloatArray, evaluations: dict[str, FloatArray], layers: int, ended: int | None
) -> Recorded:
    stride = int(np.diff(steps).min()) if len(steps) > 1 else 1
    low, high = (_records(steps, values, evaluations) for values in norms)
    columns = Recorded.of_steps(layers, low[:0], evaluations).evaluations
    last = ended if ended is not None else int(steps[-1])
    nothing = np.empty((0, record_width(layers)))
    return Recorded(
        layers, steps, low, high, stride, columns, np.empty(0, np.int64), nothing, last,
        float(evaluations["epoch"][-1]),
    )  # fmt: skip


def _records(steps: IntArray, norms: FloatArray, evaluations: dict[str, FloatArray]) -> FloatArray:
    """Return records of steps ``[K, columns]`` from the norms of their layers ``[K, quantities, layers]``."""
    layers = norms.shape[2]
    records = np.full((len(steps), record_width(layers)), np.nan)
    for name, quantity in (("batch_loss", "train_loss"), ("lr", "lr")):
        records[:, column(name, layers)] = np.interp(steps, evaluations["step"], evaluations[quantity])
    weights = norms[:, LAYER_COLUMNS.index("weight_grad_norm")]
    with np.errstate(over="ignore"):
        records[:, column("grad_norm", layers)] = np.sqrt(np.square(weights).sum(1))
    for index, name in enumerate(LAYER_COLUMNS):
        start = column(name, layers)
        records[:, start : start + layers] = norms[:, index]
    return records


def _table(path: Path, columns: list[str], most: int, *, text: str = "") -> pd.DataFrame:
    """Return the rows of the first replica, which come first; all numbers but for one column."""
    if not _is_there(path):
        raise InputError("this file of the run is missing", where=str(path))
    if path.stat().st_size > MAX_TABLE_BYTES:
        raise InputError(f"larger than {MAX_TABLE_BYTES:,} bytes: this is no table of a run", where=str(path))
    types: dict[str, Any] = {name: "category" if name == text else np.float64 for name in columns}
    try:
        rows = pd.read_csv(_lines(path, most), usecols=columns, dtype=types, encoding="utf-8", low_memory=False)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from None
    except (ValueError, OverflowError) as error:  # of pandas: no table, other columns, text among the numbers
        raise InputError(f"this is not a table of a run: {error}", where=str(path)) from None
    return rows[rows["replica"] == 0]


def _lines(path: Path, most: int) -> io.BytesIO:
    """Return the heading of a table and the lines of the first replica; those of the others follow them."""
    found = io.BytesIO()
    with path.open("rb") as file:
        for number in range(most + 1):
            line = file.readline(LONGEST_LINE + 1)
            if len(line) > LONGEST_LINE:  # a line of many millions of commas would take minutes to be refused
                raise InputError(f"line {number + 1} is too long: this is not a table of a run", where=str(path))
            if not line or (number and not line.startswith(b"0,")):
                break
            found.write(line)
    found.seek(0)
    return found


def _is_there(path: Path) -> bool:
    """Tell whether there is a file; a pipe or a device would be read for ever."""
    if path.exists() and not path.is_file():
        raise InputError("is not a regular file", where=str(path))
    return path.is_file()


def _ascending(steps: FloatArray, *, least: int) -> bool:
    whole = np.isfinite(steps).all() and (steps == np.floor(steps)).all() and (np.diff(steps) > 0).all()
    return bool(whole) and (not len(steps) or (steps[0] >= least and steps[-1] <= 10**12))


# --------------------------------------------------------------------------------------------- weights


def _snapshot(
    path: Path, architecture: Architecture, data: PreparedData, recorded: Recorded, experiment: Experiment
) -> Snapshot | None:
    """Return the weights the run ended with; None where there are none."""
    if not _is_there(path):
        return None
    network = Network(architecture, 1, torch.float64 if experiment.dtype == "float64" else torch.float32)
    expected = {name: tuple(tensor.shape) for name, tensor in network.tensors().items()}
    try:
        with safe_open(path, framework="pt") as file, torch.inference_mode():
            stored = set(file.keys())
            prefix = "replica_0." if f"replica_0.{next(iter(expected))}" in stored else ""
            for name, shape in expected.items():
                if prefix + name not in stored or tuple(file.get_slice(prefix + name).get_shape()) != shape:
                    raise InputError(f"does not hold the weights of the network of {EXPERIMENT}", where=str(path))
            network.load_tensors({name: file.get_tensor(prefix + name) for name in expected})
    except (SafetensorError, OSError) as error:
        raise InputError(f"cannot be read: {error}", where=str(path)) from None
    with torch.inference_mode():
        params, statistics = network.params[0].numpy().copy(), network.statistics_of(0).numpy().copy()
    return Snapshot(recorded.step, recorded.epoch, architecture, data.task, params, statistics)


def _number(value: float | None) -> float:
    return math.nan if value is None else value
