"""A question and a task as widgets."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt

from gui import theme
from gui.scenarios.question_view import QuestionView
from gui.scenarios.task_view import GoalState, TaskView, control_names
from tests.gui.scenarios.small import scenario


@pytest.fixture
def question(qtbot: Any) -> QuestionView:
    made = QuestionView(scenario().questions[0], theme.DARK, 1.0)
    qtbot.addWidget(made)
    made.resize(280, 300)
    made.show()
    return made


def test_a_click_on_the_words_answers(qtbot: Any, question: QuestionView) -> None:
    with qtbot.waitSignal(question.answered) as told:
        qtbot.mouseClick(question.choices[1], Qt.MouseButton.LeftButton, pos=QPoint(60, 8))
    assert told.args == ["Fast"]
    assert question.choice == "Fast"
    assert not question.revealed
    assert "Fast" not in question.verdict.text()


def test_arrow_keys_choose(qtbot: Any, question: QuestionView) -> None:
    question.choices[0].button.setFocus()
    qtbot.keyClick(question.choices[0].button, Qt.Key.Key_Space)
    qtbot.keyClick(question.choices[0].button, Qt.Key.Key_Down)
    assert question.choice == "Fast"


@pytest.mark.parametrize(
    ("chosen", "said"),
    [("Fast", "✓ Right."), ("Slow", "✗ Not so. The answer: Fast"), (None, "Skipped. The answer: Fast")],
)  # fmt: skip
def test_what_is_right_is_said_in_words(question: QuestionView, chosen: str | None, said: str) -> None:
    question.choose(chosen)
    question.reveal()
    assert question.verdict.text() == said
    assert question.why.toPlainText() == "It goes further."
    assert not any(choice.button.isEnabled() for choice in question.choices)


def test_once_locked_it_takes_no_answer(qtbot: Any, question: QuestionView) -> None:
    question.choose("Slow")
    question.lock()
    qtbot.mouseClick(question.choices[1], Qt.MouseButton.LeftButton, pos=QPoint(60, 8))
    assert question.choice == "Slow"


def test_hints_come_one_by_one(qtbot: Any) -> None:
    view = TaskView(scenario().tasks[0], theme.DARK, 1.0)
    qtbot.addWidget(view)
    shown: list[int] = []
    view.hint_shown.connect(shown.append)
    assert view.hint.text() == "Hint 1 of 2"
    view.hint.click()
    assert [hint.toPlainText() for hint in view.hints] == ["Hint 1. A larger step goes further."]
    view.hint.click()
    assert shown == [1, 2]
    assert view.hint.text() == "No more hints"
    assert not view.hint.isEnabled()


def test_goals_say_what_was_found_and_whether_that_is_enough(qtbot: Any) -> None:
    view = TaskView(scenario().tasks[0], theme.DARK, 1.0)
    qtbot.addWidget(view)
    view.show_goals([GoalState("Loss below 0.4"), GoalState("Rate above 1", "2", True), GoalState("C", "3", False)])
    texts = [label.text() for label in view.goal_labels]
    assert texts == ["○ Loss below 0.4", "✓ Rate above 1 — found 2, met", "✗ C — found 3, not yet"]


def test_controls_are_called_as_in_the_form() -> None:
    names = control_names(["optimizer.lr", "network.initialization.", "schedule.", "batch_size"])
    assert names == ["Learning rate", "everything about initialization", "everything in Schedule", "Batch size"]


def test_a_task_can_be_read_in_another_theme(qtbot: Any) -> None:
    view = TaskView(scenario().tasks[0], theme.DARK, 1.0)
    qtbot.addWidget(view)
    view.show_goals([GoalState("low"), GoalState("lower", "0.1", met=True)])
    view.show_message("Not counted.", warn=True)
    view.restyle(theme.LIGHT)
    shown = [label.styleSheet() for label in (*view.goal_labels, view.message)]
    wanted = [theme.LIGHT.text, theme.LIGHT.ok, theme.LIGHT.warn]
    assert all(color in style for color, style in zip(wanted, shown, strict=True)), shown
