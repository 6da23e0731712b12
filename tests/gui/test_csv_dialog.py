"""A table of the user's own, opened as a person does."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication

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
    assert dialog.model.rowCount() == 80
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


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    rows = [f"{k / 4},{k % 7}.5,{'ab'[k % 2]}" for k in range(60)]
    rows[6], rows[30], rows[41] = ",1.5,a", "1.5x,2.5,a", "1.0,2.5"
    path = tmp_path / "broken.csv"
    path.write_text("size,width,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def listed(dialog: CsvDialog) -> list[str]:
    return [dialog.problems.item(row).text() for row in range(dialog.problems.count())]


def test_what_is_wrong_is_listed_marked_and_shown(qtbot: Any, broken: Path) -> None:
    dialog = CsvDialog(broken, Experiment())
    qtbot.addWidget(dialog)
    dialog.show()
    assert listed(dialog) == [
        "✗ row 8, size: empty", "✗ row 32, size: '1.5x' is not a number",
        "✗ line 43: 2 cells where the header names 3 columns",
    ]
    assert (dialog.table.currentIndex().row(), dialog.table.currentIndex().column()) == (6, 0)
    assert dialog.model.index(30, 0).data() == "✗ 1.5x"
    assert "not a number" in dialog.model.index(30, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert dialog.model.index(30, 0).data(Qt.ItemDataRole.BackgroundRole) is not None
    assert dialog.model.index(29, 0).data(Qt.ItemDataRole.BackgroundRole) is None
    dialog.problems.setFocus()
    dialog.problems.setCurrentRow(0)
    qtbot.keyClick(dialog.problems, Qt.Key.Key_Down)
    assert dialog.table.currentIndex().row() == 30
    assert dialog.table.visualRect(dialog.table.currentIndex()).intersects(dialog.table.viewport().rect())


def test_what_is_wrong_depends_on_what_is_chosen(qtbot: Any, broken: Path) -> None:
    dialog = CsvDialog(broken, Experiment())
    qtbot.addWidget(dialog)
    dialog.missing.setCurrentIndex(dialog.missing.findData("drop"))
    assert "· row 8, size: empty" in listed(dialog)
    dialog.features.item(0).setCheckState(Qt.CheckState.Unchecked)
    assert listed(dialog) == ["✗ line 43: 2 cells where the header names 3 columns"]
    assert dialog.model.headerData(0, Qt.Orientation.Horizontal).endswith("left out")
    qtbot.mouseClick(dialog.none_button, Qt.MouseButton.LeftButton)
    assert "✗ no column is left to predict from" in listed(dialog)
    qtbot.mouseClick(dialog.all_button, Qt.MouseButton.LeftButton)
    assert dialog.chosen_features() == []


def test_a_mended_file_is_read_again_and_choices_stay(qtbot: Any, broken: Path) -> None:
    dialog = CsvDialog(broken, Experiment())
    qtbot.addWidget(dialog)
    dialog.target.setCurrentText("width")
    dialog.features.item(0).setCheckState(Qt.CheckState.Unchecked)
    lines = broken.read_text(encoding="utf-8").splitlines()
    broken.write_text("\n".join(line for line in lines if line.count(",") == 2) + "\n", encoding="utf-8")
    qtbot.mouseClick(dialog.again, Qt.MouseButton.LeftButton)
    assert listed(dialog) == ["Nothing"]
    assert dialog.target.currentText() == "width"
    assert dialog.chosen_features() == ["label"]


def test_encoding_separator_and_decimal_mark_are_chosen_by_hand(qtbot: Any, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    text = "größe;höhe;art\n" + "".join(f"{k},5;{k};{'ab'[k % 2]}\n" for k in range(20))
    path.write_bytes(text.encode("cp1252"))
    dialog = CsvDialog(path, Experiment())
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.target.itemText(0) == "größe"
    dialog.encoding.setCurrentIndex(dialog.encoding.findData("utf-8"))
    assert "not text in utf-8" in dialog.problem.text()
    assert dialog.problem.isVisible()
    assert dialog.model.rowCount() == 0
    assert not dialog.open_button.isEnabled()
    dialog.encoding.setCurrentIndex(dialog.encoding.findData("latin-1"))
    assert dialog.open_button.isEnabled()
    assert not dialog.problem.isVisible()
    dialog.target.setCurrentText("art")
    dialog.decimal.setCurrentIndex(dialog.decimal.findData("."))
    assert "20 categories" in dialog.features.item(0).text()
    dialog.decimal.setCurrentIndex(dialog.decimal.findData(","))
    assert "categories" not in dialog.features.item(0).text()
    qtbot.mouseClick(dialog.open_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.experiment is not None, timeout=20_000)
    assert (dialog.experiment.data.decimal, dialog.experiment.data.encoding) == (",", "latin-1")
    assert dialog.data.dataset.x[:3, 0].tolist() == [0.5, 1.5, 2.5]


def test_another_file_is_dropped_onto_the_dialog(qtbot: Any, table: Path, broken: Path) -> None:
    dialog = CsvDialog(table, Experiment())
    qtbot.addWidget(dialog)
    what = QMimeData()
    what.setUrls([QUrl.fromLocalFile(str(broken))])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    for kind in (QDragEnterEvent, QDropEvent):
        at = QPoint(50, 50) if kind is QDragEnterEvent else QPointF(50, 50)
        event = kind(at, Qt.DropAction.CopyAction, what, left, none)
        assert not event.isAccepted() or kind is QDropEvent
        QApplication.sendEvent(dialog, event)
        assert event.isAccepted()
    assert dialog.heading.text() == "broken.csv"
    assert [dialog.target.itemText(k) for k in range(3)] == ["size", "width", "label"]


@pytest.mark.parametrize("content", [
    b"PK\x03\x04 zip", b"\x00\x01\x02" * 500, b"a,b\n" + b'"' * 300_000, b"x" * 3_000_000, b"a,b\n" + b"1," * 200_000,
    b"a,b\n<b>1</b>,<img src=x>\n2,3\n", b"\xff\xfe" + b"\xd8" * 999,
])  # fmt: skip
def test_hostile_files_are_refused_or_shown_but_never_fail(qtbot: Any, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    started = time.thread_time()
    dialog = CsvDialog(path, Experiment())
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.grab()
    assert time.thread_time() - started < 1.5
    assert dialog.problem.text() or dialog.problems.count()
