"""The panel around the diagram: feeds it from the run, shows the draft while that is edited, and tells the numbers."""

from __future__ import annotations

import math
import time
from base64 import b64encode
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPointF, Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QToolTip, QWidget

from gui.panels.network import legend, responses
from gui.panels.network.diagram import EDGE_REACH, NetworkDiagram
from gui.panels.network.figures import figures, is_dead, norms_of
from gui.panels.network.hover import (
    Card,
    LayerNorms,
    edge_card,
    input_card,
    layer_card,
    unit_card,
)
from gui.panels.network.structure import Structure
from gui.panels.panel import Panel, Table, scale
from gui.panels.prediction import WORK_PER_TURN, work_per_row
from gui.theme import DARK, Theme
from models.architecture import Architecture
from training.feasibility import architecture_of
from training.layer_statistics import LayerStatistics, layer_statistics
from training.progress import layer_names

if TYPE_CHECKING:
    from gui.run_view import RunView
    from training.snapshot import Snapshot

FloatArray = NDArray[np.float64]

REDRAW_SECONDS = 0.4
"""Edges and units change slowly and cost some milliseconds: while training they are drawn this often."""
RESPONSE_SECONDS = 0.5
"""Response maps cost more."""
SAMPLES = 128
"""Samples over which activations are averaged."""
LARGE_MAP = 120
"""Side of a unit's enlarged response map, in pixels."""


class Network(Panel):
    """Columns of units from input to output; bars on a log scale, shared by all layers.

    ``edit_wanted`` comes with changes of the experiment by dotted key, always valid together. The
    window passes them to the form, and tells by `show_draft` what the form then holds.
    """

    title = "Network"
    name = "network"
    needs_snapshot = True
    edit_wanted = Signal(dict)
    _absent: frozenset[QWidget] = frozenset()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.diagram = NetworkDiagram()
        self.diagram.describe = self.tip_at
        self.diagram.layer_pressed.connect(self._toggle)
        self.diagram.layer_wanted.connect(self._select)
        self.diagram.edited.connect(self._edit)
        self.body.addWidget(self.diagram, 1)
        self._run: RunView | None = None
        self._draft: Structure | None = None
        self._waiting = False
        self._drawn: Snapshot | None = None
        self._drawn_at = -math.inf
        self._inputs: FloatArray | None = None
        self._plane: tuple[int, FloatArray] | None = None
        self._known: tuple[Snapshot, tuple[LayerStatistics, ...]] | None = None
        self._make_header()
        self.restyle(DARK)

    def _make_header(self) -> None:
        self.legend_edges, self.legend_nodes, self.legend_bars = (
            legend.edge_entry(), legend.node_entry(), legend.bar_entry(),
        )
        self.legend_maps, self.legend_norm, self.legend_dropout = (
            legend.map_entry(), legend.norm_entry(), legend.dropout_entry(),
        )
        self.legends = (
            (self.legend_edges, 4), (self.legend_nodes, 6), (self.legend_maps, 3), (self.legend_bars, 5),
            (self.legend_norm, 2), (self.legend_dropout, 1),
        )
        for entry, spare in self.legends:
            self.add_to_header(entry, spare=spare)
        self.responses_pill = self.add_pill(
            "responses", "Show what each unit answers over the plane of the two features", changed=self._show_responses
        )
        self.draft_pill = self.add_pill(
            "draft", "Show the network in the form, which the run does not have yet; off: the network that is training",
            checked=True, changed=lambda on: self._show_network(),
        )

    # -- as a panel

    def start(self, run: RunView) -> None:
        selected = self.diagram.selected if self._showing_draft else self.selection.layer
        self._forget()
        self._run = run
        self._inputs = np.asarray(run.data.x_train[:: max(1, len(run.data.x_train) // SAMPLES)][:SAMPLES])
        self._show_network()
        # A layer just added or moved in the draft stays selected in the run made of it.
        fits = selected is not None and selected < len(run.layer_names)
        self.selection.select_layer(selected if fits else None)
        self.show_layer()
        self.refresh(run)

    def refresh(self, run: RunView) -> None:
        if self._showing_draft:
            return
        self.diagram.set_norms(run.history.last_layers("weight_grad_norm"))
        snapshot = run.snapshot
        if snapshot is None or snapshot is self._drawn:
            return
        now = time.monotonic()
        pause = RESPONSE_SECONDS if self.diagram.squares else REDRAW_SECONDS
        if run.playing and now - self._drawn_at < pause:
            return
        self._draw(snapshot)
        self._drawn, self._drawn_at = snapshot, now
        if not run.playing:  # while it trains, a screen reader would never come to an end
            self._say_selected()

    def clear(self) -> None:
        self._forget()
        self._draft, self._waiting = None, False
        self._show_network()

    def restyle(self, theme: Theme) -> None:
        super().restyle(theme)
        self.diagram.restyle(theme)
        for entry, _ in self.legends:
            entry.restyle(theme)
        if self.diagram.squares and self._drawn is not None:
            self._draw(self._drawn)

    def show_layer(self) -> None:
        if not self._showing_draft:
            self.diagram.select(self.selection.layer)
            self._say_selected()

    def table(self) -> Table | None:
        """Return the figures of every layer as they are now."""
        run = self._run
        return None if run is None else figures(run, self._statistics())

    # -- the draft

    def show_draft(
        self, hidden: tuple[int, ...], activation: str | tuple[str, ...], waiting: bool,
        *, skip_every: int | None = None,
    ) -> None:
        """Take the layers that the form holds; editing goes on from them.

        Parameters
        ----------
        waiting
            Whether the run in view keeps another network until it is reset.
        skip_every
            Blocks a skip connection spans in the form; None: as in the run.
        """
        if skip_every is None:
            skip_every = self._run.experiment.network.skip_every if self._run is not None else 0
        before = self._showing_draft, self._draft, self._waiting
        self._draft = Structure.of(hidden, activation, skip_every)
        self._waiting = waiting
        if self._run is not None and (self._showing_draft, self._draft, waiting) != before:
            self._show_network()

    @property
    def _differs(self) -> bool:
        """Whether the form holds other layers than the run."""
        return self._draft is not None and self._run is not None and not _same(self._draft, self._run)

    @property
    def _showing_draft(self) -> bool:
        return self._differs and self.draft_pill.isChecked()

    def _show_network(self) -> None:
        """Show the network of the run, or the one in the form while that is another."""
        self.attempt(self._choose_network)

    def _choose_network(self) -> None:
        run = self._run
        sketch = self._showing_draft
        self._drawn = None
        if run is None:
            shape: Architecture | None = None
            self.diagram.structure = None
        else:
            shape = self._draft_shape(run) if sketch else self._run_shape(run)
            own = Structure.of(run.experiment.network.hidden, run.experiment.network.activation,
                               run.experiment.network.skip_every)
            self.diagram.structure = self._draft if sketch else None if self._differs else self._draft or own
        names = layer_names(shape.layers) if shape is not None else ()
        if shape is None or shape != self.diagram.architecture or sketch or self.diagram.sketch:
            self.diagram.set_architecture(shape, names, sketch=sketch)
        self.diagram.set_squares(self._with_maps)
        self.diagram.set_hint(self._hint())
        self._show_header(shape)
        if run is not None and not sketch:
            self.diagram.select(self.selection.layer)
            self.refresh(run)
        self._say_selected()

    def _hint(self) -> str:
        if not self._showing_draft or not self._waiting or self._draft is None or self._run is None:
            return ""
        mine, theirs = len(self._draft), len(self._run.experiment.network.hidden)
        count = f"{mine} hidden layer{'' if mine == 1 else 's'}" if mine != theirs else "other hidden layers"
        return f"The form has {count} than the run: reset to apply" if mine == theirs else (
            f"The form has {count}, the run {theirs}: reset to apply"
        )

    def _run_shape(self, run: RunView) -> Architecture:
        return architecture_of(run.experiment, run.data)

    def _draft_shape(self, run: RunView) -> Architecture:
        assert self._draft is not None
        network = run.experiment.network
        return Architecture(
            n_inputs=run.data.n_inputs, n_outputs=run.data.n_outputs, hidden=self._draft.hidden,
            activations=self._draft.activations, normalization=network.normalization,
            skip_every=self._draft.skip_every, dropout=network.dropout,
        )

    def _edit(self, structure: Structure, selected: int | None) -> None:
        before = self.diagram.structure
        if before is None:
            return
        self.edit_wanted.emit(structure.changes(before))
        self._select(selected)

    # -- the header

    def _show_header(self, shape: Architecture | None) -> None:
        here = shape is not None
        maps = self.diagram.squares
        normalized = here and shape.normalization != "none"
        self._have(self.responses_pill, self._run is not None and responses.suits(self._run.data))
        self._have(self.draft_pill, self._differs)
        for entry, wanted in (
            (self.legend_edges, here), (self.legend_nodes, here and not maps), (self.legend_maps, here and maps),
            (self.legend_bars, here), (self.legend_norm, normalized), (self.legend_dropout, here and shape.dropout > 0),
        ):
            self._have(entry, wanted)
        if shape is not None:
            self.legend_norm.set_text(f"{shape.normalization} norm", f"Outlined layers have {shape.normalization} norm")
            self.legend_dropout.set_text(f"{shape.dropout:g}", f"Dropout of {shape.dropout:g} after these layers")
            self.set_figure(f"{shape.n_parameters:,} parameters")
        else:
            self.set_figure("")
        self.fit_header()

    def _have(self, widget: QWidget, there: bool) -> None:
        """Have a widget in the header, or not."""
        self._absent = self._absent - {widget} if there else self._absent | {widget}

    def fit_header(self) -> None:
        """Hide what has no room in the header, and what does not apply."""
        everything = self._extras
        self._extras = [extra for extra in everything if extra[1] not in self._absent]
        for widget in self._absent:
            widget.hide()
        super().fit_header()
        self._extras = everything

    # -- drawing

    @property
    def _with_maps(self) -> bool:
        run = self._run
        suits = run is not None and responses.suits(run.data)
        return suits and self.responses_pill.isChecked() and not self._showing_draft

    def _show_responses(self, on: bool) -> None:
        if self._run is not None:
            self._show_network()

    def _draw(self, snapshot: Snapshot) -> None:
        if snapshot.architecture != self.diagram.architecture:
            return  # of a run before; this one's comes soon
        maps = self._maps(snapshot) if self.diagram.squares else []
        self.diagram.set_weights(snapshot.weights(), self._means(snapshot), maps)

    def _means(self, snapshot: Snapshot) -> list[FloatArray | None]:
        """Return mean activations of all columns' units, or nothing for a network too large for that."""
        inputs = self._inputs
        if inputs is None or self._too_large(snapshot):
            return []
        with np.errstate(all="ignore"):
            blocks, predicted = snapshot.inside(inputs)
            hidden = [block.handed_on.mean(0).numpy().astype(np.float64) for block in blocks]
            return [np.mean(inputs, axis=0), *hidden, predicted.mean(0).double().numpy()]

    def _too_large(self, snapshot: Snapshot) -> bool:
        return self._inputs is None or work_per_row(snapshot) * len(self._inputs) > WORK_PER_TURN

    def _maps(self, snapshot: Snapshot) -> list[QImage]:
        run, cells = self._run, responses.grid_for(snapshot)
        if run is None or cells is None:
            return []
        if self._plane is None or self._plane[0] != cells:
            self._plane = cells, responses.plane(run.data, cells)
        answers = responses.responses(snapshot, self._plane[1])
        columns = self.diagram.layout_now().columns
        return [responses.strip(part, column, self.theme) for part, column in zip(answers, columns, strict=True)]

    # -- selecting

    def _toggle(self, layer: int) -> None:
        self._select(None if layer == self.diagram.selected else layer)

    def _select(self, layer: int | None) -> None:
        if self._showing_draft:  # the other plots show the run, which has other layers
            self.diagram.select(layer)
            self._say_selected()
        else:
            self.selection.select_layer(layer)
            self.show_layer()

    def _say_selected(self) -> None:
        layer = self.diagram.selected
        text = "Network" if layer is None else f"Network, {self._layer_card(layer).line()}"
        if text != self.diagram.accessibleName():
            self.diagram.setAccessibleName(text)

    # -- the numbers

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
        return (self._layer_card(column - 1) if column else self._input_card()).html()

    def _input_card(self) -> Card:
        return input_card(self._run.data.feature_names if self._run is not None else ())

    def _layer_card(self, layer: int) -> Card:
        shape = self.diagram.architecture
        assert shape is not None
        statistics = self._statistics()
        return layer_card(
            self.diagram.names[layer], shape, layer, statistics[layer] if statistics else None,
            norms_of(self._run, layer) if self._run is not None and not self._showing_draft else LayerNorms(),
        )

    def _statistics(self) -> tuple[LayerStatistics, ...]:
        """Return what can be said of the layers that are drawn; nothing of a network too large for that."""
        snapshot = self._drawn
        if snapshot is None or self._inputs is None or self._too_large(snapshot):
            return ()
        if self._known is None or self._known[0] is not snapshot:
            self._known = snapshot, layer_statistics(snapshot, self._inputs)
        return self._known[1]

    def _unit_tip(self, column: int, place: int) -> str:
        shape, data = self.diagram.architecture, self._run.data if self._run is not None else None
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
        snapshot, inputs = self._drawn, self._inputs
        if snapshot is None or inputs is None or self._too_large(snapshot):
            return []
        dead = is_dead(snapshot, inputs, layer, unit)
        return [] if dead is None else [("dead", "yes: no sample reaches its weights" if dead else "no")]

    def _large_map(self, column: int, unit: int) -> str:
        """Return HTML with a unit's response map, large; "" where there is none."""
        run, snapshot = self._run, self._drawn
        if run is None or snapshot is None or not self.diagram.maps:
            return ""
        cells = responses.grid_for(snapshot, (responses.LARGE_GRID, *responses.GRIDS))
        if cells is None:
            return ""
        answers = responses.responses(snapshot, responses.plane(run.data, cells))[column][:, [unit]]
        side = round(LARGE_MAP * scale())
        image = responses.picture(answers, self.theme).scaled(
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

    def _forget(self) -> None:
        self._run, self._drawn, self._drawn_at, self._inputs = None, None, -math.inf, None
        self._plane, self._known = None, None
        QToolTip.hideText()


def _same(structure: Structure, run: RunView) -> bool:
    network = run.experiment.network
    return structure.hidden == network.hidden and structure.activations == network.activations()


def _png(image: QImage) -> str:
    raw = QByteArray()
    buffer = QBuffer(raw)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return b64encode(raw.data()).decode()
