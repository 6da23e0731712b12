"""A scenario being worked through: what was answered, run and found so far. No Qt."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gui.builder import wording
from gui.grouped import grouped
from gui.scenarios.finding import Finding
from gui.scenarios.library import Entry
from gui.scenarios.task_view import GoalState
from training.scenarios.expectations import Found, check, measure_in_words, runs_in, wanted_in_words
from training.scenarios.metrics import METRICS
from training.scenarios.mistakes import allowed_by
from training.scenarios.record import RunRecord
from training.scenarios.scenario import BASE, Claim, Expectation, Scenario, Task, dotted, moment_of

TIMES = ("epochs", "steps")


@dataclass
class Visit:
    """What becomes of a scenario at the window; the page shows it.

    Attributes
    ----------
    answers
        Choices made, by the number of the question.
    skipped
        Whether the questions are left out.
    locked
        Whether a run has begun: answers stay as they are.
    revealed
        Whether the answers have been said.
    loaded
        The run that is in the form: "base" or a variant; "" before any is.
    task
        The task being tried, or "".
    records
        What was measured of each run that was made as the scenario has it.
    message
        What is to be said at the run, and `warn` whether it is something that went wrong.
    beside
        Whether it was opened beside another run, which is still what the board shows.
    racing
        Whether its race is under way.
    goals, told, hints
        Of each task by its id: its goals as they stand, what is said about the last run, and hints in sight.
    """

    entry: Entry
    answers: dict[int, str] = field(default_factory=dict)
    skipped: bool = False
    locked: bool = False
    revealed: bool = False
    loaded: str = ""
    task: str = ""
    records: dict[str, RunRecord] = field(default_factory=dict)
    message: str = ""
    warn: bool = False
    beside: bool = False
    racing: bool = False
    goals: dict[str, list[GoalState]] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    hints: dict[str, int] = field(default_factory=dict)

    @property
    def scenario(self) -> Scenario:
        """The scenario."""
        return self.entry.scenario

    @property
    def may_run(self) -> bool:
        """Whether every question is answered, or all are skipped."""
        return self.skipped or self.locked or len(self.answers) == len(self.scenario.questions)

    def task_named(self, name: str) -> Task:
        """Return a task by its id."""
        return next(task for task in self.scenario.tasks if task.id == name)

    def told_of_task(self) -> tuple[str, str]:
        """Return what is to be said above the form about the task that is being tried, and its tone."""
        told = self.told.get(self.task, "")
        if not told.startswith(("Reached", "Not reached")):
            return told, "warn" if told.startswith("Not ") else ""
        marks = [f"{'✓' if goal.met else '✗'} {goal.text} — found {goal.found}" for goal in self.goals[self.task]]
        return "\n".join([told, *marks]), "ok" if told.startswith("Reached") else "warn"

    def found(self) -> dict[int, Found]:
        """Return what came of the expectations that the runs made so far can tell, by their number."""
        numbers = {id(expectation): index for index, expectation in enumerate(self.scenario.expectations)}
        return {numbers[id(found.claim)]: found for found in check(self.scenario, self.records)}

    def begin_again(self) -> None:
        """Forget what was answered and found."""
        self.answers, self.records = {}, {}
        self.skipped = self.locked = self.revealed = self.warn = False
        self.message = ""


def finding_of(expectation: Expectation, found: Found | None, scenario: Scenario) -> Finding:
    """Return an expectation with what came of it, in words."""
    if found is None:
        needed = [scenario.title_of(name) for name in dict.fromkeys(runs_in(expectation))]
        return Finding("○", expectation.text, f"needs {' and '.join(f'‘{title}’' for title in needed)}", None)
    value, holds = float(found.values[0]), bool(found.held[0])
    told = f"found {shown_value(value, expectation.metric)}, wanted {wanted_in_words(expectation)}"
    return Finding("✓ Holds:" if holds else "✗ Does not hold here:", expectation.text, told, holds)


def goal_states(goals: tuple[Claim, ...], found: list[Found] | None) -> list[GoalState]:
    """Return the goals of a task with what a run has come to, or as they are before one."""
    texts = [_capital(f"{measure_in_words(goal)}: {wanted_in_words(goal)}") for goal in goals]
    if found is None:
        return [GoalState(text) for text in texts]
    return [
        GoalState(text, shown_value(float(each.values[0]), goal.metric), bool(each.held[0]))
        for text, goal, each in zip(texts, goals, found, strict=True)
    ]


def edits_in_words(scenario: Scenario, name: str = BASE) -> list[str]:
    """Return what is changed on the way of a run."""
    lines = []
    for edit in scenario.edits_of(name):
        unit, count = moment_of(edit.at)
        changed = dotted(edit.changes).items()
        changes = " and ".join(f"{wording.label(key)} becomes {_value(value)}" for key, value in changed)
        lines.append(f"After {unit} {grouped(count)}: {changes}")
    return lines


def not_counted(keys: Iterable[str], controls: Sequence[str] = ()) -> str:
    """Return which of the keys changed are no controls, in words; empty if all are."""
    names = dict.fromkeys(wording.label(key) for key in keys if not allowed_by(key, tuple(controls)))
    if not names:
        return ""
    *others, last = names
    listed = f"{', '.join(others)} and {last}" if others else last
    return f"{listed} {'were' if others else 'was'} changed"


def shown_value(value: float, metric: str) -> str:
    """Return a measured value as it is shown."""
    if math.isnan(value):
        return "no value"
    if math.isinf(value):
        return "never" if METRICS[metric].unit in TIMES else "∞" if value > 0 else "−∞"
    return wording.number(float(f"{value:.4g}"))


def _value(value: object) -> str:
    return wording.number(value) if isinstance(value, int | float) else str(value)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
