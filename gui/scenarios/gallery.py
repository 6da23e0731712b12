"""The gallery: the cards of all scenarios, by chapter."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QWidget

from gui.scenarios.card import HEIGHT, ScenarioCard
from gui.scenarios.library import Entry
from gui.theme import Theme
from gui.tips import plain_label
from training.scenarios.scenario import GROUPS

NARROWEST = 232
GAP = 12


class Gallery(QScrollArea):
    """Cards in a grid under the headings of their chapters; the arrow keys go from card to card, Enter opens one.

    ``opened`` carries the entry whose card was pressed, ``typed`` what was typed on one.
    """

    opened = Signal(object)
    typed = Signal(str)

    def __init__(self, theme: Theme, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._scale = theme, scale
        self.setObjectName("gallery")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Scenarios")
        self._content = QWidget()
        self.setWidget(self._content)
        self.cards: list[ScenarioCard] = []
        self._in_order: list[ScenarioCard] = []
        self._headings: dict[str, QLabel] = {}
        self.nothing = plain_label("", self._content)
        self.nothing.setProperty("role", "muted")
        self.nothing.setWordWrap(True)
        self.nothing.hide()

    @property
    def shown(self) -> list[ScenarioCard]:
        """The cards in sight, in order."""
        return [card for card in self._in_order if not card.isHidden()]

    def fill(self, entries: Sequence[Entry], done: Callable[[Entry], str]) -> None:
        """Make a card for each scenario; `done` says what was done of it."""
        for widget in (*self.cards, *self._headings.values()):
            widget.hide()
            widget.deleteLater()
        self.cards, self._headings = [], {}
        for group in GROUPS:
            if any(entry.scenario.group == group for entry in entries):
                heading = plain_label(group.capitalize(), self._content)
                heading.setProperty("role", "heading")
                self._headings[group] = heading
                heading.show()
        for entry in entries:
            card = ScenarioCard(entry, done(entry), self._theme, self._scale, self._content)
            card.clicked.connect(lambda _=False, entry=entry: self.opened.emit(entry))
            card.moved.connect(self._move)
            card.typed.connect(self.typed)
            card.show()
            self.cards.append(card)
        self._in_order = list(self.cards)
        self._arrange()

    def show_only(self, wanted: Callable[[Entry], bool], first: Callable[[Entry], bool], nothing: str) -> None:
        """Show the cards of some scenarios; `nothing` is said where there are none.

        Those for which `first` holds come first in their chapter, and their chapters before the others.
        """
        for card in self.cards:
            card.setVisible(wanted(card.entry))
        ahead = {card.entry.scenario.group for card in self.cards if wanted(card.entry) and first(card.entry)}
        self._in_order = sorted(self.cards, key=lambda card: (
            card.entry.scenario.group not in ahead, GROUPS.index(card.entry.scenario.group), not first(card.entry),
        ))  # fmt: skip
        self.nothing.setText(nothing)
        self._arrange()
        self.verticalScrollBar().setValue(0)

    def show_done(self, done: Callable[[Entry], str]) -> None:
        """Show anew what was done."""
        for card in self.cards:
            card.show_done(done(card.entry))

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self._theme = theme
        for card in self.cards:
            card.restyle(theme)

    # ------------------------------------------------------------------------------ places

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _columns(self, width: int) -> int:
        return max(1, int((width + GAP * self._scale) / ((NARROWEST + GAP) * self._scale)))

    def _arrange(self) -> None:
        scale, width = self._scale, self.viewport().width() - round(6 * self._scale)
        columns, gap = self._columns(width), round(GAP * scale)
        wide, high = (width - gap * (columns - 1)) // columns, round(HEIGHT * scale)
        y = 0
        shown = self.shown
        groups = list(dict.fromkeys(card.entry.scenario.group for card in shown))
        for group, heading in self._headings.items():
            heading.setVisible(group in groups)
        for group in groups:
            cards = [card for card in shown if card.entry.scenario.group == group]
            heading = self._headings[group]
            heading.setGeometry(2, y, width, round(22 * scale))
            y += round(30 * scale)
            for index, card in enumerate(cards):
                row, column = divmod(index, columns)
                card.setGeometry(column * (wide + gap), y + row * (high + gap), wide, high)
            y += -(-len(cards) // columns) * (high + gap) + round(12 * scale)
        self.nothing.setVisible(not shown)
        self.nothing.setGeometry(2, round(4 * scale), width, round(60 * scale))
        self._content.setFixedSize(self.viewport().width(), max(1, y, round(80 * scale)))
        self._let_tab_in()

    def _let_tab_in(self) -> None:
        """Let the Tab key reach one card: the one in use, or the first; arrows go on from there."""
        shown = self.shown
        current = next((card for card in shown if card.hasFocus()), shown[0] if shown else None)
        for card in self.cards:
            card.setFocusPolicy(Qt.FocusPolicy.StrongFocus if card is current else Qt.FocusPolicy.ClickFocus)

    # ------------------------------------------------------------------------------ keys

    def focus_first(self) -> None:
        """Put the focus on the first card in sight, once the key that asked for it has done its work elsewhere."""
        QTimer.singleShot(0, self, lambda: self._focus(self.shown[0]) if self.shown else None)

    def _focus(self, card: ScenarioCard) -> None:
        card.setFocus(Qt.FocusReason.OtherFocusReason)
        self._let_tab_in()
        margin = round(40 * self._scale)
        QTimer.singleShot(0, self, lambda: self.ensureWidgetVisible(card, 0, margin) if card in self.cards else None)

    def _move(self, key: int) -> None:
        shown = self.shown
        at = next((index for index, card in enumerate(shown) if card.hasFocus()), None)
        if at is None:
            return
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            wanted = at + (1 if key == Qt.Key.Key_Right else -1)
            self._focus(shown[max(0, min(len(shown) - 1, wanted))])
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._focus(shown[0] if key == Qt.Key.Key_Home else shown[-1])
        else:
            self._focus(self._above_or_below(shown, shown[at], up=key == Qt.Key.Key_Up))

    @staticmethod
    def _above_or_below(shown: list[ScenarioCard], card: ScenarioCard, *, up: bool) -> ScenarioCard:
        """Return the nearest card of the next row that way, or the card itself."""
        rows = sorted({other.y() for other in shown if (other.y() < card.y() if up else other.y() > card.y())})
        if not rows:
            return card
        row = rows[-1] if up else rows[0]
        return min((other for other in shown if other.y() == row), key=lambda other: abs(other.x() - card.x()))
