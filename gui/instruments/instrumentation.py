"""Instruments as a feature of the window: what is read of the run, what that costs, and the gallery of them all."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from gui.actions import Act
from gui.feature import Feature
from gui.instruments.gallery import Gallery
from gui.instruments.inspector import LayerInspector
from gui.instruments.landscape_panel import LossLandscape
from gui.instruments.readings_panel import ReadingsPanel
from gui.instruments.surveys import Surveys
from gui.measuring import Measuring
from gui.run_control import News
from gui.theme import Theme
from gui.workspace import Workspace
from training.instruments.catalog import INSTRUMENTS
from training.instruments.instruments import Instruments

if TYPE_CHECKING:
    from gui.window import MainWindow

CLOSE_SECONDS = 1.0
FIGURES_SECONDS = 0.5


class Instrumentation(Feature):
    """Has the instruments read that are on or seen, and shows what they cost.

    Attributes
    ----------
    surveys
        The loss landscapes that are computed.
    gallery
        The window in which instruments are chosen, while it is open.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.surveys = Surveys(self)
        self.surveys.advanced.connect(self._show_landscape)
        self.surveys.failed.connect(lambda message, details: self.window.errors.window_failed(message, details))
        self.gallery: Gallery | None = None
        self._opened_by_click = False
        self._figures_at = 0.0

    # ------------------------------------------------------------------------------ as a feature

    def adopt(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.landscape = cast(LossLandscape, workspace.instruments[LossLandscape.name])
        self.inspector = cast(LayerInspector, workspace.instruments[LayerInspector.name])
        self.landscape.survey_wanted.connect(self._survey)
        self.landscape.give_up_wanted.connect(self.surveys.give_up)
        workspace.board.became_visible.connect(lambda panel: self._show_landscape())
        workspace.network.diagram.layer_pressed.connect(self._layer_pressed)
        self._figures_at = 0.0

    def acts(self) -> list[Act]:
        return [Act("View", "Instruments…", ("Ctrl+I",), self.open_gallery)]

    def starting(self) -> None:
        self.surveys.give_up()

    def started(self) -> None:
        self.surveys.forget()

    def look(self, news: News, now: float) -> None:
        self.surveys.look()
        measuring = self._wanted()
        if measuring != self.window.control.measuring:
            self.window.control.measure(measuring)
        self._make_room()
        if now - self._figures_at >= FIGURES_SECONDS or news.ended:
            self._figures_at = now
            self._show_figures()

    def restyle(self, theme: Theme) -> None:
        if self.gallery is not None:
            self.gallery.restyle(theme)

    @property
    def running(self) -> bool:
        return self.surveys.running

    def close(self) -> None:
        self.surveys.close(CLOSE_SECONDS)

    # ------------------------------------------------------------------------------ what is read

    def _wanted(self) -> Measuring:
        """Return what is to be read: what is on, and what the panels that are seen show."""
        settings, board = self.window.preferences.settings, self.workspace.board
        seen = (panel for panel in self.workspace.instruments.values() if board.shows(panel))
        needed = {name for panel in seen for name in getattr(panel, "needed", ())}
        others = {name for name in needed if not INSTRUMENTS[name].standard}
        return Measuring(
            settings.instrument_budget, frozenset(settings.instruments_off),
            frozenset(settings.instruments_on) | others,
        )

    def _make_room(self) -> None:
        """Leave a part of the budget to the landscape while it is seen and computed beside the training."""
        instruments = self.window.control.instruments
        self.landscape.set_affordable(self.window.control.measuring.share > 0.0)
        if instruments is not None:
            instruments.make_room(self.landscape.live and self.landscape.isVisible())

    def switch(self, name: str, on: bool) -> None:
        """Have an instrument read from now on, or not."""
        settings = self.window.preferences.settings
        off = [each for each in settings.instruments_off if each != name]
        others = [each for each in settings.instruments_on if each != name]
        if INSTRUMENTS[name].standard and not on:
            off.append(name)
        elif not INSTRUMENTS[name].standard and on:
            others.append(name)
        self.window.preferences.change(instruments_off=off, instruments_on=others)

    def _show_figures(self) -> None:
        view, instruments = self.window.control.view, self.window.control.instruments
        budget = self.window.preferences.settings.instrument_budget
        spent = spent_in_words(instruments)
        if view is not None and instruments is not None:
            view.instruments.outlooks = instruments.outlooks()
        self.workspace.status.show_measuring(spent, budget)
        if self.gallery is not None:
            landscape = instruments.aside.spent_share if instruments is not None else 0.0
            self.gallery.show_costs(view, self.window.control.measuring, spent, landscape)

    # ------------------------------------------------------------------------------ the gallery

    def open_gallery(self) -> None:
        """Show all instruments, what they say and cost."""
        if self.gallery is None:
            self.gallery = Gallery(self.window.theme, self.window)
            self.gallery.switched.connect(self.switch)
            self.gallery.panel_wanted.connect(self.show_panel)
            self.gallery.preferences_wanted.connect(self.window.side_windows.preferences)
            self.gallery.finished.connect(lambda _: self._gallery_closed())
            self._show_figures()
            self.gallery.show()
        self.gallery.raise_()
        self.gallery.activateWindow()

    def _gallery_closed(self) -> None:
        if self.gallery is not None:
            self.gallery.deleteLater()
            self.gallery = None

    def show_panel(self, panel: str, instrument: str) -> None:
        """Bring the panel of an instrument into view."""
        board = self.workspace.board
        shown = board.panels[panel]
        board.show_panel(shown)
        if isinstance(shown, ReadingsPanel):
            shown.choose(instrument)

    # ------------------------------------------------------------------------------ the layer inspector

    def _layer_pressed(self, layer: int) -> None:
        """Open the inspector at the layer that was clicked, and close it again with the layer."""
        board = self.workspace.board
        if self.workspace.selection.layer == layer:
            if not board.shows(self.inspector):
                board.show_panel(self.inspector)
                self._opened_by_click = True
        elif self.workspace.selection.layer is None and self._opened_by_click:
            board.hide_panel(self.inspector)
            self._opened_by_click = False

    # ------------------------------------------------------------------------------ the landscape

    def _survey(self, kind: str, at_once: bool) -> None:
        view, instruments = self.window.control.view, self.window.control.instruments
        if view is not None and instruments is not None:
            self.surveys.ask(view, "random" if kind == "random" else "pca", instruments.aside, at_once=at_once)

    def _show_landscape(self) -> None:
        asked, surveys = self.surveys.asked, self.surveys
        if asked is not None and asked.view is self.window.control.view:
            step, wait = asked.center.step, surveys.picture_in
            self.landscape.show_landscape(surveys.known, step, busy=surveys.busy, picture_in=wait)
        else:
            self.landscape.show_landscape(None, -1, busy=False)


def spent_in_words(instruments: Instruments | None) -> str:
    """Return what measuring takes: its share of the training time, or, where that was short, the time itself."""
    if instruments is None:
        return "0%"
    if not instruments.settled and instruments.spent_seconds:
        return f"{1000.0 * instruments.spent_seconds:.0f} ms"
    return f"{100.0 * instruments.spent_share:.0f}%"
