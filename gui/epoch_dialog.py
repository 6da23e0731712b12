"""Asks up to which epoch to run."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from gui.builder.editors.number_text import parse_number
from gui.grouped import grouped
from gui.tips import plain_label


class EpochDialog(QDialog):
    """A number and two buttons; ``chosen`` carries an epoch that lies ahead.

    Parameters
    ----------
    position
        Returns the epochs done and the epochs there are: the run may go on while the number is typed.
    """

    chosen = Signal(int)

    def __init__(self, position: Callable[[], tuple[int, int]], scale: float = 1.0,
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._position = position
        self.setWindowTitle("Run to epoch")
        self.setObjectName("epochDialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        done, epochs = position()
        self.number = QLineEdit(str(min(epochs, 2 * done or max(1, epochs // 2))), self)
        self.number.setAccessibleName("Epoch")
        self.number.setToolTip("Run until so many epochs are done, then pause")
        self.number.setFixedWidth(round(110 * scale))
        self.number.selectAll()
        self.number.textEdited.connect(self._look)
        self.problem = plain_label("", self)
        self.problem.setProperty("role", "error")
        self.problem.setWordWrap(True)
        self.problem.setFixedHeight(round(34 * scale))  # so that the window does not grow with a mistake
        cancel = QPushButton("Cancel", self)
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        self.run_button = QPushButton("Run", self)
        self.run_button.setProperty("role", "primary")
        self.run_button.setDefault(True)
        self.run_button.clicked.connect(self._choose)
        line = QHBoxLayout()
        for widget in (plain_label("Run until epoch", self), self.number, plain_label(f"of {grouped(epochs)}", self)):
            line.addWidget(widget)
        line.addStretch(1)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.run_button)
        box = QVBoxLayout(self)
        box.setContentsMargins(round(18 * scale), round(16 * scale), round(18 * scale), round(14 * scale))
        box.setSpacing(round(8 * scale))
        box.addLayout(line)
        box.addWidget(self.problem)
        box.addLayout(buttons)
        self.setMinimumWidth(round(330 * scale))

    def wrong(self) -> str:
        """Return what is wrong with the number ("": nothing)."""
        epoch = parse_number(self.number.text(), whole=True)
        done, epochs = self._position()
        if not isinstance(epoch, int) or epoch < 1:
            return f"A whole number from 1 to {grouped(epochs)} is needed."
        if epoch <= done:
            return f"Epoch {grouped(epoch)} is past: {grouped(done)} are done. Reset starts over."
        if epoch > epochs:
            return f"The run has {grouped(epochs)} epochs; for more of them raise Epochs at the left."
        return ""

    def _look(self) -> None:
        problem = self.wrong()
        self.problem.setText(problem)
        self.number.setProperty("invalid", bool(problem))
        self.number.style().unpolish(self.number)
        self.number.style().polish(self.number)

    def _choose(self) -> None:
        self._look()
        if not self.problem.text():
            self.chosen.emit(parse_number(self.number.text(), whole=True))
            self.accept()
