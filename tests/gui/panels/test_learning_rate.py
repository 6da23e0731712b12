"""The rate drawn against what the history recorded, what the engine goes on to do, and torch's own schedules."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import torch
from PySide6.QtCore import Qt

from gui.panels import moments
from gui.panels.learning_rate import LearningRate
from gui.panels.rate_ahead import SPANS, ahead_of, decades_between
from gui.run_view import RunView
from gui.selection import Selection
from gui.theme import DARK, LIGHT
from training.engine import Engine
from training.experiment import Experiment
from training.history import History
from training.progress import Outcome
from training.validation import replace

from .pictures import colors_in, has_color
from .runs import extend, extend_with, make_run, records

SMALL = {
    "data.samples": 80, "network.hidden": (4,), "batch_size": 16, "epochs": 20, "stopping.early.enabled": False,
    "optimizer.lr": 0.02,
}


@pytest.fixture
def panel(show):
    return show(LearningRate)


class Lab:
    """An engine and the view of its run, stepped by hand."""

    def __init__(self, **changes):
        self.engine = Engine(replace(Experiment(), {**SMALL, **{k.replace("__", "."): v for k, v in changes.items()}}))
        engine = self.engine
        self.run = RunView(
            engine.experiment, engine.data, History(engine.replicas, engine.architecture.layers), engine.layer_names,
            outcomes=(None,) * engine.replicas,
        )
        if engine.replicas > 1:
            self.run.experiment = self.run.original = engine.experiment.model_copy(update={"replicas": engine.replicas})

    def train(self, steps=10**6):
        end = self.engine.step + steps
        while self.engine.step < end and not self.engine.finished:
            progress = self.engine.advance(min(16, end - self.engine.step))
            self.run.history.extend(progress)
            self.run.outcomes = progress.outcomes
        return self.run

    def edit(self, **changes):
        changes = {key.replace("__", "."): value for key, value in changes.items()}
        self.run.edits += self.engine.edit(changes)
        self.run.experiment = replace(self.run.experiment, changes)


def rates_to_come(panel):
    """Return step and rate of the dashed line."""
    steps = moments.steps_at(panel._run, panel.ahead.x)
    return np.round(steps).astype(int), panel.ahead.y


def test_the_rate_used_is_the_one_recorded(panel):
    run = Lab(schedule__kind="cosine").train(40)
    panel.start(run)
    recorded = run.history.series("lr")
    np.testing.assert_allclose(panel.used.y, recorded.low)
    np.testing.assert_allclose(panel.used.x, run.epochs_at(recorded.steps.astype(float)))
    assert panel.used.pen.color().name() == DARK.accent
    assert not panel.used.pen.dashPattern()
    assert panel.ahead.pen.dashPattern()
    assert has_color(panel.axes, DARK.accent)
    assert panel.figure_label.text().startswith("η = ")


@pytest.mark.parametrize(
    ("changes", "edits"),
    [
        ({"schedule__kind": "cosine", "schedule__warmup": 3.0}, {}),
        ({"schedule__kind": "step", "schedule__every": 4.0}, {"optimizer__lr": 0.5}),
        ({"schedule__kind": "one_cycle"}, {"epochs": 35}),
        ({"schedule__kind": "polynomial"}, {"batch_size": 9}),
        ({"schedule__kind": "cosine_restarts", "schedule__period": 6.0}, {"epochs": 12, "optimizer__lr": 0.1}),
        ({"schedule__kind": "exponential", "optimizer__reference_batch": 8}, {"batch_size": 30}),
        ({"schedule__kind": "cyclical", "network__normalization": "batch", "data__samples": 70}, {"steps": 61}),
    ],
)
def test_what_is_foreseen_is_what_the_engine_then_does(panel, changes, edits):
    lab = Lab(**changes)
    lab.train(33)
    if edits:
        lab.edit(**edits)
    panel.start(lab.run)
    steps, rates = rates_to_come(panel)
    lab.train()
    recorded = lab.run.history.series("lr")
    assert recorded.stride == 1
    assert (steps[0], steps[-1]) == (34, lab.run.history.n_steps)
    np.testing.assert_allclose(rates, recorded.low[33:], rtol=1e-12, atol=1e-300)
    panel.refresh(lab.run)
    assert not panel.ahead.visible  # the run has ended


def test_it_agrees_with_torch(panel):
    lab = Lab(schedule__kind="one_cycle", schedule__rise=0.4)
    panel.start(lab.run)
    steps, rates = rates_to_come(panel)
    total = len(steps)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.02)
    theirs = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.02, total_steps=total, pct_start=0.4)
    expected = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(total):
            expected.append(theirs.get_last_lr()[0])
            optimizer.step()
            if len(expected) < total:
                theirs.step()
    np.testing.assert_allclose(rates, expected, rtol=1e-9)


def test_the_axis_reaches_the_last_epoch_and_now_is_marked(panel, qtbot):
    run = Lab().train(20)
    panel.start(run)
    assert panel.axes.view()[:2] == pytest.approx((0.0, 20.0))
    (mark,) = panel.axes.marks
    assert mark.x == run.history.epoch
    assert mark.label == "now"
    qtbot.mouseClick(panel.ahead_pill, Qt.MouseButton.LeftButton)
    assert panel.axes.view()[1] == pytest.approx(run.history.epoch)
    assert not panel.axes.marks


def test_edits_are_marked_with_what_changed(panel):
    lab = Lab()
    lab.train(12)
    lab.edit(optimizer__lr=0.5, batch_size=8)
    lab.train(10)
    panel.start(lab.run)
    mark = next(mark for mark in panel.axes.marks if mark.tick)
    assert mark.x == pytest.approx(float(lab.run.epochs_at(np.array([12.0]))[0]))
    assert mark.tip == "After step 12: optimizer.lr = 0.5, batch_size = 8"


def test_plateaus_are_said_not_to_be_foreseen_but_the_rate_they_left_is(panel):
    lab = Lab(schedule__kind="plateau", schedule__patience=0, schedule__factor=0.5, schedule__threshold=0.5, epochs=400)
    run = lab.train(60)
    now = run.history.last("lr")
    assert now < 0.02
    panel.resize(700, 240)
    panel.start(run)
    assert "cannot be foreseen" in panel.axes.note
    assert "× 0.5" in panel.axes.note
    np.testing.assert_allclose(panel.ahead.y, now)
    lab.edit(optimizer__lr=0.2)
    panel.refresh(run)
    np.testing.assert_allclose(panel.ahead.y, 10 * now)
    panel.resize(300, 200)
    panel.refresh(run)
    assert panel.axes.note == "plateaus: not foreseen"


def test_replicas_whose_rates_differ_are_a_median_with_quartiles(panel):
    run = make_run({"replicas": 5}, steps=0)
    extend(run, 30)
    panel.start(run)
    assert not panel.band.visible
    rates = 0.1 * 2.0 ** -np.arange(5)
    extend(run, 30, lr=rates)
    made = records(run, 10)
    made[:, :, 1] = rates
    extend_with(run, made)
    panel.refresh(run)
    assert panel.band.visible
    assert (panel.band.low[-1], panel.used.y[-1], panel.band.high[-1]) == pytest.approx((0.0125, 0.025, 0.05))
    assert np.isnan(panel.runs.y).sum() == 5
    assert "median of 5 replicas" in panel.axes.note
    assert panel.figure_label.text() == "median η = 0.025"
    assert "lr replica 5" in panel.table().columns


def test_the_run_before_is_drawn_over_its_own_epochs(panel):
    before = Lab(schedule__kind="step", schedule__every=2.0).train(30)
    run = Lab().train(10)
    run.ghost = before
    panel.start(run)
    recorded = before.history.series("lr")
    np.testing.assert_allclose(panel.ghost.x[::2], before.epochs_at(recorded.steps.astype(float)))
    np.testing.assert_allclose(panel.ghost.y[::2], recorded.low)
    assert has_color(panel.axes, DARK.faint)
    assert panel.axes.note == "gray: the run before"
    panel.log_x_pill.click()
    assert panel.ghost.x[-1] == pytest.approx(math.log10(before.history.epoch))


def test_a_moment_reads_the_rate_used_then_or_still_to_come(panel):
    lab = Lab(schedule__kind="cosine")
    run = lab.train(40)
    run.ghost = Lab(optimizer__lr=0.3).train(60)
    panel.share(Selection(panel))
    panel.start(run)
    panel.selection.point_at(17.2)
    rate = run.history.series("lr", first=17, last=17).low[0]
    epoch = float(run.epochs_at(np.array([17.0]))[0])
    assert panel.axes.crosshair.x == pytest.approx(epoch)
    assert [text for _, text in panel.axes.crosshair.readout] == [
        f"step 17 · epoch {epoch:.1f}", f"η {rate:.4g}", "before: η 0.3",
    ]
    panel.axes.pointed.emit(19.0)
    step = round(panel.selection.moment)
    assert step > run.history.n_steps
    lab.train()
    coming = run.history.series("lr", first=step, last=step).low[0]
    assert panel.axes.crosshair.readout[1][1] == f"to come: {coming:.4g}".replace("e-0", "e-")
    panel.axes.left.emit()
    assert panel.axes.crosshair.x is None


def test_the_table_is_the_history(panel):
    run = Lab(schedule__kind="cosine").train(40)
    panel.start(run)
    table = panel.table()
    assert list(table.columns) == ["step", "epoch", "lr"]
    np.testing.assert_array_equal([row[2] for row in table.rows], run.history.series("lr").low)
    assert [row[0] for row in table.rows] == list(range(1, 41))
    long = make_run(steps=0)
    while long.history.exact:
        extend_with(long, records(long, 20_000))
    panel.start(long)
    table, curve = panel.table(), long.history.series("lr")
    assert list(table.columns) == ["first step", "last step", "epoch", "lr smallest", "lr largest"]
    np.testing.assert_array_equal([row[3] for row in table.rows], curve.low)
    np.testing.assert_array_equal([row[4] for row in table.rows], curve.high)
    assert table.rows[-1][1] == long.history.n_steps


def test_logarithmic_axes_and_rates_of_zero(panel):
    panel.start(Lab(schedule__kind="polynomial").train())
    for pill in (panel.log_pill, panel.log_x_pill, panel.log_pill):
        pill.click()
        assert colors_in(panel.axes) > 10
        assert np.isfinite(panel.axes.view()).all()
    panel.restyle(LIGHT)
    assert has_color(panel.axes, LIGHT.accent)
    panel.start(Lab(optimizer__lr=0.0).train(5))
    assert colors_in(panel.axes) > 10
    panel.clear()
    assert panel.table() is None


def test_a_zoomed_part_is_fetched_step_by_step(panel):
    run = make_run({"epochs": 10**5, "schedule.kind": "cyclical", "schedule.unit": "step"}, steps=20_000)
    panel.start(run)
    assert len(panel.used.x) <= 2 * 400
    panel.axes.zoom_to((100.0, 105.0), (0.0, 2.0))
    np.testing.assert_allclose(panel.used.x, np.arange(1000, 1051) / 10)


def test_nothing_is_foreseen_twice(panel, monkeypatch):
    run = Lab(schedule__kind="cosine", epochs=2_000).train(20)
    run.playing = True
    panel.start(run)
    calls = []
    monkeypatch.setattr("gui.panels.learning_rate.ahead_of", lambda *arguments: calls.append(1) or ahead_of(*arguments))
    lab_steps = run.history.n_steps
    panel.refresh(run)
    panel.refresh(run)
    assert not calls
    run.experiment = replace(run.experiment, {"epochs": 3_000})
    panel.refresh(run)
    assert len(calls) == 1
    assert run.history.n_steps == lab_steps


def test_a_wave_is_seen_however_many_there_are():
    ahead = ahead_of(lambda step: 0.1 + 0.9 * (step % 20) / 19, [(1, 10**6)])
    assert len(ahead.steps) == SPANS
    assert not ahead.exact
    assert ahead.low.max() < 0.35
    assert ahead.high.min() > 0.75
    assert (ahead.steps[0], ahead.low.min(), ahead.high.max()) == (1, pytest.approx(0.1), pytest.approx(1.0))


def test_decades_cover_every_step_once():
    for first, last in ((1, 1), (1, 9), (7, 10), (10, 123_456), (99, 100)):
        steps = [step for start, end in decades_between(first, last) for step in range(start, end + 1)]
        assert steps == list(range(first, last + 1))


def test_a_run_that_ended_early_has_nothing_to_come(panel):
    run = Lab().train(20)
    run.outcomes = (Outcome("early_stopped", 20, 5.0, "Stopped early."),)
    panel.start(run)
    assert not panel.ahead.visible
    assert panel.axes.view()[1] == pytest.approx(run.history.epoch)
