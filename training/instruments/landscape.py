"""The objective over a plane through the space of parameters, and the path that training took, seen in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.architecture import Architecture
from training.data.prepare import PreparedData
from training.experiment import Experiment
from training.instruments.workbench import Workbench
from training.progress import Edit
from training.timeline.checkpoints import Checkpoints
from training.timeline.moments import Moments

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Kind = Literal["pca", "random"]

SIZE = 33
POINTS = 64
"""Places of the path that are looked at, at the most."""
PATH_BYTES = 200_000_000
"""Memory for them; three there are in any case, as a plane needs them."""
MARGIN = 0.3
"""Room around the path, as a part of its extent."""
AHEAD = 1.5
"""Room for a run that goes on, as a part of the way it has come since it was half as long."""
SIDE_BY_SIDE = 3_000_000
"""So many numbers are computed on at once, at the most: parts of a tenth of a second or so."""
MOST_SIDE_BY_SIDE = 32
FIRST_STRIDE = 8
"""Every so many points of the grid come first, so that a coarse picture is there soon."""
FIRST_PLACES = ((SIZE - 1) // FIRST_STRIDE + 1) ** 2
"""So many places make that picture."""


@dataclass(frozen=True, eq=False)
class Landscape:
    """The objective at θ_c + x·d₁ + y·d₂, with θ_c the center.

    Attributes
    ----------
    kind
        How the directions were chosen.
    xs, ys
        The grid, ``[nx]`` and ``[ny]``: 0 is the center. With "pca" the unit is that of the parameters (the directions
        have length 1), with "random" each direction is as long, filter by filter, as the parameters themselves.
    losses
        The objective, loss and penalties, ``[ny, nx]``; NaN where it has not been computed yet, infinite where it
        is not finite.
    steps
        Steps done at each place of the path, ``[K]``.
    path
        The places, as close as the plane comes to them, ``[K, 2]``.
    path_losses
        The objective at the places themselves, which need not lie in the plane, ``[K]``; NaN as above.
    directions
        d₁ and d₂, ``[2, P]``.
    explained
        With "pca": share of the path's variance along each direction, ``[2]``; else NaN.
    center
        θ_c, ``[P]``.
    """

    kind: Kind
    xs: FloatArray
    ys: FloatArray
    losses: FloatArray
    steps: IntArray
    path: FloatArray
    path_losses: FloatArray
    directions: FloatArray
    explained: FloatArray
    center: FloatArray

    @property
    def done(self) -> float:
        """Share of the work that has been done."""
        known = np.count_nonzero(~np.isnan(self.losses)) + np.count_nonzero(~np.isnan(self.path_losses))
        return float(known / (self.losses.size + self.path_losses.size))

    @property
    def complete(self) -> bool:
        """Whether all has been computed."""
        return self.done == 1.0


def path_of(
    checkpoints: Checkpoints,
    *,
    start: FloatArray | None = None,
    end: tuple[int, FloatArray] | None = None,
    replica: int = 0,
    points: int = POINTS,
) -> list[tuple[int, FloatArray]]:
    """Return where a run has been, ``(step, parameters [P])`` in order, as far as its checkpoints tell.

    Parameters
    ----------
    start
        The parameters before the first step, of which there is no checkpoint: those of `Engine.initial_snapshot`.
    end
        Where it stands now.
    points
        So many at the most, and as far as memory goes, spread evenly over the checkpoints; the first and the last are
        always among them.
    """
    found: list[tuple[int, Tensor]] = [] if start is None else [(0, torch.from_numpy(start))]
    for step in checkpoints.steps:
        kept = checkpoints.before(step, _ANY_EDITS)
        if kept is not None and kept.step == step and (end is None or step < end[0]):
            found.append((step, kept.state["tensors"]["params"][replica]))
    if end is not None and (not found or end[0] > found[-1][0]):
        found.append((end[0], torch.from_numpy(end[1])))
    points = _affordable(points, len(found[0][1])) if found else points
    if len(found) > points:
        found = [found[index] for index in np.linspace(0, len(found) - 1, points).round().astype(int)]
    return [(step, params.double().cpu().numpy()) for step, params in found]


def path_again(
    moments: Moments,
    last: int,
    edits: Sequence[Edit],
    *,
    points: int = POINTS,
    given_up: Callable[[], bool] = lambda: False,
) -> list[tuple[int, FloatArray]]:
    """Return where a run has been as `path_of` does, computed again where there is no checkpoint.

    A short run has few checkpoints, but is soon trained again; the places are closer together where it began.

    Parameters
    ----------
    last
        Steps done.
    edits
        All edits of the run.
    given_up
        Asked on the way: whether nobody waits for it any more. What has been found so far is returned.
    """
    start = moments.at(0, edits, given_up=given_up)
    if start is None:
        return []
    points = _affordable(points, len(start.snapshot.params))
    found: list[tuple[int, FloatArray]] = []
    for step in np.unique((np.linspace(0.0, 1.0, points) ** 2 * last).round().astype(int)).tolist():
        moment = moments.at(step, edits, given_up=given_up)
        if moment is None:
            break
        found.append((step, np.asarray(moment.snapshot.params, dtype=np.float64)))
    return found


def _affordable(points: int, parameters: int) -> int:
    return max(3, min(points, PATH_BYTES // (8 * parameters)))


_ANY_EDITS = 10**9


def survey(
    experiment: Experiment,
    data: PreparedData,
    architecture: Architecture,
    path: Sequence[tuple[int, FloatArray]],
    center: FloatArray,
    kind: Kind = "pca",
    *,
    size: int = SIZE,
    seed: int = 0,
    goes_on: bool = False,
    like: FloatArray | None = None,
) -> Iterator[Landscape]:
    """Compute a landscape, part by part; to cancel it, do not ask for the next part.

    The grid comes first, from coarse to fine, then the losses along the path. All yielded landscapes differ only in
    `losses` and `path_losses`; the last is complete. It may run in any thread, as it has a workbench of its own.

    Parameters
    ----------
    experiment
        Edits included: its loss and penalties are what is computed, on the samples of `Workbench`.
    path
        ``(step, parameters [P])``, as `path_of` returns it; may be empty.
    center
        ``[P]``, such as the last parameters.
    kind
        "pca": the two main directions of θ_t − θ_c along the path (Lorch 2016; Li et al. 2018, section 7.2); falls
        back to "random" for a path of fewer than three places. "random": normal directions, each filter (the weights
        into a unit) scaled to the norm of the center's own, biases and normalization left alone (Li et al. 2018,
        section 4); the grid goes from −1 to 1.
    size
        Points in a row of the grid; odd ones have the center among them where kind is "random".
    seed
        Of random directions.
    goes_on
        Whether the run trains on: then there is room where it is heading.
    like
        Directions of the landscape before, ``[2, P]``: those of the path get the signs that are nearest to them.

    Raises
    ------
    ValueError
        If the center is not finite.
    """
    center = np.asarray(center, dtype=np.float64)
    if not np.isfinite(center).all():
        raise ValueError("there is no landscape around parameters that are not finite")
    bench = Workbench(experiment, data, architecture)
    path = [(step, np.asarray(params, dtype=np.float64)) for step, params in path]
    path = [(step, params) for step, params in path if np.isfinite(params).all()]
    empty = _plane(architecture, path, center, kind, size, seed, goes_on, like)
    yield from _filled(bench, empty, path)


# ------------------------------------------------------------------------------------------------ directions


def principal_directions(offsets: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the two main directions of offsets ``[K, P]``, unit rows ``[2, P]``, and their shares of the variance.

    As `sklearn.decomposition.PCA` finds them, about the mean of the offsets; of the K × K products of the offsets, as
    there are few of them and many parameters. The sign is such that the path starts on the left and at the bottom.
    """
    centered = offsets - offsets.mean(0)
    values, vectors = np.linalg.eigh(centered @ centered.T)
    values, vectors = np.clip(values[::-1], 0.0, None), vectors[:, ::-1]
    directions = _orthonormal(vectors[:, :2].T @ centered)
    directions *= np.where(directions @ offsets[0] > 0.0, -1.0, 1.0)[:, None]
    total = values.sum()
    return directions, values[:2] / total if total > 0.0 else np.full(2, np.nan)


def _orthonormal(rows: FloatArray) -> FloatArray:
    """Make two rows orthonormal; where the second has no direction of its own, take any."""
    first = rows[0] / np.linalg.norm(rows[0])
    second = _without(rows[1], first)
    if np.linalg.norm(second) <= 1e-9 * np.linalg.norm(rows[0]):
        second = _without(np.random.default_rng(0).standard_normal(len(first)), first)
    second = _without(second / np.linalg.norm(second), first)  # again, for what rounding has left
    return np.stack([first, second / np.linalg.norm(second)])


def _without(vector: FloatArray, direction: FloatArray) -> FloatArray:
    """Return a vector without its part along a unit vector."""
    left: FloatArray = vector - (vector @ direction) * direction
    return left


def random_directions(architecture: Architecture, center: FloatArray, seed: int) -> FloatArray:
    """Return two filter-normalized random directions, ``[2, P]`` (Li et al. 2018, section 4).

    A filter is the weights into one unit; biases and parameters of normalization are left alone.
    """
    rng = np.random.default_rng(seed)
    directions = np.zeros((2, architecture.n_parameters))
    for slot in architecture.slots:
        drawn = rng.standard_normal((2, *slot.shape))
        if slot.is_weight:  # [fan_in, fan_out]: a column goes into one unit
            own = np.linalg.norm(center[slot.span].reshape(slot.shape), axis=0)
            drawn *= own / np.linalg.norm(drawn, axis=1, keepdims=True)
            directions[:, slot.span] = drawn.reshape(2, -1)
    return directions


# ----------------------------------------------------------------------------------------------------- plane


def _plane(
    architecture: Architecture,
    path: Sequence[tuple[int, FloatArray]],
    center: FloatArray,
    kind: Kind,
    size: int,
    seed: int,
    goes_on: bool,
    like: FloatArray | None,
) -> Landscape:
    offsets = np.array([params - center for _, params in path]).reshape(len(path), len(center))
    explained = np.full(2, np.nan)
    if kind == "pca" and len(offsets) >= 3 and np.ptp(offsets, axis=0).any():
        directions, explained = principal_directions(offsets)
        if like is not None and like.shape == directions.shape:
            directions *= np.where((directions * like).sum(1) < 0.0, -1.0, 1.0)[:, None]
    else:
        kind, directions = "random", random_directions(architecture, center, seed)
    seen = np.linalg.lstsq(directions.T, offsets.T, rcond=None)[0].T if len(offsets) else np.empty((0, 2))
    steps = np.array([step for step, _ in path], dtype=np.int64)
    ahead = _ahead(steps, seen) if goes_on else seen[:0]
    xs, ys = (np.linspace(-1.0, 1.0, size),) * 2 if kind == "random" else _around(np.concatenate([seen, ahead]), size)
    return Landscape(
        kind, xs, ys, np.full((len(ys), len(xs)), np.nan), steps, seen,
        np.full(len(path), np.nan), directions, explained, center,
    )


def _ahead(steps: IntArray, path: FloatArray) -> FloatArray:
    """Return where a path comes to if it goes on as it has since the run was half as long, ``[1, 2]``."""
    half = int(np.searchsorted(steps, steps[-1] / 2.0))
    return path[-1:] + AHEAD * (path[-1:] - path[half : half + 1])


def _around(path: FloatArray, size: int) -> tuple[FloatArray, FloatArray]:
    """Return a grid that holds a path and the center with room around, and is not too narrow."""
    low, high = np.minimum(path.min(0), 0.0), np.maximum(path.max(0), 0.0)
    extent = high - low
    room = MARGIN * extent + np.maximum(0.0, 0.3 * extent.max() - extent) / 2.0
    xs, ys = np.linspace(low - room, high + room, size).T
    return xs, ys


# --------------------------------------------------------------------------------------------------- heights


def _filled(bench: Workbench, empty: Landscape, path: Sequence[tuple[int, FloatArray]]) -> Iterator[Landscape]:
    """Yield the landscape with more and more of it known."""
    rows = _side_by_side(bench)
    yield empty
    known = empty
    for part in _parts(_coarse_to_fine(*empty.losses.shape), rows):
        heights = known.losses.copy()
        row, place = np.unravel_index(part, heights.shape)
        along = empty.xs[place, None] * empty.directions[0] + empty.ys[row, None] * empty.directions[1]
        heights.flat[part] = _losses(bench, empty.center + along, rows)
        known = replace(known, losses=heights)
        yield known
    for part in _parts(np.arange(len(path)), rows):
        heights = known.path_losses.copy()
        heights[part] = _losses(bench, np.stack([path[index][1] for index in part]), rows)
        known = replace(known, path_losses=heights)
        yield known


def _losses(bench: Workbench, places: FloatArray, rows: int) -> FloatArray:
    """Return the objective at some places; always as many are computed, as each number has a network of its own."""
    filled = np.concatenate([places, np.repeat(places[:1], rows - len(places), axis=0)])
    found = bench.losses(torch.from_numpy(filled))[: len(places)].numpy()
    return np.where(np.isfinite(found), found, np.inf)


def _side_by_side(bench: Workbench) -> int:
    """Return how many places are computed at once."""
    architecture = bench.architecture
    numbers = len(bench.x) * sum(architecture.widths) + architecture.n_parameters
    return int(np.clip(SIDE_BY_SIDE // numbers, 1, MOST_SIDE_BY_SIDE))


def _coarse_to_fine(ny: int, nx: int) -> IntArray:
    """Return the places of a grid, as flat indices, those on coarser grids first."""
    row, place = np.divmod(np.arange(ny * nx), nx)
    level = np.zeros(ny * nx)
    stride = FIRST_STRIDE
    while stride > 1:
        level += (row % stride != 0) | (place % stride != 0)
        stride //= 2
    return np.argsort(level, kind="stable")


def _parts(indices: IntArray, size: int) -> list[IntArray]:
    return [indices[start : start + size] for start in range(0, len(indices), size)]
