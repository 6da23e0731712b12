"""When to stop: early stopping, and the five convergence criteria.

Both are fed once per evaluation, hold plain numbers only, and may be changed while a run goes on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from training.experiment import Criteria, Criterion, EarlyStopping, ValidationCriterion


class EarlyStopper:
    """Watches one metric and counts the evaluations since it last improved.

    A loss improves if it is lower than the best by more than `min_delta`, a score if it is higher. NaN and
    infinities never improve. The first `burn_in` evaluations are not judged: they neither count
    as waiting nor become the best. It counts while disarmed too, but then never says to stop.

    Attributes
    ----------
    waited
        Evaluations since the best one.
    best
        Best value so far (NaN: none yet).
    best_index
        Evaluation that gave it (-1: none yet).
    """

    def __init__(self, config: EarlyStopping) -> None:
        self._config = config
        self.best = math.nan
        self.best_index = -1
        self.waited = 0

    @property
    def config(self) -> EarlyStopping:
        """The settings in force."""
        return self._config

    @property
    def should_stop(self) -> bool:
        """Whether it is armed and the metric has not improved for `patience` evaluations."""
        return self._config.enabled and self.waited >= self._config.patience

    def update(self, metric: float, evaluation_index: int) -> bool:
        """Take the metric of an evaluation; return whether it is a new best.

        Parameters
        ----------
        metric
            Value of `config.metric`.
        evaluation_index
            0 for the first evaluation of the run.
        """
        if evaluation_index < self._config.burn_in:
            return False
        if not self._improves(metric):
            self.waited += 1
            return False
        self.best, self.best_index, self.waited = metric, evaluation_index, 0
        return True

    def configure(self, config: EarlyStopping) -> None:
        """Take over edited settings, keeping what was seen; another metric starts afresh."""
        another = config.metric != self._config.metric
        self._config = config
        if another:
            self.load(EarlyStopper(config).state())

    def state(self) -> dict[str, float]:
        """Return all that is remembered, as plain numbers."""
        return {"best": self.best, "best_index": self.best_index, "waited": self.waited}

    def load(self, state: dict[str, float]) -> None:
        """Continue exactly from what `state` returned."""
        self.best = float(state["best"])
        self.best_index, self.waited = int(state["best_index"]), int(state["waited"])

    def _improves(self, metric: float) -> bool:
        if not math.isfinite(metric):
            return False
        if math.isnan(self.best):
            return True
        gain = metric - self.best if self._config.metric == "val_score" else self.best - metric
        return gain > self._config.min_delta


@dataclass(frozen=True)
class CriterionInfo:
    """One row of the table of criteria."""

    name: str
    title: str
    formula: str
    note: str


_ROWS = (
    CriterionInfo(
        "loss_plateau", "Loss plateau", "|f(t−1) − f(t)| < threshold",
        "The training loss has stopped changing, whether up or down; flat stretches on the way meet it too.",
    ),
    CriterionInfo(
        "gradient_norm", "Gradient norm", "‖∇f‖₂ < threshold",
        "A stationary point: a minimum, but saddles and dead units look the same. Mini-batch noise keeps it up.",
    ),
    CriterionInfo(
        "parameter_change", "Parameter change", "‖θ(t) − θ(t−1)‖₂ < threshold",
        "The weights have stopped moving; a rate near zero has the same effect.",
    ),
    CriterionInfo(
        "validation", "Validation", "evaluations without improvement ≥ threshold",
        "The monitored metric no longer improves: for networks the criterion that matters most.",
    ),
    CriterionInfo(
        "relative_improvement", "Relative improvement", "0 ≤ (f(t−1) − f(t)) / f(t−1) < threshold",
        "The training loss still falls, but hardly for its size. A rise is no convergence and does not meet it.",
    ),
)

CRITERIA: dict[str, CriterionInfo] = {row.name: row for row in _ROWS}


@dataclass(frozen=True)
class CriterionState:
    """Where one criterion stands.

    Attributes
    ----------
    name
        Key of `CRITERIA`.
    value
        What was measured at the last evaluation (NaN: not known yet).
    threshold
        What it is held against.
    met
        Whether it holds; never for a criterion that is off.
    action
        "off", "tell" or "stop".
    """

    name: str
    value: float
    threshold: float
    met: bool
    action: str


class CriteriaMonitor:
    """Judges the five convergence criteria at every evaluation, and their combination.

    Signs: the loss plateau takes the absolute change. The relative improvement is positive when the loss falls
    and is met only in ``0 ≤ r < threshold``, so that a rising loss never counts as converged. A value
    that is NaN is never met; the first evaluation, which has no previous one, gives NaN.
    """

    def __init__(self, config: Criteria) -> None:
        self._config = config
        self._previous_loss = math.nan
        self._values = dict.fromkeys(CRITERIA, math.nan)
        self._states = self._judge_all()

    @property
    def config(self) -> Criteria:
        """The settings in force."""
        return self._config

    @property
    def states(self) -> tuple[CriterionState, ...]:
        """Where the criteria stand under the settings in force, in the order of `CRITERIA`."""
        return self._states

    def update(
        self, train_loss: float, gradient_norm: float, parameter_change: float, waited: int
    ) -> tuple[CriterionState, ...]:
        """Take what an evaluation measured; return where the criteria stand.

        Parameters
        ----------
        train_loss
            Training loss.
        gradient_norm
            L2 norm of the whole gradient at the last step (NaN before the first).
        parameter_change
            L2 norm of the change of all parameters since the last evaluation (NaN at the first).
        waited
            Evaluations since the monitored metric improved: `EarlyStopper.waited`.
        """
        self._values = {
            "loss_plateau": abs(self._previous_loss - train_loss),
            "gradient_norm": gradient_norm,
            "parameter_change": parameter_change,
            "validation": float(waited),
            "relative_improvement": relative_improvement(self._previous_loss, train_loss),
        }
        self._previous_loss = train_loss
        self._states = self._judge_all()
        return self._states

    def verdict(self) -> tuple[str, ...]:
        """Return the names of the met criteria that end the run together, or () if it goes on."""
        stopping = [state for state in self.states if state.action == "stop"]
        met = tuple(state.name for state in stopping if state.met)
        needed = {"any": 1, "all": max(1, len(stopping)), "k": self._config.k}[self._config.combine]
        return met if len(met) >= needed else ()

    def configure(self, config: Criteria) -> None:
        """Take over edited settings, keeping what was measured."""
        self._config = config
        self._states = self._judge_all()

    def state(self) -> dict[str, float]:
        """Return all that is remembered, as plain numbers."""
        return {"previous_loss": self._previous_loss, **self._values}

    def load(self, state: dict[str, float]) -> None:
        """Continue exactly from what `state` returned."""
        self._previous_loss = float(state["previous_loss"])
        self._values = {name: float(state[name]) for name in CRITERIA}
        self._states = self._judge_all()

    def _judge_all(self) -> tuple[CriterionState, ...]:
        return tuple(self._judge(name, value) for name, value in self._values.items())

    def _judge(self, name: str, value: float) -> CriterionState:
        criterion: Criterion | ValidationCriterion = getattr(self._config, name)
        met = criterion.action != "off" and _is_met(name, value, criterion.threshold)
        return CriterionState(name, value, float(criterion.threshold), met, criterion.action)


def _is_met(name: str, value: float, threshold: float) -> bool:
    # Comparisons with NaN are false, so that what is not known is not met.
    if name == "validation":
        return value >= threshold
    return 0.0 <= value < threshold


def relative_improvement(previous: float, current: float) -> float:
    """Return ``(previous − current) / previous`` of a loss: positive where it fell.

    No change is 0 even where both losses are zero; a rise from a loss of zero is −∞.

    Examples
    --------
    >>> relative_improvement(2.0, 1.5)
    0.25
    >>> relative_improvement(0.0, 0.0)
    0.0
    """
    if previous == 0.0:
        return math.nan if math.isnan(current) else 0.0 if current == 0.0 else -math.inf
    return (previous - current) / previous
