"""A scenario worked through at the window: predict, run, see what came out, try."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt

from gui.builder.form_lock import FormLock
from gui.scenarios.library import Entry
from gui.scenarios.page import ScenarioPage
from gui.scenarios.scenarios import RACE_CLOSED, UNASKED, UNFINISHED, Scenarios
from gui.window import MainWindow
from tests.gui.scenarios.small import scenario
from training.progress import column
from training.scenarios.scenario_file import save
from training.scenarios.trial import run_variants

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def scenarios(lab: MainWindow, library: tuple[Entry, ...]) -> Scenarios:
    feature = lab.feature(Scenarios)
    feature.open(library[1])
    return feature


def page_of(scenarios: Scenarios) -> ScenarioPage:
    assert scenarios.page is not None
    return scenarios.page


def answer(qtbot: Any, scenarios: Scenarios, *choices: int) -> None:
    for view, choice in zip(page_of(scenarios).questions, choices, strict=True):
        view.choices[choice].button.click()


def until_revealed(qtbot: Any, scenarios: Scenarios) -> None:
    qtbot.waitUntil(lambda: scenarios.visit is not None and scenarios.visit.revealed, timeout=20_000)


def until_ended(qtbot: Any, lab: MainWindow, scenarios: Scenarios) -> None:
    qtbot.waitUntil(lambda: lab.control.phase == "finished", timeout=20_000)
    lab._tick()  # what is measured at the end begins with the turn that notices it
    qtbot.waitUntil(lambda: not scenarios.measurements.busy, timeout=20_000)


def test_prediction_comes_first_and_nothing_is_given_away(qtbot: Any, scenarios: Scenarios) -> None:
    page = page_of(scenarios)
    assert not page.run.isEnabled()
    assert page.message.text() == "Answer the questions first, or skip them."
    answer(qtbot, scenarios, 0, 1)
    assert page.run.isEnabled()
    assert page.skip.isHidden()
    assert not any(view.revealed for view in page.questions)
    assert page.outcome.isHidden()
    shown = " ".join(label.text() for label in page.findChildren(type(page.message)))
    assert "It goes further." not in shown


def test_a_run_before_the_prediction_gives_nothing_away(qtbot: Any, lab: MainWindow, scenarios: Scenarios) -> None:
    answer(qtbot, scenarios, 0, 1)
    scenarios._again()
    scenarios.load_run("base")
    qtbot.waitUntil(lambda: lab.control.phase == "ready")
    qtbot.keyClick(lab, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: page_of(scenarios).message.text() == UNASKED, timeout=20_000)
    assert scenarios.visit is not None
    assert not scenarios.visit.revealed
    answer(qtbot, scenarios, 0, 1)
    qtbot.mouseClick(page_of(scenarios).race, LEFT)
    until_revealed(qtbot, scenarios)


def test_questions_may_be_skipped(qtbot: Any, scenarios: Scenarios) -> None:
    page_of(scenarios).skip.click()
    assert page_of(scenarios).run.isEnabled()


def test_run_reveal_and_what_came_out(qtbot: Any, lab: MainWindow, scenarios: Scenarios) -> None:
    answer(qtbot, scenarios, 0, 1)
    page = page_of(scenarios)
    qtbot.mouseClick(page.run, LEFT)
    assert not page.questions[0].choices[1].button.isEnabled(), "the answers stay as they are"
    until_revealed(qtbot, scenarios)
    assert [view.verdict.text() for view in page.questions] == ["✗ Not so. The answer: Fast", "✓ Right."]
    assert page.findings[0].says.accessibleName() == "✓ Holds: Slow stays high"
    assert page.findings[0].told.text().startswith("found 0.")
    assert page.findings[1].says.accessibleName() == "○ Fast is lower"
    assert page.findings[1].told.text() == "needs ‘Fast’ and ‘Slow’"
    assert not page.outcome.isHidden()
    assert page.explanation.toPlainText() == "A small step goes a short way."


def test_the_run_is_the_headless_one_with_its_edits(qtbot: Any, lab: MainWindow, scenarios: Scenarios) -> None:
    answer(qtbot, scenarios, 0, 1)
    page_of(scenarios).run.click()
    until_revealed(qtbot, scenarios)
    view = lab.control.view
    assert view is not None
    record = run_variants(scenario(), 1)["base"]
    assert [(edit.step, edit.key, edit.value) for edit in view.edits] == [(8, "optimizer.lr", 0.04)]
    headless = record.steps[:, 0, column("batch_loss", record.layers)]
    np.testing.assert_array_equal(view.history.series("batch_loss").low, headless)
    assert lab.builder.draft.experiment.optimizer.lr == 0.05, "the form has what the run starts with"
    lab.commands.reset()
    qtbot.waitUntil(lambda: lab.control.phase == "ready")
    lab.toggle()
    qtbot.waitUntil(lambda: lab.control.phase == "finished", timeout=20_000)
    lab._tick()
    assert lab.control.view is not None
    assert [edit.value for edit in lab.control.view.edits] == [0.04], "and so has the next one"


def test_another_run_may_be_loaded_and_is_checked_too(qtbot: Any, lab: MainWindow, scenarios: Scenarios) -> None:
    answer(qtbot, scenarios, 0, 1)
    page = page_of(scenarios)
    page.run.click()
    until_revealed(qtbot, scenarios)
    assert not page.choice_row.isHidden()
    page.choice.setCurrentIndex(1)
    page.load.click()
    qtbot.waitUntil(lambda: lab.control.phase == "ready")
    assert lab.builder.draft.experiment.optimizer.lr == 0.5
    lab.toggle()
    qtbot.waitUntil(lambda: page.findings[1].says.accessibleName() == "✓ Holds: Fast is lower", timeout=20_000)


def test_a_race_tells_all_at_once(qtbot: Any, lab: MainWindow, scenarios: Scenarios) -> None:
    answer(qtbot, scenarios, 0, 1)
    page = page_of(scenarios)
    qtbot.mouseClick(page.race, LEFT)
    assert lab.workspace.stage.shown == "race"
    until_revealed(qtbot, scenarios)
    assert [view.says.accessibleName()[0] for view in page.findings] == ["✓", "✓"]


def test_a_race_closed_midway_says_so(qtbot: Any, lab: MainWindow, scenarios: Scenarios) -> None:
    answer(qtbot, scenarios, 0, 1)
    lab.control.limit_speed(5)
    qtbot.mouseClick(page_of(scenarios).race, LEFT)
    qtbot.waitUntil(lambda: scenarios.visit is not None and scenarios.visit.racing, timeout=20_000)
    qtbot.keyClick(lab, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: page_of(scenarios).message.text() == RACE_CLOSED)
    assert scenarios.visit is not None
    assert not scenarios.visit.revealed
    assert page_of(scenarios).race.isEnabled()


def test_beside_another_run_the_page_says_so(
    qtbot: Any, lab: MainWindow, scenarios: Scenarios, library: tuple[Entry, ...]
) -> None:
    assert page_of(scenarios).beside.isHidden()
    lab.builder.apply_changes({"network.activation": "relu"})
    qtbot.waitUntil(lambda: lab.files.modified)
    scenarios.open(library[2])
    assert page_of(scenarios).beside.text() == "The board shows another run; Run puts this one there."
    scenarios.open(library[1])
    page = page_of(scenarios)
    assert page.beside.text() == "The board shows another run; Run or Race puts this one there."
    assert not page.beside.isHidden()
    answer(qtbot, scenarios, 0, 1)
    assert not page.beside.isHidden()
    qtbot.mouseClick(page.race, LEFT)
    assert page.beside.isHidden()
    until_revealed(qtbot, scenarios)


def test_pills_lead_through_the_page(qtbot: Any, lab: MainWindow, scenarios: Scenarios) -> None:
    page = page_of(scenarios)

    def there() -> list[str]:
        return [name for name, pill in page.course.pills.items() if not pill.isHidden()]

    assert there() == ["Story", "Predict", "Run", "Your turn"]
    assert page.course.at == "Story"
    lab.resize(1100, 420)
    bar = page.scroll.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 100)
    qtbot.mouseClick(page.course.pills["Your turn"], LEFT)
    assert page.course.at == "Your turn"
    assert bar.value() > 0
    bar.setValue(0)
    assert page.course.at == "Story"
    page.skip.click()
    scenarios._reveal()
    assert there() == ["Story", "Predict", "Run", "Why", "Your turn"]
    qtbot.waitUntil(lambda: page.course.at == "Predict")


def test_after_the_reveal_what_was_read_and_answered_is_folded(qtbot: Any, scenarios: Scenarios) -> None:
    page = page_of(scenarios)
    answer(qtbot, scenarios, 0, 1)
    assert page.unfold.isHidden()
    scenarios._reveal()
    assert page.story.isHidden()
    question = page.questions[0]
    assert all(choice.isHidden() for choice in question.choices)
    assert question.chosen.text() == "Your answer: Slow"
    page.unfold.click()
    scenarios.refresh()
    assert not page.story.isHidden()
    assert page.unfold.isHidden()
    page.again.click()
    assert not any(choice.isHidden() for choice in question.choices)
    assert question.chosen.isHidden()


def test_a_run_ended_early_is_not_checked(qtbot: Any, lab: MainWindow, scenarios: Scenarios) -> None:
    answer(qtbot, scenarios, 0, 1)
    lab.control.limit_speed(5)
    page_of(scenarios).run.click()
    qtbot.waitUntil(lambda: lab.control.view is not None and lab.control.view.history.step > 0, timeout=20_000)
    lab.commands.stop()
    qtbot.waitUntil(lambda: page_of(scenarios).message.text() == UNFINISHED)
    assert scenarios.visit is not None
    assert not scenarios.visit.revealed
    page_of(scenarios).reveal.click()
    assert scenarios.visit.revealed


def test_a_changed_form_is_not_the_scenarios_run(qtbot: Any, lab: MainWindow, scenarios: Scenarios) -> None:
    answer(qtbot, scenarios, 0, 1)
    page_of(scenarios).run.click()
    until_revealed(qtbot, scenarios)
    lab.builder.apply_changes({"network.activation": "relu"})
    lab.commands.start(play=True)
    qtbot.waitUntil(lambda: "not the scenario's own" in page_of(scenarios).message.text(), timeout=20_000)
    assert "Activation was changed" in page_of(scenarios).message.text()


def test_begin_again(qtbot: Any, scenarios: Scenarios) -> None:
    answer(qtbot, scenarios, 0, 1)
    page_of(scenarios).run.click()
    until_revealed(qtbot, scenarios)
    page_of(scenarios).again.click()
    page = page_of(scenarios)
    assert [view.choice for view in page.questions] == [None, None]
    assert not page.run.isEnabled()
    assert page.outcome.isHidden()


@pytest.mark.parametrize("way", ["begin again", "open again"])
def test_the_old_run_gives_no_new_answers_away(
    qtbot: Any, lab: MainWindow, scenarios: Scenarios, library: tuple[Entry, ...], way: str
) -> None:
    page_of(scenarios).skip.click()
    page_of(scenarios).run.click()
    until_revealed(qtbot, scenarios)
    page_of(scenarios).again.click()
    if way == "open again":
        scenarios.open(library[1])
    lab.toggle()
    qtbot.waitUntil(lambda: lab.control.phase in ("loading", "playing"))
    until_ended(qtbot, lab, scenarios)
    lab._tick()
    assert scenarios.visit is not None
    assert not scenarios.visit.revealed


def test_what_was_answered_and_reached_is_there_the_next_time(
    qtbot: Any, lab: MainWindow, scenarios: Scenarios, library: tuple[Entry, ...]
) -> None:
    answer(qtbot, scenarios, 0, 1)
    page_of(scenarios).run.click()
    until_revealed(qtbot, scenarios)
    page_of(scenarios).back_button.click()
    assert lab.workspace.stage.shown == "gallery"
    later = Scenarios(lab)
    assert later.learned.answers("small") == {0: "Slow", 1: "No"}
    scenarios.open(library[1])
    assert page_of(scenarios).questions[0].verdict.text().startswith("✗")


# ----------------------------------------------------------------------------------- tasks


def start_task(qtbot: Any, lab: MainWindow, scenarios: Scenarios) -> Any:
    view = page_of(scenarios).tasks["hurry"]
    qtbot.mouseClick(view.start, LEFT)
    qtbot.waitUntil(lambda: lab.control.phase == "ready")
    return view


def test_a_task_is_reached_with_the_controls_it_allows(qtbot: Any, lab: MainWindow, scenarios: Scenarios) -> None:
    view = start_task(qtbot, lab, scenarios)
    assert lab.workspace.left.current == "Experiment"
    assert lab.builder.editor("optimizer.lr").isEnabled()
    assert not lab.builder.editor("network.activation").isEnabled()
    lab.toggle()
    until_ended(qtbot, lab, scenarios)
    qtbot.waitUntil(lambda: "not yet" in view.goal_labels[0].text())
    lab.builder.apply_changes({"optimizer.lr": 1.0})
    lab.commands.start(play=True)
    qtbot.waitUntil(lambda: view.done.text() == "✓ reached", timeout=20_000)
    assert "met" in view.goal_labels[0].text()
    assert scenarios.learned.tasks("small") == {"hurry"}


def test_what_is_not_allowed_does_not_count(qtbot: Any, lab: MainWindow, scenarios: Scenarios) -> None:
    view = start_task(qtbot, lab, scenarios)
    assert scenarios.task_form is not None
    scenarios.task_form.lock.release()
    lab.builder.apply_changes({"epochs": 8, "optimizer.lr": 1.0})
    lab.commands.start(play=True)
    qtbot.waitUntil(lambda: view.message.text() == "Not counted: Epochs was changed.", timeout=20_000)
    assert scenarios.learned.tasks("small") == frozenset()


def test_the_strip_above_the_form_says_what_to_do_and_what_came_of_it(
    qtbot: Any, lab: MainWindow, scenarios: Scenarios
) -> None:
    view = start_task(qtbot, lab, scenarios)
    assert scenarios.task_form is not None
    bar = scenarios.task_form.bar
    assert bar.isVisibleTo(lab.builder)
    assert "Learning rate" in bar.controls.text()
    lab.toggle()
    until_ended(qtbot, lab, scenarios)
    qtbot.waitUntil(lambda: bar.message.text().startswith("Not reached yet."))
    assert view.goal_labels[0].text().split(" — ")[0] in bar.message.text()
    lab.actions_table.by_text["Hint for the task"].trigger()
    assert lab.workspace.left.current == "Scenarios"
    assert len(view.hints) == 1
    lab.workspace.left.show_page("Experiment")
    lab.actions_table.by_text["Check the task"].trigger()
    assert bar.message.text() == "Checking this run …"
    qtbot.mouseClick(bar.back, LEFT)
    assert lab.workspace.left.current == "Scenarios"
    qtbot.mouseClick(bar.leave, LEFT)
    assert lab.builder.editor("network.activation").isEnabled()
    assert scenarios.task_form is None


def test_one_lock_at_a_time(lab: MainWindow) -> None:
    start = lab.builder.draft.experiment
    first, second = (FormLock(lab.builder, start, [key]) for key in ("optimizer.lr", "network.activation"))
    first.release()
    assert not lab.builder.editor("optimizer.lr").isEnabled()
    assert lab.builder.editor("network.activation").isEnabled()
    second.release()
    assert lab.builder.editor("optimizer.lr").isEnabled()


def test_nothing_trained_is_said(qtbot: Any, lab: MainWindow, scenarios: Scenarios) -> None:
    view = start_task(qtbot, lab, scenarios)
    view.check.click()
    assert view.message.text() == "Nothing has been trained yet: run it first (Space)."


def test_the_form_is_open_again_for_another_document(qtbot: Any, lab: MainWindow, scenarios: Scenarios) -> None:
    start_task(qtbot, lab, scenarios)
    lab.files.new()
    qtbot.waitUntil(lambda: lab.builder.editor("network.activation").isEnabled())


# ----------------------------------------------------------------------------------- files and sizes


def test_a_file_is_opened_as_a_scenario(qtbot: Any, lab: MainWindow, tmp_path: Path) -> None:
    save(scenario(title="Mine"), tmp_path / "mine.toml")
    lab.files.open_file(tmp_path / "mine.toml")
    feature = lab.feature(Scenarios)
    assert feature.visit is not None
    assert feature.visit.scenario.title == "Mine"
    assert lab.workspace.left.current == "Scenarios"


def test_every_mistake_is_told_with_its_line(lab: MainWindow, tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    save(scenario(), file)
    text = file.read_text(encoding="utf-8").replace('group = "learning rate"', 'group = "cooking"')
    file.write_text(text.replace("minutes = 7", "minutes = 0"), encoding="utf-8")
    lab.files.open_file(file)
    told = lab.banner.text.text()
    assert told.startswith("Not opened")
    assert "line 4, group = 'cooking'" in told
    assert "minutes = 0" in told
    assert lab.feature(Scenarios).visit is None


def test_all_controls_are_named_and_have_tips(scenarios: Scenarios) -> None:
    page = page_of(scenarios)
    of_task = page.tasks["hurry"].findChildren(type(page.run))
    buttons = [page.back_button, page.copy, page.skip, page.run, page.race, page.load, *of_task]
    assert all(button.toolTip() for button in buttons)
    assert page.choice.accessibleName()


def test_the_page_survives_another_size(qtbot: Any, lab: MainWindow, scenarios: Scenarios) -> None:
    answer(qtbot, scenarios, 0, 1)
    start_task(qtbot, lab, scenarios)
    lab.workspace.left.show_page("Scenarios")
    qtbot.waitUntil(lambda: page_of(scenarios).scroll.verticalScrollBar().maximum() > 0)
    page_of(scenarios).go_to(1.0)
    qtbot.waitUntil(lambda: page_of(scenarios).place == 1.0)
    lab.set_scale(1.3)
    page = page_of(scenarios)
    qtbot.waitUntil(lambda: page.place > 0.9)
    assert lab.workspace.left.current == "Scenarios"
    assert [view.choice for view in page.questions] == ["Slow", "No"]
    assert not lab.builder.editor("network.activation").isEnabled()
    assert lab.builder.editor("optimizer.lr").isEnabled()


def test_a_task_left_is_no_hindrance_to_another_size(lab: MainWindow, scenarios: Scenarios) -> None:
    page_of(scenarios).tasks["hurry"].start.click()
    scenarios.load_run("base")
    lab.set_scale(1.1)  # before the next turn of the timer
    assert scenarios.visit is not None
    assert scenarios.visit.task == ""
    lab.set_scale(1.0)
