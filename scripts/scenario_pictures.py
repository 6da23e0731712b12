"""Make the pictures on the cards of the gallery: `python -m scripts.scenario_pictures [NAME…]`.

Every scenario's variants are run once, and what its card shows of them is kept, as data, in
presets/pictures/NAME.json: curves of a few dozen points, layers, or small maps. The gallery draws them in the colors
of the theme. A picture tells the fingerprint of what it was made from; a test finds those that are out of date.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from training.atomic import write_whole
from training.experiment_file import PRESETS
from training.progress import column
from training.scenarios.card_picture import fingerprint
from training.scenarios.record import RunRecord
from training.scenarios.scenario import Scenario
from training.scenarios.scenario_file import load, shipped_scenarios
from training.scenarios.trial import run_variants

FOLDER = PRESETS / "pictures"
POINTS = 48
CELLS = 22
MOST_MAPS = 3
MOST_SAMPLES = 40
MARGIN = 0.08
LABELS = {
    "train_loss": "training loss", "val_loss": "validation loss", "batch_loss": "batch loss",
    "grad_norm": "gradient norm", "lr": "learning rate", "signal_norm": "signal norm",
}  # fmt: skip
FloatArray = NDArray[np.float64]


def main(names: Sequence[str]) -> None:
    """Make the pictures of some scenarios, or of those that have none of their own yet."""
    torch.set_num_threads(1)
    FOLDER.mkdir(exist_ok=True)
    for name, path in shipped_scenarios().items():
        if name in names or (not names and not _is_current(name, path)):
            size = make(name, load(path))
            print(f"{name}: {size:,} bytes")
    for picture in FOLDER.glob("*.json"):
        if picture.stem not in shipped_scenarios():
            picture.unlink()


def make(name: str, scenario: Scenario, folder: Path = FOLDER) -> int:
    """Run a scenario and write its picture; return the size of the file."""
    values = {"fingerprint": fingerprint(scenario), **picture_of(scenario, run_variants(scenario, 1))}
    text = json.dumps(values, separators=(",", ":"), ensure_ascii=False)
    write_whole(folder / f"{name}.json", text.encode())
    return len(text)


def _is_current(name: str, path: Path) -> bool:
    try:
        values = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(values.get("fingerprint") == fingerprint(load(path)))


def picture_of(scenario: Scenario, records: dict[str, RunRecord]) -> dict[str, Any]:
    """Return what a card shows of the runs of a scenario."""
    wanted: str = scenario.picture.curve
    if wanted == "boundary" and any(record.data.dataset.n_features != 2 for record in records.values()):
        wanted = "train_loss"  # there is no plane to draw
    if wanted == "boundary":
        chosen = list(records)[:MOST_MAPS]
        return {"kind": "maps", "maps": [{"title": scenario.title_of(name), **_map(records[name])} for name in chosen]}
    series = [
        {"title": scenario.title_of(name), **(_layers(record) if wanted == "signal_norm" else _curve(record, wanted))}
        for name, record in records.items()
    ]
    across = "layer" if wanted == "signal_norm" else "epoch"
    return {"kind": "curves", "x": across, "y": LABELS[wanted], "log": scenario.picture.log, "series": series}


def _curve(record: RunRecord, wanted: str) -> dict[str, Any]:
    if wanted in ("train_loss", "val_loss"):
        x = np.array([row.epoch for row in record.evaluations])
        y = np.array([float(getattr(row, wanted)[0]) for row in record.evaluations])
    else:
        y = record.steps[:, 0, column(wanted, record.layers)]
        x = record.epochs[1 : len(y) + 1]
    return _points(*_binned(x, y) if len(x) > POINTS else (x, y))


def _binned(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the median of as many stretches as there are points, the first and the last as they are."""
    parts = [part for part in np.array_split(np.arange(len(x)), POINTS) if len(part)]
    across, up = (np.array([np.median(values[part]) for part in parts]) for values in (x, y))
    across[0], up[0], across[-1], up[-1] = x[0], y[0], x[-1], y[-1]
    return across, up


def _layers(record: RunRecord) -> dict[str, Any]:
    """Return the norm of the signal passed back to every layer: its median over the beginning of the run."""
    start = record.steps[: max(1, len(record.steps) // 10), 0]
    at = [column("signal_norm", record.layers, layer) for layer in range(record.layers)]
    return _points(np.arange(1.0, record.layers + 1), np.median(start[:, at], axis=0))


def _points(x: FloatArray, y: FloatArray) -> dict[str, Any]:
    finite = np.isfinite(x) & np.isfinite(y)
    return {"x": [_short(value) for value in x[finite]], "y": [_short(value) for value in y[finite]]}


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def _map(record: RunRecord) -> dict[str, Any]:
    """Return which class, or which of ten levels, the trained network gives each cell of the plane, and some samples.

    Each row of cells is a string of digits, from below; a sample is its place in cells and its class or level.
    """
    data = record.data
    raw = data.dataset.x[:, :2]
    low, high = raw.min(axis=0), raw.max(axis=0)
    low, high = low - MARGIN * (high - low), high + MARGIN * (high - low)
    cells = (np.arange(CELLS) + 0.5) / CELLS
    across, up = np.meshgrid(low[0] + cells * (high[0] - low[0]), low[1] + cells * (high[1] - low[1]))
    given = record.final[0].predict(np.asarray(data.transform(np.stack([across.ravel(), up.ravel()], axis=1))))
    levels = _levels(given, data.task == "classification")
    rows = ["".join(str(value) for value in row) for row in levels.reshape(CELLS, CELLS)]
    chosen = np.linspace(0, len(raw) - 1, min(MOST_SAMPLES, len(raw))).round().astype(int)
    places = (raw[chosen] - low) / (high - low) * CELLS
    truth = data.dataset.y[chosen].ravel().astype(int) if data.task == "classification" else np.zeros(len(chosen), int)
    return {
        "classes": data.n_outputs if data.task == "classification" else 0, "rows": rows,
        "samples": [[round(float(x), 1), round(float(y), 1), int(c)] for (x, y), c in zip(places, truth, strict=True)],
    }  # fmt: skip


def _levels(given: FloatArray, classes: bool) -> NDArray[np.int64]:
    """Return a digit for each prediction: how sure (of two classes), which one (of more), or how high."""
    if classes and given.shape[1] > 2:
        return given.argmax(axis=1)
    values = given[:, 1] if classes else given[:, 0]
    low, high = (0.0, 1.0) if classes else (float(values.min()), float(values.max()))
    share = (values - low) / (high - low) if math.isfinite(high - low) and high > low else np.zeros_like(values)
    return np.clip(share * 10, 0, 9).astype(np.int64)


if __name__ == "__main__":
    main(sys.argv[1:])
