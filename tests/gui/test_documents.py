"""Autosave and the folder of state: what survives a crash, and what a broken folder must not break."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QFileDialog

from gui.documents import Autosave
from gui.state_folder import state_folder
from gui.window import MainWindow
from training.experiment import Experiment
from training.experiment_file import dumps, find


def test_what_a_dead_session_of_the_same_number_left_is_found_and_kept(qapp: Any, tmp_path: Path) -> None:
    left = tmp_path / f"autosave-{os.getpid()}.toml"
    left.write_text(dumps(Experiment(name="mine")))
    autosave = Autosave(tmp_path)
    found = autosave.find()
    assert found is not None
    assert found.experiment.name == "mine"
    autosave.clear()
    autosave.close()
    assert left.exists()
    found.forget()
    assert not left.exists()


def test_two_sessions_do_not_share_a_file(qapp: Any, tmp_path: Path) -> None:
    first, second = Autosave(tmp_path), Autosave(tmp_path)
    assert first.file != second.file
    first.write(Experiment())
    assert second.find() is None, "its session still runs"
    first.close()
    assert second.find() is not None
    second.close()


def test_a_state_folder_that_cannot_be_made_is_no_reason_not_to_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    monkeypatch.setenv("CONVERGENCE_LAB_STATE", str(in_the_way))
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    folder = state_folder()
    assert folder.is_dir()
    assert folder.parent == tmp_path
    assert state_folder() == folder


def test_a_shipped_experiment_opened_as_a_file_is_never_saved_over(
    qtbot: Any, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = find("moons_quick")
    before = shipped.read_bytes()
    asked: list[str] = []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *told, **_: asked.append(told[1]) or ("", ""))
    window.files.open_file(shipped)
    window.builder.apply_changes({"epochs": 7})
    window.files.save()
    assert asked
    assert shipped.read_bytes() == before
