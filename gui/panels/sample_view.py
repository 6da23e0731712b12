"""What the views that draw samples in axes have in common: which samples, what is said of them, and the pointer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from gui.panels.panel import GAP, Panel, Pill, Table, scale
from gui.panels.plot_axes import PlotAxes, Stamps
from gui.panels.prediction import Prediction, predict_all
from gui.panels.readout import Readout
from gui.panels.sample_table import sample_table
from gui.panels.samples import Predicted, Shown, joined, predicted, shown_samples
from gui.panels.short_pill import ShortPill, fit
from gui.sample_list import SampleList
from gui.theme import Theme

if TYPE_CHECKING:
    from gui.run_view import RunView
    from training.data.prepare import PreparedData
    from training.snapshot import Snapshot

FloatArray = NDArray[np.float64]

OPENS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
NEAR = 7.0
"""A sample so many pixels from the pointer is the one meant."""


class SampleView(Panel):
    """Samples of both parts in axes, with what a snapshot of the network says of them and of other places.

    Reads out what is under the pointer; a click on a sample opens it in a list.
    """

    needs_snapshot = True
    unsuited = ""
    at_most = 1_000

    def __init__(self, axes: PlotAxes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.axes = axes
        self.points = Stamps()
        self.body.addWidget(axes, 1)
        self.prediction = Prediction(self._predicted, self)
        self.readout = Readout(axes)
        self.list = SampleList(self)
        self.parts: tuple[Shown, ...] = ()
        self._run: RunView | None = None
        self._asked: Snapshot | None = None
        self._inputs: FloatArray | None = None
        self._outputs: FloatArray | None = None
        self._pointer: QPointF | None = None
        self.part_pills = (
            self.add_short_pill("● train", "●", "Show the training samples: filled"),
            self.add_short_pill("○ held out", "○", "Show the held-out samples: rings"),
        )
        axes.installEventFilter(self)
        axes.clicked.connect(lambda x, y: self.attempt(self._click, x, y))

    # -- the header

    def add_short_pill(self, text: str, short: str, tip: str) -> ShortPill:
        """Add a toggle of what is shown."""
        pill = ShortPill(text, short, text[2:], tip, checked=True)
        pill.toggled.connect(self._parts_chosen)
        self.add_to_header(pill)
        return pill

    def add_list_button(self) -> None:
        """Add the button that lists the samples, at the right of what is there."""
        tip = "List the samples, the most confident mistakes first (Enter; or click on one of them)"
        self.list_button = ShortPill("list…", "≡", "List the samples", tip)
        self.list_button.setCheckable(False)
        self.list_button.clicked.connect(lambda: self.attempt(self.list_samples))
        self.add_to_header(self.list_button, spare=1)

    def pills_in_header(self) -> list[Pill]:
        return [pill for pill in super().pills_in_header() if pill not in self.unused_pills()]

    def unused_pills(self) -> Sequence[Pill]:
        """Return the toggles that this run has no use for."""
        return ()

    def extras(self) -> list[tuple[int, QWidget]]:
        return [extra for extra in super().extras() if extra[1] not in self.unused_pills()]

    def fit_extras(self) -> bool:
        widgets = [widget for _, widget in self.extras()]
        others = sum(widget.sizeHint().width() + GAP for widget in widgets if not isinstance(widget, ShortPill))
        fit([widget for widget in widgets if isinstance(widget, ShortPill)], self.header_room() - others, GAP)
        return super().fit_extras()

    def shown(self, held_out: bool) -> bool:
        """Tell whether the samples of a part are shown."""
        return self.part_pills[held_out].isChecked()

    def _parts_chosen(self, _: bool) -> None:
        if self._run is not None:
            self.attempt(self.parts_chosen)

    # -- as a panel

    def start(self, run: RunView) -> None:
        self.clear()
        self.list.start(run)
        if not self.suits(run):
            self.axes.set_note(self.unsuited)
            return
        self._run = run
        self.parts = tuple(shown_samples(run.data, held_out, self.at_most) for held_out in (False, True))
        self.part_pills[1].setEnabled(len(self.parts[1]) > 0)
        self.begin_view(run)
        self.fit_header()
        self.refresh(run)

    def refresh(self, run: RunView) -> None:
        snapshot = run.shown_snapshot
        if self._run is None or snapshot is None or snapshot is self._asked:
            return
        self._asked = snapshot
        self.ask()

    def clear(self) -> None:
        self.prediction.cancel()
        self.readout.hide()
        self._run, self._asked, self._inputs, self._outputs = None, None, None, None
        self.parts = ()
        self.points.set_groups([])
        self.axes.set_note()
        self.set_figure("")
        self.axes.redraw()

    def restyle(self, theme: Theme) -> None:
        super().restyle(theme)
        self.axes.restyle(theme)
        self.readout.restyle(theme)
        self.list.restyle(theme)

    @property
    def data(self) -> PreparedData:
        """The data of the run shown."""
        assert self._run is not None
        return self._run.data

    # -- what is asked of the network

    def ask(self) -> None:
        """Have predicted what is drawn, the samples along with the rest, so that all belongs to the same weights."""
        if self._run is None or self._asked is None:
            return
        if self._inputs is None:
            self._inputs = np.concatenate([self.more_inputs(), *(part.x for part in self.parts)])
        self.prediction.ask(self._asked, self._inputs)

    def outdate(self) -> None:
        """Have other places predicted from now on."""
        self._inputs = None

    def _predicted(self, inputs: FloatArray, outputs: FloatArray) -> None:
        if inputs is self._inputs:  # else the part shown has changed meanwhile, and is asked for anew
            self._outputs = outputs
            self.show_again()

    def show_again(self) -> None:
        """Draw what was predicted last, if anything was."""
        if self._outputs is None:
            return
        more = len(self._outputs) - sum(len(part) for part in self.parts)
        self.show_outputs(self._outputs[:more], self._outputs[more:])
        self._read_out()
        self.axes.redraw()

    def predictions(self) -> Predicted | None:
        """Return the samples drawn and what is said of them, or None before anything was."""
        snapshot = self.prediction.snapshot
        if self._outputs is None or snapshot is None:
            return None
        samples = joined(self.parts)
        return predicted(self.data, samples, snapshot, self._outputs[len(self._outputs) - len(samples) :])

    def table(self) -> Table | None:
        """Return all samples, also where only a choice of them is drawn, as the network drawn predicts them."""
        if self._outputs is None or self.prediction.snapshot is None:
            return None
        return sample_table(whole_parts(self.data, self.prediction.snapshot, (False, True)))

    # -- what a view is made of

    def begin_view(self, run: RunView) -> None:
        """Lay out the axes for a run."""
        raise NotImplementedError

    def parts_chosen(self) -> None:
        """Show the parts chosen."""
        raise NotImplementedError

    def more_inputs(self) -> FloatArray:
        """Return inputs [K, F'], beside the samples, to be predicted."""
        return np.empty((0, self.data.n_inputs))

    def show_outputs(self, more: FloatArray, samples: FloatArray) -> None:
        """Draw outputs: those for `more_inputs`, and those for the samples of both parts."""
        raise NotImplementedError

    def places(self) -> tuple[FloatArray, FloatArray]:
        """Return where the samples of both parts stand, in view coordinates."""
        raise NotImplementedError

    def read_place(self, x: float, y: float) -> Sequence[str]:
        """Return what there is to say of a place, in view coordinates."""
        raise NotImplementedError

    def read_sample(self, made: Predicted, index: int) -> Sequence[str]:
        """Return what there is to say of a sample."""
        raise NotImplementedError

    def list_samples(self) -> None:
        """List the samples, those misclassified if there are any."""
        made = self.predictions()
        if made is not None and self._run is not None:
            self.list.open(self._run, made, only="wrong" if made.wrong.any() else "all")

    # -- the pointer

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.axes:
            if event.type() == QEvent.Type.Leave:
                self._point(None)
            elif event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
                self._point(event.position() if event.buttons() == Qt.MouseButton.NoButton else None)
            elif event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() in OPENS:
                self.attempt(self.list_samples)
                return True
        return bool(super().eventFilter(watched, event))

    def _point(self, place: QPointF | None) -> None:
        self._pointer = place
        self.attempt(self._read_out)

    def _read_out(self) -> None:
        place, box = self._pointer, self.axes.plot_rect()
        if place is None or self._run is None or not box.contains(place):
            self.readout.hide()
            self.axes.unsetCursor()
            return
        index = self.sample_at(place)
        self.axes.setCursor(Qt.CursorShape.ArrowCursor if index is None else Qt.CursorShape.PointingHandCursor)
        lines = list(self.read_place(*self.axes.plot_view.to_data(place)))
        made = self.predictions()
        if index is not None and made is not None:
            lines += self.read_sample(made, index)
        if lines:
            self.readout.show(lines, place, box)
        else:
            self.readout.hide()

    def sample_at(self, place: QPointF) -> int | None:
        """Return which sample shown, of both parts, is nearest to a place of the widget; None if none is near."""
        if not self.parts:
            return None
        x, y = self.axes.to_pixels(*self.places())
        away = np.hypot(x - place.x(), y - place.y())
        away[~np.concatenate([np.full(len(part), self.shown(k == 1)) for k, part in enumerate(self.parts)])] = np.inf
        away = np.nan_to_num(away, nan=np.inf)
        if not len(away) or away.min() > NEAR * scale():
            return None
        return int(away.argmin())

    def _click(self, x: float, y: float) -> None:
        px, py = self.axes.to_pixels(np.array([x]), np.array([y]))
        index, made = self.sample_at(QPointF(px[0], py[0])), self.predictions()
        if index is not None and made is not None and self._run is not None:
            self.list.open(self._run, made, sample=index)


def whole_parts(data: PreparedData, snapshot: Snapshot, held_out: Sequence[bool]) -> Predicted:
    """Return all samples of some parts, predicted by a snapshot."""
    samples = joined([shown_samples(data, part, data.dataset.n_samples) for part in held_out])
    return predicted(data, samples, snapshot, predict_all(snapshot, samples.x))

