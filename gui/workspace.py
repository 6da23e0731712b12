"""Everything inside the window: the bar at the top, the form at the left, the panels, and what stands below them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QSplitter, QTabBar, QVBoxLayout, QWidget

from gui.builder.form import Builder
from gui.criteria_strip import CriteriaStrip
from gui.dialogs import Banner
from gui.end_banner import EndBanner
from gui.panels.boundary import Boundary
from gui.panels.confusion import ConfusionMatrix
from gui.panels.gradient_norms import GradientNorms
from gui.panels.learning_curves import LearningCurves
from gui.panels.network import Network
from gui.panels.panel import Panel
from gui.panels.predicted_true import PredictedTrue
from gui.run_view import RunView
from gui.selection import Selection
from gui.theme import Theme
from gui.transport import Transport
from training.experiment import Experiment

LEFT_WIDTH = 304
ROOM_FOR_TWO = 560  # pixels the data row needs to show two views side by side


class Workspace(QWidget):
    """The widgets of the window at one interface scale; at another scale the window makes another workspace.

    It holds no state of its own that would be lost with it: the experiment is the form's draft, the run is the
    window's.
    """

    def __init__(
        self, experiment: Experiment, theme: Theme, scale: float, menu: QMenu, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.theme, self.scale = theme, scale
        self.selection = Selection(self)
        self.transport = Transport(theme, menu, scale, self)
        self.builder = Builder(experiment, theme, scale, self)
        self.banner = Banner(theme, self)
        self.network = Network()
        self.boundary = Boundary()
        self.predicted = PredictedTrue()
        self.confusion = ConfusionMatrix()
        self.curves = LearningCurves()
        self.gradients = GradientNorms()
        self.panels: tuple[Panel, ...] = (
            self.network, self.boundary, self.predicted, self.confusion, self.curves, self.gradients,
        )  # fmt: skip
        self.criteria = CriteriaStrip(theme, scale, self)
        self.end_banner = EndBanner(theme, self)
        self._lay_out()
        for panel in self.panels:
            panel.share(self.selection)
            panel.restyle(theme)
        self.criteria.show_settings(experiment.stopping.criteria)

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self.theme = theme
        for part in (self.transport, self.builder, self.criteria, self.end_banner, self.banner):
            part.restyle(theme)
        for panel in self.panels:
            panel.attempt(panel.restyle, theme)

    def arrange_views(self, view: RunView) -> list[Panel]:
        """Choose the views that suit the data, and return those newly shown.

        A map for up to two features, and the table or scatter beside it where there is room.
        """
        mapped = self.boundary.suits(view)
        second: Panel = self.predicted if view.data.task == "regression" else self.confusion
        room = self.data_row.width() >= ROOM_FOR_TWO * self.scale
        shown = {self.boundary} if mapped else {second}
        if mapped and room:
            shown.add(second)
        new = [panel for panel in shown if panel.isHidden()]
        for panel in (self.boundary, self.predicted, self.confusion):
            panel.setVisible(panel in shown)
        return new

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

    def _left_column(self) -> QFrame:
        left = QFrame(self)
        left.setObjectName("leftColumn")
        left.setFixedWidth(round(LEFT_WIDTH * self.scale))
        self.tabs = QTabBar(left)
        self.tabs.addTab("Experiment")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.tabs.setAccessibleName("What the left column shows")
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 10, 0, 0)
        column.setSpacing(8)
        tab_row = QHBoxLayout()
        tab_row.setContentsMargins(10, 0, 10, 0)
        tab_row.addWidget(self.tabs)
        tab_row.addStretch(1)
        column.addLayout(tab_row)
        column.addWidget(self.builder, 1)
        return left

    def _views(self) -> QVBoxLayout:
        self.data_row = QWidget(self)
        data = QHBoxLayout(self.data_row)
        data.setContentsMargins(0, 0, 0, 0)
        data.setSpacing(8)
        for panel in (self.boundary, self.predicted, self.confusion):
            data.addWidget(panel, 1)
        centre = _splitter(Qt.Orientation.Vertical, (self.network, self.data_row), (9, 10))
        right = _splitter(Qt.Orientation.Vertical, (self.curves, self.gradients), (1, 1))
        self.columns = _splitter(Qt.Orientation.Horizontal, (centre, right), (59, 41))
        views = QVBoxLayout()
        views.setContentsMargins(10, 10, 10, 10)
        views.setSpacing(8)
        views.addWidget(self.banner)
        views.addWidget(self.columns, 1)
        return views

    def _bottom(self) -> QFrame:
        bottom = QFrame(self)
        bottom.setObjectName("bottomBar")
        lower = QHBoxLayout(bottom)
        lower.setContentsMargins(0, 0, 0, 0)
        lower.setSpacing(0)
        strip = QFrame(bottom)
        strip.setObjectName("bottomLeft")
        strip_box = QVBoxLayout(strip)
        strip_box.setContentsMargins(0, 0, 0, 0)
        strip_box.addWidget(self.criteria)
        strip_box.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        lower.addWidget(strip, 65)
        lower.addWidget(self.end_banner, 35)
        bottom.setFixedHeight(round(86 * self.scale))
        return bottom


def _splitter(orientation: Qt.Orientation, widgets: tuple[QWidget, ...], shares: tuple[int, ...]) -> QSplitter:
    splitter = QSplitter(orientation)
    splitter.setHandleWidth(8)
    splitter.setChildrenCollapsible(False)
    for index, (widget, share) in enumerate(zip(widgets, shares, strict=True)):
        splitter.addWidget(widget)
        splitter.setStretchFactor(index, share)
    splitter.setSizes([share * 100 for share in shares])
    return splitter
