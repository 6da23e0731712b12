"""Landscapes: heights against the PyTorch module, directions against scikit-learn, the path against runs."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from tests.training.instruments.hessians import objective_at
from tests.training.runs import REGRESSION, small
from training.engine import Engine
from training.instruments.landscape import (
    Landscape,
    path_again,
    path_of,
    principal_directions,
    random_directions,
    survey,
)
from training.instruments.workbench import Workbench
from training.timeline.checkpoints import Checkpoints
from training.timeline.moments import Moments

FloatArray = NDArray[np.float64]
Path = list[tuple[int, FloatArray]]

SMALL = 9


def walked(**changes: Any) -> tuple[Engine, Path]:
    """Train; return every tenth place."""
    engine = Engine(small(**changes))
    path = [(0, engine.snapshot().params.astype(np.float64))]
    while not engine.finished:
        engine.advance(10)
        path.append((engine.step, engine.snapshot().params.astype(np.float64)))
    return engine, path


def surveyed(engine: Engine, path: Path, kind: Any = "pca", **options: Any) -> list[Landscape]:
    center = path[-1][1]
    return list(survey(engine.experiment, engine.data, engine.architecture, path, center, kind, **options))


@pytest.mark.parametrize("kind", ["pca", "random"])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {**REGRESSION, "regularization": {"l2": 0.1}},
        {"network": {"hidden": [6, 5, 4], "skip_every": 2, "normalization": "batch", "activation": "relu"}},
    ],
)
def test_heights_are_those_of_the_module(changes: dict[str, Any], kind: str) -> None:
    engine, path = walked(**changes)
    made = surveyed(engine, path, kind, size=SMALL)[-1]
    bench = Workbench(engine.experiment, engine.data, engine.architecture)
    assert made.complete
    assert made.kind == kind
    assert made.losses.shape == (SMALL, SMALL)
    for row, column in [(0, 0), (2, 7), (8, 3), (4, 4)]:
        place = made.center + made.xs[column] * made.directions[0] + made.ys[row] * made.directions[1]
        assert made.losses[row, column] == pytest.approx(objective_at(bench, place), rel=1e-9)
    for index in (0, 3, len(path) - 1):
        assert made.path_losses[index] == pytest.approx(objective_at(bench, path[index][1]), rel=1e-9)
    np.testing.assert_array_equal(made.steps, [step for step, _ in path])


def test_directions_are_those_of_scikit_learn() -> None:
    engine, path = walked()
    offsets = np.array([params for _, params in path]) - path[-1][1]
    reference = PCA(n_components=2).fit(offsets)
    directions, explained = principal_directions(offsets)
    np.testing.assert_allclose(np.abs((directions * reference.components_).sum(1)), 1.0, rtol=1e-9)
    np.testing.assert_allclose(explained, reference.explained_variance_ratio_, rtol=1e-9)
    made = surveyed(engine, path, size=SMALL)[0]
    np.testing.assert_array_equal(made.explained, explained)
    signs = np.sign((directions * reference.components_).sum(1))
    seen = reference.transform(offsets) * signs  # about the mean of the path; ours about its end
    np.testing.assert_allclose(made.path - made.path[-1], seen - seen[-1], atol=1e-9)


def test_the_path_lies_in_the_picture() -> None:
    engine, path = walked()
    made = surveyed(engine, path, size=SMALL)[0]
    np.testing.assert_allclose(made.path[-1], 0.0, atol=1e-12)
    assert (made.path[0] <= 0.0).all()
    for axis, places in ((0, made.xs), (1, made.ys)):
        assert places[0] < made.path[:, axis].min()
        assert places[-1] > made.path[:, axis].max()
        np.testing.assert_allclose(np.diff(places), np.diff(places)[0])


def test_a_path_in_a_plane_is_seen_as_it_is() -> None:
    engine = Engine(small())
    center = engine.snapshot().params.astype(np.float64)
    axes, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((len(center), 2)))
    places = np.array([[-3.0, 1.0], [-2.0, -1.0], [-1.0, 0.5], [0.0, 0.0]])
    path = [(step, center + axes @ place) for step, place in enumerate(places)]
    made = surveyed(engine, path, size=SMALL)[-1]
    assert made.explained.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(made.path @ made.directions, places @ axes.T, atol=1e-9)
    np.testing.assert_allclose(made.directions @ made.directions.T, np.eye(2), atol=1e-12)


def test_a_straight_path_gets_a_second_direction() -> None:
    engine = Engine(small())
    center = engine.snapshot().params.astype(np.float64)
    aside = np.random.default_rng(1).standard_normal(len(center))
    path = [(step, center + (step - 4) * aside) for step in range(5)]
    made = surveyed(engine, path, size=SMALL)[-1]
    np.testing.assert_allclose(made.directions @ made.directions.T, np.eye(2), atol=1e-12)
    assert made.explained == pytest.approx([1.0, 0.0], abs=1e-9)
    assert np.isfinite(made.losses).all()


def test_random_directions_are_as_long_as_the_filters() -> None:
    """Of every unit, the weights into it have the norm of the center's own; biases stay (Li et al. 2018)."""
    engine = Engine(small(network={"hidden": [6, 5, 4], "skip_every": 2, "normalization": "layer"}))
    center = engine.snapshot().params.astype(np.float64)
    directions = random_directions(engine.architecture, center, seed=3)
    for slot in engine.architecture.slots:
        for direction in directions:
            own, drawn = (values[slot.span].reshape(slot.shape) for values in (center, direction))
            if slot.is_weight:
                np.testing.assert_allclose(np.linalg.norm(drawn, axis=0), np.linalg.norm(own, axis=0))
            else:
                assert not drawn.any()
    assert not np.array_equal(directions[0], directions[1])
    np.testing.assert_array_equal(directions, random_directions(engine.architecture, center, seed=3))
    assert not np.array_equal(directions, random_directions(engine.architecture, center, seed=4))


def test_more_and_more_of_it_is_known() -> None:
    engine, path = walked()
    parts = surveyed(engine, path, size=33)
    shares = [part.done for part in parts]
    assert shares[0] == 0.0
    assert shares[-1] == 1.0
    assert all(before < after for before, after in pairwise(shares))
    for before, after in pairwise(parts):
        known = ~np.isnan(before.losses)
        np.testing.assert_array_equal(before.losses[known], after.losses[known])
    coarse = next(part for part in parts if np.count_nonzero(~np.isnan(part.losses)) >= 25)
    assert not np.isnan(coarse.losses[::8, ::8]).any()


def test_it_is_seen_from_the_side_of_the_one_before() -> None:
    engine, path = walked()
    usual = surveyed(engine, path, size=5)[0]
    turned = surveyed(engine, path, size=5, like=usual.directions * [[-1.0], [1.0]])[0]
    np.testing.assert_allclose(turned.directions, usual.directions * [[-1.0], [1.0]])
    np.testing.assert_allclose(turned.path, usual.path * [-1.0, 1.0])


def test_where_a_run_goes_on_there_is_room_for_it() -> None:
    engine, path = walked()
    still, going = surveyed(engine, path, size=5)[0], surveyed(engine, path, size=5, goes_on=True)[0]
    half = int(np.searchsorted(still.steps, still.steps[-1] / 2))
    on = still.path[-1] + (still.path[-1] - still.path[half])
    assert going.xs[0] <= on[0] <= going.xs[-1]
    assert going.ys[0] <= on[1] <= going.ys[-1]
    np.testing.assert_array_equal(going.path, still.path)


def test_cancelled_by_not_asking() -> None:
    engine, path = walked()
    going = survey(engine.experiment, engine.data, engine.architecture, path, path[-1][1])
    next(going)
    assert np.isnan(next(going).losses).any()
    going.close()


@pytest.mark.parametrize("places", [0, 1, 2])
def test_too_short_a_path_is_seen_from_random_directions(places: int) -> None:
    engine, path = walked()
    made = list(
        survey(engine.experiment, engine.data, engine.architecture, path[:places], path[-1][1], size=5)
    )[-1]
    assert made.kind == "random"
    assert made.path.shape == (places, 2)
    assert made.complete
    assert (made.xs[0], made.xs[-1]) == (-1.0, 1.0)


def test_a_run_that_never_moved() -> None:
    engine, path = walked(optimizer={"method": "sgd", "lr": 0.0})
    assert surveyed(engine, path, size=5)[-1].kind == "random"


def test_what_overflows_is_infinite() -> None:
    engine, path = walked(**REGRESSION, network={"hidden": [5], "activation": "relu"})
    far = [(step, params * 1e120) for step, params in path]
    made = surveyed(engine, far, size=5)[-1]
    assert made.complete
    assert np.isposinf(made.losses).any()


def test_places_that_are_not_finite_are_left_out() -> None:
    engine, path = walked()
    nowhere = np.full_like(path[0][1], np.nan)
    made = surveyed(engine, [*path[:2], (15, nowhere), *path[2:]], size=5)[-1]
    np.testing.assert_array_equal(made.steps, [step for step, _ in path])
    with pytest.raises(ValueError, match="not finite"):
        next(survey(engine.experiment, engine.data, engine.architecture, path, nowhere))


# ------------------------------------------------------------------------------------------------- the path


def test_path_from_checkpoints() -> None:
    engine = Engine(small(epochs=20))
    start = engine.snapshot().params.astype(np.float64)
    checkpoints, stood = Checkpoints(share=10.0), {0: start}
    while not engine.finished:
        checkpoints.follow(engine, engine.advance(3))
        stood[engine.step] = engine.snapshot().params.astype(np.float64)
    path = path_of(checkpoints, start=start, end=(engine.step, stood[engine.step]))
    steps = [step for step, _ in path]
    assert steps == sorted({0, *checkpoints.steps, engine.step})
    for step, params in path:
        np.testing.assert_array_equal(params, stood[step])
    few = path_of(checkpoints, start=start, end=(engine.step, stood[engine.step]), points=5)
    assert [few[0][0], few[-1][0], len(few)] == [0, engine.step, 5]


def test_path_computed_again() -> None:
    engine = Engine(small(epochs=6))
    stood = {0: engine.snapshot().params.astype(np.float64)}
    edits = ()
    while not engine.finished:
        engine.advance(1)
        if engine.step == 7:
            edits = engine.edit({"optimizer.lr": 0.1})
        stood[engine.step] = engine.snapshot().params.astype(np.float64)
    moments = Moments(small(epochs=6), engine.data, Checkpoints())
    path = path_again(moments, engine.step, edits, points=8)
    assert [path[0][0], path[-1][0]] == [0, engine.step]
    for step, params in path:
        np.testing.assert_array_equal(params, stood[step])


def test_path_given_up() -> None:
    engine = Engine(small())
    moments = Moments(small(), engine.data, Checkpoints())
    assert len(path_again(moments, 30, (), given_up=lambda: True)) <= 1


def test_random_numbers_of_others_are_left_alone() -> None:
    engine, path = walked()
    before = torch.get_rng_state()
    surveyed(engine, path, "random", size=5)
    assert torch.equal(before, torch.get_rng_state())


def test_a_path_takes_no_more_memory_than_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, path = walked()
    monkeypatch.setattr("training.instruments.landscape.PATH_BYTES", 4 * path[0][1].nbytes)
    moments = Moments(small(), engine.data, Checkpoints())
    again = path_again(moments, engine.step, ())
    assert [step for step, _ in again] == [0, 4, 14, 32]
