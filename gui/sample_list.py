"""The one list of samples that a view has open beside the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from gui.theme import DARK, Theme

if TYPE_CHECKING:
    from gui.panels.samples import Predicted
    from gui.run_view import RunView
    from gui.sample_dialog import SampleDialog
    from gui.sample_model import Only


class SampleList:
    """Opens the dialog when it is first asked for, shows other samples in it later, and closes it with its data."""

    def __init__(self, owner: QWidget) -> None:
        self._owner = owner
        self._theme = DARK
        self.dialog: SampleDialog | None = None

    def open(
        self, run: RunView, made: Predicted, *, true: int | None = None, said: int | None = None, only: Only = "all",
        sample: int | None = None,
    ) -> None:
        """Show samples of a true class and said to be of a class (None: any), or one sample among all."""
        from gui.sample_dialog import SampleDialog  # only here: most runs go by without it

        if self.dialog is None:
            self.dialog = SampleDialog(run, self._theme, self._owner.window())
            self.dialog.finished.connect(self._gone)
        self.dialog.show_samples(made, true=true, said=said, only=only, sample=sample)
        self.dialog.show()
        self.dialog.activateWindow()

    def start(self, run: RunView) -> None:
        """Go along with another run on the same data; close where the data is another."""
        if self.dialog is not None:
            self.dialog.follow(run)

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self._theme = theme
        if self.dialog is not None:
            self.dialog.restyle(theme)

    def _gone(self) -> None:
        self.dialog = None
