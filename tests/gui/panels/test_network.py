from __future__ import annotations

import numpy as np
import pytest

from gui.panels.network import MOST_EDGES, MOST_NODES, Network, bar_share
from gui.theme import DARK, LIGHT, layer_colors

from .pictures import colors_in, has_color
from .runs import extend, extend_with, make_run, new_snapshot, records, snapshot_of


@pytest.fixture
def panel(show):
    return show(Network, 650, 316)


def test_columns_bars_and_edges_are_drawn(panel):
    run = make_run()
    panel.start(run)
    columns = panel.diagram.columns()
    assert [len(column.units) for column in columns] == [2, 16, 16, 16, 2]
    assert np.all(np.diff([column.x for column in columns]) > 0)
    for color in layer_colors(4, DARK)[1:]:
        assert has_color(panel.diagram, color, least=20)
    assert colors_in(panel.diagram) > 100


def test_edges_tell_sign_and_size(panel):
    run = make_run({"network.hidden": [3]})
    panel.start(run)
    weights = [np.array([[1.0, -1.0, 0.1], [0.0, 0.5, -0.5]]), np.array([[1.0, 0.0]] * 3)]
    panel.diagram.set_weights(weights, [])
    edges = panel.diagram.edges(panel.diagram.columns())
    assert len(edges[False, 2]) == 1 + 3
    assert len(edges[True, 2]) == 1
    assert len(edges[True, 1]) == len(edges[False, 1]) == 1
    assert panel.diagram._edge_pen(True, 2).dashPattern()
    assert panel.diagram._edge_pen(False, 2).color().alpha() > panel.diagram._edge_pen(False, 0).color().alpha()


def test_wide_layers_are_summarized(panel):
    panel.start(make_run({"network.hidden": [128, 16]}))
    columns = panel.diagram.columns()
    assert columns[1].summarized
    assert len(columns[1].units) <= MOST_NODES
    assert {0, 127} <= set(columns[1].units.tolist())
    assert not columns[2].summarized


@pytest.mark.parametrize("layers", [0, 1, 20, 64])
@pytest.mark.parametrize("size", [(650, 316), (300, 160), (1400, 800)])
def test_any_depth_fits(panel, layers, size):
    panel.resize(*size)
    panel.start(make_run({"network.hidden": [32] * layers, "network.skip_every": 2 if layers > 1 else 0}, steps=20))
    columns, area = panel.diagram.columns(), panel.diagram.node_area()
    assert len(columns) == layers + 2
    for column in columns:
        assert area.left() - 1 <= column.x <= area.right() + 1
        assert column.y[0] - column.radius >= area.top() - 1
        assert column.y[-1] + column.radius <= area.bottom() + 1
    assert sum(map(len, panel.diagram.edges(columns).values())) <= max(MOST_EDGES, 12 * (layers + 1))
    assert colors_in(panel.diagram) > 20


def test_new_gradients_move_the_bars_only(panel):
    run = make_run(playing=True)
    panel.start(run)
    panel.grab()
    made = panel.diagram.pictures_made
    extend(run, 10)
    new_snapshot(run, step=5)
    panel.refresh(run)
    panel.grab()
    assert panel.diagram.pictures_made == made  # too early for other edges
    np.testing.assert_array_equal(panel.diagram.norms, run.history.last_layers("weight_grad_norm"))


def test_a_paused_run_shows_its_weights_at_once(panel):
    run = make_run()
    panel.start(run)
    run.snapshot = snapshot_of(run, seed=7)
    panel.refresh(run)
    np.testing.assert_array_equal(panel.diagram.weights[0], run.snapshot.weights()[0])


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf, 1e300, 1e-300])
def test_extreme_norms_and_weights_are_drawn_without_failing(panel, value):
    run = make_run(steps=0)
    extreme = records(run, 3)
    extreme[..., 4] = value
    extend_with(run, extreme)
    run.snapshot = snapshot_of(run, scale=value)
    panel.start(run)
    assert colors_in(panel.diagram) > 20


@pytest.mark.parametrize(
    ("norm", "share"), [(0.0, 0.0), (np.nan, 1.0), (np.inf, 1.0), (1e-2, 0.5), (1e9, 1.0), (1e-9, 0.0)]
)
def test_bars_are_on_a_log_scale(norm, share):
    assert bar_share(norm, (-4.0, 0.0)) == pytest.approx(share)


def test_the_layer_under_the_pointer_is_described(panel):
    run = make_run()
    panel.start(run)
    columns = panel.diagram.columns()
    assert panel.diagram.tip_at(columns[0].x) == "input: 2 features"
    text = panel.diagram.tip_at(columns[1].x)
    assert "layer 1: 16 units, relu" in text
    assert "weights 2 × 16" in text
    assert "gradient norm" in text


def test_norm_and_dropout_are_named(panel):
    panel.start(make_run({"network.normalization": "layer", "network.dropout": 0.2}))
    assert "outline = layer norm" in panel.figure_label.text()
    assert "dropout 0.2" in panel.figure_label.text()


def test_themes_no_snapshot_and_clearing(panel):
    run = make_run()
    run.snapshot = None
    panel.start(run)
    panel.restyle(LIGHT)
    assert has_color(panel.diagram, LIGHT.surface, least=1000, within=2)
    panel.clear()
    assert panel.diagram.columns() == []
    panel.grab()
