"""What the diagram tells of a layer, a unit or an edge: gathered when it is asked, from the weights that are drawn."""

from __future__ import annotations

import math
from base64 import b64encode
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPointF, Qt
from PySide6.QtGui import QImage, QImageWriter

from gui.panels.network import responses
from gui.panels.network.figures import is_dead, norms_of
from gui.panels.network.hover import Card, LayerNorms, edge_card, input_card, layer_card, unit_card
from gui.panels.panel import scale
from gui.panels.prediction import WORK_PER_TURN, work_per_row
from training.layer_statistics import LayerStatistics, layer_statistics

if TYPE_CHECKING:
    from gui.panels.network.diagram import NetworkDiagram
    from gui.run_view import RunView
    from training.snapshot import Snapshot

FloatArray = NDArray[np.float64]

EDGE_REACH = 4.0
"""An edge is meant by pointing at most so many pixels from it."""
FEWEST_SAMPLES = 8
"""An average over fewer samples says nothing."""
LARGE_MAP = 120
"""Side of a unit's enlarged response map, in pixels."""


class Telling:
    """Knows the numbers of what a diagram shows.

    Attributes
    ----------
    run, snapshot
        What is drawn; None while nothing is, or only a draft.
    inputs
        Prepared samples over which activations are averaged, [K, F'].
    """

    def __init__(self, diagram: NetworkDiagram) -> None:
        self.diagram = diagram
        self.run: RunView | None = None
        self.snapshot: Snapshot | None = None
        self.inputs: FloatArray | None = None
        self._known: tuple[Snapshot, tuple[LayerStatistics, ...]] | None = None

    def forget(self) -> None:
        """Let go of the run."""
        self.run, self.snapshot, self.inputs, self._known = None, None, None, None

    def samples_for(self, snapshot: Snapshot | None) -> FloatArray | None:
        """Return as many of the inputs as a network does in a few milliseconds, or None where those are too few."""
        if snapshot is None or self.inputs is None:
            return None
        rows = WORK_PER_TURN // work_per_row(snapshot)
        return self.inputs[:rows] if rows >= min(FEWEST_SAMPLES, len(self.inputs)) else None

    def tip_at(self, at: QPointF) -> str:
        """Return the tooltip for a point of the diagram."""
        layout = self.diagram.layout_now()
        unit = layout.unit_at(at.x(), at.y())
        if unit is not None:
            return self._unit_tip(*unit)
        if layout.node_top < at.y() < layout.text_top and layout.column_at(at.x()) is None:
            edge = self._edge_card(at)
            if edge is not None:
                return edge.html()
        column = layout.nearest(at.x())
        return (self.layer_card(column - 1) if column else self._input_card()).html()

    def _input_card(self) -> Card:
        return input_card(self.run.data.feature_names if self.run is not None else ())

    def layer_card(self, layer: int) -> Card:
        """Return what is told of a layer (from 0, the output last)."""
        shape = self.diagram.architecture
        assert shape is not None
        statistics = self.statistics()
        return layer_card(
            self.diagram.names[layer], shape, layer, statistics[layer] if statistics else None,
            norms_of(self.run, layer) if self.run is not None and not self.diagram.sketch else LayerNorms(),
        )

    def statistics(self) -> tuple[LayerStatistics, ...]:
        """Return what can be said of the layers that are drawn; nothing of a network too large for that."""
        snapshot = self.snapshot
        inputs = self.samples_for(snapshot)
        if snapshot is None or inputs is None:
            return ()
        if self._known is None or self._known[0] is not snapshot:
            self._known = snapshot, layer_statistics(snapshot, inputs)
        return self._known[1]

    def _unit_tip(self, column: int, place: int) -> str:
        shape, data = self.diagram.architecture, self.run.data if self.run is not None else None
        assert shape is not None
        unit = int(self.diagram.layout_now().columns[column].units[place])
        means = self.diagram.means[column] if column < len(self.diagram.means) else None
        mean = math.nan if means is None else float(means[unit])
        if column == 0:
            card = unit_card("input", unit, "", mean, [("feature", data.feature_names[unit])] if data else ())
        elif column > len(shape.hidden):
            named = data is not None and data.task == "classification"
            card = unit_card("output", unit, "", mean, [("class", data.class_names[unit])] if named and data else ())
        else:
            rows = self._dead_row(column - 1, unit)
            card = unit_card(self.diagram.names[column - 1], unit, shape.activations[column - 1], mean, rows)
        return card.html(self._large_map(column, unit))

    def _dead_row(self, layer: int, unit: int) -> list[tuple[str, str]]:
        snapshot, inputs = self.snapshot, self.samples_for(self.snapshot)
        if snapshot is None or inputs is None:
            return []
        dead = is_dead(snapshot, inputs, layer, unit)
        return [] if dead is None else [("dead", "yes: no sample reaches its weights" if dead else "no")]

    def _large_map(self, column: int, unit: int) -> str:
        """Return HTML with a unit's response map, large; "" where there is none."""
        run, snapshot = self.run, self.snapshot
        if run is None or snapshot is None or not self.diagram.maps:
            return ""
        cells = responses.grid_for(snapshot, (responses.LARGE_GRID, *responses.GRIDS))
        if cells is None:
            return ""
        answers = responses.responses(snapshot, responses.plane(run.data, cells))[column][:, [unit]]
        side = round(LARGE_MAP * scale())
        image = responses.picture(answers, self.diagram.theme).scaled(
            side, side, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        return f"<div><img src='data:image/png;base64,{_png(image)}' width='{side}' height='{side}'></div>"

    def _edge_card(self, at: QPointF) -> Card | None:
        edges, layout = self.diagram.edges_now(), self.diagram.layout_now()
        found = None if self.diagram.sketch else edges.at(at.x(), at.y(), EDGE_REACH * scale())
        if found is None:
            return None
        gap, value = int(edges.gap[found]), float(edges.value[found])
        largest = float(np.abs(self.diagram.weights[gap]).max())
        sides = ("input", *self.diagram.names)
        return edge_card(
            f"{sides[gap]}, unit {edges.source[found] + 1}",
            f"{sides[gap + 1]}, unit {edges.target[found] + 1}",
            value, abs(value) / largest if largest > 0 and len(layout.columns) else math.nan,
        )


def _png(image: QImage) -> str:
    raw = QByteArray()
    buffer = QBuffer(raw)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    return b64encode(raw.data()).decode()
