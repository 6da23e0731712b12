"""Instruments in the window: the gallery, the budget, the inspector, and the landscape computed in the background."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import Qt

from gui.instruments.instrumentation import Instrumentation
from gui.instruments.landscape_panel import coarse, shades
from gui.window import MainWindow
from training.instruments.catalog import standard_instruments


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


class TestPicture:
    def test_a_coarse_picture_is_there_before_the_fine_one(self) -> None:
        losses = np.full((33, 33), np.nan)
        assert coarse(losses) is None
        losses[::8, ::8] = 1.0
        losses[0, 0] = 3.0
        drawn = coarse(losses)
        assert drawn is not None
        assert drawn.shape == losses.shape
        assert drawn[0, 0] == 3.0
        assert drawn[16, 16] == 1.0

    def test_low_losses_are_bright_and_infinite_ones_dark(self) -> None:
        levels, texts = shades(np.array([[0.1, 1.0], [10.0, np.inf]]))
        assert levels[0, 0] == 255
        assert levels[1, 1] == 0
        assert 0 < levels[0, 1] < 255
        assert texts[0] == "0.10"
