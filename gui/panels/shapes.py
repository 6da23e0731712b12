"""Points as Qt draws them fastest, by pyqtgraph's conversions; imported with the first curve or read ahead of it.

pyqtgraph takes 0.1 s to import, for its own widgets, and an empty plot needs none of it: the window comes up first.
"""

from __future__ import annotations

from types import ModuleType

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QPainterPath, QPolygonF

FloatArray = NDArray[np.float64]


def polygon(x: FloatArray, y: FloatArray) -> QPolygonF:
    """Return finite points, in pixels, as a polygon."""
    shape: QPolygonF = _functions().arrayToQPolygonF(x, y)
    return shape


def path(x: FloatArray, y: FloatArray) -> QPainterPath:
    """Return points, in pixels, as a path that has a gap where one of them is not finite."""
    shape: QPainterPath = _functions().arrayToQPath(x, y, connect="finite", finiteCheck=True)
    return shape


def read_ahead() -> None:
    """Import what the first curve will need; may be called in any thread."""
    _functions()


def _functions() -> ModuleType:
    from pyqtgraph import functions

    found: ModuleType = functions
    return found
