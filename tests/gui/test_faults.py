"""What goes wrong stays where it is: in one view, in one dialog; and the program ends when it is told to."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.exceptions import capture_exceptions

from gui import theme
from gui.builder.draft import flat
from gui.dialogs import Banner, ErrorDialog
from gui.panels.panel import REST_NOTE, Panel
from gui.panels.plot_axes import PlotAxes
from gui.panels.plot_marks import static_text
from gui.window import MainWindow
from training.experiment import Experiment
from training.experiment_file import loads

ROOT = Path(__file__).resolve().parents[2]


def test_closing_in_the_middle_of_an_endless_step_ends_the_program_and_keeps_the_changes(tmp_path: Path) -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "CONVERGENCE_LAB_STATE": str(tmp_path)}
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "tests.gui.slow_close"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=55, check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "step begins" in done.stdout
    assert "Traceback" not in done.stderr
    assert time.monotonic() - started < 50
    kept = list(tmp_path.glob("autosave-*.toml"))
    assert len(kept) == 1
    assert loads(kept[0].read_text(encoding="utf-8")).name == "kept"


# ------------------------------------------------------------------------------------- views


def broken(*_: object, **__: object) -> None:
    raise ArithmeticError("the abacus broke")


def dialogs(window: MainWindow) -> list[ErrorDialog]:
    return [dialog for dialog in window.findChildren(ErrorDialog) if dialog.isVisible()]


@pytest.mark.parametrize(("panel", "breaks"), [
    ("curves", "refresh"), ("gradients", "refresh"), ("curves", "start"), ("boundary", "refresh"),
])  # fmt: skip
def test_a_view_that_raises_rests_until_the_next_start(
    qtbot: Any, window: MainWindow, monkeypatch: pytest.MonkeyPatch, panel: str, breaks: str
) -> None:
    view: Panel = getattr(window, panel)
    monkeypatch.setattr(view, breaks, broken)
    if breaks == "start":
        window.commands.reset()
        qtbot.waitUntil(lambda: window.control.phase == "ready")
    window.toggle()
    qtbot.waitUntil(lambda: bool(dialogs(window)))
    qtbot.waitUntil(lambda: window.control.phase == "finished")
    qtbot.waitUntil(view.rest_note.isVisible)
    assert view.rest_note.text() == REST_NOTE
    assert len(dialogs(window)) == 1
    assert "abacus" in dialogs(window)[0].details
    dialogs(window)[0].accept()
    qtbot.waitUntil(lambda: "Completed" in window.end_banner.heading.text())
    monkeypatch.undo()
    window.commands.reset()
    qtbot.waitUntil(lambda: window.control.phase == "ready")
    qtbot.waitUntil(lambda: not view.rest_note.isVisible())
    assert not view.resting


@pytest.mark.parametrize(("owner", "method", "panel"), [
    (PlotAxes, "_draw_things", "curves"), (PlotAxes, "_draw_foreground", "curves"),
    (PlotAxes, "_draw_background", "curves"),
    ("network.diagram", "_paint", "network"), ("confusion.grid", "_paint_cells", "confusion"),
])  # fmt: skip
def test_a_painting_that_raises_takes_nothing_down(
    qtbot: Any, window: MainWindow, monkeypatch: pytest.MonkeyPatch, owner: Any, method: str, panel: str
) -> None:
    window.resize(1440, 900)
    window.board.show_panel(window.confusion)
    qtbot.waitUntil(window.confusion.isVisible)
    target: Any = owner
    if isinstance(owner, str):
        part, name = owner.split(".")
        target = getattr(getattr(window, part), name)
    with capture_exceptions() as escaped:
        monkeypatch.setattr(target, method, broken)
        for turn in range(3):
            window.resize(1440 + turn, 900)  # what is kept as a picture is drawn again
            window.grab()
            QApplication.processEvents()
        view: Panel = getattr(window, panel)
        qtbot.waitUntil(lambda: view.resting)
        qtbot.waitUntil(lambda: bool(dialogs(window)))
    assert not escaped
    assert len(dialogs(window)) == 1
    dialogs(window)[0].accept()
    monkeypatch.undo()
    window.commands.reset()
    qtbot.waitUntil(lambda: not view.resting)
    window.grab()


def test_a_painting_error_outside_of_any_panel_is_reported(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    axes = PlotAxes()
    qtbot.addWidget(axes)
    monkeypatch.setattr(axes, "_draw_foreground", broken)
    with capture_exceptions() as reported:
        axes.grab()
    assert [kind for kind, *_ in reported] == [ArithmeticError]


def test_errors_are_counted_in_one_dialog_and_not_shown_again_once_dismissed(qtbot: Any, window: MainWindow) -> None:
    for _ in range(5):
        window.errors.window_failed("ArithmeticError: 1", "Traceback one")
    assert not dialogs(window)  # not from within whatever went wrong
    window.errors.window_failed("ValueError: 2", "Traceback two")
    qtbot.waitUntil(lambda: bool(dialogs(window)))
    (dialog,) = dialogs(window)
    assert "6 errors" in dialog.more.text()
    assert "Traceback one" in dialog.details
    assert "Traceback two" in dialog.details
    assert dialog.details.count("Traceback") == 2
    dialog.accept()
    window.errors.window_failed("ArithmeticError: 1", "Traceback one")
    qtbot.wait(20)
    assert not dialogs(window)
    assert "ArithmeticError: 1" in window.banner.text.text()


# ------------------------------------------------------------------------------------- texts of others

EVIL = "<img src=x><b>a & b</b>"


def test_a_name_is_shown_letter_by_letter(qtbot: Any, window: MainWindow) -> None:
    window.builder._on_edited("name", EVIL)
    assert EVIL in window.windowTitle()
    assert window.transport.name.text().replace("&&", "&").startswith(EVIL[:10])
    window.banner.show_error(f"Unsaved changes to “{EVIL}”")
    window.end_banner.say(EVIL, EVIL)
    window.builder.show_refusal({"name": EVIL})
    labels = [label for label in window.findChildren(QLabel) if EVIL in label.text()]
    assert len(labels) >= 4
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in labels)
    assert not [widget for widget in window.findChildren(QWidget) if EVIL in widget.toolTip()]


def test_names_from_data_are_shown_letter_by_letter(qtbot: Any) -> None:
    axes = PlotAxes(x_label=EVIL)
    qtbot.addWidget(axes)
    assert axes.x_axis.label == EVIL
    assert all(static_text(text).textFormat() == Qt.TextFormat.PlainText for text in (EVIL, "layer 1"))
    banner = Banner(theme.DARK)
    qtbot.addWidget(banner)
    dialog = ErrorDialog(EVIL, EVIL, EVIL, EVIL)
    qtbot.addWidget(dialog)
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in dialog.findChildren(QLabel))


# ------------------------------------------------------------------------------------- long use


def test_two_thousand_repaints(qtbot: Any, window: MainWindow) -> None:
    window.toggle()
    qtbot.waitUntil(lambda: window.control.phase == "finished")
    picture = window.grab()
    with capture_exceptions() as raised:
        for turn in range(2000):
            panel = window.panels[turn % len(window.panels)]
            painter = QPainter(picture)
            panel.render(painter, QPoint(0, 0))
            painter.end()
    assert not raised
    assert not any(panel.resting for panel in window.panels)


KEYS = [
    Qt.Key.Key_Space, Qt.Key.Key_Right, Qt.Key.Key_E, Qt.Key.Key_S, Qt.Key.Key_R, Qt.Key.Key_Up, Qt.Key.Key_Down,
    Qt.Key.Key_Tab, Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_1, Qt.Key.Key_0, Qt.Key.Key_Period,
]
EDITS: dict[str, list[Any]] = {
    "optimizer.lr": [0.1, 0.01, "x", 0.0], "optimizer.method": ["adam", "sgd"], "batch_size": [8, "full", 32, ""],
    "network.hidden": [[8], [4, 4, 4], [], ["?"]], "epochs": [3, 50, 5000], "stopping.early.patience": [2, 40],
    "stopping.criteria.combine": ["any", "all", "k"], "stopping.criteria.loss_plateau.action": ["stop", "tell", "off"],
    "data.samples": [60, 200], "replicas": [1, 3], "seed": [1, 2], "regularization.l2": [0.0, 0.01],
    "schedule.kind": ["constant", "cosine", "step"], "name": ["a", "<b>", ""], "data.dataset": ["moons", "sine"],
}


EASY: dict[str, Any] = {
    "data.dataset": "moons", "data.samples": 60, "optimizer.method": "adam", "optimizer.lr": 0.01, "batch_size": 32,
    "network.hidden": [8], "stopping.criteria.combine": "any", "schedule.kind": "constant", "name": "a",
    "epochs": 50, "replicas": 1,
}


def test_three_hundred_things_a_person_might_do(qtbot: Any, open_window: Callable[..., MainWindow]) -> None:
    window = open_window(epochs=5000)
    chance = random.Random(1)

    def press() -> None:
        QTest.keyClick(QApplication.focusWidget() or window, chance.choice(KEYS))

    def click() -> None:
        bar = window.transport
        buttons = [bar.reset_button, bar.run_button, bar.step_button, bar.epoch_button, bar.stop_button]
        QTest.mouseClick(chance.choice([*buttons, *window.criteria.cards.values()]), Qt.MouseButton.LeftButton)

    def edit() -> None:
        key = chance.choice(sorted(EDITS))
        window.builder._on_edited(key, chance.choice(EDITS[key]))
        if chance.random() < 0.8:
            window.builder._on_committed(key)

    def restyle() -> None:
        window.set_theme(chance.choice([theme.DARK, theme.LIGHT]))

    def resize() -> None:
        window.resize(chance.randint(960, 1500), chance.randint(600, 950))

    actions = chance.choices([press, click, edit, restyle, resize], [6, 4, 8, 0.3, 0.7], k=300)
    with capture_exceptions() as raised:
        for act in actions:
            act()
            QTest.qWait(chance.choice([0, 0, 5, 20]))
    assert not raised
    assert not any(panel.resting for panel in window.panels)
    assert not dialogs(window)
    # Whatever state it is in: with a form put right, Run runs.
    for key, value in {**EASY, **flat(Experiment())}.items():
        if key in window.builder.draft.waiting:
            window.builder._on_edited(key, value)
    for key, value in EASY.items():
        window.builder._on_edited(key, value)
        window.builder._on_committed(key)
    assert window.builder.draft.valid, window.builder.draft.problems
    window.commands.reset()
    qtbot.waitUntil(lambda: window.control.phase == "ready", timeout=20_000)
    window.toggle()
    qtbot.waitUntil(lambda: window.control.view is not None and window.control.view.history.step > 0, timeout=20_000)
