"""The board as a person uses it: what is shown where, hidden, enlarged, dragged and remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget

from gui import arrangement
from gui.arrangement import LANDSCAPE, PROJECTOR
from gui.board import ALL_HIDDEN, NONE_SUITS, Board
from gui.drop_zones import drop_at
from gui.split import Split
from gui.theme import DARK, apply
from tests.gui.panels.pictures import has_color
from tests.gui.panels.runs import make_run
from tests.gui.plain_panels import PlainPanel

DESK = arrangement.DESK.known(name for name in arrangement.DESK.names if name != LANDSCAPE)
"""With two views of the data, of which one has room on a small board; tests of three add the landscape."""
WIDE, NARROW = (1116, 740), (776, 520)
REGRESSION = {"data.dataset": "sine", "loss.kind": "mse"}


def make_panels(names: Sequence[str] = DESK.names) -> list[PlainPanel]:
    tasks = {"confusion": ("classification",), "predicted_true": ("regression",)}
    both = ("classification", "regression")
    return [PlainPanel(name, tasks=tasks.get(name, both)) for name in names]


@pytest.fixture
def make(qtbot: Any, qapp: QApplication) -> Iterator[Callable[..., Board]]:
    apply(qapp, DARK)
    made: list[Board] = []

    def shown(
        size: tuple[int, int] = WIDE, changes: dict[str, Any] | None = None, *, scale: float = 1.0,
        names: Sequence[str] = DESK.names,
    ) -> Board:
        board = Board(make_panels(names), scale=scale)
        qtbot.addWidget(board)
        board.resize(*size)
        with qtbot.waitExposed(board):
            board.show()
        board.suit(make_run(changes, steps=0))
        settle()
        made.append(board)
        return board

    yield shown
    for board in made:
        board.close()


@pytest.fixture
def board(make: Callable[..., Board]) -> Board:
    return make()


def settle() -> None:
    for _ in range(3):
        QApplication.processEvents()


def places(board: Board) -> dict[str, QRect]:
    """Return where the panels that can be seen lie."""
    return {
        name: QRect(panel.mapTo(board, QPoint(0, 0)), panel.size())
        for name, panel in board.panels.items() if panel.isVisible()
    }


def assert_apart(board: Board) -> None:
    """Assert that no panel lies over another or beyond the board."""
    lying = places(board)
    for name, place in lying.items():
        assert board.rect().contains(place), name
        assert not any(place.intersects(other) for one, other in lying.items() if one != name)


def entries(board: Board) -> dict[str, QAction]:
    board.panels_menu().aboutToShow.emit()
    return {action.text(): action for action in board.panels_menu().actions() if not action.isSeparator()}


def drag(board: Board, name: str, to: QPoint, *, drop: bool = True) -> None:
    """Take a panel by its header and bring it to a place of the board."""
    header = board.panels[name].header_row
    start = QPoint(30, header.height() // 2)
    QTest.mousePress(header, Qt.MouseButton.LeftButton, pos=start)
    goal = header.mapFrom(board, to)
    for share in (0.1, 0.5, 1.0):
        QTest.mouseMove(header, start + (goal - start) * share)
    if drop:
        QTest.mouseRelease(header, Qt.MouseButton.LeftButton, pos=goal)
        settle()


# ------------------------------------------------------------------------------- what stands where

def test_the_desk_shows_everything_in_its_place(board: Board) -> None:
    lying = places(board)
    assert set(lying) == {
        "network", "boundary", "confusion", "learning_curves", "gradient_norms", "layer_map",
    }
    assert_apart(board)
    right = [lying[name] for name in ("learning_curves", "gradient_norms", "layer_map")]
    assert max(place.height() for place in right) - min(place.height() for place in right) <= 1
    assert lying["network"].width() / (board.width() - 8) == pytest.approx(0.59, abs=0.005)
    assert lying["network"].height() / lying["boundary"].height() == pytest.approx(0.9, abs=0.01)
    assert lying["boundary"].right() < lying["confusion"].left()


def test_a_regression_gets_its_scatter(make: Callable[..., Board]) -> None:
    board = make(WIDE, REGRESSION)
    assert {"boundary", "predicted_true"} < set(places(board))
    assert "confusion" not in places(board)


def test_a_small_board_shows_one_view_of_the_data_and_offers_the_other(make: Callable[..., Board], qtbot: Any) -> None:
    board = make(NARROW)
    assert_apart(board)
    assert "boundary" in places(board)
    assert "confusion" not in places(board)
    began: list[str] = []
    board.became_visible.connect(lambda panel: began.append(panel.name))
    title, show = board.panels["boundary"].other
    assert title == "Confusion"
    show()
    settle()
    assert "confusion" in places(board)
    assert "boundary" not in places(board)
    assert began == ["confusion"]
    assert board.panels["confusion"].other[0] == "Boundary"


def test_of_three_views_two_have_room_and_lead_to_the_third(make: Callable[..., Board]) -> None:
    board = make(names=arrangement.DESK.names)
    assert {"boundary", LANDSCAPE} <= set(places(board))
    assert "confusion" not in places(board)
    title, show = board.panels[LANDSCAPE].other
    assert title == "Confusion"
    show()
    settle()
    assert {"boundary", "confusion"} <= set(places(board))
    assert LANDSCAPE not in places(board)
    assert board.panels["confusion"].other[0] == "Loss landscape"


def test_room_for_both_shows_both_when_the_board_grows(make: Callable[..., Board], qtbot: Any) -> None:
    board = make(NARROW)
    began: list[str] = []
    board.became_visible.connect(lambda panel: began.append(panel.name))
    board.resize(*WIDE)
    qtbot.waitUntil(lambda: "confusion" in places(board))
    assert began == ["confusion"]
    assert board.panels["boundary"].other is None
    board.resize(*NARROW)
    qtbot.waitUntil(lambda: "confusion" not in places(board))


@pytest.mark.parametrize("scale", [0.8, 1.0, 1.5, 2.0])
def test_nothing_overlaps_at_any_scale(make: Callable[..., Board], scale: float) -> None:
    for size in (WIDE, NARROW):
        board = make((round(size[0] * scale), round(size[1] * scale)), scale=scale)
        assert_apart(board)


def test_a_crowd_of_panels_scrolls_rather_than_overlaps(make: Callable[..., Board]) -> None:
    board = make((400, 200))
    for panel in board.panels.values():
        board.show_panel(panel)
    settle()
    lying = list(places(board).values())
    assert len(lying) > 6
    assert not any(one.intersects(other) for i, one in enumerate(lying) for other in lying[:i])
    assert board.area.verticalScrollBar().maximum() > 0


def test_a_run_of_another_kind_changes_what_is_shown(board: Board) -> None:
    board.became_visible.connect(lambda panel: pytest.fail("the window begins what suits a new run"))
    board.suit(make_run(REGRESSION, steps=0))
    assert "predicted_true" in places(board)
    assert board.shows(board.panels["predicted_true"])
    assert not board.shows(board.panels["confusion"])


# ------------------------------------------------------------------------------- hiding

def test_a_hidden_panel_makes_room_and_comes_back_as_it_was(board: Board) -> None:
    before = places(board)
    changes: list[bool] = []
    board.changed.connect(lambda: changes.append(True))
    board.panels["network"].hide_wanted.emit()
    settle()
    lying = places(board)
    assert "network" not in lying
    assert lying["boundary"].top() == 0
    entry = entries(board)["Network"]
    assert not entry.isChecked()
    entry.trigger()
    settle()
    assert places(board) == before
    assert len(changes) == 2


def test_with_everything_hidden_the_board_says_how_to_get_panels_back(board: Board) -> None:
    for panel in board.panels.values():
        board.hide_panel(panel)
    settle()
    assert places(board) == {}
    assert board.note.isVisible()
    assert board.note_text.text() == ALL_HIDDEN
    board.note_button.click()
    settle()
    assert not board.note.isVisible()
    assert len(places(board)) == 6


def test_panels_that_all_suit_other_runs_are_explained(board: Board) -> None:
    for panel in board.panels.values():
        if panel.name != "confusion":
            board.hide_panel(panel)
    board.suit(make_run(REGRESSION, steps=0))
    settle()
    assert board.note.isVisible()
    assert board.note_text.text() == NONE_SUITS


def test_the_menu_lists_every_panel_and_the_default(board: Board) -> None:
    listed = entries(board)
    titles = [panel.title for panel in board.panels.values()]
    titles[titles.index("Predicted true")] += " (not for this experiment)"
    assert list(listed) == [*titles, "Default arrangement"]
    hidden = {board.panels[name].title for name in DESK.hidden}
    assert {text for text in listed if not listed[text].isChecked()} == {*hidden, "Default arrangement"}
    board.move_panel(board.panels["network"], "down")
    listed["Default arrangement"].trigger()
    assert board.arrangement == DESK


def test_nothing_is_left_of_old_arrangements(board: Board) -> None:
    panel = board.panels["network"]

    def count() -> int:
        settle()
        QApplication.sendPostedEvents(None, 52)  # QEvent.DeferredDelete
        return len(board.findChildren(QWidget))

    before = count()
    for _ in range(5):
        board.hide_panel(panel)
        board.show_panel(panel)
        board.toggle_maximized(panel)
        board.toggle_maximized(panel)
    assert count() == before
    assert all(each.face.parentWidget() is each for each in board.panels.values())


# ------------------------------------------------------------------------------- one before all others

def test_a_double_click_fills_the_board_and_another_restores_exactly(board: Board) -> None:
    before = places(board)
    heard: list[bool] = []
    board.maximized_changed.connect(lambda: heard.append(board.maximized is not None))
    panel = board.panels["gradient_norms"]
    QTest.mouseDClick(panel.header_row, Qt.MouseButton.LeftButton, pos=QPoint(20, 8))
    settle()
    assert places(board) == {"gradient_norms": board.rect()}
    QTest.mouseDClick(panel.header_row, Qt.MouseButton.LeftButton, pos=QPoint(20, 8))
    settle()
    assert places(board) == before
    assert heard == [True, False]


def test_enter_on_a_header_enlarges_and_escape_restores(board: Board) -> None:
    before = places(board)
    header = board.panels["confusion"].header_row
    header.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(header, Qt.Key.Key_Return)
    settle()
    assert places(board) == {"confusion": board.rect()}
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    settle()
    assert places(board) == before


def test_escape_restores_wherever_the_focus_was_before(board: Board) -> None:
    board.panels["network"].header_row.setFocus()
    board.toggle_maximized(board.panels["layer_map"])
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert board.maximized is None


def test_sizes_set_by_hand_survive_enlarging_and_resizing(board: Board, qtbot: Any) -> None:
    split = board.area.widget()
    assert isinstance(split, Split)
    handle = split.handle(1)
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, pos=QPoint(4, 100))
    QTest.mouseMove(handle, QPoint(104, 100))
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=QPoint(4, 100))
    with qtbot.waitSignal(board.changed, timeout=2000):
        pass
    before = places(board)
    assert before["network"].width() > 0.65 * board.width()
    board.toggle_maximized(board.panels["network"])
    board.resize(900, 600)
    settle()
    assert places(board) == {"network": board.rect()}
    board.restore()
    board.resize(*WIDE)
    settle()
    assert places(board) == before


def test_without_a_name_the_panel_in_use_is_enlarged(board: Board) -> None:
    board.panels["layer_map"].header_row.setFocus()
    board.toggle_maximized()
    assert board.maximized is board.panels["layer_map"]
    board.toggle_maximized()
    assert board.maximized is None


def test_an_enlarged_panel_that_suits_a_new_run_stays(board: Board) -> None:
    network = board.panels["network"]
    board.toggle_maximized(network)
    board.suit(make_run(REGRESSION, steps=0))
    settle()
    assert places(board) == {"network": board.rect()}
    board.restore()
    assert "predicted_true" in places(board)


def test_an_enlarged_panel_that_does_not_suit_a_new_run_goes(board: Board) -> None:
    board.toggle_maximized(board.panels["confusion"])
    board.suit(make_run(REGRESSION, steps=0))
    settle()
    assert board.maximized is None
    assert {"network", "boundary", "predicted_true"} < set(places(board))


def test_covered_panels_still_begin_with_a_run(board: Board) -> None:
    board.toggle_maximized(board.panels["boundary"])
    assert not board.panels["confusion"].isVisible()
    assert board.shows(board.panels["confusion"])


# ------------------------------------------------------------------------------- moving

def test_dragging_shows_where_the_panel_would_go_and_drops_it_there(board: Board) -> None:
    target = places(board)["boundary"]
    drag(board, "layer_map", QPoint(target.left() + 40, target.center().y()), drop=False)
    assert board.indicator.isVisible()
    assert board.indicator.text == "Left of Boundary"
    assert board.indicator.geometry().right() <= target.center().x()
    assert has_color(board.indicator, DARK.accent)
    header = board.panels["layer_map"].header_row
    QTest.mouseRelease(header, Qt.MouseButton.LeftButton, pos=header.mapFrom(board, target.center()))
    settle()
    assert not board.indicator.isVisible()
    lying = places(board)
    assert lying["layer_map"].top() == lying["boundary"].top()
    assert lying["layer_map"].right() < lying["boundary"].left()
    assert_apart(board)


def test_escape_lets_a_dragged_panel_stay(board: Board) -> None:
    before = places(board)
    drag(board, "network", places(board)["layer_map"].center(), drop=False)
    assert board.indicator.isVisible()
    header = board.panels["network"].header_row
    QTest.keyClick(header, Qt.Key.Key_Escape)
    assert not board.indicator.isVisible()
    QTest.mouseRelease(header, Qt.MouseButton.LeftButton, pos=QPoint(10, 300))
    settle()
    assert places(board) == before


def test_a_drop_on_the_middle_swaps(board: Board) -> None:
    before = places(board)
    drag(board, "network", before["layer_map"].center())
    lying = places(board)
    assert (lying["network"], lying["layer_map"]) == (before["layer_map"], before["network"])


def test_a_drop_at_the_side_of_a_column_makes_another(board: Board) -> None:
    drag(board, "layer_map", QPoint(3, 300))
    lying = places(board)
    assert lying["layer_map"].left() == 0
    assert lying["layer_map"].height() == board.height()


def test_a_panel_dropped_on_itself_or_beside_the_board_stays(board: Board) -> None:
    before = places(board)
    drag(board, "network", before["network"].center())
    drag(board, "network", QPoint(-200, -200))
    assert places(board) == before


def test_a_short_press_moves_nothing(board: Board) -> None:
    header = board.panels["network"].header_row
    QTest.mousePress(header, Qt.MouseButton.LeftButton, pos=QPoint(20, 8))
    QTest.mouseMove(header, QPoint(22, 9))
    assert not board.indicator.isVisible()
    QTest.mouseRelease(header, Qt.MouseButton.LeftButton, pos=QPoint(22, 9))
    assert board.arrangement == DESK


def test_a_panel_is_moved_from_the_keyboard_and_keeps_the_focus(board: Board) -> None:
    panel = board.panels["gradient_norms"]
    panel.header_row.setFocus(Qt.FocusReason.TabFocusReason)
    assert panel.moves == {"left", "right", "up", "down"}
    panel.move_wanted.emit("up")
    settle()
    assert places(board)["gradient_norms"].top() == 0
    assert QApplication.focusWidget() is panel.header_row
    assert panel.moves == {"left", "right", "down"}


def test_the_tabulator_key_goes_through_panels_as_they_are_read(board: Board) -> None:
    board.move_panel(board.panels["layer_map"], "up")
    order = []
    board.panels["network"].header_row.setFocus()
    for _ in range(100):
        panel = next((each for each in board.panels.values() if each.isAncestorOf(QApplication.focusWidget())), None)
        if panel is not None and panel.name not in order:
            order.append(panel.name)
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        if QApplication.focusWidget() is board.panels["network"].header_row:
            break
    assert order == ["network", "boundary", "confusion", "learning_curves", "layer_map", "gradient_norms"]


def test_panels_keep_their_place_among_the_other_widgets_of_the_window(qtbot: Any, qapp: QApplication) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    box = QVBoxLayout(window)
    above = QPushButton("above", window)
    board = Board(make_panels(), parent=window)
    below = QPushButton("below", window)
    for widget in (above, board, below):
        box.addWidget(widget)
    window.resize(*WIDE)
    with qtbot.waitExposed(window):
        window.show()
    board.suit(make_run(steps=0))
    board.move_panel(board.panels["network"], "down")
    settle()
    above.setFocus()
    QTest.keyClick(above, Qt.Key.Key_Tab)
    assert board.isAncestorOf(QApplication.focusWidget())
    below.setFocus()
    QTest.keyClick(below, Qt.Key.Key_Backtab)
    assert board.isAncestorOf(QApplication.focusWidget())


# ------------------------------------------------------------------------------- remembered

def test_an_arrangement_handed_in_is_shown_and_not_reported_as_changed(board: Board) -> None:
    board.changed.connect(lambda: pytest.fail("only the user changes it"))
    board.set_arrangement(PROJECTOR)
    settle()
    assert set(places(board)) == {"boundary", "learning_curves", "gradient_norms"}
    board.set_arrangement(DESK)
    assert len(places(board)) == 6


def test_a_board_made_again_from_what_was_kept_looks_the_same(board: Board, make: Callable[..., Board]) -> None:
    drag(board, "layer_map", places(board)["network"].center())
    board.hide_panel(board.panels["gradient_norms"])
    settle()
    again = make()
    again.set_arrangement(board.arrangement)
    settle()
    assert places(again) == places(board)


# ------------------------------------------------------------------------------- drop zones

def test_every_place_of_the_board_gives_a_sensible_drop(board: Board) -> None:
    columns, lying = board.arrangement.only(places(board)), places(board)
    sides = set()
    for x in range(0, board.width(), 13):
        for y in range(0, board.height(), 11):
            drop = drop_at(QPointF(x, y), "network", columns, lying, 1.0)
            if drop is None:
                continue
            sides.add(drop.side)
            assert drop.target != "network" or drop.side.startswith("column")
            assert board.rect().contains(drop.area)
            assert board.arrangement.moved("network", drop.target, drop.side) != board.arrangement
    assert sides == {"left", "right", "above", "below", "swap", "column_left", "column_right"}
