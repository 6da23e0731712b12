"""The gallery: cards by chapter, filtered and searched, opened by click and by key."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication

from gui import theme
from gui.scenarios.scenarios import Scenarios
from gui.window import MainWindow


def titles(gallery: Scenarios) -> list[str]:
    return [card.entry.scenario.title for card in gallery.gallery.shown]


def test_the_tab_and_the_key_show_it_and_another_tab_leaves_it(qtbot: Any, lab: MainWindow) -> None:
    assert lab.actions_table.by_text["Scenarios"].shortcut() == QKeySequence("Ctrl+G")
    lab.actions_table.by_text["Scenarios"].trigger()
    assert lab.workspace.stage.shown == "gallery"
    assert lab.workspace.left.current == "Scenarios"
    lab.workspace.left.show_page("Experiment")
    assert lab.workspace.stage.shown == "board"
    lab.workspace.left.show_page("Scenarios")
    assert lab.workspace.stage.shown == "gallery"


def test_cards_stand_by_chapter(gallery: Scenarios) -> None:
    assert titles(gallery) == ["Deep nets", "Slow and fast", "Steps", "Noise"]
    tops = [card.y() for card in gallery.gallery.shown]
    assert tops[0] < tops[1] == tops[2] < tops[3]


@pytest.mark.parametrize(
    ("typed", "found"),
    [("slow", ["Slow and fast"]), ("DEPTH", ["Deep nets"]), ("tale batches", ["Noise"]), ("nothing of it", []),
     ("epth", []), ("fas slo", ["Slow and fast"]), ("n", ["Deep nets", "Noise", "Slow and fast", "Steps"])],
)  # fmt: skip
def test_search_looks_everywhere(qtbot: Any, gallery: Scenarios, typed: str, found: list[str]) -> None:
    qtbot.keyClicks(gallery.filters.search, typed)
    assert titles(gallery) == found
    assert gallery.gallery.nothing.isHidden() == bool(found)


def test_chapter_and_level(qtbot: Any, gallery: Scenarios) -> None:
    filters = gallery.filters
    qtbot.mouseClick(filters.chapters["learning rate"], Qt.MouseButton.LeftButton)
    assert titles(gallery) == ["Slow and fast", "Steps"]
    qtbot.mouseClick(filters.levels["intermediate"], Qt.MouseButton.LeftButton)
    assert titles(gallery) == ["Steps"]
    filters.clear()
    assert len(titles(gallery)) == 4
    assert filters.chapters["learning rate"].text() == "Learning rate  ·  2"
    assert filters.chapters["convergence"].isHidden()


def test_keys_go_from_card_to_card_and_open_one(qtbot: Any, lab: MainWindow, gallery: Scenarios) -> None:
    qtbot.keyClicks(gallery.filters.search, "a")
    gallery.filters.search.clear()
    qtbot.keyClick(gallery.filters.search, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: QApplication.focusWidget() is gallery.gallery.cards[0])
    assert gallery.visit is None, "the key that goes to the cards opens none"
    walk = []
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Home, Qt.Key.Key_End):
        qtbot.keyClick(QApplication.focusWidget(), key)
        walk.append(QApplication.focusWidget().entry.scenario.title)
    assert walk == ["Slow and fast", "Steps", "Noise", "Slow and fast", "Deep nets", "Noise"]
    assert lab.control.view is not None
    assert lab.control.view.history.step == 0, "an arrow is no step here"
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert gallery.visit is not None
    assert gallery.visit.scenario.title == "Noise"
    assert lab.workspace.stage.shown == "board"


def test_letters_typed_on_a_card_search_and_drive_no_run(qtbot: Any, lab: MainWindow, gallery: Scenarios) -> None:
    qtbot.keyClick(gallery.filters.search, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: QApplication.focusWidget() is gallery.gallery.cards[0])
    for key in "step":
        qtbot.keyClick(QApplication.focusWidget(), key)
    assert gallery.filters.search.text() == "step"
    assert lab.control.phase == "ready"
    qtbot.keyClick(gallery.filters.search, Qt.Key.Key_Escape)
    assert gallery.filters.search.text() == ""


def test_a_run_started_at_the_gallery_is_shown(qtbot: Any, lab: MainWindow, gallery: Scenarios) -> None:
    lab._tick()
    assert lab.workspace.stage.shown == "gallery"
    lab.control.limit_speed(5)
    qtbot.mouseClick(lab.transport.run_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: lab.workspace.stage.shown == "board")
    assert lab.workspace.left.current == "Experiment"
    gallery.show_gallery()  # one that is under way is left to itself
    lab._tick()
    lab._tick()
    assert lab.workspace.stage.shown == "gallery"
    lab.control.limit_speed(None)


def test_one_card_is_reached_by_tab(gallery: Scenarios) -> None:
    reached = [card for card in gallery.gallery.cards if card.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert [card.entry.key for card in reached] == ["nets"]


def test_cards_say_what_was_done(gallery: Scenarios) -> None:
    entry = gallery.gallery.cards[1].entry
    assert gallery.done(entry) == ""
    gallery.learned.see(entry.key)
    assert gallery.done(entry) == "opened"
    gallery.learned.reveal(entry.key)
    assert gallery.done(entry) == "run · 0 of 1 tasks"
    gallery.learned.reach(entry.key, "hurry")
    assert gallery.done(entry) == "✓ done"
    gallery.show_gallery()
    assert gallery.gallery.cards[1].done == "✓ done"
    assert gallery.filters.chapters["learning rate"].text() == "Learning rate  ·  1 of 2"


def test_it_survives_another_size_and_another_theme(lab: MainWindow, gallery: Scenarios) -> None:
    gallery.filters.search.setText("slow")
    lab.set_scale(1.2)
    assert lab.workspace.stage.shown == "gallery"
    assert gallery.filters.search.text() == "slow"
    assert titles(gallery) == ["Slow and fast"]
    lab.set_theme(theme.LIGHT)
    assert not gallery.gallery.grab().toImage().allGray()


def test_another_document_takes_its_place(lab: MainWindow, gallery: Scenarios) -> None:
    lab.files.new()
    assert lab.workspace.stage.shown == "board"
    assert lab.workspace.left.current == "Experiment"
