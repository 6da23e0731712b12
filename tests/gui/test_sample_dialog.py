"""The list of samples beside the window: pictures, tables, another moment, the clipboard."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from gui.panels.samples import Predicted, joined, predicted, shown_samples
from gui.run_view import RunView
from gui.sample_dialog import SampleDialog
from gui.sample_list import SampleList
from gui.sample_model import MOST
from gui.sample_pictures import picture_of
from gui.theme import DARK, LIGHT, apply
from tests.gui.panels.runs import make_run, snapshot_of


def said(run: RunView) -> Predicted:
    samples = joined([shown_samples(run.data, held_out, 100_000) for held_out in (False, True)])
    return predicted(run.data, samples, run.snapshot, run.snapshot.predict(samples.x))


@pytest.fixture
def opened(qtbot: Any, qapp: QApplication) -> Any:
    apply(qapp, DARK)
    owner = QWidget()
    qtbot.addWidget(owner)

    def make(changes: dict[str, Any], **choice: Any) -> tuple[RunView, SampleDialog, SampleList]:
        run = make_run(changes, steps=0)
        lists = SampleList(owner)
        lists.open(run, said(run), **choice)
        return run, lists.dialog, lists

    return make


def test_pictures_are_the_samples_pixel_by_pixel(opened: Any) -> None:
    run, dialog, _ = opened({"data.dataset": "digits"}, only="wrong")
    made = dialog.model.made
    sample = int(dialog.model.order[0])
    for theme in (DARK, LIGHT):
        image = picture_of(made, sample, (0.0, 16.0), theme)
        raw = run.data.dataset.x[made.samples.rows[sample]].reshape(8, 8)
        shades = np.array([[image.pixelColor(x, y).lightness() for x in range(8)] for y in range(8)], dtype=float)
        assert abs(np.corrcoef(raw.ravel(), shades.ravel())[0, 1]) > 0.999
        assert (shades[raw == 0].mean() < shades[raw >= 15].mean()) == theme.dark
    assert dialog.pictures.isVisible()
    assert not dialog.table.isVisible()
    before = dialog.pictures.grab().toImage()
    dialog.restyle(LIGHT)
    assert dialog.pictures.grab().toImage() != before


def test_the_most_confident_mistakes_come_first_and_no_more_than_anyone_looks_at(opened: Any) -> None:
    _, dialog, _ = opened({"data.dataset": "digits"}, only="wrong")
    made = dialog.model.made
    assert dialog.model.rowCount() == MOST < dialog.model.found == made.wrong.sum()
    sure = made.outputs[dialog.model.order].max(axis=1)
    assert (np.diff(sure) <= 0).all()
    assert sure[0] == made.outputs[made.wrong].max()
    assert f"the first 300 of {made.wrong.sum():,} samples" in dialog.summary.text()
    assert "epoch 0 (step 0)" in dialog.summary.text()


def test_choices_narrow_the_list(opened: Any, qtbot: Any) -> None:
    run, dialog, _ = opened({"data.dataset": "iris"})
    made = dialog.model.made
    dialog.true.setCurrentIndex(2)
    dialog.true.activated.emit(2)
    assert dialog.model.found == (run.data.dataset.y == 1).sum()
    assert dialog.heading.text() == "All of versicolor"
    dialog.part.setCurrentIndex(2)
    dialog.part.activated.emit(2)
    assert dialog.model.found == (run.data.y_val == 1).sum()
    dialog.only.setCurrentIndex(1)
    dialog.only.activated.emit(1)
    assert dialog.model.found == ((run.data.y_val == 1) & made.wrong[len(run.data.x_train):]).sum()


def test_a_table_is_sorted_by_its_columns_in_original_units(opened: Any) -> None:
    run, dialog, _ = opened({"data.dataset": "iris"})
    names = [dialog.model.headerData(k, Qt.Orientation.Horizontal) for k in range(dialog.model.columnCount())]
    at = names.index("petal length (cm)")
    dialog.table.sortByColumn(at, Qt.SortOrder.DescendingOrder)
    shown = [float(dialog.model.index(row, at).data()) for row in range(dialog.model.rowCount())]
    assert shown == sorted(run.data.dataset.x[:, 2].tolist(), reverse=True)


def test_refresh_asks_the_network_as_it_is_now(opened: Any, qtbot: Any) -> None:
    run, dialog, _ = opened({"data.dataset": "iris"}, sample=7)
    assert dialog.model.order[dialog.view.currentIndex().row()] == 7
    before = dialog.model.made.outputs
    other = snapshot_of(run, seed=3)
    run.snapshot = type(other)(90, 6.0, other.architecture, other.task, other.params, other.statistics)
    qtbot.mouseClick(dialog.refresh_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(dialog.refresh_button.isEnabled)
    np.testing.assert_allclose(dialog.model.made.outputs, run.snapshot.predict(dialog.model.made.samples.x), atol=1e-6)
    assert not np.allclose(dialog.model.made.outputs, before)
    assert "epoch 6 (step 90)" in dialog.summary.text()
    assert dialog.model.order[dialog.view.currentIndex().row()] == 7


def test_what_is_listed_is_copied_exactly(opened: Any, qtbot: Any) -> None:
    run, dialog, _ = opened({"data.dataset": "diabetes", "loss.kind": "mse"})
    qtbot.mouseClick(dialog.copy_button, Qt.MouseButton.LeftButton)
    rows = list(csv.reader(io.StringIO(QApplication.clipboard().text())))
    assert rows[0][:5] == ["sample", "part", "true", "predicted", "error"]
    assert len(rows) == MOST + 1
    for row in rows[1::40]:
        index = int(row[0]) - 1
        assert [float(cell) for cell in row[5:]] == run.data.dataset.x[index].tolist()
        assert float(row[2]) == pytest.approx(run.data.dataset.y[index, 0], rel=1e-12)


def test_the_list_goes_along_with_the_same_data_and_closes_with_other(opened: Any, qtbot: Any) -> None:
    _, dialog, lists = opened({"data.dataset": "iris"})
    again = make_run({"data.dataset": "iris", "seed": 9}, steps=0)
    lists.start(again)
    assert dialog.isVisible()
    assert dialog.run is again
    lists.start(make_run({"data.dataset": "wine"}, steps=0))
    qtbot.waitUntil(lambda: lists.dialog is None)


def test_escape_closes_and_the_next_opens_anew(opened: Any, qtbot: Any) -> None:
    run, dialog, lists = opened({"data.dataset": "iris"})
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: lists.dialog is None)
    lists.open(run, said(run), true=0, said=0)
    assert lists.dialog.heading.text() == "setosa recognized"
    lists.dialog.close()


@pytest.mark.parametrize("changes", [{"data.dataset": "digits"}, {"data.dataset": "iris"}])
def test_broken_weights_are_listed_without_failing(opened: Any, changes: dict[str, Any]) -> None:
    run, dialog, _ = opened(changes)
    run.snapshot = snapshot_of(run, scale=np.nan)
    dialog.refresh()
    dialog.prediction.finish()
    dialog.grab()
    dialog.copy()
    assert dialog.model.rowCount() > 0
