"""The views of the data: boundary, predicted against true, confusion matrix, and the predictions behind them."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from gui.panels import prediction as prediction_module
from gui.panels.boundary import CURVE, GRID, Boundary
from gui.panels.color_key import readable_on
from gui.panels.confusion import ConfusionMatrix
from gui.panels.map_colors import blended
from gui.panels.predicted_true import PredictedTrue, r_squared
from gui.panels.prediction import Prediction
from gui.panels.samples import class_colors, rgb
from gui.theme import DARK, LIGHT

from .pictures import colors_in, has_color
from .runs import make_run, new_snapshot, snapshot_of

SINE = {"data.dataset": "sine", "loss.kind": "mse", "data.samples": 60}
PLANE = {"data.dataset": "plane", "loss.kind": "mse", "data.samples": 60}


class TestBoundary:
    @pytest.fixture
    def panel(self, show):
        return show(Boundary, 320, 360)

    def test_the_map_is_what_the_network_says(self, panel):
        run = make_run()
        panel.start(run)
        panel.prediction.finish()
        said = run.snapshot.predict(run.data.transform(panel.grid()))
        colors = blended(said, class_colors(2, DARK), DARK).reshape(GRID, GRID, 3)
        image = panel.map.image
        assert (image.width(), image.height()) == (GRID, GRID)
        for column, row in ((0, 0), (GRID - 1, 3), (20, 50)):
            pixel = image.pixelColor(column, row)
            assert (pixel.red(), pixel.green(), pixel.blue()) == tuple(colors[row, column])
        assert colors_in(panel.axes) > 50

    def test_the_grid_covers_all_samples_row_by_row_from_below(self, panel):
        run = make_run()
        panel.start(run)
        grid = panel.grid()
        assert (grid.min(axis=0) <= run.data.dataset.x.min(axis=0)).all()
        assert (grid.max(axis=0) >= run.data.dataset.x.max(axis=0)).all()
        assert grid[0, 1] == grid[1, 1] < grid[GRID, 1]

    def test_misclassified_samples_are_marked(self, panel):
        run = make_run()
        panel.start(run)
        panel.prediction.finish()
        for part, x, y in ((0, run.data.x_train, run.data.y_train), (1, run.data.x_val, run.data.y_val)):
            wrong = np.flatnonzero(run.snapshot.predict(x).argmax(1) != y)
            np.testing.assert_array_equal(panel.misclassified[part], wrong)
        count = sum(map(len, panel.misclassified))
        assert str(count) in panel.wrong_pill.text()
        assert panel.wrong_pill.accessibleName() == f"{count} of 80 samples misclassified"

    def test_axes_carry_the_names_of_the_features(self, panel):
        run = make_run()
        panel.start(run)
        assert (panel.axes.x_axis.label, panel.axes.y_axis.label) == run.data.dataset.feature_names

    def test_a_new_snapshot_is_predicted_once(self, panel, monkeypatch):
        run = make_run()
        panel.start(run)
        asked = []
        ask = panel.prediction.ask
        monkeypatch.setattr(panel.prediction, "ask", lambda *a: asked.append(1) or ask(*a))
        panel.refresh(run)
        assert not asked
        new_snapshot(run, step=5)
        panel.refresh(run)
        panel.refresh(run)
        assert len(asked) == 1

    def test_units_stay_square_when_the_panel_changes_shape(self, panel, qtbot):
        run = make_run()
        panel.start(run)
        panel.prediction.finish()
        panel.resize(600, 300)
        qtbot.waitUntil(lambda: panel._outputs is not None)
        box = panel.axes.plot_rect()
        left, right, bottom, top = panel.axes.view()
        assert (right - left) / box.width() == pytest.approx((top - bottom) / box.height(), rel=0.02)
        assert panel.map.rect.width() == pytest.approx(right - left)

    @pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
    def test_sure_is_more_colorful_than_undecided(self, theme):
        colors = class_colors(3, theme)
        sure, undecided = blended(np.array([[1.0, 0, 0], [1 / 3, 1 / 3, 1 / 3]]), colors, theme).astype(float)
        ground = rgb(theme.surface)
        assert np.abs(sure - ground).sum() > 3 * np.abs(undecided - ground).sum()

    @pytest.mark.parametrize("scale", [np.nan, np.inf, 1e30, 0.0])
    @pytest.mark.parametrize("changes", [{}, SINE, PLANE], ids=["classes", "curve", "surface"])
    def test_broken_weights_are_drawn_without_failing(self, panel, changes, scale):
        run = make_run(changes)
        run.snapshot = snapshot_of(run, scale=scale)
        panel.start(run)
        panel.prediction.finish()
        assert colors_in(panel) > 10

    def test_one_feature_gives_a_curve_over_its_samples(self, panel):
        run = make_run(SINE)
        panel.start(run)
        panel.prediction.finish()
        assert panel.title_label.text() == "Fitted curve"
        (line,) = panel.lines
        assert len(line.x) == CURVE
        said = run.data.unscale_target(run.snapshot.predict(run.data.transform(line.x[:, None])))
        np.testing.assert_allclose(line.y, said[:, 0], atol=1e-6)
        assert has_color(panel.axes, DARK.train)
        assert has_color(panel.axes, DARK.validation)
        assert has_color(panel.axes, DARK.text)

    def test_two_features_of_a_regression_give_a_surface(self, panel):
        panel.start(make_run(PLANE))
        panel.prediction.finish()
        assert panel.title_label.text() == "Fitted surface"
        assert panel.map.visible

    def test_other_data_is_left_alone(self, panel):
        run = make_run({"data.dataset": "iris"})
        assert not Boundary.suits(run)
        panel.start(run)
        panel.refresh(run)
        assert panel.axes.note
        assert not panel.map.visible

    def test_no_snapshot_no_held_out_part_and_clearing(self, panel):
        run = make_run({"data.held_out": 0.0, "stopping.early.enabled": False})
        snapshot, run.snapshot = run.snapshot, None
        panel.start(run)
        assert not panel.map.visible
        assert has_color(panel.axes, DARK.train)  # the samples are there from the start
        run.snapshot = snapshot
        panel.refresh(run)
        panel.prediction.finish()
        assert panel.map.visible
        panel.restyle(LIGHT)
        panel.clear()
        assert not panel.map.visible


class TestPredictedTrue:
    @pytest.fixture
    def panel(self, show):
        return show(PredictedTrue, 320, 360)

    def test_points_are_in_original_units(self, panel):
        run = make_run({"data.dataset": "diabetes", "loss.kind": "mse"})
        panel.start(run)
        panel.prediction.finish()
        np.testing.assert_allclose(panel.parts[0].y, run.data.dataset.y[run.data.train_index, 0], rtol=1e-9)
        said = run.data.unscale_target(run.snapshot.predict(run.data.x_val))[:, 0]
        np.testing.assert_allclose(panel.predicted[1], said)
        limits = panel.axes.limits[0]
        assert limits[0] <= run.data.dataset.y.min()
        assert limits[1] >= run.data.dataset.y.max()
        np.testing.assert_array_equal(panel.diagonal.x, panel.diagonal.y)
        assert has_color(panel.axes, DARK.train)
        assert has_color(panel.axes, DARK.validation)

    def test_r_squared_is_shown_for_both_parts(self, panel):
        run = make_run(SINE)
        panel.start(run)
        panel.prediction.finish()
        for name, part, predicted in zip(("train", "held out"), panel.parts, panel.predicted, strict=True):
            off = np.sqrt(np.mean((part.y - predicted) ** 2))
            assert f"{name}  R² {r_squared(part.y, predicted):.3f}  RMSE {off:.3g}" in panel.axes.note

    def test_r_squared_agrees_with_scikit_learn(self):
        from sklearn.metrics import r2_score

        rng = np.random.default_rng(0)
        true, predicted = rng.normal(size=50), rng.normal(size=50)
        assert r_squared(true, predicted) == pytest.approx(r2_score(true, predicted))
        assert np.isnan(r_squared(np.ones(5), np.ones(5)))
        assert np.isnan(r_squared(np.ones(1), np.ones(1)))

    @pytest.mark.parametrize("scale", [np.nan, np.inf, 1e30])
    def test_broken_weights_are_drawn_without_failing(self, panel, scale):
        run = make_run(SINE)
        run.snapshot = snapshot_of(run, scale=scale)
        panel.start(run)
        panel.prediction.finish()
        assert colors_in(panel) > 5
        panel.restyle(LIGHT)
        assert np.isfinite(panel.axes.view()).all()

    def test_classes_are_left_alone(self, panel):
        panel.start(make_run())
        assert panel.axes.note
        panel.clear()
        assert not panel.axes.note


class TestConfusionMatrix:
    @pytest.fixture
    def panel(self, show):
        return show(ConfusionMatrix, 320, 360)

    def test_counts_agree_with_scikit_learn(self, panel):
        from sklearn.metrics import confusion_matrix

        run = make_run({"data.dataset": "digits"}, steps=10)
        panel.start(run)
        panel.prediction.finish()
        said = run.snapshot.predict(run.data.x_val).argmax(1)
        np.testing.assert_array_equal(panel.counts, confusion_matrix(run.data.y_val, said, labels=range(10)))
        assert f"{(said == run.data.y_val).mean():.1%}" in panel.figure_label.text()
        assert panel.part_pills[1].isChecked()
        assert colors_in(panel.grid) > 20

    def test_rates_are_shares_of_the_true_class(self, panel):
        panel.grid.set_counts(np.array([[3, 1], [0, 0]]), ("a", "b"))
        np.testing.assert_allclose(panel.grid.rates(), [[0.75, 0.25], [0, 0]])

    def test_a_cell_tells_what_it_counts(self, panel):
        panel.grid.set_counts(np.array([[3, 1], [0, 4]]), ("cat", "dog"))
        area = panel.grid.cells()
        text = panel.grid.tip_at(QPointF(area.right() - 5, area.top() + 5))
        assert text == "1 of 4 samples of class cat (25.0%) are taken for dog"
        assert panel.grid.tip_at(QPointF(0, 0)) == ""

    @pytest.mark.parametrize("classes", [1, 2, 10, 26, 120])
    @pytest.mark.parametrize("size", [(320, 360), (160, 120), (900, 700)])
    def test_any_number_of_classes_is_drawn(self, panel, classes, size):
        panel.resize(*size)
        names = tuple(f"a rather long name {index}" for index in range(classes))
        panel.grid.set_counts(np.arange(classes * classes).reshape(classes, classes), names)
        assert colors_in(panel.grid) > 3

    @pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
    def test_text_stands_out_from_every_shade(self, panel, theme):
        panel.restyle(theme)
        for right in (True, False):
            for rate in np.linspace(0, 1, 21):
                fill = panel.grid.fill(rate, right)
                assert contrast(fill, readable_on(fill)) >= 4.5

    def test_without_a_held_out_part_the_training_part_is_counted(self, panel):
        run = make_run({"data.dataset": "iris", "data.held_out": 0.0, "stopping.early.enabled": False}, steps=10)
        panel.start(run)
        panel.prediction.finish()
        assert panel.counts.sum() == 150
        assert panel.part_pills[0].isChecked()
        assert not panel.part_pills[1].isEnabled()

    def test_regression_is_left_alone(self, panel):
        run = make_run(SINE)
        panel.start(run)
        panel.refresh(run)
        assert not len(panel.counts)
        panel.clear()

    def test_nan_weights_are_counted_somewhere(self, panel):
        run = make_run({"data.dataset": "iris"}, steps=10)
        run.snapshot = snapshot_of(run, scale=np.nan)
        panel.start(run)
        panel.prediction.finish()
        assert panel.counts.sum() == 45


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2."""

    def luminance(color: str) -> float:
        parts = rgb(color) / 255
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


class TestPrediction:
    def test_a_small_network_is_done_at_once(self, qapp):
        run, results = make_run(), []
        made = Prediction(lambda x, y: results.append(y))
        made.ask(run.snapshot, run.data.x_train)
        assert not made.busy
        np.testing.assert_allclose(results[0], run.snapshot.predict(run.data.x_train))

    def test_a_large_one_is_done_in_pieces_and_of_what_is_asked_meanwhile_only_the_last(self, qtbot, monkeypatch):
        monkeypatch.setattr(prediction_module, "WORK_PER_TURN", 1)
        run, results = make_run(), []
        made = Prediction(lambda x, y: results.append((x, y)))
        first, second, third = run.data.x_train, run.data.x_val, run.data.x_train[:5]
        for x in (first, second, third):
            made.ask(run.snapshot, x)
        assert made.busy
        assert not results
        qtbot.waitUntil(lambda: len(results) == 2)
        assert results[0][0] is first
        assert results[1][0] is third
        np.testing.assert_allclose(results[0][1], run.snapshot.predict(first), atol=1e-6)
        assert not made.busy

    def test_what_is_canceled_never_arrives(self, qtbot, monkeypatch):
        monkeypatch.setattr(prediction_module, "WORK_PER_TURN", 1)
        run, results = make_run(), []
        made = Prediction(lambda x, y: results.append(y))
        made.ask(run.snapshot, run.data.x_train)
        made.cancel()
        made.finish()
        assert not results

    def test_nothing_is_not_predicted(self, qapp):
        made = Prediction(lambda x, y: pytest.fail("nothing was asked"))
        made.ask(make_run().snapshot, np.empty((0, 2)))
        assert not made.busy
