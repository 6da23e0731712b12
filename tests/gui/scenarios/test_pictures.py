"""The pictures on the cards: of this very library, and drawn whatever they hold."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from gui import theme
from gui.scenarios.card_painting import paint_picture
from scripts.scenario_pictures import picture_of
from tests.gui.scenarios.small import PICTURE, scenario
from training.experiment_file import PRESETS
from training.scenarios.card_picture import fingerprint, shipped_picture
from training.scenarios.scenario_file import load, shipped_scenarios
from training.scenarios.trial import run_variants

AGAIN = "python -m scripts.scenario_pictures makes it anew"


def test_every_shipped_scenario_has_a_picture_of_itself() -> None:
    for name, path in shipped_scenarios().items():
        picture = shipped_picture(name)
        assert picture is not None, f"{name} has no picture: {AGAIN}"
        assert picture["fingerprint"] == fingerprint(load(path)), f"the picture of {name} is out of date: {AGAIN}"


def test_no_picture_is_left_over() -> None:
    pictures = {path.stem for path in (PRESETS / "pictures").glob("*.json")}
    assert pictures <= set(shipped_scenarios())


def painted(picture: dict[str, Any] | None) -> QImage:
    image = QImage(240, 150, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    paint_picture(painter, QRectF(0, 0, 240, 150), picture, theme.DARK, 1.0)
    painter.end()
    return image


@pytest.mark.parametrize("curve", ["train_loss", "batch_loss", "lr", "signal_norm", "boundary"])
def test_it_is_made_of_a_real_run(qtbot: Any, curve: str) -> None:
    made = scenario(picture={"curve": curve})
    picture = picture_of(made, run_variants(made, 1))
    if curve == "boundary":
        assert [each["title"] for each in picture["maps"]] == ["Slow", "Fast"]
        assert all(len(row) == len(picture["maps"][0]["rows"]) for row in picture["maps"][0]["rows"])
    else:
        assert [each["title"] for each in picture["series"]] == ["Slow", "Fast"]
        assert all(2 <= len(each["x"]) == len(each["y"]) <= 60 for each in picture["series"])
    assert painted(picture) != painted(None)


@pytest.mark.parametrize(
    "broken",
    [{}, {"kind": "curves"}, {**PICTURE, "series": []}, {**PICTURE, "series": [{"title": "a", "x": [1], "y": ["b"]}]},
     {**PICTURE, "series": [{"title": "a", "x": [1, 2], "y": [0, 0]}]}, {"kind": "maps", "maps": []},
     {"kind": "maps", "maps": [{"title": "a", "rows": ["1x"], "classes": 2, "samples": []}]}],
)  # fmt: skip
def test_a_broken_picture_is_a_calm_one(qtbot: Any, broken: dict[str, Any]) -> None:
    assert not painted(broken).isNull()


def test_the_fingerprint_follows_what_is_run_and_nothing_else() -> None:
    same, other = scenario(title="Other words"), scenario(picture={"curve": "lr"})
    assert fingerprint(same) == fingerprint(scenario())
    assert fingerprint(other) != fingerprint(scenario())
