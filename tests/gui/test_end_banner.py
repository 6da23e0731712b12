"""The end of a run in a sentence: why, when, which weights are kept, and what can be done next."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton

from gui import theme
from gui.end_banner import EndBanner, extension
from training.engine import Engine
from training.experiment import Experiment
from training.progress import Outcome
from training.validation import replace

STOPPED_EARLY = Outcome(
    "early_stopped", 1680, 210.0,
    "Stopped early at epoch 210: the validation loss has not improved for 40 evaluations. "
    "Best validation loss: 0.2143 at epoch 170; its weights are restored.",
    best_step=1360, best_epoch=170.0, best_metric=0.2143, restored=True,
)  # fmt: skip
COMPLETED = Outcome("completed", 3200, 400.0, "Completed all 400 epochs.")
BY_STEPS = Outcome("completed", 100, 12.5, "Completed 100 steps.")
DIVERGED = Outcome("diverged", 77, 9.6, "Diverged at step 77 (epoch 9.6): the first value that is not finite is in x.")
STOPPED = Outcome("stopped", 77, 9.6, "Stopped at epoch 9.6.")
CONVERGED = Outcome("converged", 800, 100.0, "Converged at epoch 100: gradient norm.", criteria=("gradient_norm",))


@pytest.fixture
def banner(qtbot: Any) -> EndBanner:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply(app, theme.DARK)
    made = EndBanner(theme.DARK)
    qtbot.addWidget(made)
    made.resize(385, 96)  # what a window of 1100 pixels leaves
    made.show()
    return made


def offered(banner: EndBanner) -> list[str]:
    return [button.text() for button in banner.findChildren(QPushButton) if button.isVisible()]


@pytest.mark.parametrize(("outcome", "heading", "kept", "offers"), [
    (STOPPED_EARLY, "■ Early stopped", "its weights are restored.", ["+ 40 patience", "New seed"]),
    (COMPLETED, "● Completed", "epochs. The last weights are kept.", ["+ 200 epochs", "New seed"]),
    (BY_STEPS, "● Completed", "The last weights are kept.", ["New seed"]),  # more epochs would not let it go on
    (DIVERGED, "▲ Diverged", "are kept. Try a smaller learning rate, or clip the gradient norm.", ["New seed"]),
    (STOPPED, "■ Stopped", "The last weights are kept.", ["+ 200 epochs", "New seed"]),
    (CONVERGED, "● Converged", "The last weights are kept.", ["New seed"]),
])  # fmt: skip
def test_why_when_and_which_weights(
    banner: EndBanner, outcome: Outcome, heading: str, kept: str, offers: list[str]
) -> None:
    banner.say_outcomes((outcome,), epochs=400, patience=40)
    assert banner.heading.text() == heading
    assert banner.sentence.text().startswith(outcome.message)
    assert banner.sentence.text().endswith(kept)
    assert sorted(offered(banner)) == sorted(offers)


def test_the_buttons_say_how_much_and_ask_for_it(qtbot: Any, banner: EndBanner) -> None:
    heard: list[object] = []
    banner.extend_wanted.connect(heard.append)
    banner.patience_wanted.connect(heard.append)
    banner.new_seed.connect(lambda: heard.append("seed"))
    banner.say_outcomes((COMPLETED, STOPPED_EARLY), epochs=400, patience=40)
    for button in (banner.epochs_button, banner.patience_button, banner.seed_button):
        assert button.toolTip()
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert heard == [200, 40, "seed"]


@pytest.mark.parametrize("changes", [
    {"epochs": 4, "stopping.early.enabled": False}, {"epochs": 60, "stopping.early.patience": 1},
])  # fmt: skip
def test_what_is_offered_lets_the_run_go_on(banner: EndBanner, changes: dict[str, Any]) -> None:
    experiment = replace(Experiment(), {"data.samples": 60, "network.hidden": (4,), "optimizer.lr": 0.1, **changes})
    engine = Engine(experiment)
    while not engine.finished:
        engine.advance(50)
    epochs, patience = experiment.epochs, experiment.stopping.early.patience
    banner.say_outcomes(tuple(engine.outcomes), epochs, patience)
    if not banner.epochs_button.isHidden():
        engine.edit({"epochs": epochs + extension(epochs)})
    else:
        assert not banner.patience_button.isHidden()
        engine.edit({"stopping.early.patience": patience + patience})
    assert not engine.finished


def test_replicas_are_counted_and_the_first_one_spoken_of(banner: EndBanner) -> None:
    banner.say_outcomes((STOPPED_EARLY,) * 20 + (COMPLETED,) * 12, epochs=400, patience=40)
    assert banner.heading.text() == "All 32 ended"
    text = banner.sentence.text()
    assert text.startswith("20 early stopped, 12 completed, at epochs 210 to 400. ")
    assert "best weights are kept in 20, the last in 12" in text
    assert text.endswith(STOPPED_EARLY.message)
    banner.say_outcomes((DIVERGED, None))
    assert banner.heading.text() == "1 of 2 ended"


@pytest.mark.parametrize("scale", [0.8, 1.0, 2.0])
def test_all_of_it_can_be_read_in_a_small_window(qtbot: Any, scale: float) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply(app, theme.LIGHT, scale)
    banner = EndBanner(theme.LIGHT)
    qtbot.addWidget(banner)
    banner.resize(round(385 * scale), round(96 * scale))
    banner.show()
    QApplication.processEvents()
    for outcomes in ((STOPPED_EARLY,), (DIVERGED,), (STOPPED_EARLY, COMPLETED) * 16):
        banner.say_outcomes(outcomes, 400, 40)
        QApplication.processEvents()
        label = banner.sentence
        assert "…" not in label.text() + banner.heading.text()
        assert label.heightForWidth(label.width()) <= label.height()
    theme.apply(app, theme.DARK)


def test_why_it_ended_comes_before_a_new_seed(banner: EndBanner) -> None:
    banner.say_outcomes((STOPPED_EARLY,), epochs=400, patience=40)
    banner.resize(230, 96)
    assert banner.heading.text() == "■ Early stopped"
    assert offered(banner) == ["+ 40 patience"]
    banner.resize(385, 96)
    assert offered(banner) == ["+ 40 patience", "New seed"]


def test_nothing_moves_when_the_run_ends(banner: EndBanner) -> None:
    banner.say("Training", "Training loss 0.01.")
    QApplication.processEvents()
    assert not offered(banner)
    before = banner.sentence.geometry(), banner.heading.y(), banner.heading.height()
    banner.say_outcomes((COMPLETED,), 400, 40)
    QApplication.processEvents()
    assert (banner.sentence.geometry(), banner.heading.y(), banner.heading.height()) == before
    banner.say("Training", "Training loss 0.01.")
    assert not offered(banner)


def test_what_fits_nowhere_is_cut_and_stands_in_the_tooltip(banner: EndBanner) -> None:
    long = "A sentence that goes on. " * 200
    banner.say("A heading that is much longer than there is room for in any window", long)
    assert banner.sentence.text().endswith("…")
    assert banner.heading.text().endswith("…")
    assert "goes on" in banner.sentence.toolTip()
    banner.say("Ready", "Press Space.")
    assert banner.sentence.toolTip() == ""
    assert banner.heading.toolTip() == ""


@pytest.mark.parametrize(("epochs", "more"), [
    (400, 200), (600, 200), (100, 50), (5, 2), (3, 1), (1, 1), (10**7, 5 * 10**6),
])  # fmt: skip
def test_half_as_many_epochs_again_in_a_round_number(epochs: int, more: int) -> None:
    assert extension(epochs) == more
