"""Whether a picture for a file is being made: views then draw sharply, and leave their buttons out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget


@dataclass(frozen=True)
class Print:
    """What a picture for a file is made of.

    Attributes
    ----------
    ratio
        Device pixels to a pixel.
    vector
        Whether lines and text stay what they are: what is kept as a picture for speed is drawn anew.
    """

    ratio: float
    vector: bool


_under_way: list[Print] = []


@contextmanager
def printing(*, ratio: float = 1.0, vector: bool = False) -> Iterator[None]:
    """Have everything that is painted inside painted for a file."""
    _under_way.append(Print(ratio, vector))
    try:
        yield
    finally:
        _under_way.pop()


def is_printing() -> bool:
    """Tell whether the painting is for a file: without buttons and without what shows the pointer."""
    return bool(_under_way)


def wants_vectors() -> bool:
    """Tell whether the painting is for a file of lines and text, which no kept picture may stand for."""
    return bool(_under_way) and _under_way[-1].vector


def pixel_ratio(widget: QWidget) -> float:
    """Return the device pixels to a pixel that a kept picture needs: those of the file, or of the screen."""
    return _under_way[-1].ratio if _under_way else widget.devicePixelRatioF()
