"""Files of the user's own: opened only after a look at them, read under a watch that can cancel."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from training.errors import InputError, did_you_mean, shortened

MAX_FILE_BYTES = 2_000_000_000
MAX_CELLS = 250_000_000  # 2 GB as float64
MAX_COLUMNS = 2_000
MAX_CLASSES = 1_000


class Cancelled(Exception):
    """The user called off the loading of data."""


@dataclass(frozen=True)
class Watch:
    """Tells how far a reading has come, and is asked whether to go on.

    Attributes
    ----------
    report
        Called with the share done, from 0 to 1.
    cancelled
        Asked between two pieces of work; True ends the reading with `Cancelled`.
    """

    report: Callable[[float], None] | None = None
    cancelled: Callable[[], bool] | None = None

    def at(self, share: float) -> None:
        """Report that `share` of the work is done, unless it has been called off."""
        if self.cancelled is not None and self.cancelled():
            raise Cancelled
        if self.report is not None:
            self.report(min(1.0, max(0.0, share)))

    def part(self, start: float, end: float) -> Watch:
        """Return a watch over one part of the work, which reaches from `start` to `end` of the whole."""
        report = self.report
        if report is None:
            return self
        return Watch(lambda share: report(start + (end - start) * share), self.cancelled)


def open_input(path: str | Path, *, key: str = "data.path") -> BinaryIO:
    """Open a regular file of bounded size for reading.

    Raises
    ------
    InputError
        If it is not there (with the nearest name that is), is a folder or a device, may not be read,
        or is larger than `MAX_FILE_BYTES`.
    """
    path = Path(path)
    try:
        status = path.stat()
        _check_regular(path, status)
        return path.open("rb")
    except FileNotFoundError:
        raise InputError("there is no such file", where=str(path), hint=_nearest(path, key)) from None
    except PermissionError:
        raise InputError(
            "may not be read (permission denied)", where=str(path), hint="Change its permissions or copy it elsewhere"
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"cannot be read: {reason}", where=shortened(str(path), 160), hint=f"Check {key}") from None


def size_of(file: BinaryIO) -> int:
    """Return the size of an open file in bytes."""
    return os.fstat(file.fileno()).st_size


def numbers_listed(numbers: list[int], *, shown: int = 5) -> str:
    """Return ``"3, 4, 7 and 12 more"``."""
    text = ", ".join(f"{number:,}" for number in numbers[:shown])
    rest = len(numbers) - shown
    return f"{text} and {rest:,} more" if rest > 0 else text


def _check_regular(path: Path, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise InputError("is a folder, not a file", where=str(path), hint="Name the file in it")
    if not stat.S_ISREG(status.st_mode):
        # Opening a pipe or a device could wait for ever.
        raise InputError("is not a regular file", where=str(path), allowed="a file on disk")
    if status.st_size > MAX_FILE_BYTES:
        raise InputError(
            f"is {status.st_size / 1e9:.1f} GB large", where=str(path), allowed=f"up to {MAX_FILE_BYTES / 1e9:.0f} GB",
            hint="Take a sample of its rows",
        )


def _nearest(path: Path, key: str) -> str:
    try:
        if not path.parent.is_dir():
            return f"The folder {path.parent} does not exist either; check {key}"
        names = []
        with os.scandir(path.parent) as entries:
            for entry, _ in zip(entries, range(1_000), strict=False):
                names.append(entry.name)
    except OSError as error:
        return f"Check {key} ({error.strerror or errno.errorcode.get(error.errno or 0, 'the folder cannot be read')})"
    hint = did_you_mean(path.name, names)
    return hint[:1].upper() + hint[1:] if hint else f"Check {key}"
