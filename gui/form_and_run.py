"""What the form has that the run has not: marked in the form, and offered to be brought into effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gui.builder import wording
from gui.grouped import grouped
from training.engine import is_editable
from training.feasibility import architecture_of

if TYPE_CHECKING:
    from gui.window import MainWindow


class FormAndRun:
    """Compares the form with the run of the window; the window says when either has changed."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._marked_under_way = False
        self._offered: frozenset[str] = frozenset()
        self._offer = ""

    @property
    def under_way(self) -> bool:
        """Whether anything has been trained."""
        view = self._window.control.view
        return view is not None and view.history.step > 0

    def edited(self) -> None:
        """The form has changed."""
        window = self._window
        window.files.autosave_soon()
        window.name_window()
        self.compare()
        self.summarize()
        window.commands.follow_form()
        window.show_state()

    def committed(self) -> None:
        """A value is meant: send what can change at once to the run."""
        self._window.commands.send_edits()
        self._show_criteria()
        self.compare()
        self._window.show_state()

    def look(self, *, edited: bool) -> None:
        """Compare them where edits have arrived, or the first step was made."""
        if edited or self.under_way != self._marked_under_way:
            self.compare()

    def compare(self) -> None:
        """Mark what applies at once, and what waits for a reset."""
        builder = self._window.builder
        running = self._marked_under_way = self.under_way
        live = frozenset(
            key for card in builder.cards.values() for key in card.rows if is_editable(key)
        ) if running else frozenset()
        waiting = self._window.commands.waiting() if running else frozenset()
        builder.show_run(live, waiting)
        network = builder.draft.experiment.network
        self._window.network.show_draft(
            network.hidden, network.activation, any(key.startswith("network.") for key in waiting),
            skip_every=network.skip_every,
        )
        self._offer_restart(waiting)

    def _offer_restart(self, waiting: frozenset[str]) -> None:
        """Say that another network needs another run, and what may become of the one under way."""
        builder, banner, commands = self._window.builder, self._window.banner, self._window.commands
        structure = frozenset(key for key in waiting if key.startswith("network."))
        if structure == self._offered or builder.typing:
            return
        self._offered = structure
        if structure:
            names = " and ".join(sorted({wording.label(key) for key in structure}))
            self._offer = f"{names} changed, which takes a new run. The one under way stays as it is until then."
            banner.show_notice(
                self._offer,
                ("Restart", lambda: commands.restart(ghost=False)),
                ("Restart, keep the old run as a ghost", lambda: commands.restart(ghost=True)),
                ("Undo", builder.undo),
            )
        elif banner.text.text() == self._offer:
            banner.hide()

    def summarize(self) -> None:
        """Say on the cards of the form how much data there is, and how many parameters."""
        builder, view = self._window.builder, self._window.control.view
        experiment = builder.draft.experiment
        data = network = ""
        if view is not None and view.experiment.data == experiment.data:
            train, held = len(view.data.x_train), len(view.data.x_val)
            data = f"{grouped(train)} train · {grouped(held)} held out"
            network = f"{grouped(architecture_of(experiment, view.data).n_parameters)} parameters"
        builder.set_summary("Data", data)
        builder.set_summary("Network", network)

    def _show_criteria(self) -> None:
        """Show the thresholds of the form at once."""
        stopping = self._window.builder.draft.experiment.stopping
        self._window.criteria.show_settings(stopping.criteria, stopping.early)
