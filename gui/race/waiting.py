"""A race off the stage waits unseen: the notice above the panels that leads back to it."""

from __future__ import annotations

from collections.abc import Callable

from gui.dialogs import Banner

BACK, CLOSE = "Back to the race", "Close it"


class WaitingNotice:
    """Says that there still is a race, and goes with it, unless something else is said there by then."""

    def __init__(self) -> None:
        self._text = ""

    def give(
        self, banner: Banner, title: str, *, over: bool, back: Callable[[], None], close: Callable[[], None]
    ) -> None:
        """Say so."""
        self._text = f"The race “{title}” is {'over, and still open' if over else 'paused'}."
        banner.show_notice(self._text, (BACK, back), (CLOSE, close))

    def take_back(self, banner: Banner) -> None:
        """Say so no more."""
        if self._text and banner.text.text() == self._text:
            banner.hide()
        self._text = ""
