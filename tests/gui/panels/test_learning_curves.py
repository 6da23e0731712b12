from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from gui.panels.evaluation_curves import MEDIAN, EvaluationCurves
from gui.panels.learning_curves import LearningCurves
from gui.panels.smoothing import STRENGTHS, smoothed
from gui.panels.span_table import SPANS
from gui.selection import Selection
from gui.theme import DARK, LIGHT
from training.progress import Edit, Outcome

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


def test_before_training_the_plot_says_how_to_begin(panel):
    run = make_run(steps=0)
    panel.start(run)
    assert panel.axes.empty == "Press Space to train"
    extend(run, 30)
    panel.refresh(run)
    assert panel.axes.empty == ""


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
    assert panel.val_pill.isVisible()
    assert panel.val_pill.text() == "val"
    panel.resize(900, 200)
    assert panel.batch_pill.isVisible()
    assert panel.full_pill.isVisible()
    assert panel.val_pill.text() == "validation"


# -- smoothing


def noisy(run, epochs, seed=0):
    """Add evaluations whose losses jump about a falling curve."""
    random = np.random.default_rng(seed)
    for _ in range(epochs):
        loss = np.full(run.history.replicas, 3.0) * 10.0 ** random.uniform(-0.4, 0.4)
        extend(run, 10, train_loss=loss, val_loss=2 * loss)


def test_smoothing_draws_a_mean_over_what_was_measured(panel):
    run = make_run(steps=0)
    noisy(run, 400)
    panel.start(run)
    panel.smooth_pill.choose(STRENGTHS[3])
    losses = run.history.evaluations.train_loss[:, 0]
    np.testing.assert_allclose(panel.measured["train"].y, np.log10(losses))
    np.testing.assert_allclose(panel.lines["train"].y, np.log10(smoothed(losses, 16)))
    assert np.ptp(panel.lines["train"].y) < 0.5 * np.ptp(panel.measured["train"].y)
    assert panel.measured["train"].visible
    assert panel.axes.note == "smoothed over ±32 evaluations"
    panel.log_x_pill.click()
    assert panel.axes.note == "smoothed over ±10% of the curve"
    panel.log_x_pill.click()
    panel.smooth_pill.choose(STRENGTHS[0])
    np.testing.assert_allclose(panel.lines["train"].y, np.log10(losses))
    assert not panel.measured["train"].visible
    assert panel.axes.note == ""


def test_no_extreme_is_lost_when_a_long_run_is_smoothed(panel):
    run = make_run(steps=0)
    noisy(run, 2_000)
    panel.start(run)
    panel.smooth_pill.choose(STRENGTHS[2])
    losses = np.log10(run.history.evaluations.train_loss[:, 0])
    drawn = panel.measured["train"].y
    assert len(drawn) < 1_100
    assert (drawn.min(), drawn.max()) == pytest.approx((losses.min(), losses.max()))
    assert "±64 evaluations" not in panel.axes.note
    assert "smoothed over ±" in panel.axes.note


def test_smoothing_is_chosen_from_a_menu(panel, qtbot):
    run = make_run(steps=0)
    noisy(run, 100)
    panel.resize(900, 240)
    panel.start(run)
    menu = panel.smooth_pill.menu
    assert [action.text().split(":")[0] for action in menu.actions()] == ["Off", "Light", "Medium", "Strong"]
    click(qtbot, panel.smooth_pill)
    assert menu.isVisible()
    assert not panel.smooth_pill.isChecked()
    qtbot.keyClick(menu, Qt.Key.Key_Up)
    qtbot.keyClick(menu, Qt.Key.Key_Return)
    assert panel.smooth_pill.strength.name == "strong"
    assert panel.smooth_pill.isChecked()
    assert panel.measured["train"].visible
    panel.smooth_pill.click()  # as from the options of the panel, where it is shown as on
    assert panel.smooth_pill.isChecked()
    menu.actions()[0].trigger()
    menu.close()
    assert not panel.smooth_pill.isChecked()
    assert "yᵢ₋ₖ" in panel.smooth_pill.toolTip()


# -- the axes


def test_the_first_epochs_are_seen_one_by_one_on_a_logarithmic_axis(panel):
    run = make_run(steps=0)
    extend(run, 50_000)
    panel.start(run)
    panel.log_x_pill.click()
    epochs = np.unique(10.0 ** panel.lines["train"].x[np.isfinite(panel.lines["train"].x)])
    np.testing.assert_allclose(epochs[:60], np.arange(1, 61))
    assert len(panel.lines["train"].x) < 1_400
    left, right, _, _ = panel.axes.view()
    assert (left, right) == pytest.approx((0.0, np.log10(5_000)))
    panel.log_x_pill.click()
    assert panel.axes.view()[:2] == (0.0, 5_000.0)


def test_a_spike_lies_beyond_the_axis_until_all_is_asked_for(panel):
    run = make_run(steps=0)
    extend(run, 9, train_loss=np.array([1e30]))
    noisy(run, 50)
    panel.start(run)
    assert panel.axes.view()[3] < 3
    assert panel.axes.note == "up to 1.0e30 beyond the axis"
    panel.full_pill.click()
    assert panel.axes.view()[3] >= 30
    assert panel.axes.note == ""
    panel.full_pill.click()
    panel.log_pill.click()
    assert panel.axes.view()[3] < 100


# -- patience


def waiting(panel, waited, outcome=None):
    run = make_run({"stopping.early.patience": 8}, steps=100, playing=True)
    late = {"best_step": np.array([60.0]), "waited": np.array([float(waited)]), "val_loss": np.array([1.0])}
    run.history.evaluations.append(evaluation(run, 110, **late))
    run.outcomes = (outcome,)
    panel.start(run)
    return run


def test_patience_is_shaded_from_the_best_to_where_it_runs_out(panel):
    waiting(panel, 5)
    best, now, _ = panel.axes.shade
    assert (best, now) == (6.0, 10.0)
    assert panel.patience.x.tolist() == [10.0, 14.0]
    assert panel.patience.visible
    x = panel.axes.to_pixels(np.array([8.0]), np.zeros(1))[0][0]
    assert panel.axes.tip_at(x) == (
        "5 of 8 evaluations without improvement\nPatience ends at epoch 14 unless there is one"
    )
    assert panel.axes.tip_at(panel.axes.to_pixels(np.array([3.0]), np.zeros(1))[0][0]) == ""


def test_of_a_run_that_has_ended_only_what_was_waited_is_shaded(panel):
    waiting(panel, 5, Outcome("completed", 100, 10.0, "Completed all 10 epochs."))
    assert panel.axes.shade is not None
    assert not panel.patience.visible


# -- the run before


def test_the_run_before_is_drawn_gray_over_its_own_epochs(panel):
    run, before = make_run(steps=100), make_run(steps=0)
    noisy(before, 30)
    run.ghost = before
    panel.start(run)
    np.testing.assert_allclose(panel.ghosts["train"].x, before.history.evaluations.epoch)
    np.testing.assert_allclose(panel.ghosts["val"].y, np.log10(before.history.evaluations.val_loss[:, 0]))
    for index, part in enumerate(("train", "val")):
        assert panel.ghosts[part].pen.color().name() == DARK.faint
        assert panel.ghosts[part].pen.dashPattern() == panel.lines[part].pen.dashPattern()
        assert has_color(panel.axes, DARK.series[index])
    assert has_color(panel.axes, DARK.faint)
    assert panel.axes.note == "gray: the run before"
    panel.score_pill.click()
    np.testing.assert_allclose(panel.ghosts["train"].y, 0.9)
    panel.val_pill.click()
    assert not panel.ghosts["val"].visible
    panel.log_x_pill.click()
    np.testing.assert_allclose(panel.ghosts["train"].x[1:], np.log10(before.history.evaluations.epoch[1:]))
    run.ghost = None
    panel.refresh(run)
    assert not panel.ghosts["train"].visible


@pytest.mark.parametrize(("steps", "end"), [(0, 90.0), (100, 20.0), (800, 90.0)])
def test_a_longer_run_before_leaves_the_present_one_half_of_the_axis(panel, steps, end):
    run = make_run(steps=steps)
    run.ghost = make_run(steps=900)
    panel.start(run)
    assert panel.axes.view()[1] == pytest.approx(end)
    panel.full_pill.click()
    assert panel.axes.view()[1] == pytest.approx(90.0)


def test_a_run_before_that_exploded_does_not_flatten_the_present_one(panel):
    run, before = make_run(steps=0), make_run(steps=0)
    noisy(run, 60)
    for exponent in range(60):
        extend(before, 10, train_loss=np.array([10.0**exponent]))
    run.ghost = before
    panel.start(run)
    _, _, bottom, top = panel.axes.view()
    assert top - bottom < 5


# -- the moment pointed at


def test_a_moment_reads_what_was_recorded_there(panel):
    run, before = make_run(steps=0), make_run(steps=0)
    noisy(run, 40)
    noisy(before, 20, seed=1)
    run.ghost = before
    panel.share(Selection(panel))
    panel.start(run)
    panel.batch_pill.click()
    panel.selection.point_at(123.0)
    train, val = (run.history.evaluations.column(f"{part}_loss")[12, 0] for part in ("train", "val"))
    old_train, old_val = (before.history.evaluations.column(f"{part}_loss")[12, 0] for part in ("train", "val"))
    batch = run.history.series("batch_loss", first=120, last=120).low[0]
    assert run.history.evaluations.step[12] == 120
    assert panel.axes.crosshair.x == 12.0
    assert [text for _, text in panel.axes.crosshair.readout] == [
        "step 120 · epoch 12", f"train {train:.4g}", f"validation {val:.4g}", f"batch {batch:.4g}",
        f"before: train {old_train:.4g}", f"before: validation {old_val:.4g}",
    ]
    panel.selection.point_at(None)
    assert panel.axes.crosshair.x is None


@pytest.mark.parametrize("log_x", [False, True])
def test_the_pointer_points_at_the_moment_under_it(panel, qtbot, log_x):
    run = make_run(steps=400)
    panel.share(Selection(panel))
    panel.start(run)
    if log_x:
        panel.log_x_pill.click()
    box = panel.axes.plot_rect()
    qtbot.mouseMove(panel.axes, box.topLeft().toPoint())
    qtbot.mouseMove(panel.axes, QPoint(round(box.left() + 0.5 * box.width()), round(box.center().y())))
    epoch = 10 ** (0.5 * np.log10(40)) if log_x else 20.0
    assert panel.selection.moment == pytest.approx(10 * epoch, rel=0.03)
    assert panel.axes.crosshair.x == pytest.approx(np.log10(epoch) if log_x else epoch, rel=0.05)


def test_beyond_the_present_run_only_the_run_before_is_read(panel):
    run = make_run(steps=100)
    run.ghost = make_run(steps=300)
    panel.share(Selection(panel))
    panel.start(run)
    panel.axes.pointed.emit(20.0)
    assert panel.selection.moment > run.history.step
    assert all("before" in text for _, text in panel.axes.crosshair.readout[1:])
    assert len(panel.axes.crosshair.readout) == 3
    run.ghost = None
    panel.refresh(run)
    assert panel.axes.crosshair.x is None


def test_of_replicas_the_median_is_read_and_one_that_has_ended_keeps_its_last_loss(panel):
    run = make_run({"replicas": 3}, steps=0)
    extend(run, 20, train_loss=np.array([1.0, 2.0, 3.0]))
    ended = {"train_loss": np.array([np.nan, np.nan, 9.0]), "lr": np.array([np.nan, np.nan, 1.0])}
    extend(run, 20, **ended)
    panel.share(Selection(panel))
    panel.start(run)
    panel.selection.point_at(40)
    assert panel.axes.crosshair.readout[1][1] == "train 2"


# -- figures


def test_the_table_has_every_evaluation_that_is_kept(panel):
    run = make_run(steps=0)
    noisy(run, 1_500)
    panel.start(run)
    table = panel.table()
    assert list(table.columns) == ["step", "epoch", "train_loss", "val_loss", "train_score", "val_score", "lr"]
    evaluations = run.history.evaluations
    for index, name in enumerate(table.columns):
        np.testing.assert_array_equal([row[index] for row in table.rows], evaluations.column(name)[:, 0])
    panel.clear()
    assert panel.table() is None


def test_the_table_of_replicas_has_quartiles_and_each_replica(panel):
    run = make_run({"replicas": 5}, steps=0)
    losses = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    extend(run, 30, train_loss=losses)
    panel.start(run)
    first = dict(zip(panel.table().columns, panel.table().rows[0], strict=True))
    assert [first[f"train_loss {which}"] for which in ("lower quartile", "median", "upper quartile")] == [2, 4, 8]
    assert [first[f"train_loss replica {index}"] for index in range(1, 6)] == losses.tolist()
