"""What panels with one plot over the time of a run share, be it in steps or in epochs: what a pointer does there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from gui.panels.panel import Panel
from gui.panels.plot_axes import PlotAxes

if TYPE_CHECKING:
    from gui.run_view import RunView


class TimePanel(Panel):
    """A plot over the time of a run.

    Attributes
    ----------
    axes
        The plot.
    """

    def __init__(self, axes: PlotAxes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.axes = axes
        self._run: RunView | None = None
        self.body.addWidget(axes, 1)
        axes.pointed.connect(self._pointed)
        axes.left.connect(lambda: self.selection.point_at(None))
        axes.moment_clicked.connect(self._go_to)

    def _pointed(self, x: float) -> None:
        """Tell all panels which moment the pointer is at."""
        raise NotImplementedError

    def _go_to(self, x: float) -> None:
        """Ask for the moment that was clicked to be shown."""
        raise NotImplementedError
