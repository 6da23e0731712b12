"""What somebody who does anything at all does with scenarios, races, the timeline, kept runs and labs.

Clicks at random hardly ever come so far: a scenario must be open, and its questions answered, before it can be run.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QAbstractButton

from gui.guide.choose_page import ChoosePage
from gui.guide.guide import Guide
from gui.guide.lab_page import LabPage
from gui.guide.step_page import StepPage
from gui.race.races import Races
from gui.recordings.runs import Runs
from gui.scenarios.library import shipped
from gui.scenarios.question_view import QuestionView
from gui.scenarios.scenarios import Scenarios
from gui.timeline.playback import SPEEDS
from gui.timeline.time_travel import TimeTravel
from gui.window import MainWindow

NAMES = ("Ann", "Ben", "", "../../etc", "x" * 60)
TABS = ("Experiment", "Scenarios", "Guide", "Runs")


class LabMonkey:
    """Does one thing at a time, of those that are possible just then."""

    def __init__(self, window: MainWindow, chance: random.Random) -> None:
        self.window = window
        self.chance = chance
        self._kinds: list[tuple[Callable[[], None], float]] = [
            (self.open_scenario, 1), (self.answer, 8), (self.press_on_scenario, 8), (self.race_on, 12),
            (self.travel, 20), (self.take_a_kept_run, 5), (self.begin_a_lab, 1), (self.go_on_in_the_lab, 8),
            (self.change_tab, 4), (self.filter, 3),
        ]  # fmt: skip

    def do(self) -> None:
        """Do one thing."""
        kinds, weights = zip(*self._kinds, strict=True)
        self.chance.choices(kinds, weights)[0]()

    # ------------------------------------------------------------------------------ scenarios

    @property
    def _scenarios(self) -> Scenarios:
        return self.window.feature(Scenarios)

    def open_scenario(self) -> None:
        self._scenarios.show_gallery()
        cards = self._scenarios.gallery.shown
        if cards and self.chance.random() < 0.8:
            self.chance.choice(cards).click()
        else:
            self._scenarios.open(self.chance.choice(shipped()))

    def answer(self) -> None:
        page = self._scenarios.page
        if page is not None:
            self._choose(page.questions)

    def press_on_scenario(self) -> None:
        page = self._scenarios.page
        if page is not None:
            tasks = [button for task in page.tasks.values() for button in (task.start, task.check, task.hint)]
            page.choice.setCurrentIndex(self.chance.randrange(page.choice.count()))
            self._press(
                [page.run, page.race, page.race, page.skip, page.reveal, page.again, page.load, page.copy, *tasks]
            )

    def filter(self) -> None:
        filters = self._scenarios.filters
        filters.search.setText(self.chance.choice(["", "rate", "xyzzy", "batch norm"]))
        self._press([*filters.chapters.values(), *filters.levels.values()])

    # ------------------------------------------------------------------------------ races and the past

    def race_on(self) -> None:
        races = self.window.feature(Races)
        if not races.open:
            return
        self.chance.choice([
            races.again, races.toggle, races.step_once, races.run_epoch, races.new_seed, races.stop, races.close_race,
            races.toggle_maximized, races.escape, lambda: races.run_epochs(2), self.window.toggle_maximized,
        ])()  # fmt: skip

    def travel(self) -> None:
        travel, view = self.window.feature(TimeTravel), self.window.control.view
        if view is None:
            return
        some = self.chance.randint(0, view.history.step)
        self.chance.choice([
            lambda: travel.go_to(some), lambda: travel.bar.track.setValue(some), travel.play_back, travel.step_back,
            travel.back_to_now, travel.fork_here, lambda: travel.bar.speed_chosen.emit(self.chance.choice(SPEEDS)),
        ])()  # fmt: skip

    # ------------------------------------------------------------------------------ kept runs

    def take_a_kept_run(self) -> None:
        runs = self.window.feature(Runs)
        self.window.workspace.left.show_page("Runs")
        if runs.kept.runs:
            runs.page.list.setCurrentIndex(runs.page.list.runs.index(self.chance.randrange(len(runs.kept.runs)), 0))
        self._press([*runs.page.buttons.values(), runs.page.buttons["replay"], runs.page.paste, runs.page.deleted])

    # ------------------------------------------------------------------------------ labs

    @property
    def _guide(self) -> Guide:
        return self.window.feature(Guide)

    def begin_a_lab(self) -> None:
        self._guide.show()
        page = self._guide.page
        if isinstance(page, ChoosePage):
            page.name.setText(self.chance.choice(NAMES))
            self._press([card.start for card in page.cards.values()])

    def go_on_in_the_lab(self) -> None:
        page = self._guide.page
        if not isinstance(page, LabPage):
            return
        if isinstance(page.page, StepPage) and self.chance.random() < 0.7:
            step = page.page
            self._choose(step.questions)
            tasks = [button for task in step.tasks.values() for button in (task.start, task.check, task.hint)]
            self._press([step.run, step.unfold, *tasks])
        else:
            self._press([page.next, page.next, page.next, page.back, page.leave])

    def change_tab(self) -> None:
        self.window.workspace.left.show_page(self.chance.choice(TABS))

    # ------------------------------------------------------------------------------ how

    def _choose(self, questions: Sequence[QuestionView]) -> None:
        if questions:
            self._press([choice.button for choice in self.chance.choice(questions).choices])

    def _press(self, buttons: Sequence[QAbstractButton]) -> None:
        """Press one of those that a person could press."""
        possible = [button for button in buttons if button.isVisible() and button.isEnabled()]
        if possible:
            self.chance.choice(possible).click()
