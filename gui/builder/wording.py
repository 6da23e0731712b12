"""How keys and values of an experiment are called in the form, and what their tooltips say."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from html import escape
from typing import Any

# Labels of fields whose key does not say it well enough; longest matching key ending wins.
LABELS = {
    "data.dataset": "Data set", "data.noise": "Noise", "data.seed": "Data seed", "data.held_out": "Held out",
    "data.scaling": "Feature scaling", "data.path": "File", "data.target": "Target column",
    "data.features": "Feature columns", "data.missing": "Missing values", "data.inputs": "Input array",
    "data.labels": "Labels", "data.limit": "Use at most", "data.task": "Task",
    "network.hidden": "Hidden layers", "network.initialization.scheme": "Initialization",
    "network.initialization.gain": "Gain", "network.initialization.std": "σ (normal)",
    "network.initialization.bound": "a (uniform)", "network.skip_every": "Skip connections",
    "loss.kind": "Loss", "loss.delta": "Delta",
    "optimizer.method": "Method", "optimizer.lr": "Learning rate", "optimizer.reference_batch": "Reference batch",
    "optimizer.clip_norm": "Clip gradient norm", "optimizer.clip_value": "Clip gradient value",
    "optimizer.lr_decay": "Rate decay", "optimizer.eps": "ε", "optimizer.beta1": "β₁", "optimizer.beta2": "β₂",
    "optimizer.alpha": "Smoothing α", "optimizer.noise_decay": "Noise decay γ",
    "optimizer.gradient_noise": "Gradient noise",
    "schedule.kind": "Schedule", "schedule.unit": "Lengths in", "schedule.warmup": "Warm-up",
    "schedule.warmup_start": "Warm-up from", "schedule.gamma": "Factor γ", "schedule.tau": "τ",
    "schedule.low": "Low", "schedule.every": "Every",
    "regularization.l1": "L1", "regularization.l2": "L2",
    "stopping.early.enabled": "Armed", "stopping.early.min_delta": "Minimum change",
    "stopping.early.burn_in": "Burn-in", "stopping.early.restore_best": "Restore best weights",
    "stopping.criteria.loss_plateau": "Loss plateau", "stopping.criteria.gradient_norm": "Gradient norm",
    "stopping.criteria.parameter_change": "Parameter change", "stopping.criteria.validation": "Validation",
    "stopping.criteria.relative_improvement": "Relative change",
    "stopping.criteria.combine": "End the run when", "stopping.criteria.k": "How many (k)",
    "evaluation.every": "Evaluate every", "evaluation.unit": "Counted in",
    "evaluation.train_samples": "Samples evaluated",
    "dtype": "Precision", "steps": "Steps at most",
}

TITLES = {
    "data.dataset": {"csv": "CSV file…", "idx": "IDX files…", "npz": "NPZ archive…"},
    "data.scaling": {"none": "None", "standardize": "Standardize", "minmax": "Min–max"},
    "data.target_scaling": {"none": "None", "standardize": "Standardize"},
    "data.task": {"auto": "Auto"},
    "data.delimiter": {"auto": "Auto", ",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Bar"},
    "data.decimal": {"auto": "Auto", ".": "Point", ",": "Comma"},
    "data.missing": {"error": "Report", "drop": "Drop the rows"},
    "data.extra_features": {"x^2": "x²", "y^2": "y²", "xy": "xy", "sin x": "sin x", "sin y": "sin y"},
    "network.normalization": {"none": "None", "batch": "Batch", "layer": "Layer"},
    "loss.kind": {"cross_entropy": "Cross-entropy", "mse": "MSE", "mae": "MAE", "huber": "Huber"},
    "schedule.unit": {"epoch": "Epochs", "step": "Steps"},
    "schedule.monitor": {"val_loss": "Validation loss", "train_loss": "Training loss"},
    "stopping.early.metric": {"val_loss": "Validation loss", "val_score": "Validation score",
                              "train_loss": "Training loss"},
    "stopping.criteria.combine": {"any": "Any is met", "all": "All are met", "k": "k are met"},
    "evaluation.unit": {"epoch": "Epochs", "step": "Steps"},
    "device": {"auto": "Auto", "cpu": "CPU", "cuda": "CUDA"},
    "dtype": {"float32": "float32", "float64": "float64"},
}

TIPS = {
    "data.scaling": {
        "none": "Features as they are: badly scaled inputs make the descent zig-zag.",
        "standardize": "x → (x − mean) / std: round valleys, faster descent.",
        "minmax": "x → (x − min) / (max − min): into [0, 1].",
    },
    "network.normalization": {
        "none": "The signal's size is left to the initialization.",
        "batch": "(z − batch mean) / batch std · γ + β: keeps deep nets trainable (Ioffe & Szegedy 2015).",
        "layer": "(z − mean over units) / std · γ + β: works with any batch size (Ba et al. 2016).",
    },
    "data.extra_features": {
        "x^2": "The square of the first feature.", "y^2": "The square of the second feature.",
        "xy": "The product of the first two features.", "sin x": "The sine of the first feature.",
        "sin y": "The sine of the second feature.",
    },
    "loss.kind": {
        "cross_entropy": "−Σ p log q: strong gradient where the prediction is confidently wrong.",
        "mse": "Mean of (y − ŷ)²: far-off points weigh most.",
        "mae": "Mean of |y − ŷ|: robust; the gradient does not shrink near the optimum.",
        "huber": "½e² for |e| ≤ δ, else δ(|e| − ½δ): robust, and smooth near the optimum.",
    },
    "stopping.criteria.combine": {
        "any": "One criterion set to stop is enough.",
        "all": "All criteria set to stop must hold at once: the most cautious.",
        "k": "So many of the criteria set to stop must hold at once.",
    },
}

TAG_TIPS = {
    "data.dataset": "<b>Data set</b><br>What the network learns from.<br><code>data.dataset</code>",
    "loss.kind": "<b>Loss</b><br>What training makes small.<br><code>loss.kind</code>",
    "optimizer.method": "<b>Method</b><br>How a gradient becomes a step.<br><code>optimizer.method</code>",
    "schedule.kind": "<b>Schedule</b><br>How the learning rate changes over the run.<br><code>schedule.kind</code>",
}

# What a number says while nobody edits it: the words for zero, and the unit around the others.
ZERO = {
    "network.skip_every": "none", "optimizer.clip_norm": "off", "optimizer.clip_value": "off",
    "optimizer.gradient_noise": "off", "optimizer.reference_batch": "off", "schedule.warmup": "none",
    "schedule.length": "rest of the run", "data.limit": "all", "regularization.l1": "off",
    "regularization.l2": "off", "stopping.early.burn_in": "none", "stopping.early.min_delta": "any",
    "optimizer.lr_decay": "off", "schedule.cooldown": "none", "steps": "no limit",
}
UNITS = {
    "network.skip_every": "every {} layers", "stopping.early.patience": "{} evaluations",
    "stopping.early.burn_in": "{} evaluations", "schedule.patience": "{} evaluations",
}
SCHEDULE_LENGTHS = ("warmup", "every", "length", "period", "half_period", "tau")


def label(key: str) -> str:
    """Return the label of a field, in sentence case."""
    if key in LABELS:
        return LABELS[key]
    parent, _, name = key.rpartition(".")
    if name in ("threshold", "action") and parent in LABELS:
        return LABELS[parent]
    text = name.replace("_", " ")
    return text[:1].upper() + text[1:]


def title(key: str, value: str) -> str:
    """Return how a value of a choice is shown."""
    if value in TITLES.get(key, {}):
        return TITLES[key][value]
    row = table(key).get(value)
    if row is not None:
        return str(row.title)
    text = value.replace("_", " ")
    return text[:1].upper() + text[1:]


def option_tip(key: str, value: str) -> str:
    """Return what a value of a choice does, as rich text: its formula and one line."""
    row = table(key).get(value)
    if row is not None:
        formula = escape(getattr(row, "formula", ""))
        note = escape(row.note)
        body = f"{formula}<br>{note}" if formula else note
    else:
        body = escape(TIPS.get(key, {}).get(value, ""))
    return f"<b>{escape(title(key, value))}</b><br>{body}" if body else ""


def at_rest(key: str, value: Any, unit: str = "") -> str:
    """Return what a number field shows while it is not edited."""
    if value == 0 and key in ZERO:
        return ZERO[key]
    text = number(value)
    if key in UNITS and not isinstance(value, str):
        text = UNITS[key].format(text)
        return text.removesuffix("s") if value == 1 else text
    if key.startswith("schedule.") and key.removeprefix("schedule.") in SCHEDULE_LENGTHS and unit:
        return f"{text} {unit if value == 1 else unit + 's'}"
    return text


def number(value: Any) -> str:
    """Return a number the way people type it: shortest text that reads back exactly."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "" if value is None else str(value)
    if isinstance(value, int):
        return str(value)
    text = repr(value)
    if text.endswith(".0"):
        text = text[:-2]
    if text.lstrip("-").startswith("0.000"):
        digits = text.lstrip("-0.")
        point = f".{digits[1:]}" if len(digits) > 1 else ""
        places = len(text.partition(".")[2]) - len(digits) + 1
        text = f"{'-' if value < 0 else ''}{digits[0]}{point}e-{places}"
    mantissa, e, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent)}" if e else text


@functools.cache
def table(key: str) -> Mapping[str, Any]:
    """Return the table of the program that a choice picks from (title, formula, note), or an empty one."""
    from models.activations import ACTIVATIONS
    from models.initializers import INITIALIZERS
    from training.data.catalog import BUNDLED, SYNTHETIC
    from training.optimizers import OPTIMIZERS
    from training.schedules import SCHEDULES

    return {
        "network.activation": ACTIVATIONS,
        "network.initialization.scheme": INITIALIZERS,
        "data.dataset": {**SYNTHETIC, **BUNDLED},
        "optimizer.method": OPTIMIZERS,
        "schedule.kind": SCHEDULES,
    }.get(key, {})
