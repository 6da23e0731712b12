from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt

from gui.panels.gradient_norms import GradientNorms
from gui.panels.layer_curves import VERTICES
from gui.theme import DARK, LIGHT, layer_colors

from .pictures import colors_in, has_color
from .runs import extend, extend_with, make_run, records


@pytest.fixture
def panel(show):
    return show(GradientNorms)


def test_each_layer_has_a_line_in_decades(panel):
    run = make_run(steps=100)
    panel.start(run)
    assert [line.name for line in panel.lines] == ["layer 1", "layer 2", "layer 3", "output"]
    np.testing.assert_allclose(panel.lines[0].x, np.arange(1, 101))
    np.testing.assert_allclose(panel.lines[0].y, np.log10(run.history.layers("weight_grad_norm").low[:, 0]))
    assert [line.pen.color().name() for line in panel.lines] == list(layer_colors(4, DARK))
    assert has_color(panel.axes, layer_colors(4, DARK)[-1])


def test_the_first_layer_is_compared_with_the_output(show, qtbot):
    panel = show(GradientNorms, 640)
    panel.start(make_run(steps=100))
    assert panel.figure_label.text() == "layer 1 / output = 1.0e-3"
    qtbot.mouseClick(panel.pills["signal_norm"], Qt.MouseButton.LeftButton)
    assert panel.figure_label.text() == "layer 1 / output = 1.0e3"
    assert not panel.pills["weight_grad_norm"].isChecked()
    assert panel.lines[-1].y.mean() == pytest.approx(-3.0, abs=0.1)


def test_ends_are_labeled_always(panel):
    panel.start(make_run({"network.hidden": [8] * 64}, steps=50))
    weights = {label.text: label.weight for label in panel.axes.end_labels}
    assert weights["layer 1"] == weights["output"] == max(weights.values())


def test_a_long_run_is_drawn_as_a_middle_line_with_its_extent_behind(panel):
    run = make_run(steps=5_000)
    panel.start(run)
    curve = run.history.layers("weight_grad_norm", points=200)
    assert curve.stride > 1
    assert all(envelope.visible for envelope in panel.envelopes)
    line, envelope = panel.lines[0], panel.envelopes[0]
    assert envelope.y.min() < line.y.min() <= line.y.max() < envelope.y.max()
    assert len(line.x) <= 230


def test_the_axis_is_scaled_to_recent_values(panel):
    run = make_run(steps=0)
    spike = records(run, 20)
    spike[..., 4:] = 1e12
    extend_with(run, spike)
    extend(run, 400)
    panel.start(run)
    _, _, bottom, top = panel.axes.view()
    assert top < 2
    assert bottom > -7


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf, 1e300, 1e-300])
def test_extreme_norms_are_drawn_without_failing(panel, value):
    run = make_run(steps=50)
    panel.start(run)
    extreme = records(run, 50)
    extreme[..., 4:] = value
    extend_with(run, extreme)
    panel.refresh(run)
    assert colors_in(panel) > 10
    assert np.isfinite(panel.axes.view()).all()


def test_nothing_but_zeros(show):
    panel = show(GradientNorms, 640)
    run = make_run(steps=0)
    panel.start(run)
    zeros = np.zeros_like(records(run, 10))
    extend_with(run, zeros)
    panel.refresh(run)
    assert colors_in(panel) > 5
    assert panel.figure_label.text() == "layer 1 / output = –"


def test_a_single_step_and_none(panel):
    panel.start(make_run(steps=0))
    assert colors_in(panel) > 5
    panel.start(make_run(steps=1))
    assert has_color(panel.axes, layer_colors(4, DARK)[-1])
    panel.clear()
    assert not panel.lines


def test_sixty_five_layers_stay_within_the_budget_of_points(panel):
    run = make_run({"network.hidden": [4] * 64}, steps=3_000)
    panel.start(run)
    assert len(panel.lines) == 65
    assert sum(len(line.x) for line in panel.lines) <= 1.2 * VERTICES
    assert not panel.envelopes
    assert colors_in(panel.axes) > 50


def test_another_network_gets_its_own_lines(panel):
    panel.start(make_run(steps=20))
    panel.refresh(make_run({"network.hidden": [4]}, steps=20))
    assert [line.name for line in panel.lines] == ["layer 1", "output"]


def test_zooming_in_fetches_finer_spans(panel):
    run = make_run(steps=20_000)
    panel.start(run)
    coarse = np.diff(panel.lines[0].x).max()
    panel.axes.zoom_to((5_000, 5_100), panel.axes.limits[1])
    assert np.diff(panel.lines[0].x).max() < coarse
    panel.axes.zoom_back()
    panel.refresh(run)
    assert panel.lines[0].x[-1] > 19_000


def test_replicas_and_themes(panel):
    run = make_run({"replicas": 3}, steps=30)
    panel.start(run)
    assert panel.axes.note == "replica 1 of 3"
    panel.restyle(LIGHT)
    assert [line.pen.color().name() for line in panel.lines] == list(layer_colors(4, LIGHT))


def test_before_the_first_step_the_plot_says_what_comes(panel):
    run = make_run(steps=0)
    panel.start(run)
    assert panel.axes.empty == "Recorded from the first step on"
    extend(run, 20)
    panel.refresh(run)
    assert panel.axes.empty == ""


def test_limits_from_before_the_first_step_bind_nobody(panel):
    run = make_run(steps=0)
    panel.start(run)
    narrow = records(run, 50)
    narrow[..., 4:] = 0.3
    extend_with(run, narrow)
    panel.refresh(run)
    low, high = panel.axes.limits[1]
    assert high - low < 0.6
