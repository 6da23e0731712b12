"""The five convergence criteria in a row: where each stands, its threshold to be changed, and how they end the run."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.criteria.card import CriterionCard
from gui.criteria.footer import Footer
from gui.criteria.sparkline import EMPTY, linear_sparkline, log_sparkline
from gui.criteria.traces import first_met, rows_of, traces
from gui.criteria.words import armed, met_sentence, title
from gui.theme import Theme
from training.criteria import CRITERIA, CriteriaMonitor, CriterionState
from training.errors import ExperimentError
from training.experiment import Criteria, EarlyStopping, Experiment
from training.experiment import Stopping as StoppingSection
from training.history import Evaluations
from training.progress import EvaluationRecord
from training.validation import replace

PREFIX = "stopping.criteria"


class CriteriaStrip(QWidget):
    """One card for each criterion, and a line about all of them.

    ``edit_wanted`` carries changes by dotted key; the strip shows them at once. ``told`` comes once a run for a
    criterion set to tell, when it is first met: its name and a sentence. ``pressed`` asks for its settings in the form.
    """

    pressed = Signal(str)
    edit_wanted = Signal(dict)
    told = Signal(str, str)

    def __init__(self, theme: Theme, scale: float = 1.0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._criteria = Criteria()
        self._values = dict.fromkeys(CRITERIA, math.nan)
        self._evaluations: Evaluations | None = None
        self._replica = 0
        self._drawn: object = None  # what the curves were last made of
        self._seen = 0
        self._looked = 0  # rows in which was looked for criteria met for the first time
        self._past = False  # what is shown belongs to a past moment
        self._old_news = False  # what is found with the next look was met before this run was forked
        self._told = set(CRITERIA)  # nothing is told of a run that this strip did not see begin
        self.cards = {
            name: CriterionCard(name, theme, scale, lambda value, name=name: self._problem(name, value), self)
            for name in CRITERIA
        }
        self.footer = Footer(theme, scale, self)
        self._lay_out(scale)
        for name, card in self.cards.items():
            card.pressed.connect(lambda name=name: self.pressed.emit(name))
            card.threshold_wanted.connect(lambda value, name=name: self._want({f"{PREFIX}.{name}.threshold": value}))
            card.action_wanted.connect(lambda action, name=name: self._want_action(name, action))
            card.wrong.connect(lambda problem, name=name: self._show_problem(name, problem))
        self.footer.wanted.connect(self._want_combination)
        self.show_settings(self._criteria)

    def _lay_out(self, scale: float) -> None:
        row = QHBoxLayout()
        row.setSpacing(round(7 * scale))
        for card in self.cards.values():
            row.addWidget(card, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(round(10 * scale), round(7 * scale), round(10 * scale), round(4 * scale))
        box.setSpacing(round(3 * scale))
        box.addLayout(row, 1)
        box.addWidget(self.footer)
        order = [widget for card in self.cards.values() for widget in (card, card.action_button)]
        for before, after in zip(order, [*order[1:], self.footer.button], strict=True):
            QWidget.setTabOrder(before, after)

    # ------------------------------------------------------------------------------ showing

    def reset(self, *, forked: bool = False) -> None:
        """Forget what was measured: a new run begins, in which nothing has been told yet.

        One that was forked begins with all that was met before, which is no news.
        """
        self._values = dict.fromkeys(CRITERIA, math.nan)
        self._evaluations, self._seen, self._looked, self._told, self._drawn = None, 0, 0, set(), None
        self._past, self._old_news = False, forked
        self.footer.patience.show_waited(math.nan)
        for card in self.cards.values():
            card.show_first_met(math.nan)
            card.show_line(EMPTY)
        self.show_settings(self._criteria)

    def show_settings(self, criteria: Criteria, early: EarlyStopping | None = None) -> None:
        """Show thresholds and actions, and hold what was measured last against them."""
        for name in CRITERIA:
            if getattr(criteria, name) != getattr(self._criteria, name):
                self._told.discard(name)  # another threshold is another question
                self._looked = self._seen
        self._criteria = criteria
        monitor = CriteriaMonitor(criteria)
        monitor.load({"previous_loss": math.nan, **self._values})
        for state in monitor.states:
            self.cards[state.name].show_state(state)
        self.footer.show_settings(criteria)
        if self._evaluations is not None:
            self._show_lines(self._evaluations, self._replica)
        if early is not None:
            self.footer.patience.show_settings(early)

    def show_states(self, states: tuple[CriterionState, ...]) -> None:
        """Show what the last evaluation brought."""
        for state in states:
            self._values[state.name] = state.value
            self.cards[state.name].show_state(state)

    def show_evaluations(self, evaluations: Evaluations, replica: int = 0) -> None:
        """Show the last evaluation, how it came about, and tell what was met since the last look."""
        latest = evaluations.latest
        known = evaluations is self._evaluations and evaluations.seen == self._seen and not self._past
        if latest is None or known:
            return
        if self._past:
            self._past = False
            self.show_settings(self._criteria)
        self._evaluations, self._seen, self._replica = evaluations, evaluations.seen, replica
        self.show_states(latest.criteria[replica])
        self.footer.patience.show_waited(float(latest.waited[replica]))
        self._show_lines(evaluations, replica)
        self._tell(evaluations, replica)

    def show_past(self, evaluation: EvaluationRecord, replica: int = 0) -> None:
        """Show where the criteria stood at an earlier evaluation, under the settings of then, until the next is shown.

        The curves stay: they show all that led to now.
        """
        self._past = True
        for state in evaluation.criteria[replica]:
            self.cards[state.name].show_state(state)
        self.footer.patience.show_waited(float(evaluation.waited[replica]))

    def _show_lines(self, evaluations: Evaluations, replica: int) -> None:
        """Draw the curves again if they have another point, which in a long run is seldom."""
        thresholds = [getattr(self._criteria, name).threshold for name in CRITERIA]
        drawn = (rows_of(len(evaluations)), evaluations.stride, replica, thresholds)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        for name, values in traces(evaluations, replica).items():
            make = linear_sparkline if name == "validation" else log_sparkline
            self.cards[name].show_line(make(values, getattr(self._criteria, name).threshold))

    def _tell(self, evaluations: Evaluations, replica: int) -> None:
        """Say which criteria were met for the first time, even if they are no more."""
        since = min(self._looked // evaluations.stride, len(evaluations))
        self._looked = evaluations.seen
        for name, card in self.cards.items():
            state = card.state
            if name in self._told or state is None or state.action == "off":
                continue
            row, value = first_met(evaluations, name, replica, state.threshold, since)
            if row < 0:
                continue
            self._told.add(name)
            epoch = float(evaluations.epoch[row])
            card.show_first_met(epoch)
            if state.action == "tell" and not self._old_news:
                self.told.emit(name, met_sentence(name, value, state.threshold, epoch))
        self._old_news = False

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        for card in self.cards.values():
            card.restyle(theme)
        self.footer.restyle(theme)

    # ------------------------------------------------------------------------------ editing

    def _problem(self, name: str, value: Any) -> str:
        """Return what is wrong with a threshold, in the words of the form ("": nothing)."""
        try:
            self._with({f"{PREFIX}.{name}.threshold": value})
        except ExperimentError as error:
            return "; ".join(problem.message for problem in error.problems)
        return ""

    def _with(self, changes: dict[str, Any]) -> Criteria:
        experiment = Experiment(stopping=StoppingSection(criteria=self._criteria))
        return replace(experiment, changes).stopping.criteria

    def _want_action(self, name: str, action: str) -> None:
        """Set what a criterion does; where fewer are left to stop than have to be met, fewer have to be met."""
        criteria = self._criteria
        setting = getattr(criteria, name).model_copy(update={"action": action})
        left = armed(criteria.model_copy(update={name: setting}))
        changes: dict[str, Any] = {f"{PREFIX}.{name}.action": action}
        if criteria.combine == "k" and left < criteria.k:
            changes |= {f"{PREFIX}.k": left} if left > 1 else {f"{PREFIX}.combine": "any"}
        self._want(changes)

    def _want_combination(self, combine: str, k: int) -> None:
        changes: dict[str, Any] = {f"{PREFIX}.combine": combine}
        self._want({**changes, f"{PREFIX}.k": k} if combine == "k" else changes)

    def _want(self, changes: dict[str, Any]) -> None:
        self.show_settings(self._with(changes))
        self.edit_wanted.emit(changes)

    def _show_problem(self, name: str, problem: str) -> None:
        self.footer.show_error(f"▲ {title(name)}: {problem}" if problem else "")
