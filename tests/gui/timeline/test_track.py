"""The line of the timeline: places and steps, labels that never overlap, and what a screen reader is told."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtGui import QAccessible

from gui import theme as themes
from gui.timeline.track import Shown, Track


@pytest.fixture
def track(qtbot: Any) -> Track:
    made = Track(themes.DARK, 1.0)
    qtbot.addWidget(made)
    made.resize(400, 36)
    made.show()
    return made


@given(
    now=st.integers(1, 10**7), past=st.floats(0, 1) | st.none(), best=st.floats(0, 1) | st.none(),
    width=st.integers(60, 1500), growing=st.booleans(),
)  # fmt: skip
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_places_and_labels(
    track: Track, now: int, past: float | None, best: float | None, width: int, growing: bool
) -> None:
    track.resize(width, 36)
    shown = Shown(
        now, now / 7, None if past is None else int(past * now), 1.5, None if best is None else int(best * now), 2.25,
        growing=growing,
    )  # fmt: skip
    track.show_run(shown)
    assert 0 < track.x_of(now) < width
    for step in (0, now // 3, now):
        assert track.step_at(track.x_of(step)) == pytest.approx(step, abs=max(1, now / 10_000))
    labels = track.labels()
    edges = sorted((left, left + wide) for _, left, wide in labels)
    assert all(before[1] < after[0] for before, after in zip(edges, edges[1:], strict=False))
    assert labels[0][0].text == "now" if past is None else "not now" in labels[0][0].text
    assert not track.grab().isNull()


def test_it_is_a_slider_over_the_steps(track: Track) -> None:
    track.show_run(Shown(1000, 10.0, 300, 3.0, page=100))
    interface = QAccessible.queryAccessibleInterface(track)
    assert interface.role() == QAccessible.Role.Slider
    values = interface.valueInterface()
    assert (values.minimumValue(), values.currentValue(), values.maximumValue()) == (0, 300, 1000)
    assert track.accessibleDescription() == "Epoch 3, step 300: past, not now"


def test_showing_asks_for_nothing(track: Track, qtbot: Any) -> None:
    with qtbot.assertNotEmitted(track.wanted):
        track.show_run(Shown(100, 1.0))
        track.show_run(Shown(200, 2.0, 50, 0.5))
        track.show_run(Shown(20, 0.2))


def test_the_line_does_not_stretch_under_the_pointer(track: Track, qtbot: Any) -> None:
    track.show_run(Shown(100, 1.0, growing=True))
    place = track.x_of(40)
    track._dragging = True
    track.show_run(Shown(90, 0.9))
    assert track.x_of(40) == place
    track._dragging = False
    track.show_run(Shown(91, 0.91))
    assert track.x_of(91) > track.width() - 15
