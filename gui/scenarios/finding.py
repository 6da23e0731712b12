"""What became of an expectation, in two lines: whether it holds, and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from gui.theme import Theme
from gui.tips import plain_label


@dataclass(frozen=True)
class Finding:
    """An expectation as it stands.

    Attributes
    ----------
    verdict
        Whether it holds, as a mark with a word; or the mark alone of what cannot be said yet.
    text
        The expectation.
    told
        What was found and wanted, or which runs are needed to say so.
    holds
        Whether it holds; None before that can be said.
    """

    verdict: str
    text: str
    told: str
    holds: bool | None


class FindingView(QWidget):
    """Shows a `Finding`; only the verdict has a color."""

    def __init__(self, theme: Theme, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._finding: Finding | None = None
        self.says = QLabel(self)
        self.says.setTextFormat(Qt.TextFormat.RichText)
        self.told = plain_label(parent=self)
        self.told.setProperty("role", "caption")
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(round(1 * scale))
        for label in (self.says, self.told):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            box.addWidget(label)

    def show_finding(self, finding: Finding) -> None:
        """Show how the expectation stands."""
        self._finding = finding
        self.told.setText(finding.told)
        self.says.setAccessibleName(f"{finding.verdict} {finding.text}")
        self.restyle(self._theme)

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self._theme = theme
        if self._finding is None:
            return
        color = {True: theme.ok, False: theme.warn, None: theme.muted}[self._finding.holds]
        verdict = f'<span style="color: {color}; font-weight: 600">{escape(self._finding.verdict)}</span>'
        self.says.setText(f"{verdict} {escape(self._finding.text)}")
