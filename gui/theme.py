"""Colors, fonts and the style sheet: everything about how the window looks, in one place.

Series are told apart by color (Okabe & Ito 2008, safe for color-vision deficiencies) and by dash;
layers and maps use viridis. Views ask here for pens and colors and keep none of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette, QPen
from PySide6.QtWidgets import QApplication, QWidget

SANS = ("Inter", "Segoe UI", "SF Pro Text", "Helvetica Neue", "Noto Sans", "DejaVu Sans")
MONO = ("JetBrains Mono", "SF Mono", "Cascadia Mono", "Menlo", "Consolas", "DejaVu Sans Mono", "Noto Sans Mono")
BASE_PX = 13
STYLED = "convergenceLabStyled"

# Okabe & Ito 2008, in the order in which series take them.
SKY, ORANGE, GREEN, PINK, BLUE, VERMILION, YELLOW = (
    "#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#0072b2", "#d55e00", "#f0e442",
)

# Dash patterns in pen widths, so that series are told apart without color: solid, dashed, dotted, dash-dot, …
DASHES: tuple[tuple[float, ...], ...] = (
    (), (6, 3), (1.5, 2.5), (6, 2.5, 1.5, 2.5), (10, 3), (3, 3), (10, 2, 2, 2, 2, 2),
)

# Viridis (van der Walt & Smith 2015) at 17 equal steps.
_VIRIDIS = np.array(
    [
        (68, 1, 84), (72, 21, 104), (72, 40, 120), (67, 58, 129), (62, 76, 138), (55, 91, 141), (49, 104, 142),
        (42, 119, 142), (38, 130, 142), (33, 145, 140), (31, 161, 135), (53, 183, 121), (84, 197, 104),
        (122, 209, 81), (165, 219, 54), (210, 226, 27), (253, 231, 37),
    ],
    dtype=np.float64,
)


@dataclass(frozen=True)
class Theme:
    """One set of colors, as ``"#rrggbb"``.

    Attributes
    ----------
    background, surface, raised
        The window, a card or panel on it, and a button on that.
    border, grid
        Lines around things, and lines inside plots.
    text, muted, faint
        What is read, what labels it, and what may be overlooked.
    accent, on_accent
        The one accent color and the text on top of it.
    ok, warn, error
        States; always shown with a word or a shape too.
    series
        Colors for curves; the first is training, the second validation.
    layers
        Share of viridis (from, to) that stays readable on `surface`.
    dashes
        Dash patterns for the same curves, in pen widths; ``()`` is solid.
    bold
        Whether lines are thick, to be seen from the last row of a lecture hall.
    """

    name: str
    dark: bool
    background: str
    surface: str
    raised: str
    border: str
    grid: str
    text: str
    muted: str
    faint: str
    accent: str
    on_accent: str
    ok: str
    warn: str
    error: str
    series: tuple[str, ...]
    layers: tuple[float, float]
    dashes: tuple[tuple[float, ...], ...] = DASHES
    bold: bool = False

    @property
    def train(self) -> str:
        """Color of everything about the training part."""
        return self.series[0]

    @property
    def validation(self) -> str:
        """Color of everything about the held-out part."""
        return self.series[1]


DARK = Theme(
    name="dark", dark=True,
    background="#14171c", surface="#1b1f26", raised="#222731", border="#2d3440", grid="#29303b",
    text="#e6e9ef", muted="#9aa3b2", faint="#6b7484",
    accent=SKY, on_accent="#0c1116", ok="#2fb58c", warn=ORANGE, error="#f2764b",
    series=(SKY, ORANGE, "#2fb58c", PINK, YELLOW, "#f2764b", "#4b9fd6"),
    layers=(0.22, 1.0),
)

LIGHT = Theme(
    name="light", dark=False,
    background="#f2f4f7", surface="#ffffff", raised="#eef1f5", border="#d5dae2", grid="#e6e9ee",
    text="#1a1f27", muted="#5a6472", faint="#8c95a3",
    accent=BLUE, on_accent="#ffffff", ok="#007a59", warn="#a86400", error="#b84a00",
    series=(BLUE, VERMILION, GREEN, "#b3558a", "#b8860b", SKY, "#5a6472"),
    layers=(0.0, 0.86),
)

THEMES = {theme.name: theme for theme in (DARK, LIGHT)}


def system_theme() -> Theme:
    """Return the theme that the desktop asks for (dark where it does not say)."""
    scheme = QGuiApplication.styleHints().colorScheme()
    return LIGHT if scheme == Qt.ColorScheme.Light else DARK


def named(name: str) -> Theme:
    """Return a theme by its name; any other name stands for the theme of the desktop."""
    return THEMES.get(name) or system_theme()


def apply(app: QApplication, theme: Theme, scale: float = 1.0) -> None:
    """Give the whole application the look of `theme` at an interface scale of `scale`."""
    if not app.property(STYLED):  # a style with a style sheet on it tells no name
        app.setStyle("fusion")  # the same on every desktop; native styles ignore half of a style sheet
        app.setProperty(STYLED, True)
    app.setFont(text_font(scale))
    app.setPalette(palette(theme))
    sheet = stylesheet(theme, scale)
    if sheet != app.styleSheet():  # the same one again would take Qt as long as another
        app.setStyleSheet(sheet)


def change(window: QWidget, theme: Theme, scale: float = 1.0) -> None:
    """Give a window, and every window it opens, another look than the application began with.

    For a window of 800 widgets Qt takes 0.05 s; the same style sheet on the application takes it 0.3 s.
    """
    QApplication.setFont(text_font(scale))
    QApplication.setPalette(palette(theme))
    window.setStyleSheet(stylesheet(theme, scale))


# ------------------------------------------------------------------------------------- fonts


def text_font(scale: float = 1.0, *, px: float = BASE_PX, weight: int = QFont.Weight.Normal) -> QFont:
    """Return the interface font with tabular figures, so that nothing moves when a digit changes."""
    font = QFont()
    font.setFamilies(list(SANS))
    font.setPixelSize(max(8, round(px * scale)))
    font.setWeight(QFont.Weight(weight))
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def mono_font(scale: float = 1.0, *, px: float = BASE_PX - 1) -> QFont:
    """Return the font for figures that stand in columns."""
    installed = set(QFontDatabase.families())
    font = QFont()
    font.setFamilies([name for name in MONO if name in installed] or ["monospace"])
    font.setStyleHint(QFont.StyleHint.Monospace)
    font.setPixelSize(max(8, round(px * scale)))
    return font


# ------------------------------------------------------------------------------ colors and pens


def viridis(position: float) -> str:
    """Return the viridis color at `position` in [0, 1] as ``"#rrggbb"``."""
    red, green, blue = viridis_table(256)[round(255 * min(1.0, max(0.0, position)))]
    return f"#{red:02x}{green:02x}{blue:02x}"


def viridis_table(n: int) -> NDArray[np.uint8]:
    """Return `n` colors from the whole of viridis, as a lookup table [n, 3]."""
    at = np.linspace(0, len(_VIRIDIS) - 1, n)
    channels = [np.interp(at, np.arange(len(_VIRIDIS)), _VIRIDIS[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=1).round().astype(np.uint8)


def layer_colors(n: int, theme: Theme) -> tuple[str, ...]:
    """Return a color for each of `n` layers, from input to output, readable on the surface of `theme`."""
    low, high = theme.layers
    return tuple(viridis(high if n == 1 else low + (high - low) * index / (n - 1)) for index in range(n))


def pen(color: str, *, width: float = 1.0, dash: tuple[float, ...] = ()) -> QPen:
    """Return a cosmetic pen (its width stays the same however a plot is zoomed)."""
    made = QPen(QColor(color), width)
    made.setCosmetic(True)
    if dash:
        made.setDashPattern(list(dash))
    return made


def mix(one: str, other: str, share: float) -> str:
    """Return the color with `share` of `other` in `one`."""
    a, b = QColor(one), QColor(other)
    parts = [round(x + (y - x) * share) for x, y in zip(a.getRgb()[:3], b.getRgb()[:3], strict=True)]
    return "#{:02x}{:02x}{:02x}".format(*parts)


def palette(theme: Theme) -> QPalette:
    """Return the palette, for what the style sheet does not reach (native dialogs, text selection)."""
    made = QPalette()
    role = QPalette.ColorRole
    for which, color in (
        (role.Window, theme.background), (role.WindowText, theme.text), (role.Base, theme.background),
        (role.AlternateBase, theme.surface), (role.Text, theme.text), (role.Button, theme.raised),
        (role.ButtonText, theme.text), (role.BrightText, theme.error), (role.Highlight, theme.accent),
        (role.HighlightedText, theme.on_accent), (role.ToolTipBase, theme.raised), (role.ToolTipText, theme.text),
        (role.PlaceholderText, theme.faint), (role.Link, theme.accent), (role.Mid, theme.border),
        (role.Dark, theme.border), (role.Light, theme.raised),
    ):
        made.setColor(which, QColor(color))
    for which in (role.Text, role.WindowText, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, which, QColor(theme.faint))
    return made


# ------------------------------------------------------------------------------------- style sheet


def _picture(name: str) -> str:
    """Return where a picture of the program lies, as style sheets write it."""
    return (Path(__file__).parent / "pictures" / name).as_posix()


def stylesheet(theme: Theme, scale: float = 1.0) -> str:
    """Return the style sheet of the whole application.

    Widgets opt in by object name (``#topBar``) or by the dynamic property ``role``:
    ``title``, ``muted``, ``figures``, ``pill``, ``primary``, ``quiet``, ``error``, ``note``.
    """

    def px(size: float) -> str:
        return f"{max(1, round(size * scale))}px"

    hover = mix(theme.raised, theme.text, 0.08)
    pressed = mix(theme.raised, theme.text, 0.16)
    accent_hover = mix(theme.accent, "#ffffff" if theme.dark else "#000000", 0.15)
    mono = ", ".join(f'"{name}"' for name in (*MONO, "monospace"))
    return f"""
* {{ outline: none; }}
QMainWindow, QDialog, #window {{ background: {theme.background}; }}
QWidget {{ color: {theme.text}; }}
QLabel, QCheckBox, QRadioButton {{ background: transparent; }}
QToolTip {{
    background: {theme.raised}; color: {theme.text}; border: 1px solid {theme.border}; padding: {px(6)} {px(8)};
}}

#topBar {{ background: {theme.surface}; border-bottom: 1px solid {theme.border}; }}
#leftColumn {{ background: {theme.background}; border-right: 1px solid {theme.border}; }}
#bottomBar {{ background: {theme.surface}; border-top: 1px solid {theme.border}; }}
#bottomLeft {{ background: {theme.background}; border-right: 1px solid {theme.border}; }}
#rightColumn {{ border-left: 1px solid {theme.border}; }}
#endBanner QLabel[role="muted"] {{ font-size: {px(12)}; }}
#appName {{ font-size: {px(15)}; font-weight: 700; }}

QLabel[role="title"] {{ font-weight: 600; font-size: {px(13)}; }}
QLabel[role="heading"] {{ font-weight: 700; font-size: {px(15)}; }}
QLabel[role="muted"], QLabel[role="label"] {{ color: {theme.muted}; }}
QLabel[role="caption"] {{ color: {theme.muted}; font-size: {px(11)}; }}
QLabel[role="summary"] {{ color: {theme.muted}; font-weight: 600; font-size: {px(12)}; }}
QLabel[role="figures"] {{ font-family: {mono}; font-size: {px(12)}; color: {theme.muted}; }}
QLabel[role="error"] {{ color: {theme.error}; font-size: {px(11)}; }}
QLabel[role="note"] {{ color: {theme.warn}; font-size: {px(11)}; }}
QLabel[role="live"] {{ color: {theme.accent}; font-size: {px(11)}; font-style: italic; }}

QFrame[role="card"], QFrame[role="panel"] {{
    background: {theme.surface}; border: 1px solid {theme.border}; border-radius: {px(8)};
}}
QFrame[role="criterion"] {{
    background: {theme.surface}; border: 1px solid {theme.border}; border-radius: {px(7)};
}}
QFrame[role="banner"] {{
    background: {mix(theme.surface, theme.error, 0.14)}; border: 1px solid {theme.error}; border-radius: {px(7)};
}}
QFrame[role="notice"] {{
    background: {mix(theme.surface, theme.accent, 0.12)}; border: 1px solid {mix(theme.border, theme.accent, 0.5)};
    border-radius: {px(7)};
}}

QLabel[role="pill"] {{
    background: {theme.raised}; border: 1px solid {theme.border}; border-radius: {px(11)};
    padding: {px(2)} {px(10)}; font-size: {px(12)};
}}
QPushButton, QToolButton {{
    background: {theme.raised}; border: 1px solid {theme.border}; border-radius: {px(6)};
    padding: {px(5)} {px(10)}; color: {theme.text};
}}
QPushButton:hover, QToolButton:hover {{ background: {hover}; }}
QPushButton:pressed, QToolButton:pressed {{ background: {pressed}; }}
QPushButton:focus, QToolButton:focus {{ border-color: {theme.accent}; }}
QPushButton:disabled, QToolButton:disabled {{
    color: {theme.faint}; background: {mix(theme.surface, theme.raised, 0.5)};
}}
QPushButton#pill {{
    border-radius: {px(12)}; padding: 0 {px(12)}; font-size: {px(12)}; height: {px(24)};
}}
QPushButton[role="primary"], QToolButton[role="primary"] {{
    background: {theme.accent}; border-color: {theme.accent}; color: {theme.on_accent}; font-weight: 600;
}}
QPushButton[role="primary"]:hover, QToolButton[role="primary"]:hover {{
    background: {accent_hover}; border-color: {accent_hover};
}}
QPushButton[role="primary"]:focus, QToolButton[role="primary"]:focus {{ border-color: {theme.text}; }}
QPushButton[role="primary"]:disabled, QToolButton[role="primary"]:disabled {{
    background: {theme.raised}; border-color: {theme.border}; color: {theme.faint};
}}
QToolButton[role="pill"], QPushButton[role="pill"] {{
    background: {theme.raised}; border: 1px solid transparent; border-radius: {px(5)};
    padding: {px(1)} {px(5)}; font-size: {px(11)}; font-weight: 600; color: {theme.muted};
}}
QToolButton[role="pill"]:hover, QPushButton[role="pill"]:hover {{ color: {theme.text}; background: {hover}; }}
QToolButton[role="pill"]:checked, QPushButton[role="pill"]:checked {{
    color: {theme.accent}; border-color: {mix(theme.border, theme.accent, 0.6)};
}}
QToolButton[role="pill"]:focus, QPushButton[role="pill"]:focus {{ border-color: {theme.accent}; }}
QToolButton[role="quiet"], QPushButton[role="quiet"] {{
    background: transparent; border: 1px solid transparent; color: {theme.muted}; padding: {px(2)} {px(4)};
    font-size: {px(12)};
}}
QToolButton[role="quiet"]:hover, QPushButton[role="quiet"]:hover {{ color: {theme.text}; }}
QToolButton[role="quiet"]:focus, QPushButton[role="quiet"]:focus {{ border-color: {theme.accent}; }}
QPushButton[role="chapter"] {{
    background: transparent; border: 1px solid transparent; border-radius: {px(6)}; color: {theme.muted};
    text-align: left; padding: {px(4)} {px(8)};
}}
QPushButton[role="chapter"]:hover {{ color: {theme.text}; }}
QPushButton[role="chapter"]:checked {{ background: {theme.raised}; color: {theme.text}; font-weight: 600; }}
QPushButton[role="chapter"]:focus {{ border-color: {theme.accent}; }}
QToolButton::menu-indicator {{ image: none; width: 0; }}

QLineEdit, QComboBox, QPlainTextEdit, QSpinBox {{
    background: {theme.background}; border: 1px solid {theme.border}; border-radius: {px(5)};
    padding: {px(3)} {px(8)}; color: {theme.text};
    selection-background-color: {theme.accent}; selection-color: {theme.on_accent};
}}
QLineEdit:hover, QComboBox:hover {{ border-color: {mix(theme.border, theme.text, 0.25)}; }}
QLineEdit:focus, QComboBox:focus, QPlainTextEdit:focus, QSpinBox:focus {{ border-color: {theme.accent}; }}
QLineEdit:disabled, QComboBox:disabled {{ color: {theme.faint}; }}
QLineEdit[invalid="true"], QComboBox[invalid="true"] {{ border-color: {theme.error}; }}
QComboBox::drop-down {{ border: none; width: {px(18)}; }}
QComboBox::down-arrow {{ image: none; }}
QComboBox QAbstractItemView {{
    background: {theme.raised}; border: 1px solid {theme.border}; padding: {px(3)};
    selection-background-color: {theme.accent}; selection-color: {theme.on_accent};
}}
QComboBox QAbstractItemView::item {{ padding: {px(3)} {px(6)}; min-height: {px(20)}; }}
QCheckBox {{ spacing: {px(6)}; }}
QCheckBox::indicator, QListView::indicator {{
    width: {px(15)}; height: {px(15)}; border: 1px solid {theme.faint}; border-radius: {px(3)};
    background: {theme.background};
}}
QCheckBox::indicator:checked, QListView::indicator:checked {{
    background: {theme.accent}; border-color: {theme.accent}; image: url("{_picture(f'tick-{theme.name}.svg')}");
}}
QCheckBox::indicator:hover, QCheckBox:focus::indicator {{ border-color: {theme.accent}; }}
QCheckBox:focus::indicator:checked {{ border-color: {theme.text}; }}
QRadioButton::indicator {{
    width: {px(13)}; height: {px(13)}; border: 1px solid {theme.faint}; border-radius: {px(7)};
    background: {theme.background};
}}
QRadioButton::indicator:checked {{
    width: {px(7)}; height: {px(7)}; border: {px(4)} solid {theme.accent}; background: {theme.on_accent};
}}
QRadioButton::indicator:hover, QRadioButton:focus::indicator {{ border-color: {theme.accent}; }}
QRadioButton:focus::indicator:checked {{ border-color: {theme.text}; }}
QRadioButton::indicator:disabled {{ border-color: {theme.faint}; }}

QTabBar {{ background: transparent; }}
QTabBar::tab {{
    background: transparent; color: {theme.muted}; border: none; border-radius: {px(6)};
    padding: {px(5)} {px(7)}; margin-right: {px(3)};
}}
QTabBar::tab:selected {{ background: {theme.raised}; color: {theme.text}; font-weight: 600; }}
QTabBar::tab:hover {{ color: {theme.text}; }}

QScrollArea, QScrollArea > QWidget > QWidget {{ background: transparent; border: none; }}
QScrollBar:vertical {{ background: transparent; width: {px(8)}; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: {px(8)}; margin: 0; }}
QScrollBar::handle {{ background: {theme.border}; border-radius: {px(4)}; }}
QScrollBar::handle:vertical {{ min-height: {px(28)}; }}
QScrollBar::handle:horizontal {{ min-width: {px(28)}; }}
QScrollBar::handle:hover {{ background: {theme.faint}; }}
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{
    background: none; border: none; width: 0; height: 0;
}}
QSplitter::handle {{ background: transparent; }}
QProgressBar {{
    background: {theme.background}; border: 1px solid {theme.border}; border-radius: {px(4)};
    text-align: center; height: {px(8)};
}}
QProgressBar::chunk {{ background: {theme.accent}; border-radius: {px(3)}; }}

QMenu {{ background: {theme.raised}; border: 1px solid {theme.border}; padding: {px(4)}; }}
QMenu::item {{ padding: {px(5)} {px(24)} {px(5)} {px(12)}; border-radius: {px(4)}; }}
QMenu::item:selected {{ background: {theme.accent}; color: {theme.on_accent}; }}
QMenu::item:disabled {{ color: {theme.faint}; }}
QMenu::separator {{ height: 1px; background: {theme.border}; margin: {px(4)} {px(8)}; }}
QTableView, QListView {{
    background: {theme.background}; border: 1px solid {theme.border}; border-radius: {px(5)};
    gridline-color: {theme.grid}; alternate-background-color: {theme.surface};
}}
QHeaderView::section {{
    background: {theme.raised}; color: {theme.muted}; border: none; border-right: 1px solid {theme.border};
    padding: {px(3)} {px(6)};
}}
"""
