"""Everything inside the window: the bar at the top, the form at the left, the panels, and what stands below them."""

from __future__ import annotations

import gc

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from gui.arrangement import DESK, PROJECTOR, Arrangement
from gui.board import Board
from gui.builder.draft import Draft
from gui.builder.form import Builder
from gui.builder.history import EditHistory
from gui.criteria_strip import CriteriaStrip
from gui.diagnosis.corner import Corner
from gui.diagnosis.why_panel import Why
from gui.dialogs import Banner
from gui.end_banner import EndBanner
from gui.instruments.panels import make_panels
from gui.left_column import LeftColumn
from gui.panels.boundary import Boundary
from gui.panels.confusion import ConfusionMatrix
from gui.panels.gradient_norms import GradientNorms
from gui.panels.layer_map import LayerMap
from gui.panels.learning_curves import LearningCurves
from gui.panels.learning_rate import LearningRate
from gui.panels.network import Network
from gui.panels.panel import Panel
from gui.panels.predicted_true import PredictedTrue
from gui.panels.update_ratio import UpdateRatio
from gui.selection import Selection
from gui.stage import Stage
from gui.status_bar import StatusBar
from gui.theme import Theme
from gui.transport import Transport
from training.experiment import Experiment

BOTTOM_HEIGHT = 138


class Workspace(QWidget):
    """The widgets of the window at one interface scale; at another scale the window makes another workspace.

    What must outlive it is handed over to the next: the draft and the history of the form, the arrangement of the
    panels. The run is the window's.
    """

    def __init__(
        self, experiment: Experiment | Draft, theme: Theme, scale: float, menu: QMenu, arrangement: Arrangement,
        parent: QWidget | None = None, *, history: EditHistory | None = None,
    ) -> None:
        super().__init__(parent)
        self.theme, self.scale = theme, scale
        self.destroyed.connect(_collect_soon)
        self.selection = Selection(self)
        self.transport = Transport(theme, menu, scale, self)
        self.builder = Builder(experiment, theme, scale, self, history=history)
        self.banner = Banner(theme, self)
        self.network = Network()
        self.boundary = Boundary()
        self.predicted = PredictedTrue()
        self.confusion = ConfusionMatrix()
        self.curves = LearningCurves()
        self.gradients = GradientNorms()
        self.rate = LearningRate()
        self.ratios = UpdateRatio()
        self.layer_map = LayerMap()
        self.why = Why()
        self.instruments: dict[str, Panel] = {panel.name: panel for panel in make_panels()}
        self.panels: tuple[Panel, ...] = (
            self.network, self.boundary, self.predicted, self.confusion,
            self.curves, self.rate, self.gradients, self.ratios, self.layer_map, self.why,
            *self.instruments.values(),
        )  # fmt: skip
        self.board = Board(self.panels, arrangement, theme, scale, self)
        self.board.set_default(PROJECTOR if theme.bold else DESK)
        self.criteria = CriteriaStrip(theme, scale, self)
        self.end_banner = EndBanner(theme, self)
        self.status = StatusBar(theme, scale, self)
        self._lay_out()
        for panel in self.panels:
            panel.share(self.selection)
            panel.restyle(theme)
        stopping = self.builder.draft.experiment.stopping
        self.criteria.show_settings(stopping.criteria, stopping.early)

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self.theme = theme
        for part in (
            self.transport, self.builder, self.board, self.criteria, self.end_banner, self.corner, self.banner,
            self.status,
        ):  # fmt: skip
            part.restyle(theme)
        for panel in self.panels:
            panel.attempt(panel.restyle, theme)

    def show_form(self, shown: bool) -> None:
        """Show the form at the left, or leave its room to the panels."""
        self.left.setVisible(shown)

    # ------------------------------------------------------------------------------ layout

    def _lay_out(self) -> None:
        upper = QHBoxLayout()
        upper.setSpacing(0)
        upper.addWidget(self._left_column())
        upper.addLayout(self._views(), 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.transport)
        box.addLayout(upper, 1)
        box.addWidget(self._bottom())
        box.addWidget(self.status)
        QWidget.setTabOrder(self.transport.menu_button, self.tabs)

    def _left_column(self) -> LeftColumn:
        self.left = LeftColumn(self.scale, self)
        self.left.add_page("Experiment", self.builder)
        self.tabs = self.left.tabs
        return self.left

    def _views(self) -> QVBoxLayout:
        views = QVBoxLayout()
        views.setContentsMargins(10, 10, 10, 10)
        views.setSpacing(8)
        views.addWidget(self.banner)
        self.stage = Stage(self.board, self)
        views.addWidget(self.stage, 1)
        return views

    def _bottom(self) -> QFrame:
        self.bottom = bottom = QFrame(self)
        bottom.setObjectName("bottomBar")
        lower = QHBoxLayout(bottom)
        lower.setContentsMargins(0, 0, 0, 0)
        lower.setSpacing(0)
        strip = QFrame(bottom)
        strip.setObjectName("bottomLeft")
        self.below_criteria = strip_box = QVBoxLayout(strip)
        strip_box.setContentsMargins(0, 0, 0, 0)
        strip_box.addWidget(self.criteria)
        strip_box.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        self.below = Stage(strip, bottom)  # what belongs to the stage goes along with it
        lower.addWidget(self.below, 65)
        self.corner = Corner(self.end_banner, self.theme, self.scale, bottom)
        lower.addWidget(self.corner, 35)
        bottom.setFixedHeight(round(BOTTOM_HEIGHT * self.scale))
        return bottom


def _collect_soon() -> None:
    """Let go the pictures of a workspace that has gone: its parts know each other, so they would stay for minutes."""
    QTimer.singleShot(0, gc.collect)
