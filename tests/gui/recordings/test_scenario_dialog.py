"""A scenario made of a run: what is missing is told, and what is saved replays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from gui.recordings.scenario_dialog import ScenarioDialog
from gui.threads import EndingThreads
from tests.gui.one_window import SECONDS, experiment
from training.progress import STOP
from training.recordings.recording import RecordedEdit, Recording
from training.scenarios.replay import replay
from training.scenarios.scenario import ScriptedEdit
from training.scenarios.scenario_file import load
from training.validation import replace

EDIT = RecordedEdit(step=3, changes={"optimizer.lr": 0.03})
RECORDING = Recording(name="Mine", steps=12, fingerprint="a" * 64, experiment=experiment(), edits=(EDIT,))


@pytest.fixture
def dialog(qtbot: Any) -> Iterator[ScenarioDialog]:
    ending = EndingThreads()
    made = ScenarioDialog(RECORDING, replace(experiment(), {"network.activation": "sigmoid"}), ending)
    qtbot.addWidget(made)
    made.show()
    yield made
    made.reject()
    assert ending.wait(SECONDS)


def write(qtbot: Any, dialog: ScenarioDialog) -> None:
    qtbot.keyClicks(dialog.summary, "What it is.")
    qtbot.keyClicks(dialog.story, "A *story*.")


def press(qtbot: Any, dialog: ScenarioDialog) -> None:
    qtbot.mouseClick(dialog.save_button, Qt.MouseButton.LeftButton)


def test_what_is_missing_is_told(qtbot: Any, dialog: ScenarioDialog) -> None:
    press(qtbot, dialog)
    assert dialog.message.text() == "Story: write what this is about."
    qtbot.keyClicks(dialog.story, "A story.")
    press(qtbot, dialog)
    assert dialog.message.text().startswith("Summary: ")
    assert dialog.saved is None


def test_it_is_saved_with_what_comes_out_and_replays(
    qtbot: Any, dialog: ScenarioDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.toml"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(file), ""))
    write(qtbot, dialog)
    dialog.claims["val_score"].setChecked(True)
    dialog.variant.setChecked(True)
    press(qtbot, dialog)
    qtbot.waitUntil(lambda: dialog.saved is not None, timeout=20_000)
    scenario = load(file)
    assert scenario.edits == (ScriptedEdit(at="step 3", changes={"optimizer.lr": 0.03}),)
    assert scenario.variants["changed"].changes == {"network.activation": "sigmoid"}
    assert [expectation.metric for expectation in scenario.expectations] == ["train_loss", "val_score", "diverged"]
    assert replay(scenario, name="mine").failed == 0


def test_a_run_ended_by_hand_ends_there(qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = RecordedEdit(step=7, changes={STOP: True})
    stopped = RECORDING.model_copy(update={"steps": 7, "edits": (EDIT, stop)})
    dialog = ScenarioDialog(stopped, experiment(), EndingThreads())
    qtbot.addWidget(dialog)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(tmp_path / "s.toml"), ""))
    write(qtbot, dialog)
    assert not dialog.variant.isEnabled()
    press(qtbot, dialog)
    qtbot.waitUntil(lambda: dialog.saved is not None, timeout=20_000)
    assert load(tmp_path / "s.toml").experiment.steps == 7


def test_closing_ends_the_trial(qtbot: Any, dialog: ScenarioDialog) -> None:
    write(qtbot, dialog)
    press(qtbot, dialog)
    dialog.reject()
    assert dialog._thread is None
