"""What a scenario is about: its title, how long it takes, its story, and what to watch for."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.markdown import MarkdownView
from gui.theme import Theme
from gui.tips import plain_label
from training.scenarios.scenario import Scenario


class StoryView(QWidget):
    """The story of a scenario, to be read before the run."""

    def __init__(self, scenario: Scenario, theme: Theme, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = plain_label(scenario.title, self)
        self.title.setProperty("role", "heading")
        self.title.setWordWrap(True)
        self.facts = plain_label(facts_of(scenario), self)
        self.facts.setProperty("role", "caption")
        self.facts.setWordWrap(True)
        self.story = MarkdownView(theme, scale, self)
        self.story.show_markdown(scenario.story or scenario.summary)
        self.story.setAccessibleName("Story")
        self.watch = MarkdownView(theme, scale, self)
        self.watch.show_markdown("\n".join(f"- {line}" for line in scenario.watch))
        self.watch.setAccessibleName("What to watch for")
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(round(6 * scale))
        box.addWidget(self.title)
        box.addWidget(self.facts)
        box.addWidget(self.story)
        if scenario.watch:
            heading = plain_label("Watch for", self)
            heading.setProperty("role", "title")
            box.addWidget(heading)
            box.addWidget(self.watch)
        self.watch.setVisible(bool(scenario.watch))

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self.story.restyle(theme)
        self.watch.restyle(theme)


def facts_of(scenario: Scenario) -> str:
    """Return chapter, level and minutes in a line."""
    return f"{scenario.group.capitalize()} · {scenario.level} · {scenario.minutes} min"
