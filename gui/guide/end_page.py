"""The end of a lab: what was done and what is left, and the file to hand in."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from gui.guide.journey import Journey
from gui.guide.parts import button, column, label, margins, quiet
from gui.guide.trail import MARKS, WORDS
from gui.markdown import MarkdownView
from gui.tab_order import order_tabs
from gui.theme import Theme
from gui.toned import Toned


class EndPage(QWidget):
    """A summary of a `Journey`. ``save_wanted`` asks for the file, ``step_wanted`` carries a step from 0."""

    save_wanted = Signal()
    step_wanted = Signal(int)

    def __init__(self, journey: Journey, theme: Theme, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.journey, self._scale = journey, scale
        self._toned = Toned(theme)
        self.summary = label(summary_of(journey), "", self)
        self.save = button("Save the result…", "Write the one file that you hand in (Ctrl+Alt+S)",
                           self.save_wanted.emit, self, primary=True)  # fmt: skip
        self.saved = label("", "caption", self)
        self.saved.hide()
        self.closing = MarkdownView(theme, scale, self)
        self.closing.show_markdown(journey.lab.lab.closing)
        self.closing.setVisible(bool(journey.lab.lab.closing))
        content = QWidget(self)
        box = QVBoxLayout(content)
        box.setContentsMargins(*margins(scale, 10, 2, 6, 12))
        box.setSpacing(round(8 * scale))
        box.addWidget(label("What you have done", "heading", self))
        box.addWidget(self.summary)
        box.addWidget(self.save)
        box.addWidget(self.saved)
        for step in range(journey.steps):
            box.addWidget(self._step(step))
        box.addWidget(self.closing)
        box.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(column(content, self))
        order_tabs(content)

    def _step(self, step: int) -> QFrame:
        journey, state = self.journey, self.journey.state(step)
        card = QFrame(self)
        card.setProperty("role", "card")
        box = QVBoxLayout(card)
        box.setContentsMargins(*margins(self._scale, 10, 7, 8, 8))
        box.setSpacing(round(3 * self._scale))
        box.addWidget(label(f"{step + 1}. {journey.lab.title(step)}", "title", self))
        left = journey.left(step)
        mark = f"{MARKS[state]} " if MARKS[state] else ""
        told = f"{mark}{WORDS[state]}" + (f"; left: {', '.join(left)}" if left else "")
        row = QHBoxLayout()
        row.addWidget(label(told[:1].upper() + told[1:], "caption", self), 1)
        go = quiet("Go there", f"Go back to step {step + 1}", lambda: self.step_wanted.emit(step), self)
        go.setAccessibleName(f"Go to step {step + 1}")
        row.addWidget(go)
        box.addLayout(row)
        for task in journey.lab.tasks(step):
            reached = journey.reached(step, task.id)
            box.addWidget(label(f"{'✓' if reached else '○'} {task.title}", "caption", self))
        return card

    def show_saved(self, text: str) -> None:
        """Say where the file is."""
        self.saved.setText(text)
        self._toned.tone(self.saved, "ok")
        self.saved.show()

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self._toned.restyle(theme)
        self.closing.restyle(theme)


def summary_of(journey: Journey) -> str:
    """Return in two sentences what was done."""
    steps = range(journey.steps)
    tasks, reached = sum(len(journey.lab.tasks(step)) for step in steps), sum(map(journey.tasks_reached, steps))
    asked, right = sum(len(journey.lab.questions(step)) for step in steps), sum(
        journey.right(step) for step in steps if journey.seen(step)
    )
    done = sum(journey.state(step) == "done" for step in steps)
    told = f"{done} of {journey.steps} steps are done, {reached} of {tasks} tasks are reached"
    return f"{told}, and {right} of {asked} predictions came true." if asked else f"{told}."
