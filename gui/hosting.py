"""Who the bar at the top, the keys and the frames are for: the run of the window, or a guest on its stage."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from gui.end_banner import EndBanner
from gui.frames import Followed
from gui.own_run import OwnRun
from gui.panels.panel import Panel
from gui.session_control import Phase
from gui.stage import BOARD
from gui.transport import Transport

if TYPE_CHECKING:
    from gui.window import MainWindow


class Driver(Protocol):
    """What keys and buttons drive; `gui.commands.Commands` tells what each of these means."""

    def toggle(self) -> None: ...
    def step_once(self) -> None: ...
    def run_epoch(self) -> None: ...
    def run_epochs(self, count: int) -> None: ...
    def run_to_epoch(self, epoch: int) -> None: ...
    def stop(self) -> None: ...
    def reset(self) -> None: ...
    def new_seed(self) -> None: ...
    def extend_by_half(self) -> None: ...
    def be_twice_as_patient(self) -> None: ...
    def may_step(self) -> bool: ...
    def may_stop(self) -> bool: ...
    def has_ended(self) -> bool: ...


class Guest(Driver, Protocol):
    """Something else than the run that trains on the stage for a while.

    Attributes
    ----------
    title
        What it is about, for the window's title and names of files.
    modified
        Whether there are changes to it that are not saved.
    phase, share_done
        Where it stands, and how much of it is done, 0 to 1; None: nothing yet.
    page
        Under which name it stands in the place of the criteria.
    followed, panels, rests
        What its panels show, and how often each is drawn; see `RedrawPace.rest`.
    """

    title: str
    modified: bool
    page: str
    followed: Followed

    @property
    def phase(self) -> Phase: ...
    @property
    def share_done(self) -> float | None: ...
    @property
    def panels(self) -> Sequence[Panel]: ...
    @property
    def rests(self) -> Mapping[Hashable, int]: ...
    def limit_speed(self, steps_per_second: float | None) -> None: ...
    def show_figures(self, transport: Transport) -> None: ...
    def show_state(self, transport: Transport, banner: EndBanner) -> None: ...
    def panel_in_use(self) -> Panel | None: ...
    def toggle_maximized(self) -> None: ...
    def escape(self) -> bool:
        """Do what the Escape key asks for; return whether there was anything."""


class Hosting:
    """Lends what drives and draws the run of a window to a guest, and takes it back."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self.guest: Guest | None = None

    @property
    def shown(self) -> Guest | OwnRun:
        """What the bar at the top and the title tell of."""
        return self.guest or self._window.own_run

    @property
    def driver(self) -> Driver:
        """What keys and buttons drive now."""
        return self.guest or self._window.commands

    def limit_speed(self, steps_per_second: float | None) -> None:
        """Train no faster than that; None: as fast as can be."""
        self._window.control.limit_speed(steps_per_second)
        if self.guest is not None:
            self.guest.limit_speed(steps_per_second)

    def welcome(self, guest: Guest) -> None:
        """Let the stage and all that drives be the guest's; the run waits meanwhile."""
        window = self._window
        window.control.pause()
        window.status.forget_run()
        self.guest = guest
        window.workspace.below.show_only(guest.page)
        window.frames.follow(guest.followed, guest.panels)
        window.pace.rest = guest.rests
        window.show_soon()

    def see_off(self) -> None:
        """Go back to the run."""
        window = self._window
        self.guest = None
        window.workspace.below.show_only(BOARD)
        window.own_run.follow()
        window.show_soon()
