"""A card of the form: a title, a summary, the fields used most, and the others behind "More"."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from gui.builder.draft import Draft
from gui.builder.fields import Field, section_fields
from gui.builder.row import Row
from training.validation import TAGS

# Fields that only mean something beside a certain value of another one.
ONLY_WITH = {
    "network.initialization.std": ("network.initialization.scheme", "normal"),
    "network.initialization.bound": ("network.initialization.scheme", "uniform"),
    "stopping.criteria.k": ("stopping.criteria.combine", "k"),
}


# The experiment's own fields that stand in the card of another section.
TAKEN = ("batch_size",)


@dataclass(frozen=True)
class CardPlan:
    """What a card shows: whole sections, or single keys; `first` stay in sight, the others fold away.

    The section "" holds the experiment's own fields, but for those that another card has taken as `keys`.
    """

    title: str
    sections: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    first: tuple[str, ...] = ()

    def fields(self, draft: Draft) -> tuple[Field, ...]:
        """Return every field of the card for the variants chosen in `draft`, those of `first` in front."""
        own = {field.key: field for field in section_fields("")}
        found = [
            field for section in self.sections
            for field in section_fields(section, draft.tag(section) if section in TAGS else "")
            if section or field.key not in TAKEN
        ]
        found += [own[key] for key in self.keys]
        order = {key: index for index, key in enumerate(self.first)}
        return tuple(sorted(found, key=lambda field: order.get(field.key, len(order))))


class Card(QFrame):
    """The rows of one part of the experiment."""

    edited = Signal(str, object)
    committed = Signal(str)
    abandoned = Signal(str)

    def __init__(self, plan: CardPlan, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plan = plan
        self.rows: dict[str, Row] = {}
        self.open = False
        self._scale = scale
        self._layout_keys: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
        self.setProperty("role", "card")
        self._title = QLabel(plan.title, self)
        self._title.setProperty("role", "title")
        self._summary = QLabel(self)
        self._summary.setProperty("role", "summary")
        self._summary.setTextFormat(Qt.TextFormat.PlainText)
        header = QHBoxLayout()
        header.setContentsMargins(0, 0, 0, 1)
        header.setSpacing(6)
        header.addWidget(self._title)
        header.addStretch(1)
        header.addWidget(self._summary)
        self.more = QToolButton(self)
        self.more.setProperty("role", "quiet")
        self.more.setCheckable(True)
        self.more.clicked.connect(self.show_more)
        header.addWidget(self.more)
        self._first = QVBoxLayout()
        self._rest_box = QWidget(self)
        self._rest = QVBoxLayout(self._rest_box)
        for layout in (self._first, self._rest):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(3)
        body = QVBoxLayout(self)
        body.setContentsMargins(10, 8, 10, 7)
        body.setSpacing(3)
        body.addLayout(header)
        body.addLayout(self._first)
        body.addWidget(self._rest_box)
        self.show_more(False)

    def set_summary(self, text: str) -> None:
        """Show a few words at the right of the title."""
        if text != self._summary.text():
            self._summary.setText(text)

    def show_more(self, on: bool) -> None:
        """Unfold or fold the fields used rarely."""
        self.open = on
        self.more.setChecked(on)
        self.more.setText("less" if on else "more")
        self.more.setAccessibleName(f"{'Fewer' if on else 'More'} settings of {self.plan.title}")
        self._rest_box.setVisible(on)

    def arrange(self, draft: Draft) -> bool:
        """Show the rows that the chosen variants need; return whether that changed anything."""
        fields = [field for field in self.plan.fields(draft) if _applies(field, draft)]
        groups = _grouped(fields)
        in_sight = [g for g in groups if g[0].key in self.plan.first or g[0].key in ONLY_WITH]
        folded = [g for g in groups if g not in in_sight]
        keys = (tuple(f.key for g in in_sight for f in g), tuple(f.key for g in folded for f in g))
        stale = any(self._row_is_stale(group) for group in groups)
        if keys == self._layout_keys and not stale:
            return False
        self._layout_keys = keys
        self._drop_all_but(groups)
        for layout, part in ((self._first, in_sight), (self._rest, folded)):
            for index, group in enumerate(part):
                layout.insertWidget(index, self._row(group))
        self.more.setVisible(bool(folded))
        return True

    def _row_is_stale(self, group: tuple[Field, ...]) -> bool:
        row = self.rows.get(group[0].key)
        return row is not None and row.fields != group

    def _drop_all_but(self, groups: list[tuple[Field, ...]]) -> None:
        wanted = {field.key: group for group in groups for field in group}
        for row in set(self.rows.values()):
            keep = wanted.get(row.fields[0].key) == row.fields
            self._first.removeWidget(row)
            self._rest.removeWidget(row)
            if not keep:
                row.hide()
                row.deleteLater()
                for field in row.fields:
                    self.rows.pop(field.key, None)

    def _row(self, group: tuple[Field, ...]) -> Row:
        if group[0].key in self.rows:
            return self.rows[group[0].key]
        row = Row(group, self._scale, self)
        row.edited.connect(self.edited)
        row.committed.connect(self.committed)
        row.abandoned.connect(self.abandoned)
        for field in group:
            self.rows[field.key] = row
        return row

    def is_folded(self, key: str) -> bool:
        """Tell whether the row of `key` is among those that fold away."""
        return key in self._layout_keys[1]


def _applies(field: Field, draft: Draft) -> bool:
    if field.key not in ONLY_WITH:
        return True
    other, value = ONLY_WITH[field.key]
    return bool(draft.get(other) == value)


def _grouped(fields: list[Field]) -> list[tuple[Field, ...]]:
    """Put the threshold and the action of a criterion into one row."""
    by_key = {field.key: field for field in fields}
    groups: list[tuple[Field, ...]] = []
    for field in fields:
        parent, _, name = field.key.rpartition(".")
        if name == "action" and f"{parent}.threshold" in by_key:
            continue
        if name == "threshold" and f"{parent}.action" in by_key:
            groups.append((field, by_key[f"{parent}.action"]))
        else:
            groups.append((field,))
    return groups
