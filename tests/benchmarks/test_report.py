"""Pages of figures, also of such as an earlier version kept."""

from __future__ import annotations

from typing import Any

from benchmarks import report

WINDOW: dict[str, Any] = {
    "size": [1440, 900], "platform": "offscreen", "steps_per_second": 5000.0, "headless_steps_per_second": 7500.0,
    "share_of_headless": 0.66, "redraws_per_second": 15.2, "panels_per_second": {"Network": 4.0},
    "share_of_a_core_for_the_window": 0.2, "delay_ms": {"p50": 0.2, "p99": 17.0, "max": 30.0},
    "projector": {"redraws_per_second": 22.0},
    "deep": {"redraws_per_second": 15.0, "delay_ms": {"p99": 50.0, "max": 80.0}},
    "redraw": {"steps": [10_000, 1_000_000], "milliseconds": [5.0, 5.5]},
}  # fmt: skip


def test_the_window_with_what_two_cores_take() -> None:
    sheet = report.window(WINDOW | {"share_of_headless_on_one_core": 0.73, "share_with_naps": 0.9})
    rows = [row[0] for row in sheet.rows]
    assert rows[2:5] == ["share", "share, with both on one core", "share without a window, with naps of 1 ms"]
    assert [row[1] for row in sheet.rows[2:5]] == ["66 %", "73 %", "90 %"]


def test_figures_of_an_earlier_version_lack_these_rows() -> None:
    assert [row[0] for row in report.window(WINDOW).rows][2:4] == ["share", "redraws per second"]
