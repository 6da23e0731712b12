"""The panel around the diagram: feeds it from the run, shows the draft while that is edited, and tells the numbers."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QToolTip, QWidget

from gui.evidence import tone
from gui.grouped import grouped
from gui.panels.network import legend, responses
from gui.panels.network.diagram import NetworkDiagram
from gui.panels.network.figures import figures
from gui.panels.network.structure import Structure
from gui.panels.network.telling import Telling
from gui.panels.panel import Panel, Pill, Table
from gui.theme import DARK, Theme
from models.architecture import Architecture
from training.feasibility import architecture_of
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
        self.telling = Telling(self.diagram)
        self.diagram.describe = self.telling.tip_at
        self.diagram.layer_pressed.connect(self._toggle)
        self.diagram.layer_wanted.connect(self._select)
        self.diagram.edited.connect(self._edit)
        self.body.addWidget(self.diagram, 1)
        self._draft: Structure | None = None
        self._waiting = False
        self._drawn_at = -math.inf
        self._plane: tuple[int, FloatArray] | None = None
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
        self.telling.run = run
        self.telling.inputs = np.asarray(run.data.x_train[:: max(1, len(run.data.x_train) // SAMPLES)][:SAMPLES])
        self._show_network()
        # A layer just added or moved in the draft stays selected in the run made of it.
        fits = selected is not None and selected < len(run.layer_names)
        self.selection.select_layer(selected if fits else None)
        self.show_layer()
        self.refresh(run)

    def refresh(self, run: RunView) -> None:
        if self._showing_draft:
            return
        if run.history.n_steps:
            self.diagram.set_norms(run.shown_layers("weight_grad_norm"))
        snapshot = run.shown_snapshot
        if snapshot is None or snapshot is self.telling.snapshot:
            return
        now = time.monotonic()
        pause = RESPONSE_SECONDS if self.diagram.squares else REDRAW_SECONDS
        if run.playing and now - self._drawn_at < pause:
            return
        if snapshot.architecture != self.diagram.architecture:  # an edit of the run has changed it
            self._choose_network()
            return
        self._draw(snapshot)
        self.telling.snapshot, self._drawn_at = snapshot, now
        if not run.playing:  # while it trains, a screen reader would never come to an end
            self._say_selected()

    def clear(self) -> None:
        self._forget()
        self._show_network()

    def restyle(self, theme: Theme) -> None:
        super().restyle(theme)
        self.diagram.restyle(theme)
        self.show_evidence()
        for entry, _ in self.legends:
            entry.restyle(theme)
        for pill in (self.responses_pill, self.draft_pill):
            pill.restyle(theme)
        if self.diagram.squares and self.telling.snapshot is not None:
            self._draw(self.telling.snapshot)

    def show_evidence(self) -> None:
        """Frame the layers that the evidence of a finding names, unless it names them all."""
        evidence = self.selection.evidence
        layers = frozenset() if evidence is None else evidence.layers()
        run = self.telling.run
        whole = run is None or len(layers) >= len(run.layer_names)
        color = "" if evidence is None else tone(evidence.severity, self.theme)
        self.diagram.mark(frozenset() if whole else layers, color)

    def show_layer(self) -> None:
        if not self._showing_draft:
            self.diagram.select(self.selection.layer)
            self._say_selected()

    def table(self) -> Table | None:
        """Return the figures of every layer as they are now."""
        run = self.telling.run
        return None if run is None else figures(run, self.telling.statistics())

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
            skip_every = self.telling.run.experiment.network.skip_every if self.telling.run is not None else 0
        before = self._showing_draft, self._draft, self._waiting
        self._draft = Structure.of(hidden, activation, skip_every)
        self._waiting = waiting
        if self.telling.run is not None and (self._showing_draft, self._draft, waiting) != before:
            self._show_network()

    @property
    def _differs(self) -> bool:
        """Whether the form holds other layers than the run."""
        return self._draft is not None and self.telling.run is not None and not _same(self._draft, self.telling.run)

    @property
    def _showing_draft(self) -> bool:
        return self._differs and self.draft_pill.isChecked()

    def _show_network(self) -> None:
        """Show the network of the run, or the one in the form while that is another."""
        self.attempt(self._choose_network)

    def _choose_network(self) -> None:
        run, sketch = self.telling.run, self._showing_draft
        self.telling.snapshot = None
        shape: Architecture | None = None
        if run is not None:
            shape = self._draft_shape(run) if sketch else self._run_shape(run)
        self.diagram.structure = self._structure()
        if shape is None or shape != self.diagram.architecture or sketch != self.diagram.sketch:
            names = layer_names(shape.layers) if shape is not None else ()
            self.diagram.set_architecture(shape, names, sketch=sketch)
        self.diagram.set_squares(self._with_maps)
        self.diagram.set_hint(self._hint())
        self._show_header(shape)
        if run is not None and not sketch:
            self.diagram.select(self.selection.layer)
            self.refresh(run)
        self._say_selected()

    def _structure(self) -> Structure | None:
        """Return what editing starts from: the form's layers, as far as they are in sight."""
        run = self.telling.run
        if run is None or (self._differs and not self._showing_draft):
            return None
        if self._draft is not None:
            return self._draft
        network = run.experiment.network
        return Structure.of(network.hidden, network.activation, network.skip_every)

    def _hint(self) -> str:
        if not (self._showing_draft and self._waiting) or self._draft is None or self.telling.run is None:
            return ""
        mine, theirs = len(self._draft), len(self.telling.run.experiment.network.hidden)
        if mine == theirs:
            return "The form has other layers than the run: reset to apply"
        count = f"{mine} hidden layer{'' if mine == 1 else 's'}"
        return f"The form has {count}, the run {theirs}: reset to apply"

    def _run_shape(self, run: RunView) -> Architecture:
        snapshot = run.shown_snapshot
        return snapshot.architecture if snapshot is not None else architecture_of(run.experiment, run.data)

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
        here, maps = shape is not None and not self.diagram.sketch, self.diagram.squares
        normalized = shape is not None and shape.normalization != "none"
        dropped = shape is not None and shape.dropout > 0
        self._have(self.responses_pill, self.telling.run is not None and responses.suits(self.telling.run.data))
        self._have(self.draft_pill, self._differs)
        for entry, wanted in (
            (self.legend_edges, here), (self.legend_nodes, here and not maps), (self.legend_maps, here and maps),
            (self.legend_bars, here), (self.legend_norm, normalized), (self.legend_dropout, dropped),
        ):
            self._have(entry, wanted)
        if shape is not None:
            self.legend_norm.set_text(f"{shape.normalization} norm", f"Outlined layers have {shape.normalization} norm")
            self.legend_dropout.set_text(f"{shape.dropout:g}", f"Dropout of {shape.dropout:g} after these layers")
            self.set_figure(f"{grouped(shape.n_parameters)} parameters")
        else:
            self.set_figure("")
        self.fit_header()

    def _have(self, widget: QWidget, there: bool) -> None:
        """Have a widget in the header, or not."""
        self._absent = self._absent - {widget} if there else self._absent | {widget}

    def pills_in_header(self) -> list[Pill]:
        """Return the toggles that apply to what is shown."""
        return [pill for pill in super().pills_in_header() if pill not in self._absent]

    def extras(self) -> list[tuple[int, QWidget]]:
        return [extra for extra in super().extras() if extra[1] not in self._absent]

    def fit_extras(self) -> bool:
        for _, widget in self.extras():
            widget.ensurePolished()  # what was hidden until now is measured with another font else
        return super().fit_extras()

    # -- drawing

    @property
    def _with_maps(self) -> bool:
        run = self.telling.run
        suits = run is not None and responses.suits(run.data)
        return suits and self.responses_pill.isChecked() and not self._showing_draft

    def _show_responses(self, on: bool) -> None:
        if self.telling.run is not None:
            self._show_network()

    def _draw(self, snapshot: Snapshot) -> None:
        maps = self._maps(snapshot) if self.diagram.squares else []
        self.diagram.set_weights(snapshot.weights(), self._means(snapshot), maps)

    def _means(self, snapshot: Snapshot) -> list[FloatArray | None]:
        """Return mean activations of all columns' units, or nothing for a network too large for that."""
        inputs = self.telling.samples_for(snapshot)
        if inputs is None:
            return []
        with np.errstate(all="ignore"):
            blocks, predicted = snapshot.inside(inputs)
            hidden = [block.handed_on.mean(0).numpy().astype(np.float64) for block in blocks]
            return [np.mean(inputs, axis=0), *hidden, predicted.mean(0).double().numpy()]

    def _maps(self, snapshot: Snapshot) -> list[QImage]:
        run, cells = self.telling.run, responses.grid_for(snapshot)
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
        text = "Network" if layer is None else f"Network, {self.telling.layer_card(layer).line()}"
        if text != self.diagram.accessibleName():
            self.diagram.setAccessibleName(text)

    def _forget(self) -> None:
        self.telling.forget()
        self.diagram.set_architecture(None, ())
        self._drawn_at, self._plane = -math.inf, None
        QToolTip.hideText()


def _same(structure: Structure, run: RunView) -> bool:
    network = run.experiment.network
    return structure.hidden == network.hidden and structure.activations == network.activations()
