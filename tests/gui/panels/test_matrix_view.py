"""The confusion matrix: rates beside scikit-learn's, walked through by keys, opened by clicks."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from gui.panels.confusion import ConfusionMatrix
from gui.panels.matrix_view import Cell

from .pictures import pixels
from .runs import make_run


@pytest.fixture
def panel(show):
    return show(ConfusionMatrix, 340, 360)


def begin(panel, changes):
    run = make_run(changes, steps=0)
    panel.begin(run)
    panel.prediction.finish()
    return run


def middle(grid, cell):
    center = grid._rect_of(cell).center()
    return QPoint(round(center.x()), round(center.y()))


def test_recall_precision_and_accuracy_agree_with_scikit_learn(panel):
    from sklearn.metrics import accuracy_score, precision_score, recall_score

    run = begin(panel, {"data.dataset": "wine"})
    said, true = run.snapshot.predict(run.data.x_val).argmax(1), run.data.y_val
    np.testing.assert_allclose(panel.grid.recall(), recall_score(true, said, average=None))
    precision = precision_score(true, said, average=None, zero_division=np.nan)
    np.testing.assert_allclose(panel.grid.precision(), precision)
    assert panel.grid.accuracy() == pytest.approx(accuracy_score(true, said))


def test_a_click_opens_exactly_the_samples_of_the_cell(panel, qtbot):
    run = begin(panel, {"data.dataset": "digits"})
    said = run.snapshot.predict(run.data.x_val).argmax(1)
    true_class, said_class = (int(k) for k in np.argwhere(panel.counts)[1])
    qtbot.mouseClick(panel.grid, Qt.MouseButton.LeftButton, pos=middle(panel.grid, Cell(true_class, said_class)))
    dialog = panel.list.dialog
    expected = run.data.val_index[(run.data.y_val == true_class) & (said == said_class)] + 1
    assert sorted(row[0] for row in dialog.model.table().rows) == sorted(expected.tolist())
    assert dialog.isVisible()
    dialog.close()


def test_margins_open_the_mistakes_they_count(panel, qtbot):
    run = begin(panel, {"data.dataset": "digits"})
    said, true = run.snapshot.predict(run.data.x_val).argmax(1), run.data.y_val
    for cell, wrong in (
        (Cell(3, 10), (true == 3) & (said != 3)), (Cell(10, 4), (said == 4) & (true != 4)),
        (Cell(10, 10), said != true),
    ):
        qtbot.mouseClick(panel.grid, Qt.MouseButton.LeftButton, pos=middle(panel.grid, cell))
        assert panel.list.dialog.model.found == wrong.sum()
    panel.list.dialog.close()


def test_arrows_walk_and_enter_opens(panel, qtbot):
    begin(panel, {"data.dataset": "iris"})
    grid = panel.grid
    grid.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Up):
        qtbot.keyClick(grid, key)
    assert grid.current == Cell(0, 1)
    assert "taken for versicolor" in grid.accessibleDescription()
    qtbot.keyClick(grid, Qt.Key.Key_Return)
    assert panel.list.dialog.heading.text() == "setosa taken for versicolor"
    panel.list.dialog.close()


def test_counts_and_rates_are_exchanged_and_parts_too(panel, qtbot):
    run = begin(panel, {"data.dataset": "iris"})
    before = pixels(panel.grid)
    qtbot.mouseClick(panel.rates_pill, Qt.MouseButton.LeftButton)
    assert (pixels(panel.grid) != before).any()
    assert panel.counts.sum() == len(run.data.x_val)
    panel.part_pills[0].click()
    panel.prediction.finish()
    assert panel.counts.sum() == len(run.data.x_train)
    begin(panel, {"data.dataset": "wine"})
    assert panel.held_out is False  # what was chosen stays for the next run


def test_the_table_is_the_matrix(panel):
    begin(panel, {"data.dataset": "iris"})
    table = panel.table()
    assert tuple(table.columns[1:]) == ("setosa", "versicolor", "virginica")
    np.testing.assert_array_equal([row[1:] for row in table.rows], panel.counts)
    panel.clear()
    assert panel.table() is None
