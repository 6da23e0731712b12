"""The bars: what the lab has to reach, and where the figure is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.single import SKLEARN, SKLEARN_VALIDATING, TUTORIAL


@dataclass(frozen=True)
class Bar:
    """One bar; `figure` takes the results of `section`.

    Comparisons are held to like for like: the lab records everything at every step, and evaluates no more
    than its peer does. `evaluating` gives the figure with the lab's usual evaluation once an epoch.
    """

    section: str
    title: str
    figure: Callable[[dict[str, Any]], float]
    limit: float
    unit: str = "×"
    at_most: bool = False
    evaluating: Callable[[dict[str, Any]], float] | None = None

    @property
    def wanted(self) -> str:
        """The limit in words, such as ``at least 2×``."""
        return f"{'at most' if self.at_most else 'at least'} {self.text(self.limit)}"

    def text(self, value: float) -> str:
        """Return a figure with its unit."""
        if self.unit == "%":
            return f"{100 * value:.0f} %"
        digits = 0 if abs(value) >= 100 or (value == self.limit and float(value).is_integer()) else 2
        return f"{value:.{digits}f}{self.unit}"

    def met(self, value: float) -> bool:
        """Tell whether a figure reaches the bar."""
        return value <= self.limit if self.at_most else value >= self.limit


LIKE_FOR_LIKE, EVALUATING = "lab_without_evaluations_against", "lab_against"


def _against(title: str, network: str, peer: str, limit: float, evaluating: str = "") -> Bar:
    return Bar(
        "single", title,
        lambda results: float(results[network][LIKE_FOR_LIKE][peer]), limit,
        evaluating=lambda results: float(results[network][EVALUATING][evaluating or peer]),
    )


def _overhead(title: str, where: str) -> Bar:
    return Bar(
        "instruments", title,
        lambda results: max(float(network[where]["overhead"]) for network in results["networks"].values()),
        0.10, "%", at_most=True,
    )  # fmt: skip


BARS = (
    _against("S against scikit-learn", "S", SKLEARN, 2.0, SKLEARN_VALIDATING),
    _against("D against scikit-learn", "D", SKLEARN, 2.0, SKLEARN_VALIDATING),
    _against("M against scikit-learn", "M", SKLEARN, 1.2, SKLEARN_VALIDATING),
    _against("S against a plain PyTorch loop", "S", TUTORIAL, 4.0),
    _against("D against a plain PyTorch loop", "D", TUTORIAL, 3.0),
    _against("D with batch norm against a plain PyTorch loop", "D+BN", TUTORIAL, 3.0),
    Bar(
        "population", "32 replicas of S against that loop run 32 times",
        lambda results: float(results[LIKE_FOR_LIKE][TUTORIAL]), 25.0,
        evaluating=lambda results: float(results[EVALUATING][TUTORIAL]),
    ),
    Bar("window", "Steps per second in the window, of those without one",
        lambda results: float(results["share_of_headless"]), 0.75, "%"),
    Bar("window", "Redraws per second meanwhile", lambda results: float(results["redraws_per_second"]), 15.0, " /s"),
    Bar("window", "Delay of the event loop, 99th percentile",
        lambda results: float(results["delay_ms"]["p99"]), 33.0, " ms", at_most=True),
    Bar("window", "Delay of the event loop, longest",
        lambda results: float(results["delay_ms"]["max"]), 100.0, " ms", at_most=True),
    Bar("window", "Redraws per second in projector mode",
        lambda results: float(results["projector"]["redraws_per_second"]), 20.0, " /s"),
    Bar("window", "Delay of the event loop with 64 layers, longest",
        lambda results: float(results["deep"]["delay_ms"]["max"]), 100.0, " ms", at_most=True),
    Bar("window", "A redraw at 1,000,000 recorded steps, against one at 10,000",
        lambda results: float(results["redraw"]["ratio"]), 1.5, "×", at_most=True),
    Bar("startup", "Command to a window that answers, warm",
        lambda results: float(results["seconds_to_ready"]), 2.5, " s", at_most=True),
    _overhead("Overhead of the default instruments, headless: the largest of S, D and M", "headless"),
    _overhead("The same in the window", "window"),
)


def _measured(figure: Callable[[dict[str, Any]], float] | None, section: dict[str, Any] | None) -> float | None:
    """Return a figure, or None if it was not measured: results kept from an earlier version may lack it."""
    if figure is None or section is None:
        return None
    try:
        return figure(section)
    except KeyError:
        return None


def judged(results: dict[str, Any]) -> list[dict[str, Any]]:
    """Return every bar with the figure measured and whether it is met; None where it was not measured."""
    rows = []
    for bar in BARS:
        section = results.get(bar.section)
        figure = _measured(bar.figure, section)
        full = _measured(bar.evaluating, section)
        rows.append({
            "bar": bar.title,
            "wanted": bar.wanted,
            "measured": None if figure is None else bar.text(figure),
            "value": figure,
            "evaluating": None if full is None else bar.text(full),
            "evaluating_value": full,
            "met": None if figure is None else bar.met(figure),
        })
    return rows
