"""Keeping the form to what a task allows: other fields are closed, and a change made elsewhere is taken back."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from gui.builder import wording
from gui.builder.draft import flat
from gui.builder.form import Builder
from gui.tips import plain_tip
from training.errors import InputError
from training.experiment import Experiment
from training.labs.bounds import FREE, changes_between
from training.scenarios.mistakes import allowed_by
from training.validation import replace

CLOSED = "Locked while you do this task"


class FormLock(QObject):
    """Lets a form change only some keys of an experiment.

    ``taken_back`` carries what was changed and may not be, as the form calls it: by the network diagram, a new
    seed, or undo, which know of no lock.
    """

    taken_back = Signal(str)

    def __init__(self, builder: Builder, start: Experiment, controls: Sequence[str]) -> None:
        for other in builder.findChildren(FormLock):
            other.release()  # one task at a time
        super().__init__(builder)
        self._builder, self._start, self._controls = builder, start, tuple(controls)
        self._closed: list[QWidget] = []
        self._busy = self._released = False
        builder.edited.connect(self._look)
        self._close_fields()

    def release(self) -> None:
        """Let everything be changed again."""
        if self._released:
            return
        self._released = True
        self._builder.edited.disconnect(self._look)
        for widget in self._closed:
            if isValid(widget):  # a row goes with the variant it belonged to
                _open(widget)
        self._closed = []
        self._builder.refresh()
        self.deleteLater()

    def _allowed(self, key: str) -> bool:
        return key in FREE or allowed_by(key, self._controls)

    def _close_fields(self) -> None:
        """Close the fields of keys that may not be changed; rows come and go with the variants chosen."""
        for card in self._builder.cards.values():
            for key, row in card.rows.items():
                editor = row.editors[key]
                if not self._allowed(key) and editor.isEnabled():
                    editor.setEnabled(False)
                    editor.setProperty("tip before", editor.toolTip())
                    editor.setToolTip(plain_tip(CLOSED))
                    self._closed.append(editor)
        if self._builder.layers is not None:
            both = all(self._allowed(f"network.{key}") for key in ("hidden", "activation"))
            self._builder.layers.setEnabled(both)
            if not both and self._builder.layers not in self._closed:
                self._closed.append(self._builder.layers)

    def _look(self) -> None:
        if not self._busy:
            self._busy = True
            try:
                self._take_back()
                self._close_fields()
            finally:
                self._busy = False

    def _take_back(self) -> None:
        draft = self._builder.draft
        changes = changes_between(self._start, draft.experiment)
        foreign = [key for key in changes if not self._allowed(key)]
        if not foreign:
            return
        wanted = self._as_allowed({key: value for key, value in changes.items() if key not in foreign})
        values = flat(wanted)
        self._builder.apply_changes({key: values[key] for key in draft.differences(wanted) if key in values})
        self.taken_back.emit(", ".join(dict.fromkeys(wording.label(key) for key in foreign)))

    def _as_allowed(self, changes: dict[str, object]) -> Experiment:
        """Return the start with what may be changed; without it, where that fits only together with the rest."""
        try:
            return replace(self._start, changes)
        except InputError:
            return self._start


def _open(widget: QWidget) -> None:
    widget.setEnabled(True)
    before = widget.property("tip before")
    if isinstance(before, str):
        widget.setToolTip(before)
