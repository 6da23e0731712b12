"""Keys for the pages of the left column."""

from __future__ import annotations

from gui.actions import Act
from gui.feature import Feature

PAGES = ("Experiment", "Scenarios", "Guide", "Runs")


class LeftPages(Feature):
    """Brings a page to the front, and the column into view if it was hidden."""

    def acts(self) -> list[Act]:
        return [
            Act("View", f"Page at the left: {title}", (f"Ctrl+Alt+{number}",), lambda title=title: self.show(title),
                works=lambda title=title: title in self.window.workspace.left.titles)
            for number, title in enumerate(PAGES, start=1)
        ]  # fmt: skip

    def show(self, title: str) -> None:
        """Show a page."""
        left = self.window.workspace.left
        if title in left.titles:
            if left.isHidden():
                self.window.toggle_form()
            left.show_page(title)
            left.tabs.setFocus()
