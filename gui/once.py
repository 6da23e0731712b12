"""What is worked out once, and had again at will. No Qt."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

BREATH_SECONDS = 0.01
_waited_for = threading.Event()
"""The window itself waits for something: no time for a rest."""


class Once(Generic[T]):
    """What a function returns, worked out by whoever asks first, in whichever thread; the others wait for it."""

    def __init__(self, work_out: Callable[[], T]) -> None:
        self._work_out = work_out
        self._found: list[T] = []
        self._at_it = threading.Lock()

    def __call__(self) -> T:
        if self._found:
            return self._found[0]
        if _in_window():
            _waited_for.set()
        try:
            with self._at_it:
                if not self._found:
                    self._found.append(self._work_out())
                return self._found[0]
        finally:
            if _in_window():
                _waited_for.clear()


def breathe() -> None:
    """Leave the interpreter to the window for a moment, between two files; unless it is the window that waits."""
    if not _in_window() and not _waited_for.is_set():
        time.sleep(BREATH_SECONDS)


def _in_window() -> bool:
    return threading.current_thread() is threading.main_thread()
