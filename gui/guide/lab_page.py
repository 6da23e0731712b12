"""A lab under way: its steps in a row, the one that is shown, and the way on and back."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.guide.end_page import EndPage
from gui.guide.journey import Journey
from gui.guide.parts import button, label, margins, quiet
from gui.guide.step_page import StepPage
from gui.guide.trail import Trail
from gui.theme import Theme


class LabPage(QWidget):
    """A view of a `Journey`.

    ``step_wanted`` carries a step from 0 (one more than there are: the end), ``leave_wanted`` asks for the labs.
    """

    step_wanted = Signal(int)
    leave_wanted = Signal()
    page_made = Signal(object)

    def __init__(self, journey: Journey, theme: Theme, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.journey, self._theme, self._scale = journey, theme, scale
        titles = [journey.lab.title(step) for step in range(journey.steps)]
        self.leave = quiet("← Labs", "Close this lab; what you have done is kept", self.leave_wanted.emit, self)
        self.who = label(journey.result.learner, "caption", self)
        self.trail = Trail(titles, scale, self)
        self.trail.chosen.connect(self.step_wanted)
        self.title = label("", "heading", self)
        self.facts = label("", "caption", self)
        self.back = button("Back", "The step before", lambda: self.step_wanted.emit(journey.at - 1), self)
        self.next = button("Next", "The next step", lambda: self.step_wanted.emit(journey.at + 1), self, primary=True)
        self.page: StepPage | EndPage | None = None
        self._box = QVBoxLayout(self)
        self._lay_out()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.leave)
        head.addWidget(self.who, 1)
        top = QVBoxLayout()
        top.setContentsMargins(*margins(self._scale, 10, 0, 10, 0))
        top.setSpacing(round(5 * self._scale))
        top.addLayout(head)
        top.addWidget(self.trail)
        top.addWidget(self.title)
        top.addWidget(self.facts)
        foot = QHBoxLayout()
        foot.setContentsMargins(*margins(self._scale, 10, 4, 10, 8))
        foot.addWidget(self.back)
        foot.addStretch(1)
        foot.addWidget(self.next)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(round(6 * self._scale))
        self._box.addLayout(top)
        self._box.addLayout(foot)

    def show_step(self) -> None:
        """Make the page of the step where the journey stands."""
        if self.page is not None:
            self._box.removeWidget(self.page)
            self.page.hide()
            self.page.deleteLater()
        kind = EndPage if self.journey.at_end else StepPage
        self.page = kind(self.journey, self._theme, self._scale, self)
        self._box.insertWidget(1, self.page, 1)
        self.page_made.emit(self.page)
        self.show_head()

    def show_head(self) -> None:
        """Show which step this is, and how far all of them are."""
        journey = self.journey
        states = [journey.state(step) for step in range(journey.steps)]
        self.trail.show_states(states, journey.at)
        self.title.setText(journey.lab.lab.title if journey.at_end else journey.lab.title(journey.at))
        self.facts.setText(
            f"{journey.steps} steps · {journey.lab.lab.minutes} min" if journey.at_end
            else f"Step {journey.at + 1} of {journey.steps} · {journey.lab.lab.steps[journey.at].minutes} min"
        )  # fmt: skip
        self.back.setEnabled(journey.at > 0)
        self.next.setVisible(not journey.at_end)
        self.next.setText("Finish" if journey.at == journey.steps - 1 else "Next")

    def show_journey(self) -> None:
        """Show what became of the step that is in sight."""
        self.show_head()
        if isinstance(self.page, StepPage):
            self.page.show_journey()

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self._theme = theme
        if self.page is not None:
            self.page.restyle(theme)
