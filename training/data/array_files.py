"""Arrays of the user's own: what IDX files and NumPy archives have in common."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.data.catalog import Task
from training.data.dataset import Dataset, FloatArray
from training.data.files import MAX_CELLS, numbers_listed
from training.data.targets import check_varies, encode_classes, guess_task
from training.errors import InputError

AnyArray = NDArray[Any]
MAX_FEATURES = 100_000


@dataclass(frozen=True)
class ArraySource:
    """Where the arrays came from, for error messages: file (and array) of the inputs and of the targets."""

    name: str
    inputs: str
    targets: str
    target_name: str = "label"


def dataset_of(x: AnyArray, y: AnyArray, task: str, source: ArraySource) -> Dataset:
    """Return the data set that two arrays make.

    Parameters
    ----------
    x
        Inputs [N, …]; pictures are flattened row by row, and bytes become 0 to 1.
    y
        Labels or quantities [N] or [N, 1].
    task
        "classification", "regression", or "auto": classes if `y` holds text or few whole numbers.

    Raises
    ------
    InputError
        If lengths differ, values are missing, or there is nothing to learn.
    """
    _check_lengths(x, y, source)
    inputs = _inputs(x, source)
    labels = y.reshape(-1)
    chosen = task_of_labels(labels, task, source)
    shape = (int(x.shape[1]), int(x.shape[2])) if x.ndim == 3 or (x.ndim == 4 and x.shape[3] == 1) else None
    names = tuple(f"pixel {r},{c}" for r in range(shape[0]) for c in range(shape[1])) if shape else tuple(
        f"x{k + 1}" for k in range(inputs.shape[1])
    )
    if chosen == "classification":
        readable = _readable(labels, source.targets)
        index, class_names = encode_classes(readable, where=source.targets, name=source.target_name)
        return Dataset(source.name, "classification", inputs, index, names, class_names, source.target_name, shape)
    values = labels.astype(np.float64).reshape(-1, 1)
    check_varies(values, where=source.targets, name=source.target_name)
    return Dataset(source.name, "regression", inputs, values, names, (), source.target_name, shape)


def task_of_labels(labels: AnyArray, task: str, source: ArraySource) -> Task:
    """Return the task asked for, or the one that the labels [N] suggest."""
    if labels.dtype.kind in "US":
        if task == "regression":
            raise InputError(
                "holds text, which cannot be the target of a regression", where=source.targets, allowed="numbers",
                hint="Choose another array, or set data.task = 'classification'",
            )
        return "classification"
    _check_finite(labels.reshape(-1, 1), source.targets)
    if task == "auto":
        return guess_task(labels.astype(np.float64))
    return "regression" if task == "regression" else "classification"


def shape_to_read(shape: tuple[int, ...], limit: int, where: str, *, labels: bool) -> tuple[int, ...]:
    """Return the shape of the first `limit` samples (0: all) of an array, checked before anything is allocated.

    Raises
    ------
    InputError
        If an array of this shape cannot hold inputs (or `labels`), or so much of it would not fit.
    """
    (_check_labels_shape if labels else _check_inputs_shape)(shape, where)
    chosen = (min(shape[0], limit) if limit else shape[0], *shape[1:])
    _check_size(chosen, where)
    return chosen


def _check_size(shape: tuple[int, ...], where: str) -> None:
    features = math.prod(shape[1:])
    if features > MAX_FEATURES:
        raise InputError(
            f"has {features:,} values in each sample", where=where, allowed=f"up to {MAX_FEATURES:,}",
            hint="Reduce the size of the pictures",
        )
    if shape[0] * features > MAX_CELLS:
        raise InputError(
            f"holds {shape[0]:,} × {features:,} values", where=where, allowed=f"up to {MAX_CELLS:,} in all",
            hint="Set data.limit to use only the first samples",
        )


def _check_inputs_shape(shape: tuple[int, ...], where: str) -> None:
    """Refuse inputs that are not one row, picture or stack of channels for each sample, or that are empty."""
    if not 2 <= len(shape) <= 4:
        raise InputError(
            f"has {len(shape)} dimension{'s' if len(shape) != 1 else ''}", where=where,
            allowed="samples × features, or samples × rows × columns (× channels)",
        )
    if math.prod(shape) == 0:
        raise InputError(f"holds no samples (its shape is {_times(shape)})", where=where)


def _check_labels_shape(shape: tuple[int, ...], where: str) -> None:
    """Refuse targets that are not one value for each sample."""
    if not (len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)):
        raise InputError(
            f"has the shape {_times(shape) or 'of a single number'}", where=where, allowed="one value for each sample",
            hint="One-hot targets must be turned into class numbers" if len(shape) == 2 else "",
        )


def stem(path: str) -> str:
    """Return the name of a file without its folders and endings."""
    return Path(path).name.split(".")[0] or Path(path).name


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(str(length) for length in shape)


def _check_lengths(x: AnyArray, y: AnyArray, source: ArraySource) -> None:
    if len(x) != len(y):
        raise InputError(
            f"{len(y):,} targets for {len(x):,} samples", where=source.targets,
            allowed=f"as many as there are in {source.inputs}", hint="Check that the two belong together",
        )
    if len(x) < 2:
        raise InputError("there is only one sample", where=source.inputs, allowed="at least 2")


def _inputs(x: AnyArray, source: ArraySource) -> FloatArray:
    if x.dtype.kind not in "fiub":
        raise InputError(f"holds values of type {x.dtype}", where=source.inputs, allowed="real numbers")
    # astype makes the one copy there is; bytes are pictures, and their full brightness is 1.
    inputs: FloatArray = x.reshape(len(x), -1).astype(np.float64)
    if x.dtype == np.uint8:
        inputs /= 255.0
    _check_finite(inputs, source.inputs)
    if bool(np.all(inputs == inputs[0])):
        raise InputError("all samples are the same: there is nothing to learn from", where=source.inputs)
    return inputs


def _readable(labels: AnyArray, where: str) -> AnyArray:
    """Return text labels as proper text: bytes are decoded, and bit patterns that are no characters refused."""
    if labels.dtype.kind == "S":
        return np.asarray(np.char.decode(labels, "latin-1"))
    if labels.dtype.kind == "U":
        codes = np.ascontiguousarray(labels).view(f"{labels.dtype.byteorder}u4")
        if np.any((codes > 0x10FFFF) | ((codes >= 0xD800) & (codes <= 0xDFFF))):
            raise InputError("holds text that cannot be read", where=where, hint="The file is damaged: save it again")
    return labels


def _check_finite(values: AnyArray, where: str) -> None:
    if values.dtype.kind not in "fiub":
        raise InputError(f"holds values of type {values.dtype}", where=where, allowed="real numbers or text")
    if values.dtype.kind != "f":
        return
    wrong = (np.flatnonzero(~np.isfinite(values).all(axis=1)) + 1).tolist()
    if wrong:
        raise InputError(
            f"NaN or infinite values in sample{'s' if len(wrong) > 1 else ''} {numbers_listed(wrong)}", where=where,
            allowed="finite numbers", hint="Remove or fill these samples before saving the file",
        )
