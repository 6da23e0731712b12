"""The controls: what they understand, and what they show."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.exceptions import capture_exceptions

from gui import theme
from gui.builder import wording
from gui.builder.editors import (
    ChoiceField,
    FileField,
    NumberField,
    Typed,
    next_number,
    parse_number,
    parse_widths,
    widths_text,
)
from gui.builder.fields import Field, Option
from gui.builder.form import Builder
from training.experiment import Experiment


@pytest.mark.parametrize(("text", "whole", "value"), [
    ("1e-3", False, 0.001), (" 3 ", True, 3), ("−2", False, -2.0), (".5", False, 0.5), ("1e3", True, 1000),
    ("1_000", True, 1000), ("2.5", True, 2.5), ("abc", False, "abc"), ("", False, ""), ("nan", False, "nan"),
    ("inf", False, "inf"), ("1e", False, "1e"), ("0,1", False, "0,1"), ("off", False, "off"),
    ("1_", False, "1_"), ("1__0", True, "1__0"), ("_1", True, "_1"), ("9007199254740993", True, 9007199254740993),
])  # fmt: skip
def test_numbers_are_read_in_any_notation_and_other_text_is_kept(text: str, whole: bool, value: Any) -> None:
    read = parse_number(text, whole=whole)
    assert read == value
    assert type(read) is type(value)


def test_words_for_zero() -> None:
    assert parse_number("Off", whole=False, zero_words=("off",)) == 0.0


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_shown_reads_back_exactly(value: float) -> None:
    assert parse_number(wording.number(value), whole=False) == value


@pytest.mark.parametrize(("text", "widths"), [
    ("16 16 16", [16, 16, 16]), ("16 ×3", [16] * 3), ("16x3, 8", [16, 16, 16, 8]), ("32, 16;8", [32, 16, 8]),
    ("", []), ("4*2", [4, 4]), ("16 a", [16, "a"]), ("16×²", ["16×²"]), ("16×1001", ["16×1001"]),
])  # fmt: skip
def test_widths_are_read(text: str, widths: list[Any]) -> None:
    assert parse_widths(text) == widths


@given(st.lists(st.integers(1, 1024), max_size=64))
def test_widths_shown_read_back(widths: list[int]) -> None:
    assert parse_widths(widths_text(widths)) == widths


@pytest.mark.parametrize(("value", "direction", "whole", "expected"), [
    (0.01, 1, False, 0.02), (0.01, -1, False, 0.009), (9, 1, True, 10), (0.9, 1, False, 1.0), (0, 1, False, 0.001),
    (0.001, -1, False, 0.0009), (32, -1, True, 31), (-0.01, -1, False, -0.02), (-0.01, 1, False, -0.009),
    (math.inf, 1, False, math.inf), (-math.inf, -1, True, -math.inf), (5e-324, -1, False, 5e-324),
    (1.7e308, 1, False, 1.7e308),
])  # fmt: skip
def test_arrow_keys_step_in_the_first_digit(value: float, direction: int, whole: bool, expected: float) -> None:
    assert next_number(value, direction, whole=whole, low=None, high=None) == pytest.approx(expected)


@given(st.floats(allow_nan=False), st.sampled_from([1, -1]), st.booleans())
def test_arrow_keys_step_from_any_number(value: float, direction: int, whole: bool) -> None:
    stepped = next_number(value, direction, whole=whole, low=None, high=None)
    assert stepped >= value if direction > 0 else stepped <= value


NEARLY = st.text(alphabet="0123456789_.eE+-−×x*²٣ ,;∞\u00a0na", max_size=12)


@pytest.fixture(scope="module")
def form(qapp: Any) -> Iterator[Builder]:
    builder = Builder(Experiment(), theme.DARK)
    yield builder
    builder.deleteLater()


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), text=NEARLY | st.text(max_size=8))
def test_no_text_typed_anywhere_raises(form: Builder, data: st.DataObject, text: str) -> None:
    lines = {
        key: getattr(row.editors[key], "line", row.editors[key])
        for card in form.cards.values() for key, row in card.rows.items()
        if isinstance(row.editors[key], Typed | FileField)
    }
    key = data.draw(st.sampled_from(sorted(lines)))
    line, before = lines[key], form.draft.get(key)
    with capture_exceptions() as raised:
        line.setText(text)
        line.textEdited.emit(text)
        for code in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Return):
            QTest.keyClick(line, code)
        form._on_edited(key, before)
        form._on_committed(key)
    assert not raised


def test_steps_stay_within_the_bounds() -> None:
    assert next_number(1, -1, whole=True, low=1, high=5) == 1
    assert next_number(0, -1, whole=False, low=0, high=1) == 0


def test_a_number_says_units_at_rest_and_the_bare_number_while_edited(qtbot: Any) -> None:
    field = NumberField(Field("stopping.early.patience", "Patience", "", "integer"))
    qtbot.addWidget(field)
    field.show_value(40)
    assert field.text() == "40 evaluations"
    field.show()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    assert field.text() == "40"
    field.clearFocus()
    assert field.text() == "40 evaluations"


def test_typing_reports_every_keystroke_and_enter_commits_once(qtbot: Any) -> None:
    field = NumberField(Field("optimizer.lr", "Learning rate", "", "number"))
    qtbot.addWidget(field)
    field.show_value(0.01)
    field.show()
    edited: list[Any] = []
    committed: list[bool] = []
    field.edited.connect(edited.append)
    field.committed.connect(lambda: committed.append(True))
    field.selectAll()
    qtbot.keyClicks(field, "1e-3")
    assert edited == [1.0, "1e", "1e-", 0.001]
    assert not committed
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert committed == [True]


def test_showing_a_value_reports_nothing(qtbot: Any) -> None:
    field = ChoiceField(Field("x", "X", "", "choice", (Option("a", "A"), Option("b", "B"))))
    qtbot.addWidget(field)
    field.edited.connect(lambda value: pytest.fail(f"reported {value}"))
    field.show_value("b")
    assert field.currentText() == "B"


@pytest.mark.parametrize(("key", "value", "text"), [
    ("optimizer.clip_norm", 0.0, "off"), ("network.skip_every", 2, "every 2 layers"), ("optimizer.lr", 1e-8, "1e-8"),
    ("stopping.early.patience", 1, "1 evaluation"), ("seed", 0, "0"), ("optimizer.lr", 1.0, "1"),
    ("optimizer.lr", 0.0001, "1e-4"), ("optimizer.lr", 0.00025, "2.5e-4"), ("optimizer.lr", 0.001, "0.001"),
])  # fmt: skip
def test_numbers_at_rest(key: str, value: float, text: str) -> None:
    assert wording.at_rest(key, value) == text


def test_a_path_shows_its_name_at_rest_and_all_of_it_while_it_is_edited(qtbot: Any) -> None:
    field = FileField(Field("data.path", "File", "", "file"))
    other = QLineEdit()
    box = QWidget()
    layout = QVBoxLayout(box)
    layout.addWidget(field)
    layout.addWidget(other)
    qtbot.addWidget(box)
    box.show()
    box.activateWindow()
    other.setFocus()
    qtbot.waitUntil(other.hasFocus)
    field.show_value("/somewhere/far/table.csv")
    assert field.line.text() == "table.csv"
    assert field.value() == "/somewhere/far/table.csv"
    field.line.setFocus()
    qtbot.waitUntil(field.line.hasFocus)
    assert field.line.text() == "/somewhere/far/table.csv"
    heard: list[Any] = []
    field.edited.connect(heard.append)
    qtbot.keyClicks(field.line, "/new/x.csv")
    other.setFocus()
    assert heard[-1] == field.value() == "/new/x.csv"
    assert field.line.text() == "x.csv"


@pytest.mark.parametrize(("key", "letter", "goes_to_the_window"), [
    ("optimizer.lr", Qt.Key.Key_N, True), ("optimizer.lr", Qt.Key.Key_G, True), ("optimizer.lr", Qt.Key.Key_5, False),
    ("network.skip_every", Qt.Key.Key_N, False), ("network.skip_every", Qt.Key.Key_R, True),
])  # fmt: skip
def test_after_enter_letters_that_begin_no_number_are_keys_of_the_window(
    qtbot: Any, key: str, letter: Qt.Key, goes_to_the_window: bool
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    layout = QVBoxLayout(window)
    field = NumberField(Field(key, "Number", "", "number"))
    layout.addWidget(field)
    heard: list[bool] = []
    QShortcut(QKeySequence(letter), window).activated.connect(lambda: heard.append(True))
    window.show()
    window.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    qtbot.keyClick(field, letter)
    assert heard == [], "while a number is typed, every key is part of it"
    field.setText("2")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.keyClick(field, letter)
    assert heard == [True] * goes_to_the_window
