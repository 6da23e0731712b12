"""Progress of a headless run on a terminal: a bar where there is one, plain lines elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from training.engine import Engine
from training.history import History
from training.length import steps_at_most
from training.progress import Progress

REDRAW_SECONDS = 0.1
LINE_SECONDS = 5.0


class TerminalProgress:
    """A watcher for `training.headless.run_headless`; use it as a context manager.

    Parameters
    ----------
    console
        Where to write. On a terminal one bar is redrawn, otherwise a line is printed every few seconds.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = console.is_terminal
        self._next = 0.0 if self._live else time.monotonic() + LINE_SECONDS
        self._bar = Bar(
            BarColumn(bar_width=14),
            TextColumn("{task.fields[text]}"),
            TimeRemainingColumn(compact=True),
            console=console,
            auto_refresh=False,
            transient=True,
        )
        self._task = self._bar.add_task("Training", total=None, text="")

    def __enter__(self) -> Self:
        """Begin to show the bar."""
        if self._live:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        if self._live:
            self._bar.stop()

    def __call__(self, engine: Engine, history: History, progress: Progress) -> None:
        """Show where the run stands, but not more often than anyone can read."""
        if self._is_time():
            self._show(history.step, steps_at_most(engine.experiment, engine.steps_per_epoch), _text(engine, history))

    def survey(self, share: float) -> None:
        """Show how much of the loss landscape is done, once training has ended."""
        if self._is_time():
            self._show(100.0 * share, 100.0, f"loss landscape {share:.0%}")

    def _is_time(self) -> bool:
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + (REDRAW_SECONDS if self._live else LINE_SECONDS)
        return True

    def _show(self, completed: float, total: float, text: str) -> None:
        if self._live:
            self._bar.update(self._task, completed=completed, total=total, text=text)
            self._bar.refresh()
        else:
            self._console.print(text, highlight=False, soft_wrap=True)


def _text(engine: Engine, history: History) -> str:
    parts = [f"epoch {int(history.epoch):,} of {engine.experiment.epochs:,}"]
    latest = history.evaluations.latest
    if latest is not None:
        parts.append(f"loss {latest.train_loss[0]:.4g}")
        if len(engine.data.x_val):
            parts.append(f"held out {latest.val_loss[0]:.4g}")
    if history.seconds > 0:
        parts.append(f"{history.step / history.seconds:,.0f} steps/s")
    return " · ".join(parts)
