"""Instruments in the window: the gallery, the budget, the inspector, and the landscape computed in the background."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt

from gui.instruments.gallery import cost_in_words
from gui.instruments.instrumentation import Instrumentation, spent_in_words
from gui.instruments.landscape_panel import BEGINS, STILL, wide_enough
from gui.instruments.landscape_picture import between, known_heights, levels, shades
from gui.instruments.survey_thread import in_bounds
from gui.instruments.trail import MOST, Plane, Trail
from gui.window import MainWindow
from tests.gui.instruments.made_up import say
from tests.gui.panels.runs import make_run
from training.instruments.catalog import standard_instruments
from training.instruments.instrument import Outlook


def trained(qtbot: Any, window: MainWindow) -> None:
    window.control.run_epoch()
    qtbot.waitUntil(lambda: window.control.phase == "paused" and window.control.view.history.epoch >= 1, timeout=10_000)


def instrumentation(window: MainWindow) -> Instrumentation:
    return window.feature(Instrumentation)


def test_the_gallery_switches_instruments_and_shows_their_panels_and_costs(qtbot: Any, window: MainWindow) -> None:
    qtbot.keyClick(window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    gallery = instrumentation(window).gallery
    assert gallery is not None
    gallery.cards["noise_scale"].on.click()
    qtbot.waitUntil(lambda: "noise_scale" not in window.control.instruments.names)
    assert window.preferences.settings.instruments_off == ["noise_scale"]
    gallery.cards["noise_scale"].on.click()
    qtbot.waitUntil(lambda: "noise_scale" in window.control.instruments.names)
    assert window.preferences.settings.instruments_off == []
    assert not gallery.cards["hessian_trace"].on.isChecked()
    gallery.cards["hessian_trace"].on.click()
    qtbot.waitUntil(lambda: "hessian_trace" in window.control.instruments.names)
    gallery.cards["unit_similarity"].show_button.click()
    panel = window.board.panels["units"]
    qtbot.waitUntil(lambda: window.board.shows(panel))
    assert panel.instrument == "unit_similarity"
    trained(qtbot, window)
    log = window.control.view.instruments
    qtbot.waitUntil(lambda: bool(log.names))
    instrumentation(window)._show_figures()
    for name in log.names:
        cost = log.costs[name]
        assert f"{1000 * cost.seconds / cost.readings:.2g} ms" in gallery.cards[name].cost.text()
    card = gallery.cards["noise_scale"]
    window.control.instruments.failures["noise_scale"] = "ValueError: no batch"
    instrumentation(window)._show_figures()
    assert card.cost.text() == "▲ failed, not read any more: ValueError: no batch"
    qtbot.keyClick(gallery, Qt.Key.Key_Escape)
    assert instrumentation(window).gallery is None


def test_what_is_read_goes_with_the_panels_and_the_budget(qtbot: Any, window: MainWindow) -> None:
    standard = set(standard_instruments(window.control.view.snapshot.architecture))
    qtbot.waitUntil(lambda: set(window.control.instruments.names) == standard)
    curvature = window.board.panels["curvature"]
    window.board.show_panel(curvature)
    curvature.choose("hessian_trace")
    qtbot.waitUntil(lambda: set(window.control.instruments.names) == standard | {"hessian_trace"})
    window.board.hide_panel(curvature)
    qtbot.waitUntil(lambda: set(window.control.instruments.names) == standard)
    window.take_settings({"instrument_budget": 0.25})
    qtbot.waitUntil(lambda: window.control.instruments.share == 0.25)
    qtbot.waitUntil(lambda: "of 25%" in window.status.pace.text.split("instruments")[-1])
    window.take_settings({"instrument_budget": 0.0})
    qtbot.waitUntil(lambda: window.control.instruments.share == 0.0)
    trained(qtbot, window)
    assert not window.control.view.instruments.names
    qtbot.waitUntil(lambda: "instruments off" in window.status.pace.text)


def test_a_click_on_a_layer_opens_the_inspector_and_another_closes_it(qtbot: Any, window: MainWindow) -> None:
    inspector = window.board.panels["layer_inspector"]
    assert not window.board.shows(inspector)
    window.network.diagram.layer_pressed.emit(1)
    assert window.board.shows(inspector)
    assert inspector.layer == 1
    window.network.diagram.layer_pressed.emit(1)
    assert not window.board.shows(inspector)
    for shown in (True, False):
        qtbot.keyClick(window, "i")
        assert window.board.shows(inspector) == shown


def test_the_landscape_is_computed_once_the_run_stands_still(qtbot: Any, window: MainWindow) -> None:
    panel, surveys = window.board.panels["loss_landscape"], instrumentation(window).surveys
    window.board.show_panel(panel)
    trained(qtbot, window)
    qtbot.waitUntil(lambda: panel.landscape is not None and panel.landscape.complete, timeout=20_000)
    known = panel.landscape
    assert known.steps[-1] == window.control.view.history.step
    assert len(known.steps) > 3  # between its few checkpoints it was computed again
    np.testing.assert_array_equal(panel.path.x[: len(known.path)], known.path[:, 0])
    np.testing.assert_allclose([panel.path.x[-1], panel.path.y[-1]], known.path[-1], atol=1e-6)
    assert len(panel.table().rows) == known.losses.size

    wanted: list[float] = []
    window.selection.moment_wanted.connect(wanted.append)
    panel.axes.clicked.emit(*known.path[0].tolist())  # a click on the path goes to that moment
    assert wanted == [float(known.steps[0])]

    qtbot.waitUntil(lambda: not surveys.busy)
    panel.compute.click()
    assert surveys.busy
    assert panel.compute.text() == "cancel"
    panel.compute.click()
    assert not surveys.busy
    assert panel.compute.text() == "compute"
    window.commands.reset()
    qtbot.waitUntil(lambda: surveys.asked is None, timeout=10_000)  # it goes with its run
    assert panel.landscape is None


def test_the_landscape_lives_while_the_run_trains(qtbot: Any, open_window: Any) -> None:
    window = open_window(epochs=100_000)
    panel, surveys = window.board.panels["loss_landscape"], instrumentation(window).surveys
    window.board.show_panel(panel)
    qtbot.waitUntil(lambda: panel.axes.empty == BEGINS)
    window.toggle()
    qtbot.waitUntil(lambda: panel.landscape is not None, timeout=20_000)
    assert window.control.phase == "playing"
    assert panel.compute.text() == "compute"
    known = panel.landscape
    beyond = window.control.view.history.step
    qtbot.waitUntil(lambda: window.control.view.snapshot.step > beyond + 10, timeout=10_000)
    qtbot.waitUntil(lambda: len(panel.path.x) > len(known.path) or panel.landscape is not known, timeout=10_000)
    assert window.control.instruments.aside.spent_share > 0.0
    qtbot.waitUntil(lambda: surveys.busy, timeout=10_000)
    panel.live_pill.click()  # it is not computed on, nor again
    qtbot.waitUntil(lambda: not surveys.busy and window.control.instruments.aside.share == 0.0)
    window.commands.reset()
    qtbot.waitUntil(lambda: panel.landscape is None, timeout=10_000)
    assert panel.axes.empty == STILL


def test_without_a_budget_the_landscape_waits_until_the_run_stands_still(qtbot: Any, open_window: Any) -> None:
    window = open_window(epochs=100_000)
    panel = window.board.panels["loss_landscape"]
    window.take_settings({"instrument_budget": 0.0})
    window.board.show_panel(panel)
    window.toggle()
    qtbot.waitUntil(lambda: window.control.view.history.step > 200, timeout=10_000)
    assert panel.axes.empty == STILL
    assert instrumentation(window).surveys.asked is None
    window.toggle()
    qtbot.waitUntil(lambda: panel.landscape is not None, timeout=20_000)


@pytest.mark.parametrize(
    ("outlook", "says"),
    [
        (Outlook(0.02, 12.3), "first reading in about 12 s"),
        (Outlook(1.4, math.inf, too_slow=True), "too slow to be read: 1 s a reading"),
        (Outlook(0.1, math.inf, "ZeroDivisionError: 0"), "failed, not read any more: ZeroDivisionError: 0"),
        (None, "not read yet"),
    ],
)
def test_the_gallery_says_why_there_is_no_reading(outlook: Outlook | None, says: str) -> None:
    assert cost_in_words(make_run(), "stability", outlook) == says


def test_the_gallery_says_what_a_reading_costs_and_how_often_there_is_one() -> None:
    run = make_run()
    say(run, "stability", {0: [1.0], 500: [1.0], 1000: [1.0]})
    assert cost_in_words(run, "stability", Outlook(0.02, 1.0)) == "2 ms · every 500 steps · 100% of the cost"


def test_of_a_short_run_the_time_is_told_and_no_share(qtbot: Any, window: MainWindow) -> None:
    trained(qtbot, window)
    qtbot.waitUntil(lambda: "ms" in spent_in_words(window.control.instruments))
    instrumentation(window)._show_figures()
    qtbot.waitUntil(lambda: "ms" in window.status.pace.text.split("instruments")[-1].split("·")[0])


def test_of_a_run_that_blew_up_the_path_ends_before() -> None:
    path = [(step, np.full(4, size)) for step, size in enumerate((0.5, 3.0, 1e9, np.inf, 1.0))]
    assert [step for step, _ in in_bounds(path)] == [0, 1]
    assert in_bounds([(0, np.full(4, np.nan))]) == []


class TestPicture:
    def test_a_coarse_picture_is_there_before_the_fine_one(self) -> None:
        losses = np.full((33, 33), np.nan)
        assert known_heights(losses) is None
        losses[::8, ::8] = 1.0
        losses[0, 0] = 3.0
        found = known_heights(losses)
        assert found is not None
        assert found.stride == 8
        drawn = between(found.losses, found.stride)
        assert drawn.shape == losses.shape
        np.testing.assert_allclose(drawn[0, :9], np.linspace(3.0, 1.0, 9))
        np.testing.assert_array_equal(drawn[::8, ::8], losses[::8, ::8])

    def test_low_losses_are_bright_and_infinite_ones_dark(self) -> None:
        bright, texts = shades(np.array([[0.1, 1.0], [10.0, np.inf]]))
        assert bright[0, 0] == 1.0
        assert bright[1, 1] == 0.0
        assert 0.0 < bright[0, 1] < 1.0
        assert texts[0] == "0.10"
        assert levels(bright)[0, 0] == 255


class TestAxes:
    def test_they_get_wider_in_steps_where_the_point_leaves_the_landscape(self) -> None:
        grid = np.linspace(-1.0, 1.0, 33)
        assert wide_enough((-1.0, 1.0), grid, 0.9) == (-1.0, 1.0)
        low, high = wide_enough((-1.0, 1.0), grid, 1.2)
        assert low == -1.0
        assert high > 1.5
        assert wide_enough((low, high), grid, 1.5) == (low, high)

    def test_a_point_that_is_lost_is_not_followed(self) -> None:
        assert wide_enough((-1.0, 1.0), np.linspace(-1.0, 1.0, 33), 1e30) == (-1.0, 1.0)


def seen(step: int, params: list[float]) -> Any:
    return SimpleNamespace(step=step, params=np.array(params, dtype=np.float32))


class TestTrail:
    PLANE = Plane(np.zeros(3), np.eye(3)[:2])

    def test_it_tells_where_the_run_has_been_since(self) -> None:
        trail = Trail()
        for step in range(1, 6):
            trail.add(seen(step, [step, -step, 9.0]))
            trail.add(seen(step, [0.0, 0.0, 0.0]))  # nothing new
        trail.see_in(self.PLANE, 2)
        np.testing.assert_array_equal(trail.until(4), [[3, -3], [4, -4]])
        trail.add(seen(6, [6.0, -6.0, 0.0]))
        trail.add(seen(7, [np.nan, 0.0, 0.0]))
        np.testing.assert_array_equal(trail.until(9)[-1], [6, -6])

    def test_its_memory_is_bounded(self) -> None:
        trail = Trail()
        for step in range(1, 2_000):
            trail.add(seen(step, [step, 0.0, 0.0]))
        trail.see_in(self.PLANE, 0)
        places = trail.until(5_000)[:, 0]
        assert MOST / 2 <= len(places) <= MOST
        assert (np.diff(places) > 0).all()
        assert places[0] < 100
