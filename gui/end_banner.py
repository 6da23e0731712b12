"""The plain sentence at the bottom right: what the run is doing, and in the end why it ended."""

from __future__ import annotations

from collections import Counter

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from gui.theme import Theme
from gui.tips import plain_label, plain_tip
from training.progress import Outcome

HEADINGS = {
    "completed": "Completed", "converged": "Converged", "early_stopped": "Early stopped", "diverged": "Diverged",
    "stopped": "Stopped", "failed": "Failed",
}
MARKS = {"completed": "●", "converged": "●", "early_stopped": "■", "diverged": "▲", "stopped": "■", "failed": "▲"}


class EndBanner(QFrame):
    """A heading and a sentence."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("endBanner")
        self._theme = theme
        self._tone = ""
        self.heading = plain_label(parent=self)
        self.heading.setProperty("role", "title")
        self.sentence = plain_label(parent=self)
        self.sentence.setProperty("role", "muted")
        self.sentence.setWordWrap(True)
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.sentence.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        box = QVBoxLayout(self)
        box.setContentsMargins(14, 9, 12, 6)
        box.setSpacing(2)
        box.addWidget(self.heading)
        box.addWidget(self.sentence, 1)
        self.restyle(theme)

    def say(self, heading: str, sentence: str, tone: str = "") -> None:
        """Show a heading and a sentence; `tone` is "", "ok", "warn" or "error"."""
        if heading != self.heading.text():
            self.heading.setText(heading)
        if sentence != self.sentence.text():
            self.sentence.setText(sentence)
            self.sentence.setToolTip(plain_tip(sentence))
        if tone != self._tone:
            self._tone = tone
            self.restyle(self._theme)

    def say_outcomes(self, outcomes: tuple[Outcome | None, ...]) -> None:
        """Say how the run ended."""
        ended = [outcome for outcome in outcomes if outcome is not None]
        if not ended:
            return
        first = ended[0]
        heading = f"{MARKS[first.reason]} {HEADINGS[first.reason]}"
        sentence = first.message
        if len(outcomes) > 1:
            counts = Counter(HEADINGS[outcome.reason].lower() for outcome in ended)
            heading = f"{len(ended)} of {len(outcomes)} replicas ended"
            sentence = ", ".join(f"{count} {name}" for name, count in counts.items()) + f". Replica 1: {first.message}"
        tone = {"diverged": "warn", "failed": "error", "stopped": ""}.get(first.reason, "ok")
        self.say(heading, sentence, tone)

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self._theme = theme
        color = {"ok": theme.ok, "warn": theme.warn, "error": theme.error}.get(self._tone, theme.text)
        self.heading.setStyleSheet(f"color: {color};")
