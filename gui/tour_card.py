"""The words of the tour: a small card with a heading, a sentence or two, and the way on."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gui.panels.panel import scale
from gui.theme import Theme
from gui.tips import button_text, plain_label

WIDTH = 320


class TourCard(QFrame):
    """Reports what was pressed; the tour decides what it means."""

    back = Signal()
    next = Signal()
    skip = Signal()
    act = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("tourCard")
        self.heading = plain_label(parent=self)
        self.heading.setProperty("role", "heading")
        self.text = plain_label(parent=self)
        self.text.setWordWrap(True)
        self.place = plain_label(parent=self)
        self.place.setProperty("role", "caption")
        self.skip_button = self._button("Skip", "End the tour (Esc)", self.skip)
        self.act_button = self._button("", "Try it now", self.act)
        self.back_button = self._button("Back", "The stop before (←)", self.back)
        self.next_button = self._button("Next", "The next stop (→ or Enter)", self.next)
        self.skip_button.setProperty("role", "quiet")
        self.next_button.setProperty("role", "primary")
        self._bottom = QHBoxLayout()
        self._bottom.addWidget(self.skip_button)
        self._bottom.addWidget(self.place)
        self._bottom.addStretch(1)
        for button in (self.act_button, self.back_button, self.next_button):
            self._bottom.addWidget(button)
        self._box = QVBoxLayout(self)
        self._box.addWidget(self.heading)
        self._box.addWidget(self.text)
        self._box.addLayout(self._bottom)
        self.rescale()
        self.restyle(theme)

    def _button(self, text: str, tip: str, pressed: Signal) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(tip)
        button.clicked.connect(pressed)
        button.installEventFilter(self)
        return button

    def rescale(self) -> None:
        """Take on the interface scale that holds now."""
        size = scale()
        self._box.setContentsMargins(*(round(margin * size) for margin in (16, 13, 12, 11)))
        self._box.setSpacing(round(7 * size))
        self._bottom.setSpacing(round(6 * size))
        self.setFixedWidth(round(WIDTH * size))
        self._radius = round(9 * size)

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self.setStyleSheet(
            f"#tourCard {{ background: {theme.surface}; border: 1px solid {theme.accent};"
            f" border-radius: {self._radius}px; }}"
        )

    def show_stop(self, heading: str, text: str, number: int, count: int, action: str) -> None:
        """Show one stop's words."""
        self.heading.setText(heading)
        self.text.setText(text)
        self.place.setText(f"{number} of {count}")
        self.act_button.setText(button_text(action))
        self.act_button.setVisible(bool(action))
        self.back_button.setEnabled(number > 1)
        self.next_button.setText("Next" if number < count else "Done")
        self.skip_button.setVisible(number < count)
        self.setAccessibleName(f"Guided tour, {number} of {count}: {heading}")
        self.setAccessibleDescription(text)
        self.next_button.setAccessibleDescription(f"{heading}. {text}")  # read where the focus is
        QAccessible.updateAccessibility(QAccessibleEvent(self.next_button, QAccessible.Event.DescriptionChanged))
        self.text.setFixedHeight(self.text.heightForWidth(self._text_width()))
        self._box.activate()

    def _text_width(self) -> int:
        margins = self._box.contentsMargins()
        return self.width() - margins.left() - margins.right() - 2

    # ------------------------------------------------------------------------------ the focus

    def focus_next(self) -> None:
        """Put the focus on the way on."""
        self.next_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def press_focused(self) -> None:
        """Press the button that has the focus, or go on."""
        focused = next((button for button in self._buttons() if button.hasFocus()), self.next_button)
        focused.click()

    def move_focus(self, forward: bool) -> None:
        """Go to the next button, round and round."""
        buttons = self._buttons()
        at = next((index for index, button in enumerate(buttons) if button.hasFocus()), -1)
        reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        buttons[(at + (1 if forward else -1)) % len(buttons)].setFocus(reason)

    def focusNextPrevChild(self, forward: bool) -> bool:
        self.move_focus(forward)
        return True

    def _buttons(self) -> list[QPushButton]:
        ordered = (self.next_button, self.skip_button, self.act_button, self.back_button)
        return [button for button in ordered if not button.isHidden() and button.isEnabled()]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # A button would take Space for a click and the arrows for the way to its neighbor; here the tour has them.
        if isinstance(event, QKeyEvent) and event.type() in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            if event.key() not in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
                if event.type() == QEvent.Type.KeyPress:
                    self.parent().keyPressEvent(event)
                return True
        return super().eventFilter(watched, event)
