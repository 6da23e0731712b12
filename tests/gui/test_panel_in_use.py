"""What can be done with one panel from the keyboard: the one with the focus, or the one used last."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog

from gui.window import MainWindow

Open = Callable[..., MainWindow]
ALT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def trained(qtbot: Any, window: MainWindow) -> MainWindow:
    """Return a window whose run has ended, with the focus in the learning curves."""
    window.toggle()
    qtbot.waitUntil(lambda: None not in window.control.view.outcomes and window.control.phase == "finished")
    window.curves.axes.setFocus()
    assert window.board.in_use() is window.curves
    return window


def answer(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *_, **__: (str(path), "")))


def test_its_figures_go_to_a_file(
    qtbot: Any, trained: MainWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answer(monkeypatch, tmp_path / "curves.csv")
    qtbot.keyClick(trained, Qt.Key.Key_C, ALT)
    with (tmp_path / "curves.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
    recorded = trained.control.view.history.evaluations.column("train_loss")[:, 0]
    where = next(index for index, name in enumerate(header) if "train" in name and "loss" in name)
    assert [float(row[where]) for row in rows] == recorded.tolist()


@pytest.mark.parametrize(("key", "name", "begins"), [
    (Qt.Key.Key_P, "curves.png", b"\x89PNG"), (Qt.Key.Key_V, "curves.svg", b"<?xml"),
])  # fmt: skip
def test_its_picture_goes_to_a_file(
    qtbot: Any, trained: MainWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, key: Qt.Key, name: str,
    begins: bytes,
) -> None:
    answer(monkeypatch, tmp_path / name)
    qtbot.keyClick(trained, key, ALT)
    assert (tmp_path / name).read_bytes().startswith(begins)


def test_its_picture_and_its_figures_are_copied(qtbot: Any, trained: MainWindow) -> None:
    clipboard = QGuiApplication.clipboard()
    qtbot.keyClick(trained, Qt.Key.Key_P, SHIFT)
    assert clipboard.image().width() == QImage(trained.curves.size() * 2, QImage.Format.Format_RGB32).width()
    qtbot.keyClick(trained, Qt.Key.Key_C, SHIFT)
    assert "epoch" in clipboard.text().splitlines()[0]
    clipboard.clear()


def test_what_cannot_be_written_is_said_and_nothing_is_lost(
    qtbot: Any, trained: MainWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answer(monkeypatch, tmp_path / "no such folder" / "curves.csv")
    qtbot.keyClick(trained, Qt.Key.Key_C, ALT)
    assert trained.banner.text.text().startswith("Not saved: ")


def test_it_is_given_another_place(qtbot: Any, trained: MainWindow) -> None:
    before = trained.board.arrangement
    top = trained.curves.mapTo(trained, trained.curves.rect().topLeft()).y()
    qtbot.keyClick(trained, Qt.Key.Key_Down, ALT)
    assert trained.board.arrangement != before
    qtbot.waitUntil(lambda: trained.curves.mapTo(trained, trained.curves.rect().topLeft()).y() > top + 50)


def test_keys_let_an_ended_run_go_on(qtbot: Any, trained: MainWindow) -> None:
    epochs = trained.builder.draft.experiment.epochs
    qtbot.keyClick(trained, Qt.Key.Key_X)
    assert trained.builder.draft.experiment.epochs > epochs
    qtbot.waitUntil(lambda: trained.control.view.history.epoch > epochs)
