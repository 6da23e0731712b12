"""The panel that says why: findings along the run, evidence pointed at, two levels of explanation, fixes."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

from gui import theme
from gui.diagnosis.track import rows_of
from gui.diagnosis.why_panel import Why
from tests.gui.diagnosis.made_up import HEALTHY, OVERFITTING, PAST, VANISHING
from training.diagnosis.explanation import explanation


@pytest.fixture
def why(qtbot: Any) -> Why:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply(app, theme.DARK)
    panel = Why()
    panel.restyle(theme.DARK)
    panel.failed.connect(lambda message, details: pytest.fail(f"{message}\n{details}"))
    qtbot.addWidget(panel)
    panel.resize(330, 600)
    panel.show()
    panel.show_findings([VANISHING, OVERFITTING], [PAST])
    panel.track.show_rows(panel.track.rows, 40, panel.track.current)
    QApplication.processEvents()
    return panel


def test_findings_stand_in_order_of_time_with_what_lasts_last_in_its_row() -> None:
    again = PAST.__class__("overfitting", "Overfitting", "warning", 0.5, "", 3, 6, over=True)
    rows = rows_of([HEALTHY, OVERFITTING], [PAST, again])
    assert [row.name for row in rows] == ["healthy", "plateau", "overfitting"]
    assert rows[-1].findings == (again, OVERFITTING)
    over = PAST.__class__("plateau", "Plateau", "note", 0.5, "", 3, 6, over=True)
    assert [row.findings for row in rows_of([over], [over])] == [(over,)]


def test_the_first_finding_is_told_of_until_another_one_is_chosen(qtbot: Any, why: Why) -> None:
    assert why.sentence.text() == VANISHING.sentence
    assert why.sure.text() == "87 % sure"
    assert [row.name for row in why.track.rows] == ["plateau", "vanishing_gradients", "overfitting"]
    assert [row.text.text() for row in why.evidence_rows] == [one.sentence for one in VANISHING.evidence]
    assert [row.button.text() for row in why.fix_rows] == [fix.title for fix in VANISHING.fixes]
    assert [row.why.text() for row in why.fix_rows] == [fix.why for fix in VANISHING.fixes]
    name = QPoint(20, round(why.track.place_of(OVERFITTING).top()) - 12)
    with qtbot.assertNotEmitted(why.selection.moment_wanted):
        qtbot.mouseClick(why.track, Qt.MouseButton.LeftButton, pos=name)
    assert why.sentence.text() == OVERFITTING.sentence
    assert why.fix_rows == []
    why.show_findings([VANISHING, OVERFITTING], [PAST])
    assert why.told == OVERFITTING
    why.forget()
    assert why.told is None
    assert why.nothing.isVisibleTo(why)


def test_a_click_on_a_bar_goes_to_that_moment(qtbot: Any, why: Why) -> None:
    bar = why.track.place_of(PAST)
    with qtbot.waitSignal(why.selection.moment_wanted) as asked:
        qtbot.mouseClick(why.track, Qt.MouseButton.LeftButton, pos=bar.center().toPoint())
    assert PAST.first_step <= asked.args[0] <= PAST.last_step
    assert why.told == PAST


def test_the_keyboard_walks_through_the_findings(qtbot: Any, why: Why) -> None:
    why.track.setFocus()
    qtbot.keyClick(why.track, Qt.Key.Key_Down)
    assert why.told == OVERFITTING
    qtbot.keyClick(why.track, Qt.Key.Key_Home)
    assert why.told == PAST
    with qtbot.waitSignal(why.selection.moment_wanted) as asked:
        qtbot.keyClick(why.track, Qt.Key.Key_Return)
    assert asked.args == [float(PAST.first_step)]


def test_evidence_is_pointed_at_by_pointer_and_by_keys(qtbot: Any, why: Why) -> None:
    changes: list[int | None] = []
    why.chosen_changed.connect(lambda: changes.append(why.pointed))
    first, second = why.evidence_rows
    second.setFocus()
    first.setFocus()
    why.track.setFocus()
    assert changes[0] == 1
    assert 0 in changes
    assert changes[-1] is None
    with qtbot.waitSignal(why.selection.moment_wanted) as asked, qtbot.waitSignal(why.plot_wanted) as plot:
        qtbot.mouseClick(second, Qt.MouseButton.LeftButton)
    assert (asked.args, plot.args) == ([10.0], ["train_loss"])
    assert "training loss" in second.accessibleName()


def test_fixes_are_tried_or_applied(qtbot: Any, why: Why) -> None:
    asked: list[tuple[str, str]] = []
    why.try_wanted.connect(lambda finding, fix: asked.append(("try", fix.name)))
    why.apply_wanted.connect(lambda finding, fix: asked.append(("apply", fix.name)))
    qtbot.mouseClick(why.fix_rows[1].button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(why.fix_rows[2].apply, Qt.MouseButton.LeftButton)
    assert asked == [("try", "batch_norm"), ("apply", "skip_connections")]
    assert why.fix_rows[2].apply.accessibleName() == "Apply Skip connections without a race"


def test_the_explanation_has_two_levels(qtbot: Any, why: Why) -> None:
    told = explanation("vanishing_gradients")
    assert why.explained.markdown == told.plain
    qtbot.mouseClick(why.math_pill, Qt.MouseButton.LeftButton)
    assert why.explained.markdown == told.expert


def test_its_table_has_every_finding(why: Why) -> None:
    table = why.table()
    assert table is not None
    assert [row[0] for row in table.rows] == ["Plateau", "Vanishing gradients", "Overfitting"]
    assert [row[5] for row in table.rows] == [True, False, False]


@pytest.mark.parametrize("chosen", [theme.LIGHT, theme.DARK])
def test_both_themes_and_narrow_panels(why: Why, chosen: theme.Theme) -> None:
    why.restyle(chosen)
    why.resize(210, 400)
    QApplication.processEvents()
    assert why.content.width() <= why.scroll.viewport().width()
    assert why.fix_rows[2].button.text().endswith("…")
    assert not why.grab().toImage().isNull()
