"""Threads that are to end: each is kept until it has, since for dropping a running one Qt aborts the program."""

from __future__ import annotations

import time

from PySide6.QtCore import QThread


class EndingThreads:
    """Threads that nobody waits for any more. Whoever adds one has told it to end."""

    def __init__(self) -> None:
        self._threads: list[QThread] = []

    def __len__(self) -> int:
        return len(self._threads)

    @property
    def running(self) -> bool:
        """Whether one of them is still at work."""
        return any(thread.isRunning() for thread in self._threads)

    def add(self, thread: QThread) -> None:
        """Keep a thread until it has ended."""
        self.look()
        self._threads.append(thread)

    def look(self) -> None:
        """Let go those that have ended."""
        self._threads = [thread for thread in self._threads if not thread.isFinished()]

    def wait(self, seconds: float) -> bool:
        """Wait for all of them; return whether they ended in time."""
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.wait(max(1, round(1000 * (deadline - time.monotonic()))))
        self.look()
        return not self._threads
