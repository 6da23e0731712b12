"""Samples that are pictures, drawn as pictures: sharp, with what they are and what they are taken for."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from gui.panels.painting import guarded
from gui.panels.samples import Predicted, part_name
from gui.sample_model import SampleModel
from gui.theme import Theme, mix, text_font

PICTURE = 78.0
MARGIN = 7.0
LINES = 2


class SamplePictures(QListView):
    """A grid of samples of a `SampleModel`, each drawn as the picture that it is."""

    def __init__(self, model: SampleModel, theme: Theme, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName("Samples as pictures")
        self.drawing = _Drawing(model, theme, scale, self)
        self.setItemDelegate(self.drawing)
        self.setModel(model)

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self.drawing.theme = theme
        self.drawing.forget()
        self.viewport().update()


class _Drawing(QStyledItemDelegate):
    """Draws one sample; its picture is made once and kept while the same samples are listed."""

    def __init__(self, model: SampleModel, theme: Theme, scale: float, view: QListView) -> None:
        super().__init__(view)
        self.theme = theme
        self._model, self._scale, self._view = model, scale, view
        self._pictures: dict[int, QImage] = {}
        self._limits: tuple[float, float] | None = None
        model.modelReset.connect(self.forget)

    def forget(self) -> None:
        """Have the pictures made anew."""
        self._pictures, self._limits = {}, None

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        line = 15 * self._scale
        side = (PICTURE + 2 * MARGIN) * self._scale
        return QSize(round(side + 18 * self._scale), round(side + LINES * line))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        painter.save()
        try:
            with guarded(self._view):
                self._draw(painter, option, index)
        finally:
            painter.restore()

    def _draw(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        made = self._model.made
        if made is None or index.row() >= len(self._model.order):
            return
        sample = int(self._model.order[index.row()])
        cell = QRectF(option.rect).adjusted(2, 2, -2, -2)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if selected:
            painter.setPen(QPen(QColor(self.theme.accent), 1.5))
            painter.setBrush(QColor(mix(self.theme.background, self.theme.accent, 0.14)))
            painter.drawRoundedRect(cell, 5, 5)
        ratio = painter.device().devicePixelRatioF()
        self._draw_picture(painter, made, sample, cell, ratio)
        self._draw_words(painter, made, sample, cell)

    def _draw_picture(self, painter: QPainter, made: Predicted, sample: int, cell: QRectF, ratio: float) -> None:
        if self._limits is None:
            self._limits = (float(made.samples.raw.min()), float(made.samples.raw.max()))
        picture = self._pictures.get(sample)
        if picture is None:
            picture = self._pictures[sample] = picture_of(made, sample, self._limits, self.theme)
        # Whole device pixels for each of the picture's: every one is as large as the next.
        most = PICTURE * self._scale * ratio
        pixel = most / max(picture.width(), picture.height())
        pixel = float(max(1, math.floor(pixel))) if pixel >= 1 else float(pixel)
        width, height = picture.width() * pixel / ratio, picture.height() * pixel / ratio
        left = round((cell.center().x() - width / 2) * ratio) / ratio
        top = round((cell.top() + (MARGIN + PICTURE / 2) * self._scale - height / 2) * ratio) / ratio
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, pixel < 1)
        painter.drawImage(QRectF(left, top, width, height), picture)
        painter.setPen(QColor(self.theme.border))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(left, top, width, height))

    def _draw_words(self, painter: QPainter, made: Predicted, sample: int, cell: QRectF) -> None:
        line = 15 * self._scale
        top = cell.bottom() - LINES * line - 3 * self._scale
        place = QRectF(cell.left() + 2, top, cell.width() - 4, line)
        painter.setFont(text_font(self._scale, px=12, weight=QFont.Weight.DemiBold))
        painter.setPen(QColor(self.theme.text))
        true, said = made.name_of(float(made.samples.y[sample])), made.name_of(float(made.said[sample]))
        arrow = "→" if made.wrong[sample] else "="
        share = f"{made.outputs[sample].max():.0%}" if made.data.task == "classification" else ""
        center = Qt.AlignmentFlag.AlignCenter
        words = painter.fontMetrics().elidedText(f"{true} {arrow} {said}  {share}", _MIDDLE, round(place.width()))
        painter.drawText(place, center, words)
        painter.setFont(text_font(self._scale, px=10.5))
        painter.setPen(QColor(self.theme.muted))
        where = f"{int(made.samples.rows[sample]) + 1:,} {part_name(bool(made.samples.held_out[sample]))}"
        painter.drawText(place.translated(0, line), center, where)


_MIDDLE = Qt.TextElideMode.ElideMiddle


def picture_of(made: Predicted, sample: int, limits: tuple[float, float], theme: Theme) -> QImage:
    """Return a sample as a picture: the lowest value there is like the ground, the highest like text."""
    shape = made.data.dataset.image_shape
    assert shape is not None
    pixels = made.samples.raw[sample].reshape(shape)
    low, high = limits
    share = (pixels - low) / (high - low) if high > low else np.zeros(shape)
    ground, ink = QColor(theme.background), QColor(theme.text)
    channels = [
        np.round(a + (b - a) * share) for a, b in zip(ground.getRgb()[:3], ink.getRgb()[:3], strict=True)
    ]
    packed = np.full((*shape, 4), 255, dtype=np.uint8)
    packed[..., :3] = np.stack(channels, axis=-1)
    return QImage(packed.data, shape[1], shape[0], 4 * shape[1], QImage.Format.Format_RGBX8888).copy()
