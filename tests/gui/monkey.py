"""Somebody who does anything at all with the window: clicks, types, drags, scrolls, resizes, opens files, never waits.

    python -m tests.gui.monkey 20000 [SEED]

Dialogs and menus that hold up the caller are dealt with from a timer, as a person would: by pressing something in them.
"""

from __future__ import annotations

import faulthandler
import json
import os
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import torch  # before Qt: on Windows the other order loads the wrong libraries
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QWidget
from shiboken6 import isValid

from gui import theme
from gui.window import MainWindow
from tests.gui.lab_monkey import LabMonkey
from training.experiment_file import EXPERIMENTS, PRESETS, load

PEACE_EVERY = 250
"""After so many actions the form gets an easy experiment: otherwise all ends in networks that take minutes a step."""
EASY = "moons_quick"
RUN_EVERY = 40
RESCUE_MS = 3
KEYS = (
    Qt.Key.Key_Space, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Tab,
    Qt.Key.Key_Backtab, Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Delete, Qt.Key.Key_Insert, Qt.Key.Key_Home,
    Qt.Key.Key_End, Qt.Key.Key_Menu, Qt.Key.Key_Backspace, Qt.Key.Key_PageDown, Qt.Key.Key_F2, Qt.Key.Key_Plus,
    Qt.Key.Key_Minus, *(Qt.Key(code) for code in range(Qt.Key.Key_0, Qt.Key.Key_9 + 1)), Qt.Key.Key_Period,
    *(Qt.Key(code) for code in range(Qt.Key.Key_A, Qt.Key.Key_Z + 1)),
)
PLAIN, SHIFT, CONTROL = (
    Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier,
)
SLOW = ("Larger", "Smaller", "Usual size", "Projector mode", "Dark or light", "Check this computer…")
"""These take a good part of a second, and are done less often than others."""
LEAVES = ("Quit", "Keep")  # a press of these ends the program, or writes outside the folder of the test


class Monkey:
    """Does random things to a window; `done` counts them by kind."""

    def __init__(self, window: MainWindow, folder: Path, seed: int = 1) -> None:
        self.window = window
        self.folder = folder
        self.chance = random.Random(seed)
        self.done: Counter[str] = Counter()
        self.steps = 0  # trained meanwhile
        self._last_step = 0
        self._kinds: list[tuple[Callable[[], None], float]] = [
            (self.press_a_key, 30), (self.click, 36), (self.act, 12), (self.scroll, 5), (self.drag, 6),
            (self.point, 5), (self.double_click, 2), (self.click_right, 2), (self.resize, 0.8), (self.restyle, 0.2),
            (self.open_something, 0.3), (self.rescale, 0.06), (self.learn, 3),
        ]  # fmt: skip
        self._learner = LabMonkey(window, self.chance)
        self._at_it = True
        self._rescue_soon()

    def run(self, actions: int) -> None:
        """Do so many things."""
        kinds, weights = zip(*self._kinds, strict=True)
        for index in range(actions):
            if index % PEACE_EVERY == PEACE_EVERY - 1:
                self.calm_down()
            act = self.chance.choices(kinds, weights)[0]
            self._keep_training(index)
            self.done[act.__name__] += 1
            act()
            process_events()
            if self.chance.random() < 0.05:
                time.sleep(0.002)  # lets the training thread come to something
        self._at_it = False

    def _keep_training(self, index: int) -> None:
        """Press Run again now and then, and count what is trained: all of it is to happen to a run under way."""
        view = self.window.control.view
        step = view.history.step if view is not None else 0
        self.steps += max(0, step - self._last_step)
        self._last_step = step
        if index % RUN_EVERY == 0 and self.window.control.phase != "playing":
            self.window.toggle()

    # ------------------------------------------------------------------------------ kinds of action

    def press_a_key(self) -> None:
        target = QApplication.focusWidget() or self.window
        modifier = self.chance.choices([PLAIN, SHIFT, CONTROL, CONTROL | SHIFT], [80, 6, 10, 4])[0]
        key = self.chance.choice(KEYS)
        if key == Qt.Key.Key_Q and modifier & CONTROL:
            return
        QTest.keyClick(target, key, modifier)

    def click(self) -> None:
        self._mouse(QTest.mouseClick, Qt.MouseButton.LeftButton)

    def double_click(self) -> None:
        self._mouse(QTest.mouseDClick, Qt.MouseButton.LeftButton)

    def click_right(self) -> None:
        self._mouse(QTest.mouseClick, Qt.MouseButton.RightButton)

    def point(self) -> None:
        widget = self._widget()
        QTest.mouseMove(widget, self._place(widget))

    def drag(self) -> None:
        widget = self._widget()
        QTest.mousePress(widget, Qt.MouseButton.LeftButton, PLAIN, self._place(widget))
        for _ in range(self.chance.randint(1, 4)):
            QTest.mouseMove(widget, self._place(widget))
            QApplication.processEvents()
            if not isValid(widget):  # a list was made anew under the pointer
                return
        QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, PLAIN, self._place(widget))

    def scroll(self) -> None:
        widget = self._widget()
        place = QPointF(self._place(widget))
        turn = QPoint(0, self.chance.choice([-480, -120, 120, 480]))
        modifier = self.chance.choice([PLAIN, CONTROL, SHIFT])
        event = QWheelEvent(
            place, widget.mapToGlobal(place), QPoint(), turn, Qt.MouseButton.NoButton, modifier,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(widget, event)

    def act(self) -> None:
        """Do something from the table of actions."""
        acts = [act for act in self.window.actions_table.acts if not act.text.startswith(LEAVES)]
        act = self.chance.choices(acts, [0.1 if act.text in SLOW else 1.0 for act in acts])[0]
        self.window.actions_table.by_text[act.text].trigger()

    def resize(self) -> None:
        self.window.resize(self.chance.randint(960, 1600), self.chance.randint(600, 1000))

    def restyle(self) -> None:
        self.window.switch_theme()

    def rescale(self) -> None:
        self.window.set_scale(self.chance.choice([0.8, 1.0, 1.0, 1.25, 2.0]))

    def open_something(self) -> None:
        self.window.files.open_file(self.chance.choice(self._files()))

    def learn(self) -> None:
        """Do something with scenarios, races, the past, kept runs or a lab."""
        self._learner.do()

    def calm_down(self) -> None:
        """Put an experiment that trains in no time in the place of what has come of the form."""
        self.window.files.read(EXPERIMENTS / f"{EASY}.toml", as_new=True)
        self.window.control.limit_speed(None)

    # ------------------------------------------------------------------------------ where

    def _files(self) -> list[Path]:
        broken = self.folder / "broken.toml"
        if not broken.exists():
            broken.write_text("epochs = 'many'\nlayers = [", encoding="utf-8")
        tables = [PRESETS / "data" / "pendulum.csv"]
        scenarios = [*sorted(PRESETS.glob("*.toml"))[:3], *sorted((PRESETS / "labs").glob("*.toml"))]
        kept = sorted((self.window.folder / "recordings").glob("*.labrun"))[:2]
        wrong = [broken, self.folder / "missing.toml"]
        return [*sorted(EXPERIMENTS.glob("*.toml")), *tables, *scenarios, *kept, *wrong]

    def _mouse(self, do: Callable[..., None], button: Qt.MouseButton) -> None:
        widget = self._widget()
        do(widget, button, PLAIN, self._place(widget))

    def _widget(self) -> QWidget:
        """Return a widget that a pointer could be over."""
        top = QApplication.activeModalWidget() or self.chance.choice([self.window, *self._other_windows()])
        shown = [child for child in top.findChildren(QWidget) if child.isVisible() and child.isEnabled()]
        return self.chance.choice(shown) if shown else top

    def _other_windows(self) -> list[QWidget]:
        return [
            widget for widget in QApplication.topLevelWidgets()
            if widget is not self.window and widget.isVisible() and not isinstance(widget, QMenu)
        ]  # fmt: skip

    def _place(self, widget: QWidget) -> QPoint:
        room = QWidget.size(widget)
        x, y = (self.chance.randint(0, max(0, length - 1)) for length in (room.width(), room.height()))
        return QPoint(x, y)

    # ------------------------------------------------------------------------------ what holds up the caller

    def _rescue_soon(self) -> None:
        # A new timer each time: one that is in its own slot does not fire, and what is pressed there may hold it up.
        if self._at_it:
            QTimer.singleShot(RESCUE_MS, self._press_in_what_is_modal)

    def _press_in_what_is_modal(self) -> None:
        self._rescue_soon()
        popup = QApplication.activePopupWidget()
        modal = QApplication.activeModalWidget()
        if popup is not None:
            self._press_in_popup(popup)
        elif modal is not None and self.chance.random() < 0.3:
            QTest.keyClick(modal, Qt.Key.Key_Escape)
        elif modal is not None:
            QTest.keyClick(QApplication.focusWidget() or modal, self.chance.choice(KEYS))

    def _press_in_popup(self, popup: QWidget) -> None:
        steps = self.chance.randint(0, 6)
        for _ in range(steps):
            QTest.keyClick(popup, Qt.Key.Key_Down)
        current = popup.activeAction() if isinstance(popup, QMenu) else None
        leave = current is not None and current.text().startswith(LEAVES)
        QTest.keyClick(popup, Qt.Key.Key_Escape if leave or self.chance.random() < 0.4 else Qt.Key.Key_Return)


@contextmanager
def file_dialogs_answered(folder: Path, chance: random.Random) -> Iterator[None]:
    """Answer the desktop's own file dialogs, which no event reaches, with files of a folder or with Cancel."""
    known = [str(EXPERIMENTS / "digits.toml"), str(PRESETS / "data" / "pendulum.csv")]
    answers = {
        "getOpenFileName": lambda: (chance.choice(known), ""),
        "getSaveFileName": lambda: (str(folder / f"saved-{chance.randint(1, 9)}"), ""),
        "getExistingDirectory": lambda: str(folder),
    }
    before = {name: getattr(QFileDialog, name) for name in answers}
    nothing = {"getOpenFileName": ("", ""), "getSaveFileName": ("", ""), "getExistingDirectory": ""}

    def answering(name: str) -> Callable[..., object]:
        return lambda *_, **__: answers[name]() if chance.random() < 0.5 else nothing[name]

    for name in answers:
        setattr(QFileDialog, name, staticmethod(answering(name)))
    try:
        yield
    finally:
        for name, function in before.items():
            setattr(QFileDialog, name, function)


def run_works(window: MainWindow) -> bool:
    """Tell whether, with an experiment that can be run in the form, Run runs."""
    window.files.read(EXPERIMENTS / f"{EASY}.toml", as_new=True)
    _process_until(lambda: window.control.phase == "ready")
    window.control.limit_speed(None)
    window.transport.run_button.click()
    return _process_until(lambda: window.control.view is not None and window.control.view.history.step > 0)


def process_events() -> None:
    """Let happen what would happen by now; also, as in the program, let go what was told to go.

    Outside an event loop of Qt, `processEvents` never does the latter.
    """
    QApplication.processEvents()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def _process_until(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        process_events()
        time.sleep(0.002)
    return condition()


def main(actions: int, seed: int) -> None:
    """Let the monkey at a window of its own, and print what came of it as one JSON object."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    folder = Path(tempfile.mkdtemp(prefix="convergence-lab-monkey-"))
    os.environ["CONVERGENCE_LAB_STATE"] = str(folder / "state")
    os.chdir(folder)  # a run folder typed at random is a relative one
    faulthandler.enable()
    torch.set_num_threads(1)
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    theme.apply(app, theme.DARK)
    raised: list[str] = []

    def remember(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        raised.append("".join(traceback.format_exception(kind, error, trace)))
        sys.stderr.write(raised[-1])

    sys.excepthook = remember
    window = MainWindow(load(EXPERIMENTS / f"{EASY}.toml"))
    window.show()
    monkey = Monkey(window, folder, seed)
    started = time.monotonic()
    with file_dialogs_answered(folder, monkey.chance):
        monkey.run(actions)
    print(json.dumps({
        "actions": sum(monkey.done.values()), "kinds": monkey.done, "seconds": time.monotonic() - started,
        "raised": raised, "resting": [panel.title for panel in window.panels if panel.resting],
        "reported": window.errors.count, "steps": monkey.steps, "run_works": run_works(window),
    }))  # fmt: skip
    window.close()
    os.chdir(folder.parent)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000, int(sys.argv[2]) if len(sys.argv) > 2 else 1)
