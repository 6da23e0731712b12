from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt

from gui.panels.evaluation_curves import MEDIAN, EvaluationCurves
from gui.panels.learning_curves import LearningCurves
from gui.panels.span_table import SPANS
from gui.theme import DARK, LIGHT
from training.progress import Edit

from .pictures import colors_in, has_color
from .runs import evaluation, extend, make_run

LOSSES = ("train_loss", "val_loss")


@pytest.fixture
def panel(show):
    return show(LearningCurves)


def click(qtbot, pill):
    qtbot.mouseClick(pill, Qt.MouseButton.LeftButton)


def test_both_losses_are_drawn_against_the_epoch_on_a_log_axis(panel):
    run = make_run(steps=200)
    panel.start(run)
    np.testing.assert_allclose(panel.lines["train"].x, np.arange(21))
    np.testing.assert_allclose(panel.lines["train"].y, np.log10(1 / (1 + 10 * np.arange(21))))
    np.testing.assert_allclose(panel.lines["val"].y, np.log10(1 / (1 + 5 * np.arange(21))))
    assert panel.lines["val"].pen.dashPattern()
    assert not panel.lines["train"].pen.dashPattern()
    assert has_color(panel.axes, DARK.train)
    assert has_color(panel.axes, DARK.validation)
    assert panel.axes.view()[:2] == pytest.approx((0, 20))


def test_more_evaluations_lengthen_the_curves(panel):
    run = make_run(steps=50, playing=True)
    panel.start(run)
    extend(run, 100)
    panel.refresh(run)
    assert panel.lines["train"].x[-1] == 15
    assert panel.axes.view()[1] >= 15


def test_log_can_be_switched_off(panel, qtbot):
    panel.start(make_run(steps=50))
    click(qtbot, panel.log_pill)
    np.testing.assert_allclose(panel.lines["train"].y, 1 / (1 + 10 * np.arange(6)))
    assert panel.axes.view()[2] == 0.0


def test_accuracy_instead_of_the_loss(panel, qtbot):
    panel.start(make_run(steps=50))
    assert panel.score_pill.text() == "accuracy"
    click(qtbot, panel.score_pill)
    np.testing.assert_allclose(panel.lines["train"].y, 0.9)
    np.testing.assert_allclose(panel.lines["val"].y, 0.8)
    assert panel.axes.view()[3] == 1.0
    assert not panel.log_pill.isEnabled()
    click(qtbot, panel.score_pill)
    assert panel.lines["train"].y[0] == 0.0
    assert panel.log_pill.isEnabled()


def test_a_regression_has_r_squared(panel):
    panel.start(make_run({"data.dataset": "sine", "loss.kind": "mse"}, steps=20))
    assert panel.score_pill.text() == "R²"


def test_curves_can_be_hidden(panel, qtbot):
    panel.start(make_run(steps=50))
    click(qtbot, panel.val_pill)
    assert not panel.lines["val"].visible
    assert panel.lines["train"].visible
    assert len(panel.axes.end_labels) == 1


def test_the_batch_loss_runs_behind(panel, qtbot):
    run = make_run(steps=200)
    panel.start(run)
    assert not panel.batch.visible
    click(qtbot, panel.batch_pill)
    assert panel.batch.visible
    assert panel.batch.x[0] == pytest.approx(0.1)
    assert panel.batch.x[-1] == pytest.approx(20.0)


def test_the_best_evaluation_is_marked_with_its_value(panel):
    run = make_run(steps=100)
    run.history.evaluations.append(evaluation(run, 110, best_step=np.array([60.0]), val_loss=np.array([3.0])))
    panel.start(run)
    (mark,) = panel.axes.marks
    assert mark.x == 6.0
    assert mark.label == f"best, {1 / 31:.3f}"
    assert mark.color == DARK.ok
    assert panel.axes.shade is not None


def test_the_best_score_is_labeled_as_a_score(panel, qtbot):
    run = make_run(steps=100)
    panel.start(run)
    click(qtbot, panel.score_pill)
    assert panel.axes.marks[0].label == "best, 0.800"


def test_edits_are_marked_with_what_changed(panel):
    run = make_run(steps=100)
    run.edits.append(Edit(50, "optimizer.lr", 0.003))
    panel.start(run)
    mark = next(mark for mark in panel.axes.marks if mark.tick)
    assert mark.x == pytest.approx(5.0)
    assert mark.tip == "After step 50: optimizer.lr = 0.003"


def test_replicas_are_shown_as_median_quartiles_and_single_runs(panel):
    run = make_run({"replicas": 5}, steps=0)
    losses = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    extend(run, 30, train_loss=losses, val_loss=losses)
    panel.start(run)
    np.testing.assert_allclose(panel.lines["train"].y, np.log10(4.0))
    np.testing.assert_allclose(panel.bands["train"].low, np.log10(2.0))
    np.testing.assert_allclose(panel.bands["train"].high, np.log10(8.0))
    runs = panel.runs["train"].y
    assert np.isnan(runs).sum() == 5
    np.testing.assert_allclose(np.unique(runs[~np.isnan(runs)]), np.log10(losses))
    assert panel.axes.note == "median of 5 replicas"
    assert not panel.axes.marks
    assert colors_in(panel.axes) > 20


def test_a_replica_that_has_ended_keeps_its_last_loss_in_the_median(panel):
    run = make_run({"replicas": 3}, steps=0)
    extend(run, 20, train_loss=np.array([1.0, 2.0, 3.0]))
    extend(run, 20, train_loss=np.array([np.nan, np.nan, 9.0]))
    panel.start(run)
    np.testing.assert_allclose(panel.lines["train"].y, np.log10(2.0))


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf, 1e30, 1e300, -1.0])
def test_extreme_losses_are_drawn_without_failing(panel, qtbot, value):
    run = make_run(steps=60)
    panel.start(run)
    extend(run, 20, train_loss=np.array([value]), val_loss=np.array([value]))
    panel.refresh(run)
    for pill in (panel.log_pill, panel.batch_pill, panel.score_pill):
        assert colors_in(panel) > 10
        click(qtbot, pill)
        assert np.isfinite(panel.axes.view()).all()
    assert colors_in(panel) > 10


def test_no_data_a_single_evaluation_and_no_held_out_part(panel):
    panel.start(make_run(steps=0))
    assert colors_in(panel) > 5
    run = make_run({"data.held_out": 0.0, "stopping.early.enabled": False}, steps=5)
    panel.start(run)
    assert not panel.val_pill.isEnabled()
    assert has_color(panel.axes, DARK.train)  # one point: a dot
    panel.clear()
    assert not len(panel.lines["train"].x)


def test_the_curve_stays_bounded_however_many_evaluations_there_are():
    run = make_run(steps=0)
    curves = EvaluationCurves(LOSSES, 1)
    for _ in range(20):
        extend(run, 2_000)
        assert curves.take(run)
        assert len(curves.times()[0]) <= SPANS
    assert curves.rows == 4_001
    low, high = curves.quartile("train_loss", MEDIAN)
    assert high.max() == 1.0
    assert low.min() == pytest.approx(1 / 40_001)


def folded_at_once(run, replicas=1):
    curves = EvaluationCurves(LOSSES, replicas)
    assert curves.take(run)
    return curves


def test_evaluations_dropped_between_two_looks_are_noticed():
    """Even if as many rows have been added since as had been read."""
    run = make_run(steps=0)
    run.history.evaluations.capacity = 100
    curves = EvaluationCurves(LOSSES, 1)
    extend(run, 790)
    assert curves.take(run)
    assert curves.rows == 80
    extend(run, 1_000)
    assert run.history.evaluations.kept > curves.rows
    assert not curves.take(run)
    again = folded_at_once(run)
    np.testing.assert_array_equal(again.times()[1], run.history.evaluations.step)


@pytest.mark.parametrize("replicas", [1, 3])
def test_the_newest_evaluation_is_always_at_the_end_of_the_curve(replicas):
    run = make_run({"replicas": replicas}, steps=0)
    run.history.evaluations.capacity = 20
    curves = EvaluationCurves(LOSSES, replicas)
    for _ in range(100):
        extend(run, 10)
        if not curves.take(run):
            curves = folded_at_once(run, replicas)
        last = run.history.step
        assert (curves.times()[0][-1], curves.times()[1][-1], curves.last_epoch) == (last / 10, last, last / 10)
        assert curves.quartile("train_loss", MEDIAN)[0][-1] == pytest.approx(1 / (1 + last))
        np.testing.assert_array_equal(curves.times()[1], folded_at_once(run, replicas).times()[1])
    assert run.history.evaluations.stride > 1


def test_the_theme_is_taken(panel):
    panel.start(make_run(steps=50))
    panel.restyle(LIGHT)
    assert has_color(panel.axes, LIGHT.train)
    assert has_color(panel.axes, LIGHT.surface, least=10_000, within=2)


def test_a_narrow_panel_hides_pills_rather_than_growing(panel):
    panel.start(make_run(steps=50))
    panel.resize(300, 200)
    assert panel.width() == 300
    assert not panel.batch_pill.isVisible()
    assert panel.train_pill.isVisible()
    panel.resize(700, 200)
    assert panel.batch_pill.isVisible()
