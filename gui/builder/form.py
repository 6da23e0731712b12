"""The experiment form: cards with every field of an experiment, errors beside the field, nothing typed ever lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QToolButton, QVBoxLayout, QWidget

from gui.builder import wording
from gui.builder.card import Card, CardPlan
from gui.builder.change_text import change_text
from gui.builder.draft import Draft, State
from gui.builder.editors import NumberField, WidthsField
from gui.builder.fields import section_fields
from gui.builder.going_along import fitting, loss_for, same, stretched
from gui.builder.history import Change, EditHistory
from gui.builder.layer_list import LayerList
from gui.builder.notice import Notice
from gui.builder.plan import CARDS
from gui.builder.schedule_preview import SchedulePreview
from gui.tab_order import order_tabs
from gui.theme import Theme
from training.experiment import Experiment
from training.validation import is_tag

SETTLE_MS = 450
NO_TEXT = frozenset[str]()


@dataclass(frozen=True)
class Look:
    """What of the form is unfolded and in sight, for a form that takes the place of another."""

    unfolded: frozenset[str] = NO_TEXT
    layers: bool = False
    scrolled: float = 0.0


class Builder(QWidget):
    """The form of one experiment.

    ``edited`` comes with every change of the draft, valid or not; ``committed`` when a change is
    meant (Enter, leaving the field, a choice made): that is when a live value goes to the run.
    ``history_changed`` comes when there is something else to undo or redo.

    Given the draft and the history of another form, it goes on where that one stood.
    """

    edited = Signal()
    committed = Signal()
    reset_wanted = Signal()
    history_changed = Signal()

    def __init__(
        self, experiment: Experiment | Draft, theme: Theme, scale: float = 1.0, parent: QWidget | None = None, *,
        history: EditHistory | None = None,
    ) -> None:
        super().__init__(parent)
        self.draft = experiment if isinstance(experiment, Draft) else Draft(experiment)
        self.history = history or EditHistory()
        self.theme = theme
        self._scale = scale
        self._live: frozenset[str] = NO_TEXT
        self._waiting: frozenset[str] = NO_TEXT
        self._typing = ""
        self._names_before: Any = None
        self._steps_per_epoch = 1
        self.cards = {plan.title: self._card(plan) for plan in CARDS}
        self.preview = SchedulePreview(theme, scale, self)
        self.layers: LayerList | None = None
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._settled)
        self._lay_out()
        self.refresh()

    # ------------------------------------------------------------------------------ building

    def _card(self, plan: CardPlan) -> Card:
        card = Card(plan, self._scale, self)
        card.edited.connect(self._on_edited)
        card.committed.connect(self._on_committed)
        card.abandoned.connect(self._on_abandoned)
        return card

    def _lay_out(self) -> None:
        self.notice = Notice(self._scale, self)
        self.notice.reset_wanted.connect(self.reset_wanted)
        content = self._content = QWidget(self)
        cards = QVBoxLayout(content)
        cards.setContentsMargins(*self._pixels(10, 0, 6, 10))
        cards.setSpacing(*self._pixels(8))
        for card in self.cards.values():
            cards.addWidget(card)
        cards.addStretch(1)
        self.scroll = QScrollArea(self)
        self.scroll.setWidget(content)
        self.scroll.setWidgetResizable(True)
        self.scroll.setFrameShape(QFrame.Shape.NoFrame)
        self.scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(*self._pixels(6))
        holder = QHBoxLayout()
        holder.setContentsMargins(*self._pixels(10, 0, 12, 0))
        holder.addWidget(self.notice)
        outer.addLayout(holder)
        outer.addWidget(self.scroll, 1)

    def _pixels(self, *sizes: int) -> tuple[int, ...]:
        return tuple(round(size * self._scale) for size in sizes)

    # ------------------------------------------------------------------------------ from outside

    def load(self, experiment: Experiment) -> None:
        """Show another experiment; what was typed into the form is gone, and there is nothing to undo."""
        self.draft = Draft(experiment)
        self.history.clear()
        self._end_typing()
        self.refresh()
        self.history_changed.emit()

    def apply_changes(self, changes: dict[str, Any]) -> bool:
        """Take over values that were set elsewhere in the window, as one change; return whether all of it fits.

        What does not fit waits, and is told at its field, as if it had been typed there.
        """
        changes = {**changes, **fitting(self.draft, changes)}
        key = next((key for key, value in changes.items() if not same(self.draft.get(key), value)), "")
        if not key:
            return self.draft.valid
        self._end_typing()
        self.history.seal()
        self._change(key, changes)
        self.history.seal()
        self.committed.emit()
        return self.draft.valid

    def look(self) -> Look:
        """Return what is unfolded and in sight."""
        bar = self.scroll.verticalScrollBar()
        return Look(
            frozenset(title for title, card in self.cards.items() if card.open), self._edit_layers.isChecked(),
            bar.value() / max(1, bar.maximum()),
        )

    def take_look(self, look: Look) -> None:
        """Unfold and scroll to what was in sight in another form."""
        for title, card in self.cards.items():
            card.show_more(title in look.unfolded)
        self._edit_layers.setChecked(look.layers)
        bar = self.scroll.verticalScrollBar()
        QTimer.singleShot(0, self, lambda: bar.setValue(round(look.scrolled * bar.maximum())))

    def show_run(self, live: frozenset[str], waiting: frozenset[str]) -> None:
        """Mark the fields that apply to the running run at once, and those that wait for a reset."""
        if (live, waiting) != (self._live, self._waiting):
            self._live, self._waiting = live, waiting
            self._show_marks()
            self._show_notice()

    def show_steps_per_epoch(self, steps: int) -> None:
        """Say how many steps an epoch of this experiment has, for the schedule's curve."""
        if steps != self._steps_per_epoch:
            self._steps_per_epoch = steps
            self._show_preview()

    def set_summary(self, card: str, text: str) -> None:
        """Show a few words in the header of a card."""
        self.cards[card].set_summary(text)

    def restyle(self, theme: Theme) -> None:
        """Take on another theme."""
        self.theme = theme
        self.preview.restyle(theme)
        self._show_marks()

    def row(self, key: str) -> Any:
        """Return the row that shows a dotted key (or the part of it that has a row), or None."""
        while key:
            for card in self.cards.values():
                if key in card.rows:
                    return card.rows[key]
            key = key.rpartition(".")[0]
        return None

    def editor(self, key: str) -> Any:
        """Return the control of a dotted key."""
        return self.row(key).editors[key]

    def reveal(self, key: str) -> None:
        """Scroll to a field, unfold it if need be, and put the focus there."""
        card = next((card for card in self.cards.values() if key in card.rows), None)
        if card is None:
            return
        if card.is_folded(key):
            card.show_more(True)
        self._scroll_to(card.rows[key])
        card.rows[key].editors[key].setFocus(Qt.FocusReason.OtherFocusReason)

    def point_out(self, key: str) -> None:
        """Scroll to a field, unfold it if need be, and light it up; the focus stays where it is."""
        row = self.row(key)
        if row is None:
            return
        card = next(card for card in self.cards.values() if row in card.rows.values())
        if card.is_folded(row.fields[0].key):
            card.show_more(True)
        self._scroll_to(row)
        row.light_up(self.theme)

    def _scroll_to(self, row: QWidget) -> None:
        for layout in (row.parentWidget().layout(), self.scroll.widget().layout()):
            layout.activate()  # a row that has just come into sight has its place only then
        self.scroll.ensureWidgetVisible(row, 0, *self._pixels(20))

    def point_at_problem(self) -> None:
        """Put the focus where the form is wrong."""
        key = next(iter(self.draft.problems), "")
        row = self.row(key)
        if row is not None:
            self.reveal(next((own for own in row.editors if key.startswith(own)), row.fields[0].key))

    def show_refusal(self, problems: dict[str, str]) -> None:
        """Show at their fields why a run was refused; the form stays as valid as it was."""
        if problems != self.draft.refused:
            self.draft.refused = problems
            self._show_problems()

    @property
    def typing(self) -> bool:
        """Whether a number is being typed, and not meant yet."""
        return bool(self._typing)

    def reason_invalid(self) -> str:
        """Return why the draft cannot run, in one line; empty if it can."""
        if self.draft.valid:
            return ""
        key, message = next(iter(self.draft.problems.items()))
        return f"{wording.label(self._known_part(key))}: {message}"

    def _known_part(self, key: str) -> str:
        row = self.row(key)
        return row.fields[0].key if row is not None else key

    # ------------------------------------------------------------------------------ undo and redo

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self.history.done)

    @property
    def can_redo(self) -> bool:
        """Whether a change was taken back that can be done again."""
        return bool(self.history.undone)

    @property
    def undo_text(self) -> str:
        """What undo would take back: "Undo: Learning rate 0.01 → 0.1"."""
        return f"Undo: {change_text(self.history.done[-1])}" if self.can_undo else "Undo"

    @property
    def redo_text(self) -> str:
        """What redo would do again."""
        return f"Redo: {change_text(self.history.undone[-1])}" if self.can_redo else "Redo"

    def undo(self) -> None:
        """Take the last change back, whatever of it is still being typed."""
        change = self.history.undo()
        if change is not None:
            self._return_to(change.before, change)

    def redo(self) -> None:
        """Do again what was taken back last."""
        change = self.history.redo()
        if change is not None:
            self._return_to(change.after, change)

    def _return_to(self, state: State, change: Change) -> None:
        self._end_typing()
        self.draft.restore(state)
        self.refresh()
        self.point_out(change.key)
        self.history_changed.emit()
        self.edited.emit()
        self.committed.emit()

    def _end_typing(self) -> None:
        self._settle.stop()
        self._typing = ""
        self._names_before = None

    # ------------------------------------------------------------------------------ editing

    def _on_edited(self, key: str, value: Any) -> None:
        self._typing = key if isinstance(self.row(key).editors[key], NumberField | WidthsField) else ""
        self._change(key, {key: value, **self._going_along(key, value)})
        if self._typing:
            self._settle.start()

    def _going_along(self, key: str, value: Any) -> dict[str, Any]:
        """Return changes that a choice brings with it, so that one choice never leaves the form broken."""
        if key == "data.dataset":
            return loss_for(self.draft, str(value))
        if key == "network.hidden":
            # The names from before the typing began: "8 ×5" passes through "8", which must not cost four of them.
            if self._names_before is None:
                self._names_before = self.draft.get("network.activation")
            if not isinstance(self._names_before, str):
                return {"network.activation": stretched(self._names_before, len(value))}
        return {}

    def _change(self, key: str, changes: dict[str, Any]) -> None:
        """Change the draft, on behalf of the field `key`."""
        before = self.draft.state()
        self.draft.change(changes)
        self.history.record(key, before, self.draft.state())
        self.history_changed.emit()
        self.refresh(rearrange=any(is_tag(key) or key.endswith((".scheme", ".combine")) for key in changes))
        self.edited.emit()

    def _on_committed(self, key: str) -> None:
        editor = self.editor(key)
        self.history.seal(after_a_pause=isinstance(editor, NumberField) and editor.stepping)
        self._names_before = None
        self._settled()
        self.committed.emit()

    def _settled(self) -> None:
        self._settle.stop()
        self._typing = ""
        self._show_problems()

    def _on_abandoned(self, key: str) -> None:
        """Escape: back to what stood there before the typing began, or else to the last value that was right."""
        before = self.draft.state()
        typed_over = self.history.take_back_typing(key)
        if typed_over is not None:
            self.draft.restore(typed_over)
        else:
            self.draft.forget(key)
            self.history.record(key, before, self.draft.state())
            self.history.seal()
        self._end_typing()
        self.row(key).editors[key].setText("")
        self.refresh()
        self.history_changed.emit()
        self.edited.emit()

    # ------------------------------------------------------------------------------ showing

    def refresh(self, *, rearrange: bool = True) -> None:
        """Show the draft: rows, values, problems, marks."""
        if rearrange:
            changed = [card for card in self.cards.values() if card.arrange(self.draft)]
            for card in changed:
                self._place_extras(card)
            if changed:
                order_tabs(self._content)
        unit = str(self.draft.get("schedule.unit"))
        for card in self.cards.values():
            for key, row in card.rows.items():
                editor = row.editors[key]
                if isinstance(editor, NumberField) and key.startswith("schedule."):
                    editor.set_unit(unit)
                if not (key in self.draft.waiting and key in (self._typing,)):
                    row.show_value(key, self.draft.get(key))
        self._show_layers()
        self._show_problems()
        self._show_marks()
        self._show_preview()

    def _place_extras(self, card: Card) -> None:
        if card.plan.title == "Schedule":
            card.rows["schedule.kind"].add_below(self.preview)
        if card.plan.title == "Network" and self.layers is None:
            row = card.rows["network.hidden"]
            field = next(field for field in section_fields("network") if field.key == "network.activation")
            self.layers = LayerList(field.options, self._scale, row)
            self.layers.hide()
            self.layers.edited.connect(self._on_layers)
            self.layers.committed.connect(lambda: self._on_committed("network.hidden"))
            self._edit_layers = QToolButton(row)
            self._edit_layers.setProperty("role", "quiet")
            self._edit_layers.setText("edit…")
            self._edit_layers.setCheckable(True)
            self._edit_layers.setToolTip("Width and activation of each layer")
            self._edit_layers.setAccessibleName("Edit layers one by one")
            self._edit_layers.toggled.connect(self._show_layer_list)
            row.add_inside(row.editors["network.hidden"], self._edit_layers)
            row.add_below(self.layers)

    def _show_layer_list(self, on: bool) -> None:
        assert self.layers is not None
        self.layers.setVisible(on)
        self._edit_layers.setText("close" if on else "edit…")
        self._show_layers()
        order_tabs(self._content)

    def _on_layers(self, widths: list[Any], activation: Any) -> None:
        changes = {"network.hidden": widths, "network.activation": activation}
        key = "network.activation" if same(self.draft.get("network.hidden"), widths) else "network.hidden"
        self._change(key, {**changes, **fitting(self.draft, changes)})

    def _show_layers(self) -> None:
        widths = self.draft.get("network.hidden")
        if self.layers is not None and self.layers.isVisibleTo(self) and isinstance(widths, list | tuple):
            self.layers.show_layers(list(widths)[:64], self.draft.get("network.activation"))

    def _show_problems(self) -> None:
        by_row: dict[Any, list[tuple[str, str]]] = {}
        for key, message in {**self.draft.refused, **self.draft.problems}.items():
            row = self.row(key)
            if row is not None:
                by_row.setdefault(row, []).append((self._own_key(row, key), message))
        for card in self.cards.values():
            for row in set(card.rows.values()):
                found = by_row.get(row, [])
                still_typing = bool(found) and self._typing in row.editors
                text = "" if still_typing else "\n".join(message for _, message in found)
                row.show_problem(text, NO_TEXT if still_typing else frozenset(key for key, _ in found))
                if text and card.is_folded(row.fields[0].key) and not card.open:
                    card.show_more(True)
        self._show_notice()

    @staticmethod
    def _own_key(row: Any, key: str) -> str:
        while key and key not in row.editors:
            key = key.rpartition(".")[0]
        return key or row.fields[0].key

    def _show_marks(self) -> None:
        for card in self.cards.values():
            for key, row in card.rows.items():
                mark = "on reset" if key in self._waiting else "live" if key in self._live else ""
                row.show_mark(key, mark, self.theme)

    def _show_notice(self) -> None:
        homeless = [message for key, message in self.draft.problems.items() if self.row(key) is None]
        if homeless:
            text = homeless[0]
        elif self._waiting:
            names = sorted({wording.label(self._known_part(key)) for key in self._waiting})
            shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
            text = f"{shown}: changes apply on reset"
        else:
            text = ""
        self.notice.say(text, reset=not homeless)

    def _show_preview(self) -> None:
        self.preview.show_schedule(self.draft.experiment, self._steps_per_epoch)
