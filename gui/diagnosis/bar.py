"""What was found, in the corner of the window: a mark, a title, a figure, a sentence, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from gui.evidence import MARKS, tone
from gui.fitted_text import fitted
from gui.tab_order import order_tabs
from gui.theme import Theme, text_font
from gui.tips import button_text, plain_label, plain_tip
from training.diagnosis.finding import Severity

FIGURE_PX = 12
HEADING, GAP, PILL, APART = 20, 2, 25, 6
MARGINS = (14, 8, 12, 2)
LEAST_FIGURE = 60
"""Pixels below which nothing of a figure beside the title is worth showing."""


@dataclass(frozen=True)
class Offer:
    """Something that can be done, as a button.

    Attributes
    ----------
    more
        What else can be done with it: texts and acts, in a menu.
    lasting
        Whether it has a button however little room there is; the others go into the menu one by one.
    """

    text: str
    tip: str
    do: Callable[[], object]
    more: tuple[tuple[str, Callable[[], object]], ...] = ()
    lasting: bool = False

    @property
    def look(self) -> tuple[object, ...]:
        """What is seen of it."""
        return self.text, self.tip, self.lasting, tuple(text for text, _ in self.more)


@dataclass(frozen=True)
class Told:
    """What the bar says.

    Attributes
    ----------
    severity
        None: nothing was found.
    title, figure
        Beside the mark; the figure is cut where there is no room.
    sentence
        Below.
    """

    severity: Severity | None
    title: str
    figure: str
    sentence: str
    tip: str = ""


class FindingBar(QFrame):
    """One finding and its fixes, in room that is always theirs: pills go into a menu rather than move anything."""

    def __init__(self, theme: Theme, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("findingBar")
        self._theme, self._scale = theme, scale
        self.told: Told | None = None
        self._offers: tuple[Offer, ...] = ()
        self._buttons: list[tuple[Offer, QPushButton]] = []
        self.heading = plain_label(parent=self)
        self.heading.setProperty("role", "title")
        self.figure = plain_label(parent=self)
        self.figure.setProperty("role", "muted")
        self.figure.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.figure.setStyleSheet(f"font-size: {self._px(FIGURE_PX)}px;")
        self.sentence = plain_label(parent=self)
        self.sentence.setProperty("role", "muted")
        self.sentence.setWordWrap(True)
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.sentence.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.sentence.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.more_button = self._button("▾", "Other ways: every fix, with or without a race")
        self.more_button.clicked.connect(self._open_menu)
        self.menu = QMenu(self)
        self.menu.setToolTipsVisible(True)
        self._lay_out()
        self.restyle(theme)

    def _px(self, size: float) -> int:
        return round(size * self._scale)

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(button_text(text), self)
        button.setToolTip(plain_tip(tip))
        button.setAccessibleName(tip if len(text) < 2 else text)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setFixedHeight(self._px(PILL))
        button.setStyleSheet(f"QPushButton {{ padding: 0 {self._px(9)}px; font-size: {self._px(12)}px; }}")
        return button

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(0)
        head.addWidget(self.heading)
        head.addWidget(self.figure, 1)
        self.heading.setFixedHeight(self._px(HEADING))
        self.pills = QHBoxLayout()
        self.pills.setSpacing(self._px(APART))
        self.pills.addWidget(self.more_button)
        self.pills.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(*(self._px(px) for px in MARGINS))
        box.setSpacing(self._px(GAP))
        box.addLayout(head)
        box.addWidget(self.sentence, 1)
        box.addLayout(self.pills)

    # ------------------------------------------------------------------------------ what is said

    def say(self, told: Told, offers: Sequence[Offer] = ()) -> None:
        """Show what was found, and what can be done."""
        same = [offer.look for offer in offers] == [offer.look for offer in self._offers]
        self._offers = tuple(offers)
        if not same:
            self._make_pills()
        if told != self.told:
            self.told = told
            self.restyle(self._theme)
        elif same:
            return
        self._fit()

    def _make_pills(self) -> None:
        focused = next((offer.text for offer, button in self._buttons if button.hasFocus()), "")
        for _, button in self._buttons:
            button.hide()
            button.deleteLater()
        self._buttons = []
        for index, offer in enumerate(self._offers):
            button = self._button(offer.text, offer.tip)
            button.clicked.connect(lambda _=False, index=index: self._offers[index].do())
            button.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            button.customContextMenuRequested.connect(self._open_menu)
            self.pills.insertWidget(self.pills.count() - 1 if offer.lasting else self._before_menu(), button)
            if offer.text == focused:
                button.setFocus()
            self._buttons.append((offer, button))
        order_tabs(self)

    def _before_menu(self) -> int:
        return self.pills.indexOf(self.more_button)

    def button(self, text: str) -> QPushButton:
        """Return the button of an offer."""
        return next(button for offer, button in self._buttons if offer.text == text)

    @property
    def buttons(self) -> list[QPushButton]:
        """The buttons that are seen."""
        return [button for _, button in self._buttons if button.isVisibleTo(self)]

    def _open_menu(self) -> None:
        self.fill_menu()
        self.menu.popup(self.more_button.mapToGlobal(self.more_button.rect().bottomLeft()))

    def fill_menu(self) -> None:
        """List all that can be done."""
        self.menu.clear()
        for offer in self._offers:
            for text, act in offer.more:
                action = self.menu.addAction(button_text(text))
                action.setToolTip(plain_tip(offer.tip))
                action.triggered.connect(lambda _=False, act=act: act())
            if offer.more:
                self.menu.addSeparator()

    # ------------------------------------------------------------------------------ room

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Show as much as there is room for: the title whole, the figure cut, the sentence in the type that fits."""
        if self.told is None:
            return
        told = self.told
        left, top, right, bottom = (self._px(px) for px in MARGINS)
        width = self.width() - left - right
        title = f"{MARKS[told.severity]} {told.title}"
        spare = width - QFontMetrics(text_font(self._scale, px=13, weight=600)).horizontalAdvance(title)
        _put(self.heading, _elided(title, width, 13, self._scale, weight=600), title)
        figure = f" · {told.figure}" if told.figure and spare >= self._px(LEAST_FIGURE) else ""
        _put(self.figure, _elided(figure, spare, FIGURE_PX, self._scale), told.figure)
        self.heading.setToolTip(plain_tip(told.tip))
        pills = self._px(PILL) + self._px(GAP) if self._offers else 0
        height = self.height() - top - bottom - self._px(HEADING) - self._px(GAP) - pills
        text, px = fitted((told.sentence,), width, height, self._scale)
        _put(self.sentence, text, told.sentence)
        style = f"font-size: {self._px(px)}px;"
        if style != self.sentence.styleSheet():
            self.sentence.setStyleSheet(style)
        self._fit_pills(width)

    def _fit_pills(self, width: int) -> None:
        """Keep what lasts and the menu; of the fixes, as many as there is room for beside them."""
        apart = self._px(APART)
        in_menu = any(offer.more for offer in self._offers)
        self.more_button.setVisible(in_menu)
        room = width - (self.more_button.sizeHint().width() + apart if in_menu else 0)
        room -= sum(button.sizeHint().width() + apart for offer, button in self._buttons if offer.lasting)
        for offer, button in self._buttons:
            if not offer.lasting:
                room -= button.sizeHint().width() + apart
            button.setVisible(offer.lasting or room >= -apart)

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self._theme = theme
        color = tone(self.told.severity, theme) if self.told is not None else theme.text
        self.heading.setStyleSheet(f"color: {color};")


def _put(label: QLabel, text: str, whole: str) -> None:
    if text != label.text():
        label.setText(text)
        label.setToolTip(plain_tip(whole) if text.endswith("…") else "")
    if whole != label.accessibleName():
        label.setAccessibleName(whole)


def _elided(text: str, room: int, px: float, scale: float, weight: int = QFont.Weight.Normal) -> str:
    metrics = QFontMetrics(text_font(scale, px=px, weight=weight))
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0, room))
