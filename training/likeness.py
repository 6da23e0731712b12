"""What two runs have in common, found by comparing what they are made of and not by reading their settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from training.engine import Engine
from training.progress import LAYER_COLUMNS, STEP_COLUMNS

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]

COMPARED = ("batch_loss", "grad_norm", "weight_grad_norm", "signal_norm")
"""What makes two runs different: the loss of a batch and the norms of its gradients. Settings are no difference yet."""


@dataclass(frozen=True)
class Likeness:
    """What a run has in common with another before the first step.

    Attributes
    ----------
    same_data
        Whether both learn from, and are judged by, the same numbers.
    order
        Whether batches come in the same order; "other size": the same order of samples, cut into other batches.
    start
        Whether the weights are the same; "other network": there are others.
    """

    same_data: bool = True
    order: Literal["same", "other size", "other"] = "same"
    start: Literal["same", "other weights", "other network"] = "same"

    @property
    def same_start(self) -> bool:
        """Whether both start from the same weights."""
        return self.start == "same"


def likeness(one: Engine, other: Engine) -> Likeness:
    """Compare two engines before their first step."""
    return Likeness(_same_data(one, other), _order(one, other), _start(one, other))


def recorded_alike(one: FloatArray, other: FloatArray) -> BoolArray:
    """Tell for each step that both have done whether the same was recorded, bit for bit.

    Parameters
    ----------
    one, other
        Records of steps, ``[steps, record_width(layers)]``. Networks of different depths are compared by the loss
        and the norm of the whole gradient only.
    """
    steps = min(len(one), len(other))
    columns = _columns(one.shape[1], deep=one.shape[1] == other.shape[1])
    a, b = one[:steps, columns], other[:steps, columns]
    alike: BoolArray = ((a == b) | (np.isnan(a) & np.isnan(b))).all(axis=1)
    return alike


def _columns(width: int, *, deep: bool) -> list[int]:
    layers = (width - len(STEP_COLUMNS)) // len(LAYER_COLUMNS)
    names = [*STEP_COLUMNS, *(name for name in LAYER_COLUMNS for _ in range(layers))]
    return [i for i, name in enumerate(names) if name in COMPARED and (deep or name in STEP_COLUMNS)]


def _same_data(one: Engine, other: Engine) -> bool:
    if one.data is other.data:
        return True
    names = ("x_train", "y_train", "x_val", "y_val")
    return all(np.array_equal(getattr(one.data, name), getattr(other.data, name)) for name in names)


def _order(one: Engine, other: Engine) -> Literal["same", "other size", "other"]:
    samples = len(one.data.x_train)
    if samples != len(other.data.x_train):
        return "other"
    sizes = [min(engine.batch_size, samples) for engine in (one, other)]
    if sizes == [samples, samples]:
        return "same"  # all samples at once: there is no order
    if not _same_draws(one, other):
        return "other"
    cut = [(size, engine.steps_per_epoch) for size, engine in zip(sizes, (one, other), strict=True)]
    return "same" if cut[0] == cut[1] else "other size"


def _same_draws(one: Engine, other: Engine) -> bool:
    """Tell whether the generators that shuffle the samples stand alike."""
    mine, its = (_shuffling(engine) for engine in (one, other))
    return len(mine) == len(its) and all(bool((a == b).all()) for a, b in zip(mine, its, strict=True))


def _shuffling(engine: Engine) -> list[Any]:
    generators: list[Any] = engine.state()["batches"]["generators"]
    return generators


def _start(one: Engine, other: Engine) -> Literal["same", "other weights", "other network"]:
    mine, its = one.initial_snapshot(), other.initial_snapshot()
    if mine.params.shape != its.params.shape or mine.architecture.slots != its.architecture.slots:
        return "other network"
    alike = np.array_equal(mine.params, its.params) and np.array_equal(mine.statistics, its.statistics)
    return "same" if alike else "other weights"
