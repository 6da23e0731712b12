"""What a dialog shows, scrolled where the window or the screen is too low for it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

SHARE = 0.94
"""Of the window's height that a dialog may take."""


class TallContent(QScrollArea):
    """As high as its content, but never so high that the dialog would stand out of its window.

    The rest of the dialog (its buttons, say) is `beside` pixels high.
    """

    def __init__(self, content: QWidget, beside: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._beside = beside
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(content)
        content.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def sizeHint(self) -> QSize:
        content = self.widget().sizeHint()
        height = min(content.height(), self.room())
        bar = self.verticalScrollBar().sizeHint().width() if height < content.height() else 0
        return QSize(content.width() + bar, height)

    def minimumSizeHint(self) -> QSize:
        return QSize(self.sizeHint().width(), min(self.sizeHint().height(), 120))

    def room(self) -> int:
        """Return the height there is."""
        around = self.window().parentWidget()
        height = self.screen().availableGeometry().height()
        if around is not None:
            height = min(height, around.window().height())
        return max(120, round(height * SHARE) - self._beside)
