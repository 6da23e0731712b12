"""Draws the pictures of the documentation from the running program: ``make pictures``.

Each scene opens the real window, trains, and takes a picture. Name scenes to draw only those.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import torch  # before Qt: on Windows the other order loads the wrong libraries
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from gui import theme as themes
from gui.csv_dialog import CsvDialog
from gui.panels.matrix_view import Cell
from gui.theme import DARK, LIGHT, Theme
from gui.window import MainWindow
from scripts import finding_scenes
from scripts import scenario_scenes as scenes
from scripts.scenario_scenes import settle, wait
from training.diagnosis.shown_by import SHOWN_BY
from training.experiment import Experiment
from training.experiment_file import PRESETS, find
from training.scenarios.planned_run import load_run
from training.validation import replace

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
LARGE, SMALL = (1440, 900), (1100, 700)


def to_the_end(window: MainWindow) -> bool:
    """Return whether the run has ended."""
    return window.control.phase == "finished"


@dataclass(frozen=True)
class Scene:
    """One picture: an experiment, how the window looks, until when it trains, and what is done then.

    Attributes
    ----------
    experiment, variant
        Name of an experiment that ships with the program, or of a scenario and one of its runs.
    changes
        Of the experiment, by dotted key.
    part
        What of the window is in the picture; None: all of it.
    train
        Whether the window trains before anything is done.
    """

    name: str
    experiment: str = "two_spirals"
    variant: str = ""
    theme: Theme = DARK
    size: tuple[int, int] = LARGE
    changes: dict[str, Any] = field(default_factory=dict)
    until: Callable[[MainWindow], bool] = to_the_end
    act: Callable[[MainWindow], None] = lambda window: None
    part: Callable[[MainWindow], QWidget] | None = None
    train: bool = True


def after_epochs(epochs: float) -> Callable[[MainWindow], bool]:
    """Return a condition that holds once so many epochs are done."""
    return lambda window: window.control.view is not None and window.control.view.history.epoch >= epochs


# ------------------------------------------------------------------------------------- what is done in the scenes


def type_a_wrong_rate(window: MainWindow) -> None:
    """Type a mistake into the learning rate, so that its error shows."""
    window.builder.reveal("optimizer.lr")
    typed = QApplication.focusWidget()
    typed.selectAll()
    QTest.keyClicks(typed, "-0.1")


def point_at_layer(window: MainWindow) -> None:
    """Hold the pointer over a layer of the diagram, so that its numbers show, and select it."""
    window.selection.select_layer(1)
    diagram = window.network.diagram
    center = diagram.layer_center(1)
    diagram.show_hover(center)
    tip = next(widget for widget in QApplication.topLevelWidgets() if widget.windowType() == Qt.WindowType.ToolTip)
    tip.move(diagram.mapToGlobal(center + QPoint(30, 10)))  # without a screen it is put anywhere


def show_responses(window: MainWindow) -> None:
    """Draw each unit as the map of what it answers, large."""
    window.board.toggle_maximized(window.network)
    window.network.responses_pill.setChecked(True)
    settle(1.0)


def deeper_network(window: MainWindow) -> None:
    """Change the structure in mid-run."""
    window.builder.apply_changes({"network.hidden": (16,) * 5})


def restart_with_ghost(window: MainWindow) -> None:
    """Start over with a larger rate, the run before behind it, and point at a moment."""
    window.builder.apply_changes({"optimizer.lr": 0.003, "optimizer.method": "adam"})
    window.commands.restart(ghost=True)
    wait(lambda: window.control.phase in ("ready", "playing") and window.control.view.ghost is not None)
    if window.control.phase == "ready":
        window.toggle()
    wait(lambda: window.control.view.history.epoch > 220)
    window.toggle()
    settle()
    window.selection.point_at(3_000.0)


def maximize(window: MainWindow) -> None:
    """Let one panel fill the board."""
    window.board.toggle_maximized(window.gradients)


def other_panels(window: MainWindow) -> None:
    """Hide what is shown by default, and show what is not."""
    for name in ("confusion", "gradient_norms"):
        window.toggle_panel(name)
    for name in ("learning_rate", "update_ratio"):
        window.toggle_panel(name)


def point_at_threshold(window: MainWindow) -> None:
    """Edit a threshold where it stands."""
    window.criteria.cards["gradient_norm"].begin_edit()


def project(window: MainWindow) -> None:
    """Show few panels, large."""
    window.set_projector(True)
    settle(1.5)


def tour(window: MainWindow) -> None:
    """Stand at the second stop of the tour."""
    window.take_tour()
    assert window.tour is not None
    window.tour.go_on()


SPIRALS: dict[str, Any] = {"optimizer.lr": 0.003}
MIDWAY = {"plateau": after_epochs(110)}
"""Findings that do not last to the end of the run that shows them."""
FINDINGS = tuple(
    Scene(f"finding-{name.replace('_', '-')}", shown.scenario, shown.variant, size=SMALL,
          until=MIDWAY.get(name, to_the_end), act=finding_scenes.told(name))
    for name, shown in SHOWN_BY.items()
)  # fmt: skip
SCENES = (
    Scene("window-dark", until=after_epochs(1800)),
    Scene("window-light", theme=LIGHT, until=after_epochs(1200)),
    Scene("window-small", size=SMALL, until=after_epochs(900)),
    Scene("early-stopping"),
    Scene("vanishing", "deep_sigmoid_stalls", until=after_epochs(10), act=finding_scenes.show_signals),
    Scene("regression", "sine_overfit", until=after_epochs(300), act=lambda window: settle(5.0)),
    Scene("surface", changes={"data": {"dataset": "gaussians"}, "loss": {"kind": "mse"}, "optimizer.lr": 0.003},
          until=after_epochs(150), part=lambda window: window.board),
    Scene("digits", "digits", until=after_epochs(10), act=lambda window: settle(3.0)),
    Scene("own-table", "pendulum_csv", theme=LIGHT, until=after_epochs(40)),
    Scene("error", size=SMALL, until=after_epochs(20), act=type_a_wrong_rate),
    Scene("layer", changes=SPIRALS, until=after_epochs(150), act=point_at_layer, part=lambda window: window.board),
    Scene("responses", changes={**SPIRALS, "network.hidden": (8, 8, 6)}, until=after_epochs(300), act=show_responses,
          part=lambda window: window.network),
    Scene("restart", changes=SPIRALS, until=after_epochs(150), act=deeper_network),
    Scene("ghost", until=after_epochs(400), act=restart_with_ghost, part=lambda window: window.board),
    Scene("maximized", "deep_sigmoid_stalls", until=after_epochs(10), act=maximize),
    Scene("panels", changes={**SPIRALS, "schedule": {"kind": "cosine", "warmup": 20}, "epochs": 400},
          until=after_epochs(250), act=other_panels, part=lambda window: window.board),
    Scene("replicas", changes={**SPIRALS, "replicas": 16}, until=after_epochs(200), part=lambda window: window.curves),
    Scene("criteria", changes=SPIRALS, until=after_epochs(200), act=point_at_threshold,
          part=lambda window: window.workspace.bottom),
    Scene("projector", changes=SPIRALS, until=after_epochs(170), act=project),
    Scene("tour", until=after_epochs(0), act=tour),
    Scene("gallery", train=False, act=scenes.gallery),
    Scene("gallery-light", theme=LIGHT, size=SMALL, train=False, act=scenes.gallery),
    Scene("scenario", train=False, act=scenes.story),
    Scene("prediction", size=SMALL, train=False, act=scenes.prediction),
    Scene("race", train=False, act=scenes.race),
    Scene("revealed", theme=LIGHT, train=False, act=scenes.revealed),
    Scene("past", changes=SPIRALS, until=after_epochs(400), act=scenes.past),
    Scene("lab", train=False, act=scenes.lab),
    Scene("lab-task", train=False, act=scenes.lab_task),
    Scene("rate-lab", theme=LIGHT, train=False, act=scenes.rate_lab),
    Scene("why", "deep_sigmoid_stalls", until=after_epochs(40), act=finding_scenes.why),
    Scene("past-finding", "deep_sigmoid_stalls", act=finding_scenes.past, part=lambda window: window.workspace.bottom),
    Scene("healthy-corner", until=after_epochs(600), act=finding_scenes.paused,
          part=lambda window: window.workspace.bottom),
    Scene("fix-race", "deep_sigmoid_stalls", size=SMALL, act=finding_scenes.race),
    Scene("runs", changes=SPIRALS, until=after_epochs(100), act=scenes.kept_runs),
    *FINDINGS,
)  # fmt: skip
BESIDE = {
    "shortcuts": "shortcuts", "preferences": "preferences", "log": "log", "self-test": "self_test",
}  # fmt: skip
"""Pictures of the windows beside the main one, by the method that opens each."""


# ------------------------------------------------------------------------------------- drawing


def draw(app: QApplication, scene: Scene) -> None:
    """Open the window, train, and save its picture."""
    window = open_window(app, scene)
    if scene.train:
        window.toggle()
        wait(lambda: scene.until(window) or window.control.phase == "finished")
    scene.act(window)
    settle()
    save(window if scene.part is None else scene.part(window), scene.name)
    close(window)


def open_window(app: QApplication, scene: Scene) -> MainWindow:
    """Open the window of a scene, ready to train, as somebody finds it who has never changed a preference."""
    home = tempfile.mkdtemp(prefix="convergence-lab-pictures-")
    os.environ.update(HOME=home, CONVERGENCE_LAB_STATE=f"{home}/.local/state/convergence-lab")
    os.chdir(home)  # no picture shows whose computer it was made on
    themes.apply(app, scene.theme)
    planned = load_run(find(scene.experiment), scene.variant)
    window = MainWindow(replace(planned.experiment, scene.changes), None, scene.theme)
    window.resize(*scene.size)
    window.show()
    wait(lambda: window.control.phase == "ready")
    if planned.edits:
        window.control.planned = lambda experiment: planned.script()
        window.commands.reset()
        wait(lambda: window.control.phase == "ready")
    return window


def draw_csv_dialog(app: QApplication) -> None:
    """Save a picture of the dialog that opens a table."""
    themes.apply(app, DARK)
    dialog = CsvDialog(PRESETS / "data" / "pendulum.csv", Experiment())
    dialog.show()
    settle()
    save(dialog, "open-csv")
    dialog.close()
    dialog.deleteLater()


def draw_samples(app: QApplication) -> None:
    """Save a picture of the digits that are taken for others."""
    window = open_window(app, Scene("samples", "digits"))
    window.toggle()
    wait(lambda: after_epochs(4)(window) or window.control.phase == "finished")
    window.toggle()
    settle(1.5)
    classes = len(window.confusion.counts)
    window.confusion.open_cell(Cell(classes, classes))  # the corner of the margins counts all mistakes
    settle(1.0)
    save(_beside(window), "samples")
    close(window)


def draw_beside(app: QApplication, name: str) -> None:
    """Save a picture of a window beside the main one."""
    window = open_window(app, Scene(name))
    window.toggle()
    wait(after_epochs_of(window, 30))
    window.builder.apply_changes({"optimizer.lr": 0.01})
    settle()
    if name == "self-test":
        window.toggle()
    getattr(window.side_windows, BESIDE[name])()
    dialog = _beside(window)
    wait(lambda: not getattr(dialog, "running", False))
    settle()
    save(dialog, name)
    close(window)


def after_epochs_of(window: MainWindow, epochs: float) -> Callable[[], bool]:
    """Return a condition that holds once a window has done so many epochs."""
    return lambda: after_epochs(epochs)(window)


def _beside(window: MainWindow) -> QWidget:
    """Return the window that is open beside the main one."""
    return next(
        widget for widget in QApplication.topLevelWidgets()
        if widget is not window and widget.isVisible() and widget.isWindow() and widget.windowTitle()
    )  # fmt: skip


def close(window: MainWindow) -> None:
    """Close a window and everything beside it, and wait until they are gone."""
    window.close()
    window.deleteLater()
    settle(0.1)


def save(widget: QWidget, name: str) -> None:
    """Save what a window shows, with the tips over it, and say where."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.png"
    picture = widget.grab()
    painter = QPainter(picture)
    for tip in QApplication.topLevelWidgets():
        if tip.isVisible() and tip.windowType() == Qt.WindowType.ToolTip:
            painter.drawPixmap(widget.mapFromGlobal(tip.pos()), tip.grab())
    painter.end()
    picture.save(str(path))
    print(path.relative_to(FOLDER.parent.parent))


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
    if not names or "samples" in names:
        draw_samples(app)
    for name in BESIDE:
        if not names or name in names:
            draw_beside(app, name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
