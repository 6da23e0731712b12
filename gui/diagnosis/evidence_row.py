"""One piece of evidence as a line: pointed at, it is what is shown on the plots."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from gui.grouped import grouped
from gui.tips import plain_label
from training.diagnosis.finding import Evidence
from training.instruments.catalog import INSTRUMENTS

CURVES = {
    "train_loss": "training loss", "val_loss": "validation loss", "train_score": "training score",
    "val_score": "validation score", "batch_loss": "batch loss", "grad_norm": "gradient norm",
    "weight_grad_norm": "weight gradient norm", "signal_norm": "signal norm", "update_ratio": "update-to-weight ratio",
    "lr": "learning rate", "parameter_change": "parameter change", "data": "data",
}  # fmt: skip


def curve_name(curve: str) -> str:
    """Return what people call a curve."""
    info = INSTRUMENTS.get(curve)
    return CURVES.get(curve) or (info.title.lower() if info is not None else curve.replace("_", " "))


class EvidenceRow(QFrame):
    """What is seen in which curve, and when.

    ``pointed`` says whether the pointer, or the focus, is on it; ``wanted`` carries the step where it begins, and the
    curve that shows it.
    """

    pointed = Signal(bool)
    wanted = Signal(float, str)

    def __init__(self, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("evidence")
        self._step, self._curve = 0, ""
        self.curve = plain_label(parent=self)
        self.curve.setProperty("role", "caption")
        self.text = plain_label(parent=self)
        self.text.setWordWrap(True)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(*(round(px * scale) for px in (6, 2, 4, 2)))
        row.setSpacing(round(8 * scale))
        row.addWidget(self.curve, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.text, 1)
        self.curve.setFixedWidth(round(86 * scale))
        self.curve.setWordWrap(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_evidence(self, evidence: Evidence, *, close_up: bool = False) -> None:
        """Tell of a piece of evidence; `close_up` says that a click also shows its steps one by one."""
        self._step, self._curve = evidence.first_step, evidence.curve
        self.curve.setText(curve_name(evidence.curve))
        self.text.setText(f"{evidence.sentence} · click to zoom in" if close_up else evidence.sentence)
        between = f"steps {grouped(evidence.first_step)} to {grouped(evidence.last_step)}"
        self.setToolTip(
            f"Seen at {between}. Point at it to see it alone on the plots; "
            "click for the moment it begins, and for its plot"
            f"{', with these steps alone (double-click a plot for all again)' if close_up else ''}"
        )
        self.setAccessibleName(f"{curve_name(evidence.curve)}: {evidence.sentence}, {between}")

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.pointed.emit(True)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.pointed.emit(self.hasFocus())

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.pointed.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.pointed.emit(self.underMouse())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.wanted.emit(float(self._step), self._curve)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.wanted.emit(float(self._step), self._curve)
        else:
            super().keyPressEvent(event)
