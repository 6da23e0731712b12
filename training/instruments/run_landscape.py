"""The landscape of a whole run: where it has been, and the plane through that."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import takewhile

import numpy as np
import torch
from numpy.typing import NDArray

from training.data.prepare import PreparedData
from training.engine import Engine
from training.experiment import Experiment
from training.instruments.landscape import Landscape, path_again, path_of, survey
from training.progress import Edit
from training.timeline.checkpoints import Checkpoints
from training.timeline.moments import Moments

FloatArray = NDArray[np.float64]
Path = list[tuple[int, FloatArray]]

FAR = 100.0
"""Weights so many times as long as the first ones have blown up."""
ENOUGH, SHORT, LONGEST = 20, 2_000, 1.0
"""With fewer places, the path of a run of no more steps is trained again, if that takes no more seconds."""


def landscape_of(
    engine: Engine,
    original: Experiment,
    checkpoints: Checkpoints,
    *,
    given_up: Callable[[], bool] = lambda: False,
    tell: Callable[[float], None] = lambda share: None,
) -> Landscape | None:
    """Return the landscape around the weights that a run has ended with, and its path.

    Around those it had before, if it blew up; in random directions, if it made too few steps for a path.

    Parameters
    ----------
    original
        What was run, as it was before any edit.
    checkpoints
        Kept while it trained.
    given_up
        Asked on the way: whether nobody waits for it any more.
    tell
        Told on the way which share of it is done.

    Returns
    -------
    None if it was given up, or the weights were never finite.
    """
    start, end = engine.initial_snapshot(), engine.snapshot()
    path = in_bounds(whole_path(
        original if engine.replicas == 1 else None, engine.data, checkpoints,
        start.params.astype(np.float64), (end.step, end.params.astype(np.float64)), engine.edits, given_up=given_up,
    ))  # fmt: skip
    if not path:
        return None
    found: Landscape | None = None
    torch.set_flush_denormal(True)  # as in training
    try:
        for part in survey(engine.experiment, engine.data, engine.architecture, path, path[-1][1]):
            if given_up():
                return None
            tell(part.done)
            found = part
        return found
    finally:
        torch.set_flush_denormal(False)


def whole_path(
    original: Experiment | None,
    data: PreparedData,
    checkpoints: Checkpoints,
    start: FloatArray | None,
    end: tuple[int, FloatArray],
    edits: Sequence[Edit],
    *,
    given_up: Callable[[], bool] = lambda: False,
) -> Path:
    """Return where a run has been: from its checkpoints, or, of a short one that has few, computed again.

    Parameters
    ----------
    original
        What was run, as it was before any edit; None: nothing is computed again.
    start, end
        The parameters ``[P]`` before the first step, if they are known, and those of now with their step.
    edits
        All edits of the run.
    given_up
        Asked on the way: whether nobody waits for it any more.
    """
    path = path_of(checkpoints, start=start, end=end)
    if len(path) >= ENOUGH or original is None or end[0] > SHORT:
        return path
    late = time.monotonic() + LONGEST
    moments = Moments(original, data, checkpoints)
    again = path_again(moments, end[0], edits, given_up=lambda: given_up() or time.monotonic() > late)
    return again if again and again[-1][0] == end[0] else path


def in_bounds(path: Path) -> Path:
    """Return the places of a path before the weights blew up: finite, and not `FAR` times as long as the first."""
    if not path:
        return []
    bound = FAR * max(1.0, float(np.linalg.norm(path[0][1])))
    return list(takewhile(lambda place: bool(np.linalg.norm(place[1]) <= bound), path))
