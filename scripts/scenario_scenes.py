"""What is done in the pictures of scenarios, races, the timeline, labs and kept runs; `scripts.pictures` draws them."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtWidgets import QApplication

from gui.guide.guide import Guide
from gui.race.races import Races
from gui.scenarios.library import shipped
from gui.scenarios.page import ScenarioPage
from gui.scenarios.scenarios import Scenarios
from gui.timeline.time_travel import TimeTravel
from gui.window import MainWindow

PATIENCE_SECONDS = 120.0


def wait(condition: Callable[[], bool]) -> None:
    """Let the program run until a condition holds."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the scene did not get where it should in time")
        QApplication.processEvents()
        time.sleep(0.002)  # unlike QTest.qWait, this leaves the interpreter to the training thread


def settle(seconds: float = 0.5) -> None:
    """Let the last snapshot arrive and be drawn."""
    end = time.monotonic() + seconds
    wait(lambda: time.monotonic() > end)


def gallery(window: MainWindow) -> None:
    """Show all scenarios, some of which have been looked at before."""
    window.feature(Scenarios).show_gallery()
    settle(1.0)


def opened(window: MainWindow, name: str) -> ScenarioPage:
    """Open a shipped scenario."""
    scenarios = window.feature(Scenarios)
    scenarios.open(next(entry for entry in shipped() if entry.path is not None and entry.path.stem == name))
    assert scenarios.page is not None
    return scenarios.page


def predict(window: MainWindow, name: str, *, wrong: int) -> None:
    """Answer all questions of a scenario, one of them wrongly, as people do."""
    page = opened(window, name)
    for number, view in enumerate(page.questions):
        question = view.question
        choices = [choice for choice in question.choices if (choice == question.answer) == (number != wrong)]
        page.answered.emit(number, choices[0])
    settle()


def story(window: MainWindow) -> None:
    """Read what a scenario is about."""
    opened(window, "vanishing_gradients")


def prediction(window: MainWindow) -> None:
    """Stand before the run, with a prediction made."""
    predict(window, "vanishing_gradients", wrong=1)
    page = window.feature(Scenarios).page
    assert page is not None
    page.show_part(page.questions[1])


def race(window: MainWindow) -> None:
    """Let the variants of a scenario run side by side, to half of their way."""
    predict(window, "vanishing_gradients", wrong=1)
    window.feature(Scenarios).race()
    races = window.feature(Races)
    wait(lambda: races.open and bool(races.entrants) and races.entrants[0].run.history.epoch >= 40)
    window.toggle()
    settle(1.5)


def revealed(window: MainWindow) -> None:
    """Look at what came out of a race."""
    predict(window, "vanishing_gradients", wrong=1)
    scenarios = window.feature(Scenarios)
    scenarios.race()
    wait(lambda: scenarios.visit is not None and bool(scenarios.visit.records))
    settle(1.5)
    assert scenarios.page is not None
    scenarios.page.show_part(scenarios.page.questions[-1])


def past(window: MainWindow) -> None:
    """Go back to a moment of the run."""
    window.feature(TimeTravel).go_to(3_000.0)
    settle(2.0)


def begin_lab(window: MainWindow, name: str) -> Guide:
    """Begin a lab that ships with the program."""
    guide = window.feature(Guide)
    guide.show()
    guide.start(next(lab for lab in guide.labs if lab.name == name), "Ada")
    settle()
    return guide


def lab(window: MainWindow) -> None:
    """Stand at the beginning of a lab."""
    begin_lab(window, "why_deep_nets_stall")


def rate_lab(window: MainWindow) -> None:
    """Stand at the beginning of the other lab."""
    begin_lab(window, "choosing_a_learning_rate")


def lab_task(window: MainWindow) -> None:
    """Answer, run and then try the first task of a lab, without reaching it."""
    guide = begin_lab(window, "why_deep_nets_stall")
    journey = guide.journey
    assert journey is not None
    for number, question in enumerate(journey.questions):
        guide._answered(number, question.answer)
    guide.run()
    wait(lambda: journey.seen(journey.at))
    task = journey.tasks[0]
    guide._start_task(task.id)
    settle(1.5)
    window.toggle()
    wait(lambda: window.control.phase == "finished")
    settle(2.0)


def instructor(window: MainWindow) -> None:
    """Open the page for instructors."""
    guide = window.feature(Guide)
    guide.show()
    guide.show_instructor(next(lab for lab in guide.labs if lab.name == "why_deep_nets_stall"))
    settle(1.0)


def kept_runs(window: MainWindow) -> None:
    """Look at the runs that were kept."""
    for rate in (0.003, 0.05):
        window.builder.apply_changes({"optimizer.lr": rate})
        window.commands.reset()
        wait(lambda: window.control.phase == "ready")
        window.toggle()
        wait(lambda: window.control.view.history.epoch > 30)
        window.toggle()
    window.commands.reset()
    settle(1.0)
    window.workspace.left.show_page("Runs")
    settle(1.0)
