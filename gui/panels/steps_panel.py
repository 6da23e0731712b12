"""What panels with one plot over the steps of a run share: how it is emptied, colored, and asked for a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gui.panels.time_panel import TimePanel
from gui.theme import Theme

if TYPE_CHECKING:
    from gui.run_view import RunView


class StepsPanel(TimePanel):
    """A plot over the steps of a run."""

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

    def _go_to(self, x: float) -> None:
        self.selection.moment_wanted.emit(max(0.0, self.step_at(x)))

    def _note_replica(self, run: RunView) -> None:
        """Say which of several replicas is shown."""
        replicas = run.history.replicas
        self.axes.set_note(*(f"replica 1 of {replicas:,}", f"1 of {replicas:,}") if replicas > 1 else ())
