from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from gui.panels.plot_axes import EndLabel, Line, Map, Mark, PlotAxes, Stamps, decades, disc
from gui.panels.plot_marks import without_overlap
from gui.theme import DARK, LIGHT, pen

from .pictures import colors_in, has_color


@pytest.fixture
def axes(qtbot):
    made = PlotAxes(x_label="epoch", y_label="loss", right_room=40)
    qtbot.addWidget(made)
    made.resize(400, 200)
    with qtbot.waitExposed(made):
        made.show()
    return made


def a_line(y, color=DARK.train):
    line = Line("a", pen=pen(color))
    line.set_data(np.arange(len(y), dtype=float), np.asarray(y, dtype=float))
    return line


def test_a_line_is_drawn(axes):
    axes.set_limits((0, 9), (0, 9))
    assert not has_color(axes, DARK.train)
    axes.add(a_line(range(10)))
    assert has_color(axes, DARK.train, least=20)


@pytest.mark.parametrize(
    "values",
    [
        [], [0.5], [np.nan], [np.nan] * 5, [np.inf, -np.inf, 1e308, -1e308, 0.5], [1e30, 1.0], [0.0] * 50,
        [np.nan, 0.5, np.nan, 0.7], list(decades(np.array([0.0, 1.0, -1.0, np.inf, 1e-320]))),
    ],
)
def test_extreme_values_never_fail_in_paint(axes, values):
    axes.set_limits((0, 9), (0, 1))
    line = a_line(values)
    axes.add(line)
    assert colors_in(axes) > 3
    np.testing.assert_array_equal(line.y, values)  # clipped is what is drawn, never what is kept


def test_a_lone_point_is_a_dot(axes):
    axes.set_limits((0, 2), (0, 1))
    axes.add(a_line([np.nan, 0.5, np.nan]))
    assert has_color(axes, DARK.train, least=8)


def test_spans_are_drawn_from_low_to_high():
    line = Line()
    line.set_data(np.array([1.0, 3.0]), np.array([0.0, 1.0]), np.array([5.0, 6.0]))
    np.testing.assert_array_equal(line.x, [1, 1, 3, 3])
    np.testing.assert_array_equal(line.y, [0, 5, 6, 1])


def test_limits_do_not_follow_the_data(axes):
    axes.set_limits((0, 10), (0, 1))
    axes.add(a_line(np.linspace(0, 1e6, 50)))
    axes.grab()
    assert axes.view() == pytest.approx((0, 10, 0, 1))


def test_zoom_is_kept_and_a_double_click_goes_back(axes, qtbot):
    axes.set_limits((0, 10), (0, 1))
    middle = QPointF(axes.rect().center())
    wheel = QWheelEvent(
        middle, QPointF(axes.mapToGlobal(middle.toPoint())), QPoint(0, 0), QPoint(0, 360),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )
    QApplication.sendEvent(axes, wheel)
    assert axes.zoomed
    zoomed = axes.view()
    assert zoomed[1] - zoomed[0] < 10
    axes.set_limits((0, 20), (0, 2))
    assert axes.view() == zoomed
    qtbot.mouseDClick(axes, Qt.MouseButton.LeftButton, pos=middle.toPoint())
    assert not axes.zoomed
    assert axes.view() == pytest.approx((0, 20, 0, 2))


@pytest.mark.parametrize("log", [False, True])
def test_zooming_to_anywhere_never_fails(axes, log):
    axes.set_log(log)
    axes.set_limits((0, 9), (-3, 1))
    axes.add(a_line(decades(np.geomspace(1e-3, 10, 10))))
    axes.marks = [Mark(5.0, DARK.ok, "best")]
    axes.end_labels = [EndLabel(0.0, "0.1", DARK.text)]
    for factor in (1e-6, 1e-6, 1e-6, 1e12, 1e12, 1e12, 1e12):
        zoomed = axes.plot_view.zoomed(factor, factor, QPointF(axes.rect().center()))
        axes.zoom_to(zoomed.x, zoomed.y)
        axes.grab()
    axes.zoom_to((0, 9), (1e18, 2e18))
    axes.grab()
    axes.zoom_back()
    assert axes.view() == pytest.approx((0, 9, -3, 1))


def test_a_map_has_its_first_row_at_the_bottom(axes):
    axes.set_limits((0, 1), (0, 1))
    colors = np.zeros((2, 1, 3), dtype=np.uint8)
    colors[0], colors[1] = (255, 0, 0), (0, 0, 255)
    made = Map()
    made.set_colors(colors, QRectF(0, 0, 1, 1))
    axes.add(made)
    image = axes.grab().toImage()
    box = axes.plot_rect()
    x = int(box.center().x())
    assert image.pixelColor(x, int(box.bottom()) - 3).red() > 200
    assert image.pixelColor(x, int(box.top()) + 3).blue() > 200


def test_stamps_are_put_where_their_points_are(axes):
    axes.set_limits((0, 1), (0, 1))
    stamps = Stamps()
    stamps.set_groups([(disc("#ff0000", edge="#ff0000"), np.array([0.25]), np.array([0.75]))])
    axes.stamps = [stamps]
    image = axes.grab().toImage()
    box = axes.plot_rect()
    x, y = axes.to_pixels(np.array([0.25]), np.array([0.75]), box)
    assert image.pixelColor(round(x[0]), round(y[0])).red() > 200
    assert image.pixelColor(round(x[0]) + 30, round(y[0])).red() < 100


def test_stamps_are_rendered_once_while_nothing_changes(axes, monkeypatch):
    axes.set_limits((0, 1), (0, 1))
    stamps = Stamps()
    stamps.set_groups([(disc("#ff0000", edge="#ff0000"), np.array([0.5]), np.array([0.5]))])
    axes.stamps = [stamps]
    rendered = []
    render = stamps._render
    monkeypatch.setattr(stamps, "_render", lambda *a: rendered.append(1) or render(*a))
    for _ in range(5):
        axes.grab()
    assert len(rendered) == 1
    axes.set_limits((0, 2), (0, 1))
    axes.grab()
    assert len(rendered) == 2


def test_marks_tell_what_they_are(axes):
    axes.set_limits((0, 10), (0, 1))
    best = Mark(5.0, DARK.ok, "best, 0.214", "Best evaluation")
    axes.marks = [best, Mark(2.0, DARK.accent, tip="lr = 0.1", tick=True)]
    x, _ = axes.to_pixels(np.array([5.0, 2.0]), np.zeros(2), axes.plot_rect())
    assert has_color(axes, DARK.ok)
    assert axes.tip_at(x[0]) == "Best evaluation"
    assert axes.tip_at(x[1] + 2) == "lr = 0.1"
    assert axes.tip_at(x[0] + 40) == ""


def test_labels_at_the_end_do_not_overlap_and_the_weightiest_stay():
    labels = [EndLabel(0, f"layer {index}", DARK.text, weight=100.0 * (index in (0, 63))) for index in range(64)]
    py = np.linspace(150, 10, 64)
    placed = without_overlap(labels, py, 12.0, 0.0, 160.0)
    heights = sorted(y for _, y in placed)
    assert np.diff(heights).min() >= 12.0
    assert {"layer 0", "layer 63"} <= {label.text for label, _ in placed}
    assert 6 <= len(placed) <= 14


def test_two_labels_at_one_height_are_moved_apart():
    labels = [EndLabel(0, "a", DARK.text), EndLabel(0, "b", DARK.text)]
    placed = without_overlap(labels, np.array([158.0, 158.0]), 12.0, 0.0, 160.0)
    (_, first), (_, second) = placed
    assert abs(first - second) >= 12.0
    assert max(first, second) <= 160.0


def test_the_theme_reaches_the_ground(axes):
    axes.restyle(LIGHT)
    assert has_color(axes, LIGHT.surface, least=10_000, within=2)
    axes.restyle(DARK)
    assert has_color(axes, DARK.surface, least=10_000, within=2)
