"""How a path is written where a person reads it."""

from __future__ import annotations

from pathlib import Path


def shown_path(path: Path) -> str:
    """Return a path with ``~`` for the home folder: shorter, and nobody's name is in a picture of it.

    >>> shown_path(Path.home() / "runs")
    '~/runs'
    """
    try:
        return f"~/{path.relative_to(Path.home()).as_posix()}".removesuffix("/.")
    except (ValueError, RuntimeError):  # not in it, or there is none
        return str(path)
