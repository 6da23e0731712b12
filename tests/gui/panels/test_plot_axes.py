from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter, QPixmap, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from gui.panels.crosshair import Crosshair
from gui.panels.plot_axes import EndLabel, Line, Map, Mark, PlotAxes, Stamps, decades, disc
from gui.panels.plot_marks import without_overlap
from gui.panels.plot_view import PlotView, showable
from gui.theme import DARK, LIGHT, pen

from .pictures import colors_in, has_color, pixels


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


def test_a_note_takes_the_words_there_is_room_for(axes):
    axes.set_note("replica 1 of 16", "1 of 16")
    assert axes.note == "replica 1 of 16"
    axes.resize(150, 160)
    assert axes.note == "1 of 16"
    axes.resize(90, 160)
    assert axes.note == ""


def test_a_plot_without_anything_says_so(axes):
    before = pixels(axes)
    axes.empty = "Press Space to train"
    axes.redraw()
    assert (pixels(axes) != before).any()


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


# ------------------------------------------------------------------------------------- the pointer and the keys


def wheel(axes, at, notches=1, keys=Qt.KeyboardModifier.NoModifier):
    event = QWheelEvent(
        QPointF(at), QPointF(axes.mapToGlobal(at)), QPoint(0, 0), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, keys, Qt.ScrollPhase.NoScrollPhase, False,
    )
    QApplication.sendEvent(axes, event)


def pixel(axes, x, y):
    px, py = axes.to_pixels(np.array([x]), np.array([y]))
    return QPoint(round(px[0]), round(py[0]))


def drag(qtbot, axes, begin, end, button=Qt.MouseButton.LeftButton, keys=Qt.KeyboardModifier.NoModifier):
    qtbot.mousePress(axes, button, keys, pos=begin)
    for part in (0.3, 1.0):
        at = begin + (end - begin) * part
        moved = QMouseEvent(
            QEvent.Type.MouseMove, QPointF(at), QPointF(axes.mapToGlobal(at)), Qt.MouseButton.NoButton, button, keys
        )
        QApplication.sendEvent(axes, moved)
    qtbot.mouseRelease(axes, button, keys, pos=end)


@pytest.mark.parametrize(("keys", "zooms_x", "zooms_y"), [
    (Qt.KeyboardModifier.NoModifier, True, True),
    (Qt.KeyboardModifier.ControlModifier, True, False),
    (Qt.KeyboardModifier.ShiftModifier, False, True),
])  # fmt: skip
def test_the_wheel_zooms_around_the_pointer(axes, keys, zooms_x, zooms_y):
    axes.set_limits((0, 10), (0, 1))
    at = pixel(axes, 2.5, 0.75)
    before = axes.plot_view.to_data(QPointF(at))
    wheel(axes, at, keys=keys)
    left, right, bottom, top = axes.view()
    assert (right - left < 9.9) == zooms_x
    assert (top - bottom < 0.99) == zooms_y
    assert axes.plot_view.to_data(QPointF(at)) == pytest.approx(before)
    wheel(axes, at, notches=-1, keys=keys)
    assert axes.view() == pytest.approx((0, 10, 0, 1))


def test_the_wheel_above_an_axis_zooms_only_that(axes):
    axes.set_limits((0, 10), (0, 1))
    wheel(axes, QPoint(round(axes.plot_rect().center().x()), axes.height() - 3))
    assert axes.view()[2:] == (0, 1)
    assert axes.view()[1] - axes.view()[0] < 10
    axes.zoom_back()
    wheel(axes, QPoint(3, round(axes.plot_rect().center().y())))
    assert axes.view()[:2] == (0, 10)
    assert axes.view()[3] - axes.view()[2] < 1


def test_what_is_dragged_stays_under_the_pointer(axes, qtbot):
    axes.set_limits((0, 10), (0, 1))
    begin, end = pixel(axes, 5, 0.5), pixel(axes, 7, 0.25)
    held = axes.plot_view.to_data(QPointF(begin))
    drag(qtbot, axes, begin, end)
    assert axes.zoomed
    assert axes.plot_view.to_data(QPointF(end)) == pytest.approx(held)


@pytest.mark.parametrize(("button", "keys"), [
    (Qt.MouseButton.RightButton, Qt.KeyboardModifier.NoModifier),
    (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier),
])  # fmt: skip
def test_a_box_is_drawn_to_zoom_to(axes, qtbot, button, keys):
    axes.set_limits((0, 10), (0, 1))
    clicks = []
    axes.clicked.connect(lambda *at: clicks.append(at))
    corner, other = pixel(axes, 2, 0.2), pixel(axes, 6, 0.8)
    (x0, y0), (x1, y1) = axes.plot_view.to_data(QPointF(corner)), axes.plot_view.to_data(QPointF(other))
    drag(qtbot, axes, corner, other, button, keys)
    assert axes.view() == pytest.approx((x0, x1, y0, y1))
    assert axes.rubber_band() is None
    assert not clicks


def test_a_click_tells_where_and_a_drag_is_none(axes, qtbot):
    axes.set_limits((0, 10), (0, 1))
    clicks = []
    axes.clicked.connect(lambda *at: clicks.append(at))
    at = pixel(axes, 4, 0.5)
    qtbot.mouseClick(axes, Qt.MouseButton.LeftButton, pos=at)
    assert clicks == [pytest.approx(axes.plot_view.to_data(QPointF(at)))]
    drag(qtbot, axes, at, at + QPoint(40, 10))
    assert len(clicks) == 1


def axes_inside(qtbot, around):
    qtbot.addWidget(around)
    inner = PlotAxes(parent=around)
    inner.resize(300, 200)
    around.resize(300, 200)
    around.show()
    return inner


def test_a_double_click_is_the_panels_unless_zoomed(qtbot):
    class Around(QWidget):
        doubled = 0

        def mouseDoubleClickEvent(self, event):
            self.doubled += 1

    around = Around()
    inner = axes_inside(qtbot, around)
    middle = inner.rect().center()
    wheel(inner, middle)
    qtbot.mouseDClick(inner, Qt.MouseButton.LeftButton, pos=middle)
    assert (around.doubled, inner.zoomed) == (0, False)
    qtbot.mouseDClick(inner, Qt.MouseButton.LeftButton, pos=middle)
    assert around.doubled == 1


def test_the_menu_is_the_panels_after_a_right_click_but_not_after_a_right_drag(qtbot):
    class Around(QWidget):
        asked = 0

        def contextMenuEvent(self, event):
            self.asked += 1

    around = Around()
    inner = axes_inside(qtbot, around)
    middle = inner.rect().center()
    right = Qt.MouseButton.RightButton

    def asked_at_press(end):  # as X11 and macOS do
        qtbot.mousePress(inner, right, pos=middle)
        QApplication.sendEvent(inner, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, middle, middle))
        if end != middle:
            moved = QMouseEvent(
                QEvent.Type.MouseMove, QPointF(end), QPointF(end), Qt.MouseButton.NoButton, right,
                Qt.KeyboardModifier.NoModifier,
            )
            QApplication.sendEvent(inner, moved)
        qtbot.mouseRelease(inner, right, pos=end)

    asked_at_press(middle)
    assert around.asked == 1
    asked_at_press(middle + QPoint(40, 40))
    assert around.asked == 1
    assert inner.zoomed


def test_the_pointer_is_told_and_its_leaving_too(axes, qtbot):
    axes.set_limits((0, 10), (0, 1))
    seen, gone = [], []
    axes.pointed.connect(seen.append)
    axes.left.connect(lambda: gone.append(1))
    at = pixel(axes, 4, 0.5)
    qtbot.mouseMove(axes, at)
    assert seen[-1] == pytest.approx(axes.plot_view.to_data(QPointF(at))[0])
    qtbot.mouseMove(axes, QPoint(2, 2))
    assert len(gone) == 1
    assert axes.pointer is None


def test_keys_zoom_and_pan_and_leave_the_keys_of_the_window_alone(axes, qtbot):
    axes.set_limits((0, 10), (0, 1))
    axes.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(axes, Qt.Key.Key_Plus)
    left, right, bottom, top = axes.view()
    assert (left + right) / 2 == pytest.approx(5)
    assert right - left < 10
    assert (bottom, top) == (0, 1)
    qtbot.keyClick(axes, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    assert axes.view()[0] > left
    qtbot.keyClick(axes, Qt.Key.Key_Home)
    assert not axes.zoomed
    for key in (Qt.Key.Key_Space, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_E):
        event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(axes, event)
        assert not event.isAccepted()
        assert not axes.zoomed


def test_values_are_read_by_keys_and_told_to_screen_readers(axes, qtbot):
    axes.set_limits((0, 10), (0, 1))
    axes.pointed.connect(lambda x: axes.set_crosshair(x, [("", f"epoch {x:.1f}"), (DARK.train, "train 0.5")]))
    axes.left.connect(lambda: axes.set_crosshair(None))
    axes.window().activateWindow()
    axes.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(axes.hasFocus)
    assert axes.accessibleDescription() == "epoch from 0 to 10; loss from 0 to 1"
    for _ in range(3):
        qtbot.keyClick(axes, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert axes.accessibleDescription() == "epoch 0.3; train 0.5"
    axes.clearFocus()
    assert axes.crosshair.x is None


def test_a_moving_crosshair_draws_no_curve_again(axes, monkeypatch):
    axes.set_limits((0, 9), (0, 9))
    axes.add(a_line(range(10)))
    axes.set_crosshair(3.0, [("", "step 3")])
    axes.grab()
    drawn = []
    draw = PlotAxes._draw_things
    monkeypatch.setattr(PlotAxes, "_draw_things", lambda self, *a: drawn.append(1) or draw(self, *a))
    pictures = []
    for x in (3.5, 4.0, 5.0):
        axes.set_crosshair(x, [("", f"step {x}")])
        pictures.append(axes.grab().toImage())
    assert not drawn
    assert pictures[0] != pictures[1] != pictures[2]
    axes.redraw()
    axes.grab()
    assert len(drawn) == 1


def test_the_box_of_values_keeps_its_width_and_leaves_the_line_free(axes):
    axes.set_limits((0, 10), (0, 1))
    places = []
    place = Crosshair._place
    for x, text in ((5.0, "loss 0.123456"), (5.1, "loss 1"), (9.9, "loss 1"), (0.1, "loss 1")):
        axes.set_crosshair(x, [(DARK.train, text)])
        at = pixel(axes, x, 0).x()
        image = axes.grab()
        painter = QPainter(image)
        painter.setFont(axes._font)
        places.append(place(axes.crosshair, painter, at, axes.plot_rect(), 12.0, 1.0))
        painter.end()
        assert not places[-1].left() <= at <= places[-1].right()
        assert axes.rect().contains(places[-1].toRect())
    assert len({rect.width() for rect in places}) == 1


def test_a_crosshair_out_of_view_or_nowhere_is_not_drawn(axes):
    axes.set_limits((0, 10), (0, 1))
    before = axes.grab().toImage()
    for x in (11.0, -5.0, math.nan, math.inf):
        axes.set_crosshair(x, [("", "step")])
        assert axes.grab().toImage() == before


def test_a_label_at_the_end_can_be_clicked(axes, qtbot):
    axes.set_limits((0, 10), (0, 1))
    axes.end_labels = [EndLabel(0.2, "layer 1", DARK.text), EndLabel(0.9, "output", DARK.text)]
    texts = []
    axes.label_clicked.connect(texts.append)
    for y in (0.2, 0.9, 0.55):
        qtbot.mouseClick(axes, Qt.MouseButton.LeftButton, pos=QPoint(axes.width() - 20, pixel(axes, 0, y).y()))
    assert texts == ["layer 1", "output"]


def test_logarithmic_steps_are_numbered_as_counts(axes):
    axes.set_log_x(True)
    axes.set_limits((0, 5), (0, 1))
    ticks = axes.x_axis.ticks((0.0, 5.0), 400, 55)
    assert [axes.x_axis.text(tick) for tick in ticks] == ["1", "10", "100", "1000", "10k", "100k"]


def test_thick_lines_for_the_last_row(axes):
    axes.set_limits((0, 9), (0, 9))
    axes.add(a_line([5.0] * 10))

    def inked():
        return int((np.abs(pixels(axes).astype(int) - pixels(axes)[0, 0]).max(axis=2) > 60).sum())

    thin = inked()
    axes.restyle(replace(DARK, bold=True))
    assert inked() > 1.5 * thin


def test_the_ground_is_kept_while_nothing_about_it_changes(axes, monkeypatch):
    axes.set_limits((0, 9), (0, 1))
    made = []
    draw = PlotAxes._draw_background
    monkeypatch.setattr(PlotAxes, "_draw_background", lambda self, *a: made.append(1) or draw(self, *a))
    line = a_line([0.1, 0.9])
    axes.add(line)
    for turn in range(5):
        line.set_data(np.arange(2.0), np.array([0.1, 0.1 * turn]))
        axes.redraw()
        axes.grab()
    assert len(made) == 1
    for change in (
        lambda: axes.set_limits((0, 10), (0, 1)), lambda: axes.set_labels("step", "loss"),
        lambda: axes.set_log(True), lambda: axes.restyle(LIGHT), lambda: axes.resize(410, 210),
    ):
        before = len(made)
        change()
        axes.grab()
        assert len(made) == before + 1


def test_two_device_pixels_for_each(axes):
    axes.set_limits((0, 1), (0, 1))
    axes.add(a_line([0.5, 0.5]))
    coarse = axes.grab().toImage()
    picture = QPixmap(axes.size() * 2)
    picture.setDevicePixelRatio(2.0)
    axes.render(picture)
    fine = picture.toImage()
    assert axes._ground is not None
    assert axes._ground.devicePixelRatio() == 2.0
    assert fine.scaled(coarse.size()) != coarse  # drawn anew, not stretched


# ------------------------------------------------------------------------------------- pixels and data

ends = st.floats(-1e6, 1e6).flatmap(lambda low: st.tuples(st.just(low), st.floats(1e-3, 1e6).map(lambda w: low + w)))


@given(x=ends, y=ends, across=st.floats(0, 1), up=st.floats(0, 1), left=st.floats(0, 100), width=st.floats(20, 2000))
def test_pixels_lead_back_to_the_data(x, y, across, up, left, width):
    view = PlotView(x, y, QRectF(left, 6, width, 150))
    at = x[0] + across * (x[1] - x[0]), y[0] + up * (y[1] - y[0])
    px, py = view.to_pixels(np.array([at[0]]), np.array([at[1]]))
    assert left - 1e-6 <= px[0] <= left + width + 1e-6
    back = view.to_data(QPointF(px[0], py[0]))
    assert back[0] == pytest.approx(at[0], abs=1e-6 * (x[1] - x[0]) + 1e-9 * abs(at[0]))
    assert back[1] == pytest.approx(at[1], abs=1e-6 * (y[1] - y[0]) + 1e-9 * abs(at[1]))


@given(x=ends, across=st.floats(0.01, 100), at=st.floats(0, 1), dx=st.floats(-300, 300))
def test_zooming_and_moving_keep_what_is_under_the_pointer(x, across, at, dx):
    view = PlotView(x, (0.0, 1.0), QRectF(40, 6, 400, 150))
    pointer = QPointF(40 + at * 400, 80)
    zoomed = view.zoomed(across, 1.0, pointer)
    span = zoomed.x[1] - zoomed.x[0]
    assert zoomed.to_data(pointer)[0] == pytest.approx(view.to_data(pointer)[0], abs=1e-6 * span + 1e-8 * abs(x[0]))
    moved = view.moved(dx, 0.0)
    expected = view.to_data(pointer)[0]
    assert moved.to_data(pointer + QPointF(dx, 0))[0] == pytest.approx(
        expected, abs=1e-6 * (x[1] - x[0]) + 1e-8 * abs(expected)
    )


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_any_limits_can_be_shown(one, other):
    low, high = showable((min(one, other), max(one, other)))
    assert math.isfinite(low)
    assert math.isfinite(high)
    assert high > low
