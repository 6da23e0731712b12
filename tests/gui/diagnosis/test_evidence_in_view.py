"""What evidence is about can be seen: on the axis, in the right view, and at the end of a run step by step."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from gui.evidence import ShownEvidence
from gui.panels.gradient_norms import GradientNorms
from gui.panels.layer_map import LayerMap
from gui.panels.learning_curves import LearningCurves
from gui.panels.panel import Panel
from gui.run_view import RunView
from tests.gui.diagnosis import one_panel
from tests.gui.panels.runs import extend, extend_with, make_run, records
from training.diagnosis.finding import Evidence
from training.history import column
from training.progress import Outcome

STEPS = 510
GROWTH = 2.0


@pytest.fixture(scope="module")
def blown_up() -> RunView:
    """Return a run whose gradients and losses double at every step until the numbers end."""
    run = make_run({"network.hidden": (6, 6, 6)}, steps=0)
    made = records(run, STEPS)
    made *= GROWTH ** np.arange(STEPS)[:, None, None]
    extend_with(run, made)
    run.outcomes = (Outcome("diverged", STEPS, STEPS / 10, "Diverged."),)
    return run


@pytest.fixture
def begun(qtbot: Any) -> Callable[..., Any]:
    return partial(one_panel.begun, qtbot)


def shown(*items: Evidence) -> ShownEvidence:
    return ShownEvidence("Diverged", "alarm", items)


def in_decades(run: RunView, name: str, step: int) -> np.ndarray:
    return np.log10(run.history.layers(name).low[step - 1])


LAST = shown(
    Evidence("grad_norm", "it doubled", STEPS - 63, STEPS), Evidence("batch_loss", "the last steps", STEPS - 63, STEPS)
)
FIRST = shown(Evidence("signal_norm", "large", 1, 1, (0, 2)), Evidence("grad_norm", "large", 1, 1))


def test_a_run_that_blew_up_shows_its_rise_to_the_end(begun: Any, blown_up: RunView) -> None:
    panel = begun(GradientNorms, blown_up)
    low, high = panel.axes.limits[1]
    end = in_decades(blown_up, "weight_grad_norm", STEPS).max()
    assert end <= high < end + 1
    assert high - low <= panel.max_decades + 1


@pytest.mark.parametrize(("evidence", "step"), [(LAST, STEPS - 63), (LAST, STEPS), (FIRST, 1)])
def test_the_axis_holds_what_the_evidence_is_about(
    begun: Any, blown_up: RunView, evidence: ShownEvidence, step: int
) -> None:
    panel, picture = begun(GradientNorms, blown_up), begun(LayerMap, blown_up)
    for one in (panel, picture):
        one.selection.show_evidence(evidence)
    values = in_decades(blown_up, "weight_grad_norm", step)
    for low, high in (panel.axes.limits[1], picture.map_axes.levels):
        assert low <= values.min() + 0.2  # the map has the middle of a few steps
        assert values.max() - 0.2 <= high
    before = panel.axes.limits
    panel.selection.show_evidence(ShownEvidence("Diverged", "alarm", evidence.items, pointed=1))
    assert panel.axes.limits == before  # pointing at a piece moves nothing


def test_evidence_behind_another_pill_says_where_it_is(begun: Any, blown_up: RunView) -> None:
    panel = begun(GradientNorms, blown_up)
    panel.selection.show_evidence(shown(Evidence("signal_norm", "large", 1, 1)))
    assert [span.label for span in panel.axes.spans] == ["▲ Diverged, see signal"]
    panel.show_curve("signal_norm")
    assert panel.quantity == "signal_norm"
    assert [span.label for span in panel.axes.spans] == ["▲ Diverged"]
    panel.show_curve("grad_norm")
    assert panel.quantity == "weight_grad_norm"
    panel.show_curve("val_loss")  # none of its own
    assert panel.quantity == "weight_grad_norm"


def test_the_loss_of_the_batches_is_drawn_while_evidence_is_about_it(begun: Any, blown_up: RunView) -> None:
    panel = begun(LearningCurves, blown_up)
    assert not panel.batch.visible
    panel.selection.show_evidence(LAST)
    assert panel.batch.visible
    losses = blown_up.history.series("batch_loss").low
    low, high = panel.axes.limits[1]
    assert low <= np.log10(losses[-64])
    assert np.log10(losses[-1]) <= high
    panel.selection.show_evidence(ShownEvidence("Diverged", "alarm", LAST.items, pointed=0))
    assert panel.batch.visible
    panel.selection.show_evidence(None)
    assert not panel.batch.visible


def test_a_loss_far_off_is_on_the_axis_while_it_is_evidence(begun: Any) -> None:
    run = make_run(steps=0)
    extend(run, 200)
    extend(run, 10, train_loss=np.full(1, 1e30), val_loss=np.full(1, 1e30))
    panel = begun(LearningCurves, run)
    panel.selection.show_evidence(shown(Evidence("train_loss", "from 0.1 to 1e30", 100, 210)))
    low, high = panel.axes.limits[1]
    assert low <= np.log10(1 / 201)
    assert high >= 30


def test_scores_are_turned_to_where_evidence_is_about_them(begun: Any, blown_up: RunView) -> None:
    panel = begun(LearningCurves, blown_up)
    panel.selection.show_evidence(shown(Evidence("val_score", "0.5", 1, 9)))
    assert panel.axes.spans[0].label == "▲ Diverged, see accuracy"
    panel.show_curve("val_score")
    assert panel.quantity == "score"
    assert panel.axes.spans[0].label == "▲ Diverged"


@pytest.mark.parametrize("kind", [GradientNorms, LayerMap, LearningCurves])
def test_the_last_steps_are_shown_alone_and_each_by_itself(begun: Any, blown_up: RunView, kind: type[Panel]) -> None:
    panel = begun(kind, blown_up)
    panel.selection.show_evidence(LAST)
    panel.zoom_to_steps(STEPS - 63, STEPS)
    assert panel.axes.zoomed
    left, right, low, high = panel.axes.view()
    assert right - left == pytest.approx(64 if kind is not LearningCurves else right - left)
    if kind is LearningCurves:
        np.testing.assert_allclose(panel._batch_losses(blown_up).steps[-60:], np.arange(STEPS - 59, STEPS + 1))
    if kind is GradientNorms:
        assert len(panel.lines[0].x) == 64
        tail = blown_up.history.tail().low[:, column("weight_grad_norm", 4)]
        np.testing.assert_allclose(panel.lines[0].y, np.log10(tail))
        assert low <= panel.lines[0].y.min()
        assert panel.lines[-1].y.max() <= high
    panel.axes.zoom_back()
    assert not panel.axes.zoomed
