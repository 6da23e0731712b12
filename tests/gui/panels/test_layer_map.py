from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor

from gui.panels.layer_map import BROKEN, LEVELS, ZERO, LayerMap, colored, level_colors, level_indices
from gui.panels.plot_axis import NamedAxis
from gui.theme import DARK, LIGHT, viridis

from .pictures import colors_in, has_color
from .runs import extend, extend_with, make_run, records


@pytest.fixture
def panel(show):
    made = show(LayerMap, 560)
    made.share(made.selection)
    return made


def middle_of_row(panel, layer, step):
    x = float(panel.across(np.array([float(step)]))[0])
    px, py = panel.axes.to_pixels(np.array([x]), np.array([layer + 0.5]))
    return QPoint(round(px[0]), round(py[0]))


def color_at(panel, layer, step):
    return panel.axes.grab().toImage().pixelColor(middle_of_row(panel, layer, step))


def lightness(color):
    return 0.2 * color.red() + 0.7 * color.green() + 0.1 * color.blue()


def test_rows_are_layers_the_output_at_the_top_and_brighter_where_norms_are_larger(panel):
    panel.start(make_run(steps=100))  # from 1e-4 at the first layer to 1e-1 at the output
    tops = [middle_of_row(panel, layer, 50).y() for layer in range(4)]
    assert tops == sorted(tops, reverse=True)
    shades = [lightness(color_at(panel, layer, 50)) for layer in range(4)]
    assert shades == sorted(shades)
    assert shades[-1] - shades[0] > 80


def test_columns_are_moments(panel):
    run = make_run(steps=0)
    early, late = records(run, 50), records(run, 50)
    early[..., 4:], late[..., 4:] = 1e-4, 1e-1
    panel.start(run)
    extend_with(run, early)
    extend_with(run, late)
    panel.refresh(run)
    assert lightness(color_at(panel, 0, 25)) < lightness(color_at(panel, 0, 75)) - 80
    panel.log_x_pill.click()
    assert lightness(color_at(panel, 0, 10)) < lightness(color_at(panel, 0, 80)) - 80
    assert middle_of_row(panel, 0, 10).x() == pytest.approx(panel.axes.plot_rect().center().x(), abs=3)


def test_the_other_quantity_is_one_click_away(panel, qtbot):
    panel.start(make_run(steps=100))
    qtbot.mouseClick(panel.pills["signal_norm"], Qt.MouseButton.LeftButton)
    assert lightness(color_at(panel, 0, 50)) > lightness(color_at(panel, 3, 50)) + 80


def test_an_early_spike_does_not_take_the_colors_until_the_full_range_is_asked_for(panel, qtbot):
    run = make_run(steps=0)
    spike = records(run, 10)
    spike[..., 4:] = 1e8
    extend_with(run, spike)
    extend(run, 400)
    panel.start(run)
    assert panel.map_axes.levels[1] < 1
    qtbot.mouseClick(panel.full_pill, Qt.MouseButton.LeftButton)
    assert panel.map_axes.levels[1] >= 8
    qtbot.mouseClick(panel.full_pill, Qt.MouseButton.LeftButton)
    assert panel.map_axes.levels[1] < 1


@pytest.mark.parametrize(("value", "color"), [(0.0, None), (np.nan, DARK.error), (np.inf, DARK.error)])
def test_zero_and_what_is_no_number_are_hatched(panel, value, color):
    run = make_run(steps=200)
    odd = records(run, 200)
    odd[..., 5] = value
    extend_with(run, odd)
    panel.start(run)
    color = color or QColor.fromRgb(int(panel._colors_of_levels[ZERO])).name()
    assert has_color(panel.axes, color, least=500, within=3)
    row = {
        panel.axes.grab().toImage().pixelColor(middle_of_row(panel, 1, 300) + QPoint(shift, 0)).name()
        for shift in range(20)
    }
    assert row == {color, DARK.surface}


def test_levels_run_from_dark_to_bright_and_say_what_has_none():
    levels = level_indices(np.array([-5.0, -4.0, -2.0, 0.0, 3.0, -np.inf, np.inf, np.nan]), (-4.0, 0.0))
    assert levels.tolist() == [0, 0, (LEVELS - 1) // 2, LEVELS - 1, LEVELS - 1, ZERO, BROKEN, BROKEN]
    colors = level_colors(DARK)
    picture = colored(np.array([[0, LEVELS - 1]], dtype=np.uint8), colors)
    assert [QColor.fromRgb(int(pixel)).name() for pixel in picture[0]] == [viridis(0.0), viridis(1.0)]


def test_names_never_overlap_and_the_ends_are_named(panel):
    panel.start(make_run({"network.hidden": [4] * 63}, steps=30))
    axis = panel.map_axes.names
    ticks = panel.map_axes._y_ticks()
    assert [axis.text(ticks[0]), axis.text(ticks[-1])] == ["layer 1", "output"]
    _, py = panel.axes.to_pixels(np.zeros(len(ticks)), np.array(ticks))
    assert -np.diff(py).max() >= panel.axes.fontMetrics().height() * 0.7
    assert len(ticks) > 5
    assert NamedAxis(names=("output",)).ticks((0.0, 1.0), 100, 12) == [0.5]


def test_a_click_selects_the_row_in_every_view(panel, qtbot):
    panel.start(make_run(steps=100))
    qtbot.mouseClick(panel.axes, Qt.MouseButton.LeftButton, pos=middle_of_row(panel, 2, 50))
    assert panel.selection.layer == 2
    before = panel.axes.grab().toImage()
    panel.selection.select_layer(None)
    assert panel.axes.grab().toImage() != before


def test_the_pointer_reads_layer_value_and_moment(panel, qtbot):
    run = make_run({"network.hidden": [4] * 30}, steps=100)
    panel.start(run)
    qtbot.mouseMove(panel.axes, middle_of_row(panel, 17, 40))
    texts = [text for _, text in panel.axes.crosshair.readout]
    step = round(panel.selection.moment)
    assert texts[0].startswith(f"step {step} ")
    recorded = run.history.layers("weight_grad_norm").low[step - 1, 17]
    (value,) = [float(text.split("  ")[1]) for text in texts if text.startswith("layer 18  ")]
    assert value == pytest.approx(recorded, rel=0.05)
    qtbot.mouseMove(panel.axes, middle_of_row(panel, 22, 40))
    assert any(text.startswith("layer 23  ") for _, text in panel.axes.crosshair.readout)


def test_a_long_run_and_many_layers_stay_a_small_picture(panel):
    run = make_run({"network.hidden": [4] * 63}, steps=0)
    extend_with(run, records(run, 3_000))
    panel.start(run)
    assert panel.map.image.width() <= 400
    assert panel.map.image.height() == 64
    assert colors_in(panel.axes) > 50
    panel.restyle(LIGHT)
    assert has_color(panel.axes, LIGHT.surface, least=1_000, within=2)


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf, 1e300, 1e-300])
def test_nothing_but_extreme_norms(panel, value):
    run = make_run(steps=0)
    odd = records(run, 20)
    odd[..., 4:] = value
    extend_with(run, odd)
    panel.start(run)
    assert colors_in(panel) > 5
    for pill in (panel.full_pill, panel.log_x_pill):
        pill.click()
        assert np.isfinite(panel.axes.view()).all()
        assert colors_in(panel) > 5


def test_zooming_fetches_finer_columns_and_colors_keep_their_meaning(panel):
    run = make_run(steps=0)
    extend_with(run, records(run, 20_000))
    panel.start(run)
    levels = panel.map_axes.levels
    panel.axes.zoom_to((5_000, 5_100), (0, 4))
    assert panel.map.rect.width() <= 140
    assert panel.map_axes.levels == levels
