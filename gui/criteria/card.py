"""One criterion: its lamp, where it came from, its value against a threshold that is edited in place, and what it does.

The frame and the title are kept as a picture; what changes while training is drawn onto it, so that a card costs little
however often it is shown.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from html import escape
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QColor,
    QContextMenuEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QMenu, QSizePolicy, QToolButton, QWidget

from gui.criteria import sparkline
from gui.criteria.sparkline import Sparkline
from gui.criteria.threshold_edit import ThresholdEdit
from gui.criteria.words import ACTIONS, TITLES, evaluations_left, figures, pieces, state_word
from gui.panels.painting import guarded, painter_of, painter_on
from gui.theme import Theme, mix, mono_font, text_font
from training.criteria import CRITERIA, CriterionState

HEIGHT, LEAST_HEIGHT = 62, 50


class CriterionCard(QFrame):
    """A card that can be read, tabbed to and edited.

    ``pressed`` asks for the settings in the form; ``threshold_wanted`` and ``action_wanted`` for a change.
    ``wrong`` says what is the matter with a number being typed ("": nothing).
    """

    pressed = Signal()
    threshold_wanted = Signal(object)
    action_wanted = Signal(str)
    wrong = Signal(str)

    def __init__(
        self, name: str, theme: Theme, scale: float, check: Callable[[Any], str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.name = name
        self.state: CriterionState | None = None
        self._info, self._theme, self._scale, self._check = CRITERIA[name], theme, scale, check
        self._line = sparkline.EMPTY
        self._picture = QPixmap()
        self._pieces: tuple[tuple[str, str], ...] = (("", ""),)
        self._first_met = math.nan
        self._over_figures = False
        self._widest = 0  # word on the button
        self._title_fonts = [text_font(scale, px=px, weight=600) for px in (13, 12, 11)]
        self._figure_fonts = [mono_font(scale, px=px) for px in (11.5, 10.5, 9.5)]
        self.setObjectName(f"criterion_{name}")
        self.setAccessibleName(TITLES[name][0])
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._make_menu()
        self.edit = ThresholdEdit(whole=name == "validation", parent=self)
        self.edit.setAccessibleName(f"Threshold of {TITLES[name][0]}")
        self.edit.setFont(self._figure_fonts[0])
        self.edit.hide()
        self.edit.typed.connect(self._typed)
        self.edit.entered.connect(lambda: self._finish(keep=True, insist=True))
        self.edit.left.connect(lambda keep: self._finish(keep=keep, insist=False))
        self._describe()

    def _make_menu(self) -> None:
        self.action_button = QToolButton(self)
        self.action_button.setProperty("role", "pill")
        self.action_button.setCheckable(True)
        self.action_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.action_button.clicked.connect(self._open_menu)
        self.menu = QMenu(self)
        self._choices = QActionGroup(self.menu)
        for action, (word, sentence) in ACTIONS.items():
            choice = QAction(sentence, self.menu)
            choice.setCheckable(True)
            choice.setData(action)
            choice.triggered.connect(lambda _=False, action=action: self.action_wanted.emit(action))
            self._choices.addAction(choice)
            self.menu.addAction(choice)
            width = self.action_button.fontMetrics().horizontalAdvance(word)
            self._widest = max(self._widest, width)
        self.menu.addSeparator()
        self.menu.addAction("Change the threshold (F2)", self.begin_edit)
        self.menu.addAction("Show in the form", self.pressed.emit)

    # ------------------------------------------------------------------------------ showing

    def show_state(self, state: CriterionState) -> None:
        """Show one state; repaints only what changed."""
        if state == self.state or self._same_unknown(state):
            return
        looked = None if self.state is None else (self.state.met, self.state.action)
        self.state, self._pieces = state, pieces(state)
        if looked != (state.met, state.action):
            self._show_action(state.action)
            self._forget_picture()
        else:
            self.update(self._figures_and_bar())
        self._describe()

    def _same_unknown(self, state: CriterionState) -> bool:
        old = self.state  # NaN equals nothing, not even itself
        return (
            old is not None and math.isnan(old.value) and math.isnan(state.value)
            and (old.threshold, old.action) == (state.threshold, state.action)
        )

    def show_line(self, line: Sparkline) -> None:
        """Show how the value came about."""
        self._line = line
        self.update(QRect(0, 0, self.width(), self._figures_and_bar().top()))

    def show_first_met(self, epoch: float) -> None:
        """Remember when the criterion was first met in this run (NaN: not yet)."""
        self._first_met = epoch
        self._describe()

    def restyle(self, theme: Theme) -> None:
        self._theme = theme
        self._forget_picture()

    def _show_action(self, action: str) -> None:
        word, sentence = ACTIONS[action]
        self.action_button.setText(word)
        self.action_button.setChecked(action == "stop")
        self.action_button.setAccessibleName(f"What happens when {TITLES[self.name][0]} is met: {word}")
        self.action_button.setToolTip(f"{sentence} (click or Enter to change)")
        for choice in self._choices.actions():
            choice.setChecked(choice.data() == action)

    def _describe(self) -> None:
        state = self.state
        if state is None:
            return
        self.setAccessibleDescription(
            f"{figures(state)}, {state_word(state)}; {ACTIONS[state.action][1].lower()}. Enter changes the threshold."
        )

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            self.setToolTip(self.tip())  # made when it is asked for: it changes with every evaluation
        return super().event(event)

    def tip(self) -> str:
        """Return all there is to say about the criterion."""
        state, info = self.state, self._info
        lines = [f"<b>{escape(info.title)}</b>", escape(info.formula), escape(info.note)]
        if state is not None:
            lines.insert(1, f"{escape(figures(state))}: <b>{state_word(state)}</b>")
            if not math.isnan(self._first_met):
                lines.append(f"First met at epoch {self._first_met:g}.")
            lines.append(f"<i>{ACTIONS[state.action][1]}. Click the figures, or press F2, to change the threshold.</i>")
        return "<br>".join(lines)

    # ------------------------------------------------------------------------------ places

    def sizeHint(self) -> QSize:
        return QSize(round(150 * self._scale), round(HEIGHT * self._scale))

    def minimumSizeHint(self) -> QSize:
        return QSize(round(90 * self._scale), round(LEAST_HEIGHT * self._scale))

    def _px(self, size: float) -> float:
        return size * self._scale

    def figure_box(self) -> QRect:
        """Return where the figures stand: the place to click for another threshold."""
        height = round(self._px(20))
        return QRect(1, self.height() - height - 1, self.width() - 2, height)

    def _line_box(self) -> QRectF:
        bar = self._px(6) if self.name == "validation" else 0.0
        top, bottom = self._px(25), self.figure_box().top() - self._px(1) - bar
        return QRectF(self._px(10), top, self.width() - self._px(20), max(1.0, bottom - top))

    def _figures_and_bar(self) -> QRect:
        top = math.floor(self._line_box().bottom()) + 1
        return QRect(0, top, self.width(), self.height() - top)

    def title_room(self) -> int:
        """Return the pixels left for the title."""
        return self.action_button.x() - round(self._px(23)) - round(self._px(3))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width, height = self._widest + round(self._px(11)), round(self._px(17))
        self.action_button.setGeometry(self.width() - width - round(self._px(5)), round(self._px(4)), width, height)
        self.edit.setGeometry(self.figure_box().adjusted(2, -2, -2, 0))
        self._picture = QPixmap()

    # ------------------------------------------------------------------------------ painting

    def _forget_picture(self) -> None:
        self._picture = QPixmap()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with guarded(self):
            if self._picture.isNull() or self._picture.devicePixelRatioF() != self.devicePixelRatioF():
                self._draw_picture()
        with painter_on(self) as painter:
            painter.drawPixmap(0, 0, self._picture)
            if self.state is None:
                return
            if event.rect().top() < self._line_box().bottom():
                sparkline.draw(painter, self._line, self._line_box(), self._theme, faint=self._off)
            if self.name == "validation":
                self._draw_patience(painter, self.state)
            self._draw_figures(painter)

    @property
    def _off(self) -> bool:
        return self.state is None or self.state.action == "off"

    @property
    def _met(self) -> bool:
        return self.state is not None and self.state.met and not self._off

    def _draw_picture(self) -> None:
        """Draw what stays as it is while training: frame, lamp and title."""
        ratio, theme = self.devicePixelRatioF(), self._theme
        self._picture = QPixmap(self.size() * ratio)
        self._picture.setDevicePixelRatio(ratio)
        self._picture.fill(QColor(theme.background))
        with painter_of(self._picture) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            calm = mix(theme.border, theme.warn, 0.6) if self._met else theme.border
            painter.setPen(QPen(QColor(theme.accent if self.hasFocus() else calm), 1.0))
            painter.setBrush(QColor(mix(theme.surface, theme.warn, 0.10) if self._met else theme.surface))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), self._px(7), self._px(7))
            middle = self._px(12.5)
            self._draw_lamp(painter, QPointF(self._px(13), middle))
            title, font = self.fitting_title(self.title_room())
            painter.setFont(font)
            painter.setPen(QColor(theme.muted if self._off else theme.text))
            painter.drawText(QPointF(self._px(23), middle + QFontMetrics(font).capHeight() / 2), title)

    def _draw_lamp(self, painter: QPainter, at: QPointF) -> None:
        """Draw the state as a shape, not by color alone: ring = off, disc = watched, triangle = met."""
        theme, r = self._theme, self._px(4.2)
        if self._met:
            painter.setBrush(QColor(theme.warn))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawPolygon(QPolygonF([
                QPointF(at.x(), at.y() - r * 1.15), QPointF(at.x() + r * 1.2, at.y() + r * 0.9),
                QPointF(at.x() - r * 1.2, at.y() + r * 0.9),
            ]))
        else:
            painter.setPen(QPen(QColor(theme.faint), 1.3))
            painter.setBrush(Qt.BrushStyle.NoBrush if self._off else QColor(theme.faint))
            painter.drawEllipse(at, r * 0.9, r * 0.9)

    def _draw_patience(self, painter: QPainter, state: CriterionState) -> None:
        """Draw a bar that shrinks while patience runs out."""
        room = self._line_box()
        box = QRectF(room.left(), room.bottom() + self._px(3), room.width(), self._px(3))
        painter.fillRect(box, QColor(self._theme.grid))
        if not math.isnan(state.value) and not self._off:
            left = evaluations_left(state.value, state.threshold) / max(1.0, state.threshold)
            done = QRectF(box.left(), box.top(), box.width() * left, box.height())
            painter.fillRect(done, QColor(self._theme.validation))

    def _draw_figures(self, painter: QPainter) -> None:
        """Draw the value at the left and the threshold at the right: neither moves when the other grows."""
        value, limit, font = self.fitting_figures()
        theme, box = self._theme, QRectF(self.figure_box()).adjusted(self._px(9), 0, -self._px(9), -self._px(2))
        painter.setFont(font)
        painter.setPen(QColor(theme.faint if self._off else theme.warn if self._met else theme.text))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | middle, value)
        painter.setPen(QColor(theme.accent if self._over_figures else theme.faint if self._off else theme.muted))
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | middle, limit)
        # A dotted line under the number says that it can be changed here.
        number = limit.rpartition(" ")[2]
        width = QFontMetrics(font).horizontalAdvance(number)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(painter.pen().color(), 1.0, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(box.right() - width, box.bottom()), QPointF(box.right(), box.bottom()))

    def fitting_title(self, room: int) -> tuple[str, QFont]:
        """Return the title in the longest words, and then the largest font, for which there is room."""
        titles = TITLES[self.name]
        for title in titles:
            for font in self._title_fonts:
                if QFontMetrics(font).horizontalAdvance(title) <= room:
                    return title, font
        font = self._title_fonts[-1]
        return QFontMetrics(font).elidedText(titles[-1], Qt.TextElideMode.ElideRight, room), font

    def fitting_figures(self) -> tuple[str, str, QFont]:
        """Return value and threshold in the longest words, and then the largest font, for which there is room."""
        room = self.width() - round(self._px(18))
        for font in self._figure_fonts:
            digit = QFontMetrics(font).horizontalAdvance("0")
            for value, limit in self._pieces:
                if digit * (len(value) + 1 + len(limit)) <= room:
                    return value, limit, font
        return *self._pieces[-1], self._figure_fonts[-1]

    # ------------------------------------------------------------------------------ editing

    def begin_edit(self) -> None:
        """Let the threshold be typed."""
        if self.state is None or self.edit.isVisible():
            return
        self.edit.show()
        self.edit.begin(self.state.threshold)
        self._typed(self.edit.value())

    def _typed(self, value: Any) -> None:
        problem = self._check(value)
        if bool(problem) != bool(self.edit.property("invalid")):
            self.edit.setProperty("invalid", bool(problem))
            self.edit.style().unpolish(self.edit)
            self.edit.style().polish(self.edit)
        self.edit.setAccessibleDescription(problem)
        self.wrong.emit(problem)

    def _finish(self, *, keep: bool, insist: bool) -> None:
        """End the editing; with Enter a mistake keeps it open, leaving it by other ways takes a mistake back."""
        if self.edit.isHidden():
            return
        value = self.edit.value()
        problem = self._check(value)
        if problem and insist:
            self.wrong.emit(problem)
            return
        had_focus = self.edit.hasFocus()
        self.edit.hide()
        self.wrong.emit("")
        if had_focus:
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        if keep and not problem and self.state is not None and value != self.state.threshold:
            self.threshold_wanted.emit(value)

    def _open_menu(self) -> None:
        """Open the menu above the button: below it the window ends."""
        self._show_action(self.state.action if self.state is not None else "tell")  # the click has toggled it
        at = self.action_button.mapToGlobal(QPoint(0, 0))
        self.menu.popup(at - QPoint(0, self.menu.sizeHint().height()))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self._open_menu()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_F2, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.begin_edit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: Any) -> None:
        super().focusInEvent(event)
        self._forget_picture()

    def focusOutEvent(self, event: Any) -> None:
        super().focusOutEvent(event)
        self._forget_picture()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point_at(self.figure_box().contains(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point_at(False)

    def _point_at(self, figures: bool) -> None:
        if figures != self._over_figures:
            self._over_figures = figures
            self.setCursor(Qt.CursorShape.IBeamCursor if figures else Qt.CursorShape.PointingHandCursor)
            self.update(self.figure_box())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        if event.button() != Qt.MouseButton.LeftButton or not self.rect().contains(at):
            return
        if self.figure_box().contains(at):
            self.begin_edit()
        else:
            self.pressed.emit()
