"""A lab from its start to its grade, as a person does it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from gui.guide.choose_page import ChoosePage
from gui.guide.end_page import EndPage
from training.labs import learner as files
from training.labs.grading import grade


def test_a_lab_is_done_from_start_to_grade(
    learner: Any, lab_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, guide = learner.window, learner.guide
    learner.begin("  Ada   Lovelace ")
    journey = guide.journey
    assert journey.result.learner == "Ada Lovelace"

    # Predict, then race: not the other way around.
    assert not learner.step.run.isEnabled()
    learner.click(learner.step.questions[0].choices[0].button)
    learner.click(learner.step.questions[0].choices[1].label)
    learner.race()
    assert learner.step.questions[0].verdict.text() == "✓ Right."
    assert not learner.step.questions[0].choices[0].button.isEnabled()

    # A first try that fails, hints, and one that works.
    learner.start_task("faster")
    assert window.workspace.left.current == "Experiment"
    learner.run(tries=1)
    assert "Not reached yet" in guide.task_run.bar.message.text()
    assert "found 2.4" in guide.task_run.bar.message.text()
    learner.press(Qt.Key.Key_H)
    assert window.workspace.left.current == "Guide"
    assert [hint.markdown for hint in learner.step.tasks["faster"].hints] == ["**Hint 1.** Look at the rate."]
    hint = learner.step.tasks["faster"].hints[0]
    learner.qtbot.waitUntil(lambda: not hint.visibleRegion().isEmpty())
    assert learner.step.tasks["faster"].goal_labels[0].text().startswith("✗")
    learner.type_into("optimizer.lr", "0.5")
    learner.run(tries=2)
    assert learner.step.tasks["faster"].done.text().startswith("✓")
    assert learner.lab.trail.buttons[0].text() == "1✓"

    # The second step asks nothing, but wants the race.
    learner.click(learner.lab.next)
    assert guide.task_run.task is None
    assert journey.left(1) == ["the race", "1 task"]
    learner.race()
    learner.start_task("wider")
    learner.type_into("network.hidden", "12 12")
    learner.run(tries=3)
    learner.press(Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    learner.click(learner.lab.next)

    # The end: what was done, and the file.
    assert isinstance(learner.lab.page, EndPage)
    summary = "2 of 2 steps are done, 2 of 2 tasks are reached, and 1 of 1 predictions came true."
    assert learner.lab.page.summary.text() == summary
    asked: list[str] = []

    def choose(_: object, __: str, suggestion: str, ___: str) -> tuple[str, str]:
        asked.append(Path(suggestion).name)
        return str(tmp_path / "handed in"), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    learner.click(learner.lab.page.save)
    assert asked == ["ada-lovelace-small_lab.labresult"]
    assert "Hand in this file" in learner.lab.page.saved.text()

    graded, = grade([tmp_path / "handed in.labresult"], labs={"small_lab": lab_path})
    assert [task.verdict for task in graded.tasks] == ["reached", "reached"]
    assert [(task.tries, task.hints) for task in graded.tasks] == [(2, 1), (1, 0)]
    assert (graded.learner, graded.right, graded.asked, graded.sound) == ("Ada Lovelace", 1, 1, True)

    learner.click(learner.lab.leave)
    assert isinstance(guide.page, ChoosePage)
    assert len(guide.page.resumes) == 1


def test_a_change_while_it_runs_counts_and_reproduces(learner: Any, lab_path: Path, tmp_path: Path) -> None:
    window, guide = learner.window, learner.guide
    learner.begin()
    learner.start_task("faster")
    window.commands.run_epoch()
    learner.qtbot.waitUntil(lambda: window.control.phase == "paused" and window.control.view.history.step == 4)
    window.builder.apply_changes({"optimizer.lr": 0.5})
    learner.qtbot.waitUntil(lambda: len(window.control.view.edits) == 1)
    learner.press(Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    learner.qtbot.waitUntil(lambda: len(guide.journey.result.attempts) == 1)
    learner.run(tries=2)
    first, second = guide.journey.result.attempts
    assert (first.steps, first.reached) == (4, False)
    assert [(edit.step, edit.key, edit.value) for edit in second.edits] == [(4, "optimizer.lr", 0.5)]
    path = tmp_path / "a.labresult"
    guide.save_to(path)
    graded, = grade([path], labs={"small_lab": lab_path})
    assert graded.tasks[0].verdict == "reached"
    assert files.load(path).attempts == (first, second)
