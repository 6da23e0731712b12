"""The diagnosis in the window, as a person meets it: found while it trains, explained, a fix raced, kept, undone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from gui.diagnosis.diagnosis import LOOK_SECONDS, MOST_SHARE, Diagnosis
from gui.race.races import Races
from gui.stage import BOARD
from gui.timeline.time_travel import TimeTravel
from gui.window import MainWindow
from tests.gui.diagnosis.made_up import HEALTHY, OVERFITTING, PAST, VANISHING
from training.diagnosis.case import Case
from training.diagnosis.doctor import Doctor
from training.diagnosis.explanation import explanation
from training.diagnosis.finding import Evidence, Finding
from training.diagnosis.rules import RULES

DEEP: dict[str, Any] = {
    "data__samples": 80, "network__hidden": (8,) * 8, "network__activation": "sigmoid",
    "network__initialization__scheme": "xavier_uniform", "optimizer__method": "sgd", "epochs": 12,
}
STARTS = ("Better with", "The same with", "Worse with", "Mixed result with")
LEFT = Qt.MouseButton.LeftButton


class Says:
    """Lets the doctor find what a test wants it to find."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.findings: Sequence[Finding] = ()
        self.cases: list[Case] = []
        monkeypatch.setattr(Doctor, "look", self.look)

    def look(self, case: Case) -> list[Finding]:
        self.cases.append(case)
        return list(self.findings)


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> Says:
    return Says(monkeypatch)


def train(qtbot: Any, window: MainWindow) -> Diagnosis:
    qtbot.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.control.phase == "finished", timeout=20_000)
    window._tick()
    return window.feature(Diagnosis)


def test_from_a_stalled_run_to_a_kept_fix_and_back(qtbot: Any, open_window: Callable[..., MainWindow]) -> None:
    window = open_window(**DEEP)
    window.resize(1440, 900)
    diagnosis, corner, races = train(qtbot, window), window.workspace.corner, window.feature(Races)
    bar, why = corner.bar, window.workspace.why
    assert bar.heading.text() == "▲ Vanishing gradients"
    assert diagnosis.top is not None
    assert bar.sentence.accessibleName() == diagnosis.top.sentence
    assert corner.banner.heading.text() == "● Completed"
    assert window.selection.evidence is not None
    assert window.gradients.axes.spans
    assert not why.isVisible()

    qtbot.mouseClick(bar.button("Explain…"), LEFT)
    qtbot.waitUntil(why.isVisible)
    assert why.sentence.text() == diagnosis.top.sentence
    assert QApplication.focusWidget() is why.track
    qtbot.mouseClick(why.plots_pill, LEFT)
    assert window.selection.evidence is None
    qtbot.mouseClick(why.plots_pill, LEFT)
    why.evidence_rows[0].setFocus()
    assert window.selection.evidence.pointed == 0
    qtbot.mouseClick(why.track, LEFT, pos=why.track.place_of(diagnosis.top).center().toPoint())
    qtbot.waitUntil(lambda: window.control.view.moment is not None, timeout=10_000)
    qtbot.keyClick(why.track, Qt.Key.Key_W)
    qtbot.waitUntil(lambda: not why.isVisible())

    first = diagnosis.top.fixes[0]
    with qtbot.waitSignal(races.ended, timeout=20_000):
        qtbot.mouseClick(bar.button(first.title), LEFT)
        assert window.workspace.stage.shown == "race"
    window._tick()
    assert [runner.title for runner in races.entrants] == ["as it is", first.title]
    assert races.entrants[0].run.history.step == window.control.view.history.step
    outcome = races.outcome
    assert outcome is not None
    assert outcome.heading in {f"{start} {first.title}" for start in STARTS}
    assert "alidation loss" in outcome.sentence
    qtbot.waitUntil(lambda: outcome.heading in bar.heading.text())
    assert bar.sentence.accessibleName() == outcome.sentence
    qtbot.waitUntil(lambda: races._notes is not None and races._notes.heading.text().startswith("ReLU + He, against"))
    assert "Activation: Sigmoid → ReLU" in races._notes.sentence.accessibleName()
    assert window.selection.evidence is None

    before = window.builder.draft.experiment
    qtbot.mouseClick(bar.button("Keep this change"), LEFT)
    assert window.workspace.stage.shown == BOARD
    assert not races.open
    changed = window.builder.draft.experiment
    assert changed.network.activation == "relu"
    assert changed.network.initialization.scheme.startswith("he_")
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.builder.draft.experiment == before
    qtbot.waitUntil(lambda: bar.heading.text() == "▲ Vanishing gradients")


def test_the_first_fix_by_key_and_back_without_a_change(
    qtbot: Any, open_window: Callable[..., MainWindow], says: Says
) -> None:
    says.findings = [VANISHING]
    window = open_window(**DEEP)
    train(qtbot, window)
    races, before = window.feature(Races), window.builder.draft.experiment
    with qtbot.waitSignal(races.ended, timeout=20_000):
        qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: bool(window.workspace.corner.bar.buttons))
    window._tick()
    qtbot.mouseClick(window.workspace.corner.bar.button("Back"), LEFT)
    assert (window.workspace.stage.shown, window.builder.draft.experiment) == (BOARD, before)
    assert races.purpose is None


def test_a_fix_is_applied_without_a_race(qtbot: Any, open_window: Callable[..., MainWindow], says: Says) -> None:
    says.findings = [VANISHING]
    window = open_window(**DEEP)
    train(qtbot, window)
    bar = window.workspace.corner.bar
    bar.fill_menu()
    next(action for action in bar.menu.actions() if action.text() == "Apply Batch norm without a race").trigger()
    assert window.builder.draft.experiment.network.normalization == "batch"
    assert "Ctrl+Z takes it back" in window.status.message.text()
    window.builder.undo()
    assert window.builder.draft.experiment.network.normalization == "none"


def test_what_is_fine_stands_in_a_line(qtbot: Any, window: MainWindow, says: Says) -> None:
    says.findings = [HEALTHY, PAST]
    train(qtbot, window)
    corner = window.workspace.corner
    assert not corner.says_much
    assert corner.line.title.text() == "● Healthy convergence"
    assert corner.banner.sentence.isVisible()
    assert window.selection.evidence is None  # nothing of it calls for being looked at
    qtbot.mouseClick(corner.line.button, LEFT)
    qtbot.waitUntil(window.workspace.why.isVisible)
    assert window.workspace.why.sentence.text() == HEALTHY.sentence


def test_while_it_trains_what_was_found_has_the_room_even_if_that_is_nothing(
    qtbot: Any, open_window: Callable[..., MainWindow], says: Says
) -> None:
    window = open_window(epochs=100_000)
    corner, diagnosis = window.workspace.corner, window.feature(Diagnosis)
    assert not corner.says_much  # before the first step
    qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: corner.bar.heading.text() == "○ Nothing found yet", timeout=10_000)
    qtbot.waitUntil(lambda: corner.banner.heading.text() == "Training", timeout=10_000)
    assert corner.bar.buttons == []
    says.findings = [HEALTHY]
    diagnosis.doctor.past = (PAST, OVERFITTING)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: corner.bar.heading.text() == "● Healthy convergence", timeout=10_000)
    assert [button.text() for button in corner.bar.buttons] == ["Earlier: overfitting + 1", "Explain…"]
    qtbot.waitUntil(lambda: corner.banner.heading.text() == "Paused", timeout=10_000)
    qtbot.mouseClick(corner.bar.buttons[0], LEFT)
    qtbot.waitUntil(window.workspace.why.isVisible)
    assert window.workspace.why.told == OVERFITTING


def test_of_a_past_moment_it_says_what_was_found_then(
    qtbot: Any, open_window: Callable[..., MainWindow], monkeypatch: pytest.MonkeyPatch
) -> None:
    cases: list[Case] = []

    def then(case: Case, broken: object = None) -> list[Finding]:
        cases.append(case)
        return [VANISHING] if case.step >= 20 else []

    monkeypatch.setattr("gui.diagnosis.then.findings", then)
    monkeypatch.setattr(Doctor, "look", lambda self, case: [OVERFITTING])
    window = open_window(**DEEP)
    diagnosis, corner, travel = train(qtbot, window), window.workspace.corner, window.feature(TimeTravel)
    assert corner.bar.heading.text() == "▲ Overfitting"
    travel.go_to(20)
    qtbot.waitUntil(lambda: corner.bar.heading.text() == "▲ Vanishing gradients", timeout=10_000)
    assert corner.bar.figure.accessibleName().startswith("at epoch ")
    assert (cases[-1].step, cases[-1].outcome) == (20, None)
    assert cases[-1].snapshot is window.control.view.moment.snapshot
    assert window.selection.evidence.title == "Vanishing gradients"
    assert diagnosis.findings == [OVERFITTING]
    looks = len(cases)
    for _ in range(5):
        window._tick()
    assert len(cases) == looks  # the past does not change
    diagnosis.doctor.past = (PAST,)  # over by step 12
    travel.go_to(4)
    qtbot.waitUntil(lambda: corner.bar.heading.text() == "○ Nothing found", timeout=10_000)
    assert corner.bar.buttons == []
    travel.back_to_now()
    qtbot.waitUntil(lambda: corner.bar.heading.text() == "▲ Overfitting", timeout=10_000)


def test_evidence_brings_a_plot_of_its_curve(qtbot: Any, window: MainWindow, says: Says) -> None:
    slow = Evidence("update_ratio", "0.02 % of the weights' size a step", 3, 30)
    says.findings = [replace(OVERFITTING, evidence=(*OVERFITTING.evidence, slow))]
    diagnosis, board = train(qtbot, window), window.board
    diagnosis.explain(OVERFITTING)
    before = list(board._names())
    first, second = window.workspace.why.evidence_rows
    qtbot.mouseClick(first, LEFT)
    assert list(board._names()) == before  # one that is there needs no other
    qtbot.mouseClick(second, LEFT)
    qtbot.waitUntil(window.ratios.isVisible)
    qtbot.waitUntil(lambda: window.control.view.moment is not None and window.control.view.moment.step == 3)
    second.setFocus()
    assert window.ratios.axes.spans


def test_a_finding_that_is_opened_turns_the_plots_to_its_evidence_and_nothing_else_does(
    qtbot: Any, window: MainWindow, says: Says
) -> None:
    says.findings = [VANISHING]
    diagnosis, why = train(qtbot, window), window.workspace.why
    assert window.gradients.quantity == window.layer_map.quantity == "weight_grad_norm"
    diagnosis.explain(VANISHING)
    assert window.gradients.quantity == window.layer_map.quantity == "signal_norm"
    window.gradients.pills["weight_grad_norm"].click()
    diagnosis._show_history()
    diagnosis._show_evidence()
    assert window.gradients.quantity == "weight_grad_norm"  # as the user has it
    why.track.chosen.emit(VANISHING.name)
    assert window.gradients.quantity == "signal_norm"
    window.gradients.pills["weight_grad_norm"].click()
    why.plots_pill.click()
    why.track.chosen.emit(VANISHING.name)
    assert window.gradients.quantity == "weight_grad_norm"  # the plots are left as they are
    qtbot.mouseClick(why.evidence_rows[0], LEFT)
    assert window.gradients.quantity == "signal_norm"


def test_evidence_of_the_last_steps_is_shown_alone_by_a_click(
    qtbot: Any, open_window: Callable[..., MainWindow], says: Says
) -> None:
    says.findings = [VANISHING]
    window = open_window(data__samples=80, epochs=100)
    diagnosis = train(qtbot, window)
    last = window.control.view.history.n_steps
    grown = Evidence("grad_norm", "2-fold a step", last - 63, last)
    says.findings = [replace(VANISHING, evidence=(grown,))]
    diagnosis._examine(window.control.view, 1e9)
    diagnosis.explain(VANISHING)
    row = window.workspace.why.evidence_rows[0]
    assert row.text.text() == "2-fold a step · click to zoom in"
    assert not window.gradients.axes.zoomed
    qtbot.mouseClick(row, LEFT)
    assert window.gradients.axes.zoomed
    assert window.gradients.axes.view()[:2] == (last - 64, last)


def test_the_timeline_marks_where_something_was_found(qtbot: Any, window: MainWindow, says: Says) -> None:
    says.findings = [VANISHING, replace(OVERFITTING, first_step=20), HEALTHY]
    window.feature(Diagnosis).doctor.past = (PAST,)
    train(qtbot, window)
    track = window.feature(TimeTravel).bar.track
    plain, before = track.grab().toImage(), track.findings
    assert [finding.name for finding in before] == ["plateau", "overfitting", "vanishing_gradients"]
    early, late = (track.tip_at(track.x_of(step)).splitlines() for step in (8, 27))
    assert early[:2] == ["▲ Vanishing gradients", "◆ Plateau"]
    assert late[-4:-2] == ["▲ Vanishing gradients", "▲ Overfitting"]
    track.show_findings(())
    assert track.grab().toImage() != plain


def test_another_run_begins_without_what_was_found_in_the_one_before(
    qtbot: Any, window: MainWindow, says: Says
) -> None:
    says.findings = [OVERFITTING]
    diagnosis = train(qtbot, window)
    assert window.workspace.corner.says_much
    qtbot.keyClick(window, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: window.control.phase == "ready", timeout=10_000)
    qtbot.waitUntil(lambda: not window.workspace.corner.says_much)
    assert diagnosis.findings == []
    assert window.workspace.why.told is None
    assert window.selection.evidence is None
    assert window.curves.axes.spans == []


def test_of_many_replicas_it_says_that_it_is_about_the_first(
    qtbot: Any, open_window: Callable[..., MainWindow], says: Says
) -> None:
    says.findings = [OVERFITTING]
    window = open_window(replicas=3)
    train(qtbot, window)
    assert window.workspace.corner.bar.figure.accessibleName().startswith("replica 1 of 3 · ")
    assert (says.cases[-1].experiment.replicas, says.cases[-1].step) == (1, window.control.view.history.step)


def test_at_another_size_and_in_another_theme_it_says_the_same(qtbot: Any, window: MainWindow, says: Says) -> None:
    says.findings = [OVERFITTING]
    train(qtbot, window)
    window.feature(Diagnosis).explain(OVERFITTING)
    window.workspace.why.math_pill.click()
    window.toggle_panel("why")
    window.set_scale(1.2)
    qtbot.waitUntil(lambda: window.workspace.corner.says_much)
    window.toggle_panel("why")
    assert window.workspace.corner.bar.heading.text() == "▲ Overfitting"
    assert window.workspace.why.isVisible()
    assert window.workspace.why.explained.markdown == explanation("overfitting").expert
    assert window.selection.evidence is not None
    window.switch_theme()
    assert window.theme.warn in window.workspace.corner.bar.heading.styleSheet()


def test_a_rule_that_breaks_is_told_of_once_and_the_window_goes_on(
    qtbot: Any, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(window.errors, "view_failed", lambda message, details: told.append(message))
    monkeypatch.setattr(Doctor, "look", lambda self, case: 1 / 0)
    train(qtbot, window)
    window._tick()
    assert len(told) == 1
    assert "ZeroDivisionError" in told[0]
    assert not window.workspace.corner.says_much


def test_a_rule_that_fails_is_told_of_once_and_the_others_are_asked(
    qtbot: Any, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def fail(case: Case) -> Finding | None:
        raise ZeroDivisionError("a fault of a rule")

    monkeypatch.setattr(window.errors, "view_failed", lambda message, details: told.append(message))
    monkeypatch.setitem(RULES, "plateau", replace(RULES["plateau"], look=fail))
    monkeypatch.setitem(RULES, "overfitting", replace(RULES["overfitting"], look=lambda case: OVERFITTING))
    monkeypatch.setattr("warnings.warn", lambda *arguments, **options: None)
    train(qtbot, window)
    window._tick()
    assert window.control.view.outcomes[0].reason == "completed"
    assert told == ["Diagnosis, rule plateau: ZeroDivisionError('a fault of a rule')"]
    assert window.workspace.corner.bar.heading.text() == "▲ Overfitting"


def test_a_race_stopped_by_hand_is_judged_as_far_as_it_came(
    qtbot: Any, open_window: Callable[..., MainWindow], says: Says
) -> None:
    says.findings = [VANISHING]
    window = open_window(**DEEP)
    diagnosis, races = train(qtbot, window), window.feature(Races)
    window.builder.apply_changes({"epochs": 100_000})
    window.commands.reset()
    qtbot.waitUntil(lambda: window.control.phase == "ready", timeout=10_000)
    diagnosis.try_fix(VANISHING, VANISHING.fixes[0])
    qtbot.waitUntil(lambda: races.control.view is not None and races.control.view.epoch >= 1, timeout=10_000)
    bar = window.workspace.corner.bar
    qtbot.waitUntil(lambda: bar.heading.text() == "◆ Trying ReLU + He")
    assert [button.text() for button in bar.buttons] == ["Judge now", "Back"]
    qtbot.mouseClick(bar.button("Judge now"), LEFT)
    qtbot.waitUntil(lambda: races.outcome is not None, timeout=10_000)
    assert races.outcome is not None
    assert " so far with ReLU + He" in races.outcome.heading
    assert "The race was stopped at epoch " in races.outcome.sentence
    assert diagnosis.race is not None
    diagnosis.try_fix(VANISHING, VANISHING.fixes[1])  # another one in its place
    assert (races.outcome, diagnosis.race.fix) == (None, VANISHING.fixes[1])
    window.driver.reset()
    qtbot.waitUntil(lambda: races.phase == "ready", timeout=10_000)
    qtbot.mouseClick(bar.button("Judge now"), LEFT)  # where there is nothing to judge yet
    qtbot.waitUntil(lambda: window.workspace.stage.shown == BOARD, timeout=10_000)
    assert (races.open, diagnosis.race) == (False, None)


def test_dear_looks_come_less_often(qtbot: Any, window: MainWindow, says: Says) -> None:
    diagnosis = train(qtbot, window)
    assert diagnosis._pause == max(LOOK_SECONDS, diagnosis.look_seconds / MOST_SHARE)
    looks = len(says.cases)
    for _ in range(5):
        window._tick()
    assert len(says.cases) == looks  # nothing has changed since
