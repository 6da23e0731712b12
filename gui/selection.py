"""What is pointed at and selected, shared by all views: a layer, and a moment of the run."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class Selection(QObject):
    """One selected layer and one moment pointed at; every view shows both in its own way.

    Attributes
    ----------
    layer
        Index into the run's layer names (0 is the first hidden layer), or None.
    moment
        Steps done at the moment pointed at, or None while the pointer is on no plot of time.

    ``moment_wanted`` carries the steps of a moment that all views shall show.
    """

    layer_changed = Signal()
    moment_changed = Signal()
    moment_wanted = Signal(float)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.layer: int | None = None
        self.moment: float | None = None

    def select_layer(self, layer: int | None) -> None:
        """Select a layer in every view; None: none."""
        if layer != self.layer:
            self.layer = layer
            self.layer_changed.emit()

    def toggle_layer(self, layer: int) -> None:
        """Select a layer, or, if it is the one selected, none."""
        self.select_layer(None if layer == self.layer else layer)

    def point_at(self, moment: float | None) -> None:
        """Point at a moment of the run, in steps; None: at none."""
        if moment != self.moment:
            self.moment = moment
            self.moment_changed.emit()
