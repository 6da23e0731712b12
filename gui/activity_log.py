"""What happened in this session, as the program and the libraries below it say: in memory and in a file. No Qt."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
import traceback
from collections import deque
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Literal

from training.errors import shortened

Level = Literal["debug", "info", "warning", "error"]
LEVELS: tuple[Level, ...] = ("debug", "info", "warning", "error")

FILE = "convergence-lab.log"
FILE_BYTES = 1_000_000
MOST_ENTRIES = 10_000
LONGEST_TEXT = 2_000
LONGEST_DETAILS = 20_000
LOGGERS = ("gui", "training", "models", "py.warnings")
NUMBERS: dict[Level, int] = {
    "debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR,
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One message.

    Attributes
    ----------
    number
        Counts all messages of the session, from 0.
    time
        Seconds since 1970.
    """

    number: int
    time: float
    level: Level
    text: str
    details: str = ""

    def clock(self) -> str:
        """Return the time of day, to the millisecond."""
        return f"{time.strftime('%H:%M:%S', time.localtime(self.time))}.{int(self.time % 1 * 1000):03d}"

    def line(self) -> str:
        """Return the message for a file or the clipboard, its details below it."""
        day = time.strftime("%Y-%m-%d", time.localtime(self.time))
        line = f"{day} {self.clock()} {self.level:<7} {self.text}"
        return f"{line}\n{self.details.rstrip()}" if self.details else line


class ActivityLog:
    """The last messages, and a file of bounded size in the state folder; any thread may write.

    A file that cannot be written is no reason to stop: then the messages are only in memory.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.file = folder / FILE if folder is not None else None
        self._entries: deque[Entry] = deque(maxlen=MOST_ENTRIES)
        self._lock = threading.Lock()
        self._count = 0
        self._handler = _IntoLog(self)
        self._writer: _Writer | None = None
        self._levels: dict[str, int] = {}

    @property
    def count(self) -> int:
        """Return how many messages there have been, those forgotten included."""
        return self._count

    @property
    def oldest(self) -> int:
        """Return the number of the oldest message that is kept."""
        with self._lock:
            return self._count - len(self._entries)

    def entries(self, since: int = 0) -> list[Entry]:
        """Return the messages kept, from number `since` on."""
        with self._lock:
            if since <= self._count - len(self._entries):
                return list(self._entries)
            newest = min(self._count - since, len(self._entries))
            return [self._entries[len(self._entries) - back] for back in range(newest, 0, -1)]

    def add(self, level: Level, text: str, details: str = "") -> None:
        """Note something."""
        with self._lock:
            entry = Entry(
                self._count, time.time(), level, shortened(text.strip(), LONGEST_TEXT),
                shortened(details, LONGEST_DETAILS),
            )
            self._entries.append(entry)
            self._count += 1
        if self._writer is not None:
            self._writer.write(entry)

    def install(self) -> None:
        """Take in what our packages and Python's warnings say from now on, and begin to write the file."""
        for name in LOGGERS:
            logger = logging.getLogger(name)
            self._levels[name] = logger.level
            logger.addHandler(self._handler)
            logger.setLevel(logging.DEBUG if name != "py.warnings" else logging.WARNING)
        logging.captureWarnings(True)
        if self.file is not None and self._writer is None:
            with contextlib.suppress(OSError):
                self._writer = _Writer(self.file, maxBytes=FILE_BYTES, backupCount=1, encoding="utf-8", delay=False)

    def remove(self) -> None:
        """Undo `install`."""
        logging.captureWarnings(False)
        for name, level in self._levels.items():
            logging.getLogger(name).removeHandler(self._handler)
            logging.getLogger(name).setLevel(level)
        self._levels.clear()
        if self._writer is not None:
            self._writer.close()
            self._writer = None


class _IntoLog(logging.Handler):
    """Puts the records of Python's logging into the log."""

    def __init__(self, log: ActivityLog) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = record.getMessage()
        except Exception as error:  # a message whose parts do not fit together must not stop who wrote it
            text = f"{record.msg} ({type(error).__name__}: {error})"
        details = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
        if record.name == "py.warnings":
            text, _, source = text.partition("\n")
            details = source
        self._log.add(level_of(record.levelno), text, details)


class _Writer(RotatingFileHandler):
    """The file; whatever is wrong with it stays here."""

    def write(self, entry: Entry) -> None:
        """Add a message to the file."""
        self.handle(logging.LogRecord(FILE, NUMBERS[entry.level], "", 0, entry.line(), None, None))

    def handleError(self, record: logging.LogRecord) -> None:
        """Say nothing: a full disk must not fill the terminal as well."""


def level_of(number: int) -> Level:
    """Return our level for a number of Python's logging."""
    return next((level for level in reversed(LEVELS) if number >= NUMBERS[level]), "debug")
