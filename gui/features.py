"""The features of the window, in the order in which their pages and actions stand."""

from __future__ import annotations

from gui.diagnosis.diagnosis import Diagnosis
from gui.feature import Feature
from gui.guide.guide import Guide
from gui.instruments.instrumentation import Instrumentation
from gui.left_pages import LeftPages
from gui.race.races import Races
from gui.read_ahead import ReadAhead
from gui.recordings.runs import Runs
from gui.scenarios.scenarios import Scenarios
from gui.timeline.time_travel import TimeTravel

FEATURES: tuple[type[Feature], ...] = (
    LeftPages, Scenarios, Guide, Runs, TimeTravel, Races, Diagnosis, Instrumentation, ReadAhead,
)
