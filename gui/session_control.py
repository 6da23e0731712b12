"""What trains in a thread of its own, as the window drives it: a run, or a race. No widgets."""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar

from gui.threads import EndingThreads
from gui.trainer import SessionThread
from training.session import Session

Phase = Literal["none", "loading", "ready", "paused", "playing", "finished", "refused"]
Thread = TypeVar("Thread", bound=SessionThread)

MAX_EVENTS = 512  # taken from the outbox at once: a window that was blocked catches up in several turns


class SessionControl(Generic[Thread]):
    """The current session, and the ones before it whose threads are still ending.

    Attributes
    ----------
    session
        What takes commands, once it is prepared; else None.
    speed_limit
        Steps per second, or None: as fast as can be. It holds for the sessions to come too.
    """

    def __init__(self) -> None:
        self.session: Session[Any] | None = None
        self.speed_limit: float | None = None
        self._thread: Thread | None = None
        self._ending = EndingThreads()
        self._play_when_ready = False
        self._refused = False

    def _prepare_in(self, thread: Thread, *, play: bool) -> None:
        """Let a thread prepare a session, in the place of the one there was."""
        self._retire()
        self.session = None
        self._play_when_ready = play
        self._refused = False
        self._thread = thread
        thread.start()

    def _take_session(self, session: Session[Any]) -> None:
        self.session = session
        session.set_speed_limit(self.speed_limit)

    # ------------------------------------------------------------------------------ commands

    def toggle(self) -> None:
        """Play or pause; while it is being prepared, play as soon as it is ready."""
        if self.session is None:
            self._play_when_ready = not self._play_when_ready and self.phase == "loading"
        elif self.session.state == "playing":
            self.session.pause()
        else:
            self.session.play()

    def pause(self) -> None:
        """Wait, also once ready."""
        self._play_when_ready = False
        if self.session is not None:
            self.session.pause()

    def play_if_wanted(self) -> None:
        """Train, if that was asked for during the preparation."""
        if self._play_when_ready and self.session is not None:
            self._play_when_ready = False
            self.session.play()

    def limit_speed(self, steps_per_second: float | None) -> None:
        """Train no faster than that; None: as fast as can be."""
        self.speed_limit = steps_per_second
        if self.session is not None:
            self.session.set_speed_limit(steps_per_second)

    def stop(self) -> None:
        """End what trains, or its preparation."""
        if self.session is not None:
            self.session.stop()
        elif self.phase == "loading":
            self._retire()

    # ------------------------------------------------------------------------------ state

    @property
    def begun(self) -> bool:
        """Whether anything has been trained."""
        raise NotImplementedError

    @property
    def phase(self) -> Phase:
        """Where it stands."""
        if self._refused:
            return "refused"
        if self.session is None:
            return "loading" if self._thread is not None else "none"
        state = self.session.state
        if state == "playing":
            return "playing"
        if state == "finished":
            return "finished"
        return "paused" if self.begun else "ready"

    @property
    def loaded(self) -> float:
        """Share of the data that is loaded during the preparation."""
        return self._thread.loaded if self._thread is not None else 0.0

    # ------------------------------------------------------------------------------ ending

    def _retire(self) -> None:
        """Let the current thread end by itself."""
        if self._thread is not None:
            self._thread.close()
            self._ending.add(self._thread)
            self._thread = None

    def shut_down(self, seconds: float) -> bool:
        """End every thread and wait for them; return whether all of them ended in time."""
        self._retire()
        self.session = None
        return self._ending.wait(seconds)

    @property
    def running(self) -> bool:
        """Whether a thread is still at work."""
        return self._ending.running or (self._thread is not None and self._thread.isRunning())

    @property
    def threads(self) -> int:
        """Number of threads not yet ended."""
        return len(self._ending) + (self._thread is not None)
