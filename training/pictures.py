"""curves.png: learning curves and gradient norms by layer, drawn without a window."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from training.history import FloatArray, History
    from training.outputs import FinishedRun

BLUE, ORANGE, GREEN, GRAY = "#0072B2", "#E69F00", "#009E73", "#666666"  # Okabe–Ito; told apart by dash as well
POINTS = 250
FAINT = 0.25
ENVELOPE = 0.15
CEILING = 1e12
"""What is drawn is clipped here, so that one huge value does not flatten the rest; files keep what was."""


def curves_png(run: FinishedRun) -> bytes:
    """Draw loss, accuracy (or R²), weight-gradient and signal norms by layer; replicas beyond the first are faint."""
    figure = Figure(figsize=(11, 7.5), layout="constrained")
    FigureCanvasAgg(figure)
    (loss, score), (weight, signal) = figure.subplots(2, 2)
    _losses(loss, run)
    _scores(score, run)
    _norms(weight, run.history, "weight_grad_norm", "Gradient of the weights, by layer")
    _norms(signal, run.history, "signal_norm", "Backpropagated signal, by layer")
    figure.suptitle(f"{run.experiment.name} — {run.outcomes[0].message}", fontsize=11, wrap=True)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120)
    return buffer.getvalue()


def _losses(axes: Axes, run: FinishedRun) -> None:
    evaluations = run.history.evaluations
    _pair(axes, evaluations.epoch, evaluations.train_loss, evaluations.val_loss)
    if _positive(evaluations.train_loss):
        axes.set_yscale("log")
    best = run.outcomes[0].best_epoch
    if np.isfinite(best):
        axes.axvline(best, color=GREEN, linestyle=":", linewidth=1.2, label=f"best: epoch {best:g}")
    _finish(axes, "Loss", "epoch")


def _scores(axes: Axes, run: FinishedRun) -> None:
    classification = run.result.data.task == "classification"
    evaluations = run.history.evaluations
    train, validation = evaluations.train_score, evaluations.val_score
    if not classification:  # R² has no lower bound: what is worse than the mean by far says nothing more
        train, validation = np.clip(train, -1, None), np.clip(validation, -1, None)
    _pair(axes, evaluations.epoch, train, validation)
    _finish(axes, "Accuracy" if classification else "R²", "epoch")


def _pair(axes: Axes, epochs: FloatArray, train: FloatArray, validation: FloatArray) -> None:
    for values, color, dash, label in ((train, BLUE, "-", "training"), (validation, ORANGE, "--", "validation")):
        if not np.isfinite(values).any():
            continue
        shown = np.clip(values, -CEILING, CEILING)
        if shown.shape[1] > 1:
            axes.plot(epochs, shown[:, 1:], color=color, linestyle=dash, linewidth=0.7, alpha=FAINT)
        axes.plot(epochs, shown[:, 0], color=color, linestyle=dash, linewidth=1.5, label=label)


def _norms(axes: Axes, history: History, name: str, title: str) -> None:
    curve = history.layers(name, points=POINTS)
    colors = mpl.colormaps["viridis"](np.linspace(0.0, 0.9, history.layer_count))
    lowest, highest = np.clip(curve.low, None, CEILING), np.clip(curve.high, None, CEILING)
    for layer, color in enumerate(colors):
        ends = layer in (0, history.layer_count - 1)
        low, high = _drawable(lowest[:, layer]), _drawable(highest[:, layer])
        label = history.layer_names[layer] if ends or history.layer_count <= 6 else None
        axes.fill_between(curve.steps, low, high, color=color, alpha=ENVELOPE, linewidth=0)
        axes.plot(curve.steps, np.sqrt(low * high), color=color, linewidth=1.0, label=label)
    if _positive(highest):
        axes.set_yscale("log")
    _finish(axes, title, "step")


def _drawable(values: FloatArray) -> FloatArray:
    return np.where(values > 0, values, np.nan)


def _positive(values: FloatArray) -> bool:
    finite = values[np.isfinite(values)]
    return bool(len(finite)) and bool((finite > 0).any())


def _finish(axes: Axes, title: str, unit: str) -> None:
    axes.set_title(title, fontsize=10, loc="left")
    axes.set_xlabel(unit, color=GRAY, fontsize=9)
    axes.grid(visible=True, which="major", alpha=0.25, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(which="both", labelsize=8)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(fontsize=8, loc="best", framealpha=0.8, edgecolor="none")
