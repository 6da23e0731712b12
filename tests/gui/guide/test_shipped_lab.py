"""A lab that ships with the program, done from its start to its grade: read, predict, race, do, hand in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox

from gui.guide.end_page import EndPage
from gui.window import MainWindow
from tests.gui.guide.conftest import Learner
from training.labs.grading import grade

LAB = "choosing_a_learning_rate"
TRIES = {
    "faster": [{"optimizer.lr": "0.01"}, {"optimizer.lr": "1"}],
    "rescue": [{"optimizer.lr": "0.5"}],
    "quarter": [{"optimizer.lr": "0.625"}],
    "settle": [{"schedule.kind": "inverse_time"}],
    "shortest": [{"schedule.warmup": "3"}],
}  # fmt: skip
"""What a learner tries who reads: the first of them fails."""


@pytest.fixture
def learner(open_window: Callable[..., MainWindow], qtbot: Any) -> Learner:
    return Learner(open_window(), qtbot)


def choose(learner: Learner, key: str, value: str) -> None:
    """Set a field of the form: type into it, or go down its list."""
    editor = learner.window.builder.editor(key)
    if not isinstance(editor, QComboBox):
        learner.type_into(key, value)
        return
    editor.setFocus()
    QTest.keyClick(editor, Qt.Key.Key_Home)
    while editor.currentData() != value:
        before = editor.currentIndex()
        QTest.keyClick(editor, Qt.Key.Key_Down)
        assert editor.currentIndex() > before, f"{key} cannot be {value}"


def test_a_shipped_lab_is_done_from_start_to_grade(learner: Learner, tmp_path: Path) -> None:
    learner.press(Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(learner.guide.page.name, "Grace")
    learner.click(learner.guide.page.cards[LAB].start)
    journey = learner.guide.journey
    tried = 0
    for index in range(journey.steps):
        for view, question in zip(learner.step.questions, journey.questions, strict=True):
            learner.click(view.choices[question.choices.index(question.answer)].button)
        learner.race()
        for task in [task.id for task in journey.tasks]:
            learner.start_task(task)
            for fields in TRIES[task]:
                for key, value in fields.items():
                    choose(learner, key, value)
                tried += 1
                learner.run(tried)
            assert journey.reached(index, task)
        learner.click(learner.lab.next)
    assert isinstance(learner.lab.page, EndPage)
    path = tmp_path / "grace.labresult"
    learner.guide.save_to(path)
    graded, = grade([path])
    assert [task.verdict for task in graded.tasks] == ["reached"] * 5
    assert [task.tries for task in graded.tasks] == [2, 1, 1, 1, 1]
    assert (graded.right, graded.asked, graded.sound) == (10, 10, True)
