"""Going on, starting over, and the run before: what the transport promises, driven from the window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from gui.documents import Document
from gui.window import MainWindow
from training.progress import Outcome

Open = Callable[..., MainWindow]


def train(qtbot: Any, window: MainWindow, steps: int) -> None:
    if window.control.phase != "playing":
        window.toggle()

    def there() -> bool:
        ended = None not in window.control.view.outcomes and window.control.phase == "finished"
        return ended or window.control.view.history.step >= steps

    qtbot.waitUntil(there, timeout=20_000)


def banner_button(window: MainWindow, text: str) -> QPushButton:
    buttons = [button for button in window.banner.findChildren(QPushButton) if button.text() == text]
    assert len(buttons) == 1
    return buttons[0]


# ------------------------------------------------------------------------------------- the run before


def test_the_run_before_stays_as_a_ghost_and_g_takes_it_away(qtbot: Any, window: MainWindow) -> None:
    train(qtbot, window, 10**9)
    losses = window.control.view.history.evaluations.column("train_loss")[:, 0].copy()
    window.toggle()  # again
    qtbot.waitUntil(lambda: window.control.view.ghost is not None)
    ghost = window.control.view.ghost
    np.testing.assert_array_equal(ghost.history.evaluations.column("train_loss")[:, 0], losses)
    assert ghost.ghost is None
    assert ghost.snapshot is None  # no weights are kept of it
    qtbot.keyClick(window, Qt.Key.Key_G)
    assert window.control.view.ghost is None
    qtbot.waitUntil(lambda: window.control.phase == "finished")
    window.toggle()
    qtbot.waitUntil(lambda: window.control.view.history.step == 0 or window.control.phase == "playing")
    assert window.control.view.ghost is None
    qtbot.keyClick(window, Qt.Key.Key_G)
    assert window.preferences.settings.ghost


def test_a_run_that_has_not_trained_leaves_the_ghost_as_it_was(qtbot: Any, window: MainWindow) -> None:
    train(qtbot, window, 10**9)
    first = window.control.view.history
    for seed in (3, 4):
        window.builder.apply_changes({"seed": seed})
        window.commands.reset()
        qtbot.waitUntil(lambda: window.control.phase == "ready")
    assert window.control.view.ghost is not None
    assert window.control.view.ghost.history is first


def test_another_loss_or_another_document_leaves_no_ghost(qtbot: Any, window: MainWindow) -> None:
    train(qtbot, window, 10**9)
    window.builder.apply_changes({"loss": {"kind": "mse"}})
    window.commands.reset()
    qtbot.waitUntil(lambda: window.control.phase == "ready")
    assert window.control.view.ghost is None
    train(qtbot, window, 10**9)
    window.show_document(Document(window.builder.draft.experiment))
    qtbot.waitUntil(lambda: window.control.phase == "ready")
    assert window.control.view.ghost is None


@pytest.mark.parametrize(("button", "kept"), [("Restart", False), ("Restart, keep the old run as a ghost", True)])
def test_another_network_in_mid_run_offers_to_start_over(
    qtbot: Any, open_window: Open, button: str, kept: bool
) -> None:
    window = open_window(epochs=100_000)
    train(qtbot, window, 50)
    window.builder.apply_changes({"network.hidden": (8, 8, 8)})
    assert "new run" in window.banner.text.text()
    assert len(window.control.view.layer_names) == 3  # goes on as it is
    qtbot.mouseClick(banner_button(window, button), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(window.control.view.layer_names) == 4)
    qtbot.waitUntil(lambda: window.control.phase == "playing")
    assert (window.control.view.ghost is not None) == kept
    assert not window.banner.isVisible()


def test_the_offer_to_start_over_goes_with_undo(qtbot: Any, open_window: Open) -> None:
    window = open_window(epochs=100_000)
    train(qtbot, window, 50)
    window.builder.apply_changes({"network.hidden": (8, 8, 8)})
    assert window.banner.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.builder.draft.experiment.network.hidden == (8, 8)
    assert not window.banner.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert window.builder.draft.experiment.network.hidden == (8, 8, 8)
    assert window.banner.isVisible()


# ------------------------------------------------------------------------------------- going on


def test_a_completed_run_is_extended_and_is_the_same_as_a_longer_one(qtbot: Any, open_window: Open) -> None:
    window = open_window(epochs=4)
    train(qtbot, window, 10**9)
    qtbot.waitUntil(lambda: window.end_banner.epochs_button.isVisible())
    qtbot.mouseClick(window.end_banner.epochs_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.control.view.history.epoch > 4)
    qtbot.waitUntil(lambda: window.control.phase == "finished")
    total = window.builder.draft.experiment.epochs
    assert total > 4
    assert window.control.view.history.epoch == total
    extended = window.control.view.history.evaluations.column("train_loss")[:, 0].copy()
    longer = open_window(epochs=total)
    train(qtbot, longer, 10**9)
    np.testing.assert_array_equal(longer.control.view.history.evaluations.column("train_loss")[:, 0], extended)


def test_more_patience_lets_a_run_that_was_stopped_early_go_on(qtbot: Any, open_window: Open) -> None:
    window = open_window(
        epochs=100_000, stopping__early__enabled=True, stopping__early__patience=3, optimizer__lr=0.05
    )
    train(qtbot, window, 10**9)
    outcome = window.control.view.outcomes[0]
    assert isinstance(outcome, Outcome)
    assert outcome.reason == "early_stopped"
    ended = outcome.step
    qtbot.mouseClick(window.end_banner.patience_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.control.view.history.step > ended, timeout=20_000)


def test_run_to_an_epoch_and_ten_epochs_stop_where_they_say(qtbot: Any, open_window: Open) -> None:
    window = open_window(epochs=100)
    window.transport.run_to_epoch.emit(7)
    qtbot.waitUntil(lambda: window.control.phase == "paused" and window.control.view.history.epoch == 7)
    qtbot.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: window.control.phase == "paused" and window.control.view.history.epoch == 17)


def test_a_new_seed_starts_over_with_other_weights(qtbot: Any, window: MainWindow) -> None:
    before, weights = window.builder.draft.experiment.seed, window.control.view.snapshot.params.copy()
    qtbot.keyClick(window, Qt.Key.Key_N)
    qtbot.waitUntil(lambda: window.control.view.experiment.seed != before)
    assert window.transport.seed.accessibleName() == f"Seed {window.builder.draft.experiment.seed}"
    assert not np.array_equal(window.control.view.snapshot.params, weights)
    window.builder.undo()
    assert window.builder.draft.experiment.seed == before


def test_the_speed_limit_holds_for_this_run_and_the_next(qtbot: Any, open_window: Open) -> None:
    window = open_window(epochs=100_000)
    window.transport.speed_limit_changed.emit(5.0)
    train(qtbot, window, 2)
    assert window.control.session.speed_limit == 5.0
    assert window.control.view.history.step < 20
    window.commands.reset()
    qtbot.waitUntil(lambda: window.control.phase == "ready")
    assert window.control.session.speed_limit == 5.0
    window.transport.speed_limit_changed.emit(None)
    train(qtbot, window, 200)
