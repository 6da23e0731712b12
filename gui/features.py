"""The features of the window, in the order in which their pages and actions stand."""

from __future__ import annotations

from gui.feature import Feature
from gui.scenarios.scenarios import Scenarios

FEATURES: tuple[type[Feature], ...] = (Scenarios,)
