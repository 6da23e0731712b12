"""What a scenario is about: its title, how long it takes, its story, and what to watch for."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from gui.markdown import MarkdownView
from gui.theme import Theme
from gui.tips import plain_label
from training.scenarios.scenario import Scenario


class StoryView(QWidget):
    """The story of a scenario, to be read before the run; `titled` is whether its title stands above it."""

    def __init__(
        self, scenario: Scenario, theme: Theme, scale: float, parent: QWidget | None = None, *, titled: bool = True
    ) -> None:
        super().__init__(parent)
        self.title = title_of(scenario, self)
        self.title.setVisible(titled)
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


def title_of(scenario: Scenario, parent: QWidget) -> QLabel:
    """Return the title of a scenario as a label."""
    title = plain_label(scenario.title, parent)
    title.setProperty("role", "heading")
    title.setWordWrap(True)
    return title


def facts_of(scenario: Scenario) -> str:
    """Return chapter, level and minutes in a line."""
    return f"{scenario.group.capitalize()} · {scenario.level} · {scenario.minutes} min"
