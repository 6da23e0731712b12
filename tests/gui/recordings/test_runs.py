"""Recorded runs at the window: kept by themselves, replayed to the same result, copied, pasted, deleted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from gui.documents import Document
from gui.recordings.kept import KeptRuns
from gui.recordings.runs import NO_LINE, Runs
from gui.scenarios.scenarios import Scenarios
from gui.window import MainWindow
from tests.gui.one_window import experiment
from tests.gui.scenarios.small import scenario
from training.recordings.again import run_again
from training.recordings.recording import Recording
from training.recordings.recording_file import load, save
from training.scenarios import scenario_file
from training.text_line import to_line

MISTAKEN = scenario_file.dumps(scenario()).replace('level = "introductory"', 'level = "easy"')
LEFT = Qt.MouseButton.LeftButton


def train(qtbot: Any, lab: MainWindow) -> None:
    lab.toggle()
    until_finished(qtbot, lab)


def until_finished(qtbot: Any, lab: MainWindow) -> None:
    qtbot.waitUntil(lambda: lab.control.phase == "finished", timeout=20_000)
    lab._tick()


def recordings(runs: Runs) -> list[Recording]:
    return [kept.recording for kept in runs.kept.runs]


def train_with_an_edit(qtbot: Any, lab: MainWindow) -> None:
    """Train a few steps, change the rate, and go on to the end."""
    for step in (1, 2, 3):
        qtbot.waitUntil(lambda: lab.commands.may_step())
        lab.commands.step_once()
        qtbot.waitUntil(lambda step=step: lab.control.view.history.step == step)
    qtbot.waitUntil(lambda: lab.control.phase == "paused")
    lab.builder.apply_changes({"optimizer.lr": 0.05})
    train(qtbot, lab)


def test_a_run_that_ends_is_kept(qtbot: Any, lab: MainWindow, runs: Runs) -> None:
    assert not runs.page.nothing.isHidden()
    train_with_an_edit(qtbot, lab)
    (kept,) = recordings(runs)
    assert kept.experiment == experiment()
    assert [(edit.step, edit.changes) for edit in kept.edits] == [(3, {"optimizer.lr": 0.05})]
    assert run_again(kept).exact, "headless it comes to the same parameters"
    assert runs.page.nothing.isHidden()
    assert runs.page.list.runs.rowCount() == 1


def test_one_that_is_reset_is_kept_as_far_as_it_got(qtbot: Any, lab: MainWindow, runs: Runs) -> None:
    lab.commands.run_epoch()
    qtbot.waitUntil(lambda: lab.control.phase == "paused")
    lab._tick()
    lab.commands.reset()
    qtbot.waitUntil(lambda: len(recordings(runs)) == 1)
    (kept,) = recordings(runs)
    assert kept.steps == 6
    assert run_again(kept).figures["train_loss"] == kept.figures["train_loss"]


def test_one_that_is_under_way_when_the_window_closes_is_kept(
    qtbot: Any, open_window: Callable[..., MainWindow], state_folder: Path
) -> None:
    window = open_window()
    window.commands.step_once()
    qtbot.waitUntil(lambda: window.control.view is not None and window.control.view.history.step == 1)
    window.close()
    assert [run.recording.steps for run in KeptRuns(state_folder).runs] == [1]


def test_a_run_that_never_trained_is_not_kept(qtbot: Any, lab: MainWindow, runs: Runs) -> None:
    view = lab.control.view
    lab.commands.reset()
    qtbot.waitUntil(lambda: lab.control.view is not view)
    lab._tick()
    assert recordings(runs) == []


def test_a_run_that_goes_on_is_kept_once(qtbot: Any, lab: MainWindow, runs: Runs) -> None:
    train(qtbot, lab)
    lab.commands.extend(2)
    qtbot.waitUntil(lambda: lab.control.view is not None and lab.control.view.history.epoch == 4, timeout=20_000)
    until_finished(qtbot, lab)
    qtbot.waitUntil(lambda: [kept.steps for kept in recordings(runs)] == [24])


def test_a_run_is_kept_under_the_scenario_it_is_of(qtbot: Any, lab: MainWindow, runs: Runs) -> None:
    lab.commands.run_epoch()
    qtbot.waitUntil(lambda: lab.control.phase == "paused")
    lab.feature(Scenarios).open_scenario(scenario())
    qtbot.waitUntil(lambda: [kept.scenario for kept in recordings(runs)] == [""])
    lab.commands.run_epoch()
    qtbot.waitUntil(lambda: lab.control.phase == "paused")
    lab.show_document(Document(experiment()))
    qtbot.waitUntil(lambda: [kept.scenario for kept in recordings(runs)] == ["Slow and fast", ""])


@pytest.mark.parametrize("edited", [False, True])
def test_a_replay_comes_to_the_same_result(qtbot: Any, lab: MainWindow, runs: Runs, edited: bool) -> None:
    (train_with_an_edit if edited else train)(qtbot, lab)
    lab.show_document(Document(experiment(network__hidden=(3,))))
    qtbot.waitUntil(lambda: lab.control.phase == "ready")
    qtbot.mouseClick(runs.page.buttons["replay"], LEFT)
    qtbot.waitUntil(lambda: lab.banner.text.text() == "Replayed to the same result, bit for bit.", timeout=20_000)
    assert lab.control.view is not None
    assert [edit.step for edit in lab.control.view.edits] == ([3] if edited else [])
    assert len(recordings(runs)) == 1, "a replay is not kept once more"


def test_a_run_reset_early_is_replayed_that_far(qtbot: Any, lab: MainWindow, runs: Runs) -> None:
    lab.commands.run_epoch()
    qtbot.waitUntil(lambda: lab.control.phase == "paused")
    lab._tick()
    lab.commands.reset()
    qtbot.waitUntil(lambda: runs.page.list.chosen is not None)
    qtbot.keyClick(runs.page.list, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: lab.banner.text.text().startswith("Replayed to the same figures"), timeout=20_000)
    assert lab.control.view is not None
    assert lab.control.view.history.step == 6


def test_another_result_is_told(qtbot: Any, lab: MainWindow, runs: Runs) -> None:
    train(qtbot, lab)
    (kept,) = recordings(runs)
    other = {**kept.figures, "train_loss": 2 * kept.figures["train_loss"]}
    runs.replay(kept.model_copy(update={"figures": other, "fingerprint": "0" * 64}))
    qtbot.waitUntil(lambda: lab.banner.text.text().startswith("The replay came out otherwise"), timeout=20_000)
    assert "training loss" in lab.banner.text.text()


def test_what_is_changed_during_a_replay_is_told(qtbot: Any, lab: MainWindow, runs: Runs) -> None:
    train(qtbot, lab)
    lab.control.limit_speed(5)
    runs.replay(recordings(runs)[0])
    qtbot.waitUntil(lambda: lab.control.phase == "playing" and lab.control.view.history.step > 0, timeout=20_000)
    lab.builder.apply_changes({"optimizer.lr": 0.2})
    lab.control.limit_speed(None)
    qtbot.waitUntil(lambda: "a run of its own" in lab.banner.text.text(), timeout=20_000)
    assert len(recordings(runs)) == 2


def test_its_experiment_is_loaded_without_the_changes(qtbot: Any, lab: MainWindow, runs: Runs) -> None:
    train_with_an_edit(qtbot, lab)
    lab.files.document.saved = lab.builder.draft.experiment
    qtbot.mouseClick(runs.page.buttons["load"], LEFT)
    assert lab.builder.draft.experiment == experiment()
    assert lab.workspace.left.current == "Experiment"
    train(qtbot, lab)
    assert lab.control.view is not None
    assert lab.control.view.edits == []


def test_delete_and_undo(qtbot: Any, lab: MainWindow, runs: Runs) -> None:
    train(qtbot, lab)
    train(qtbot, lab)
    before = list(runs.kept.runs)
    qtbot.keyClick(runs.page.list, Qt.Key.Key_Delete)
    assert len(recordings(runs)) == 1
    qtbot.mouseClick(runs.page.deleted, LEFT)
    assert runs.kept.runs == before
    assert runs.page.deleted.isHidden()
    assert len(list(lab.folder.glob("recordings/*.labrun"))) == 2


def test_a_run_goes_through_a_file(
    qtbot: Any, lab: MainWindow, runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(qtbot, lab)
    file = tmp_path / "mine"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(file), ""))
    qtbot.mouseClick(runs.page.buttons["save"], LEFT)
    assert load(file.with_suffix(".labrun")) == recordings(runs)[0]
    lab.workspace.left.show_page("Experiment")
    lab.files.open_file(file.with_suffix(".labrun"))
    assert lab.workspace.left.current == "Runs"
    assert len(recordings(runs)) == 2
    assert runs.page.list.chosen is runs.kept.runs[0]


def test_a_damaged_file_is_told_by_line(lab: MainWindow, runs: Runs, tmp_path: Path) -> None:
    file = tmp_path / "wrong.labrun"
    save(Recording(name="x", steps=3, experiment=experiment()), file)
    file.write_text(file.read_text(encoding="utf-8").replace("steps = 3", 'steps = "many"', 1), encoding="utf-8")
    lab.files.open_file(file)
    assert "line 5, steps = 'many'" in lab.banner.text.text() or "steps = 'many'" in lab.banner.text.text()
    assert recordings(runs) == []


# ------------------------------------------------------------------------------- lines of text


def test_a_run_is_copied_and_pasted_as_a_line(qtbot: Any, lab: MainWindow, runs: Runs) -> None:
    train_with_an_edit(qtbot, lab)
    lab.actions_table.by_text["Copy as a line"].trigger()
    line = QGuiApplication.clipboard().text()
    assert line.startswith("lab1:")
    assert "\n" not in line
    lab.workspace.left.show_page("Experiment")
    lab.actions_table.by_text["Paste a line"].trigger()
    first, second = recordings(runs)
    assert first == second
    qtbot.mouseClick(runs.page.buttons["copy"], LEFT)
    assert QGuiApplication.clipboard().text() == line


def test_a_scenario_is_copied_and_pasted_as_a_line(qtbot: Any, lab: MainWindow, runs: Runs) -> None:
    scenarios = lab.feature(Scenarios)
    scenarios.open_scenario(scenario(title="Sent"))
    assert scenarios.page is not None
    qtbot.mouseClick(scenarios.page.copy, LEFT)
    scenarios.show_gallery()
    qtbot.mouseClick(scenarios.filters.line, LEFT)
    assert scenarios.visit is not None
    assert scenarios.visit.scenario == scenario(title="Sent")


def test_nothing_trained_is_nothing_to_copy(lab: MainWindow, runs: Runs) -> None:
    QGuiApplication.clipboard().setText("before")
    runs.copy_current()
    assert QGuiApplication.clipboard().text() == "before"


@pytest.mark.parametrize(
    ("pasted", "told"),
    [
        ("", NO_LINE), ("good morning", NO_LINE), ("lab1:AAAA", "Not opened: the line is damaged; a part"),
        ("lab1:AAAA", "Copy the whole line again"),
        (to_line('kind = "lab"'), "not a scenario or a run"), (to_line('kind = "cat"'), "not one of"),
        (to_line("[["), "not valid TOML"),
        (to_line(MISTAKEN), "level = 'easy'"),
    ],
    ids=["nothing", "words", "damaged", "what to do", "a lab", "no kind", "no TOML", "a mistake"],
)  # fmt: skip
def test_what_cannot_be_pasted_is_told(lab: MainWindow, runs: Runs, pasted: str, told: str) -> None:
    QGuiApplication.clipboard().setText(pasted)
    runs.paste()
    assert told in lab.banner.text.text()
    assert recordings(runs) == []
