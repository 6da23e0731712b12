"""A panel as a file or on the clipboard: a sharp picture, lines and text, or the figures behind them."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, QRect
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter, QRegion
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QFileDialog, QWidget

from gui.panels.panel import Panel, Table
from gui.panels.printing import printing
from training.atomic import write_whole, writing_whole
from training.errors import InputError

RATIO = 2
"""Pixels of a picture to each pixel of the panel."""
DOTS_PER_INCH = 96
"""Pixels to an inch, as browsers count them."""
MOST_COPIED = 200_000
"""Cells the clipboard takes; more are a matter for a file."""
LONGEST_NAME = 60
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet may take for the beginning of a formula."""
NUMBER = re.compile(r"[+-]?\d{1,20}(\.\d{1,20})?(e[+-]?\d{1,3})?")
KINDS = {"png": "PNG picture (*.png)", "svg": "SVG drawing (*.svg)", "csv": "CSV table (*.csv)"}


def export(panel: Panel, kind: str, experiment: str, folder: Path | None = None, parent: QWidget | None = None) -> (
    Path | None
):
    """Save a panel where the user says, or copy it; return the file, or None if there is none.

    Parameters
    ----------
    kind
        ``"png"``, ``"svg"`` or ``"csv"`` for a file, ``"picture"`` or ``"figures"`` for the clipboard.
    experiment
        Name of the experiment, for the name of the file.
    folder
        Where to begin to look for a place.

    Raises
    ------
    InputError
        If there are no figures, or the file cannot be written.
    """
    if kind == "picture":
        copy_picture(panel)
        return None
    if kind == "figures":
        copy_figures(panel)
        return None
    if kind == "csv":
        figures_of(panel)  # none: said before anyone is asked for a place
    suggestion = (folder or Path.home()) / f"{slug(experiment)}-{slug(panel.name)}.{kind}"
    chosen, _ = QFileDialog.getSaveFileName(parent, f"Save {panel.title}", str(suggestion), KINDS[kind])
    if not chosen:
        return None
    path = Path(chosen) if Path(chosen).suffix else Path(chosen).with_suffix(f".{kind}")
    if kind == "png":
        save_png(panel, path)
    elif kind == "svg":
        save_svg(panel, path, experiment)
    else:
        save_csv(panel, path)
    return path


def slug(text: str) -> str:
    """Return a name for a file that any system takes.

    >>> slug("Why deep nets stall?")
    'why-deep-nets-stall'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:LONGEST_NAME].strip("-") or "experiment"


# ------------------------------------------------------------------------------------- pictures


def picture_of(panel: Panel) -> QImage:
    """Return the panel as it is shown, title included and buttons left out, at twice the pixels.

    Raises
    ------
    InputError
        If the panel has no room in the window.
    """
    if panel.size().isEmpty():
        raise InputError(f"{panel.title} has no room in the window now. Make the window larger, or enlarge the panel.")
    image = QImage(panel.size() * RATIO, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(RATIO)
    image.setDotsPerMeterX(round(RATIO * DOTS_PER_INCH / 0.0254))
    image.setDotsPerMeterY(round(RATIO * DOTS_PER_INCH / 0.0254))
    image.fill(QColor(panel.theme.surface))
    painter = QPainter(image)
    try:
        with printing(ratio=RATIO):
            _render(panel, painter)
    finally:
        painter.end()
    return image


def save_png(panel: Panel, path: Path) -> None:
    """Save what a panel shows as a picture; see `picture_of`."""
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture_of(panel).save(buffer, "PNG")
    _write(path, content.data())


def save_svg(panel: Panel, path: Path, experiment: str = "") -> None:
    """Save what a panel shows as lines and text that stay sharp at any size."""
    _write(path, drawing_of(panel, experiment))


def drawing_of(panel: Panel, experiment: str = "") -> bytes:
    """Return the panel as an SVG document."""
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)  # the smaller standard knows no clipping
    generator.setOutputDevice(buffer)
    generator.setResolution(DOTS_PER_INCH)
    generator.setSize(panel.size())
    generator.setViewBox(QRect(QPoint(0, 0), panel.size()))
    generator.setTitle(_for_xml(panel.title))
    generator.setDescription(_for_xml(experiment))
    painter = QPainter(generator)
    try:
        painter.fillRect(panel.rect(), QColor(panel.theme.surface))
        with printing(vector=True):
            _render(panel, painter)
    finally:
        painter.end()
    return bytes(content.data())


def copy_picture(panel: Panel) -> None:
    """Put what a panel shows on the clipboard."""
    QGuiApplication.clipboard().setImage(picture_of(panel))


def _render(panel: Panel, painter: QPainter) -> None:
    panel.render(painter, QPoint(0, 0), QRegion(), QWidget.RenderFlag.DrawChildren)


def _for_xml(text: str) -> str:
    """Return text without the characters that no XML document may contain."""
    return "".join(character for character in text if character >= " " and character not in "\ufffe\uffff")


# ------------------------------------------------------------------------------------- figures


def figures_of(panel: Panel) -> Table:
    """Return the figures of a panel.

    Raises
    ------
    InputError
        If there are none.
    """
    table = panel.table()
    if table is None or not len(table.rows):
        raise InputError(f"{panel.title} has no figures yet", hint="Train first, or choose another panel")
    return table


def save_csv(panel: Panel, path: Path) -> None:
    """Save the figures of a panel in full precision, with commas and a line of names (RFC 4180, UTF-8)."""
    table = figures_of(panel)
    try:
        with writing_whole(path) as file:
            text = io.TextIOWrapper(file, encoding="utf-8", newline="")
            csv.writer(text, lineterminator="\r\n").writerows(_cells(table))
            text.detach()
    except InputError as error:
        raise _said(error, path) from None


def copy_figures(panel: Panel) -> None:
    """Put the figures of a panel on the clipboard, as a spreadsheet takes them: with tabs between."""
    table = figures_of(panel)
    if len(table.rows) * len(table.columns) > MOST_COPIED:
        raise InputError(
            f"{len(table.rows):,} rows of {len(table.columns):,} figures are too many for the clipboard",
            hint="Save them as CSV",
        )
    lines = ("\t".join(re.sub(r"\s+", " ", cell) for cell in row) for row in _cells(table))
    QGuiApplication.clipboard().setText("\n".join(lines) + "\n")


def _cells(table: Table) -> Iterator[list[str]]:
    yield [_text(name) for name in table.columns]
    for row in table.rows:
        yield [_cell(value) for value in row]


def _cell(value: object) -> str:
    """Return a figure so that reading it gives the same number, a text so that no program runs it."""
    if value is None:
        return ""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, int | float) else _text(str(value))


def _text(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) and not NUMBER.fullmatch(text) else text


# ------------------------------------------------------------------------------------- files


def _write(path: Path, content: bytes) -> None:
    try:
        write_whole(path, content)
    except InputError as error:
        raise _said(error, path) from None


def _said(error: InputError, path: Path) -> InputError:
    """Return the error in the words of the window, where nobody has typed an option."""
    return InputError(error.what, where=str(path), hint="Choose another folder")
