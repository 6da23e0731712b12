"""A table of the user's own, opened as a person does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer

from gui.csv_dialog import CsvDialog
from gui.window import MainWindow
from training.experiment import CsvData, Experiment


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    rows = [f"{a:.4f},{b:.4f},{'yes' if a + b > 0 else 'no'},{c}" for a, b, c in
            zip(rng.normal(size=80), rng.normal(size=80), ["red", "blue"] * 40, strict=True)]
    path = tmp_path / "plants.csv"
    path.write_text("\n".join(["height,width,label,color", *rows]) + "\n", encoding="utf-8")
    return path


def test_target_task_and_features_are_guessed_and_can_be_chosen(qtbot: Any, table: Path) -> None:
    dialog = CsvDialog(table, Experiment())
    qtbot.addWidget(dialog)
    assert dialog.target.currentText() == "label"
    assert dialog.task.currentData() == "classification"
    assert dialog.table.rowCount() == 20
    dialog.features.item(2).setCheckState(Qt.CheckState.Unchecked)
    qtbot.mouseClick(dialog.open_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.experiment is not None, timeout=20_000)
    data = dialog.experiment.data
    assert isinstance(data, CsvData)
    assert data.features == ("height", "width")
    assert dialog.experiment.loss.kind == "cross_entropy"
    assert dialog.data is not None
    assert dialog.data.n_inputs == 2


def test_a_numeric_target_brings_a_regression(qtbot: Any, table: Path) -> None:
    dialog = CsvDialog(table, Experiment())
    qtbot.addWidget(dialog)
    dialog.target.setCurrentText("width")
    dialog.task.setCurrentIndex(dialog.task.findData("regression"))
    qtbot.mouseClick(dialog.open_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.experiment is not None, timeout=20_000)
    assert dialog.experiment.loss.kind == "mse"
    assert dialog.data.task == "regression"


@pytest.mark.parametrize(("content", "word"), [
    ("a,label\n1,x\n,y\n3,x\n4,y\n5,x\n6,y\n", "empty"), ("a,label\n1,x\n2,x\n3,x\n4,x\n5,x\n", "one"), ("", "empty"),
])  # fmt: skip
def test_what_is_wrong_with_a_file_is_said_in_the_form(qtbot: Any, tmp_path: Path, content: str, word: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(content, encoding="utf-8")
    dialog = CsvDialog(path, Experiment())
    qtbot.addWidget(dialog)
    dialog.show()
    if dialog.open_button.isEnabled():
        qtbot.mouseClick(dialog.open_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: word in dialog.problem.text(), timeout=20_000)
    assert dialog.problem.isVisible()
    assert dialog.experiment is None


def test_loading_can_be_canceled(qtbot: Any, tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    line = "0.123456,1.5,2.5,3.5,a\n0.2,1.1,2.2,3.3,b\n"
    path.write_text("a,b,c,d,label\n" + line * 100_000, encoding="utf-8")
    dialog = CsvDialog(path, Experiment())
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.mouseClick(dialog.open_button, Qt.MouseButton.LeftButton)
    assert dialog.progress.isVisible()
    qtbot.mouseClick(dialog.cancel_button, Qt.MouseButton.LeftButton)
    assert "canceled" in dialog.problem.text()
    assert dialog.isVisible()
    assert dialog.experiment is None


def test_the_window_opens_a_table_and_trains_on_it(qtbot: Any, window: MainWindow, table: Path) -> None:
    def accept() -> None:
        dialog = window.findChild(CsvDialog)
        qtbot.mouseClick(dialog.open_button, Qt.MouseButton.LeftButton)

    QTimer.singleShot(100, window, accept)
    window.files.open_csv(table)
    assert window.builder.draft.experiment.data.dataset == "csv"
    assert window.builder.draft.experiment.name == "plants"
    qtbot.waitUntil(lambda: window.control.phase == "ready", timeout=20_000)
    window.builder.editor("epochs").setText("3")
    window.builder.editor("epochs")._on_text()
    window.builder.editor("epochs")._commit()
    qtbot.mouseClick(window.transport.run_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.control.phase == "finished", timeout=20_000)
