"""A question to be answered before the run, and what was right after it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QVBoxLayout, QWidget

from gui.markdown import MarkdownView
from gui.scenarios.choice import Choice
from gui.theme import Theme
from gui.tips import plain_label
from training.scenarios.scenario import Question


class QuestionView(QFrame):
    """A question with its choices. What is right is not said before `reveal`.

    ``answered`` carries the choice, word for word, each time one is chosen.
    """

    answered = Signal(str)

    def __init__(self, question: Question, theme: Theme, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.question, self._theme, self._scale = question, theme, scale
        self.setProperty("role", "card")
        self.ask = MarkdownView(theme, scale, self)
        self.ask.show_markdown(question.ask)
        self._group = QButtonGroup(self)
        self.choices = [Choice(text, self._group, scale, self) for text in question.choices]
        self.chosen = plain_label(parent=self)
        self.chosen.setWordWrap(True)
        self.verdict = plain_label(parent=self)
        self.verdict.setWordWrap(True)
        self.why = MarkdownView(theme, scale, self)
        box = QVBoxLayout(self)
        box.setContentsMargins(*(round(px * scale) for px in (10, 9, 10, 9)))
        box.setSpacing(round(6 * scale))
        for part in (self.ask, *self.choices, self.chosen, self.verdict, self.why):
            box.addWidget(part)
        for told in (self.chosen, self.verdict, self.why):
            told.hide()
        self._group.buttonClicked.connect(lambda _: self.answered.emit(self.choice))
        self.setAccessibleName(f"Question: {question.ask}")
        self.restyle(theme)

    @property
    def choice(self) -> str | None:
        """The choice made, or None."""
        return next((choice.text for choice in self.choices if choice.button.isChecked()), None)

    @property
    def right(self) -> bool:
        """Whether the choice made is the answer."""
        return self.choice == self.question.answer

    @property
    def revealed(self) -> bool:
        """Whether what is right has been said."""
        return not self.verdict.isHidden()

    def choose(self, text: str | None) -> None:
        """Show a choice made before; None: none."""
        self._group.setExclusive(False)
        for choice in self.choices:
            choice.button.setChecked(choice.text == text)
        self._group.setExclusive(True)

    def lock(self, locked: bool = True) -> None:
        """Take no other answer from now on; or take them again."""
        for choice in self.choices:
            choice.button.setEnabled(not locked)

    def reveal(self) -> None:
        """Say in words what was chosen, whether it was right, which one is, and why; the choices fold away."""
        self.lock()
        for choice in self.choices:
            choice.hide()
        self.chosen.setText(f"Your answer: {self.choice}")
        self.chosen.setVisible(self.choice is not None)
        self.verdict.setText(self._verdict())
        self.verdict.show()
        self.why.show_markdown(self.question.why)
        self.why.show()
        self.restyle(self._theme)

    def conceal(self) -> None:
        """Ask again, as if nothing had been said."""
        for told in (self.chosen, self.verdict, self.why):
            told.hide()
        for choice in self.choices:
            choice.show()
        self.lock(False)
        self.restyle(self._theme)

    def _verdict(self) -> str:
        if self.choice is None:
            return f"Skipped. The answer: {self.question.answer}"
        return "✓ Right." if self.right else f"✗ Not so. The answer: {self.question.answer}"

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self._theme = theme
        self.ask.restyle(theme)
        self.why.restyle(theme)
        tone = theme.ok if self.right else theme.warn if self.choice is not None else theme.muted
        self.verdict.setStyleSheet(f"color: {tone}; font-weight: 600;")
