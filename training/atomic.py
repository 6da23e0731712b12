"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from training.errors import InputError


def write_whole(path: Path, content: bytes) -> None:
    """Write `content` to `path` by way of a temporary file beside it.

    Raises
    ------
    InputError
        If the folder cannot be written or the disk is full; an existing file stays as it was.
    """
    with writing_whole(path) as file:
        file.write(content)


@contextmanager
def writing_whole(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file beside `path` that takes its place at the end, for content too large to hold at once.

    Whatever is raised inside, nothing of the temporary file is left.

    Raises
    ------
    InputError
        If the folder cannot be written or the disk is full; an existing file stays as it was.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with temporary.open("xb") as file:  # not tempfile: its files can be read by nobody else
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise InputError(
            f"cannot be written: {error.strerror}", where=str(path), hint="Choose another folder (--out, or Save as)"
        ) from None
    except BaseException:  # such as Ctrl-C
        temporary.unlink(missing_ok=True)
        raise
