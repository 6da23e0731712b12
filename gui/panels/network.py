"""The network: its units and weights, and under each layer a bar of the gradient that reaches it."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from gui.panels import ranges
from gui.panels.painting import painter_of, painter_on
from gui.panels.panel import Panel, scale
from gui.panels.prediction import WORK_PER_TURN, work_per_row
from gui.theme import DARK, Theme, layer_colors, mix, pen, text_font, viridis_table
from training.feasibility import architecture_of

if TYPE_CHECKING:
    from gui.run_view import RunView
    from models.architecture import Architecture
    from training.snapshot import Snapshot

FloatArray = NDArray[np.float64]

MOST_NODES = 16
"""Wider layers show their first and last units, and their width in figures."""
MOST_EDGES = 700
"""Only the largest weights are drawn, as many from every pair of layers; the rest would be a haze."""
BOLD_LAYERS = 12
"""Networks deeper than this have no room for bold lines."""
REDRAW_SECONDS = 0.4
"""Edges and nodes change slowly and cost some milliseconds: while training they are drawn this often."""
SAMPLES = 128
"""Samples over which activations are averaged."""
LEVELS = tuple("#{:02x}{:02x}{:02x}".format(*color) for color in viridis_table(24).tolist())
"""Colors of units by mean activation."""
STRENGTHS = (0.16, 0.38, 0.8)
"""Opacity of small, middling and large weights."""


class Network(Panel):
    """Columns of units from input to output; bars on a log scale, shared by all layers."""

    title = "Network"
    name = "network"
    needs_snapshot = True

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.diagram = NetworkDiagram()
        self.body.addWidget(self.diagram, 1)
        self._drawn: Snapshot | None = None
        self._drawn_at = -math.inf
        self._inputs: FloatArray | None = None
        self.restyle(DARK)

    def start(self, run: RunView) -> None:
        self.clear()
        architecture = architecture_of(run.experiment, run.data)
        self._inputs = np.asarray(run.data.x_train[:: max(1, len(run.data.x_train) // SAMPLES)][:SAMPLES])
        self.diagram.set_architecture(architecture, run.layer_names)
        self.set_figure(*_legends(architecture))
        self.refresh(run)

    def refresh(self, run: RunView) -> None:
        self.diagram.set_norms(run.history.last_layers("weight_grad_norm"))
        snapshot = run.snapshot
        if snapshot is None or snapshot is self._drawn:
            return
        now = time.monotonic()
        if run.playing and now - self._drawn_at < REDRAW_SECONDS:
            return
        if snapshot.architecture != self.diagram.architecture:
            self.diagram.set_architecture(snapshot.architecture, run.layer_names)
        self.diagram.set_weights(snapshot.weights(), self._mean_activations(snapshot))
        self._drawn, self._drawn_at = snapshot, now

    def clear(self) -> None:
        self._drawn, self._drawn_at, self._inputs = None, -math.inf, None
        self.set_figure("")
        self.diagram.set_architecture(None, ())

    def restyle(self, theme: Theme) -> None:
        super().restyle(theme)
        self.diagram.restyle(theme)

    def _mean_activations(self, snapshot: Snapshot) -> list[FloatArray]:
        """Return the mean activation of the hidden layers' units, or nothing for a network too large for that."""
        inputs = self._inputs
        if inputs is None or work_per_row(snapshot) * len(inputs) > WORK_PER_TURN:
            return []
        with np.errstate(all="ignore"):
            return [np.asarray(layer, dtype=np.float64).mean(axis=0) for layer in snapshot.activations(inputs)]


def _legends(architecture: Architecture) -> tuple[str, ...]:
    """Return the key to the drawing, and shorter ones."""
    special = []
    if architecture.normalization != "none":
        special.append(f"outline = {architecture.normalization} norm")
    if architecture.dropout:
        special.append(f"dropout {architecture.dropout:g}")
    common = ["edge = weight", "bar = gradient norm", "node = activation"]
    return tuple("   ".join([*common[:count], *special]) for count in (3, 2, 1, 0))


@dataclass(frozen=True)
class Column:
    """Where the units of one layer are drawn.

    Attributes
    ----------
    units
        Indices of the units drawn; fewer than `width` for a wide layer.
    y
        Their heights.
    """

    x: float
    width: int
    units: NDArray[np.int64]
    y: FloatArray
    radius: float

    @property
    def summarized(self) -> bool:
        """Whether units are left out."""
        return len(self.units) < self.width


class NetworkDiagram(QWidget):
    """Draws columns, edges and bars. Edges and nodes are kept in a picture; only the bars are drawn each time."""

    def __init__(self) -> None:
        super().__init__()
        self.theme = DARK
        self.architecture: Architecture | None = None
        self.names: tuple[str, ...] = ()
        self.norms: FloatArray = np.empty(0)
        self.weights: list[NDArray[np.floating]] = []
        self.activations: list[FloatArray] = []
        self.scale_limits: ranges.Limits | None = None
        self._picture: QPixmap | None = None
        self._columns: list[Column] | None = None
        self._colors: tuple[str, ...] = ()
        self.pictures_made = 0
        self.setMinimumSize(160, 100)
        self.setAccessibleName("Diagram of the network with the gradient norm of each layer")

    # -- what is shown

    def set_architecture(self, architecture: Architecture | None, names: tuple[str, ...]) -> None:
        """Show another network, or none."""
        self.architecture, self.names = architecture, names
        self.norms, self.weights, self.activations, self.scale_limits = np.empty(0), [], [], None
        self._columns = None
        self._outdate()

    def set_weights(self, weights: list[NDArray[np.floating]], activations: list[FloatArray]) -> None:
        """Take weight matrices [fan_in, fan_out] and mean activations of the hidden layers."""
        self.weights, self.activations = weights, activations
        self._outdate()

    def set_norms(self, norms: FloatArray) -> None:
        """Take the gradient norm of every layer."""
        if np.array_equal(norms, self.norms, equal_nan=True):
            return
        self.norms = norms
        self.scale_limits = _bar_limits(norms, self.scale_limits)
        self.update(self.bar_area().adjusted(-40, -2, 40, 40).toAlignedRect())

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self.theme = theme
        self._outdate()

    def _outdate(self) -> None:
        self._picture = None
        self._colors = layer_colors(self.architecture.layers, self.theme) if self.architecture else ()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._picture, self._columns = None, None

    # -- layout

    def _text_height(self) -> float:
        return QFontMetricsF(self._font()).height()

    def _font(self) -> QFont:
        return text_font(scale(), px=10.5)

    def bar_area(self) -> QRectF:
        """Return where the bars stand, above their values."""
        line = self._text_height()
        height = min(46.0 * scale(), 0.2 * self.height())
        return QRectF(0, self.height() - line - 1 - height, self.width(), height)

    def node_area(self) -> QRectF:
        """Return where the units are."""
        arcs = 20.0 * scale() if self.architecture and self.architecture.skip_every else 6.0
        bottom = self.bar_area().top() - (self._text_height() + 6 if self._any_summarized() else 10)
        return QRectF(26 * scale(), arcs, max(10.0, self.width() - 52 * scale()), max(10.0, bottom - arcs))

    def _any_summarized(self) -> bool:
        return self.architecture is not None and max(self.architecture.widths) > MOST_NODES

    def columns(self) -> list[Column]:
        """Return a column for the input and each layer."""
        if self.architecture is None:
            return []
        if self._columns is None:
            area, widths = self.node_area(), self.architecture.widths
            step = self._step()
            self._columns = [
                self._column(area, area.left() + index * step, width, step) for index, width in enumerate(widths)
            ]
        return self._columns

    def _step(self) -> float:
        """Return the distance between two columns."""
        return self.node_area().width() / max(1, len(self.names))

    def _column(self, area: QRectF, x: float, width: int, step: float) -> Column:
        if width > MOST_NODES:
            # The gap of two places in the middle says that units are left out.
            half = (MOST_NODES - 2) // 2
            units = np.concatenate([np.arange(half), np.arange(width - half, width)])
            places = np.concatenate([np.arange(half), np.arange(MOST_NODES - half, MOST_NODES)]).astype(np.float64)
            count = MOST_NODES
        else:
            units, places, count = np.arange(width), np.arange(width, dtype=np.float64), width
        spacing = min(38.0 * scale(), area.height() / max(1, count - 1) if count > 1 else area.height())
        radius = max(1.2, min(7.5 * scale(), 0.36 * spacing, 0.3 * step))
        spacing = min(spacing, (area.height() - 2 * radius) / max(1, count - 1))
        y = area.center().y() + (places - (count - 1) / 2) * spacing
        return Column(x, width, units, y, radius)

    # -- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        with painter_on(self) as painter:
            self._paint(painter, QRectF(event.rect()))

    def _paint(self, painter: QPainter, shown: QRectF) -> None:
        if self.architecture is not None:
            if self._picture is None:
                self._picture = self._render()
            ratio = self._picture.devicePixelRatio()
            source = QRectF(shown.topLeft() * ratio, shown.size() * ratio)
            painter.drawPixmap(shown, self._picture, source)
            self._paint_bars(painter)

    def _render(self) -> QPixmap:
        self.pictures_made += 1
        ratio = self.devicePixelRatioF()
        picture = QPixmap(max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio)))
        picture.setDevicePixelRatio(ratio)
        picture.fill(QColor(self.theme.surface))
        with painter_of(picture) as painter:
            self._paint_network(painter)
        return picture

    def _paint_network(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        columns = self.columns()
        self._paint_skips(painter, columns)
        for (negative, strength), lines in self.edges(columns).items():
            painter.setPen(self._edge_pen(negative, strength))
            painter.drawLines(lines)
            if strength == len(STRENGTHS) - 1 and len(columns) <= BOLD_LAYERS:
                # Twice half a pixel apart is as bold as a wider pen, at a quarter of its cost.
                painter.translate(0.0, 0.5)
                painter.drawLines(lines)
                painter.translate(0.0, -0.5)
        self._paint_norm_outlines(painter, columns)
        self._paint_nodes(painter, columns)

    def edges(self, columns: list[Column]) -> dict[tuple[bool, int], list[QLineF]]:
        """Return the lines to draw for (negative, strength); the strongest come last, on top."""
        found: dict[tuple[bool, int], list[QLineF]] = {
            (negative, strength): [] for strength in range(len(STRENGTHS)) for negative in (False, True)
        }
        most = max(12, MOST_EDGES // max(1, len(self.weights)))
        for matrix, left, right in zip(self.weights, columns, columns[1:], strict=False):
            shown = np.asarray(matrix, dtype=np.float64)[np.ix_(left.units, right.units)]
            shown = np.nan_to_num(shown, nan=0.0, posinf=1e30, neginf=-1e30)
            size = np.abs(shown)
            largest = float(size.max())
            if largest <= 0.0:
                continue
            order = np.argsort(size, axis=None)[::-1][:most]
            for flat in order.tolist():
                source, target = divmod(flat, shown.shape[1])
                share = size[source, target] / largest
                strength = 2 if share > 0.66 else 1 if share > 0.33 else 0
                line = QLineF(left.x, left.y[source], right.x, right.y[target])
                found[bool(shown[source, target] < 0), strength].append(line)
        return found

    def _edge_pen(self, negative: bool, strength: int) -> QPen:
        color = QColor(self.theme.series[1 if negative else 0])
        deep = len(self.names) > BOLD_LAYERS  # where only the largest weights are drawn, and they are close
        color.setAlphaF(STRENGTHS[strength] * (0.6 if deep else 1.0))
        made = QPen(color, 1.0)
        made.setCosmetic(True)
        if negative:
            made.setDashPattern([5.0, 3.0])
        return made

    def _paint_skips(self, painter: QPainter, columns: list[Column]) -> None:
        shape = self.architecture
        if shape is None or not shape.skip_every:
            return
        painter.setPen(pen(self.theme.muted, dash=(3, 3)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for block in range(len(shape.hidden)):
            if shape.skip_ends_at(block):
                start, end = columns[block + 1 - shape.skip_every], columns[block + 1]
                top = 8.0 * scale()
                path = QPainterPath(QPointF(start.x, max(top, self.node_area().top() - 4)))
                path.cubicTo(
                    QPointF(start.x + 0.25 * (end.x - start.x), -0.35 * top),
                    QPointF(end.x - 0.25 * (end.x - start.x), -0.35 * top),
                    QPointF(end.x, max(top, self.node_area().top() - 4)),
                )
                painter.drawPath(path)

    def _paint_norm_outlines(self, painter: QPainter, columns: list[Column]) -> None:
        if self.architecture is None or self.architecture.normalization == "none":
            return
        painter.setPen(pen(self.theme.faint))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for column in columns[1:-1]:
            reach = column.radius + 2.5
            top, bottom = float(column.y[0]) - reach, float(column.y[-1]) + reach
            painter.drawRoundedRect(QRectF(column.x - reach, top, 2 * reach, bottom - top), reach, reach)

    def _paint_nodes(self, painter: QPainter, columns: list[Column]) -> None:
        stamps: dict[tuple[str, float], QPixmap] = {}
        for index, column in enumerate(columns):
            for color, y in zip(self._node_colors(index, column), column.y.tolist(), strict=True):
                stamp = stamps.get((color, column.radius))
                if stamp is None:
                    stamp = _node(color, self.theme.surface, column.radius, self.devicePixelRatioF())
                    stamps[color, column.radius] = stamp
                half = stamp.deviceIndependentSize().width() / 2
                painter.drawPixmap(QPointF(column.x - half, y - half), stamp)
        painter.setFont(self._font())
        every = self._text_every("… 1024")
        for index, column in enumerate(columns):
            if column.summarized:
                self._paint_summary(painter, column, with_text=(len(self.names) - index) % every == 0)

    def _paint_summary(self, painter: QPainter, column: Column, *, with_text: bool) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.theme.muted))
        middle, gap = float(column.y.mean()), max(3.0, 0.5 * column.radius + 2)
        for offset in (-gap, 0.0, gap):
            painter.drawEllipse(QPointF(column.x, middle + offset), 1.2, 1.2)
        if with_text:
            painter.setPen(QColor(self.theme.muted))
            place = QRectF(column.x - 30, self.node_area().bottom() + 2, 60, self._text_height())
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, f"… {column.width}")

    def _node_colors(self, index: int, column: Column) -> list[str]:
        """Return a color for each node: by mean activation against the layer's other units where that is known."""
        if 1 <= index <= len(self.activations):
            values = self.activations[index - 1][column.units]
            low, high = float(values.min()), float(values.max())
            if math.isfinite(low) and math.isfinite(high) and high > low:
                levels = ((values - low) / (high - low) * (len(LEVELS) - 1)).astype(int)
                return [LEVELS[level] for level in levels.tolist()]
        neutral = mix(self.theme.surface, self.theme.text, 0.45)
        return [neutral] * len(column.units)

    def _text_every(self, longest: str) -> int:
        """Return at every which layer, counted from the output, there is room for a text."""
        width = QFontMetricsF(self._font()).horizontalAdvance(longest) + 6
        return max(1, math.ceil(width / max(self._step(), 0.1)))

    def _paint_bars(self, painter: QPainter) -> None:
        columns, limits = self.columns()[1:], self.scale_limits
        if limits is None or len(self.norms) != len(columns):
            return
        area = self.bar_area()
        width = min(24.0 * scale(), 0.62 * self._step())
        every, line = self._text_every("3e-15"), self._text_height()
        painter.setFont(self._font())
        painter.setPen(QColor(self.theme.muted))
        for index, (column, norm) in enumerate(zip(columns, self.norms.tolist(), strict=True)):
            height = max(1.5, bar_share(norm, limits) * area.height())
            bar = QRectF(column.x - width / 2, area.bottom() - height, width, height)
            painter.fillRect(bar, QColor(self._colors[index] if math.isfinite(norm) else self.theme.error))
            if (len(columns) - 1 - index) % every == 0:
                place = QRectF(column.x - 30, area.bottom() + 1, 60, line)
                painter.drawText(place, Qt.AlignmentFlag.AlignCenter, ranges.rounded_power(norm))

    # -- what lies under the pointer

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.tip_at(event.pos().x()), self)
            return True
        return bool(super().event(event))

    def tip_at(self, x: float) -> str:
        """Return the figures of the layer nearest to `x`."""
        columns, shape = self.columns(), self.architecture
        if shape is None or not columns:
            return ""
        index = min(range(len(columns)), key=lambda column: abs(columns[column].x - x))
        if index == 0:
            return f"input: {shape.n_inputs} features"
        lines = [f"{self.names[index - 1]}: {columns[index].width} units"]
        if index <= len(shape.hidden):
            lines[0] += f", {shape.activations[index - 1]}"
        if index <= len(self.weights):
            weights = self.weights[index - 1]
            spread = float(np.std(weights, dtype=np.float64))
            lines.append(f"weights {weights.shape[0]} × {weights.shape[1]}, standard deviation {spread:.3g}")
        if len(self.norms) == shape.layers:
            lines.append(f"gradient norm of the weights {ranges.scientific(float(self.norms[index - 1]))}")
        return "\n".join(lines)


def _node(color: str, edge: str, radius: float, ratio: float) -> QPixmap:
    size = 2 * radius + 3
    stamp = QPixmap(math.ceil(size * ratio), math.ceil(size * ratio))
    stamp.setDevicePixelRatio(ratio)
    stamp.fill(Qt.GlobalColor.transparent)
    painter = QPainter(stamp)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(edge), 1.0))
    painter.setBrush(QColor(color))
    middle = stamp.deviceIndependentSize().width() / 2
    painter.drawEllipse(QPointF(middle, middle), radius, radius)
    painter.end()
    return stamp


def _bar_limits(norms: FloatArray, shown: ranges.Limits | None) -> ranges.Limits | None:
    """Return whole decades around the norms, at least three, kept while they suit."""
    with np.errstate(divide="ignore", invalid="ignore"):
        exponents = np.log10(norms)
    exponents = exponents[np.isfinite(exponents)]
    if not len(exponents):
        return shown
    low, high = float(exponents.min()), float(exponents.max())
    if shown is not None and shown[0] + 0.2 <= low and high <= shown[1]:
        if high - low + 3.0 > 0.5 * (shown[1] - shown[0]):
            return shown
    top = math.ceil(high + 0.2)
    return min(math.floor(low - 0.4), top - 3.0), float(top)


def bar_share(norm: float, limits: ranges.Limits) -> float:
    """Return the height of a bar as a share of the room: none for zero, all for what is not finite."""
    if math.isnan(norm) or norm == math.inf:
        return 1.0
    if norm <= 0.0:
        return 0.0
    low, high = limits
    return min(1.0, max(0.0, (math.log10(norm) - low) / (high - low)))
