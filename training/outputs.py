"""The files a run leaves behind: each appears whole or not at all. `docs/outputs.md` describes them.

`summary.json` is written last: a folder that has one is complete.
"""

from __future__ import annotations

import copy
import json
import math
import os
import platform
import re
import shutil
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import torch
from safetensors.numpy import save as as_safetensors

from training.atomic import write_whole, writing_whole
from training.diagnosis import findings_file
from training.diagnosis.whole_run import case_of_result, found_in, with_edits
from training.errors import InputError
from training.experiment_file import save
from training.history import TAIL_STEPS, FloatArray, History, IntArray, evaluations_kept, fine_spans
from training.instruments import rates, stopping_bench
from training.instruments.log import InstrumentLog
from training.instruments.spent import Spent
from training.instruments.tables import instrument_tables, landscape_table, path_table, rate_table, stopping_table
from training.length import evaluations_at_most, steps_at_most
from training.progress import LAYER_COLUMNS, STEP_COLUMNS, Outcome

if TYPE_CHECKING:
    from training.data.prepare import PreparedData
    from training.engine import Engine
    from training.experiment import Experiment
    from training.instruments.landscape import Landscape
    from training.result import Result

HISTORY_COLUMNS = (
    "replica", "step", "epoch", "lr", "train_loss", "val_loss", "train_accuracy", "val_accuracy",
    "train_r2", "val_r2", "parameter_change", "grad_norm",
)  # fmt: skip
GRADIENT_COLUMNS = ("replica", "step", "layer", *LAYER_COLUMNS)
SLUG_LENGTH = 60

# Bytes of a row, rather too many than too few, for the estimate of what will be written.
HISTORY_ROW = 200
GRADIENT_ROW = 72
SUMMARY_OF_REPLICA = 1_200
OTHER_FILES = 1_000_000


@dataclass(frozen=True)
class FinishedRun:
    """A run as its files tell it: ended for whatever reason, or looked at while it is under way.

    Attributes
    ----------
    experiment
        What was run, all replicas together, as it was before any edit.
    result
        What it has come to, from `Engine.result`; the history ends at the same step.
    started
        When the run began.
    wall_seconds
        Time from the beginning of training to its end, reports included.
    instruments
        What instruments have said of its first replica, if there were any.
    budget
        Time they were allowed to take, as a part of that for training; 0: they were off.
    """

    experiment: Experiment
    result: Result
    history: History
    started: datetime
    wall_seconds: float
    instruments: InstrumentLog = field(default_factory=InstrumentLog)
    budget: float = 0.0

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """How each replica ended, or where it stands."""
        return self.result.outcomes

    @property
    def measured(self) -> bool:
        """Whether any instrument was read."""
        return bool(self.instruments.names)

    @property
    def spent(self) -> Spent:
        """What the instruments have cost."""
        return Spent.of(self.instruments, self.budget, self.history.seconds)


def run_so_far(
    experiment: Experiment,
    result: Result,
    history: History,
    started: datetime,
    wall_seconds: float = math.nan,
    instruments: InstrumentLog | None = None,
    budget: float = 0.0,
) -> FinishedRun:
    """Return a run under way, or ended, for `write_outputs`, which may then work in another thread.

    History and instruments are copied, so that they may grow meanwhile.

    Parameters
    ----------
    experiment
        What was run, as it was before any edit.
    result
        What `Session.request_result` brought.
    history
        All that came in the outbox before it, and nothing after.
    budget
        Time that instruments may take, as a part of that for training; 0: they are off.
    """
    said = InstrumentLog() if instruments is None else instruments.until(result.step)
    return FinishedRun(experiment, result, copy.deepcopy(history), started, wall_seconds, said, budget)


# -------------------------------------------------------------------------------------- folders


def new_run_folder(base: Path, name: str, when: datetime) -> Path:
    """Make ``base/<time>-<name>``, never one that is already there.

    Raises
    ------
    InputError
        If it cannot be made.
    """
    stem = f"{when:%Y%m%d-%H%M%S}-{slug(name)}"
    number = 1
    while True:
        folder = base / (stem if number == 1 else f"{stem}-{number}")
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            if not folder.exists():  # it is `base`, or a parent of it, that is a file
                raise InputError("is a file, so no folder can be made in it", where=str(base)) from None
            number += 1
        except OSError as error:
            raise _no_folder(folder, error) from None


def claim_folder(folder: Path) -> Path:
    """Make `folder`, or take it if it is there and empty.

    Raises
    ------
    InputError
        If it holds files already or cannot be made.
    """
    make_folder(folder)
    try:
        occupied = any(folder.iterdir())
    except OSError as error:
        raise _no_folder(folder, error) from None
    if occupied:
        raise InputError(
            "is not empty, and a run never writes over another",
            where=str(folder),
            hint="Name a new folder with --out, or leave --out away",
        )
    return folder


def make_folder(folder: Path) -> None:
    """Make `folder` unless it is there.

    Raises
    ------
    InputError
        If it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise InputError("is a file, not a folder", where=str(folder)) from None
    except OSError as error:
        raise _no_folder(folder, error) from None


def slug(name: str) -> str:
    """Return `name` as it can stand in a file name everywhere: letters, digits, hyphens, underscores.

    >>> slug("Why deep sigmoid nets stall?")
    'why-deep-sigmoid-nets-stall'
    """
    words = re.findall(r"[a-z0-9_]+", name.lower())
    return "-".join(words)[:SLUG_LENGTH].strip("-_") or "run"


def _no_folder(folder: Path, error: OSError) -> InputError:
    return InputError(
        f"cannot be made: {error.strerror}", where=str(folder),
        hint="Choose another folder (--out; in the window, under Preferences)",
    )


def check_space(folder: Path, engine: Engine, *, save_data: bool = False) -> None:
    """Refuse a run whose files would not fit on the disk.

    Raises
    ------
    InputError
        With the estimate and what is free.
    """
    needed = bytes_to_write(engine, save_data=save_data)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise InputError(
            f"the disk has {_megabytes(free)} free, and the files of this run need about {_megabytes(needed)}",
            where=str(folder),
            hint="Make room, or choose another folder (--out; in the window, under Preferences)",
        )


def bytes_to_write(engine: Engine, *, save_data: bool = False) -> int:
    """Return about how large the files of a run become at the most, if it makes all its steps."""
    replicas, layers = engine.replicas, len(engine.layer_names)
    steps = steps_at_most(engine.experiment, engine.steps_per_epoch)
    evaluations = evaluations_at_most(engine.experiment, engine.steps_per_epoch)
    spans = fine_spans(replicas, layers)
    gradient_rows = steps if steps <= spans else 2 * spans  # beyond that: smallest and largest of each span
    snapshot, data = engine.initial_snapshot(), engine.data
    of_replica = (
        2 * (snapshot.params.nbytes + snapshot.statistics.nbytes)
        + HISTORY_ROW * evaluations_kept(replicas, evaluations)
        + GRADIENT_ROW * layers * gradient_rows
        + SUMMARY_OF_REPLICA
    )
    arrays = (data.x_train, data.y_train, data.x_val, data.y_val, data.train_index, data.val_index)
    return replicas * of_replica + save_data * sum(array.nbytes for array in arrays) + OTHER_FILES


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"


# ---------------------------------------------------------------------------------------- files


def write_outputs(folder: Path, run: FinishedRun, *, save_data: bool = False) -> None:
    """Write every file of a run into `folder`: the weights, which nothing can bring back, first, ``summary.json`` last.

    Raises
    ------
    InputError
        If the folder cannot be written or the disk is full; the files written before stay whole.
    """
    save(run.experiment, folder / "experiment.toml")
    write_whole(folder / "weights.safetensors", weights_file(run, initial=False))
    write_whole(folder / "initial.safetensors", weights_file(run, initial=True))
    write_lines(folder / "history.csv", history_csv(run))
    write_lines(folder / "gradients.csv", gradients_csv(run.history))
    if run.outcomes[0].reason == "diverged":
        write_lines(folder / "last_steps.csv", last_steps_csv(run.history, run.outcomes[0].step))
    write_instruments(folder, run)
    write_findings(folder, run)
    if save_data:
        with writing_whole(folder / "data.npz") as file:
            write_data(file, run.result.data)
    write_whole(folder / "curves.png", curves_picture(run))
    write_whole(folder / "summary.json", (json.dumps(summary(run), indent=2, ensure_ascii=False) + "\n").encode())


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write lines as they come, so that a table never has to fit into memory, and whole or not at all."""
    with writing_whole(path) as file:
        file.writelines(f"{line}\n".encode() for line in lines)


def history_csv(run: FinishedRun) -> Iterator[str]:
    """Yield the lines of a table with a row per evaluation and replica; cells that do not apply are empty."""
    score = "accuracy" if run.result.data.task == "classification" else "r2"
    columns = {
        "lr": "lr",
        "train_loss": "train_loss",
        f"train_{score}": "train_score",
        "parameter_change": "parameter_change",
        "grad_norm": "grad_norm",
    }
    if len(run.result.data.x_val):
        columns |= {"val_loss": "val_loss", f"val_{score}": "val_score"}
    yield ",".join(HISTORY_COLUMNS)
    yield from _history_rows(run.history, [columns.get(name) for name in HISTORY_COLUMNS[3:]])


def _history_rows(history: History, names: list[str | None]) -> Iterator[str]:
    evaluations = history.evaluations
    steps, epochs, rates = evaluations.step, evaluations.epoch, evaluations.column("lr")
    final_steps, final_epochs = evaluations.final("step"), evaluations.final("epoch")
    columns = [None if name is None else evaluations.column(name) for name in names]
    final_values = [None if name is None else evaluations.final(name) for name in names]
    for replica in range(history.replicas):
        rows = np.flatnonzero(~np.isnan(rates[:, replica]))  # a replica that has ended is not evaluated any more
        for row in rows:
            yield _history_row(replica, steps[row], epochs[row], (_at(values, (row, replica)) for values in columns))
        if np.isfinite(final_steps[replica]) and final_steps[replica] not in steps[rows[-1:]]:
            # It ended before the others, and its last evaluation is one of those that were dropped since.
            cells = (_at(values, replica) for values in final_values)
            yield _history_row(replica, final_steps[replica], final_epochs[replica], cells)


def _history_row(replica: int, step: float, epoch: float, cells: Iterable[str]) -> str:
    return ",".join([str(replica), str(int(step)), repr(float(epoch)), *cells])


def _at(values: FloatArray | None, index: Any) -> str:
    return "" if values is None else repr(float(values[index]))


def gradients_csv(history: History) -> Iterator[str]:
    """Yield the lines of a table of every layer's norms, with a row per step, layer and replica.

    Once the history is thinned, each span of steps gives two rows: the smallest values, then the largest.
    """
    yield ",".join(GRADIENT_COLUMNS)
    yield from _gradient_rows(history)


def _gradient_rows(history: History) -> Iterator[str]:
    row = "%d,%d,%s" + ",%.9g" * len(LAYER_COLUMNS)
    steps = history.layers(LAYER_COLUMNS[0]).steps
    for replica in range(history.replicas):
        curves = (history.layers(name, replica=replica) for name in LAYER_COLUMNS)
        lowest, highest = zip(*((curve.low, curve.high) for curve in curves), strict=True)
        for index, step in enumerate(steps):
            for tables in (lowest,) if history.exact else (lowest, highest):
                for layer, *measured in zip(history.layer_names, *(table[index] for table in tables), strict=True):
                    if not all(map(math.isnan, measured)):
                        yield row % (replica, step, layer, *measured)


def last_steps_csv(history: History, ended: int) -> Iterator[str]:
    """Yield the lines of a table of all that was recorded of the first replica's last steps, up to its end.

    A row for each of `TAIL_STEPS` steps at the most; of layers there is a column for each quantity and layer.
    """
    layers = [name.replace(" ", "_") for name in history.layer_names]
    yield ",".join(["step", *STEP_COLUMNS, *(f"{name}_{layer}" for name in LAYER_COLUMNS for layer in layers)])
    for step, row in zip(*_last_steps(history, ended), strict=True):
        yield ",".join([str(step), *map(repr, row.tolist())])


def _last_steps(history: History, ended: int) -> tuple[IntArray, FloatArray]:
    """Return the numbers ``[T]`` and records ``[T, columns]`` of the first replica's last steps, as far as known."""
    tail = history.tail()
    known = tail.steps <= ended
    if known.any() or not history.exact:
        return tail.steps[known], tail.low[known]
    first = max(1, ended - TAIL_STEPS + 1)  # others have gone on since, and every step is still there
    of_steps = [history.series(name, first=first, last=ended) for name in STEP_COLUMNS]
    of_layers = [history.layers(name, first=first, last=ended) for name in LAYER_COLUMNS]
    return of_steps[0].steps, np.column_stack([curve.low for curve in (*of_steps, *of_layers)])


def write_findings(folder: Path, run: FinishedRun) -> None:
    """Write ``findings.json``; where what was found cannot be told, warn and leave it out: the run is what counts."""
    try:
        content = findings_json(run)
    except Exception as error:
        warnings.warn(f"No {findings_file.NAME}: {error!r}", RuntimeWarning, stacklevel=2)
        return
    write_whole(folder / findings_file.NAME, content)


def findings_json(run: FinishedRun) -> bytes:
    """Return what was found in the first replica, at the end and on the way."""
    case = case_of_result(run.experiment, run.result, run.history, run.instruments)
    return findings_file.dumps(found_in(case), case.step, case.recorded.epoch)


def write_instruments(folder: Path, run: FinishedRun) -> None:
    """Write ``instruments/<name>.csv`` for every instrument that has said anything, and what the whole run tells."""
    tables = instrument_tables(run.instruments, run.result.final[0].architecture)
    _write_tables(folder / "instruments", {**tables, **tables_of_the_whole(run)})


def tables_of_the_whole(run: FinishedRun) -> dict[str, list[str]]:
    """Return the tables that need only the history, by name, of a run with instruments that is long enough for them.

    What cannot be told is left out with a warning: the run is what counts.
    """
    if not run.budget:
        return {}
    made: dict[str, list[str]] = {}
    for name, lines_of in OF_THE_WHOLE.items():
        try:
            made[name] = lines_of(run)
        except Exception as error:
            warnings.warn(f"No instruments/{name}.csv: {error!r}", RuntimeWarning, stacklevel=2)
    return {name: lines for name, lines in made.items() if lines}


def convergence_rate_csv(run: FinishedRun) -> list[str]:
    """Return the lines of a table of how fast the first replica converges; none where it is too short to tell."""
    found = rates.estimates(run.history.evaluations)
    return list(rate_table(found, targets(run))) if found else []


def targets(run: FinishedRun) -> dict[str, float]:
    """Return the values that the criteria of a run wait for, of the quantities whose rate is told."""
    criterion = with_edits(run.experiment, run.result.edits).stopping.criteria.gradient_norm
    return {} if criterion.action == "off" else {"grad_norm": criterion.threshold}


def stopping_bench_csv(run: FinishedRun) -> list[str]:
    """Return the lines of a table of what stopping rules would have done to the first replica; none without any."""
    rules = stopping_bench.judge(run.history.evaluations)
    return list(stopping_table(rules)) if rules else []


OF_THE_WHOLE: dict[str, Callable[[FinishedRun], list[str]]] = {
    "convergence_rate": convergence_rate_csv, "stopping_bench": stopping_bench_csv,
}  # fmt: skip
"""Tables in ``instruments/`` that need only the history."""


def write_landscape(folder: Path, landscape: Landscape) -> None:
    """Write ``instruments/landscape.csv``, and the path through it."""
    tables = {"landscape": landscape_table(landscape), "landscape_path": path_table(landscape)}
    _write_tables(folder / "instruments", tables)


def _write_tables(folder: Path, tables: Mapping[str, Iterable[str]]) -> None:
    if tables:
        make_folder(folder)
    for name, lines in tables.items():
        write_lines(folder / f"{name}.csv", lines)


def weights_file(run: FinishedRun, *, initial: bool) -> bytes:
    """Return the weights as safetensors, named as in the PyTorch module the network stands for.

    With several replicas the names of replica k begin with ``replica_k.``.
    """
    snapshots = run.result.initial if initial else run.result.final
    tensors: dict[str, Any] = {}
    for replica, snapshot in enumerate(snapshots):
        prefix = f"replica_{replica}." if len(snapshots) > 1 else ""
        tensors.update({prefix + name: tensor for name, tensor in snapshot.tensors().items()})
    about = f"{'initial' if initial else 'final'} weights of {run.experiment.name}"
    return bytes(as_safetensors(tensors, metadata={"about": about}))  # one entry: several come in random order


def write_data(file: BinaryIO, data: PreparedData) -> None:
    """Write the arrays as the network sees them, as a compressed NumPy archive."""
    np.savez_compressed(
        file,
        x_train=data.x_train, y_train=data.y_train, x_val=data.x_val, y_val=data.y_val,
        train_index=data.train_index, val_index=data.val_index,
        feature_names=np.array(data.feature_names), class_names=np.array(data.class_names),
    )  # fmt: skip


# -------------------------------------------------------------------------------------- summary


def summary(run: FinishedRun) -> dict[str, Any]:
    """Return how the run ended, at the top for replica 0 and in a list for every replica; NaN and ∞ as None."""
    experiment, history = run.experiment, run.history
    replicas = [_replica_summary(run, replica) for replica in range(history.replicas)]
    steps = max(outcome.step for outcome in run.outcomes)
    return {
        "name": experiment.name,
        **replicas[0],
        "seconds": _finite(history.seconds),
        "wall_seconds": _finite(run.wall_seconds),
        "steps_per_second": _finite(steps / history.seconds) if history.seconds > 0 else None,
        "seed": experiment.seed,
        "device": run.result.device,
        "dtype": experiment.dtype,
        "parameters": run.result.parameters,
        "steps_per_epoch": run.result.steps_per_epoch,
        "notes": list(run.result.notes),
        "edits": [vars(edit) for edit in run.result.edits],
        "gradients_exact": history.exact,
        "instruments": _cost_of_instruments(run) if run.budget or run.measured else None,
        "started": run.started.isoformat(timespec="seconds"),
        "versions": versions(),
        "machine": machine(),
        "replicas": replicas,
    }


def _replica_summary(run: FinishedRun, replica: int) -> dict[str, Any]:
    outcome = run.outcomes[replica]
    score = "accuracy" if run.result.data.task == "classification" else "r2"
    evaluations = run.history.evaluations
    best_epoch = outcome.best_epoch if math.isfinite(outcome.best_epoch) else evaluations.best_val_epoch[replica]
    last = {
        "train_loss": "train_loss", "val_loss": "val_loss", f"train_{score}": "train_score",
        f"val_{score}": "val_score", "lr": "lr",
    }  # fmt: skip
    return {
        "replica": replica,
        "reason": outcome.reason,
        "message": outcome.message,
        "steps": outcome.step,
        "epochs": _finite(outcome.epoch),
        "criteria": list(outcome.criteria),
        "diverged_tensor": outcome.tensor or None,
        "best_metric": _finite(outcome.best_metric),
        "best_step": outcome.best_step,
        "best_epoch": _finite(best_epoch),
        "best_val_loss": _finite(evaluations.best_val_loss[replica]),
        "weights_of_best_restored": outcome.restored,
        **{f"final_{name}": _finite(evaluations.final(column)[replica]) for name, column in last.items()},
    }


def _cost_of_instruments(run: FinishedRun) -> dict[str, float | None]:
    spent = run.spent
    return {"budget": spent.budget, "share": _finite(spent.share), "seconds": _finite(spent.seconds)}


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def versions() -> dict[str, str]:
    """Return the versions that the numbers of a run depend on."""
    return {
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "lab": lab_version(),
    }


def lab_version() -> str:
    """Return the version of this program; "unknown" when it runs from a folder without being installed."""
    try:
        return metadata.version("convergence-lab")
    except metadata.PackageNotFoundError:
        return "unknown"


def machine() -> dict[str, Any]:
    """Return what kind of machine this is, without naming it."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "gpu": torch.cuda.get_device_name(0) if torch.cuda.is_available() else None,
    }


def curves_picture(run: FinishedRun) -> bytes:
    """Return the learning curves and the gradient norms by layer as PNG."""
    from training.pictures import curves_png  # matplotlib takes a second to import

    return curves_png(run)
