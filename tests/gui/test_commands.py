"""Commands meet runs that are not ready for them: still loading, just ended, refused; and edits in groups."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit

from gui import theme, trainer
from gui.documents import Document
from gui.preferences import Preferences
from gui.window import MainWindow
from training.errors import ExperimentError, Problem
from training.experiment import Experiment
from training.validation import replace

Open = Callable[..., MainWindow]
PLATEAU, GRADIENT = "stopping.criteria.loss_plateau.action", "stopping.criteria.gradient_norm.action"


def change(window: MainWindow, key: str, value: Any) -> None:
    """Change a value as a control of the form does."""
    window.builder._on_edited(key, value)
    window.builder._on_committed(key)


def wait_for(qtbot: Any, window: MainWindow, *phases: str) -> None:
    qtbot.waitUntil(lambda: window.control.phase in phases, timeout=20_000)
    window._tick()


def said(window: MainWindow) -> str:
    return " ".join(label.text() for label in window.end_banner.findChildren(QLabel))


def steps_done(window: MainWindow) -> int:
    return window.control.view.history.step if window.control.view is not None else -1


# ------------------------------------------------------------------------------------- while loading


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Return a gate that holds up every preparation of a run while it is closed."""
    gate, original = threading.Event(), trainer.Engine
    gate.set()

    def engine(*arguments: Any) -> Any:
        gate.wait(20)
        return original(*arguments)

    monkeypatch.setattr(trainer, "Engine", engine)
    return gate


@pytest.mark.parametrize("play", [True, False])
def test_a_network_changed_while_its_run_is_prepared_is_the_one_that_trains(
    qtbot: Any, open_window: Open, gate: threading.Event, play: bool
) -> None:
    window = open_window(epochs=3)
    data = window.control.view.data
    gate.clear()
    window.commands.reset()
    change(window, "network.hidden", [7])
    if play:
        window.toggle()
    gate.set()
    qtbot.waitUntil(lambda: window.control.view.experiment.network.hidden == (7,))
    wait_for(qtbot, window, "finished" if play else "ready")
    assert window.control.view.experiment.network.hidden == (7,)
    assert window.control.view.snapshot.architecture.hidden == (7,)
    assert steps_done(window) > 0 if play else steps_done(window) == 0
    assert window.control.view.data is data  # not loaded again


def test_other_data_chosen_while_loading_are_loaded_at_once(
    qtbot: Any, open_window: Open, gate: threading.Event
) -> None:
    window = open_window()
    gate.clear()
    window.commands.reset()
    first = window.control._thread
    change(window, "data.samples", 60)
    qtbot.waitUntil(lambda: window.control._thread is not first)  # although the first is still at work
    gate.set()
    wait_for(qtbot, window, "ready")
    assert len(window.control.view.data.dataset.x) == 60


def test_stopping_while_the_run_is_prepared_is_said_and_can_be_taken_back(
    qtbot: Any, open_window: Open, gate: threading.Event
) -> None:
    window = open_window(epochs=3)
    gate.clear()
    window.commands.reset()
    window.commands.stop()
    wait_for(qtbot, window, "none")
    qtbot.waitUntil(lambda: "Stopped" in said(window))
    gate.set()
    window.toggle()
    wait_for(qtbot, window, "finished")


def test_a_rate_changed_while_the_run_is_prepared_reaches_it(
    qtbot: Any, open_window: Open, gate: threading.Event
) -> None:
    window = open_window()
    gate.clear()
    window.commands.reset()
    change(window, "optimizer.lr", 0.5)
    gate.set()
    wait_for(qtbot, window, "ready")
    qtbot.waitUntil(lambda: window.control.view.experiment.optimizer.lr == 0.5)


# ------------------------------------------------------------------------------------- edits


def test_edits_that_only_fit_together_go_together(qtbot: Any, open_window: Open) -> None:
    window = open_window(replace(Experiment(), {
        "epochs": 100_000, PLATEAU: "stop", GRADIENT: "stop", "stopping.criteria.combine": "k", "data.samples": 120,
        "stopping.criteria.k": 2, "stopping.early.enabled": False, "optimizer.lr": 1e-9,
    }))  # fmt: skip
    window.commands.step_once()
    wait_for(qtbot, window, "paused")
    change(window, GRADIENT, "off")
    assert not window.builder.draft.valid  # k = 2 of one criterion
    change(window, "stopping.criteria.combine", "any")
    assert window.builder.draft.valid
    qtbot.waitUntil(lambda: len(window.control.view.edits) == 2)
    assert window.control.view.experiment.stopping == window.builder.draft.experiment.stopping
    assert {edit.step for edit in window.control.view.edits} == {1}
    assert not window.control.editing
    assert not window.commands.waiting()


def test_a_refused_edit_is_taken_back_alone_and_not_sent_again(qtbot: Any, open_window: Open) -> None:
    window = open_window(replicas=3, epochs=100_000)
    window.commands.step_once()
    wait_for(qtbot, window, "paused")
    control = window.control
    control.session.edit({"optimizer.lr": -1})  # past the form, which would not let it through
    control.edit({"regularization.l2": 0.01})
    qtbot.waitUntil(lambda: len(control.view.edits) == 1)
    qtbot.waitUntil(lambda: "optimizer.lr" in control.refused_edits)
    assert "Not changed" in window.banner.text.text()
    assert control.asked.regularization.l2 == 0.01
    assert control.asked.optimizer.lr == window.builder.draft.experiment.optimizer.lr
    assert control.asked.replicas == control.view.experiment.replicas == 3


def test_what_the_run_does_not_take_waits_for_a_reset(
    qtbot: Any, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.commands.step_once()
    wait_for(qtbot, window, "paused")
    engine = window.control.session.engine
    original = engine.edit

    def picky(changes: Any) -> Any:
        if "batch_size" in changes:
            raise ExperimentError([Problem("batch_size", "too much for the memory")])
        return original(changes)

    monkeypatch.setattr(engine, "edit", picky)
    change(window, "batch_size", 64)
    qtbot.waitUntil(lambda: window.commands.waiting() == {"batch_size"})
    change(window, "optimizer.lr", 0.25)  # is not held back by what was refused before
    qtbot.waitUntil(lambda: window.control.view.experiment.optimizer.lr == 0.25)
    window.commands.reset()
    wait_for(qtbot, window, "ready")
    assert window.control.view.experiment.batch_size == 64
    assert not window.commands.waiting()


# ------------------------------------------------------------------------------------- ended runs


def test_more_epochs_and_run_in_one_go_continue_the_run(qtbot: Any, window: MainWindow) -> None:
    window.toggle()
    wait_for(qtbot, window, "finished")
    view = window.control.view
    change(window, "epochs", 9)
    window.toggle()
    qtbot.waitUntil(lambda: view.history.epoch == 9, timeout=10_000)
    assert window.control.view is view


def test_an_edit_that_reopens_nothing_and_run_in_one_go_start_again(qtbot: Any, window: MainWindow) -> None:
    window.toggle()
    wait_for(qtbot, window, "finished")
    view = window.control.view
    change(window, "optimizer.lr", 0.25)
    window.toggle()
    qtbot.waitUntil(lambda: window.control.view is not view, timeout=10_000)
    wait_for(qtbot, window, "finished")
    assert window.control.view.experiment.optimizer.lr == 0.25


def test_more_patience_lets_an_early_stopped_run_continue(qtbot: Any, open_window: Open) -> None:
    window = open_window(
        epochs=1000, optimizer__method="sgd", optimizer__lr=0.0, stopping__early__enabled=True,
        stopping__early__patience=2,
    )
    window.toggle()
    wait_for(qtbot, window, "finished")
    stood = steps_done(window)
    change(window, "stopping.early.patience", 50)
    qtbot.waitUntil(lambda: window.transport.run_button.text() == "Continue")
    window.toggle()
    qtbot.waitUntil(lambda: steps_done(window) > stood)


def test_keys_do_what_the_buttons_would(qtbot: Any, open_window: Open) -> None:
    window = open_window(epochs=100_000)
    window.toggle()
    qtbot.waitUntil(lambda: steps_done(window) > 5)
    qtbot.waitUntil(lambda: not window.transport.epoch_button.isEnabled())
    for code in (Qt.Key.Key_E, Qt.Key.Key_Right):
        qtbot.keyClick(QApplication.focusWidget() or window, code)
    qtbot.wait(150)
    assert window.control.phase == "playing"  # neither of them paused it


@pytest.mark.parametrize("press", ["run", "reset"])
def test_a_refused_run_can_be_tried_again(
    qtbot: Any, window: MainWindow, monkeypatch: pytest.MonkeyPatch, press: str
) -> None:
    def refuse(*_: Any) -> Any:
        raise ExperimentError([Problem("data.path", "cannot be read")])

    original = trainer.Engine
    monkeypatch.setattr(trainer, "Engine", refuse)
    window.commands.reset()
    wait_for(qtbot, window, "refused")
    assert "cannot be read" in window.banner.text.text()
    assert window.transport.run_button.isEnabled()
    monkeypatch.setattr(trainer, "Engine", original)
    if press == "run":
        window.toggle()
        wait_for(qtbot, window, "finished")
    else:
        qtbot.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_R)
        wait_for(qtbot, window, "ready")
    assert not window.banner.isVisible()


# ------------------------------------------------------------------------------------- populations


def test_a_population_is_said_to_be_one(qtbot: Any, open_window: Open) -> None:
    window = open_window(replicas=3, epochs=100_000)
    window.resize(1440, 900)
    assert window.control.view.experiment == window.builder.draft.experiment
    window.toggle()
    qtbot.waitUntil(lambda: steps_done(window) > 20)
    window.toggle()
    wait_for(qtbot, window, "paused")
    qtbot.waitUntil(lambda: "(replica 1 of 3)" in window.end_banner.sentence.text())
    assert window.gradients.axes.note == "replica 1 of 3"
    for panel in (window.boundary, window.network, window.confusion):
        window.board.show_panel(panel)
        assert panel.isVisible()
        assert "1 of 3" in panel.figure_label.text(), panel.title
        assert panel.title_label.toolTip().endswith("Shows replica 1 of 3")
    change(window, "optimizer.lr", 0.125)
    qtbot.waitUntil(lambda: window.control.view.experiment.optimizer.lr == 0.125)
    assert window.control.view.experiment.replicas == 3


def test_snapshots_are_paced_by_what_they_cost(window: MainWindow) -> None:
    window.control._snapshot_seconds = 1e-6
    assert window.control.snapshot_pause == pytest.approx(0.08)
    window.control._snapshot_seconds = 0.1
    assert window.control.snapshot_pause == pytest.approx(5.0)


# ------------------------------------------------------------------------------------- what is remembered


def test_an_imported_table_is_not_saved_yet() -> None:
    experiment = Experiment()
    document = Document(experiment, unsaved=True)
    assert document.saved is None
    assert document.differs_from(experiment)
    assert not Document(experiment).differs_from(experiment)


def test_saving_makes_an_import_saved(window: MainWindow, tmp_path: Path) -> None:
    window.show_document(Document(replace(Experiment(), {"epochs": 2}), unsaved=True))
    assert window.isWindowModified()
    assert window.files.save_to(tmp_path / "table.toml")
    assert not window.isWindowModified()


def test_the_theme_chosen_is_kept(qtbot: Any, window: MainWindow, state_folder: Path) -> None:
    assert Preferences(state_folder).settings.theme == "system"
    window.switch_theme()
    assert theme.named(Preferences(state_folder).settings.theme) is theme.LIGHT
    window.switch_theme()
    assert theme.named(Preferences(state_folder).settings.theme) is theme.DARK


@pytest.mark.parametrize("key", [Qt.Key.Key_R, Qt.Key.Key_S, Qt.Key.Key_E, Qt.Key.Key_Right, Qt.Key.Key_Space])
def test_after_enter_a_number_leaves_the_keys_to_the_window(qtbot: Any, window: MainWindow, key: Qt.Key) -> None:
    window.builder.reveal("optimizer.lr")
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit)
    field.selectAll()
    qtbot.keyClicks(field, "0.02")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.control.phase == "ready")
    qtbot.keyClick(field, key)
    assert field.text() == "0.02"
    assert window.builder.draft.valid
    if key == Qt.Key.Key_Space:
        qtbot.waitUntil(lambda: window.control.phase in ("playing", "finished"))
    elif key in (Qt.Key.Key_E, Qt.Key.Key_Right):
        qtbot.waitUntil(lambda: window.control.session is not None and window.control.session.engine.step > 0)


def test_another_method_waits_for_a_reset_and_other_edits_still_arrive(qtbot: Any, open_window: Open) -> None:
    window = open_window(epochs=100_000)
    window.toggle()
    qtbot.waitUntil(lambda: steps_done(window) > 0)
    change(window, "optimizer.method", "sgd")
    change(window, "batch_size", 24)
    qtbot.waitUntil(lambda: window.control.session is not None and window.control.session.engine.batch_size == 24)
    assert "optimizer.method" in window.commands.waiting()
    window.commands.reset()
    wait_for(qtbot, window, "ready")
    assert window.control.session is not None
    assert window.control.session.engine.experiment.optimizer.method == "sgd"
