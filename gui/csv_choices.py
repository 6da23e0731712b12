"""What can be chosen about a table, in words, and the controls to choose it with."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QWidget

from gui.builder.editors import Combo
from gui.panels.scale import scale
from gui.theme import DARK, LIGHT, Theme

DELIMITERS = {"auto": "Auto", ",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Bar"}
DECIMALS = {"auto": "Auto", ".": "Point", ",": "Comma"}
ENCODINGS = (
    "auto", "utf-8", "utf-16", "cp1252", "latin-1", "iso-8859-15", "cp1250", "cp1251", "koi8-r", "shift_jis", "gb18030",
    "big5", "euc-kr",
)
TASKS = {"auto": "Auto", "classification": "Classification", "regression": "Regression"}
MISSING = {"error": "Report them", "drop": "Leave their rows out"}
TIPS = {
    "Predict": "The column whose values the network learns to predict",
    "Task": "Classification: one of several classes; regression: a number",
    "Missing values": "Empty cells, NA, NaN, ? and infinite numbers: say so, or leave those rows out",
    "Separator": "What stands between two cells of a row",
    "Decimal mark": "What stands before the decimals of a number",
    "Encoding": "How letters are stored: wrong if names look garbled",
}


def combo_of(options: dict[str, str], name: str, parent: QWidget) -> Combo:
    """Return a list of titles to choose from, each standing for a value."""
    combo = Combo(parent)
    combo.setAccessibleName(name)
    for value, title in options.items():
        combo.addItem(title, value)
    return combo


def current_theme() -> Theme:
    """Return the theme that the application has."""
    return DARK if QApplication.palette().window().color().lightness() < 128 else LIGHT


def ticks_style(theme: Theme) -> str:
    """Return the style of tick boxes in a list, as they are elsewhere."""
    return (
        f"QListWidget::indicator {{ width: {round(13 * scale())}px; height: {round(13 * scale())}px;"
        f" border: 1px solid {theme.faint}; border-radius: {round(3 * scale())}px; background: {theme.background}; }}"
        f"QListWidget::indicator:checked {{ background: {theme.accent}; border-color: {theme.accent}; }}"
    )
