"""The page of a scenario: story, prediction, run, what came out and why, and tasks."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui.builder.editors import Combo
from gui.markdown import MarkdownView
from gui.scenarios.course_bar import CourseBar
from gui.scenarios.finding import FindingView
from gui.scenarios.question_view import QuestionView
from gui.scenarios.story_view import StoryView, title_of
from gui.scenarios.task_view import TaskView
from gui.scenarios.visit import Visit, edits_in_words, finding_of, goal_states
from gui.tab_order import order_tabs
from gui.theme import Theme
from gui.tips import plain_label
from gui.toned import Toned
from training.scenarios.scenario import BASE

SETTLED_MS = 300
BESIDE = "The board shows another run; Run puts this one there."
BESIDE_RACE = "The board shows another run; Run or Race puts this one there."


class ScenarioPage(QWidget):
    """A view of a `Visit`: it asks for everything by signals, and `show_visit` shows what became of it."""

    back = Signal()
    copy_wanted = Signal()
    run_wanted = Signal()
    race_wanted = Signal()
    reveal_wanted = Signal()
    skip_wanted = Signal()
    again_wanted = Signal()
    load_wanted = Signal(str)
    answered = Signal(int, str)
    task_start = Signal(str)
    task_check = Signal(str)
    hints_shown = Signal(str, int)

    def __init__(self, visit: Visit, theme: Theme, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.visit, self._theme, self._scale = visit, theme, scale
        self._toned = Toned(theme)
        scenario = visit.scenario
        self.back_button = self._quiet("← All scenarios", "Go back to the gallery (Ctrl+G)", self.back.emit)
        self.copy = self._quiet("Copy as a line", "Copy it as one line of text, to be pasted into another lab "
                                "(Ctrl+Shift+L)", self.copy_wanted.emit)  # fmt: skip
        self.title = title_of(scenario, self)
        self.story = StoryView(scenario, theme, scale, self, titled=False)
        self.unfold = self._quiet("Read the story again", "Show what was read before the run", self._unfold)
        self._unfolded = False
        self.questions = [QuestionView(question, theme, scale, self) for question in scenario.questions]
        self.skip = self._quiet("Skip the questions", "Run without a prediction", self.skip_wanted.emit)
        self.again = self._quiet("Begin again", "Forget the answers, and predict anew", self.again_wanted.emit)
        self.reveal = self._quiet("Show the answers", "Show the answers without a run to its end",
                                  self.reveal_wanted.emit)  # fmt: skip
        self.run = self._button("Run", "Load this experiment and train it", self.run_wanted.emit)
        self.race = self._button("Race the variants", "Train all variants side by side, from the same start",
                                 self.race_wanted.emit)  # fmt: skip
        (self.race if scenario.variants else self.run).setProperty("role", "primary")
        self.message = self._caption("")
        self.beside = self._caption(BESIDE_RACE if scenario.variants else BESIDE)
        self.choice = Combo(self)
        self.load = self._button("Load", "Put this run into the form", self._load)
        self.findings = [FindingView(theme, scale, self) for _ in scenario.expectations]
        self.explanation = MarkdownView(theme, scale, self)
        self.explanation.show_markdown(scenario.explanation)
        self.explanation.setAccessibleName("Why it came out so")
        self.tasks = {task.id: TaskView(task, theme, scale, self) for task in scenario.tasks}
        self._lay_out()
        self._connect()
        self.show_visit()
        order_tabs(self._content)

    # ------------------------------------------------------------------------------ building

    def _quiet(self, text: str, tip: str, pressed: object) -> QToolButton:
        button = QToolButton(self)
        button.setProperty("role", "quiet")
        button.setText(text)
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.clicked.connect(lambda _=False: pressed())
        return button

    def _button(self, text: str, tip: str, pressed: object) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(tip)
        button.clicked.connect(lambda _=False: pressed())
        return button

    def _caption(self, text: str) -> QLabel:
        label = plain_label(text, self)
        label.setProperty("role", "caption")
        label.setWordWrap(True)
        return label

    def _heading(self, text: str) -> QLabel:
        label = plain_label(text, self)
        label.setProperty("role", "title")
        return label

    def _px(self, size: float) -> int:
        return round(size * self._scale)

    def _lay_out(self) -> None:
        self._content = QWidget(self)
        box = QVBoxLayout(self._content)
        box.setContentsMargins(self._px(10), self._px(2), self._px(6), self._px(12))
        box.setSpacing(self._px(8))
        box.addWidget(self.story)
        box.addWidget(self.unfold)
        parts: dict[str, QWidget] = {"Story": self._content}
        if self.questions:
            parts["Predict"] = self._heading("Predict")
            box.addWidget(parts["Predict"])
            for view in self.questions:
                box.addWidget(view)
            row = QHBoxLayout()
            row.addWidget(self.skip)
            row.addStretch(1)
            box.addLayout(row)
        parts["Run"] = self._run_card()
        box.addWidget(parts["Run"])
        box.addWidget(self._outcome())
        if self.findings or self.visit.scenario.explanation:
            parts["Why"] = self.outcome
        if self.tasks:
            parts["Your turn"] = self._heading("Your turn")
            box.addWidget(parts["Your turn"])
            for task in self.tasks.values():
                box.addWidget(task)
        box.addStretch(1)
        self.scroll = QScrollArea(self)
        self.scroll.setWidget(self._content)
        self.scroll.setWidgetResizable(True)
        self.scroll.setFrameShape(QFrame.Shape.NoFrame)
        self.scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        head = QHBoxLayout()
        head.setContentsMargins(self._px(8), 0, self._px(8), 0)
        head.addWidget(self.back_button)
        head.addStretch(1)
        head.addWidget(self.copy)
        self.course = CourseBar(parts, self.scroll, self._scale, self)
        top = QVBoxLayout()
        top.setContentsMargins(self._px(10), 0, self._px(6), self._px(6))
        top.setSpacing(self._px(6))
        top.addWidget(self.title)
        top.addWidget(self.course)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(self._px(2))
        outer.addLayout(head)
        outer.addLayout(top)
        outer.addWidget(self.scroll, 1)

    def _run_card(self) -> QFrame:
        scenario = self.visit.scenario
        card = QFrame(self)
        card.setProperty("role", "card")
        box = QVBoxLayout(card)
        box.setContentsMargins(*(self._px(px) for px in (10, 9, 10, 10)))
        box.setSpacing(self._px(6))
        box.addWidget(self._heading("Run"))
        for name in scenario.runs():
            note = scenario.variants[name].note if name != BASE else ""
            box.addWidget(self._caption(f"• {scenario.title_of(name)}" + (f": {note}" if note else "")))
        for line in edits_in_words(scenario):
            box.addWidget(self._caption(line))
        buttons = QHBoxLayout()
        buttons.setSpacing(self._px(6))
        buttons.addWidget(self.run)
        buttons.addWidget(self.race)
        buttons.addStretch(1)
        box.addLayout(buttons)
        box.addWidget(self.beside)
        box.addWidget(self.message)
        self.choice_row = QWidget(card)
        row = QHBoxLayout(self.choice_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(self._px(6))
        row.addWidget(self.choice, 1)
        row.addWidget(self.load)
        box.addWidget(self.choice_row)
        for name in scenario.runs():
            self.choice.addItem(scenario.title_of(name), name)
        self.choice.setToolTip("Which run to put into the form")
        self.choice.setAccessibleName("Which run to put into the form")
        self.choice.setMinimumContentsLength(8)
        self.choice.setSizeAdjustPolicy(Combo.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        below = QHBoxLayout()
        below.addWidget(self.reveal)
        below.addStretch(1)
        box.addLayout(below)
        return card

    def _outcome(self) -> QWidget:
        """Make what is shown after the run."""
        scenario = self.visit.scenario
        self.outcome = QWidget(self)
        box = QVBoxLayout(self.outcome)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(self._px(8))
        if self.findings:
            box.addWidget(self._heading("What came out"))
        for finding in self.findings:
            box.addWidget(finding)
        if scenario.explanation:
            box.addWidget(self._heading("Why"))
            box.addWidget(self.explanation)
        if scenario.references:
            box.addWidget(self._caption("Sources: " + "; ".join(scenario.references)))
        row = QHBoxLayout()
        row.addWidget(self.again)
        row.addStretch(1)
        box.addLayout(row)
        return self.outcome

    def _connect(self) -> None:
        for number, view in enumerate(self.questions):
            view.answered.connect(lambda choice, number=number: self.answered.emit(number, choice))
        for name, task in self.tasks.items():
            task.start_wanted.connect(lambda name=name: self.task_start.emit(name))
            task.check_wanted.connect(lambda name=name: self.task_check.emit(name))
            task.hint_shown.connect(lambda count, name=name: self.hints_shown.emit(name, count))

    def _unfold(self) -> None:
        self._unfolded = True
        self._fold()

    def _fold(self) -> None:
        """Fold the story to one line after the reveal, until it is asked for."""
        folded = self.visit.revealed and not self._unfolded
        self.story.setVisible(not folded)
        self.unfold.setVisible(folded)

    def _load(self) -> None:
        self.load_wanted.emit(self.choice.currentData())

    # ------------------------------------------------------------------------------ what it shows

    def show_visit(self, done: frozenset[str] = frozenset()) -> None:
        """Show what became of the visit; `done` are the tasks reached."""
        visit = self.visit
        for number, view in enumerate(self.questions):
            view.choose(visit.answers.get(number))
            view.lock(visit.locked or visit.skipped)
            if visit.revealed:
                view.reveal()
            else:
                view.conceal()
                view.lock(visit.locked or visit.skipped)
        self.skip.setVisible(bool(self.questions) and not visit.may_run)
        self.run.setEnabled(visit.may_run)
        self.race.setEnabled(visit.may_run)
        self.race.setVisible(bool(visit.scenario.variants))
        text = visit.message or ("" if visit.may_run else "Answer the questions first, or skip them.")
        self.message.setText(text)
        self.message.setVisible(bool(text))
        self._toned.tone(self.message, "warn" if visit.warn else "")
        self.beside.setVisible(visit.beside)
        self.choice_row.setVisible(visit.revealed and bool(visit.scenario.variants))
        if visit.loaded:
            self.choice.setCurrentIndex(max(0, self.choice.findData(visit.loaded)))
        self.reveal.setVisible(visit.locked and not visit.revealed)
        self.outcome.setVisible(visit.revealed)
        self._unfolded = self._unfolded and visit.revealed
        self._fold()
        self.course.show_there("Why", visit.revealed)
        self._show_findings()
        self._show_tasks(done)

    def _show_findings(self) -> None:
        found, scenario = self.visit.found() if self.visit.revealed else {}, self.visit.scenario
        for number, (view, expectation) in enumerate(zip(self.findings, scenario.expectations, strict=True)):
            view.show_finding(finding_of(expectation, found.get(number), scenario))

    def _show_tasks(self, done: frozenset[str]) -> None:
        visit = self.visit
        for name, view in self.tasks.items():
            view.show_hints(visit.hints.get(name, 0))
            view.show_goals(visit.goals.get(name) or goal_states(view.task.goals, None))
            told = visit.told.get(name, "")
            view.show_message(told, warn=told.startswith("Not counted"))
            view.show_done(name in done)
            view.check.setEnabled(visit.task == name)
            view.start.setText("Start over" if visit.task == name else "Start")

    def show_message(self, text: str, *, warn: bool = False) -> None:
        """Say something at the run."""
        self.visit.message, self.visit.warn = text, warn
        self.message.setText(text)
        self.message.setVisible(bool(text))
        self._toned.tone(self.message, "warn" if warn else "")

    def show_part(self, part: QWidget) -> None:
        """Bring a part of the page into sight, once it has its place."""
        QTimer.singleShot(0, self, lambda: self.scroll.ensureWidgetVisible(part, 0, self._px(30)))

    @property
    def place(self) -> float:
        """How far it is scrolled, 0 to 1."""
        bar = self.scroll.verticalScrollBar()
        return bar.value() / max(1, bar.maximum())

    def go_to(self, place: float) -> None:
        """Scroll so far, and stay there until the page is as high as it will be."""
        bar = self.scroll.verticalScrollBar()

        def go() -> None:
            bar.setValue(round(place * bar.maximum()))

        following = bar.rangeChanged.connect(go)
        QTimer.singleShot(SETTLED_MS, self, lambda: bar.disconnect(following))
        go()

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self._theme = theme
        self.story.restyle(theme)
        self.explanation.restyle(theme)
        for part in (*self.questions, *self.findings, *self.tasks.values(), self._toned):
            part.restyle(theme)
