"""Loss landscapes of the run of the window: asked for, followed, given up; the panel only shows them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from gui.instruments.survey_thread import Answer, Asked, SurveyThread
from gui.threads import EndingThreads
from training.session import Failure

if TYPE_CHECKING:
    from gui.run_view import RunView
    from training.instruments.aside import Aside
    from training.instruments.landscape import Kind, Landscape


class Surveys(QObject):
    """One landscape at a time; its thread ends with it.

    Attributes
    ----------
    asked
        The last one asked for, or None.
    known
        What is known of it by now.
    busy
        Whether it is still computed.
    picture_in
        Seconds until its first picture, as far as that is known; else NaN.
    """

    advanced = Signal()
    failed = Signal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.asked: Asked | None = None
        self.known: Landscape | None = None
        self.busy = False
        self.picture_in = math.nan
        self._thread: SurveyThread | None = None
        self._ending = EndingThreads()

    def ask(self, view: RunView, kind: Kind, aside: Aside | None = None, *, at_once: bool = True) -> None:
        """Compute the landscape around where a run stands; unless `at_once`, as slowly as `aside` pays for it."""
        like = self.known.directions if self.known is not None and self.known.kind == kind else None
        asked = Asked.of(view, kind, aside, at_once=at_once, like=like)
        if asked is None:
            return
        self.asked, self.busy, self.picture_in = asked, True, math.nan
        if self._thread is None:
            self._thread = SurveyThread()
            self._thread.start()
        self._thread.ask(asked)
        self.advanced.emit()

    def give_up(self) -> None:
        """Leave the one under way as far as it has come."""
        if self.busy and self._thread is not None:
            self._thread.give_up()
            self.busy = False
            self.advanced.emit()

    def forget(self) -> None:
        """Let go what belongs to another run."""
        self.give_up()
        if self.asked is not None:
            self.asked, self.known = None, None
            self.advanced.emit()

    def look(self) -> None:
        """Take over what has been computed since the last look."""
        self._ending.look()
        new = False
        while self._thread is not None and self._thread.outbox:
            answer = self._thread.outbox.popleft()
            if isinstance(answer, Failure):
                self.failed.emit(answer.message, answer.details)
            else:
                new = self._take(answer) or new
        if not self.busy:
            self._end()  # the next one has a thread of its own
        if new:
            self.advanced.emit()

    def _take(self, answer: Answer) -> bool:
        if answer.asked is not self.asked:
            return False
        if answer.landscape is not None:
            self.known = answer.landscape
        self.busy, self.picture_in = self.busy and not answer.done, answer.picture_in
        return True

    def close(self, seconds: float) -> None:
        """End the thread."""
        self._end()
        self.busy = False
        self._ending.wait(seconds)

    def _end(self) -> None:
        if self._thread is not None:
            self._thread.close()
            self._ending.add(self._thread)
            self._thread = None

    @property
    def running(self) -> bool:
        """Whether a thread is still at work after `close`."""
        return self._ending.running
