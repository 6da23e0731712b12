"""A learner's way through a lab: where it stands, what is done, and what is left. No Qt.

Everything that counts is in the learner's result, which is kept after each change; the rest is what was said last.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from gui.guide.shelf import Kept
from gui.scenarios.task_view import GoalState
from training.labs.lab import OpenLab
from training.labs.learner import Answer, Attempt, LearnerResult
from training.scenarios.scenario import Question, Scenario, Task

State = Literal["done", "begun", "open"]


@dataclass
class Journey:
    """A lab being worked through by one learner.

    Attributes
    ----------
    path
        Where the progress is kept.
    result
        The progress.
    at
        The step that is shown, from 0; one more than there are: the end.
    goals, told
        Of each task (step from 0, id): its goals as they stand, and what is said about the last check.
    active
        The task whose run is in the form, or None.
    message
        What is to be said at the run of the step.
    """

    lab: OpenLab
    path: Path
    result: LearnerResult
    at: int = 0
    goals: dict[tuple[int, str], list[GoalState]] = field(default_factory=dict)
    told: dict[tuple[int, str], str] = field(default_factory=dict)
    active: tuple[int, str] | None = None
    message: str = ""

    @classmethod
    def of(cls, lab: OpenLab, kept: Kept) -> Journey:
        """Go on where the progress stands."""
        return cls(lab, kept.path, kept.result, at=min(kept.result.at, len(lab.lab.steps)) - 1)

    @property
    def steps(self) -> int:
        """Number of steps."""
        return len(self.lab.lab.steps)

    @property
    def at_end(self) -> bool:
        """Whether the last step is behind."""
        return self.at >= self.steps

    @property
    def scenario(self) -> Scenario:
        """The scenario of the step that is shown."""
        return self.lab.scenarios[self.at]

    @property
    def questions(self) -> tuple[Question, ...]:
        """What is asked in the step that is shown."""
        return self.lab.questions(self.at)

    @property
    def tasks(self) -> tuple[Task, ...]:
        """What is to be done in the step that is shown."""
        return self.lab.tasks(self.at)

    @property
    def active_task(self) -> Task | None:
        """The task whose run is in the form."""
        return None if self.active is None else self.lab.task(*self.active)

    # ------------------------------------------------------------------------------ what is done

    def answered(self, step: int) -> int:
        """Return how many questions of a step are answered."""
        return sum(bool(self.choice(step, number)) for number in range(len(self.lab.questions(step))))

    def choice(self, step: int, question: int) -> str:
        """Return what was chosen (both from 0), or an empty string."""
        return self.result.answer(step + 1, question + 1)

    def right(self, step: int) -> int:
        """Return how many questions of a step are answered rightly."""
        questions = enumerate(self.lab.questions(step))
        return sum(self.choice(step, number) == question.answer for number, question in questions)

    def reached(self, step: int, task: str) -> bool:
        """Tell whether a task is reached."""
        return self.result.reached(step + 1, task)

    def tasks_reached(self, step: int) -> int:
        """Return how many tasks of a step are reached."""
        return sum(self.reached(step, task.id) for task in self.lab.tasks(step))

    def hints(self, task: str) -> int:
        """Return how many hints were taken for a task of the step that is shown."""
        return self.result.hints_taken(self.at + 1, task)

    def seen(self, step: int) -> bool:
        """Tell whether the runs of a step were seen to their end."""
        return step + 1 in self.result.raced

    @property
    def may_run(self) -> bool:
        """Whether every prediction of the step is made."""
        return self.answered(self.at) == len(self.questions)

    def state(self, step: int) -> State:
        """Return how far a step is."""
        wanted = self.lab.lab.steps[step]
        done = self.tasks_reached(step) == len(self.lab.tasks(step))
        done = done and self.answered(step) == len(self.lab.questions(step))
        done = done and (self.seen(step) if wanted.must_race else step + 1 in self.result.visited or self.seen(step)
                         or bool(wanted.tasks))  # fmt: skip
        if done:
            return "done"
        begun = self.answered(step) or self.seen(step) or step + 1 in self.result.visited
        tried = any(attempt.step == step + 1 for attempt in self.result.attempts)
        return "begun" if begun or tried else "open"

    def left(self, step: int) -> list[str]:
        """Return what is left to do in a step, in words."""
        wanted, found = self.lab.lab.steps[step], []
        unanswered = len(self.lab.questions(step)) - self.answered(step)
        if unanswered:
            found.append("1 question" if unanswered == 1 else f"{unanswered} questions")
        if wanted.must_race and not self.seen(step):
            found.append("the race")
        undone = len(wanted.tasks) - self.tasks_reached(step)
        if undone:
            found.append("1 task" if undone == 1 else f"{undone} tasks")
        return found

    # ------------------------------------------------------------------------------ what happens

    def answer(self, question: int, choice: str) -> None:
        """Choose an answer in the step that is shown (question from 0)."""
        made = Answer(step=self.at + 1, question=question + 1, choice=choice)
        self.result = self.result.with_answer(made)

    def see(self) -> None:
        """The runs of the step were seen to their end."""
        if not self.seen(self.at):
            self.result = self.result.model_copy(update={"raced": (*self.result.raced, self.at + 1)})

    def take_hint(self, task: str) -> None:
        """One more hint is in sight."""
        self.result = self.result.with_hint(self.at + 1, task)

    def try_made(self, attempt: Attempt) -> None:
        """A try was checked."""
        self.result = self.result.with_attempt(attempt)

    def go_to(self, step: int) -> None:
        """Show another step, or the end."""
        if step > self.at and not self.at_end and self.at + 1 not in self.result.visited:
            self.result = self.result.model_copy(update={"visited": (*self.result.visited, self.at + 1)})
        self.at = max(0, min(step, self.steps))
        self.result = self.result.model_copy(update={"at": min(self.at + 1, self.steps)})
        self.message = ""
