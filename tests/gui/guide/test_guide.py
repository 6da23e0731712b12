"""The Guide where things do not go straight: forbidden changes, other documents, closing, several learners."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from gui import theme
from gui.guide import shelf
from gui.guide.choose_page import ChoosePage
from gui.guide.guide import Guide
from gui.guide.lab_page import LabPage
from gui.race.races import Races
from gui.window import MainWindow
from training.errors import InputError
from training.labs import lab_file
from training.labs import learner as files
from training.validation import replace


def test_what_the_task_does_not_allow_is_locked_or_taken_back(learner: Any) -> None:
    window, guide = learner.window, learner.guide
    learner.begin()
    learner.start_task("faster")
    builder = window.builder
    start = builder.draft.experiment
    assert builder.editor("optimizer.lr").isEnabled()
    closed = builder.editor("data.noise")
    assert not closed.isEnabled()
    assert "Locked" in closed.toolTip()
    QTest.keyClicks(closed, "9")
    assert builder.draft.experiment == start

    builder.apply_changes({"network.hidden": [64]})  # as the network diagram does
    assert builder.draft.experiment == start
    assert "Hidden layers: taken back" in guide.task_run.bar.message.text()
    builder.apply_changes({"schedule.kind": "cosine", "optimizer.lr": 0.2})
    assert builder.draft.experiment == replace(start, {"optimizer.lr": 0.2})
    learner.press(Qt.Key.Key_N)  # a new seed
    learner.wait_ready()
    assert builder.draft.experiment.seed == start.seed
    assert window.control.view.original.seed == start.seed
    assert not builder.editor("schedule.kind").isEnabled()

    learner.click(guide.task_run.bar.leave)
    assert guide.task_run.task is None
    assert builder.editor("data.noise").isEnabled()
    assert "Locked" not in builder.editor("data.noise").toolTip()
    builder.apply_changes({"network.hidden": [7]})
    assert builder.draft.experiment.network.hidden == (7,)


def test_a_run_that_breaks_the_rules_all_the_same_is_not_counted(learner: Any) -> None:
    window, guide = learner.window, learner.guide
    learner.begin()
    learner.start_task("faster")
    guide.task_run.form.lock.release()  # a way around the lock that nobody has thought of
    window.builder.apply_changes({"network.hidden": [64], "optimizer.lr": 0.5})
    learner.wait_ready()
    window.commands.reset()
    learner.wait_ready()
    learner.press(Qt.Key.Key_Space)
    learner.qtbot.waitUntil(lambda: "Not counted" in guide.task_run.bar.message.text(), timeout=20_000)
    assert "network.hidden" in guide.task_run.bar.message.text()
    assert guide.journey.result.attempts == ()


def test_another_experiment_leaves_the_task(learner: Any) -> None:
    window, guide = learner.window, learner.guide
    learner.begin()
    learner.start_task("faster")
    window.files.new()
    learner.qtbot.waitUntil(lambda: guide.task_run.task is None)
    assert guide.task_run.bar is None
    assert all(editor.isEnabled() for editor in (window.builder.editor("data.noise"), window.builder.editor("seed")))


def test_the_task_survives_another_size_and_theme(learner: Any) -> None:
    window, guide = learner.window, learner.guide
    learner.begin()
    learner.start_task("faster")
    window.set_scale(1.2)
    window.set_theme(theme.LIGHT)
    assert guide.task_run.bar.isVisibleTo(window.builder)
    assert not window.builder.editor("data.noise").isEnabled()
    learner.type_into("optimizer.lr", "0.5")
    learner.run(tries=1)
    assert guide.journey.reached(0, "faster")
    assert learner.step.tasks["faster"].done.text().startswith("✓")


def test_the_program_goes_on_where_it_was_closed(
    learner: Any, open_window: Callable[..., MainWindow]
) -> None:
    learner.begin()
    learner.click(learner.step.questions[0].choices[1].button)
    learner.click(learner.lab.next)
    learner.window.close()
    again = open_window()
    guide = again.feature(Guide)
    assert guide.journey is None  # nothing is read before it is wanted
    guide.show()
    assert isinstance(guide.page, LabPage)
    assert (guide.journey.result.learner, guide.journey.at) == ("Ada", 1)
    assert guide.journey.choice(0, 0) == "No"
    again.feature(Guide).leave()
    again.close()
    third = open_window().feature(Guide)
    third.show()
    assert isinstance(third.page, ChoosePage)


def test_several_learners_share_a_computer(learner: Any) -> None:
    guide = learner.guide
    learner.begin("Ada")
    learner.click(learner.step.questions[0].choices[1].button)
    learner.click(learner.lab.leave)
    learner.begin("ada")
    assert guide.journey.choice(0, 0) == ""
    learner.click(learner.lab.leave)
    assert len(guide.page.resumes) == 2
    learner.begin("Ada")
    assert guide.journey.choice(0, 0) == "No"


def test_progress_altered_by_hand_is_not_gone_on_with(learner: Any) -> None:
    guide = learner.guide
    learner.begin()
    path = guide.journey.path
    learner.click(learner.lab.leave)
    path.write_text(path.read_text(encoding="utf-8").replace("at = 1", "at = 2"), encoding="utf-8")
    learner.begin()
    assert guide.journey is None
    assert "changed by something else" in guide.page.problem.text()


def test_a_file_from_elsewhere_is_gone_on_with(learner: Any, tmp_path: Path) -> None:
    guide = learner.guide
    learner.begin()
    learner.click(learner.step.questions[0].choices[1].button)
    guide.save_to(tmp_path / "stick.labresult")
    kept = guide.journey.path
    learner.click(learner.lab.leave)
    kept.unlink()
    learner.window.files.open_file(tmp_path / "stick.labresult")
    assert guide.journey.choice(0, 0) == "No"
    (tmp_path / "bad.labresult").write_text('kind = "result"\nlab = "../x"\n', encoding="utf-8")
    learner.window.files.open_file(tmp_path / "bad.labresult")
    assert "Not opened" in learner.window.banner.text.text()
    assert guide.journey.choice(0, 0) == "No"


def test_a_full_disk_is_told_and_loses_nothing(learner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    guide = learner.guide
    learner.begin()

    def full(*_: object) -> None:
        raise InputError("cannot be written: No space left on device", where="x")

    monkeypatch.setattr(shelf.learner, "save", full)
    learner.click(learner.step.questions[0].choices[1].button)
    assert "Your progress is not kept" in learner.window.banner.text.text()
    assert guide.journey.choice(0, 0) == "No"


def test_before_a_lab_is_begun(learner: Any, lab_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guide = learner.guide
    for do in (guide.hint, guide.save, guide.show_instructor_of_open, guide.task_run.check):
        do()  # their keys work always, and say what is missing
        assert "the Guide (Ctrl+H)" in learner.window.status.message.accessibleName()
    guide.show()
    for name in ("", "   ", "a\u202eb"):
        guide.page.name.setText(name)
        learner.click(guide.page.cards["small_lab"].start)
        assert guide.journey is None
        assert guide.page.problem.text()

    learner.click(guide.page.cards["small_lab"].instructor)
    assert guide.instructor.windowTitle() == "For the instructor: A small lab"
    assert "Expect 0.2." in guide.instructor.view.toPlainText()
    assert all("Expect" not in label.text() for label in guide.stack.findChildren(QLabel))
    guide.instructor.close()

    monkeypatch.setattr(lab_file, "shipped_labs", dict)
    guide._look_around()
    guide._show_labs()
    assert guide.page.cards == {}
    learner.window.files.open_file(lab_path)  # a lab of one's own
    assert list(guide.page.cards) == ["small_lab"]


def test_a_run_ended_by_hand_shows_nothing_yet(learner: Any) -> None:
    learner.begin()
    learner.click(learner.step.questions[0].choices[1].button)
    races = learner.window.feature(Races)
    learner.click(learner.step.run)
    races.limit_speed(1.0)
    learner.qtbot.waitUntil(lambda: races.control.phase == "playing")
    learner.press(Qt.Key.Key_S)
    learner.qtbot.waitUntil(lambda: "before its time" in learner.step.message.text(), timeout=20_000)
    assert not learner.guide.journey.seen(0)
    assert not learner.step.questions[0].revealed


def test_the_shelf_keeps_each_learner_apart(tmp_path: Path, lab_path: Path) -> None:
    kept = shelf.Shelf(tmp_path)
    lab = lab_file.load(lab_path)
    paths = {kept.new(lab, name).path.name for name in ("Ada", "ada", "A.d.a", "x" * 60, "x" * 59 + "y", "李")}
    assert len(paths) == 6
    assert kept.open is None
    one = kept.save(kept.new(lab, "Ada"))
    kept.remember_open(one.path)
    assert kept.open == one.path
    assert [found.result for found in kept.kept()] == [files.load(one.path)]
    (kept.folder / shelf.OPEN).write_text("[", encoding="utf-8")
    assert kept.open is None
