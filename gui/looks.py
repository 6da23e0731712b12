"""How the window looks: its theme, how large everything is, and the projector mode; kept for the next start."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gui import theme as themes
from gui.arrangement import DESK, PROJECTOR, Arrangement
from gui.preferences import LARGEST, SMALLEST, Settings
from gui.theme import Theme

if TYPE_CHECKING:
    from gui.window import MainWindow

PROJECTOR_SCALE = 1.35
CRAMPED = 800  # pixels at the usual size: a narrower window has no room for form and panels side by side
FRAMES, PROJECTOR_FRAMES = 15.5, 23.0
"""Frames per second that are drawn even where that costs more than its share: on a wall, a slower one is seen."""


class Looks:
    """Changes them; colors are taken on by what there is, for another size all widgets are made anew.

    Attributes
    ----------
    theme
        As it was chosen; on the projector it is shown with thicker lines.
    scale
        As it was chosen; on the projector everything is larger still.
    projector
        Whether few panels are shown, with large type, to be read from the last row of a lecture hall.
    """

    def __init__(self, window: MainWindow, theme: Theme, scale: float) -> None:
        self._window = window
        self.theme, self.scale = theme, scale
        self.projector = False

    @property
    def _shown_theme(self) -> Theme:
        return replace(self.theme, bold=self.projector)

    @property
    def arrangement(self) -> Arrangement:
        """Where the panels are."""
        if self.projector:
            return PROJECTOR
        return Arrangement.from_plain(self._window.preferences.settings.arrangement or None, DESK.names, DESK)

    def keep_arrangement(self) -> None:
        """Keep where the panels are; what is moved about for a talk is no arrangement for the desk."""
        if not self.projector:
            self._window.preferences.change(arrangement=self._window.board.arrangement.to_plain())

    # ------------------------------------------------------------------------------ size

    def set_scale(self, scale: float) -> None:
        """Show everything larger or smaller: 1 is the usual size."""
        self.scale = round(min(LARGEST, max(SMALLEST, scale)), 2)
        self._window.preferences.change(scale=self.scale)
        self._make_anew()

    def set_projector(self, on: bool) -> None:
        """Go to the projector mode, or back."""
        if on != self.projector:
            self.projector = on
            self._make_anew()

    def _make_anew(self) -> None:
        window = self._window
        scale = self.scale * (PROJECTOR_SCALE if self.projector else 1.0)
        window.pace.slowest = PROJECTOR_FRAMES if self.projector else FRAMES
        themes.change(window, self._shown_theme, scale)
        cramped = window.width() < CRAMPED * scale
        form = window.form_shown and not self.projector
        window.make_anew(self._shown_theme, scale, form_shown=form and not cramped)
        if cramped and form:
            window.status.say("At this size the panels take the room of the form; Ctrl+B shows it.")

    # ------------------------------------------------------------------------------ colors

    def switch_theme(self) -> None:
        """Dark to light and back."""
        self.set_theme(themes.LIGHT if self.theme.dark else themes.DARK)
        self._window.preferences.change(theme=self.theme.name)

    def set_theme(self, theme: Theme) -> None:
        """Take on a theme."""
        self.theme = theme
        themes.change(self._window, self._shown_theme, self._window.workspace.scale)
        self._window.restyle(self._shown_theme)

    def follow_desktop(self) -> None:
        """Take on the desktop's theme, if that is what was chosen."""
        if self._window.preferences.settings.theme == "system" and themes.system_theme() is not self.theme:
            self.set_theme(themes.system_theme())

    def follow(self, before: Settings, after: Settings) -> None:
        """Look as was chosen in the preferences."""
        theme = themes.named(after.theme)
        if theme is not self.theme:
            self.set_theme(theme)
        if after.scale != before.scale:
            self.set_scale(after.scale)
