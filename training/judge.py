"""Judges the run of one replica at every evaluation: best weights, early stopping, convergence, and the last word."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from training.criteria import CRITERIA, CriteriaMonitor, CriterionState, EarlyStopper
from training.experiment import Experiment
from training.progress import Outcome, Reason

METRIC_WORDS = {"val_loss": "validation loss", "val_score": "validation score", "train_loss": "training loss"}


@dataclass(frozen=True)
class Weights:
    """Parameters and running statistics of one replica, copied."""

    params: Tensor
    statistics: Tensor


class Judge:
    """Watches one replica.

    Attributes
    ----------
    best
        Weights of the best evaluation, or None while early stopping has seen none.
    """

    def __init__(self, experiment: Experiment) -> None:
        self.stopper = EarlyStopper(experiment.stopping.early)
        self.monitor = CriteriaMonitor(experiment.stopping.criteria)
        self.best: Weights | None = None
        self.best_step = 0
        self.best_epoch = math.nan
        self._evaluations = 0

    def configure(self, experiment: Experiment) -> None:
        """Take over edited settings."""
        if experiment.stopping.early.metric != self.stopper.config.metric:
            self.best, self.best_step, self.best_epoch = None, 0, math.nan
        self.stopper.configure(experiment.stopping.early)
        self.monitor.configure(experiment.stopping.criteria)

    def take(
        self, metrics: dict[str, float], gradient_norm: float, parameter_change: float, step: int, epoch: float
    ) -> bool:
        """Take an evaluation; return whether it is the best so far, whose weights are then to be given to `best`."""
        improved = self.stopper.update(metrics[self.stopper.config.metric], self._evaluations)
        self._evaluations += 1
        if improved:
            self.best_step, self.best_epoch = step, epoch
        self.monitor.update(metrics["train_loss"], gradient_norm, parameter_change, self.stopper.waited)
        return improved

    @property
    def criteria(self) -> tuple[CriterionState, ...]:
        """Where the convergence criteria stand."""
        return self.monitor.states

    def verdict(self, step: int, epoch: float) -> Outcome | None:
        """Return how the run ends at this evaluation, or None if it goes on."""
        met = self.monitor.verdict()
        if met:
            titles = ", ".join(CRITERIA[name].title.lower() for name in met)
            return self.outcome("converged", step, epoch, f"Converged at epoch {epoch:g}: {titles}.", criteria=met)
        if self.stopper.config.enabled and self.stopper.should_stop:
            metric = METRIC_WORDS[self.stopper.config.metric]
            evaluations = "evaluation" if self.stopper.waited == 1 else "evaluations"
            text = (
                f"Stopped early at epoch {epoch:g}: the {metric} has not improved for "
                f"{self.stopper.waited} {evaluations}."
            )
            return self.outcome("early_stopped", step, epoch, text)
        return None

    def outcome(
        self, reason: Reason, step: int, epoch: float, text: str, *, criteria: tuple[str, ...] = (), tensor: str = ""
    ) -> Outcome:
        """Return an outcome whose message ends by saying which weights are kept."""
        early = self.stopper.config
        restored = early.enabled and early.restore_best and self.best is not None and self.best_step != step
        best = f" Best {METRIC_WORDS[early.metric]}: {self.stopper.best:.4g} at epoch {self.best_epoch:g}"
        if restored:
            text += f"{best}; its weights are restored."
        elif self.best is not None:
            text += f"{best}; the last weights are kept." if self.best_step != step else f"{best}, the last one."
        return Outcome(
            reason, step, epoch, text, best_step=self.best_step, best_epoch=self.best_epoch,
            best_metric=self.stopper.best, restored=restored, criteria=criteria, tensor=tensor,
        )

    def state(self) -> dict[str, Any]:
        """Return all that is remembered."""
        return {
            "stopper": self.stopper.state(), "monitor": self.monitor.state(), "best": self.best,
            "best_step": self.best_step, "best_epoch": self.best_epoch, "evaluations": self._evaluations,
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Continue exactly from what `state` returned."""
        self.stopper.load(state["stopper"])
        self.monitor.load(state["monitor"])
        self.best, self.best_step, self.best_epoch = state["best"], state["best_step"], state["best_epoch"]
        self._evaluations = state["evaluations"]
