"""The panels of instruments, and which of them shows what."""

from __future__ import annotations

from gui.instruments.figures import Curvature, GradientCosine, NoiseScale
from gui.instruments.histograms import Histograms
from gui.instruments.inspector import LayerInspector
from gui.instruments.landscape_panel import LossLandscape
from gui.instruments.rates_panel import Rates
from gui.instruments.readings_panel import ReadingsPanel
from gui.instruments.stability_panel import Stability
from gui.instruments.step_line import StepLoss
from gui.instruments.stopping_panel import StoppingBench
from gui.instruments.units import Units
from gui.panels.panel import Panel

READINGS: tuple[type[ReadingsPanel], ...] = (
    Units, Histograms, GradientCosine, NoiseScale, StepLoss, Curvature, Stability,
)
PANELS: tuple[type[Panel], ...] = (*READINGS, LossLandscape, Rates, StoppingBench, LayerInspector)
NAMES = tuple(panel.name for panel in PANELS)

PANEL_OF = {name: panel.name for panel in READINGS for name in panel.instruments} | {"update_ratio": "update_ratio"}
"""The panel that shows an instrument, by the name of the instrument."""


def make_panels() -> tuple[Panel, ...]:
    """Make one of each."""
    return tuple(make() for make in PANELS)
