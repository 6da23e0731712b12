"""What is done in the pictures of findings; `scripts.pictures` draws them."""

from __future__ import annotations

from collections.abc import Callable

from gui.diagnosis.diagnosis import Diagnosis
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
