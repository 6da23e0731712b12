"""The diagram as a widget: keeps the picture, draws the bars, scrolls, and knows what is under the pointer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QFontMetricsF,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QScrollBar, QToolTip, QWidget

from gui.panels.network import edges as edging
from gui.panels.network.bars import Bars
from gui.panels.network.editing import Editing
from gui.panels.network.geometry import Layout, lay_out, whole_width
from gui.panels.network.painting import Picture, label_font
from gui.panels.network.structure import Structure
from gui.panels.painting import painter_of, painter_on
from gui.panels.panel import scale
from gui.panels.printing import is_printing, pixel_ratio
from gui.theme import DARK, Theme, mix, pen

if TYPE_CHECKING:
    from models.architecture import Architecture

FloatArray = NDArray[np.float64]

Reason = Qt.FocusReason
BY_KEYBOARD = (Reason.TabFocusReason, Reason.BacktabFocusReason, Reason.ShortcutFocusReason)


class NetworkDiagram(QWidget):
    """Columns, edges and bars. Edges and units are kept in a picture; only the bars are drawn each time.

    ``layer_pressed`` comes with the index of a layer (0 is the first hidden one) that was clicked;
    ``layer_wanted`` with one chosen from the keyboard, or None; ``edited`` with a whole new
    `Structure` and the layer to select in it, or None.

    Attributes
    ----------
    structure
        The hidden layers that editing starts from, or None where nothing is to be edited.
    describe
        Returns the text (HTML) for what is at a point of the diagram.
    """

    layer_pressed = Signal(int)
    layer_wanted = Signal(object)
    edited = Signal(object, object)
    laid_out = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.theme = DARK
        self.architecture: Architecture | None = None
        self.names: tuple[str, ...] = ()
        self.weights: list[NDArray[np.floating]] = []
        self.means: list[FloatArray | None] = []
        self.maps: list[QImage] = []
        self.squares = False
        self.sketch = False
        self.hint = ""
        self.selected: int | None = None
        self.marked: tuple[frozenset[int], str] = (frozenset(), "")
        self.structure: Structure | None = None
        self.describe: Callable[[QPointF], str] = lambda at: ""
        self.bars = Bars.of(np.empty(0))
        self.pictures_made = 0
        self._picture: QPixmap | None = None
        self._layout: Layout | None = None
        self._edges: edging.Edges | None = None
        self._ringed = False
        self.scroll_bar = QScrollBar(Qt.Orientation.Horizontal, self)
        self.scroll_bar.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.scroll_bar.setAccessibleName("Part of the network that is shown")
        self.scroll_bar.hide()
        self.scroll_bar.valueChanged.connect(self._scrolled)
        self.setMinimumSize(160, 100)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.editing = Editing(self)

    # -- what is shown

    def set_architecture(
        self, architecture: Architecture | None, names: tuple[str, ...], *, sketch: bool = False
    ) -> None:
        """Show another network, or none; a sketch has no weights yet."""
        self.architecture, self.names, self.sketch = architecture, names, sketch
        self.weights, self.means, self.maps = [], [], []
        self.bars = Bars.of(np.empty(0))
        if self.selected is not None and (architecture is None or self.selected >= architecture.layers):
            self.selected = None
        self.outdate(places=True)
        self.editing.look_again()

    def set_weights(
        self,
        weights: list[NDArray[np.floating]],
        means: Sequence[FloatArray | None] = (),
        maps: Sequence[QImage] = (),
    ) -> None:
        """Take weight matrices [fan_in, fan_out], mean activations of each column, and maps of its units."""
        self.weights, self.means, self.maps = weights, list(means), list(maps)
        self._edges = None
        self.outdate()

    def set_norms(self, norms: FloatArray) -> None:
        """Take the gradient norm of every layer."""
        if not np.array_equal(norms, self.bars.norms, equal_nan=True):
            self.bars = Bars.of(norms, self.bars)
            top = int(self.layout_now().bar_top) - 14 if self.architecture else 0
            self.update(QRect(0, top, self.width(), self.height() - top))

    def set_squares(self, squares: bool) -> None:
        """Make room for maps in place of discs, or not."""
        if squares != self.squares:
            self.squares = squares
            self.maps = []
            self.outdate(places=True)

    def set_hint(self, hint: str) -> None:
        """Say something quietly below the network."""
        if hint != self.hint:
            self.hint = hint
            self.update()

    def select(self, layer: int | None) -> None:
        """Mark a layer, and bring it into view."""
        if layer is not None and (self.architecture is None or layer >= self.architecture.layers):
            layer = None
        if layer == self.selected:
            return
        self.selected = layer
        if layer is not None:
            self.bring_into_view(self.layout_now().columns[layer + 1].x)
        self.update()

    def mark(self, layers: frozenset[int], color: str) -> None:
        """Frame some layers quietly in a color; empty: none."""
        if (layers, color) != self.marked:
            self.marked = layers, color
            self.update()

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self.theme = theme
        self.outdate()

    def outdate(self, *, places: bool = False) -> None:
        """Have the picture made anew; with `places`, everything may stand elsewhere."""
        self._picture = None
        if places:
            self._layout, self._edges = None, None
            self._fit_scroll_bar()
            self.laid_out.emit()
        self.update()

    # -- places

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.editing.hide_controls()
        self.outdate(places=True)

    def layout_now(self) -> Layout:
        """Return where everything stands. There must be a network."""
        assert self.architecture is not None
        if self._layout is None:
            bar = self.scroll_bar.height() + 1 if self.scroll_bar.isVisibleTo(self) else 0
            self._layout = lay_out(
                self.architecture.widths, self.width(), self.height() - bar, scale=scale(),
                line=QFontMetricsF(label_font(scale())).height(), squares=self.squares,
                marks=self.architecture.dropout > 0,
            )
        return self._layout

    def edges_now(self) -> edging.Edges:
        """Return the edges drawn. There must be a network."""
        if self._edges is None:
            columns = self.layout_now().columns
            self._edges = edging.sketched(columns) if self.sketch else edging.choose(self.weights, columns)
        return self._edges

    @property
    def offset(self) -> int:
        """How far the diagram is scrolled to the right, in pixels."""
        return self.scroll_bar.value() if self.scroll_bar.isVisibleTo(self) else 0

    def in_diagram(self, at: QPointF) -> QPointF:
        """Return a point of the widget in the coordinates of the layout."""
        return QPointF(at.x() + self.offset, at.y())

    def in_widget(self, x: float) -> float:
        """Return where an x of the layout is in the widget."""
        return x - self.offset

    def _fit_scroll_bar(self) -> None:
        columns = len(self.architecture.widths) if self.architecture else 1
        beyond = round(whole_width(columns, self.width(), scale())) - self.width()
        height = round(8 * scale())
        self.scroll_bar.setGeometry(0, self.height() - height, self.width(), height)
        self.scroll_bar.setVisible(beyond > 0)
        self.scroll_bar.setRange(0, max(0, beyond))
        self.scroll_bar.setPageStep(self.width())
        self.scroll_bar.setSingleStep(round(28 * scale()))

    def bring_into_view(self, x: float) -> None:
        """Scroll as far as needed to show what is at `x` of the layout."""
        room = 40 * scale()
        if x - room < self.offset:
            self.scroll_bar.setValue(round(x - room))
        elif x + room > self.offset + self.width():
            self.scroll_bar.setValue(round(x + room - self.width()))

    def _scrolled(self) -> None:
        self.editing.hide_controls()
        self.update()

    # -- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        with painter_on(self) as painter:
            if self.architecture is not None:
                self._paint(painter, QRectF(event.rect()))

    def _paint(self, painter: QPainter, shown: QRectF) -> None:
        if is_printing():  # a file has a resolution of its own, or none
            painter.translate(-self.offset, 0.0)
            self._drawing(pixel_ratio(self)).paint(painter)
        else:
            self._paint_kept(painter, shown)
            painter.translate(-self.offset, 0.0)
        self._paint_marked(painter)
        if self.selected is not None:
            self._paint_selected(painter)
        self.bars.paint(painter, self.layout_now(), self.theme, label_font(scale()))
        self.editing.paint(painter)
        painter.translate(self.offset, 0.0)
        self._paint_hint(painter)
        if self._ringed and not is_printing():
            painter.setPen(pen(self.theme.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)

    def _paint_kept(self, painter: QPainter, shown: QRectF) -> None:
        if self._picture is None:
            self._picture = self._render()
        ratio = self._picture.devicePixelRatio()
        part = shown.translated(self.offset, 0.0)
        painter.drawPixmap(shown, self._picture, QRectF(part.topLeft() * ratio, part.size() * ratio))

    def _render(self) -> QPixmap:
        self.pictures_made += 1
        layout, ratio = self.layout_now(), self.devicePixelRatioF()
        picture = QPixmap(max(1, round(layout.width * ratio)), max(1, round(self.height() * ratio)))
        picture.setDevicePixelRatio(ratio)
        picture.fill(QColor(self.theme.surface))
        with painter_of(picture) as painter:
            self._drawing(ratio).paint(painter)
        return picture

    def _drawing(self, ratio: float) -> Picture:
        assert self.architecture is not None
        layout = self.layout_now()
        maps = self.maps if len(self.maps) == len(layout.columns) else []
        return Picture(layout, self.architecture, self.theme, ratio, self.edges_now(), self.means, maps, self.sketch)

    def _paint_marked(self, painter: QPainter) -> None:
        layers, color = self.marked
        there = [layer for layer in sorted(layers) if layer + 1 < len(self.layout_now().columns)]
        if not there or self.sketch:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QColor(color)
        ground.setAlphaF(0.08)
        painter.setBrush(ground)
        line = mix(self.theme.surface, color, 0.6)
        painter.setPen(pen(line, width=2.0 if self.theme.bold else 1.0, dash=(4.0, 3.0)))
        for layer in there:
            painter.drawRoundedRect(self.column_frame(layer + 1), 5, 5)
        painter.restore()

    def _paint_selected(self, painter: QPainter) -> None:
        assert self.selected is not None
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QColor(self.theme.accent)
        ground.setAlphaF(0.10)
        painter.setBrush(ground)
        painter.setPen(pen(mix(self.theme.surface, self.theme.accent, 0.75), width=2.0 if self.theme.bold else 1.0))
        painter.drawRoundedRect(self.column_frame(self.selected + 1), 5, 5)
        painter.restore()

    def column_frame(self, index: int) -> QRectF:
        """Return the frame around a column and its bar."""
        layout = self.layout_now()
        column = layout.columns[index]
        half = min(max(column.radius + 5.0, 16.0 * scale()), 0.5 * layout.step)
        top = layout.node_top - 3.0
        return QRectF(column.x - half, top, 2 * half, layout.bar_bottom + 1.0 - top)

    def _paint_hint(self, painter: QPainter) -> None:
        if not self.hint:
            return
        painter.setFont(label_font(1.1 * scale()))
        painter.setPen(QColor(self.theme.muted))
        layout = self.layout_now()
        place = QRectF(0, layout.bar_top, self.width(), layout.bar_bottom - layout.bar_top)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.hint)

    # -- pointer and keys

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self.show_hover(event.pos())
            return True
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if self.editing.knows(event):
                event.accept()  # ours while the diagram has the focus, whatever the window does with them
                return True
        return bool(super().event(event))

    def show_hover(self, at: QPoint) -> None:
        """Show what is known of what lies at a point of the widget."""
        if self.architecture is not None:
            QToolTip.showText(self.mapToGlobal(at), self.describe(self.in_diagram(QPointF(at))), self)

    def layer_center(self, layer: int) -> QPoint:
        """Return the middle of a layer's bar, in the widget."""
        layout = self.layout_now()
        x = self.in_widget(layout.columns[layer + 1].x)
        return QPoint(round(x), round((layout.bar_top + layout.bar_bottom) / 2))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.editing.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.editing.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.editing.release(event)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.editing.leave()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.editing.key(event):
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.architecture is None:
            return
        keyboard = event.reason() == QContextMenuEvent.Reason.Keyboard
        self.editing.open_menu_at(None if keyboard else QPointF(event.pos()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self.scroll_bar.isVisibleTo(self):
            event.ignore()
            return
        pixels, angle = event.pixelDelta(), event.angleDelta()
        moved = (pixels.x() or pixels.y()) if not pixels.isNull() else (angle.x() or angle.y()) * 60 * scale() / 120
        self.scroll_bar.setValue(self.scroll_bar.value() - round(moved))
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._ringed = event.reason() in BY_KEYBOARD
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._ringed = False
        self.update()
