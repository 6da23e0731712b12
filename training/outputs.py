"""The files a run leaves behind: each appears whole or not at all. `docs/outputs.md` describes them.

`summary.json` is written last: a folder that has one is complete.
"""

from __future__ import annotations

import io
import json
import math
import os
import platform
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors.numpy import save as as_safetensors

from training.atomic import write_whole
from training.errors import InputError
from training.experiment_file import save
from training.history import FloatArray, History, IntArray
from training.progress import Outcome

if TYPE_CHECKING:
    from training.engine import Engine
    from training.experiment import Experiment

HISTORY_COLUMNS = (
    "replica", "step", "epoch", "lr", "train_loss", "val_loss", "train_accuracy", "val_accuracy",
    "train_r2", "val_r2", "parameter_change", "grad_norm",
)  # fmt: skip
GRADIENT_COLUMNS = ("replica", "step", "layer", "weight_grad_norm", "signal_norm")
SLUG_LENGTH = 60


@dataclass(frozen=True)
class FinishedRun:
    """A run that has ended, for whatever reason, as its files tell it.

    Attributes
    ----------
    experiment
        What was run, all replicas together.
    outcomes
        How each replica ended.
    started
        When the run began.
    wall_seconds
        Time from the beginning of training to its end, reports included.
    """

    experiment: Experiment
    engine: Engine
    history: History
    outcomes: tuple[Outcome, ...]
    started: datetime
    wall_seconds: float


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
    try:
        folder.mkdir(parents=True, exist_ok=True)
        occupied = any(folder.iterdir())
    except FileExistsError:
        raise InputError("is a file, not a folder", where=str(folder)) from None
    except OSError as error:
        raise _no_folder(folder, error) from None
    if occupied:
        raise InputError(
            "is not empty, and a run never writes over another",
            where=str(folder),
            hint="Name a new folder with --out, or leave --out away",
        )
    return folder


def slug(name: str) -> str:
    """Return `name` as it can stand in a file name everywhere: letters, digits, hyphens, underscores.

    >>> slug("Why deep sigmoid nets stall?")
    'why-deep-sigmoid-nets-stall'
    """
    words = re.findall(r"[a-z0-9_]+", name.lower())
    return "-".join(words)[:SLUG_LENGTH].strip("-_") or "run"


def _no_folder(folder: Path, error: OSError) -> InputError:
    return InputError(
        f"cannot be made: {error.strerror}", where=str(folder), hint="Choose another folder with --out"
    )


def check_space(folder: Path, engine: Engine) -> None:
    """Refuse a run whose weights and records would not fit on the disk.

    Raises
    ------
    InputError
        With the estimate and what is free.
    """
    snapshot = engine.initial_snapshot()
    needed = 2 * engine.replicas * (snapshot.params.nbytes + snapshot.statistics.nbytes) + 1_000_000
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise InputError(
            f"the disk has {_megabytes(free)} free, and the files of this run need about {_megabytes(needed)}",
            where=str(folder),
            hint="Make room, or choose another folder with --out",
        )


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"


# ---------------------------------------------------------------------------------------- files


def write_outputs(folder: Path, run: FinishedRun, *, save_data: bool = False) -> None:
    """Write every file of a run into `folder`, ``summary.json`` last.

    Raises
    ------
    InputError
        If the folder cannot be written or the disk is full; the files written before stay whole.
    """
    save(run.experiment, folder / "experiment.toml")
    write_whole(folder / "history.csv", history_csv(run).encode())
    write_whole(folder / "gradients.csv", gradients_csv(run.history).encode())
    write_whole(folder / "weights.safetensors", weights_file(run, initial=False))
    write_whole(folder / "initial.safetensors", weights_file(run, initial=True))
    if save_data:
        write_whole(folder / "data.npz", data_file(run.engine))
    write_whole(folder / "curves.png", curves_picture(run))
    write_whole(folder / "summary.json", (json.dumps(summary(run), indent=2, ensure_ascii=False) + "\n").encode())


def history_csv(run: FinishedRun) -> str:
    """Return one row per evaluation and replica; cells that do not apply are empty."""
    evaluations = run.history.evaluations
    score = "accuracy" if run.engine.data.task == "classification" else "r2"
    columns = {
        "lr": evaluations.column("lr"),
        "train_loss": evaluations.train_loss,
        "val_loss": evaluations.val_loss,
        f"train_{score}": evaluations.train_score,
        f"val_{score}": evaluations.val_score,
        "parameter_change": evaluations.column("parameter_change"),
        "grad_norm": evaluations.column("grad_norm"),
    }
    held_out = len(run.engine.data.x_val) > 0
    if not held_out:
        columns = {name: values for name, values in columns.items() if not name.startswith("val_")}
    return "\n".join([",".join(HISTORY_COLUMNS), *_history_rows(run, columns)]) + "\n"


def _history_rows(run: FinishedRun, columns: dict[str, FloatArray]) -> Iterator[str]:
    steps, epochs = run.history.evaluations.step, run.history.evaluations.epoch
    for replica, outcome in enumerate(run.outcomes):
        chosen = [columns[name][:, replica] if name in columns else None for name in HISTORY_COLUMNS[3:]]
        for row in np.flatnonzero(steps <= outcome.step):  # a replica that has ended is not evaluated any more
            cells = ["" if values is None else _cell(values[row]) for values in chosen]
            yield ",".join([str(replica), str(steps[row]), _cell(epochs[row]), *cells])


def _cell(value: float) -> str:
    return repr(float(value))


def gradients_csv(history: History) -> str:
    """Return the norms of every layer, one row per step, layer and replica.

    Once the history is thinned, each span of steps gives two rows: the smallest values, then the largest.
    """
    return "\n".join([",".join(GRADIENT_COLUMNS), *_gradient_rows(history)]) + "\n"


def _gradient_rows(history: History) -> Iterator[str]:
    row = "%d,%d,%s,%.9g,%.9g"
    for replica in range(history.replicas):
        weight = history.layers("weight_grad_norm", replica=replica)
        signal = history.layers("signal_norm", replica=replica)
        for index, step in enumerate(weight.steps.tolist()):
            lowest, highest = (weight.low, signal.low), (weight.high, signal.high)
            for weight_values, signal_values in (lowest,) if history.exact else (lowest, highest):
                norms = zip(history.layer_names, weight_values[index], signal_values[index], strict=True)
                for layer, weight_norm, signal_norm in norms:
                    if not (math.isnan(weight_norm) and math.isnan(signal_norm)):
                        yield row % (replica, step, layer, weight_norm, signal_norm)


def weights_file(run: FinishedRun, *, initial: bool) -> bytes:
    """Return the weights as safetensors, named as in the PyTorch module the network stands for.

    With several replicas the names of replica k begin with ``replica_k.``.
    """
    engine, replicas = run.engine, run.history.replicas
    tensors: dict[str, Any] = {}
    for replica in range(replicas):
        prefix = f"replica_{replica}." if replicas > 1 else ""
        snapshot = engine.initial_snapshot(replica) if initial else engine.snapshot(replica)
        tensors.update({prefix + name: tensor for name, tensor in snapshot.tensors().items()})
    about = f"{'initial' if initial else 'final'} weights of {run.experiment.name}"
    return bytes(as_safetensors(tensors, metadata={"about": about}))  # one entry: several come in random order


def data_file(engine: Engine) -> bytes:
    """Return the arrays as the network sees them, as a compressed NumPy archive."""
    data = engine.data
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        x_train=data.x_train, y_train=data.y_train, x_val=data.x_val, y_val=data.y_val,
        train_index=data.train_index, val_index=data.val_index,
        feature_names=np.array(data.feature_names), class_names=np.array(data.class_names),
    )  # fmt: skip
    return buffer.getvalue()


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
        "device": run.engine.device_name,
        "dtype": experiment.dtype,
        "parameters": run.engine.architecture.n_parameters,
        "steps_per_epoch": run.engine.steps_per_epoch,
        "notes": list(run.engine.notes),
        "gradients_exact": history.exact,
        "started": run.started.isoformat(timespec="seconds"),
        "versions": versions(),
        "machine": machine(),
        "replicas": replicas,
    }


def _replica_summary(run: FinishedRun, replica: int) -> dict[str, Any]:
    outcome = run.outcomes[replica]
    score = "accuracy" if run.engine.data.task == "classification" else "r2"
    evaluations = run.history.evaluations
    mine = evaluations.step <= outcome.step
    best_epoch, best_val_loss = _best(evaluations.epoch[mine], evaluations.val_loss[mine, replica])
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
        "best_epoch": _finite(outcome.best_epoch) if math.isfinite(outcome.best_epoch) else best_epoch,
        "best_val_loss": best_val_loss,
        "weights_of_best_restored": outcome.restored,
        "final_train_loss": _last(evaluations.train_loss[mine, replica]),
        "final_val_loss": _last(evaluations.val_loss[mine, replica]),
        f"final_train_{score}": _last(evaluations.train_score[mine, replica]),
        f"final_val_{score}": _last(evaluations.val_score[mine, replica]),
        "final_lr": _last(evaluations.column("lr")[mine, replica]),
    }


def _best(epochs: FloatArray, losses: FloatArray) -> tuple[float | None, float | None]:
    if not np.isfinite(losses).any():
        return None, None
    index = int(np.nanargmin(losses))
    return float(epochs[index]), float(losses[index])


def _last(values: FloatArray | IntArray) -> float | None:
    return _finite(values[-1]) if len(values) else None


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
