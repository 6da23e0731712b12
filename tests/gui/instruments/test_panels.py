"""The panels of instruments: what they draw is what was read, and what they say of it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from gui.evidence import ShownEvidence
from gui.instruments.figures import Curvature, GradientCosine, NoiseScale
from gui.instruments.histograms import Histograms, spread
from gui.instruments.inspector import LayerInspector
from gui.instruments.panels import NAMES, PANEL_OF, PANELS
from gui.instruments.rates_panel import Rates
from gui.instruments.readings_panel import WAITS
from gui.instruments.ridges import spread_of
from gui.instruments.stability_panel import Stability
from gui.instruments.step_line import StepLoss
from gui.instruments.stopping_panel import StoppingBench
from gui.instruments.units import Units
from gui.panels.learning_curves import LearningCurves
from gui.panels.update_ratio import UpdateRatio
from gui.theme import DARK, LIGHT
from tests.gui.instruments.made_up import say
from tests.gui.panels.runs import evaluation, make_run
from training.diagnosis.finding import Evidence
from training.instruments.catalog import INSTRUMENTS
from training.instruments.histograms import BINS, LayerHistograms, histograms
from training.instruments.instrument import Outlook
from training.instruments.rates import estimate
from training.instruments.step_line import ALPHAS
from training.instruments.stopping_bench import judge
from training.progress import Progress


def shown(qtbot: Any, panel: Any, run: Any) -> Any:
    qtbot.addWidget(panel)
    panel.resize(900, 320)
    panel.show()
    qtbot.waitExposed(panel)
    panel.begin(run)
    assert not panel.resting
    return panel


def test_every_instrument_that_is_measured_has_a_panel() -> None:
    assert {name for name, row in INSTRUMENTS.items() if not row.recorded} <= set(PANEL_OF)


@pytest.mark.parametrize("make", PANELS, ids=NAMES)
def test_a_panel_lives_before_the_first_reading_and_in_both_themes(qtbot: Any, make: Any) -> None:
    panel = shown(qtbot, make(), make_run(steps=0))
    panel.restyle(LIGHT)
    panel.follow(make_run(steps=20))
    panel.restyle(DARK)
    panel.clear()
    assert not panel.resting
    assert not panel.grab().isNull()


@pytest.mark.parametrize(
    ("outlook", "says"),
    [
        (None, WAITS),
        (Outlook(0.02, 1.0), WAITS),
        (Outlook(0.02, 12.3), "First reading in about 12 s: it takes 20 ms of the budget"),
        (Outlook(2.4, math.inf, too_slow=True), "Not read: of such a network a reading takes 2 s"),
        (Outlook(0.1, math.inf, "ValueError: no"), "Not read any more: it failed with ValueError: no"),
    ],
)
def test_a_panel_says_why_nothing_was_read_yet(qtbot: Any, outlook: Outlook | None, says: str) -> None:
    run = make_run()
    if outlook is not None:
        run.instruments.outlooks = {"stability": outlook}
    panel = shown(qtbot, Stability(), run)
    assert panel.axes.empty == says
    panel.resize(900, 150)  # no room for the plot
    panel.follow(run)
    assert panel.axes.isHidden()
    assert panel.verdict.text() == says
    assert panel.minimumSizeHint().height() <= 150


class TestUnits:
    def test_lines_are_the_shares_read(self, qtbot: Any) -> None:
        run = make_run({"network.hidden": (4, 4), "network.activation": "relu"})
        say(run, "dead_units", {10: [0.0, 0.25], 20: [0.5, 0.75]})
        panel = shown(qtbot, Units(), run)
        assert panel.instrument == "dead_units"
        assert [line.name for line in panel.lines] == ["layer 1", "layer 2"]
        np.testing.assert_array_equal(panel.lines[1].x, [10, 20])
        np.testing.assert_array_equal(panel.lines[1].y, [0.25, 0.75])
        assert panel.figure_label.text() == "layer 2: 75%" or panel.figure_label.text() == "75%"
        assert panel.table().rows == [[10, 1.0, 0.0, 0.25], [20, 2.0, 0.5, 0.75]]

    def test_a_pill_chooses_the_quantity(self, qtbot: Any) -> None:
        run = make_run({"network.hidden": (4,), "network.activation": "relu"})
        say(run, "dead_units", {10: [0.25]})
        say(run, "unit_similarity", {10: [1.0]})
        panel = shown(qtbot, Units(), run)
        panel.pills["unit_similarity"].click()
        np.testing.assert_array_equal(panel.lines[0].y, [1.0])
        assert panel.needed == ("unit_similarity",)

    def test_what_a_network_cannot_have_is_not_offered(self, qtbot: Any) -> None:
        panel = shown(qtbot, Units(), make_run({"network.hidden": (4,), "network.activation": "tanh"}))
        assert not panel.pills["dead_units"].isEnabled()
        assert panel.instrument == "saturation"

    def test_the_value_read_out_is_the_last_before_the_moment(self, qtbot: Any) -> None:
        run = make_run({"network.hidden": (4,), "network.activation": "relu"})
        say(run, "dead_units", {10: [0.25], 20: [0.5]})
        panel = shown(qtbot, Units(), run)
        panel.selection.moment = 15.0
        panel.show_moment()
        assert panel.axes.crosshair.readout[1][1] == "layer 1  25.0%"


@pytest.mark.parametrize(
    ("make", "name", "values", "line", "drawn"),
    [
        (GradientCosine, "gradient_cosine", [0.5], "cosine", 0.5),
        (NoiseScale, "noise_scale", [100.0, 3.0, 0.03], "noise_scale", 2.0),
        (Curvature, "hessian_eigenvalue", [40.0, -2.0, 1e-4], "largest", 40.0),
        (Curvature, "hessian_eigenvalue", [40.0, -2.0, 1e-4], "smallest", -2.0),
    ],
)
def test_figures_are_drawn_as_read(
    qtbot: Any, make: Any, name: str, values: list[float], line: str, drawn: float
) -> None:
    run = make_run()
    say(run, name, {10: values, 30: values})
    panel = shown(qtbot, make(), run)
    np.testing.assert_allclose(panel.lines[line].y, [drawn, drawn])


def evidence_of(curve: str, limit: float) -> ShownEvidence:
    return ShownEvidence("Found", "warning", (Evidence(curve, "it is", 1, 10, value=0.7, limit=limit),))


class TestLimits:
    def test_what_evidence_is_held_against_is_a_line(self, qtbot: Any) -> None:
        run = make_run({"network.hidden": (4,), "network.activation": "relu"})
        say(run, "dead_units", {10: [0.25]})
        panel = shown(qtbot, Units(), run)
        assert not panel.axes.guides
        panel.selection.evidence = evidence_of("dead_units", 0.5)
        panel.show_evidence()
        assert [(guide.y, guide.label) for guide in panel.axes.guides] == [(0.5, "▲ limit 0.5")]
        assert panel.axes.limits[1][1] >= 0.5
        panel.selection.evidence = None
        panel.show_evidence()
        assert not panel.axes.guides

    def test_a_line_that_is_there_is_not_drawn_twice(self, qtbot: Any) -> None:
        run = make_run()
        say(run, "noise_scale", {10: [100.0, 3.0, 0.03]})
        panel = shown(qtbot, NoiseScale(), run)
        size = round(10 ** panel.axes.guides[0].y)
        panel.selection.evidence = evidence_of("noise_scale", float(size))
        panel.show_evidence()
        assert len(panel.axes.guides) == 1
        panel.selection.evidence = evidence_of("noise_scale", 10.0 * size)
        panel.show_evidence()
        assert panel.axes.guides[1].y == pytest.approx(np.log10(10.0 * size))

    @pytest.mark.parametrize(("log", "height"), [(True, np.log10(0.4)), (False, 0.4)])
    def test_on_the_learning_curves(self, qtbot: Any, log: bool, height: float) -> None:
        panel = shown(qtbot, LearningCurves(), falling_run())
        panel.log_pill.setChecked(log)
        panel.selection.evidence = evidence_of("val_loss", 0.4)
        panel.show_evidence()
        assert [guide.y for guide in panel.axes.guides] == [pytest.approx(height)]
        panel.selection.evidence = evidence_of("train_loss", 0.4)  # a share of the loss of chance: not in its units
        panel.show_evidence()
        assert not panel.axes.guides

    def test_on_the_update_ratio_beside_the_usual_one(self, qtbot: Any) -> None:
        panel = shown(qtbot, UpdateRatio(), make_run())
        panel.selection.evidence = evidence_of("update_ratio", 0.1)
        panel.show_evidence()
        assert [guide.y for guide in panel.axes.guides] == [-3.0, pytest.approx(-1.0)]


class TestHistograms:
    def test_bins_are_spread_over_the_rows_without_loss(self) -> None:
        rng = np.random.default_rng(0)
        values = rng.normal(size=500)
        reading = histograms([values])
        edges = np.linspace(reading[0], reading[1], BINS + 1)
        wanted = np.linspace(-5.0, 5.0, 41)
        found = spread(edges[None], reading[None, 2:], wanted)
        assert found.sum() == pytest.approx(1.0)
        inside = ((values >= wanted[20]) & (values < wanted[24])).mean()
        assert found[0, 20:24].sum() == pytest.approx(inside, abs=0.05)

    def test_it_follows_the_layer_selected(self, qtbot: Any) -> None:
        run = make_run({"network.hidden": (4,)})
        say(run, "weight_histogram", {10: histograms([np.array([-1.0, 1.0]), np.array([-8.0, 8.0])])})
        panel = shown(qtbot, Histograms(), run)
        assert "-1.0 to 1.0" in panel.figure_label.text()
        panel.layer_pill.menu.actions()[1].trigger()
        panel.show_layer()
        assert panel.selection.layer == 1
        assert panel.layer_pill.text() == "output ▾"
        assert panel.axes.limits[1][1] >= 8.0


class TestRidges:
    def test_all_layers_at_the_moment_shown(self, qtbot: Any) -> None:
        run = make_run({"network.hidden": (4,)})
        rng = np.random.default_rng(0)
        narrow, wide = rng.normal(size=4_000), 3.0 * rng.normal(size=4_000)
        say(run, "weight_histogram", {10: histograms([narrow, wide])})
        panel = shown(qtbot, Histograms(), run)
        panel.now_pill.click()
        assert panel.ridges.isVisible()
        assert panel.axes.isHidden()
        assert panel.layer_pill.isHidden()
        assert panel.figure_label.text() == "after step 10"
        first, output = panel.ridges._bands
        assert (first.low.max(), output.low.max()) == (0.0, 1.0)
        assert 0.8 < first.high.max() < 1.0 < output.high.max() < 2.0
        low, high = panel.ridges.limits[0]
        assert low < -6.0
        assert high > 6.0
        assert len(panel.ridges.end_labels) == 2
        panel.ridges.clicked.emit(0.0, 1.3)
        assert panel.selection.layer == 1
        panel.now_pill.click()
        assert panel.ridges.isHidden()
        assert panel.axes.isVisible()

    def test_the_spread_is_that_of_the_values(self) -> None:
        values = np.random.default_rng(0).normal(2.0, 0.7, size=4_000)
        found = LayerHistograms.of(histograms([values, np.full(9, 3.0)]))
        assert spread_of(found, 0) == pytest.approx(values.std(), rel=0.03)
        assert spread_of(found, 1) == 0.0

    def test_a_layer_that_is_not_finite_has_none(self, qtbot: Any) -> None:
        run = make_run({"network.hidden": (4,)})
        say(run, "weight_histogram", {10: histograms([np.array([np.nan, np.inf]), np.array([-1.0, 1.0])])})
        panel = shown(qtbot, Histograms(), run)
        panel.now_pill.click()
        assert not panel.resting
        assert not len(panel.ridges._bands[0].x)


class TestStability:
    @pytest.mark.parametrize(
        ("values", "says"),
        [
            ([10.0, 1.0, 2.0, 0.5, 0.0, np.inf], "Stable: the rate is 50%"),
            ([20.0, 2.0, 2.0, 1.0, 1.0, np.inf], "At the edge"),
            ([30.0, 3.0, 2.0, 1.5, 2.0, 120.0], "overflow in about 120 steps"),
        ],
    )
    def test_the_gauge_and_the_verdict(self, qtbot: Any, values: list[float], says: str) -> None:
        run = make_run({"optimizer.method": "sgd", "batch_size": "full"})
        say(run, "stability", {10: values})
        panel = shown(qtbot, Stability(), run)
        assert says in panel.verdict.text()
        assert panel.gauge.share == values[3]
        np.testing.assert_allclose(panel.line.y, [np.log10(values[3])])
        assert panel.axes.limits[1][0] < 0.0 < panel.axes.limits[1][1]
        assert panel.notes.isHidden()

    def test_adaptive_methods_come_with_a_note(self, qtbot: Any) -> None:
        run = make_run({"optimizer.method": "adam"})
        say(run, "stability", {10: [10.0, 1.0, 38.0, 1 / 38, 0.9, np.inf]})
        panel = shown(qtbot, Stability(), run)
        assert "divides every component" in panel.notes.text()
        assert "2(1+β₁)/(1−β₁)" in panel.gauge.limit


def test_the_loss_along_the_step_is_what_was_read(qtbot: Any) -> None:
    run = make_run()
    losses = (np.array(ALPHAS) - 0.25) ** 2
    say(run, "step_line", {10: np.array([0.25, 0.0, *losses])})
    panel = shown(qtbot, StepLoss(), run)
    np.testing.assert_allclose(panel.along.y, losses[: len(panel.along.y)])
    assert panel.best.y[0] == pytest.approx(np.log10(0.25))
    assert "up the other side" in panel.figure_label.text()


def rising(step: int) -> float:
    return 0.3 + (step / 100 - 2) ** 2


def falling_run() -> Any:
    run = make_run(steps=0)
    for step in range(0, 400, 10):
        each = np.ones(1)
        run.history.extend(Progress(
            first_step=step, records=np.ones((10, 1, 4 + 3 * len(run.layer_names))),
            evaluations=(evaluation(run, step, train_loss=each * 0.98**step, val_loss=each * rising(step)),),
            step=step + 10, epoch=(step + 10) / 10, outcomes=(None,), seconds=0.0,
        ))
    return run


class TestRates:
    def test_it_says_what_the_estimate_says(self, qtbot: Any) -> None:
        run = falling_run()
        panel = shown(qtbot, Rates(), run)
        steps = run.history.evaluations.column("step")[:, 0]
        wanted = estimate(steps, run.history.evaluations.column("train_loss")[:, 0])
        assert wanted.kind == "linear"
        qtbot.waitUntil(lambda: panel.sentence.text() == wanted.sentence)

    def test_a_target_that_is_typed_is_answered(self, qtbot: Any) -> None:
        panel = shown(qtbot, Rates(), falling_run())
        qtbot.waitUntil(lambda: panel.estimate is not None)
        qtbot.keyClicks(panel.target, "1e-5")
        steps = panel.estimate.steps_to(1e-5)
        assert f"{round(steps)} more steps" in panel.answer.text()
        panel.target.clear()
        qtbot.keyClicks(panel.target, "10")
        assert panel.answer.text() == "Reached already"
        panel.target.clear()
        qtbot.keyClicks(panel.target, "soon")
        assert panel.target.property("invalid")


    def test_an_error_on_the_way_lets_the_panel_rest(self, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        def fails(steps: Any, values: Any) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr("gui.instruments.rates_panel.estimate", fails)
        panel = shown(qtbot, Rates(), falling_run())
        with qtbot.waitSignal(panel.failed):
            pass
        assert panel.resting

    def test_in_little_room_it_says_less(self, qtbot: Any) -> None:
        panel = shown(qtbot, Rates(), falling_run())
        qtbot.waitUntil(lambda: panel.estimate is not None)
        panel.resize(300, 200)
        assert panel.sentence.text().startswith("linear · rate")
        assert panel.estimate.sentence in panel.sentence.toolTip()


class TestStoppingBench:
    def test_the_list_holds_the_rules_as_judged(self, qtbot: Any) -> None:
        run = falling_run()
        panel = shown(qtbot, StoppingBench(), run)
        rules = judge(run.history.evaluations)
        assert panel.list.rowCount() == len(rules)
        for row, rule in enumerate(rules):
            assert panel.list.item(row, 1).text() == (f"{rule.epoch:.4g}" if rule.stopped else "–")
        assert len(panel.axes.marks) == sum(rule.stopped for rule in rules)

    def test_the_rule_chosen_is_named_on_the_curve(self, qtbot: Any) -> None:
        panel = shown(qtbot, StoppingBench(), falling_run())
        row = next(row for row, rule in enumerate(panel.rules) if rule.stopped)
        panel.list.selectRow(row)
        assert [mark.label for mark in panel.axes.marks if mark.label] == [panel.list.item(row, 0).text()]


def test_the_inspector_shows_the_layer_selected(qtbot: Any) -> None:
    run = make_run({"network.hidden": (4,), "network.activation": "relu"})
    say(run, "weight_histogram", {10: histograms([np.array([-1.0, 1.0]), np.array([-8.0, 8.0])])})
    say(run, "dead_units", {10: [0.5]})
    panel = shown(qtbot, LayerInspector(), run)
    assert "dead 50%" in panel.words.text()
    assert panel.histograms["weight_histogram"][0].limits[0] == (-1.0, 1.0)
    panel.selection.layer = 1
    panel.show_layer()
    assert panel.figure_label.text() == "output" or panel.layer_pill.text() == "output ▾"
    assert panel.histograms["weight_histogram"][0].limits[0] == (-8.0, 8.0)
    rows = [row for row in panel.table().rows if row[0] == "weights"]
    assert sum(row[4] for row in rows) == pytest.approx(1.0)
