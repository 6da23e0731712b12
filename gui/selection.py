"""What is pointed at and selected, shared by all views: a layer, a moment of the run, and evidence of a finding."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from gui.evidence import ShownEvidence


class Selection(QObject):
    """One selected layer, one moment pointed at, the evidence of one finding; every view shows them in its own way.

    Attributes
    ----------
    layer
        Index into the run's layer names (0 is the first hidden layer), or None.
    moment
        Steps done at the moment pointed at, or None while the pointer is on no plot of time.
    evidence
        What is drawn on the plots of a finding, or None.

    ``moment_wanted`` carries the steps of a moment that all views shall show.
    """

    layer_changed = Signal()
    moment_changed = Signal()
    moment_wanted = Signal(float)
    evidence_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.layer: int | None = None
        self.moment: float | None = None
        self.evidence: ShownEvidence | None = None

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

    def show_evidence(self, evidence: ShownEvidence | None) -> None:
        """Draw the evidence of a finding on the plots; None: of none."""
        if evidence != self.evidence:
            self.evidence = evidence
            self.evidence_changed.emit()
