"""The criteria strip: what it says at a glance, and what can be changed on it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication

from gui import theme
from gui.criteria.footer import PatienceBar
from gui.criteria.sparkline import linear_sparkline, log_sparkline
from gui.criteria.threshold_edit import stepped_threshold
from gui.criteria.traces import MOST_POINTS, first_met, traces
from gui.criteria.words import figures, short
from gui.criteria_strip import CriteriaStrip
from training.criteria import CRITERIA, CriteriaMonitor, CriterionState
from training.experiment import Criteria, EarlyStopping, Experiment
from training.history import Evaluations
from training.progress import EvaluationRecord
from training.validation import replace

NAN = math.nan


def criteria_with(**changes: Any) -> Criteria:
    keys = {f"stopping.criteria.{key.replace('__', '.')}": value for key, value in changes.items()}
    return replace(Experiment(), keys).stopping.criteria


def evaluated(
    losses: list[float], *, gradients: list[float] | None = None, waited: list[float] | None = None,
    criteria: Criteria | None = None,
) -> tuple[Evaluations, list[tuple[CriterionState, ...]]]:
    """Return the record of a run, and what the monitor of the training core made of each evaluation."""
    monitor, record = CriteriaMonitor(criteria or Criteria()), Evaluations(1)
    judged = []
    for index, loss in enumerate(losses):
        gradient = gradients[index] if gradients else 1.0
        wait = waited[index] if waited else 0.0
        states = monitor.update(loss, gradient, 0.5, int(wait))
        judged.append(states)
        one = {name: np.array([value]) for name, value in {
            "train_loss": loss, "val_loss": loss, "train_score": 0.5, "val_score": 0.5, "parameter_change": 0.5,
            "grad_norm": gradient, "lr": 0.01, "waited": wait, "best_step": 0.0,
        }.items()}  # fmt: skip
        record.append(EvaluationRecord(step=index * 8, epoch=float(index), criteria=(states,), **one))
    return record, judged


@pytest.fixture
def strip(qtbot: Any) -> CriteriaStrip:
    made = CriteriaStrip(theme.DARK)
    qtbot.addWidget(made)
    made.resize(936, 96)
    made.reset()
    made.show_settings(Criteria(), EarlyStopping())
    made.show()
    qtbot.waitExposed(made)
    return made


# ------------------------------------------------------------------------------------- words


@pytest.mark.parametrize(("name", "value", "threshold", "action", "text"), [
    ("loss_plateau", 4.1e-4, 1e-6, "tell", "4.1e-4 > 1e-6"), ("gradient_norm", 1e-6, 1e-5, "stop", "1e-6 < 1e-5"),
    ("validation", 31.0, 40, "tell", "9 left of 40"), ("validation", 50.0, 40, "tell", "0 left of 40"),
    ("validation", NAN, 10, "tell", "– left of 10"),
    ("parameter_change", NAN, 1e-7, "tell", "– < 1e-7"), ("loss_plateau", 1.0, 1.0, "tell", "1 = 1"),
    ("relative_improvement", -2.2e-4, 1e-4, "tell", "−2.2e-4, rising < 1e-4"),
    ("gradient_norm", math.inf, 1e-5, "tell", "∞ > 1e-5"),
])  # fmt: skip
def test_figures(name: str, value: float, threshold: float, action: str, text: str) -> None:
    assert figures(CriterionState(name=name, value=value, threshold=threshold, met=False, action=action)) == text


@pytest.mark.parametrize(("value", "text"), [
    (0.0, "0"), (math.inf, "∞"), (0.032, "3.2e-2"), (9.96, "10"), (2.74, "2.7"), (-1.0, "−1"),
    (15.3, "15"), (20.0, "20"), (-0.41, "−0.41"), (0.1951, "0.20"), (0.1, "0.1"), (150.0, "1.5e2"),
])  # fmt: skip
def test_short_numbers(value: float, text: str) -> None:
    assert short(value) == text


def test_patience_is_said_in_whole_words(qtbot: Any) -> None:
    bar = PatienceBar(theme.DARK, 1.0)
    qtbot.addWidget(bar)
    bar.show_settings(EarlyStopping(patience=20))
    bar.show_waited(8.0)
    assert bar.said(400) == "Early stopping: 12 left of 20"
    assert bar.said(90) == "12 left of 20"


def test_a_met_criterion_is_told_in_words_too(strip: CriteriaStrip) -> None:
    strip.show_states((CriterionState(name="validation", value=12, threshold=10, met=True, action="stop"),))
    card = strip.cards["validation"]
    assert "0 left of 10, met" in card.accessibleDescription()
    assert "<b>met</b>" in card.tip()
    assert "Validation" in card.accessibleName()


@pytest.mark.parametrize("scale", [0.8, 1.0, 2.0])
@pytest.mark.parametrize("action", ["tell", "stop"])
def test_nothing_is_cut_in_a_small_window(qtbot: Any, action: str, scale: float) -> None:
    strip = CriteriaStrip(theme.DARK, scale)
    qtbot.addWidget(strip)
    strip.resize(round(715 * scale), round(96 * scale))  # what a window of 1100 pixels leaves
    strip.show()
    strip.show_states(tuple(
        CriterionState(name=name, value=-2.2e-14 if name == "relative_improvement" else 1.25e-14,
                       threshold=1_000_000 if name == "validation" else 1.5e-10, met=False, action=action)
        for name in strip.cards
    ))  # fmt: skip
    for name, card in strip.cards.items():
        title, _ = card.fitting_title(card.title_room())
        assert "…" not in title, name
        assert title.split()[0].rstrip(".").lower() in CRITERIA[name].title.lower()
        value, limit, font = card.fitting_figures()
        assert QFontMetrics(font).horizontalAdvance(f"{value} {limit}") <= card.width() - 12 * scale, name
    assert strip.minimumSizeHint().width() <= 624 * scale  # the least that the smallest window leaves


# ------------------------------------------------------------------------------------- curves


def test_curves_are_what_the_training_core_measured() -> None:
    rng = np.random.default_rng(3)
    losses = [float(x) for x in 1.0 + np.cumsum(rng.normal(size=50) * 0.05)]
    record, judged = evaluated(losses, gradients=[float(x) for x in rng.exponential(size=50)], waited=list(range(50)))
    for name, shown in traces(record, 0).items():
        expected = [next(state.value for state in states if state.name == name) for states in judged]
        np.testing.assert_allclose(shown, expected, rtol=1e-12, err_msg=name)


def test_a_long_run_is_drawn_from_few_points() -> None:
    record, _ = evaluated([1.0 / (1 + i) for i in range(5_000)])
    shown = traces(record, 0)["gradient_norm"]
    assert MOST_POINTS // 2 <= len(shown) <= MOST_POINTS


@pytest.mark.parametrize("make", [log_sparkline, linear_sparkline])
def test_no_value_breaks_a_curve(make: Any) -> None:
    for values in ([], [NAN], [0.0, 0.0], [math.inf, 1.0], [-1.0, NAN, 1e-300, 1e300], [1.0]):
        for threshold in (0.0, 1e-5):
            line = make(np.array(values), threshold)
            assert len(line.x) == len(line.y)
            assert np.isfinite(line.x).all()
            assert np.isfinite(line.y).all()
            assert line.y.max(initial=0.0) <= 1
            assert line.threshold is None or 0 <= line.threshold <= 1


def test_the_scale_is_logarithmic_and_holds_the_threshold() -> None:
    line = log_sparkline(np.array([1e-1, 1e-2, 1e-3, NAN, 0.0, math.inf]), 1e-5)
    np.testing.assert_allclose(line.y, [1.0, 0.75, 0.5, 0.0, 1.0])
    assert line.threshold == 0.0
    np.testing.assert_allclose(line.x, np.array([0, 1, 2, 4, 5]) / 5)


# ------------------------------------------------------------------------------------- told


def test_the_first_time_met_is_that_of_the_training_core() -> None:
    criteria = criteria_with(loss_plateau__threshold=0.01, gradient_norm__threshold=0.3, validation__threshold=7,
                             relative_improvement__threshold=0.01, parameter_change__threshold=0.6)
    rng = np.random.default_rng(1)
    losses = [float(x) for x in np.exp(-np.arange(40) / 8) + rng.normal(size=40) * 0.02 + 0.1]
    record, judged = evaluated(losses, gradients=[float(x) for x in rng.exponential(size=40)],
                               waited=[float(i % 9) for i in range(40)], criteria=criteria)
    for name in CRITERIA:
        expected = next(i for i, states in enumerate(judged) if any(s.met and s.name == name for s in states))
        row, value = first_met(record, name, 0, float(getattr(criteria, name).threshold), 0)
        assert row == expected
        assert value == next(s.value for s in judged[row] if s.name == name)


def test_what_is_met_is_told_once_even_if_it_was_over_before_anyone_looked(strip: CriteriaStrip) -> None:
    told: list[tuple[str, str]] = []
    strip.told.connect(lambda name, sentence: told.append((name, sentence)))
    record, _ = evaluated([5.0, 3.0, 2.0, 1.0], gradients=[1.0, 1.0, 3e-6, 1.0])
    strip.show_evaluations(record)
    assert told == [("gradient_norm", "Gradient norm met at epoch 2: 3e-6 < 1e-5.")]
    assert "First met at epoch 2" in strip.cards["gradient_norm"].tip()
    again, _ = evaluated([5.0, 3.0, 2.0, 1.0, 0.5], gradients=[1.0, 1.0, 3e-6, 1.0, 2e-6])
    strip.show_evaluations(again)
    assert len(told) == 1
    strip.reset()
    strip.show_evaluations(record)
    assert len(told) == 2


def test_what_was_met_before_a_fork_is_no_news(strip: CriteriaStrip) -> None:
    told: list[str] = []
    strip.told.connect(lambda name, sentence: told.append(name))
    before, _ = evaluated([5.0, 3.0, 2.0], gradients=[1.0, 1.0, 3e-6])
    strip.reset(forked=True)
    strip.show_evaluations(before)
    assert told == []
    assert "First met at epoch 2" in strip.cards["gradient_norm"].tip()
    after, _ = evaluated([5.0, 3.0, 2.0, 1.0], gradients=[1.0, 1.0, 3e-6, 1.0], waited=[0.0, 0.0, 0.0, 10.0])
    strip.show_evaluations(after)
    assert told == ["validation"]


def test_a_strip_made_again_in_the_middle_of_a_run_tells_nothing_twice(qtbot: Any) -> None:
    record, _ = evaluated([5.0, 3.0], gradients=[1.0, 1e-9])
    strip = CriteriaStrip(theme.LIGHT, 1.5)
    qtbot.addWidget(strip)
    told: list[str] = []
    strip.told.connect(lambda name, sentence: told.append(name))
    strip.show_evaluations(record)
    assert not told
    assert len(strip.cards["gradient_norm"]._line.x) == 2  # the curve is there again


def test_early_stopping_is_counted_down(strip: CriteriaStrip) -> None:
    record, _ = evaluated([1.0] * 10, waited=[float(i) for i in range(10)])
    assert strip.footer.patience.text == "Early stopping: 40"
    strip.show_evaluations(record)
    assert strip.footer.patience.text == "Early stopping: 31 left of 40"
    assert strip.footer.patience.accessibleName() == strip.footer.patience.text
    strip.show_settings(Criteria(), EarlyStopping(enabled=False))
    assert strip.footer.patience.text == "Early stopping is off"


# ------------------------------------------------------------------------------------- editing


def wanted(strip: CriteriaStrip) -> list[dict[str, Any]]:
    changes: list[dict[str, Any]] = []
    strip.edit_wanted.connect(changes.append)
    return changes


def test_a_click_on_the_figures_edits_the_threshold(qtbot: Any, strip: CriteriaStrip) -> None:
    changes, card = wanted(strip), strip.cards["gradient_norm"]
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton, pos=card.figure_box().center())
    assert card.edit.isVisible()
    qtbot.keyClicks(card.edit, "3e-4")
    qtbot.keyClick(card.edit, Qt.Key.Key_Return)
    assert changes == [{"stopping.criteria.gradient_norm.threshold": 3e-4}]
    assert not card.edit.isVisible()
    assert card.state is not None
    assert card.state.threshold == 3e-4  # shown at once, whether or not a run goes on


def test_a_new_threshold_is_held_against_what_was_measured(qtbot: Any, strip: CriteriaStrip) -> None:
    record, _ = evaluated([1.0, 0.5], gradients=[1.0, 0.02])
    strip.show_evaluations(record)
    card = strip.cards["gradient_norm"]
    assert card.state is not None
    assert not card.state.met
    strip.show_settings(criteria_with(gradient_norm__threshold=0.1))
    assert card.state.met
    strip.show_evaluations(record)  # the same evaluation, shown again and again while paused
    assert card.state.met


def test_a_mistake_is_said_in_words_and_not_taken(qtbot: Any, strip: CriteriaStrip) -> None:
    changes, card = wanted(strip), strip.cards["validation"]
    card.setFocus()
    qtbot.keyClick(card, Qt.Key.Key_F2)
    for text in ("-3", "0.5", "many"):
        card.edit.selectAll()
        qtbot.keyClicks(card.edit, text)
        qtbot.keyClick(card.edit, Qt.Key.Key_Return)
        assert card.edit.isVisible(), text
        assert strip.footer.error.isVisible()
        assert strip.footer.error.text().startswith("▲ Validation: "), text
    qtbot.keyClick(card.edit, Qt.Key.Key_Escape)
    assert not card.edit.isVisible()
    assert not strip.footer.error.isVisible()
    assert card.hasFocus()
    assert not changes


def test_leaving_the_number_applies_it(qtbot: Any, strip: CriteriaStrip) -> None:
    changes, card = wanted(strip), strip.cards["loss_plateau"]
    card.begin_edit()
    qtbot.keyClicks(card.edit, "0.5")
    strip.cards["validation"].setFocus()
    assert changes == [{"stopping.criteria.loss_plateau.threshold": 0.5}]


def test_arrows_step_and_space_is_left_to_the_window(qtbot: Any, strip: CriteriaStrip) -> None:
    card = strip.cards["gradient_norm"]
    card.begin_edit()
    for key, value in ((Qt.Key.Key_Up, 2e-5), (Qt.Key.Key_Up, 5e-5), (Qt.Key.Key_Up, 1e-4),
                       (Qt.Key.Key_Down, 5e-5), (Qt.Key.Key_Space, 5e-5)):
        qtbot.keyClick(card.edit, key)
        assert float(card.edit.text()) == value
    qtbot.keyClick(card.edit, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert float(card.edit.text()) == 5e-6


def test_steps_go_up_and_come_back() -> None:
    for value in (1e-300, 3.3e-7, 1.0, 9.99, 1e29):
        up = stepped_threshold(value, 1)
        assert value < up <= 2.5 * value * 1.0001
        assert stepped_threshold(up, -1) <= value * 1.0001
        assert stepped_threshold(value, 1, large=True) == pytest.approx(10 * value)


def test_off_tell_or_stop(qtbot: Any, strip: CriteriaStrip) -> None:
    changes, card = wanted(strip), strip.cards["validation"]
    qtbot.mouseClick(card.action_button, Qt.MouseButton.LeftButton)
    assert card.menu.isVisible()
    assert [action.isChecked() for action in card.menu.actions()[:3]] == [False, True, False]
    card.menu.actions()[2].trigger()
    card.menu.close()
    assert changes == [{"stopping.criteria.validation.action": "stop"}]
    assert card.action_button.text() == "stop"
    assert "stop" in card.action_button.accessibleName()
    assert strip.footer.rest.text() == "of the 1 set to stop is met"


def test_any_all_or_some_of_them(strip: CriteriaStrip) -> None:
    changes = wanted(strip)
    strip.show_settings(criteria_with(validation__action="stop", gradient_norm__action="stop"))
    rows = {action.text(): action for action in strip.footer.menu.actions()}
    assert not rows["3 of them at once"].isEnabled()  # two are set to stop
    rows["2 of them at once"].trigger()
    assert changes == [{"stopping.criteria.combine": "k", "stopping.criteria.k": 2}]
    assert strip.footer.button.accessibleName() == "Ends the run when 2 of the 2 set to stop are met"
    rows["All of them at once"].trigger()
    assert changes[-1] == {"stopping.criteria.combine": "all"}


def test_fewer_have_to_be_met_where_fewer_are_left(strip: CriteriaStrip) -> None:
    strip.show_settings(criteria_with(
        validation__action="stop", gradient_norm__action="stop", loss_plateau__action="stop", combine="k", k=3
    ))
    changes = wanted(strip)
    for name, rest in (
        ("validation", {"stopping.criteria.k": 2}), ("gradient_norm", {"stopping.criteria.combine": "any"}),
    ):  # fmt: skip
        strip.cards[name].action_wanted.emit("tell")
        assert changes[-1] == {f"stopping.criteria.{name}.action": "tell", **rest}
    experiment = Experiment()
    for change in [{"stopping.criteria.loss_plateau.action": "stop"}, *changes]:
        experiment = replace(experiment, change)  # every one of them is a valid experiment


def test_a_click_beside_the_figures_leads_to_the_form(qtbot: Any, strip: CriteriaStrip) -> None:
    asked: list[str] = []
    strip.pressed.connect(asked.append)
    qtbot.mouseClick(strip.cards["validation"], Qt.MouseButton.LeftButton, pos=QPoint(30, 10))
    assert asked == ["validation"]


def test_tab_goes_through_the_cards(qtbot: Any, strip: CriteriaStrip) -> None:
    strip.activateWindow()
    strip.cards["loss_plateau"].setFocus()
    passed = []
    for _ in range(11):
        passed.append(QApplication.focusWidget())
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    cards = list(strip.cards.values())
    assert passed == [w for card in cards for w in (card, card.action_button)] + [strip.footer.button]


# ------------------------------------------------------------------------------------- painting


@pytest.mark.parametrize("look", [theme.DARK, theme.LIGHT])
def test_every_state_is_painted(strip: CriteriaStrip, look: theme.Theme) -> None:
    strip.restyle(look)
    pictures = []
    for action, met in (("off", False), ("tell", False), ("tell", True)):
        strip.show_states(tuple(
            CriterionState(name=name, value=3.0, threshold=10.0, met=met, action=action) for name in CRITERIA
        ))  # fmt: skip
        pictures.append(strip.cards["loss_plateau"].grab().toImage())
    assert pictures[0] != pictures[1]
    assert pictures[1] != pictures[2]


def test_the_same_evaluation_draws_nothing_again(qtbot: Any, strip: CriteriaStrip) -> None:
    record, _ = evaluated([5.0, 3.0, 2.0])
    strip.show_evaluations(record)
    QApplication.processEvents()
    painted: list[object] = []
    card = strip.cards["loss_plateau"]
    original = card.paintEvent
    card.paintEvent = lambda event: (painted.append(event.rect()), original(event))  # type: ignore[method-assign]
    strip.show_evaluations(record)
    QApplication.processEvents()
    assert not painted
    strip.show_evaluations(evaluated([5.0, 3.0, 2.0, 1.0])[0])
    QApplication.processEvents()
    assert painted
