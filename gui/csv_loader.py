"""Loading a table in the background, so that the window stays at hand and the loading can be called off."""

from __future__ import annotations

from PySide6.QtCore import QObject, QThread

from gui.trainer import STACK_BYTES
from training.data.load import Cancelled, load_prepared
from training.data.prepare import PreparedData
from training.errors import InputError
from training.experiment import Experiment
from training.validation import as_values, validate


class CsvLoader(QThread):
    """Loads and prepares in the background; the dialog looks at it with a timer."""

    def __init__(self, experiment: Experiment, parent: QObject) -> None:
        super().__init__(parent)
        self.setStackSize(STACK_BYTES)
        self.experiment = experiment
        self.done = 0.0
        self.error = ""
        self.data: PreparedData | None = None
        self._cancelled = False

    def run(self) -> None:
        try:
            self.data = load_prepared(
                self.experiment.data, report=self._report, cancelled=lambda: self._cancelled
            )
        except Cancelled:
            return
        except InputError as error:
            self.error = error.message()
        except Exception as error:  # shown in the dialog like any other fault of the file
            self.error = f"{type(error).__name__}: {error}"

    def _report(self, share: float) -> None:
        self.done = share

    def cancel(self) -> None:
        self._cancelled = True


def with_fitting_loss(experiment: Experiment, data: PreparedData) -> Experiment:
    """Return the experiment with a loss for the task that the data turned out to have."""
    kind = "cross_entropy" if data.task == "classification" else "mse"
    if experiment.loss.kind == kind:
        return experiment
    values = as_values(experiment)
    values["loss"] = {"kind": kind}
    return validate(values)
