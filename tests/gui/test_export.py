"""What is saved of a panel, read back by means of its own: Qt's reader of pictures, an XML parser, the csv module."""

from __future__ import annotations

import csv
import io
import os
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QFileDialog

from gui import export
from gui.panels.gradient_norms import GradientNorms
from gui.panels.learning_curves import LearningCurves
from gui.panels.network import Network
from gui.panels.panel import Table
from gui.panels.printing import is_printing, pixel_ratio, printing, wants_vectors
from gui.theme import DARK, LIGHT, apply
from tests.gui.panels.runs import make_run
from tests.gui.plain_panels import INK, PlainPanel
from training.errors import InputError

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def panel(qtbot: Any, qapp: QApplication) -> Iterator[PlainPanel]:
    apply(qapp, DARK)
    made = PlainPanel("some_curves", "Some <curves>")
    made.add_pill("on", "A toggle that is on", checked=True, changed=lambda _: None)
    made.add_pill("off", "A toggle that is off", changed=lambda _: None)
    made.restyle(DARK)
    qtbot.addWidget(made)
    made.resize(400, 200)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.close()


def texts(svg: bytes) -> list[str]:
    return ["".join(each.itertext()).strip() for each in ET.fromstring(svg).iter(f"{SVG}text")]


def same_color(one: QColor, other: str, within: int = 6) -> bool:
    return all(abs(a - b) <= within for a, b in zip(one.getRgb()[:3], QColor(other).getRgb()[:3], strict=True))


# ------------------------------------------------------------------------------- PNG

def test_a_picture_has_twice_the_pixels_and_the_colors_of_the_theme(panel: PlainPanel, tmp_path: Path) -> None:
    file = tmp_path / "some.png"
    export.save_png(panel, file)
    image = QImage(str(file))
    assert (image.width(), image.height()) == (800, 400)
    assert image.dotsPerMeterX() == pytest.approx(2 * 96 / 0.0254, rel=0.01)
    assert same_color(image.pixelColor(20, 390), DARK.surface)
    assert os.listdir(tmp_path) == ["some.png"]
    ink = sum(same_color(image.pixelColor(x, y), INK, 60) for x in range(0, 800, 3) for y in range(60, 400, 3))
    assert ink > 20


def test_a_light_panel_gives_a_light_picture(panel: PlainPanel, qapp: QApplication) -> None:
    apply(qapp, LIGHT)
    panel.restyle(LIGHT)
    image = export.picture_of(panel)
    assert same_color(image.pixelColor(20, 390), LIGHT.surface)


def test_buttons_and_toggles_that_are_off_stay_out_of_the_picture(panel: PlainPanel) -> None:
    panel.header_row.set_active(True)
    panel.header_row.options.setFocus()
    image = export.picture_of(panel)

    def blank(widget: Any) -> bool:
        corner = widget.mapTo(panel, widget.rect().topLeft())
        ground = QColor(DARK.surface).getRgb()
        return all(
            image.pixelColor(2 * (corner.x() + x), 2 * (corner.y() + y)).getRgb() == ground
            for x in range(2, widget.width() - 2) for y in range(2, widget.height() - 2)
        )

    on, off = panel.pills_in_header()
    assert blank(panel.header_row.options)
    assert blank(panel.header_row.enlarge)
    assert blank(off)
    assert not blank(on)
    assert not blank(panel.title_label)


def test_the_screen_is_as_before_after_a_picture(panel: PlainPanel) -> None:
    before = panel.grab().toImage()
    export.picture_of(panel)
    export.drawing_of(panel)
    assert panel.grab().toImage() == before
    assert not is_printing()


def test_printing_is_over_even_after_an_error(panel: PlainPanel) -> None:
    def fail() -> None:
        with printing(ratio=3.0, vector=True):
            assert (is_printing(), wants_vectors(), pixel_ratio(panel)) == (True, True, 3.0)
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        fail()
    assert not is_printing()
    assert not wants_vectors()
    assert pixel_ratio(panel) == panel.devicePixelRatioF()


# ------------------------------------------------------------------------------- SVG

def test_a_drawing_is_text_and_lines_in_the_size_of_the_panel(panel: PlainPanel, tmp_path: Path) -> None:
    file = tmp_path / "some.svg"
    export.save_svg(panel, file, "two <spirals> & \x00 more")
    root = ET.fromstring(file.read_bytes())
    assert root.get("viewBox") == "0 0 400 200"
    assert float(root.get("width", "").removesuffix("mm")) == pytest.approx(400 / 96 * 25.4, rel=1e-3)
    assert root.findtext(f"{SVG}title") == "Some <curves>"
    assert root.findtext(f"{SVG}desc") == "two <spirals> &  more"
    said = texts(file.read_bytes())
    assert {"Some <curves>", "inside", "on"} <= set(said)
    assert "off" not in said
    assert not list(root.iter(f"{SVG}image"))
    assert QSvgRenderer(str(file)).isValid()


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        (LearningCurves, {"Learning curves", "epoch", "loss", "train", "validation"}),
        (GradientNorms, {"Gradient norm by layer", "step", "output", "layer 1"}),
        (Network, {"Network", "186 parameters"}),
    ],
)
def test_real_panels_are_drawn_without_pictures(show: Callable[..., Any], kind: type, wanted: set[str]) -> None:
    panel = show(kind, 640, 300)
    panel.begin(make_run({"network.hidden": (8, 8, 8)}, steps=100))
    svg = export.drawing_of(panel)
    root = ET.fromstring(svg)
    assert wanted <= set(texts(svg))
    assert not list(root.iter(f"{SVG}image"))
    assert len(list(root.iter(f"{SVG}polyline"))) + len(list(root.iter(f"{SVG}path"))) > 3


def test_curves_that_leave_the_plot_are_clipped_in_the_drawing(show: Callable[..., Any]) -> None:
    panel = show(LearningCurves)
    panel.begin(make_run(steps=100))
    assert b"clip-path" in export.drawing_of(panel)


@pytest.fixture
def show(qtbot: Any, qapp: QApplication) -> Callable[..., Any]:
    apply(qapp, DARK)

    def shown(kind: type, width: int = 455, height: int = 240) -> Any:
        panel = kind()
        qtbot.addWidget(panel)
        panel.resize(width, height)
        panel.restyle(DARK)
        with qtbot.waitExposed(panel):
            panel.show()
        return panel

    return shown


# ------------------------------------------------------------------------------- CSV and clipboard

def read(file: Path) -> list[list[str]]:
    with file.open(newline="", encoding="utf-8") as open_file:
        return list(csv.reader(open_file, strict=True))


def test_figures_are_exact_and_texts_are_safe(panel: PlainPanel, tmp_path: Path) -> None:
    panel.figures = Table(
        ("step", 'loss, "held out"', "R²", "=evil()"),
        [(1, 0.1, np.float32(0.1), "plain"), (2, float("nan"), -1e-300, "=1+1"), (3, float("inf"), None, "@a\nb"),
         (np.int64(4), np.float64(1 / 3), True, "-5")],
    )
    file = tmp_path / "figures.csv"
    export.save_csv(panel, file)
    assert file.read_bytes().count(b"\r\n") == 5
    assert read(file) == [
        ["step", 'loss, "held out"', "R²", "'=evil()"],
        ["1", "0.1", "0.10000000149011612", "plain"],
        ["2", "nan", "-1e-300", "'=1+1"],
        ["3", "inf", "", "'@a\nb"],
        ["4", "0.3333333333333333", "true", "-5"],
    ]


@given(st.lists(st.tuples(st.floats(), st.text(st.characters(exclude_categories=("Cs",)))), max_size=8))
def test_any_figures_and_texts_come_back(rows: list[tuple[float, str]]) -> None:
    made = io.StringIO(newline="")
    csv.writer(made, lineterminator="\r\n").writerows(export._cells(Table(("value", "text"), rows)))
    back = list(csv.reader(io.StringIO(made.getvalue(), newline="")))[1:]
    for (value, text), (figure, said) in zip(rows, back, strict=True):
        assert float(figure) == value or (value != value and figure == "nan")
        assert said.removeprefix("'") == text.removeprefix("'")
        assert not said.startswith(export.FORMULA) or float(said) == float(text)


def test_without_figures_nobody_is_asked_for_a_file(panel: PlainPanel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: pytest.fail("asked"))
    for figures in (None, Table(("step",), [])):
        panel.figures = figures
        with pytest.raises(InputError, match="no figures yet"):
            export.export(panel, "csv", "x")
        with pytest.raises(InputError, match="no figures yet"):
            export.export(panel, "figures", "x")


def test_the_clipboard_gets_picture_and_figures(panel: PlainPanel) -> None:
    assert export.export(panel, "picture", "x") is None
    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (800, 400)
    panel.figures = Table(("step", "name"), [(1, "a\tb"), (2, "=c")])
    assert export.export(panel, "figures", "x") is None
    assert QGuiApplication.clipboard().text() == "step\tname\n1\ta b\n2\t'=c\n"


def test_what_is_too_much_for_the_clipboard_is_said(panel: PlainPanel) -> None:
    panel.figures = Table(("step",), [(index,) for index in range(export.MOST_COPIED + 1)])
    with pytest.raises(InputError, match=r"200,001 rows.*Save them as CSV"):
        export.copy_figures(panel)


# ------------------------------------------------------------------------------- asking and failing

@pytest.mark.parametrize("kind", ["png", "svg", "csv"])
def test_the_user_is_asked_and_the_file_is_there(
    panel: PlainPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    panel.figures = Table(("step",), [(1,)])
    asked: list[str] = []

    def answer(parent: object, title: str, suggestion: str, kinds: str) -> tuple[str, str]:
        asked.append(suggestion)
        return str(tmp_path / "chosen"), kinds

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    path = export.export(panel, kind, "Why deep nets stall?", tmp_path)
    assert asked == [str(tmp_path / f"why-deep-nets-stall-some-curves.{kind}")]
    assert path == tmp_path / f"chosen.{kind}"
    assert path.stat().st_size > 0


def test_who_changes_his_mind_gets_no_file(
    panel: PlainPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    assert export.export(panel, "png", "x", tmp_path) is None
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("kind", ["png", "svg", "csv"])
def test_a_folder_that_is_not_there_is_said_in_words(
    panel: PlainPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    panel.figures = Table(("step",), [(1,)])
    file = tmp_path / "nowhere" / f"some.{kind}"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    with pytest.raises(InputError, match=r"cannot be written: No such file.*Choose another folder$"):
        export.export(panel, kind, "x")


@pytest.mark.parametrize("kind", ["png", "csv"])
def test_a_full_disk_leaves_the_old_file(
    panel: PlainPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    panel.figures = Table(("step",), [(1,)])
    file = tmp_path / f"some.{kind}"
    file.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    with pytest.raises(InputError, match="No space left on device"):
        export.export(panel, kind, "x")
    assert file.read_bytes() == b"old"
    assert os.listdir(tmp_path) == [file.name]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Two spirals", "two-spirals"), ("../../etc/passwd", "etc-passwd"), ("", "experiment"), ("日本", "experiment"),
        ("Ünïcode & more", "unicode-more"), ("a" * 500, "a" * 60), ("CON: *?", "con"),
    ],
)
def test_names_of_files_suit_any_system(text: str, expected: str) -> None:
    assert export.slug(text) == expected
