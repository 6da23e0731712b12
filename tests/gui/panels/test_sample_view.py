"""What is read out under the pointer, which samples are shown, and what is saved of them."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from gui.panels.boundary import Boundary
from gui.panels.predicted_true import PredictedTrue
from gui.theme import DARK, LIGHT

from .pictures import has_color
from .runs import make_run, new_snapshot, snapshot_of

SINE = {"data.dataset": "sine", "loss.kind": "mse", "data.samples": 60, "data.noise": 0.1}
PLANE = {"data.dataset": "plane", "loss.kind": "mse", "data.samples": 60}


@pytest.fixture
def boundary(show):
    return show(Boundary, 420, 380)


def begin(panel, changes=None, steps=0):
    run = make_run(changes, steps=steps)
    panel.begin(run)
    panel.prediction.finish()
    assert not panel.resting
    return run


def point(panel, x, y):
    """Move the pointer to a place of the plot, in view coordinates; return it in pixels."""
    px, py = panel.axes.to_pixels(np.array([x]), np.array([y]))
    place = QPoint(round(float(px[0])), round(float(py[0])))
    QTest.mouseMove(panel.axes, QPoint(1, 1))
    QTest.mouseMove(panel.axes, place)
    return place


def said_at(run, x):
    return run.snapshot.predict(run.data.transform(np.atleast_2d(x)))[0]


def test_the_pointer_reads_the_probability_of_the_place(boundary):
    run = begin(boundary)
    place = point(boundary, 4.9, 0.3)
    x, y = boundary.axes.plot_view.to_data(QPointF(place))
    said = said_at(run, [x, y])
    text = boundary.readout.text
    assert f"x {x:.4g}   y {y:.4g}" in text
    shown = {line[:7]: float(line.split()[-1].rstrip("%")) / 100 for line in text.splitlines() if "class" in line[:6]}
    assert shown["class 0"] == pytest.approx(said[0], abs=0.02)
    assert shown["class 1"] == pytest.approx(said[1], abs=0.02)
    QTest.mouseMove(boundary.axes, QPoint(1, 1))
    assert boundary.readout.text == ""


def test_a_near_sample_is_named_with_its_row_part_and_class(boundary):
    run = begin(boundary)
    rows = np.concatenate([run.data.train_index, run.data.val_index])
    for index in (3, len(rows) - 2):
        x, y = run.data.dataset.x[rows[index]]
        place = point(boundary, x, y)
        nearest = boundary.sample_at(QPointF(place))
        row = rows[nearest]
        assert np.hypot(*(run.data.dataset.x[row] - (x, y))) < 0.3
        part = "train" if nearest < len(run.data.train_index) else "held out"
        assert f"sample {row + 1} · {part}" in boundary.readout.text
        assert f"true class {run.data.dataset.y[row]}" in boundary.readout.text


def test_the_reading_follows_the_run_while_the_pointer_rests(boundary):
    run = begin(boundary)
    point(boundary, 4.9, 0.3)
    before = boundary.readout.text
    run.snapshot = snapshot_of(run, seed=5)
    boundary.follow(run)
    boundary.prediction.finish()
    assert boundary.readout.text != before


@pytest.mark.parametrize("changes", [SINE, PLANE], ids=["curve", "surface"])
def test_a_regression_reads_prediction_and_true_function(boundary, changes):
    run = begin(boundary, changes)
    place = point(boundary, 0.55, 0.1)
    x, y = boundary.axes.plot_view.to_data(QPointF(place))
    inputs = [x] if changes is SINE else [x, y]
    said = float(run.data.unscale_target(said_at(run, inputs)[None])[0, 0])
    true = np.sin(3 * x) if changes is SINE else (x + y) / 10
    lines = boundary.readout.text.splitlines()
    assert float(lines[1].removeprefix("predicted ")) == pytest.approx(said, abs=0.02)
    assert float(lines[2].removeprefix("true function ")) == pytest.approx(true, abs=2e-3)


def test_the_true_function_is_drawn_where_it_is_known(boundary):
    begin(boundary, SINE)
    np.testing.assert_allclose(boundary.truth.y, np.sin(3 * boundary.truth.x))
    assert [entry.text for entry in boundary.key.entries] == ["prediction", "true function"]
    begin(boundary)
    assert not boundary.truth.visible


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_parts_and_marks_are_toggled(boundary, theme):
    boundary.restyle(theme)
    begin(boundary, SINE)
    for pill, color in zip(boundary.part_pills, (theme.train, theme.validation), strict=True):
        assert has_color(boundary.axes, color)
        pill.click()
        assert not has_color(boundary.axes, color)
    begin(boundary)
    assert boundary.points.groups == []
    boundary.part_pills[0].click()
    assert sum(len(x) for _, x, _ in boundary.wrong.groups) == len(boundary.misclassified[0])
    boundary.wrong_pill.click()
    assert boundary.wrong.groups == []
    assert len(boundary.points.groups) == 2


def test_samples_that_are_hidden_are_not_pointed_at(boundary):
    run = begin(boundary)
    x, y = boundary.axes.to_pixels(*(run.data.dataset.x[run.data.train_index[:1]].T))
    place = QPointF(float(x[0]), float(y[0]))
    assert boundary.sample_at(place) is not None
    for pill in boundary.part_pills:
        pill.click()
    assert boundary.sample_at(place) is None


def test_the_map_is_predicted_anew_where_it_is_zoomed(boundary, qtbot):
    run = begin(boundary)
    boundary.axes.zoom_to((0.0, 1.0), (0.0, 1.0))
    qtbot.waitUntil(lambda: boundary.map.rect.width() < 2)
    grid = boundary.grid()
    assert grid.min() > 0
    assert grid.max() < 1
    place = point(boundary, 0.5, 0.5)
    said = said_at(run, boundary.axes.plot_view.to_data(QPointF(place)))
    shown = boundary.readout.text.splitlines()[1].split()[-1].rstrip("%")
    assert float(shown) == pytest.approx(100 * said.max(), abs=0.2)
    boundary.axes.zoom_back()
    qtbot.waitUntil(lambda: boundary.map.rect.width() > 5)


def test_a_click_and_enter_open_the_samples(boundary, qtbot):
    run = begin(boundary)
    x, y = run.data.dataset.x[run.data.train_index[4]]
    place = point(boundary, x, y)
    index = boundary.sample_at(QPointF(place))
    QTest.mouseClick(boundary.axes, Qt.MouseButton.LeftButton, pos=place)
    dialog = boundary.list.dialog
    assert dialog.isVisible()
    assert dialog.model.order[dialog.view.currentIndex().row()] == index
    dialog.close()
    qtbot.waitUntil(lambda: boundary.list.dialog is None)
    boundary.axes.setFocus()
    qtbot.keyClick(boundary.axes, Qt.Key.Key_Return)
    assert boundary.list.dialog.heading.text() == "Misclassified samples"
    assert boundary.list.dialog.model.found == sum(map(len, boundary.misclassified))
    boundary.list.dialog.close()


def test_the_table_has_every_sample_exactly(boundary):
    run = begin(boundary)
    table = boundary.table()
    assert tuple(table.columns) == ("sample", "part", "true", "predicted", "probability", "p(true)", "x", "y")
    assert len(table.rows) == run.data.dataset.n_samples
    for sample, part, true, predicted, probability, of_true, x, y in table.rows[::7]:
        row = sample - 1
        said = said_at(run, run.data.dataset.x[row])
        assert (x, y) == tuple(run.data.dataset.x[row])
        assert part == ("held out" if row in run.data.val_index else "train")
        assert true == run.data.class_names[run.data.dataset.y[row]]
        assert predicted == run.data.class_names[said.argmax()]
        assert probability == pytest.approx(said.max(), abs=1e-6)
        assert of_true == pytest.approx(said[run.data.dataset.y[row]], abs=1e-6)


def test_predicted_against_true_reads_lists_and_saves(show):
    panel = show(PredictedTrue, 420, 380)
    run = begin(panel, {"data.dataset": "diabetes", "loss.kind": "mse"})
    x, y = (values[7] for values in panel.places())
    place = point(panel, x, y)
    index = panel.sample_at(QPointF(place))
    assert f"true {panel.places()[0][index]:.5g}" in panel.readout.text
    assert len(panel.table().rows) == 442
    panel.list_samples()
    dialog = panel.list.dialog
    errors = [abs(row[4]) for row in dialog.model.table().rows]
    assert errors == sorted(errors, reverse=True)
    assert run.data.dataset.x[dialog.model.table().rows[0][0] - 1, 0] == dialog.model.table().rows[0][5]
    dialog.close()


def test_nothing_is_read_or_listed_before_a_snapshot_or_after_clearing(boundary):
    run = make_run(steps=0)
    snapshot, run.snapshot = run.snapshot, None
    boundary.begin(run)
    point(boundary, 0.0, 0.0)
    boundary.list_samples()
    assert boundary.table() is None
    assert boundary.list.dialog is None
    run.snapshot = snapshot
    boundary.follow(run)
    boundary.prediction.finish()
    boundary.clear()
    point(boundary, 0.0, 0.0)
    assert boundary.readout.text == ""
    assert boundary.table() is None
    assert not boundary.resting
    new_snapshot(run)


def test_the_key_names_classes_and_levels(boundary):
    begin(boundary)
    assert [entry.text for entry in boundary.key.entries] == ["class 0", "class 1"]
    assert boundary.key.bar.texts == ("100%", "50%", "100%")
    begin(boundary, {"data.dataset": "blobs"})
    assert [entry.text for entry in boundary.key.entries] == ["class 0", "class 1", "class 2"]
    assert boundary.key.bar is None
    begin(boundary, PLANE)
    low, middle, high = (float(text.replace("−", "-")) for text in boundary.key.bar.texts)
    assert low < middle < high
    assert boundary.key.entries[0].text == "z"
