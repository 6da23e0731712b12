"""The corner at the bottom right: where the run stands, and what was found in it; who says more has the room.

What was found and calls for something to be done has the room, and where the run stands is one line below it. Else it
is the other way round. So both are always in sight, at the same two places (docs/decisions/012-corner.md).
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from gui.diagnosis.bar import FindingBar, Offer, Told
from gui.end_banner import EndBanner
from gui.evidence import MARKS, tone
from gui.theme import Theme, text_font
from gui.tips import button_text, plain_label, plain_tip

LINE = 28
"""Height of the line at the bottom, at an interface scale of 1: that of an end banner in one line."""
LINE_PX = 11


class FindingLine(QFrame):
    """What was found, in one line, with a button for more."""

    def __init__(self, theme: Theme, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("findingLine")
        self._theme, self._scale = theme, scale
        self.told: Told | None = None
        self._offer: Offer | None = None
        self.title = plain_label(parent=self)
        self.title.setProperty("role", "title")
        self.figure = plain_label(parent=self)
        self.figure.setProperty("role", "caption")
        self.figure.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.button = QPushButton("Explain…", self)
        self.button.setProperty("role", "pill")
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.setFixedHeight(round(21 * scale))
        self.button.clicked.connect(lambda: self._offer.do() if self._offer is not None else None)
        row = QHBoxLayout(self)
        margins = [round(px * scale) for px in (14, 2, 12, 5)]
        self._beside, self._apart = margins[0] + margins[2], round(5 * scale)
        row.setContentsMargins(*margins)
        row.setSpacing(self._apart)
        row.addWidget(self.title)
        row.addWidget(self.figure, 1)
        row.addWidget(self.button)
        self.say(None)
        self.restyle(theme)

    def say(self, told: Told | None, offer: Offer | None = None) -> None:
        """Show what was found, or nothing; the line keeps its room."""
        changed, self.told, self._offer = told != self.told, told, offer
        self.button.setVisible(offer is not None)
        if offer is not None:
            self.button.setText(button_text(offer.text))
            self.button.setAccessibleName(offer.text)
            self.button.setToolTip(plain_tip(offer.tip))
        title = f"{MARKS[told.severity]} {told.title}" if told is not None else ""
        self.title.setText(title)
        self.title.setToolTip(plain_tip(told.tip) if told is not None else "")
        if changed:
            self.restyle(self._theme)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        told = self.told
        whole = told.figure or told.sentence if told is not None else ""
        text = QFontMetrics(text_font(self._scale, px=LINE_PX)).elidedText(
            whole, Qt.TextElideMode.ElideRight, max(0, self._room())
        )
        self.figure.setText(text)
        self.figure.setAccessibleName(whole)
        self.figure.setToolTip(plain_tip(whole) if text != whole else "")

    def _room(self) -> int:
        """Return the width that is left for the figure, whether or not the line was laid out anew."""
        title = QFontMetrics(text_font(self._scale, px=LINE_PX, weight=600)).horizontalAdvance(self.title.text())
        button = self.button.sizeHint().width() + self._apart if self._offer is not None else 0
        return self.width() - self._beside - title - self._apart - button

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self._theme = theme
        color = tone(self.told.severity, theme) if self.told is not None else theme.text
        self.title.setStyleSheet(f"color: {color}; font-size: {round(LINE_PX * self._scale)}px;")


class Corner(QFrame):
    """Shares its room between the end banner and what was found."""

    def __init__(self, banner: EndBanner, theme: Theme, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("corner")
        self.banner = banner
        self.bar, self.line = FindingBar(theme, scale, self), FindingLine(theme, scale, self)
        self.line.setFixedHeight(round(LINE * scale))
        self._line_height = round(LINE * scale)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.bar, 1)
        box.addWidget(banner, 1)
        box.addWidget(self.line)
        self.say_little(None)

    def say_much(self, told: Told, offers: Sequence[Offer]) -> None:
        """Let what was found have the room."""
        self._share(much=True)
        self.bar.say(told, offers)

    def say_little(self, told: Told | None, offer: Offer | None = None) -> None:
        """Let the end banner have the room, and say what was found, if anything, in a line."""
        self._share(much=False)
        self.line.say(told, offer)

    def _share(self, *, much: bool) -> None:
        if much == self.bar.isVisibleTo(self) and much != self.line.isVisibleTo(self):
            return
        self.setUpdatesEnabled(False)
        self.bar.setVisible(much)
        self.line.setVisible(not much)
        self.banner.set_compact(much)
        if much:
            self.banner.setFixedHeight(self._line_height)
        else:
            self.banner.setMinimumHeight(0)
            self.banner.setMaximumHeight(16_777_215)
        self.setUpdatesEnabled(True)

    @property
    def says_much(self) -> bool:
        """Whether what was found has the room."""
        return self.bar.isVisibleTo(self)

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`; the banner takes its own."""
        self.bar.restyle(theme)
        self.line.restyle(theme)
