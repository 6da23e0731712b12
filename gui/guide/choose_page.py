"""Where a lab begins: the labs there are, the learner's name, and progress to go on with."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from gui.guide.parts import button, column, label, margins, quiet
from gui.guide.shelf import Kept
from gui.tab_order import order_tabs
from training.errors import shortened
from training.labs.lab import OpenLab

SHOWN_KEPT = 8
ABOUT = "A lab leads you through scenarios: read, predict, run, then reach a goal yourself."


class LabCard(QFrame):
    """A lab to choose: what it is about, and the ways into it."""

    start_wanted = Signal()
    instructor_wanted = Signal()

    def __init__(self, lab: OpenLab, scale: float, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setAccessibleName(f"Lab: {lab.lab.title}")
        self.start = button("Start", "Begin this lab under the name above", self.start_wanted.emit, self, primary=True)
        self.start.setAccessibleName(f"Start: {lab.lab.title}")
        self.instructor = quiet("Instructor’s page", "For whoever leads the workshop: timing, expected results and "
                                "answers", self.instructor_wanted.emit, self)  # fmt: skip
        self.instructor.setAccessibleName(f"Instructor’s page: {lab.lab.title}")
        self.instructor.setVisible(bool(lab.lab.instructor))
        box = QVBoxLayout(self)
        box.setContentsMargins(*margins(scale, 10, 9, 10, 10))
        box.setSpacing(round(5 * scale))
        box.addWidget(label(lab.lab.title, "title", self))
        box.addWidget(label(f"{len(lab.lab.steps)} steps · {lab.lab.minutes} min", "caption", self))
        box.addWidget(label(lab.lab.summary, "", self))
        row = QHBoxLayout()
        row.addWidget(self.start)
        row.addStretch(1)
        row.addWidget(self.instructor)
        box.addLayout(row)


class ChoosePage(QWidget):
    """Asks which lab, and who is learning.

    ``start_wanted`` carries a lab and a name, ``resume_wanted`` what was kept, ``file_wanted`` asks for a file.
    """

    start_wanted = Signal(object, str)
    resume_wanted = Signal(object)
    instructor_wanted = Signal(object)
    file_wanted = Signal()

    def __init__(
        self, labs: Sequence[OpenLab], kept: Sequence[Kept], faults: Sequence[str], scale: float,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._scale = scale
        self.name = QLineEdit(self)
        self.name.setPlaceholderText("Your name")
        self.name.setMaxLength(60)
        self.name.setAccessibleName("Your name")
        self.name.setToolTip("Stays on this computer, and goes into the file you hand in; several people can use one "
                             "computer")  # fmt: skip
        self.problem = label("", "error", self)
        self.problem.hide()
        self.cards = {lab.name: LabCard(lab, scale, self) for lab in labs}
        titles = {lab.name: lab.lab.title for lab in labs}
        shown = [one for one in kept if one.result.lab in titles][:SHOWN_KEPT]
        self.resumes = {one.path.name: self._resume(one, titles[one.result.lab]) for one in shown}
        self.from_file = quiet("Go on from a file…", "Take in a learner’s file from a stick, and go on with it here",
                               self.file_wanted.emit, self)  # fmt: skip
        for lab in labs:
            card = self.cards[lab.name]
            card.start_wanted.connect(lambda lab=lab: self._start(lab))
            card.instructor_wanted.connect(lambda lab=lab: self.instructor_wanted.emit(lab))
        self._lay_out(faults)

    def _resume(self, kept: Kept, title: str) -> QWidget:
        result = kept.result
        text = f"{shortened(result.learner, 30)}\n{shortened(title, 30)}, step {result.at}"
        return button(text, f"Go on where {result.learner} was; saved {result.made.replace('T', ' ')}",
                      lambda: self.resume_wanted.emit(kept), self)  # fmt: skip

    def _lay_out(self, faults: Sequence[str]) -> None:
        content = QWidget(self)
        box = QVBoxLayout(content)
        box.setContentsMargins(*margins(self._scale, 10, 4, 6, 12))
        box.setSpacing(round(8 * self._scale))
        box.addWidget(label("Labs", "heading", self))
        box.addWidget(label(ABOUT, "muted", self))
        box.addWidget(self.name)
        box.addWidget(self.problem)
        for card in self.cards.values():
            box.addWidget(card)
        for fault in faults:
            box.addWidget(label(fault, "error", self))
        if self.resumes:
            box.addWidget(label("Go on with", "title", self))
        for resume in self.resumes.values():
            resume.setMinimumWidth(0)
            box.addWidget(resume)
        row = QHBoxLayout()
        row.addWidget(self.from_file)
        row.addStretch(1)
        box.addLayout(row)
        box.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(column(content, self))
        order_tabs(content)

    def _start(self, lab: OpenLab) -> None:
        if not self.name.text().strip():
            self.say_problem("Type your name first: it tells your file from the others.")
            return
        self.start_wanted.emit(lab, self.name.text())

    def say_problem(self, text: str) -> None:
        """Say what is wrong with the name."""
        self.problem.setText(text)
        self.problem.show()
        self.name.setFocus()
