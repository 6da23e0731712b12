"""A step of a lab: read, predict, run, and do what the tasks ask for."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from gui.guide.journey import Journey
from gui.guide.parts import button, column, label, margins, quiet
from gui.markdown import MarkdownView
from gui.scenarios.question_view import QuestionView
from gui.scenarios.story_view import StoryView
from gui.scenarios.task_view import TaskView
from gui.scenarios.visit import edits_in_words, goal_states
from gui.tab_order import order_tabs
from gui.theme import Theme
from training.scenarios.scenario import BASE

LAID_OUT_MS = 60


class StepPage(QWidget):
    """A view of the step where a `Journey` stands: it asks for everything by signals."""

    answered = Signal(int, str)
    run_wanted = Signal()
    task_start = Signal(str)
    task_check = Signal(str)
    hint_shown = Signal(str)

    def __init__(self, journey: Journey, theme: Theme, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.journey, self._theme, self._scale = journey, theme, scale
        scenario, step = journey.scenario, journey.lab.lab.steps[journey.at]
        self.text = MarkdownView(theme, scale, self)
        self.text.show_markdown(step.text)
        self.text.setVisible(bool(step.text))
        self.story = StoryView(scenario, theme, scale, self)
        self.unfold = quiet("Read the story again", "Show what was read in the step before", self._show_story, self)
        self.questions = [QuestionView(question, theme, scale, self) for question in journey.questions]
        self.run = button(self._run_text(), "Train from the same start, with the same order of the data",
                          self.run_wanted.emit, self, primary=True)  # fmt: skip
        self.message = label("", "caption", self)
        self.explanation = MarkdownView(theme, scale, self)
        self.explanation.show_markdown(scenario.explanation)
        self.explanation.setAccessibleName("Why it came out so")
        self.tasks = {task.id: TaskView(task, theme, scale, self) for task in journey.tasks}
        self._lay_out()
        self._connect()
        self.show_journey()
        order_tabs(self._content)

    def _run_text(self) -> str:
        count = 1 + len(self.journey.scenario.variants)
        return f"Race the {count} runs" if count > 1 else "Run"

    # ------------------------------------------------------------------------------ building

    def _lay_out(self) -> None:
        self._content = QWidget(self)
        box = QVBoxLayout(self._content)
        box.setContentsMargins(*margins(self._scale, 10, 2, 6, 12))
        box.setSpacing(round(8 * self._scale))
        box.addWidget(self.text)
        box.addWidget(self.unfold)
        box.addWidget(self.story)
        told_before = self.journey.scenario in self.journey.lab.scenarios[: self.journey.at]
        self.story.setVisible(not told_before)
        self.unfold.setVisible(told_before)
        if self.questions:
            box.addWidget(label("Predict", "title", self))
        for view in self.questions:
            box.addWidget(view)
        box.addWidget(self._run_card())
        self.why = label("Why", "title", self)
        box.addWidget(self.why)
        box.addWidget(self.explanation)
        if self.tasks:
            box.addWidget(label("Your turn", "title", self))
        for task in self.tasks.values():
            box.addWidget(task)
        box.addStretch(1)
        self.scroll = column(self._content, self)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.scroll)

    def _run_card(self) -> QFrame:
        scenario = self.journey.scenario
        card = QFrame(self)
        card.setProperty("role", "card")
        box = QVBoxLayout(card)
        box.setContentsMargins(*margins(self._scale, 10, 9, 10, 10))
        box.setSpacing(round(6 * self._scale))
        box.addWidget(label("See", "title", self))
        for name in scenario.runs():
            note = scenario.variants[name].note if name != BASE else ""
            box.addWidget(label(f"• {scenario.title_of(name)}" + (f": {note}" if note else ""), "caption", self))
        for line in edits_in_words(scenario):
            box.addWidget(label(line, "caption", self))
        box.addWidget(self.run)
        box.addWidget(self.message)
        return card

    def _connect(self) -> None:
        for number, view in enumerate(self.questions):
            view.answered.connect(lambda choice, number=number: self.answered.emit(number, choice))
        for name, task in self.tasks.items():
            task.start_wanted.connect(lambda name=name: self.task_start.emit(name))
            task.check_wanted.connect(lambda name=name: self.task_check.emit(name))
            task.hint_shown.connect(lambda _, name=name: self.hint_shown.emit(name))

    def _show_story(self) -> None:
        self.unfold.hide()
        self.story.show()

    # ------------------------------------------------------------------------------ what it shows

    def show_journey(self) -> None:
        """Show what became of the step."""
        journey, seen = self.journey, self.journey.seen(self.journey.at)
        for number, view in enumerate(self.questions):
            view.choose(journey.choice(journey.at, number) or None)
            if seen:
                view.reveal()
            else:
                view.lock(False)
        self.run.setEnabled(journey.may_run)
        text = journey.message or ("" if journey.may_run else "Answer the questions first: predicting is half the fun.")
        self.message.setText(text)
        self.message.setVisible(bool(text))
        told = seen and bool(journey.scenario.explanation)
        self.why.setVisible(told)
        self.explanation.setVisible(told)
        for name, view in self.tasks.items():
            self._show_task(name, view)

    def _show_task(self, name: str, view: TaskView) -> None:
        journey, key = self.journey, (self.journey.at, name)
        view.show_hints(journey.hints(name))
        view.show_goals(journey.goals.get(key) or goal_states(view.task.goals, None))
        told = journey.told.get(key, "")
        view.show_message(told, warn=told.startswith("Not counted"))
        view.show_done(journey.reached(journey.at, name))
        view.check.setEnabled(journey.active == key)
        view.start.setText("Start over" if journey.active == key else "Start")

    def show_part(self, part: QWidget) -> None:
        """Bring a part of the page into sight, once it has its place: text has its height only when laid out."""
        QTimer.singleShot(LAID_OUT_MS, self, lambda: self.scroll.ensureWidgetVisible(part, 0, round(30 * self._scale)))

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self._theme = theme
        self.text.restyle(theme)
        self.story.restyle(theme)
        self.explanation.restyle(theme)
        for view in (*self.questions, *self.tasks.values()):
            view.restyle(theme)
        self.show_journey()
