"""Processes that share work, and what is said if the system ends one of them."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from training.errors import LostProcess


@contextmanager
def pool_of(processes: int, begin: Callable[[], None] | None = None) -> Iterator[ProcessPoolExecutor]:
    """Give processes that are ended, with what they were still to do, when the block is left.

    Parameters
    ----------
    begin
        Called first in each of them.

    Raises
    ------
    LostProcess
        If one of them has ended by itself.
    """
    try:
        with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), initializer=begin) as pool:
            try:
                yield pool
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
    except BrokenProcessPool:
        raise LostProcess(
            "a process that did part of the work was ended by the system, perhaps for lack of memory; the rest of the "
            "work was given up", hint="close other programs and try again",
        ) from None  # fmt: skip
