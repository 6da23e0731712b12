"""The evidence of a finding on the plots: the part of the run and the layers it is about, off where there is none."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from gui import theme
from gui.evidence import ShownEvidence, spans_of
from gui.panels.gradient_norms import GradientNorms
from gui.panels.layer_map import LayerMap
from gui.panels.learning_curves import LearningCurves
from gui.panels.learning_rate import LearningRate
from gui.panels.network import Network
from gui.panels.panel import Panel
from gui.panels.update_ratio import UpdateRatio
from gui.run_view import RunView
from tests.gui.diagnosis.made_up import VANISHING
from tests.gui.diagnosis.one_panel import begun
from tests.gui.panels.runs import make_run
from training.diagnosis.finding import Evidence

SHOWN = ShownEvidence(VANISHING.title, VANISHING.severity, VANISHING.evidence)


@pytest.fixture(scope="module")
def run() -> RunView:
    return make_run({"network.hidden": (6, 6, 6)}, steps=40)


def identity(steps: Any) -> Any:
    return steps


def test_a_part_of_the_run_that_two_pieces_are_about_is_marked_once() -> None:
    twice = ShownEvidence("Overfitting", "warning", (
        Evidence("val_loss", "12 % above its best", 20, 30), Evidence("train_loss", "still falling", 20, 30),
        Evidence("batch_loss", "noisy", 5, 9), Evidence("lr", "constant", 1, 30),
    ))  # fmt: skip
    spans = spans_of(twice, {"val_loss", "train_loss", "batch_loss"}, identity, theme.DARK)
    assert [(span.left, span.right, span.label) for span in spans] == [(5, 9, "▲ Overfitting"), (20, 30, "")]
    assert spans[1].tip == "▲ Overfitting\n12 % above its best\nstill falling"
    assert spans_of(None, {"val_loss"}, identity, theme.DARK) == []


def test_the_piece_pointed_at_is_marked_alone_and_stronger() -> None:
    pointed = ShownEvidence(VANISHING.title, VANISHING.severity, VANISHING.evidence, pointed=1)
    assert spans_of(pointed, {"signal_norm"}, identity, theme.DARK) == []
    (span,) = spans_of(pointed, {"train_loss"}, identity, theme.DARK)
    assert span.strong
    assert pointed.layers() == frozenset()
    assert SHOWN.layers() == {0, 2}


@pytest.mark.parametrize(("kind", "places"), [
    (LearningCurves, [(10, 30)]), (GradientNorms, [(4, 30)]), (LayerMap, [(4, 30)]), (UpdateRatio, []),
    (LearningRate, []),
])  # fmt: skip
def test_each_plot_marks_what_is_about_its_curves(
    qtbot: Any, run: RunView, kind: type[Panel], places: list[tuple[int, int]]
) -> None:
    panel = begun(qtbot, kind, run)
    panel.selection.show_evidence(SHOWN)
    if kind is LearningCurves:
        places = [tuple(run.epochs_at(np.array(place, float)).tolist()) for place in places]
    assert [(span.left, span.right) for span in panel.axes.spans] == places
    with_evidence = panel.grab().toImage()
    panel.follow(run)
    assert [(span.left, span.right) for span in panel.axes.spans] == places
    panel.selection.show_evidence(None)
    assert panel.axes.spans == []
    assert (panel.grab().toImage() != with_evidence) == bool(places)


def test_layers_are_marked_by_name_in_the_map_and_in_the_network(qtbot: Any, run: RunView) -> None:
    norms, picture, network = (begun(qtbot, kind, run) for kind in (GradientNorms, LayerMap, Network))
    for panel in (norms, picture, network):
        panel.selection.show_evidence(SHOWN)
    assert {label.text for label in norms.axes.end_labels} >= {"▲ layer 1", "▲ layer 3"}
    assert picture.map_axes.marked == ({0, 2}, theme.DARK.error)
    assert network.diagram.marked == ({0, 2}, theme.DARK.error)
    for panel in (norms, picture, network):
        panel.restyle(theme.LIGHT)
        assert not panel.grab().toImage().isNull()
    assert network.diagram.marked == ({0, 2}, theme.LIGHT.error)
    norms.axes.label_clicked.emit("▲ layer 3")
    assert norms.selection.layer == 2
    everywhere = ShownEvidence("Saturation", "warning", (Evidence("saturation", "all", 1, 9, (0, 1, 2, 3)),))
    network.selection.show_evidence(everywhere)
    assert network.diagram.marked[0] == frozenset()  # a mark on every layer tells nothing


def test_a_logarithmic_axis_has_no_step_0(qtbot: Any, run: RunView) -> None:
    panel = begun(qtbot, GradientNorms, run)
    from_start = Evidence("signal_norm", "small", 0, 30)
    panel.selection.show_evidence(ShownEvidence("Vanishing gradients", "note", (from_start,)))
    panel.log_x_pill.click()
    (span,) = panel.axes.spans
    assert math.isnan(span.left)
    assert span.right == pytest.approx(math.log10(30))
    assert not panel.grab().toImage().isNull()
