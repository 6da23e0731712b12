"""What is done in the pictures of findings; `scripts.pictures` draws them."""

from __future__ import annotations

from collections.abc import Callable

from gui.diagnosis.diagnosis import Diagnosis
from gui.race.races import Races
from gui.timeline.time_travel import TimeTravel
from gui.window import MainWindow
from scripts.scenario_scenes import settle, wait
from training.diagnosis.finding import Finding


def told(name: str) -> Callable[[MainWindow], None]:
    """Return what opens the explanation of a finding, once there is one."""

    def tell(window: MainWindow) -> None:
        if window.control.phase == "playing":
            window.toggle()
        diagnosis = window.feature(Diagnosis)

        def finding() -> Finding | None:
            return next((found for found in diagnosis.findings if found.name == name), None)

        wait(lambda: finding() is not None)
        found = finding()
        assert found is not None
        window.toggle_form()  # the room is for what the finding is about
        diagnosis.explain(found)
        settle(1.0)

    return tell


def why(window: MainWindow) -> None:
    """Read about what matters most, its evidence on the plots."""
    paused(window)
    diagnosis = window.feature(Diagnosis)
    wait(lambda: diagnosis.shown is not None)
    assert diagnosis.shown is not None
    show_signals(window)
    diagnosis.explain(diagnosis.shown)
    settle(1.0)


def show_signals(window: MainWindow) -> None:
    """Show the signal passed back, which is what vanishing is about, in place of the weight gradients."""
    window.gradients.pills["signal_norm"].click()
    window.layer_map.pills["signal_norm"].click()


def paused(window: MainWindow) -> None:
    """Hold the run."""
    if window.control.phase == "playing":
        window.toggle()
    settle(1.5)  # what is found while it stands still is shown at once


def past(window: MainWindow) -> None:
    """Look at an early moment."""
    paused(window)
    window.feature(TimeTravel).go_to(100.0)
    settle(1.5)


def race(window: MainWindow) -> None:
    """Race the first fix to its end."""
    paused(window)
    races = window.feature(Races)
    window.feature(Diagnosis).try_first_fix()
    wait(lambda: races.outcome is not None)
    settle(1.0)
