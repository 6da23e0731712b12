"""Saving what was recorded of a run from the window, while it goes on."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt

from gui.window import MainWindow

Open = Callable[..., MainWindow]
CONTROL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


def test_a_run_under_way_is_saved_whole_up_to_one_step(qtbot: Any, open_window: Open, tmp_path: Path) -> None:
    window = open_window(epochs=100_000)
    window.saver.folder = tmp_path / "runs"
    window.toggle()
    qtbot.waitUntil(lambda: window.control.view.history.step > 50)
    window.builder.apply_changes({"optimizer.lr": 0.02})
    qtbot.waitUntil(lambda: bool(window.control.view.edits))
    qtbot.keyClick(window, Qt.Key.Key_R, CONTROL_SHIFT)
    with qtbot.waitSignal(window.saver.saved, timeout=20_000) as saved:
        pass
    assert window.control.phase == "playing"
    folder = Path(saved.args[0])
    assert folder.parent == tmp_path / "runs"
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    with (folder / "gradients.csv").open(encoding="utf-8") as file:
        last = max(int(row["step"]) for row in csv.DictReader(file))
    assert last == summary["steps"]
    assert summary["edits"][0]["value"] == 0.02
    assert summary["instruments"]["budget"] == window.control.measuring.share > 0.0
    assert (folder / "instruments" / "stopping_bench.csv").exists()
    assert str(folder) in window.status.message.text()


def test_a_folder_that_cannot_be_made_is_said(qtbot: Any, open_window: Open, tmp_path: Path) -> None:
    window = open_window()
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    window.saver.folder = tmp_path / "file"
    window.commands.step_once()
    qtbot.waitUntil(lambda: window.control.view.history.step == 1)
    window.save_run()
    qtbot.waitUntil(lambda: window.banner.isVisible())
    assert "Not saved" in window.banner.text.text()
    assert "The run stays in this window" in window.banner.text.text()
    assert "file" in window.banner.text.text()
