"""Runs that are changed on the way by themselves: a scenario's, and one that is replayed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from gui.documents import Document
from training.experiment import Experiment
from training.session import Plan

if TYPE_CHECKING:
    from gui.window import MainWindow


def plan_for(window: MainWindow, document: Document, make: Callable[[Experiment], Plan | None]) -> None:
    """Let every run of a document have the plan that `make` returns; the runs of any other document have none."""
    window.control.planned = lambda experiment: make(experiment) if window.files.document is document else None
