"""What the views of layers over the steps share, seen in the gradient norms."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from gui.panels.gradient_norms import GradientNorms
from gui.panels.layer_view import GHOST_AHEAD, curve_by_decade
from gui.panels.update_ratio import UpdateRatio
from gui.theme import DARK
from training.engine import Edit

from .pictures import has_color
from .runs import extend, extend_with, make_run, records


@pytest.fixture
def panel(show):
    made = show(GradientNorms, 640)
    made.share(made.selection)
    return made


def place(panel, layer, step):
    line = panel.lines[layer]
    at = int(np.argmin(np.abs(line.x - panel.across(np.array([float(step)]))[0])))
    px, py = panel.axes.to_pixels(line.x[at : at + 1], line.y[at : at + 1])
    return QPoint(round(px[0]), round(py[0]))


def long_deep_run():
    run = make_run({"network.hidden": [4] * 64}, steps=0)
    extend_with(run, records(run, 18_000))
    return run


# -- the full range, steps in decades


def test_the_full_range_is_one_click_away(panel, qtbot):
    run = make_run(steps=0)
    spike = records(run, 20)
    spike[..., 4:] = 1e12
    extend_with(run, spike)
    extend(run, 400)
    panel.start(run)
    assert panel.axes.view()[3] < 2
    qtbot.mouseClick(panel.full_pill, Qt.MouseButton.LeftButton)
    assert panel.axes.view()[3] >= 12
    qtbot.mouseClick(panel.full_pill, Qt.MouseButton.LeftButton)
    assert panel.axes.view()[3] < 2


def test_steps_in_decades(panel, qtbot):
    panel.start(make_run(steps=1_000))
    qtbot.mouseClick(panel.log_x_pill, Qt.MouseButton.LeftButton)
    assert panel.axes.view()[:2] == pytest.approx((0, 3))
    line = panel.lines[0]
    assert (line.x[0], line.x[-1]) == (0.0, pytest.approx(3, abs=0.02))
    for decade in range(3):
        assert np.count_nonzero((line.x >= decade) & (line.x < decade + 1)) >= 9
    assert has_color(panel.axes, panel.lines[-1].pen.color().name())


@pytest.mark.parametrize(("first", "last"), [(1, 7), (1, 70_000), (37, 2_000), (5_000, 5_100)])
def test_spans_by_decade_hold_every_step_once(first, last):
    run = make_run(steps=0)
    extend_with(run, records(run, 70_000))
    curve = curve_by_decade(run, "weight_grad_norm", 200, first, last)
    assert (np.diff(curve.steps) > 0).all()
    assert curve.steps[0] <= first
    assert curve.steps[-1] <= last
    exact = run.history.layers("weight_grad_norm", first=first, last=last)
    assert curve.low.min() == exact.low.min()
    assert curve.high.max() == exact.high.max()


# -- one layer and one moment, selected everywhere


def test_a_click_on_a_line_selects_its_layer_and_another_deselects_it(panel, qtbot):
    panel.start(make_run(steps=100))
    at = place(panel, 2, 50)
    qtbot.mouseClick(panel.axes, Qt.MouseButton.LeftButton, pos=at)
    assert panel.selection.layer == 2
    assert [line.bold for line in panel.lines] == [False, False, True, False]
    assert panel.lines[0].pen.color().alphaF() < 0.5 < panel.lines[2].pen.color().alphaF()
    qtbot.mouseClick(panel.axes, Qt.MouseButton.LeftButton, pos=at)
    assert panel.selection.layer is None
    assert {line.pen.color().alphaF() for line in panel.lines} == {1.0}


def test_a_click_far_from_any_line_selects_nothing(panel, qtbot):
    panel.start(make_run(steps=100))
    between = (place(panel, 1, 50) + place(panel, 2, 50)) / 2
    qtbot.mouseClick(panel.axes, Qt.MouseButton.LeftButton, pos=between)
    assert panel.selection.layer is None


def test_a_click_on_the_name_of_a_layer_selects_it(panel, qtbot):
    panel.start(make_run(steps=100))
    at = QPoint(panel.axes.width() - 30, place(panel, 3, 100).y())
    qtbot.mouseClick(panel.axes, Qt.MouseButton.LeftButton, pos=at)
    assert panel.selection.layer == 3


def test_a_selected_layer_that_the_run_does_not_have_is_none(panel):
    panel.selection.select_layer(40)
    panel.start(make_run(steps=50))
    assert panel.selected is None
    assert not any(line.bold for line in panel.lines)


def test_the_pointer_reads_the_values_of_the_step(panel, qtbot):
    run = make_run(steps=200)
    panel.start(run)
    qtbot.mouseMove(panel.axes, place(panel, 1, 120))
    step = round(panel.selection.moment)
    assert 110 < step < 130
    texts = [text for _, text in panel.axes.crosshair.readout]
    assert texts[0] == f"step {step} · epoch {f'{step / 10:.1f}'.removesuffix('.0')}"
    recorded = run.history.layers("weight_grad_norm").low[step - 1]
    assert texts[1].startswith("output  ")
    assert [float(text.split("  ")[1]) for text in texts[1:]] == pytest.approx(recorded[::-1].tolist(), rel=0.05)
    qtbot.mouseMove(panel.axes, QPoint(2, 2))
    assert panel.selection.moment is None
    assert panel.axes.crosshair.x is None


def test_a_moment_pointed_at_elsewhere_is_shown_here(panel):
    panel.start(make_run(steps=100))
    panel.selection.point_at(30.0)
    assert panel.axes.crosshair.x == 30.0
    panel.log_x_pill.click()
    assert panel.axes.crosshair.x == pytest.approx(np.log10(30))
    panel.selection.point_at(4_000.0)
    assert len(panel.axes.crosshair.readout) == 1  # nothing is known of it yet
    panel.selection.point_at(0.0)
    assert panel.axes.crosshair.x is None  # nowhere on a logarithmic axis


def test_of_many_layers_a_few_are_read_out_with_the_selected_one(panel):
    panel.start(make_run({"network.hidden": [4] * 40}, steps=100))
    panel.selection.select_layer(23)
    panel.selection.point_at(50.0)
    names = [text.split("  ")[0] for _, text in panel.axes.crosshair.readout[1:]]
    assert len(names) <= 12
    assert {"output", "layer 24", "layer 1"} <= set(names)


def test_spans_are_read_as_about(panel):
    run = long_deep_run()
    panel.start(run)
    assert not run.history.exact
    panel.selection.point_at(9_000.0)
    assert "≈" in panel.axes.crosshair.readout[1][1]


# -- the run before


def test_the_run_before_lies_behind_and_is_folded_once(panel, monkeypatch):
    run = make_run(steps=100, playing=True)
    run.ghost = make_run(steps=150)
    panel.start(run)
    assert [ghost.name for ghost in panel.ghosts] == ["layer 1 before", "output before"]
    assert panel.axes.things.index(panel.ghosts[0]) < panel.axes.things.index(panel.lines[0])
    np.testing.assert_allclose(
        panel.ghosts[-1].y, np.log10(run.ghost.history.layers("weight_grad_norm").low[:, -1])
    )
    assert panel.axes.view()[1] >= 150
    asked = []
    layers = run.ghost.history.layers
    monkeypatch.setattr(run.ghost.history, "layers", lambda *a, **k: asked.append(1) or layers(*a, **k))
    for _ in range(3):
        extend(run, 10)
        panel.refresh(run)
    assert not asked
    panel.selection.point_at(60.0)
    assert any("before" in text for _, text in panel.axes.crosshair.readout)
    run.ghost = None
    panel.refresh(run)
    assert not panel.ghosts


def test_a_much_longer_run_before_does_not_squeeze_this_one(panel):
    run = make_run(steps=100)
    run.ghost = make_run(steps=0)
    extend_with(run.ghost, records(run.ghost, 5_000))
    panel.start(run)
    assert panel.axes.view()[1] <= GHOST_AHEAD * 100
    panel.full_pill.click()
    panel.refresh(run)
    assert panel.axes.view()[1] == pytest.approx(5_000)


def test_a_run_before_with_other_layers(panel):
    run = make_run(steps=50)
    run.ghost = make_run({"network.hidden": [4]}, steps=80)
    panel.selection.select_layer(3)
    panel.start(run)
    panel.selection.point_at(20.0)
    panel.axes.grab()
    assert {ghost.name for ghost in panel.ghosts} == {"layer 1 before", "output before"}


# -- edits, figures


def test_edits_are_ticks_with_what_was_changed(panel):
    run = make_run(steps=100)
    run.edits = [Edit(40, "optimizer.lr", 0.01), Edit(40, "batch_size", 16)]
    panel.start(run)
    (mark,) = panel.axes.marks
    assert (mark.x, mark.tick) == (40.0, True)
    x, _ = panel.axes.to_pixels(np.array([40.0]), np.zeros(1))
    assert panel.axes.tip_at(x[0]) == "After step 40: optimizer.lr = 0.01, batch_size = 16"
    assert has_color(panel.axes, DARK.accent)


def test_the_table_has_every_step_as_recorded(panel):
    run = make_run(steps=500)
    panel.start(run)
    table = panel.table()
    assert table.columns[:2] == ["step", "layer 1, weight gradient norm"]
    assert len(table.rows) == 500
    np.testing.assert_array_equal(np.array(table.rows)[:, 1:], run.history.layers("weight_grad_norm").low)
    panel.axes.zoom_to((100, 200), (-4, 0))
    assert [panel.table().rows[0][0], panel.table().rows[-1][0]] == [100, 200]
    panel.clear()
    assert panel.table() is None


def test_the_table_of_spans_has_the_smallest_and_the_largest(panel):
    run = long_deep_run()
    panel.start(run)
    table = panel.table()
    assert table.columns[:4] == [
        "first step", "last step", "layer 1, smallest weight gradient norm", "layer 1, largest weight gradient norm",
    ]
    curve = run.history.layers("weight_grad_norm")
    assert curve.stride > 1
    values = np.array(table.rows)
    np.testing.assert_array_equal(values[:, 2::2], curve.low)
    np.testing.assert_array_equal(values[:, 3::2], curve.high)
    assert values[-1, 1] == 18_000


# -- the update ratio


def test_the_update_ratio_has_a_guide_and_its_median(show):
    panel = show(UpdateRatio, 560)
    run = make_run(steps=100)
    panel.start(run)
    recorded = run.history.layers("update_ratio").low
    np.testing.assert_allclose(panel.lines[1].y, np.log10(recorded[:, 1]))
    low, high = panel.axes.view()[2:]
    assert low < -3.0 < high or not (np.log10(recorded).min() < -1 and np.log10(recorded).max() > -5)
    (guide,) = panel.axes.guides
    assert (guide.y, guide.label) == (-3.0, "1e-3 usual")
    assert panel.figure_label.text().startswith("median ")
    assert float(panel.figure_label.text().split()[1]) == pytest.approx(np.median(recorded[-1]), rel=0.05)
    assert "‖ΔW‖" in panel.figure_label.toolTip()
    assert not panel.pills


def test_a_guide_far_from_the_lines_does_not_take_their_room(show):
    panel = show(UpdateRatio, 560)
    assert panel.guide_limits((-2.0, -1.0))[0] < -3.0
    assert panel.guide_limits((-12.0, -11.0)) == (-12.0, -11.0)
