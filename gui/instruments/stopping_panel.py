"""The bench of early stopping: where each rule would have ended the run, what it kept and what that cost."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from gui.instruments.now_and_then import NowAndThen
from gui.panels import moments, ranges
from gui.panels.panel import Panel, Table
from gui.panels.plot_axes import EndLabel, Line, Mark, PlotAxes, decades
from gui.panels.scale import scale
from gui.theme import Theme, pen, text_font
from gui.tips import plain_tip
from training.instruments.stopping_bench import STOP_RULES, StopRule, judge

if TYPE_CHECKING:
    from gui.run_view import RunView

COLUMNS = ("rule", "stops", "regret", "cost")
TIPS = (
    "The rule and its parameter (Prechelt 1998)",
    "Epoch at which it stops; – if it never does",
    "How much higher the lowest validation loss it has seen is than the lowest of the whole run",
    "Epochs until it stops, over those until the best evaluation of the whole run: 1 would be perfect",
)
POINTS = 400
SHORT = {"patience": "Patience", "gl": "GL", "pq": "PQ", "up": "UP"}
WIDE = 300
"""Pixels from which on the list has whole names."""


class StoppingBench(Panel):
    """The rules in a list; the one chosen there stands out on the validation curve."""

    title = "Early-stopping bench"
    short_title = "Stopping bench"
    name = "stopping_bench"
    shortcut = "Alt+0"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run: RunView | None = None
        self.rules: list[StopRule] = []
        self._turn = NowAndThen()
        self.axes = PlotAxes(x_label="epoch", y_label="validation loss", log_y=True, right_room=20)
        self.axes.setAccessibleName("Validation loss over the epochs, with the stops of the rules")
        self.axes.meaning = "Where each rule would have ended the run; the one chosen in the list is named"
        self.line = Line("validation", bold=True)
        self.axes.add(self.line)
        self.list = self._make_list()
        self.body.addWidget(self.axes, 5)
        self.body.addWidget(self.list, 4)
        self.axes.pointed.connect(self._pointed)
        self.axes.left.connect(lambda: self.selection.point_at(None))
        self.axes.moment_clicked.connect(lambda x: self.selection.moment_wanted.emit(self._step_at(x)))
        self.figure_label.setToolTip("The rule that would have lost the least, and of those the cheapest")
        self.restyle(self.theme)

    def _make_list(self) -> QTableWidget:
        made = QTableWidget(0, len(COLUMNS))
        made.setHorizontalHeaderLabels(COLUMNS)
        for index, tip in enumerate(TIPS):
            made.horizontalHeaderItem(index).setToolTip(plain_tip(tip))
        made.setAccessibleName("Rules of early stopping")
        made.setFont(text_font(scale(), px=11.5))
        made.horizontalHeader().setFont(text_font(scale(), px=11.5))
        made.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        made.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        made.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        made.setTabKeyNavigation(False)
        made.setShowGrid(False)
        made.verticalHeader().hide()
        made.verticalHeader().setDefaultSectionSize(round(21 * scale()))
        made.verticalHeader().setMinimumSectionSize(1)
        made.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        made.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        made.horizontalHeader().setHighlightSections(False)
        made.setMinimumHeight(round(70 * scale()))
        made.itemSelectionChanged.connect(self._mark)
        return made

    # -- as a panel

    def suits(self, run: RunView) -> bool:
        return run.history.replicas == 1

    def start(self, run: RunView) -> None:
        self.clear()
        self._run = run
        self.axes.zoom_back()
        self.refresh(run)

    def refresh(self, run: RunView) -> None:
        self._run = run
        evaluations = run.history.evaluations
        if self._turn.is_time((run.history, evaluations.seen), playing=run.playing):
            self.rules = judge(evaluations)
            self._fill()
            self._draw(run)
            self._turn.done()
        self._mark()

    def clear(self) -> None:
        self._run, self.rules = None, []
        self._turn.forget()
        self.line.set_data(np.empty(0), np.empty(0))
        self.list.setRowCount(0)
        self.axes.marks, self.axes.end_labels = [], []
        self.axes.set_crosshair(None)
        self.axes.set_limits((0.0, 1.0), (-4.0, 0.0))
        self.axes.empty = "Judged from the second evaluation on"
        self.set_figure("")
        self.axes.redraw()

    def restyle(self, theme: Theme) -> None:
        super().restyle(theme)
        self.axes.restyle(theme)
        self.line.pen = pen(theme.validation)
        self._mark()

    def table(self) -> Table | None:
        """Return every rule with all that is known of it."""
        if not self.rules:
            return None
        columns = ["rule", "parameter", "stops", "epoch", "validation loss", "best epoch", "best validation loss",
                   "regret", "cost"]
        return Table(columns, [
            [rule.name, rule.parameter, rule.stopped, rule.epoch, rule.val_loss, rule.best_epoch, rule.best_val_loss,
             rule.regret, rule.cost]
            for rule in self.rules
        ])

    def show_moment(self) -> None:
        moment, run = self.selection.moment, self._run
        if moment is None or run is None or not self.isVisible():
            self.axes.set_crosshair(None)
            return
        epoch = float(moments.epochs_at(run, np.array([moment]))[0])
        rows = [("", moments.moment_text(moment, epoch))]
        row = moments.row_near(run.history.evaluations, "epoch", epoch)
        if row is not None:
            loss = float(run.history.evaluations.column("val_loss")[row, 0])
            rows.append((self.theme.validation, f"validation loss  {ranges.scientific(loss)}"))
        self.axes.set_crosshair(epoch, rows)

    # -- what is drawn and listed

    def _fill(self) -> None:
        chosen = self.list.currentRow()
        self.list.blockSignals(True)
        self.list.setRowCount(len(self.rules))
        for index, rule in enumerate(self.rules):
            info = STOP_RULES[rule.name]
            texts = (
                self._rule_text(rule), f"{rule.epoch:.4g}" if rule.stopped else "–", percent(rule.regret),
                f"{rule.cost:.2f}" if math.isfinite(rule.cost) else "–",
            )
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(plain_tip(f"{info.formula}\n{info.note}"))
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.list.setItem(index, column, item)
        if 0 <= chosen < len(self.rules):
            self.list.selectRow(chosen)
        self.list.blockSignals(False)
        stopped = [rule for rule in self.rules if rule.stopped]
        best = min(stopped, key=lambda rule: (rule.regret, rule.epoch), default=None)
        self.set_figure(*(
            (f"least regret: {_named(best)}, {percent(best.regret)}", _named(best)) if best is not None else ("",)
        ))

    def _rule_text(self, rule: StopRule) -> str:
        """Return the name of a rule, a short one where there is no room for more."""
        name = SHORT[rule.name] if self.list.viewport().width() < WIDE * scale() else STOP_RULES[rule.name].title
        return f"{name} {rule.parameter:g}"

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.rules:
            for row, rule in enumerate(self.rules):
                self.list.item(row, 0).setText(self._rule_text(rule))

    def _draw(self, run: RunView) -> None:
        evaluations = run.history.evaluations
        epochs, losses = evaluations.epoch, evaluations.column("val_loss")[:, 0]
        stride = max(1, len(epochs) // POINTS)
        heights = decades(losses[::stride])
        self.line.set_data(epochs[::stride], heights)
        self.axes.empty = "" if self.rules else self.axes.empty
        end = ranges.stepped_end(run.history.epoch, self.axes.limits[0][1], exact=not run.playing)
        end = end if run.history.epoch else 1.0
        self.axes.set_limits((0.0, end), ranges.limits_of_decades(heights[np.isfinite(heights)], self.axes.limits[1]))

    def _mark(self) -> None:
        chosen = self.list.currentRow() if self.list.selectedItems() else -1
        names = list(STOP_RULES)
        marks = []
        for index, rule in enumerate(self.rules):
            if not rule.stopped:
                continue
            color = self.theme.series[(names.index(rule.name) + 2) % len(self.theme.series)]
            tip = f"{_named(rule)} stops at epoch {rule.epoch:.4g}: regret {percent(rule.regret)}"
            one = index == chosen
            marks.append(Mark(rule.epoch, color, _named(rule) if one else "", tip, tick=not one))
        self.axes.marks = marks
        self.axes.end_labels = []
        if 0 <= chosen < len(self.rules):
            kept = self.rules[chosen]
            height = float(decades(np.array([kept.best_val_loss]))[0])
            if math.isfinite(height):
                self.axes.end_labels = [EndLabel(height, "kept", self.theme.text)]
        self.axes.redraw()

    # -- the moment pointed at

    def _step_at(self, epoch: float) -> float:
        assert self._run is not None
        return float(moments.steps_at(self._run, np.array([max(epoch, 0.0)]))[0])

    def _pointed(self, x: float) -> None:
        if self._run is not None:
            self.selection.point_at(self._step_at(x))


def percent(share: float) -> str:
    """Return a regret as it is read."""
    return f"{share:.1%}" if math.isfinite(share) else "∞"


def _named(rule: StopRule) -> str:
    return f"{STOP_RULES[rule.name].title} {rule.parameter:g}"
