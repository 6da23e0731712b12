"""The timeline in the window: dragged, stepped, played back and forked as a person does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt, QThread
from PySide6.QtTest import QTest

from gui.timeline import moment_thread
from gui.timeline.playback import Speed
from gui.timeline.time_travel import TimeTravel
from gui.window import MainWindow
from training.engine import Engine
from training.errors import InputError
from training.progress import STOP
from training.timeline.moments import Moment

Open = Callable[..., MainWindow]
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def trained(open_window: Open, qtbot: Any) -> MainWindow:
    """Return a window whose run has ended after 60 steps, 12 epochs, with its learning rate changed after 20."""
    window = open_window(epochs=12, batch_size=17)
    window.control.run_to_epoch(4)
    qtbot.waitUntil(lambda: window.control.phase == "paused" and at(window) == 20)
    window.builder.apply_changes({"optimizer.lr": 0.05})
    qtbot.waitUntil(lambda: len(window.control.view.edits) == 1)
    to_the_end(window, qtbot)
    return window


def at(window: MainWindow) -> int:
    assert window.control.view is not None
    return window.control.view.history.step


def to_the_end(window: MainWindow, qtbot: Any) -> None:
    window.toggle()
    track = travel(window).bar.track  # where the handle can be dragged to comes a little later than the run
    qtbot.waitUntil(lambda: window.control.phase == "finished" and track.shown.now == 60 and not track.shown.growing)


def travel(window: MainWindow) -> TimeTravel:
    return window.feature(TimeTravel)


def moment(window: MainWindow) -> Moment | None:
    assert window.control.view is not None
    return window.control.view.moment


def wait_for(window: MainWindow, qtbot: Any, step: int) -> Moment:
    qtbot.waitUntil(lambda: moment(window) is not None and moment(window).step == step)
    found = moment(window)
    assert found is not None
    return found


def drag(window: MainWindow, *steps: float) -> None:
    track = travel(window).bar.track
    places = [QPoint(round(track.x_of(step)), 12) for step in steps]
    QTest.mousePress(track, LEFT, Qt.KeyboardModifier.NoModifier, places[0])
    for place in places[1:]:
        QTest.mouseMove(track, place)
    QTest.mouseRelease(track, LEFT, Qt.KeyboardModifier.NoModifier, places[-1])


def as_it_was(window: MainWindow, step: int) -> Engine:
    """Train an engine of its own to a step, with the edits of the run."""
    view = window.control.view
    assert view is not None
    assert view.original is not None
    engine = Engine(view.original, view.data)
    for edit in view.edits:
        while engine.step < edit.step and edit.step <= step:
            engine.advance(edit.step - engine.step)
        if edit.step <= step:
            engine.edit({edit.key: edit.value})
    while engine.step < step:
        engine.advance(step - engine.step)
    return engine


def test_dragging_shows_that_moment_in_every_view_and_a_key_leads_back_to_now(trained: MainWindow, qtbot: Any) -> None:
    window, view = trained, trained.control.view
    assert view is not None
    drag(window, 60, 45, 13)
    shown = wait_for(window, qtbot, 13)
    expected = as_it_was(window, 13)
    np.testing.assert_array_equal(shown.snapshot.params, expected.snapshot().params)
    qtbot.waitUntil(lambda: window.boundary.prediction.snapshot is shown.snapshot)
    assert window.network.telling.snapshot is shown.snapshot
    norms = view.history.layers("weight_grad_norm", first=13, last=13).low[0]
    np.testing.assert_array_equal(window.network.diagram.bars.norms, norms)
    qtbot.waitUntil(lambda: "step 13" in window.transport.figures.accessibleName())
    assert "not now" in window.transport.figures.accessibleName()
    assert shown.evaluation is not None
    assert shown.evaluation.step == 10
    for state in shown.criteria:
        assert repr(window.criteria.cards[state.name].state) == repr(state)
    assert "Epoch 2.61 – not now" in window.end_banner.heading.text()
    assert any("not now" in mark.tip for mark in window.curves.axes.marks)
    assert any(mark.x == 13 and "not now" in mark.tip for mark in window.layer_map.axes.marks)
    assert any("not now" in label.text for label, *_ in travel(window).bar.track.labels())
    qtbot.keyClick(window, Qt.Key.Key_Period)
    assert view.moment is None
    qtbot.waitUntil(lambda: window.network.telling.snapshot is view.snapshot)
    qtbot.waitUntil(lambda: "step 60" in window.transport.figures.accessibleName())
    assert "not now" not in window.end_banner.heading.text()
    assert not any("not now" in mark.tip for mark in window.curves.axes.marks)
    latest = view.history.evaluations.latest
    assert latest is not None
    assert [repr(card.state) for card in window.criteria.cards.values()] == [repr(each) for each in latest.criteria[0]]


def test_keys_walk_through_the_run(trained: MainWindow, qtbot: Any) -> None:
    track = travel(trained).bar.track
    drag(trained, 30)
    wait_for(trained, qtbot, 30)
    track.setFocus()
    for key, step in (
        (Qt.Key.Key_Left, 29), (Qt.Key.Key_Right, 30), (Qt.Key.Key_PageUp, 35), (Qt.Key.Key_PageDown, 30),
        (Qt.Key.Key_Home, 0), (Qt.Key.Key_Right, 1),
    ):  # fmt: skip
        qtbot.keyClick(track, key)
        shown = wait_for(trained, qtbot, step)
        np.testing.assert_array_equal(shown.snapshot.params, as_it_was(trained, step).snapshot().params)
        qtbot.waitUntil(lambda step=step: f"step {step}: past" in track.accessibleDescription())
    qtbot.keyClick(track, Qt.Key.Key_End)
    assert moment(trained) is None
    qtbot.waitUntil(lambda: track.accessibleDescription() == "Now: epoch 12, step 60")
    assert at(trained) == 60  # the key that makes a step of the run has made none


def test_a_key_goes_back_epoch_by_epoch(trained: MainWindow, qtbot: Any) -> None:
    drag(trained, 13)
    wait_for(trained, qtbot, 13)
    for step in (10, 5, 0, 0):
        qtbot.keyClick(trained, Qt.Key.Key_Comma)
        assert wait_for(trained, qtbot, step).epoch == step / 5


def test_shift_click_in_a_plot_over_time_goes_to_that_moment(trained: MainWindow, qtbot: Any) -> None:
    qtbot.waitUntil(lambda: trained.gradients.axes.limits[0][1] == 60)
    axes = trained.gradients.axes
    x, y = axes.to_pixels(np.array([40.0]), np.array([sum(axes.limits[1]) / 2]))
    qtbot.mouseClick(axes, LEFT, Qt.KeyboardModifier.ShiftModifier, QPoint(round(x[0]), round(y[0])))
    qtbot.waitUntil(lambda: moment(trained) is not None)
    assert moment(trained).step == pytest.approx(40, abs=1)


def test_the_run_is_played_back_from_its_start_until_now(trained: MainWindow, qtbot: Any) -> None:
    seen: list[int] = []
    travel(trained).bar.speed_chosen.emit(Speed(seconds=3))
    qtbot.keyClick(trained, Qt.Key.Key_P)
    assert moment_asked(trained) == 0

    def over() -> bool:
        if moment(trained) is not None:
            seen.append(moment(trained).step)
        return not travel(trained).playback.on

    qtbot.waitUntil(over, timeout=20_000)
    assert seen == sorted(seen)
    assert len(set(seen)) >= 4
    assert moment(trained) is None
    hold_and_go_on(trained, qtbot)


def hold_and_go_on(window: MainWindow, qtbot: Any) -> None:
    time_travel, button = travel(window), travel(window).bar.play_button
    time_travel.bar.speed_chosen.emit(Speed(steps_per_second=100))
    qtbot.mouseClick(button, LEFT)
    qtbot.waitUntil(lambda: moment(window) is not None and moment(window).step >= 3)
    qtbot.mouseClick(button, LEFT)
    assert not time_travel.playback.on
    held = wait_for(window, qtbot, moment_asked(window))
    qtbot.mouseClick(button, LEFT)
    qtbot.waitUntil(lambda: moment(window) is not None and moment(window).step > held.step)


def test_an_unchanged_fork_trained_on_is_the_run(trained: MainWindow, qtbot: Any) -> None:
    window, original = trained, trained.control.view
    assert original is not None
    final = as_it_was(window, 60).snapshot().params
    drag(window, 33)
    wait_for(window, qtbot, 33)
    qtbot.keyClick(window, Qt.Key.Key_F)
    qtbot.waitUntil(lambda: window.control.view is not original)
    fork = window.control.view
    assert fork is not None
    assert (window.control.phase, fork.history.step, fork.forked_at, fork.moment) == ("paused", 33, 33, None)
    assert fork.original is original.original
    assert fork.edits == original.edits
    assert fork.experiment == original.experiment
    assert fork.ghost is not None
    assert fork.ghost.history is original.history
    assert window.commands.waiting() == frozenset()
    qtbot.waitUntil(lambda: window.end_banner.heading.text().startswith("Forked at epoch "))
    travel(window).go_to(17)  # what came before the fork is its past too
    np.testing.assert_array_equal(wait_for(window, qtbot, 17).snapshot.params, as_it_was(window, 17).snapshot().params)
    to_the_end(window, qtbot)
    assert fork.edits == original.edits
    for name in ("batch_loss", "lr", "grad_norm"):
        np.testing.assert_array_equal(fork.history.series(name).low, original.history.series(name).low)
    for name in ("epoch", "val_loss", "parameter_change", "waited"):
        kept = original.history.evaluations.column(name)
        np.testing.assert_array_equal(fork.history.evaluations.column(name), kept)
    assert repr(fork.outcomes) == repr(original.outcomes)
    qtbot.waitUntil(lambda: fork.snapshot is not None and fork.snapshot.step == 60)
    np.testing.assert_array_equal(fork.snapshot.params, final)


def test_a_fork_before_an_edit_has_the_form_of_then_and_goes_its_own_way(trained: MainWindow, qtbot: Any) -> None:
    window, original = trained, trained.control.view
    drag(window, 11)
    wait_for(window, qtbot, 11)
    qtbot.mouseClick(travel(window).bar.fork_button, LEFT)
    qtbot.waitUntil(lambda: window.control.view is not original)
    fork = window.control.view
    assert fork is not None
    assert fork.edits == []
    assert window.builder.draft.get("optimizer.lr") == fork.experiment.optimizer.lr != 0.05
    window.builder.apply_changes({"batch_size": 8})
    qtbot.waitUntil(lambda: len(fork.edits) == 1)
    window.toggle()
    qtbot.waitUntil(lambda: fork.outcomes[0] is not None and fork.snapshot.step == fork.history.step)
    assert [(edit.step, edit.key, edit.value) for edit in fork.edits] == [(11, "batch_size", 8)]
    engine = Engine(fork.original, fork.data)
    for _ in engine.train(fork.edits):
        pass
    np.testing.assert_array_equal(fork.snapshot.params, engine.snapshot().params)
    drag(window, 30)  # and its own past is had again
    np.testing.assert_array_equal(wait_for(window, qtbot, 30).snapshot.params, as_it_was(window, 30).snapshot().params)


def test_a_fork_where_the_run_was_stopped_can_go_on(open_window: Open, qtbot: Any) -> None:
    window = open_window(epochs=12, batch_size=17)
    window.control.run_to_epoch(4)
    qtbot.waitUntil(lambda: window.control.phase == "paused" and at(window) == 20)
    window.commands.stop()
    original = window.control.view
    assert original is not None
    qtbot.waitUntil(lambda: window.control.phase == "finished" and [edit.key for edit in original.edits] == [STOP])
    qtbot.waitUntil(lambda: any("stopped by you" in mark.tip for mark in window.gradients.axes.marks))
    assert any("stopped by you" in mark.tip for mark in window.curves.axes.marks)
    assert "stopped by you" in travel(window).bar.track.tip_at(travel(window).bar.track.x_of(20))
    qtbot.keyClick(window, Qt.Key.Key_F)
    qtbot.waitUntil(lambda: window.control.view is not original)
    assert window.control.phase == "paused"
    assert window.control.view.edits == []
    to_the_end(window, qtbot)


def test_the_past_can_be_looked_at_while_the_run_goes_on(open_window: Open, qtbot: Any) -> None:
    window = open_window(epochs=100_000)
    view = window.control.view
    assert view is not None
    window.toggle()
    qtbot.waitUntil(lambda: travel(window).bar.track.shown.now > 50)  # the line follows the run a little later
    drag(window, 30)
    shown = wait_for(window, qtbot, moment_asked(window))
    before = at(window)
    qtbot.waitUntil(lambda: at(window) > before + 50)
    assert view.moment is shown
    assert travel(window).bar.track.value() == shown.step
    assert "training goes on" in window.end_banner.sentence.text()
    window.toggle()
    qtbot.waitUntil(lambda: window.control.phase == "paused")
    qtbot.waitUntil(lambda: travel(window)._resting_at == at(window))
    assert view.moment is shown
    np.testing.assert_array_equal(shown.snapshot.params, as_it_was(window, shown.step).snapshot().params)
    qtbot.keyClick(window, Qt.Key.Key_Right)  # a step of the run is wanted to be seen
    qtbot.waitUntil(lambda: view.moment is None)


def moment_asked(window: MainWindow) -> int:
    wanted = travel(window)._wanted
    assert wanted is not None
    return wanted


def test_another_run_begins_in_the_present(trained: MainWindow, qtbot: Any) -> None:
    drag(trained, 30)
    wait_for(trained, qtbot, 30)
    before = trained.control.view
    trained.commands.reset()
    qtbot.waitUntil(lambda: trained.control.view is not before)
    assert moment(trained) is None
    assert not travel(trained).has_past()
    assert not travel(trained).bar.track.isEnabled()
    assert trained.control.view.ghost.moment is None


def test_a_past_that_cannot_be_had_is_said_and_the_run_goes_on(
    trained: MainWindow, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise InputError("not enough memory for a second network")

    monkeypatch.setattr(moment_thread, "Moments", refuse)
    drag(trained, 30)
    qtbot.waitUntil(lambda: trained.banner.isVisible())
    assert "not enough memory" in trained.banner.text.text()
    assert moment(trained) is None
    assert trained.control.phase == "finished"


def test_the_timeline_is_made_anew_with_the_window(trained: MainWindow, qtbot: Any) -> None:
    drag(trained, 30)
    shown = wait_for(trained, qtbot, 30)
    trained.set_scale(1.2)
    qtbot.waitUntil(lambda: travel(trained).bar.track.value() == 30)
    assert moment(trained) is shown
    drag(trained, 12)
    wait_for(trained, qtbot, 12)


def test_nothing_is_left_of_a_run_that_was_looked_back_at(trained: MainWindow, qtbot: Any) -> None:
    drag(trained, 40, 30)
    wait_for(trained, qtbot, 30)
    trained.commands.reset()
    qtbot.waitUntil(lambda: trained.control.phase == "ready")
    qtbot.waitUntil(lambda: not travel(trained).running)
    assert trained.findChildren(QThread) == []  # what belongs to the window stays as long, and its checkpoints with it
