"""The plain sentence at the bottom right: what the run is doing, and in the end why it ended and what is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from gui.fitted_text import fitted
from gui.grouped import grouped
from gui.panels.panel import scale
from gui.theme import Theme, text_font
from gui.tips import plain_label, plain_tip
from training.progress import Outcome

HEADINGS = {
    "completed": "Completed", "converged": "Converged", "early_stopped": "Early stopped", "diverged": "Diverged",
    "stopped": "Stopped", "failed": "Failed",
}
MARKS = {"completed": "●", "converged": "●", "early_stopped": "■", "diverged": "▲", "stopped": "■", "failed": "▲"}
TONES = {"diverged": "warn", "failed": "error", "stopped": ""}
HEADING_PX, COMPACT_PX = 13, 11
WHAT_TO_DO = "Try a smaller learning rate, or clip the gradient norm."


class EndBanner(QFrame):
    """A heading, a sentence, and after a run what can be done next.

    ``extend_wanted`` carries how many epochs more, ``patience_wanted`` how many evaluations more without
    improvement. The buttons stand beside the heading, in room that is always theirs, so that nothing moves.
    Where something else has the room, all of it stands in one line: see `set_compact`.
    """

    extend_wanted = Signal(int)
    patience_wanted = Signal(int)
    new_seed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("endBanner")
        self._theme, self._scale = theme, scale()
        self._said: object = None
        self._tone = ""
        self._heading = ""
        self._texts: tuple[str, ...] = ("",)
        self._more_epochs = self._more_patience = 0
        self._offers: tuple[QPushButton, ...] = ()
        self.compact = False
        self.heading = plain_label(parent=self)
        self.heading.setProperty("role", "title")
        self.heading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.sentence = plain_label(parent=self)
        self.sentence.setProperty("role", "muted")
        self.sentence.setWordWrap(True)
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.sentence.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.sentence.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.line = plain_label(parent=self)
        self.line.setProperty("role", "caption")
        self.line.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.line.hide()
        self.epochs_button = self._button(lambda: self.extend_wanted.emit(self._more_epochs))
        self.patience_button = self._button(lambda: self.patience_wanted.emit(self._more_patience))
        self.seed_button = self._button(self.new_seed.emit)
        self.seed_button.setText("New seed")
        self.seed_button.setToolTip("Start over with other weights, order and noise (N)")
        self._lay_out()
        self._show_buttons(())
        self.restyle(theme)

    def _button(self, pressed: object) -> QPushButton:
        button = QPushButton(self)
        button.setProperty("role", "pill")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(pressed)
        return button

    def _lay_out(self) -> None:
        self._row = round(21 * self._scale)
        self._margins = tuple(round(px * self._scale) for px in (14, 8, 12, 5))
        self._gap = round(2 * self._scale)
        row = QHBoxLayout()
        row.setSpacing(round(5 * self._scale))
        row.addWidget(self.heading, 1)
        row.addWidget(self.line, 1)
        for button in (self.epochs_button, self.patience_button, self.seed_button):
            button.setFixedHeight(self._row)
            row.addWidget(button)
        self.heading.setFixedHeight(self._row)
        self._row_of_heading = row
        box = self._box = QVBoxLayout(self)
        box.setContentsMargins(*self._margins)
        box.setSpacing(self._gap)
        box.addLayout(row)
        box.addWidget(self.sentence, 1)

    def set_compact(self, compact: bool) -> None:
        """Stand in one line, or take all the room there is."""
        if compact == self.compact:
            return
        self.compact = compact
        self._margins = tuple(round(px * self._scale) for px in ((14, 2, 12, 5) if compact else (14, 8, 12, 5)))
        self._box.setContentsMargins(*self._margins)
        self.sentence.setVisible(not compact)
        self.line.setVisible(compact)
        self._row_of_heading.setStretch(0, 0 if compact else 1)
        policy = QSizePolicy.Policy.Preferred if compact else QSizePolicy.Policy.Ignored
        self.heading.setSizePolicy(policy, QSizePolicy.Policy.Preferred)
        self.setSizePolicy(
            QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed if compact else QSizePolicy.Policy.Preferred
        )
        self._fit()
        self.restyle(self._theme)

    # ------------------------------------------------------------------------------ saying

    @property
    def warns(self) -> bool:
        """Whether what it says is a warning."""
        return self._tone in ("warn", "error")

    def say(self, heading: str, sentence: str, tone: str = "", *, also: Sequence[str] = ()) -> None:
        """Show a heading and a sentence; `tone` is "", "ok", "warn" or "error".

        Of `also`, as many lines are shown below it as there is room for.
        """
        texts = tuple("\n".join((sentence, *also[:count])) for count in range(len(also), -1, -1))
        self._say(heading, texts, tone, ())

    def say_outcomes(self, outcomes: tuple[Outcome | None, ...], epochs: int = 0, patience: int = 0) -> None:
        """Say how the run ended, and offer to go on where more epochs, or more patience, let it.

        `epochs` and `patience` are those of the run (0: offer nothing).
        """
        ended = [outcome for outcome in outcomes if outcome is not None]
        if not ended:
            return
        if (outcomes, epochs, patience) == self._said:
            return
        if len(outcomes) == 1:
            heading = f"{MARKS[ended[0].reason]} {HEADINGS[ended[0].reason]}"
            text = _with_weights(ended[0])
            texts: tuple[str, ...] = (f"{text} {WHAT_TO_DO}", text) if ended[0].reason == "diverged" else (text,)
        else:
            of = "All" if len(ended) == len(outcomes) else f"{len(ended)} of"
            heading = f"{of} {len(outcomes)} ended"
            summary = _summary(ended)
            texts = (f"{summary} Replica 1: {_with_weights(ended[0])}", summary)
        offers = [self.seed_button]
        if patience and any(outcome.reason == "early_stopped" for outcome in ended):
            self._more_patience = patience
            offers.append(self.patience_button)
        if epochs and any(_longer_goes_on(outcome, epochs) for outcome in ended):
            self._more_epochs = extension(epochs)
            offers.append(self.epochs_button)
        self._say(heading, texts, TONES.get(ended[0].reason, "ok"), tuple(offers))
        self._said = (outcomes, epochs, patience)

    def _say(self, heading: str, texts: tuple[str, ...], tone: str, offers: tuple[QPushButton, ...]) -> None:
        said = (heading, texts, tone)
        if said == self._said:
            return
        self._said = said
        self._heading, self._texts = heading, texts
        self._show_buttons(offers)
        self._fit()
        if tone != self._tone:
            self._tone = tone
            self.restyle(self._theme)

    def _show_buttons(self, offers: tuple[QPushButton, ...]) -> None:
        more, patience = grouped(self._more_epochs), grouped(self._more_patience)
        for button, text, tip in (
            (self.epochs_button, f"+ {more} epoch{'s' * (self._more_epochs != 1)}", f"Go on for {more} epochs more"),
            (self.patience_button, f"+ {patience} patience",
             f"Go on, and stop only after {patience} evaluations more without improvement"),
        ):  # fmt: skip
            button.setText(text)
            button.setAccessibleName(tip)
            button.setToolTip(tip)
        self._offers = offers

    # ------------------------------------------------------------------------------ room

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Show the longest text that can be read as a whole, in the largest type; cut only what fits nowhere."""
        left, top, right, bottom = self._margins
        width = self.width() - left - right
        height = self.height() - top - bottom - self._row - self._gap
        text, px = fitted(self._texts, width, height, self._scale)
        if self.compact:
            text = self._texts[-1]
        if text != self.sentence.text():
            self.sentence.setText(text)
        style = f"font-size: {round(px * self._scale)}px;"
        if style != self.sentence.styleSheet():
            self.sentence.setStyleSheet(style)
        whole = self._texts[0]
        self.sentence.setToolTip(plain_tip(whole) if text != whole else "")
        self.sentence.setAccessibleName(whole)
        metrics = QFontMetrics(text_font(self._scale, px=self._heading_px, weight=600))
        spare = width - metrics.horizontalAdvance(self._heading)
        buttons = 0
        for button in (self.epochs_button, self.patience_button, self.seed_button):  # a new seed has a key and a menu
            room = button.sizeHint().width() + round(5 * self._scale)
            there = button in self._offers and (buttons == 0 or buttons + room <= spare)
            button.setVisible(there)
            buttons += room if there else 0
        heading = metrics.elidedText(self._heading, Qt.TextElideMode.ElideRight, max(0, width - buttons))
        if self.compact:
            self._fit_line(width - buttons - metrics.horizontalAdvance(heading) - round(12 * self._scale))
        if heading != self.heading.text():
            self.heading.setText(heading)
            self.heading.setToolTip(plain_tip(self._heading) if heading != self._heading else "")

    def _fit_line(self, room: int) -> None:
        """Say in the line as much as there is room for."""
        whole = " ".join(self._texts[0].split())
        metrics = QFontMetrics(text_font(self._scale, px=COMPACT_PX))
        text = metrics.elidedText(whole, Qt.TextElideMode.ElideRight, max(0, room))
        if text != self.line.text():
            self.line.setText(text)
        self.line.setToolTip(plain_tip(whole) if text != whole else "")
        self.line.setAccessibleName(whole)

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self._theme = theme
        color = {"ok": theme.ok, "warn": theme.warn, "error": theme.error}.get(self._tone, theme.text)
        self.heading.setStyleSheet(f"color: {color}; font-size: {round(self._heading_px * self._scale)}px;")

    @property
    def _heading_px(self) -> int:
        return COMPACT_PX if self.compact else HEADING_PX


def extension(epochs: int) -> int:
    """Return how many epochs more to offer: the largest of 1, 2, 5, 10, … that is at most half of what there was."""
    best, power = 1, 1
    while power <= epochs // 2:
        best = max(digit * power for digit in (1, 2, 5) if digit * power <= epochs // 2)
        power *= 10
    return best


def _longer_goes_on(outcome: Outcome, epochs: int) -> bool:
    """Tell whether more epochs let a run go on from where it ended."""
    return outcome.reason == "stopped" or (outcome.reason == "completed" and outcome.epoch >= epochs)


def _with_weights(outcome: Outcome) -> str:
    """Return why and when a run ended, and which weights are kept."""
    text = outcome.message
    return text if "weights" in text else f"{text} The last weights are kept."


def _summary(ended: list[Outcome]) -> str:
    counts = Counter(HEADINGS[outcome.reason].lower() for outcome in ended)
    first, last = min(outcome.epoch for outcome in ended), max(outcome.epoch for outcome in ended)
    when = f"at epoch {last:g}" if first == last else f"at epochs {first:g} to {last:g}"
    restored = sum(outcome.restored for outcome in ended)
    kept = "The best weights are kept in all" if restored == len(ended) else (
        f"The best weights are kept in {restored}, the last in {len(ended) - restored}" if restored
        else "The last weights are kept"
    )  # fmt: skip
    return f"{', '.join(f'{count} {name}' for name, count in counts.most_common())}, {when}. {kept}."
