"""What a frame draws: the panels that can be seen and have changed, as often as the pace allows."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from gui.panels.panel import Panel
from gui.redraw import RedrawPace
from gui.run_view import RunView

RATE_SECONDS = 1.0  # over which frames are counted


class Followed(Protocol):
    """What is followed frame by frame: the run of the window, or a race.

    Attributes
    ----------
    view
        What its panels show, or None; it tells whether it is playing, and has a history and a snapshot.
    """

    view: Any

    @property
    def snapshot_pause(self) -> float:
        """Seconds to leave between two snapshots."""

    def ask_snapshot(self) -> None:
        """Ask for the weights."""


class Frames:
    """Keeps the panels up to date with the run, frame by frame.

    Attributes
    ----------
    drawn
        Frames drawn so far.
    per_second
        Frames drawn in the last whole second; 0 while nothing changes.
    work_per_second
        Seconds of processor time spent on drawing in each second of that time.
    """

    def __init__(self, control: Followed, pace: RedrawPace) -> None:
        self.control = control
        self.pace = pace
        self.panels: Sequence[Panel] = ()
        self.drawn = 0
        self.per_second = 0.0
        self.work_per_second = 0.0
        self._version = 0
        self._seen: dict[Panel, int] = {}
        self._snapshot_at = 0.0
        self._counted_at, self._counted, self._worked = time.perf_counter(), 0, 0.0

    def follow(self, control: Followed, panels: Sequence[Panel]) -> None:
        """Draw these panels, and what they show, from now on."""
        self.control = control
        self.panels = panels
        self._seen = {}

    @property
    def playing(self) -> bool:
        """Whether what is followed is training right now."""
        return self.control.view is not None and bool(self.control.view.playing)

    def changed(self) -> None:
        """Say that the run, or the look of it, has changed: every panel is behind."""
        self._version += 1

    def up_to_date(self, panel: Panel) -> bool:
        """Tell whether a panel shows the latest."""
        return self._seen.get(panel) == self._version

    def begin(self, panels: Iterable[Panel], view: RunView) -> None:
        """Show a run in some panels from its beginning."""
        for panel in panels:
            panel.begin(view)
            self._seen[panel] = self._version

    def draw(self) -> bool:
        """Draw a frame; return whether there was anything to draw."""
        started = time.thread_time()
        self.pace.begin()
        drawn = self._refresh()
        if drawn:
            # Work, without the waits for the interpreter.
            self.spend(time.thread_time() - started)
            self.drawn += 1
        return drawn

    def spend(self, seconds: float) -> None:
        """Count processor time spent on the frame in hand."""
        self.pace.spend(seconds)
        self._worked += seconds

    def _refresh(self) -> bool:
        """Refresh the panels that can be seen and have changed; while training, those whose turn it is."""
        view = self.control.view
        if view is None:
            return False
        behind = [panel for panel in self.panels if not self.up_to_date(panel) and panel.isVisible()]
        if view.playing:
            turn = self.pace.choose(behind)
            behind = [panel for panel in behind if panel in turn]
        for panel in behind:
            self._seen[panel] = self._version
            panel.follow(view)
        return bool(behind)

    def ask_snapshot(self, now: float) -> None:
        """Ask for the weights, if a panel wants newer ones and it is time."""
        view = self.control.view
        if view is None or now - self._snapshot_at < self.control.snapshot_pause:
            return
        stale = view.snapshot is None or view.snapshot.step != view.history.step
        if stale and any(panel.needs_snapshot and panel.isVisible() for panel in self.panels):
            self._snapshot_at = now
            self.control.ask_snapshot()

    def count(self, now: float) -> bool:
        """Work out how many frames a second come, and what they cost; return whether that is new."""
        passed = now - self._counted_at
        if passed < RATE_SECONDS:
            return False
        self.per_second = (self.drawn - self._counted) / passed
        self.work_per_second = self._worked / passed
        self._counted_at, self._counted, self._worked = now, self.drawn, 0.0
        return True
