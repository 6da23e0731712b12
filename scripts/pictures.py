"""Draws the pictures of the documentation from the running program: ``make pictures``.

Each scene opens the real window, trains, and takes a picture. Name scenes to draw only those.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["CONVERGENCE_LAB_STATE"] = tempfile.mkdtemp(prefix="convergence-lab-pictures-")

import torch  # before Qt: on Windows the other order loads the wrong libraries
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gui import theme as themes
from gui.csv_dialog import CsvDialog
from gui.theme import DARK, LIGHT, Theme
from gui.window import MainWindow
from training.experiment import Experiment
from training.experiment_file import PRESETS, find, load

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
LARGE, SMALL = (1440, 900), (1100, 700)
PATIENCE_SECONDS = 120.0


@dataclass(frozen=True)
class Scene:
    """One picture: an experiment, how the window looks, and until when it trains."""

    name: str
    experiment: str
    theme: Theme = DARK
    size: tuple[int, int] = LARGE
    until: Callable[[MainWindow], bool] = lambda window: window.control.phase == "finished"
    act: Callable[[MainWindow], None] = lambda window: None


def after_epochs(epochs: float) -> Callable[[MainWindow], bool]:
    """Return a condition that holds once so many epochs are done."""
    return lambda window: window.control.view is not None and window.control.view.history.epoch >= epochs


def show_signals(window: MainWindow) -> None:
    """Show the backpropagated signal in place of the weight gradients."""
    window.gradients.pills["signal_norm"].click()


def type_a_wrong_rate(window: MainWindow) -> None:
    """Type a mistake into the learning rate, so that its error shows."""
    window.builder.reveal("optimizer.lr")
    field = QApplication.focusWidget()
    field.selectAll()
    QTest.keyClicks(field, "-0.1")
    settle()


SCENES = (
    Scene("window-dark", "two_spirals", until=after_epochs(1800)),
    Scene("window-light", "two_spirals", theme=LIGHT, until=after_epochs(1200)),
    Scene("window-small", "two_spirals", size=SMALL, until=after_epochs(900)),
    Scene("early-stopping", "two_spirals"),
    Scene("vanishing", "deep_sigmoid_stalls", until=after_epochs(10), act=show_signals),
    Scene("regression", "sine_overfit", until=after_epochs(300)),
    Scene("digits", "digits", until=after_epochs(10)),
    Scene("own-table", "pendulum_csv", theme=LIGHT, until=after_epochs(40)),
    Scene("error", "two_spirals", size=SMALL, until=after_epochs(20), act=type_a_wrong_rate),
)


def draw(app: QApplication, scene: Scene) -> None:
    """Open the window, train, and save its picture."""
    themes.apply(app, scene.theme)
    window = MainWindow(load(find(scene.experiment)), None, scene.theme)
    window.resize(*scene.size)
    window.show()
    wait(lambda: window.control.phase == "ready")
    window.toggle()
    wait(lambda: scene.until(window) or window.control.phase == "finished")
    scene.act(window)
    settle()
    save(window, scene.name)
    window.close()
    window.deleteLater()


def draw_csv_dialog(app: QApplication) -> None:
    """Save a picture of the dialog that opens a table."""
    themes.apply(app, DARK)
    dialog = CsvDialog(PRESETS / "data" / "pendulum.csv", Experiment())
    dialog.show()
    settle()
    save(dialog, "open-csv")
    dialog.close()
    dialog.deleteLater()


def save(widget: MainWindow | CsvDialog, name: str) -> None:
    """Save what a window shows, and say where."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.png"
    widget.grab().save(str(path))
    print(path.relative_to(FOLDER.parent.parent))


def wait(condition: Callable[[], bool]) -> None:
    """Let the program run until a condition holds."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the scene did not get where it should in time")
        QApplication.processEvents()
        time.sleep(0.002)  # unlike QTest.qWait, this leaves the interpreter to the training thread


def settle(seconds: float = 0.5) -> None:
    """Let the last snapshot arrive and be drawn."""
    end = time.monotonic() + seconds
    wait(lambda: time.monotonic() > end)


def main(names: list[str]) -> int:
    """Draw the named scenes, or all."""
    torch.set_num_threads(1)
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    for scene in SCENES:
        if not names or scene.name in names:
            draw(app, scene)
    if not names or "open-csv" in names:
        draw_csv_dialog(app)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
