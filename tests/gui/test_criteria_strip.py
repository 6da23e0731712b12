"""The criteria strip: value, threshold and state in a few characters."""

from __future__ import annotations

import math
from typing import Any

import pytest

from gui import theme
from gui.criteria_strip import CriteriaStrip, figures, short
from training.criteria import CRITERIA, CriterionState
from training.experiment import Criteria


@pytest.mark.parametrize(("name", "value", "threshold", "action", "text"), [
    ("loss_plateau", 4.1e-4, 1e-6, "tell", "4.1e-4 > 1e-6"), ("gradient_norm", 1e-6, 1e-5, "stop", "1e-6 < 1e-5"),
    ("validation", 31.0, 40, "tell", "31 of 40 evaluations"),
    ("validation", math.nan, 10, "tell", "– of 10 evaluations"),
    ("parameter_change", math.nan, 1e-7, "tell", "– < 1e-7"), ("loss_plateau", 1.0, 1.0, "off", "off"),
    ("relative_improvement", -2.2e-4, 1e-4, "tell", "−2.2e-4, rising"),
])  # fmt: skip
def test_figures(name: str, value: float, threshold: float, action: str, text: str) -> None:
    assert figures(CriterionState(name=name, value=value, threshold=threshold, met=False, action=action)) == text


@pytest.mark.parametrize(("value", "text"), [(0.0, "0"), (math.inf, "∞"), (0.032, "3.2e-2"), (9.96, "1.0e1")])
def test_short_numbers(value: float, text: str) -> None:
    assert short(value) == text


def test_a_met_criterion_is_told_in_words_too(qtbot: Any) -> None:
    strip = CriteriaStrip(theme.DARK)
    qtbot.addWidget(strip)
    strip.show_settings(Criteria())
    strip.show_states((CriterionState(name="validation", value=12, threshold=10, met=True, action="stop"),))
    card = strip.cards["validation"]
    assert "met" in card.accessibleName()
    strip.resize(900, 60)
    assert not strip.grab().isNull()


@pytest.mark.parametrize("action", ["tell", "stop"])
def test_nothing_is_cut_in_a_small_window(qtbot: Any, action: str) -> None:
    strip = CriteriaStrip(theme.DARK)
    qtbot.addWidget(strip)
    strip.resize(715, 70)  # what a window of 1100 pixels leaves
    strip.show_states(tuple(
        CriterionState(name=name, value=-2.2e-14 if name == "relative_improvement" else 123.4, threshold=1.5e-10,
                       met=False, action=action)
        for name in strip.cards
    ))  # fmt: skip
    strip.show()
    for name, card in strip.cards.items():
        title, _ = card.fitting_title(card.width() - 30)
        assert "…" not in title + card.fitting_figures(), name
        assert title.split()[0].rstrip(".") in CRITERIA[name].title
        assert card.text in card.toolTip().replace("&gt;", ">").replace("&lt;", "<")
