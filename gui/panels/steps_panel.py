"""What panels with one plot over the steps of a run share: its axes, the moment pointed at, how it is emptied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from gui.panels.panel import Panel
from gui.panels.plot_axes import PlotAxes
from gui.theme import Theme

if TYPE_CHECKING:
    from gui.run_view import RunView


class StepsPanel(Panel):
    """A plot over the steps of a run.

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
        axes.moment_clicked.connect(lambda x: self.selection.moment_wanted.emit(max(0.0, self.step_at(x))))

    def clear(self) -> None:
        self._run = None
        self.axes.marks, self.axes.spans, self.axes.empty = [], [], ""
        self.axes.set_note()
        self.axes.set_crosshair(None)
        self.set_figure("")
        self.clear_view()
        self.axes.redraw()

    def restyle(self, theme: Theme) -> None:
        super().restyle(theme)
        self.axes.restyle(theme)
        self.color_view()
        if self._run is not None:
            self.refresh(self._run)

    # -- what a view is made of

    def step_at(self, x: float) -> float:
        """Return the step at a place on the axis of steps."""
        return x

    def clear_view(self) -> None:
        """Draw nothing."""
        raise NotImplementedError

    def color_view(self) -> None:
        """Take the colors of the theme."""

    def _pointed(self, x: float) -> None:
        """Tell all panels which moment the pointer is at."""
        raise NotImplementedError

    def _note_replica(self, run: RunView) -> None:
        """Say which of several replicas is shown."""
        replicas = run.history.replicas
        self.axes.set_note(*(f"replica 1 of {replicas:,}", f"1 of {replicas:,}") if replicas > 1 else ())
