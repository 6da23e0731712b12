"""Every action of the window in one table: what it is called, its keys, and where it stands in the menu."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

if TYPE_CHECKING:
    from gui.file_actions import FileActions
    from gui.window import MainWindow

KEYS_IN_FIELDS = (
    ("↑ ↓", "In a number: the next one up or down"), ("Enter", "Apply what was typed; press a focused button"),
    ("Esc", "Take back what was typed"), ("Tab", "The next control"), ("Shift+Tab", "The one before"),
)  # fmt: skip
KEYS_IN_VIEWS: dict[str, tuple[tuple[str, str], ...]] = {
    "In the list of layers": (("Alt+↑ ↓", "Move the layer up or down"),),
    "On a panel's title": (
        ("Enter", "Enlarge the panel, or put it back"), ("Esc", "Put it back"),
        ("↓", "On the pill smooth: choose how much"), ("← →", "On a pill of which one is on: the next one"),
    ),
    "In the network": (
        ("Ctrl+← →", "Select the layer before or after"), ("Esc", "Select none"),
        ("+ −", "One unit more or less"), ("Enter", "Type the number of units"),
        ("Insert", "Add a layer behind this one"), ("Ctrl+D", "Duplicate the layer"), ("Delete", "Remove the layer"),
        ("Ctrl+Shift+← →", "Move the layer"), ("Shift+F10", "All of that, and the activation"),
    ),
    "In a plot": (
        ("+ −", "Zoom in or out"), ("Ctrl+← → ↑ ↓", "Move what is shown"), ("Home", "All again"),
        ("Alt+← →", "Read out values, in all plots over time"),
        ("Enter", "In the decision boundary: list the samples"),
    ),
    "In the panel Why": (
        ("↑ ↓", "Another finding"), ("Enter", "Show the moment at which it, or the evidence in focus, begins"),
    ),
    "In the confusion matrix": (("← → ↑ ↓", "The next cell"), ("Enter", "List the samples of the cell")),
    "On a criterion": (
        ("Enter or F2", "Change the threshold"), ("↑ ↓", "While changing it: step by step (Shift: ten times)"),
        ("Esc", "Leave it as it was"),
    ),
    "In the list of samples": (("F5", "Ask the network as it is now"), ("Ctrl+C", "Copy what is listed")),
    "When importing a CSV file": (("F5", "Read the file again"),),
    "In the log": (
        ("Ctrl+F", "Search"), ("Ctrl+C", "Copy what is chosen"), ("Ctrl+S", "Save as text"), ("Ctrl+W", "Close"),
    ),
    "In the guided tour": (("→ ←", "On, or back"), ("Esc", "Skip the rest")),
}  # fmt: skip


PANELS = "Panels"
IN_USE = "Panel in use"
SCALE_STEP = 0.1


@dataclass(frozen=True)
class Act:
    """Something a person can do.

    Attributes
    ----------
    group
        Heading in the list of shortcuts, and the submenu.
    keys
        As `QKeySequence` reads them; the first is shown.
    auto_repeat
        Whether holding the keys down does it again and again.
    on
        For something that is on or off: tells which.
    works
        Tells whether it would do anything now; the menu asks before it opens.
    """

    group: str
    text: str
    keys: tuple[str, ...]
    do: Callable[[], object]
    auto_repeat: bool = False
    on: Callable[[], bool] | None = None
    works: Callable[[], bool] = field(default=lambda: True)


def acts_of(window: MainWindow) -> list[Act]:
    """Return what can be done in a window."""
    files, commands, side = window.files, window.commands, window.side_windows

    def may_step() -> bool:
        return window.driver.may_step()

    def has_ended() -> bool:
        return window.driver.has_ended()

    return [
        Act("Run", "Run or pause", ("Space",), lambda: window.driver.toggle()),
        Act("Run", "One step", ("Right",), lambda: window.driver.step_once(), auto_repeat=True, works=may_step),
        Act("Run", "One epoch", ("E",), lambda: window.driver.run_epoch(), works=may_step),
        Act("Run", "Ten epochs", ("Shift+E",), lambda: window.driver.run_epochs(10), works=may_step),
        Act("Run", "Run to an epoch…", ("Ctrl+E",), lambda: window.transport.ask_epoch(), works=may_step),
        Act("Run", "Stop", ("S",), lambda: window.driver.stop(), works=lambda: window.driver.may_stop()),
        Act("Run", "Reset to the same start", ("R",), lambda: window.driver.reset()),
        Act("Run", "New seed", ("N",), lambda: window.driver.new_seed()),
        Act("Run", "More epochs", ("X",), lambda: window.driver.extend_by_half(), works=has_ended),
        Act("Run", "More patience", ("Shift+X",), lambda: window.driver.be_twice_as_patient(), works=has_ended),
        Act("Run", "Slower", ("[",), lambda: window.transport.slower()),
        Act("Run", "Faster", ("]",), lambda: window.transport.faster()),
        Act("File", "New experiment", ("Ctrl+N",), files.new),
        Act("File", "Open an experiment…", ("Ctrl+O",), files.ask_open),
        Act("File", "Open a CSV file of your own…", ("Ctrl+Shift+O",), files.ask_open_csv),
        Act("File", "Save", ("Ctrl+S",), files.save),
        Act("File", "Save as…", ("Ctrl+Shift+S",), files.save_as),
        Act("File", "Save the run's results", ("Ctrl+Shift+R",), window.save_run, works=commands.has_trained),
        Act("File", "Preferences…", ("Ctrl+,",), side.preferences),
        Act("File", "Quit", ("Ctrl+Q",), window.close),
        Act("Edit", "Undo", ("Ctrl+Z",), lambda: window.builder.undo(), works=lambda: window.builder.can_undo),
        Act("Edit", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), lambda: window.builder.redo(),
            works=lambda: window.builder.can_redo),
        Act("Edit", "Go to the learning rate", ("Ctrl+L",), lambda: window.builder.reveal("optimizer.lr")),
        Act("View", "Maximize or restore a panel", ("F9", "Ctrl+M"), window.toggle_maximized),
        Act("View", "Form at the left", ("Ctrl+B",), window.toggle_form, on=lambda: window.workspace.left.isVisible()),
        Act("View", "Run before, as a ghost", ("G",), window.toggle_ghost, on=lambda: window.control.keep_ghost),
        Act("View", "Projector mode", ("F11",), lambda: window.set_projector(not window.projector),
            on=lambda: window.projector),
        Act("View", "Dark or light", ("Ctrl+T",), window.switch_theme),
        Act("View", "Larger", ("Ctrl++", "Ctrl+="), lambda: window.set_scale(window.scale + SCALE_STEP)),
        Act("View", "Smaller", ("Ctrl+-",), lambda: window.set_scale(window.scale - SCALE_STEP)),
        Act("View", "Usual size", ("Ctrl+0",), lambda: window.set_scale(1.0)),
        Act("View", "Default arrangement", ("Ctrl+Shift+D",), lambda: window.board.restore_default()),
        *_panel_acts(window),
        *_acts_on_the_panel_in_use(window),
        *(act for feature in window.features for act in feature.acts()),
        Act("Help", "Keyboard shortcuts", ("F1",), side.shortcuts),
        Act("Help", "Guided tour", ("Shift+F1",), window.take_tour),
        Act("Help", "Check this computer…", ("Ctrl+F1",), side.self_test),
        Act("Help", "Log", ("F12",), side.log),
        Act("Help", "About", ("Ctrl+Shift+F1",), side.about),
        Act("Help", "Menu", ("F10",), lambda: window.transport.menu_button.click()),
    ]


def _panel_acts(window: MainWindow) -> list[Act]:
    """Return an act for each panel, which shows or hides it."""
    return [
        Act(PANELS, panel.title, (panel.shortcut or f"Ctrl+{number}",),
            lambda name=panel.name: window.toggle_panel(name),
            on=lambda name=panel.name: window.board.counts_as_shown(window.board.panels[name]))
        for number, panel in enumerate(window.panels, start=1)
    ]  # fmt: skip


def _acts_on_the_panel_in_use(window: MainWindow) -> list[Act]:
    """Return what can be done with the panel that has the focus, or is under the pointer."""

    def export(kind: str) -> Callable[[], object]:
        return lambda: window.export(window.panel_in_use(), kind)

    def move(way: str) -> Callable[[], object]:
        return lambda: window.move_panel(window.panel_in_use(), way)

    return [
        Act(IN_USE, "Save as PNG…", ("Ctrl+Alt+P",), export("png")),
        Act(IN_USE, "Save as SVG…", ("Ctrl+Alt+V",), export("svg")),
        Act(IN_USE, "Save as CSV…", ("Ctrl+Alt+C",), export("csv")),
        Act(IN_USE, "Copy the picture", ("Ctrl+Shift+P",), export("picture")),
        Act(IN_USE, "Copy the figures", ("Ctrl+Shift+C",), export("figures")),
        Act(IN_USE, "Move to the left", ("Ctrl+Alt+Left",), move("left")),
        Act(IN_USE, "Move to the right", ("Ctrl+Alt+Right",), move("right")),
        Act(IN_USE, "Move up", ("Ctrl+Alt+Up",), move("up")),
        Act(IN_USE, "Move down", ("Ctrl+Alt+Down",), move("down")),
    ]


class Actions:
    """The acts of a window as Qt actions, so that their keys work wherever the focus is.

    Attributes
    ----------
    by_text
        Each action by its text.
    """

    def __init__(self, window: MainWindow) -> None:
        self.acts = acts_of(window)
        self.by_text: dict[str, QAction] = {}
        for act in self.acts:
            action = QAction(act.text, window)
            action.setShortcuts([QKeySequence(keys) for keys in act.keys])
            action.setAutoRepeat(act.auto_repeat)
            action.setCheckable(act.on is not None)
            action.triggered.connect(lambda _=False, act=act: act.do())
            window.addAction(action)
            self.by_text[act.text] = action

    def make_menu(self, menu: QMenu, files: FileActions) -> None:
        """Fill the menu of the window."""
        self.fill(menu, "File", between=(
            ("New experiment", files.presets_menu), ("Open a CSV file of your own…", files.recent_menu),
        ))  # fmt: skip
        menu.addSeparator()
        panels, in_use = QMenu(PANELS, menu), QMenu(IN_USE, menu)
        self.fill(panels, PANELS)
        self.fill(in_use, IN_USE)
        for group in ("Run", "Edit", "View", "Help"):
            submenu = QMenu(group, menu)
            self.fill(submenu, group, between=(("Default arrangement", panels), ("Usual size", in_use)))
            menu.addMenu(submenu)
        menu.aboutToShow.connect(self.look)
        menu.aboutToHide.connect(self.enable_all)

    def fill(self, menu: QMenu, group: str, *, between: Sequence[tuple[str, QMenu]] = ()) -> None:
        """Add the actions of a group to a menu; each of `between` is a submenu that follows the action named."""
        after = dict(between)
        for act in self.acts:
            if act.group == group:
                menu.addAction(self.by_text[act.text])
                if act.text in after:
                    menu.addMenu(after[act.text])

    def look(self) -> None:
        """Show what works now and what is on: a menu is about to open."""
        for act in self.acts:
            action = self.by_text[act.text]
            action.setEnabled(act.works())
            if act.on is not None:
                action.setChecked(act.on())

    def enable_all(self) -> None:
        """Let all keys work again: what works may change without any menu noticing."""
        for action in self.by_text.values():
            action.setEnabled(True)

    def shortcuts(self) -> dict[str, list[tuple[str, str]]]:
        """Return the list of shortcuts: rows of (keys, text) by group."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for act in self.acts:
            groups.setdefault(act.group, []).append((shown_keys(act.keys), act.text.rstrip("…")))
        groups["In the form"] = list(KEYS_IN_FIELDS)
        groups.update({group: list(rows) for group, rows in KEYS_IN_VIEWS.items()})
        return groups


def shown_keys(keys: tuple[str, ...]) -> str:
    """Return keys as a person reads them."""
    return " or ".join(_shown(combination) for combination in keys)


def _shown(combination: str) -> str:
    *modifiers, key = combination.replace("++", "+Plus").split("+")
    return "+".join([*modifiers, {"Right": "→", "Plus": "+", "-": "−"}.get(key, key)])
