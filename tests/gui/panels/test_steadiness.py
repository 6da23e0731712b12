"""What all panels promise together: painting never fails, is cheap, and costs the same however long the run."""

from __future__ import annotations

import time

import pytest
from PySide6.QtWidgets import QWidget

from gui.panels.boundary import Boundary
from gui.panels.confusion import ConfusionMatrix
from gui.panels.gradient_norms import GradientNorms
from gui.panels.layer_map import LayerMap
from gui.panels.learning_curves import LearningCurves
from gui.panels.learning_rate import LearningRate
from gui.panels.network import Network
from gui.panels.panel import Panel
from gui.panels.predicted_true import PredictedTrue
from gui.panels.update_ratio import UpdateRatio
from gui.theme import DARK, LIGHT

from .runs import extend, make_run, snapshot_of

ALL = (
    LearningCurves, LearningRate, GradientNorms, UpdateRatio, LayerMap, Boundary, PredictedTrue, ConfusionMatrix,
    Network,
)
SIZES = {
    LearningCurves: (455, 236), LearningRate: (455, 236), GradientNorms: (455, 236), LayerMap: (455, 236),
    Network: (650, 316), Boundary: (320, 360),
}


@pytest.mark.parametrize("kind", ALL)
def test_two_thousand_repaints(show, qapp, kind):
    # PySide6 6.12 lost a reference to None at every paint, and aborted the process after some 600 of them.
    panel = show(kind, 320, 220)
    changes = {"data.dataset": "sine", "loss.kind": "mse"} if kind is PredictedTrue else {}
    run = make_run(changes, playing=True)
    panel.start(run)
    inner = panel.body.itemAt(1).widget()
    target = inner.viewport() if hasattr(inner, "viewport") else inner
    for turn in range(2000):
        if turn % 50 == 0:
            extend(run, 10)
            run.snapshot = snapshot_of(run, seed=turn)
            panel.refresh(run)
        target.repaint()
    assert panel.isVisible()


@pytest.mark.parametrize("kind", ALL)
def test_every_panel_can_start_restyle_and_clear_in_any_order(show, kind):
    panel = show(kind)
    first, second = make_run(), make_run({"data.dataset": "sine", "loss.kind": "mse", "network.hidden": [5]})
    panel.clear()
    panel.refresh(first) if kind is not LearningCurves else panel.start(first)
    for step in (
        lambda: panel.start(first), lambda: panel.restyle(LIGHT), lambda: panel.start(second), panel.clear,
        lambda: panel.restyle(DARK), lambda: panel.start(first), lambda: panel.refresh(first),
    ):
        step()
        panel.grab()
    assert isinstance(panel, Panel)
    assert panel.title


def frame_seconds(panels, run, turns: int = 15) -> float:
    """Return the median time in which all panels take in new steps and paint, in seconds of this thread."""
    spent = []
    for turn in range(turns):
        extend(run, 150)
        if turn % 4 == 0:
            run.snapshot = snapshot_of(run, seed=turn)
        begun = time.thread_time()
        for panel in panels:
            panel.refresh(run)
            panel.grab()
        spent.append(time.thread_time() - begun)
    return sorted(spent)[len(spent) // 2]


@pytest.mark.slow
def test_a_redraw_costs_the_same_at_a_million_steps_as_at_ten_thousand(show, qtbot):
    costs = []
    for steps in (10_000, 1_000_000):
        run = make_run({"network.hidden": [16] * 4}, steps=10_000, playing=True)
        while run.history.n_steps < steps:
            extend(run, 90_000)
        panels: list[QWidget] = []
        for kind, size in SIZES.items():
            panel = show(kind, *size)
            panel.start(run)
            panels.append(panel)
        frame_seconds(panels, run, 5)
        costs.append(frame_seconds(panels, run))
    assert costs[1] < 1.5 * costs[0]
