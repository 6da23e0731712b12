"""The gallery of instruments: what each says of convergence, what it costs, and a button that shows its panel."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from gui.grouped import grouped
from gui.instruments.panels import PANEL_OF
from gui.instruments.readings_panel import architecture_of, in_words
from gui.panels.scale import scale
from gui.theme import Theme
from gui.tips import plain_label, plain_tip
from training.instruments.catalog import INSTRUMENTS
from training.instruments.instrument import Outlook

if TYPE_CHECKING:
    from gui.measuring import Measuring
    from gui.run_view import RunView

COLUMNS = 2
WIDTH, HEIGHT = 820, 640
SOON = 2.0
"""Seconds that are not worth a number."""
COST_TIP = "What a reading takes, how often it is made, and its part in what instruments cost"


@dataclass(frozen=True)
class Entry:
    """What a card says: an instrument, or something that is computed when it is asked for."""

    name: str
    title: str
    note: str
    formula: str
    source: str
    panel: str
    measured: bool


LANDSCAPE = "loss_landscape"
ON_DEMAND = (
    Entry(
        LANDSCAPE, "Loss landscape", "The surface that training moves on, around where the run stands, with its "
        "path: valleys, plateaus, and how sharp the bottom is.", "f(θ_c + x·d₁ + y·d₂)", "Li et al. 2018",
        "loss_landscape", False,
    ),
    Entry(
        "rates", "Convergence rate", "Whether the run converges sublinearly, linearly, superlinearly or quadratically, "
        "and how many steps a target takes.", "eₜ₊₁ ∝ eₜ^q", "Nocedal & Wright 2006, app. A.2", "rates", False,
    ),
    Entry(
        "stopping_bench", "Early-stopping bench", "Where each rule of early stopping would have ended the run, what it "
        "would have lost by that, and what waiting costs.", "GL > α, GL / P₅ > α, s rises, patience", "Prechelt 1998",
        "stopping_bench", False,
    ),
    Entry(
        "layer_inspector", "Layer inspector", "One layer looked at closely: histograms now, norms, update ratio, dead "
        "and saturated shares over the steps. A click on a layer in the network opens it, too.", "", "",
        "layer_inspector", False,
    ),
)


def entries() -> tuple[Entry, ...]:
    """Return all cards, what is measured beside training first."""
    measured = tuple(
        Entry(row.name, row.title, row.note, row.formula, row.source, PANEL_OF[row.name], not row.recorded)
        for row in INSTRUMENTS.values() if row.name in PANEL_OF
    )
    return (*measured, *ON_DEMAND)


class Gallery(QDialog):
    """Cards; ``switched`` comes with the name of an instrument and whether it is to be read.

    ``panel_wanted`` comes with the names of a panel and of the instrument to show in it.
    """

    switched = Signal(str, bool)
    panel_wanted = Signal(str, str)
    preferences_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("instrumentsGallery")
        self.setWindowTitle("Instruments")
        self.theme = theme
        size = scale()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(*(round(margin * size) for margin in (16, 14, 16, 12)))
        outer.setSpacing(round(10 * size))
        outer.addLayout(self._head(size))
        self.cards = {entry.name: Card(entry, self) for entry in entries()}
        outer.addWidget(self._scrolled(size), 1)
        outer.addLayout(self._foot())
        for card in self.cards.values():
            card.switched.connect(self.switched)
            card.panel_wanted.connect(self.panel_wanted)
        self.resize(QSize(round(WIDTH * size), round(HEIGHT * size)))

    def _head(self, size: float) -> QHBoxLayout:
        self.budget = plain_label()
        self.budget.setProperty("role", "muted")
        self.budget.setWordWrap(True)
        button = self.preferences_button = QPushButton("Preferences…", self)
        button.setToolTip("Change the budget of instruments")
        button.setAutoDefault(False)
        button.clicked.connect(self.preferences_wanted)
        row = QHBoxLayout()
        row.setSpacing(round(12 * size))
        row.addWidget(self.budget, 1)
        row.addWidget(button)
        return row

    def _scrolled(self, size: float) -> QScrollArea:
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setContentsMargins(0, 0, round(8 * size), 0)
        grid.setSpacing(round(8 * size))
        for index, card in enumerate(self.cards.values()):
            grid.addWidget(card, index // COLUMNS, index % COLUMNS)
        for column in range(COLUMNS):
            grid.setColumnStretch(column, 1)
        area = QScrollArea(self)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        return area

    def _foot(self) -> QHBoxLayout:
        close = self.close_button = QPushButton("Close", self)
        close.setToolTip("Close (Esc)")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(close)
        return row

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`: they come with the style sheet of the window."""
        self.theme = theme

    def show_costs(self, view: RunView | None, measuring: Measuring, spent: str, landscape: float) -> None:
        """Say what is read of a run, and what that has cost: all together, and the landscape of it."""
        part = f"computed while it is seen · {landscape:.1%} of the training time"
        self.cards[LANDSCAPE].show_state(on=True, cost=part if landscape else "computed while it is seen")
        if measuring.share <= 0.0:
            text = "The budget is 0%: nothing is measured beside training."
        else:
            text = (
                f"Instruments take {spent}, of a budget of {measuring.share:.0%} of the training time. They are "
                "read less often before training slows down, and never change a run."
            )
        self.budget.setText(text)
        architecture = architecture_of(view) if view is not None else None
        for name, card in self.cards.items():
            if not card.entry.measured:
                continue
            suits = architecture is None or INSTRUMENTS[name].suits(architecture)
            on = name not in measuring.off if INSTRUMENTS[name].standard else name in measuring.on
            outlook = view.instruments.outlooks.get(name) if view is not None and on else None
            bad = suits and outlook is not None and bool(outlook.error or outlook.too_slow)
            cost = cost_in_words(view, name, outlook) if suits else "not for this network"
            card.show_state(on=on, cost=cost, bad=bad)


class Card(QFrame):
    """One instrument."""

    switched = Signal(str, bool)
    panel_wanted = Signal(str, str)

    def __init__(self, entry: Entry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entry = entry
        self.setProperty("role", "panel")
        self.setAccessibleName(entry.title)
        size = scale()
        box = QVBoxLayout(self)
        box.setContentsMargins(*(round(margin * size) for margin in (12, 9, 12, 9)))
        box.setSpacing(round(4 * size))
        for text, role in (
            (entry.title, "title"), (entry.note, ""), (entry.formula, "figures"), (entry.source, "caption"),
        ):
            if text:
                label = plain_label(text)
                label.setWordWrap(True)
                if role:
                    label.setProperty("role", role)
                box.addWidget(label)
        box.addStretch(1)
        self.cost = plain_label(
            "" if entry.measured else
            "recorded at every step" if entry.name in INSTRUMENTS else "computed when it is seen"
        )
        self.cost.setProperty("role", "caption")
        self.cost.setWordWrap(True)
        box.addWidget(self.cost)
        box.addLayout(self._buttons(size))

    def _buttons(self, size: float) -> QHBoxLayout:
        entry = self.entry
        row = QHBoxLayout()
        row.setSpacing(round(8 * size))
        self.on: QCheckBox | None = None
        if entry.measured:
            self.on = QCheckBox("Read")
            self.on.setToolTip(f"Read {entry.title.lower()} beside training, as often as the budget allows")
            self.on.setAccessibleName(f"Read {entry.title.lower()}")
            self.on.clicked.connect(lambda on: self.switched.emit(entry.name, on))
            row.addWidget(self.on)
        row.addStretch(1)
        self.show_button = QPushButton("Show panel")
        self.show_button.setToolTip(f"Show the panel of {entry.title.lower()} on the board")
        self.show_button.setAccessibleName(f"Show panel: {entry.title}")
        self.show_button.setAutoDefault(False)
        self.show_button.clicked.connect(lambda: self.panel_wanted.emit(entry.panel, entry.name))
        row.addWidget(self.show_button)
        return row

    def show_state(self, *, on: bool, cost: str, bad: bool = False) -> None:
        """Say whether it is read, and what it has cost; `bad`: that it cannot be read."""
        if self.on is not None and self.on.isChecked() != on:
            self.on.setChecked(on)
        if cost != self.cost.text().removeprefix("▲ "):
            self.cost.setText(f"▲ {cost}" if bad else cost)
            self.cost.setToolTip(plain_tip(cost if bad else f"{cost}\n{COST_TIP}"))


def cost_in_words(view: RunView | None, name: str, outlook: Outlook | None) -> str:
    """Return what readings of an instrument have cost in a run, and how often they come; or why there are none."""
    if outlook is not None and outlook.error:
        return f"failed, not read any more: {outlook.error}"
    if outlook is not None and outlook.too_slow:
        return f"too slow to be read: {in_words(outlook.seconds)} a reading"
    cost = view.instruments.costs.get(name) if view is not None else None
    if view is None or cost is None or not cost.readings:
        waits = outlook is not None and math.isfinite(outlook.due_in)
        if not (waits and outlook):
            return "not read yet"
        soon = outlook.due_in < SOON
        return "first reading soon" if soon else f"first reading in about {in_words(outlook.due_in)}"
    part = cost.seconds / view.instruments.seconds if view.instruments.seconds else 0.0
    each, interval = in_words(cost.seconds / cost.readings), view.instruments[name].interval
    if cost.readings == 1 or math.isnan(interval):
        return f"{each} · read once · {part:.0%} of the cost"
    return f"{each} · every {grouped(round(interval))} steps · {part:.0%} of the cost"
