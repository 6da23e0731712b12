"""What each unit answers over the plane."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor

from gui.panels.network import responses
from gui.theme import DARK, LIGHT

from .runs import make_run, snapshot_of


def test_answers_are_the_activations_by_the_layers_largest():
    run = make_run({"network.hidden": [5, 3], "network.activation": "tanh"})
    inputs = responses.plane(run.data, 6)
    answers = responses.responses(run.snapshot, inputs)
    assert [part.shape for part in answers] == [(36, 2), (36, 5), (36, 3), (36, 2)]
    hidden = run.snapshot.activations(inputs)
    np.testing.assert_allclose(answers[1], hidden[0] / np.abs(hidden[0]).max(), rtol=1e-6)
    np.testing.assert_allclose(answers[3], 2 * run.snapshot.predict(inputs) - 1, atol=1e-6)  # of two classes


def test_the_plane_covers_the_data_with_the_second_feature_upwards():
    run = make_run({"data.scaling": "none"})
    plane = responses.plane(run.data, 4)
    raw = run.data.dataset.x
    assert plane[0, 0] == plane[4, 0] < plane[3, 0]
    assert plane[0, 1] == plane[3, 1] > plane[12, 1]
    edges = (plane[:, 0].max() - plane[:, 0].min()) * 4 / 3
    assert edges == pytest.approx((1 + 2 * responses.MARGIN) * np.ptp(raw[:, 0]))


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_pictures_tell_the_sign_by_color(theme):
    answers = np.array([[1.0, -1.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])  # one cell of four, two units
    image = responses.picture(answers, theme)
    assert (image.width(), image.height()) == (2, 4)
    assert image.pixelColor(0, 0) == QColor(theme.series[0])
    assert image.pixelColor(0, 2) == QColor(theme.series[1])
    assert image.pixelColor(1, 1) == QColor(theme.background)


def test_networks_too_large_for_a_few_milliseconds_get_coarser_maps_or_none():
    small, huge = make_run({"network.hidden": [8]}), make_run({"network.hidden": [1024] * 3})
    assert responses.grid_for(small.snapshot) == max(responses.GRIDS)
    assert responses.grid_for(huge.snapshot) is None


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf, 1e30])
def test_extreme_weights_give_pictures(value):
    run = make_run({"network.hidden": [4]})
    answers = responses.responses(snapshot_of(run, scale=value), responses.plane(run.data, 5))
    for part in answers:
        assert np.isfinite(part).all()
        assert not responses.picture(part, DARK).isNull()
