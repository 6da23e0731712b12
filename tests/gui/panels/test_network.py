"""The panel: what is drawn, told, selected and exported."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolTip

from gui.panels import ranges
from gui.panels.network import Network
from gui.panels.network.health import Health, health_color
from gui.panels.network.painting import edge_pen
from gui.theme import DARK, LIGHT

from .pictures import colors_in, has_color, pixels
from .runs import extend, extend_with, make_run, new_snapshot, records, snapshot_of


@pytest.fixture
def panel(show):
    return show(Network, 650, 316)


def columns_of(panel):
    return panel.diagram.layout_now().columns


def point_on(panel, column, y=None):
    """Return a point of the diagram on a column, at its bar if no height is given."""
    layout = panel.diagram.layout_now()
    x = panel.diagram.in_widget(layout.columns[column].x)
    return QPoint(round(x), round((layout.bar_top + layout.bar_bottom) / 2 if y is None else y))


def click(panel, column):
    QTest.mouseClick(panel.diagram, Qt.MouseButton.LeftButton, pos=point_on(panel, column))


def with_norms(run, norms):
    """Give every layer of a run's last step a weight-gradient norm."""
    made = records(run, 2, first=run.history.n_steps)
    made[..., 4 : 4 + len(norms)] = norms
    extend_with(run, made)


def test_columns_edges_and_bars_are_drawn(panel):
    run = make_run()
    panel.begin(run)
    assert [len(column.units) for column in columns_of(panel)] == [2, 16, 16, 16, 2]
    assert len(panel.diagram.edges_now()) > 100
    assert colors_in(panel.diagram) > 100
    for color in (DARK.series[0], DARK.series[1]):
        assert has_color(panel.diagram, color, least=20, within=70)


def test_bars_take_the_color_of_their_health(panel):
    run = make_run(steps=0)
    panel.begin(run)
    with_norms(run, [1e-6, 1e-3, 1.0, 1.0])
    panel.follow(run)
    assert [v.health for v in panel.diagram.bars.verdicts] == [Health.VANISHED, Health.SMALL, Health.FINE, Health.FINE]
    for health in (Health.VANISHED, Health.SMALL, Health.FINE):
        assert has_color(panel.diagram, health_color(health, DARK), least=20, within=4)
    with_norms(run, [1.0, 1.0, 1.0, 1.0])
    panel.follow(run)
    assert not has_color(panel.diagram, health_color(Health.VANISHED, DARK), within=4)


def test_edges_tell_sign_by_color_and_dash():
    positive, negative = edge_pen(DARK, False, 2), edge_pen(DARK, True, 2)
    assert negative.dashPattern()
    assert not positive.dashPattern()
    assert positive.color().rgb() != negative.color().rgb()
    assert positive.color().alpha() > edge_pen(DARK, False, 0).color().alpha()


@pytest.mark.parametrize(("layers", "size"), [(0, (300, 160)), (1, (1000, 560)), (20, (300, 160)), (64, (1000, 560))])
def test_any_depth_is_drawn_and_all_of_it_can_be_reached(panel, layers, size):
    panel.resize(*size)
    panel.begin(make_run({"network.hidden": [32] * layers, "network.skip_every": 2 if layers > 1 else 0}, steps=20))
    assert not panel.resting
    diagram = panel.diagram
    assert pixels(diagram).std() > 2
    bar = diagram.scroll_bar
    assert bar.isVisible() == (diagram.layout_now().width > diagram.width() + 0.5)
    bar.setValue(bar.maximum())
    assert 0 <= diagram.in_widget(columns_of(panel)[-1].x) <= diagram.width()


def test_scrolling_by_wheel_and_hand_is_kept_as_new_weights_come(panel):
    run = make_run({"network.hidden": [8] * 64})
    panel.begin(run)
    diagram = panel.diagram
    at = QPointF(300, 100)
    diagram.wheelEvent(QWheelEvent(
        at, diagram.mapToGlobal(at), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    ))
    scrolled = diagram.offset
    assert scrolled > 0
    layout = diagram.layout_now()
    gap = QPoint(round(diagram.in_widget(layout.middle_of_gap(30))), 60)
    QTest.mousePress(diagram, Qt.MouseButton.LeftButton, pos=gap)
    QTest.mouseMove(diagram, gap - QPoint(60, 0))
    QTest.mouseRelease(diagram, Qt.MouseButton.LeftButton, pos=gap - QPoint(60, 0))
    assert diagram.offset == min(scrolled + 60, diagram.scroll_bar.maximum())
    before = diagram.offset
    run.snapshot = snapshot_of(run, seed=3)
    panel.follow(run)
    assert diagram.offset == before
    assert panel.selection.layer is None


def test_new_gradients_move_the_bars_only(panel):
    run = make_run(playing=True)
    panel.begin(run)
    panel.grab()
    made = panel.diagram.pictures_made
    extend(run, 10)
    new_snapshot(run, step=5)
    panel.follow(run)
    panel.grab()
    assert panel.diagram.pictures_made == made  # too early for other edges
    np.testing.assert_array_equal(panel.diagram.bars.norms, run.history.last_layers("weight_grad_norm"))


def test_a_paused_run_shows_its_weights_at_once(panel):
    run = make_run()
    panel.begin(run)
    run.snapshot = snapshot_of(run, seed=7)
    panel.follow(run)
    np.testing.assert_array_equal(panel.diagram.weights[0], run.snapshot.weights()[0])


@pytest.mark.parametrize("value", [0.0, np.nan, 1e300])
def test_extreme_norms_and_weights_are_drawn_and_told_without_failing(panel, value):
    run = make_run(steps=0)
    extreme = records(run, 3)
    extreme[..., 4:] = value
    extend_with(run, extreme)
    run.snapshot = snapshot_of(run, scale=value)
    panel.begin(run)
    panel.responses_pill.click()
    assert colors_in(panel.diagram) > 20
    for column in range(5):
        for y in (60, 140, 260):
            assert panel.telling.tip_at(QPointF(columns_of(panel)[column].x, y))
            panel.telling.tip_at(QPointF(columns_of(panel)[column].x + 50, y))
    assert panel.table() is not None
    assert not panel.resting


# -- the numbers


def test_the_layer_under_the_pointer_is_described(panel):
    run = make_run({"network.normalization": "batch", "network.dropout": 0.2, "network.skip_every": 2})
    panel.begin(run)
    layout = panel.diagram.layout_now()
    bar = layout.bar_bottom - 2
    assert "input: 2 features" in panel.telling.tip_at(QPointF(layout.columns[0].x, bar))
    text = panel.telling.tip_at(QPointF(layout.columns[2].x, bar))
    weights = run.snapshot.weights()[1]
    ratio = ranges.scientific(float(run.history.last_layers("update_ratio")[1]))
    for part in (
        "layer 2: 16 units, ReLU", "16 × 16", "gradient norm", f"{weights.std():#.2g}", "backpropagated signal",
        "update / weight", ratio, "dead units", "batch", "dropout", "adds the input", "through weights",
    ):
        assert part in text
    torch_count = 16 * 16 + 16 + 2 * 16 + 2 * 16  # linear, norm, projection from 2 features
    assert f"{torch_count}" in text
    assert "output: 2 units" in panel.telling.tip_at(QPointF(layout.columns[-1].x, bar))


def test_a_tooltip_tells_unit_and_edge(panel):
    run = make_run({"network.hidden": [3]})
    panel.begin(run)
    weights = [np.array([[2.0, -1.0, 0.1], [0.0, 0.5, -0.5]]), np.ones((3, 2))]
    panel.diagram.set_weights(weights, panel.diagram.means)
    left, middle, _ = columns_of(panel)
    mean = run.snapshot.activations(panel.telling.inputs)[0].mean(axis=0)[1]
    panel.diagram.show_hover(QPoint(round(middle.x), round(middle.y[1])))
    assert "layer 1, unit 2" in QToolTip.text()
    assert f"{abs(mean):#.2g}" in QToolTip.text()
    halfway = QPointF((left.x + middle.x) / 2, (left.y[0] + middle.y[1]) / 2)
    text = panel.telling.tip_at(halfway)
    assert "input, unit 1 → layer 1, unit 2" in text
    assert "−1.0" in text
    assert "negative" in text
    assert "50%" in text


def test_the_table_has_every_layers_figures(panel):
    run = make_run({"network.activation": ["relu", "tanh", "gelu"]})
    assert panel.table() is None
    panel.begin(run)
    table = panel.table()
    assert len(table.rows) == 4
    by_name = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert [row["activation"] for row in by_name] == ["relu", "tanh", "gelu", ""]
    assert sum(row["parameters"] for row in by_name) == run.snapshot.architecture.n_parameters
    norms = run.history.last_layers("weight_grad_norm")
    np.testing.assert_array_equal([row["weight gradient norm"] for row in by_name], norms)
    np.testing.assert_allclose(by_name[1]["standard deviation of weights"], run.snapshot.weights()[1].std(), rtol=1e-5)


def test_norm_and_dropout_are_in_the_key(panel):
    panel.resize(900, 316)
    panel.begin(make_run())
    assert panel.legend_edges.isVisible()
    assert panel.legend_bars.isVisible()
    assert not panel.legend_norm.isVisible()
    plain = pixels(panel.diagram)
    panel.begin(make_run({"network.normalization": "layer", "network.dropout": 0.2}))
    assert panel.legend_norm.isVisible()
    assert "layer norm" in panel.legend_norm.toolTip()
    assert panel.legend_dropout.isVisible()
    assert "0.2" in panel.legend_dropout.text
    assert not np.array_equal(plain, pixels(panel.diagram))


# -- selecting


def test_a_click_selects_a_layer_everywhere_and_another_lets_it_go(panel):
    panel.begin(make_run())
    click(panel, 2)
    assert panel.selection.layer == 1
    assert panel.diagram.selected == 1
    assert "layer 2: 16 units" in panel.diagram.accessibleName()
    assert "gradient norm" in panel.diagram.accessibleName()
    click(panel, 4)
    assert panel.selection.layer == 3
    click(panel, 4)
    assert panel.selection.layer is None
    click(panel, 0)  # the input is no layer
    assert panel.selection.layer is None


def test_the_selection_of_another_panel_is_shown_and_scrolled_to(panel):
    panel.begin(make_run({"network.hidden": [4] * 64}))
    panel.share(panel.selection)
    before = pixels(panel.diagram)
    panel.selection.select_layer(60)
    assert panel.diagram.selected == 60
    assert 0 < panel.diagram.in_widget(columns_of(panel)[61].x) < panel.diagram.width()
    assert not np.array_equal(before, pixels(panel.diagram))


def test_keys_go_from_layer_to_layer_and_escape_lets_go(panel):
    panel.begin(make_run())
    diagram, ctrl = panel.diagram, Qt.KeyboardModifier.ControlModifier
    reached = []
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Left):
        QTest.keyClick(diagram, key, ctrl)
        reached.append(panel.selection.layer)
    assert reached == [0, 1, 0, 0]
    QTest.keyClick(diagram, Qt.Key.Key_Escape)
    assert panel.selection.layer is None
    QTest.keyClick(diagram, Qt.Key.Key_Left, ctrl)
    assert panel.selection.layer == 3


def test_a_selection_beyond_a_new_network_is_let_go(panel):
    panel.begin(make_run({"network.hidden": [4] * 6}))
    panel.selection.select_layer(5)
    panel.begin(make_run({"network.hidden": [4]}))
    assert panel.selection.layer is None
    assert not panel.resting


# -- responses


def test_units_show_their_response_maps(panel):
    run = make_run({"network.hidden": [6, 4]})
    panel.begin(run)
    assert panel.responses_pill.isVisible()
    panel.responses_pill.click()
    assert len(panel.diagram.maps) == 4
    assert panel.diagram.squares
    assert columns_of(panel)[1].radius > 7.5
    assert has_color(panel.diagram, DARK.series[0], least=200, within=60)
    unit = QPointF(columns_of(panel)[1].x, columns_of(panel)[1].y[2])
    assert "data:image/png;base64," in panel.telling.tip_at(unit)
    panel.responses_pill.click()
    assert not panel.diagram.maps
    assert "data:image" not in panel.telling.tip_at(unit)


def test_responses_are_only_for_two_features(panel):
    panel.begin(make_run())
    panel.responses_pill.click()
    panel.begin(make_run({"data.dataset": "iris"}))
    assert not panel.responses_pill.isVisible()
    assert not panel.diagram.squares
    panel.begin(make_run())
    assert panel.diagram.squares  # what was chosen comes back


def test_responses_follow_the_theme(panel):
    panel.begin(make_run({"network.hidden": [4]}))
    panel.responses_pill.click()
    panel.restyle(LIGHT)
    assert has_color(panel.diagram, LIGHT.series[0], least=100, within=70)


def test_themes_no_snapshot_and_clearing(panel):
    run = make_run()
    run.snapshot = None
    panel.begin(run)
    panel.restyle(LIGHT)
    assert has_color(panel.diagram, LIGHT.surface, least=1000, within=2)
    panel.clear()
    assert panel.table() is None
    assert colors_in(panel.diagram) < 3
    click_nowhere = QPoint(100, 100)
    QTest.mouseClick(panel.diagram, Qt.MouseButton.LeftButton, pos=click_nowhere)
    QTest.mouseMove(panel.diagram, click_nowhere)
    QTest.keyClick(panel.diagram, Qt.Key.Key_Delete)
    assert not panel.resting


def test_a_run_that_begins_anew_shows_no_gradients_of_the_one_before(panel):
    panel.begin(make_run())
    assert len(panel.diagram.bars.norms) == 4
    panel.begin(make_run(steps=0))
    assert panel.diagram.bars.limits is None
    for health in (Health.FINE, Health.VANISHED):
        assert not has_color(panel.diagram, health_color(health, DARK), least=60, within=3)


def test_an_edit_of_the_run_that_changes_the_network_is_taken_on(panel):
    run = make_run()
    panel.begin(run)
    dropped = make_run({"network.dropout": 0.5})
    run.snapshot = dropped.snapshot
    panel.follow(run)
    assert panel.diagram.architecture.dropout == 0.5
    assert panel.diagram.weights
