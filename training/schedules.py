"""Learning-rate schedules: pure functions of the step, joined to a linear warm-up.

A schedule gives the factor in [0, 1] that the base rate is multiplied by. Step 0 is the first update.
To add one, add its settings to `training.experiment`, a function here and a row of `SCHEDULES`.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from training.experiment import (
    Constant,
    Cosine,
    CosineRestarts,
    Cyclical,
    Exponential,
    InverseTime,
    MultiStep,
    OneCycle,
    Polynomial,
    ReduceOnPlateau,
    Schedule,
    StepDecay,
)

Factor = Callable[[int], float]

LONGEST = 10**15  # steps; no run gets there, and beyond it lengths would overflow


@dataclass(frozen=True)
class Clock:
    """How lengths of a schedule become steps.

    Attributes
    ----------
    steps_per_unit
        Steps in an epoch, or 1 where lengths are counted in steps.
    remaining
        Steps of the run after the warm-up.
    """

    steps_per_unit: int
    remaining: int

    def moment(self, time: float) -> int:
        """Return the step that is nearest to a time."""
        return round(min(time * self.steps_per_unit, LONGEST))

    def steps(self, length: float) -> int:
        """Return a length in whole steps, at least 1."""
        return max(1, self.moment(length))

    def steps_or_rest(self, length: float) -> int:
        """Return a length in whole steps, where 0 stands for the rest of the run."""
        return self.steps(length) if length > 0 else self.remaining


def schedule_factor(schedule: Schedule, *, steps_per_epoch: int, total_steps: int) -> Factor:
    """Return ``factor(step)``, by which the base learning rate is multiplied.

    The warm-up rises linearly over W steps from ``warmup_start`` times the schedule's first value to
    that value, ``(s + (1 − s) t/W) · f(0)``; then the schedule starts from its own time 0. Lengths given as 0
    reach to the end of the run. Past its end a finite schedule stays at its last value.

    Parameters
    ----------
    schedule
        Settings. For ``plateau``, which depends on the losses met, the factor holds only the
        warm-up: multiply by `PlateauReducer.factor`.
    steps_per_epoch
        Updates in one pass over the training part.
    total_steps
        Updates in the whole run.

    Examples
    --------
    >>> from training.experiment import Cosine
    >>> factor = schedule_factor(Cosine(kind="cosine", warmup=1.0), steps_per_epoch=10, total_steps=110)
    >>> [round(factor(step), 3) for step in (0, 5, 10, 60, 110, 999)]
    [0.01, 0.505, 1.0, 0.5, 0.0, 0.0]
    """
    steps_per_unit = steps_per_epoch if schedule.unit == "epoch" else 1
    warmup = Clock(steps_per_unit, total_steps).steps(schedule.warmup) if schedule.warmup > 0 else 0
    proper = SCHEDULES[schedule.kind].make(schedule, Clock(steps_per_unit, max(1, total_steps - warmup)))
    return warm_up(proper, warmup, schedule.warmup_start) if warmup else proper


def warm_up(proper: Factor, steps: int, start: float) -> Factor:
    """Return `proper` with a linear rise of so many steps joined in front; it starts at `start` · proper(0).

    Examples
    --------
    >>> factor = warm_up(lambda step: 1.0, steps=4, start=0.2)
    >>> [round(factor(step), 2) for step in range(6)]
    [0.2, 0.4, 0.6, 0.8, 1.0, 1.0]
    """
    first = proper(0) * start
    slope = proper(0) * (1.0 - start) / steps

    def factor(step: int) -> float:
        return first + slope * step if step < steps else proper(step - steps)

    return factor


def constant(schedule: Constant | ReduceOnPlateau, clock: Clock) -> Factor:
    """Return f(t) = 1."""
    return lambda step: 1.0


def step_decay(schedule: StepDecay, clock: Clock) -> Factor:
    """Return f(t) = γ^⌊t/every⌋.

    Examples
    --------
    >>> factor = step_decay(StepDecay(kind="step", every=10.0, gamma=0.5), Clock(1, 100))
    >>> [factor(step) for step in (0, 9, 10, 25)]
    [1.0, 1.0, 0.5, 0.25]
    """
    every, gamma = clock.steps(schedule.every), schedule.gamma
    return lambda step: float(gamma ** (step // every))


def multistep(schedule: MultiStep, clock: Clock) -> Factor:
    """Return f(t) = γ^(number of milestones ≤ t).

    Examples
    --------
    >>> factor = multistep(MultiStep(kind="multistep", milestones=(3.0, 5.0), gamma=0.5), Clock(1, 100))
    >>> [factor(step) for step in (2, 3, 5, 99)]
    [1.0, 0.5, 0.25, 0.25]
    """
    milestones = sorted(clock.moment(time) for time in schedule.milestones)
    levels = [float(schedule.gamma**drops) for drops in range(len(milestones) + 1)]
    return lambda step: levels[bisect_right(milestones, step)]


def exponential(schedule: Exponential, clock: Clock) -> Factor:
    """Return f(t) = γ^t, t counted in units of the schedule and changing at every step.

    Examples
    --------
    >>> factor = exponential(Exponential(kind="exponential", gamma=0.25), Clock(2, 100))
    >>> [factor(step) for step in (0, 1, 2)]
    [1.0, 0.5, 0.25]
    """
    gamma, steps_per_unit = schedule.gamma, clock.steps_per_unit
    return lambda step: float(gamma ** (step / steps_per_unit))


def inverse_time(schedule: InverseTime, clock: Clock) -> Factor:
    """Return f(t) = 1 / (1 + t/τ): its sum diverges and that of its squares does not (Robbins & Monro 1951).

    Examples
    --------
    >>> factor = inverse_time(InverseTime(kind="inverse_time", tau=10.0), Clock(1, 100))
    >>> [factor(step) for step in (0, 10, 30)]
    [1.0, 0.5, 0.25]
    """
    tau = min(schedule.tau * clock.steps_per_unit, LONGEST)
    return lambda step: tau / (tau + step)


def polynomial(schedule: Polynomial, clock: Clock) -> Factor:
    """Return f(t) = (1 − t/T)^power, and 0 from T on.

    Examples
    --------
    >>> factor = polynomial(Polynomial(kind="polynomial", power=2.0), Clock(1, 10))
    >>> [factor(step) for step in (0, 5, 10, 11)]
    [1.0, 0.25, 0.0, 0.0]
    """
    length, power = clock.steps_or_rest(schedule.length), schedule.power
    return lambda step: float((1.0 - step / length) ** power) if step < length else 0.0


def cosine(schedule: Cosine, clock: Clock) -> Factor:
    """Return f(t) = floor + (1 − floor) (1 + cos(π t/T)) / 2, and floor from T on (Loshchilov & Hutter 2017, eq. 5).

    Examples
    --------
    >>> factor = cosine(Cosine(kind="cosine", floor=0.5), Clock(1, 10))
    >>> [factor(step) for step in (0, 5, 10, 11)]
    [1.0, 0.75, 0.5, 0.5]
    """
    length, floor = clock.steps_or_rest(schedule.length), schedule.floor
    return lambda step: _half_cosine(1.0, floor, step / length) if step < length else floor


def cosine_restarts(schedule: CosineRestarts, clock: Clock) -> Factor:
    """Return a cosine decay that starts again after T, T·m, T·m², … steps (Loshchilov & Hutter 2017).

    Examples
    --------
    >>> settings = CosineRestarts(kind="cosine_restarts", period=10.0, multiplier=2.0)
    >>> factor = cosine_restarts(settings, Clock(1, 100))
    >>> [round(factor(step), 3) for step in (0, 5, 10, 20, 30)]
    [1.0, 0.5, 1.0, 0.5, 1.0]
    """
    period, multiplier, floor = clock.steps(schedule.period), schedule.multiplier, schedule.floor

    def equal_cycles(step: int) -> float:
        return _half_cosine(1.0, floor, (step % period) / period)

    def growing_cycles(step: int) -> float:
        # Cycle n starts at T (mⁿ − 1) / (m − 1); log1p keeps its digits where m is close to 1.
        growth = multiplier - 1.0
        cycle = math.floor(math.log1p(step / period * growth) / math.log1p(growth) + 1e-9)
        length = period * multiplier**cycle
        start = period * math.expm1(cycle * math.log1p(growth)) / growth
        return _half_cosine(1.0, floor, min(1.0, max(0.0, (step - start) / length)))

    return equal_cycles if multiplier == 1.0 else growing_cycles


def cyclical(schedule: Cyclical, clock: Clock) -> Factor:
    """Return triangles between low and 1, starting at low (Smith 2017, policy "triangular").

    Examples
    --------
    >>> factor = cyclical(Cyclical(kind="cyclical", half_period=2.0, low=0.5), Clock(1, 100))
    >>> [factor(step) for step in range(5)]
    [0.5, 0.75, 1.0, 0.75, 0.5]
    """
    half, low = clock.steps(schedule.half_period), schedule.low
    rise = 1.0 - low

    def factor(step: int) -> float:
        along = step % (2 * half)
        return low + rise * (along if along <= half else 2 * half - along) / half

    return factor


def one_cycle(schedule: OneCycle, clock: Clock) -> Factor:
    """Return one rise to 1 and one fall to almost nothing, both half cosine waves (Smith & Topin 2018).

    From 1/start_divisor to 1 at step ``rise · T − 1``, then to 1/(start_divisor · final_divisor) at step ``T − 1``:
    the moments of `torch.optim.lr_scheduler.OneCycleLR`.

    Examples
    --------
    >>> factor = one_cycle(OneCycle(kind="one_cycle", rise=0.5), Clock(1, 20))
    >>> [round(factor(step), 3) for step in (0, 9, 14, 19, 20)]
    [0.04, 1.0, 0.5, 0.0, 0.0]
    """
    length = clock.steps_or_rest(schedule.length)
    low = 1.0 / schedule.start_divisor
    end = low / schedule.final_divisor
    peak, last = max(0.0, schedule.rise * length - 1.0), length - 1

    def factor(step: int) -> float:
        if step < peak:
            return _half_cosine(low, 1.0, step / peak)
        if step < last:
            return _half_cosine(1.0, end, (step - peak) / (last - peak))
        return end

    return factor


def _half_cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * 0.5 * (1.0 + math.cos(math.pi * share))


class PlateauReducer:
    """Multiplies the rate by `factor` when the loss has stopped improving, as `ReduceLROnPlateau` of PyTorch.

    An evaluation improves if ``loss < best · (1 − threshold)``; NaN never does. After more than `patience`
    evaluations without improvement the rate falls, and the next `cooldown` evaluations are not counted.

    Examples
    --------
    >>> reducer = PlateauReducer(ReduceOnPlateau(kind="plateau", factor=0.5, patience=1))
    >>> [reducer.update(loss) for loss in (1.0, 0.9, 0.9, 0.9, 0.9)]
    [1.0, 1.0, 1.0, 0.5, 0.5]
    """

    def __init__(self, config: ReduceOnPlateau) -> None:
        self._config = config
        self._factor = 1.0
        self._best = math.inf
        self._waited = 0
        self._cooldown = 0

    @property
    def factor(self) -> float:
        """By how much the rate is multiplied now, in (0, 1]."""
        return self._factor

    def update(self, metric: float) -> float:
        """Take the loss of an evaluation; return the factor from now on."""
        if metric < self._best * (1.0 - self._config.threshold):
            self._best, self._waited = metric, 0
        else:
            self._waited += 1
        if self._cooldown > 0:
            self._cooldown -= 1
            self._waited = 0
        if self._waited > self._config.patience:
            self._reduce()
        return self._factor

    def _reduce(self) -> None:
        # A floor above the present factor must not raise the rate.
        self._factor = min(self._factor, max(self._factor * self._config.factor, self._config.floor))
        self._cooldown = self._config.cooldown
        self._waited = 0

    def state(self) -> dict[str, float]:
        """Return all that is remembered, as plain numbers."""
        return {"factor": self._factor, "best": self._best, "waited": self._waited, "cooldown": self._cooldown}

    def load(self, state: dict[str, float]) -> None:
        """Continue exactly from what `state` returned."""
        self._factor, self._best = float(state["factor"]), float(state["best"])
        self._waited, self._cooldown = int(state["waited"]), int(state["cooldown"])


@dataclass(frozen=True)
class ScheduleInfo:
    """One row of the table of schedules; ``make(settings, clock)`` returns the factor as a function of the step."""

    name: str
    title: str
    formula: str
    note: str
    make: Callable[[Any, Clock], Factor]


_ROWS = (
    ScheduleInfo(
        "constant", "Constant", "η",
        "With mini-batches the loss ends in a ball of noise of size proportional to η.", constant,
    ),
    ScheduleInfo(
        "step", "Step decay", "η γ^⌊t/every⌋",
        "Each drop shrinks the ball of noise, which shows as a sudden fall of the loss.", step_decay,
    ),
    ScheduleInfo(
        "multistep", "Multi-step", "η γ^(milestones passed)",
        "Step decay at moments of your choice.", multistep,
    ),
    ScheduleInfo(
        "exponential", "Exponential", "η γ^t",
        "Falls fast: the sum of all steps is finite, so training can stop short of the minimum.", exponential,
    ),
    ScheduleInfo(
        "inverse_time", "Inverse time", "η / (1 + t/τ)",
        "Meets the conditions of Robbins and Monro: converges in the presence of noise, slowly.", inverse_time,
    ),
    ScheduleInfo(
        "polynomial", "Polynomial", "η (1 − t/T)^power",
        "Reaches zero at a set time; power 1 is a straight line.", polynomial,
    ),
    ScheduleInfo(
        "cosine", "Cosine", "η (floor + (1 − floor) (1 + cos(π t/T)) / 2)",
        "Stays high, falls quickly in the middle and settles gently (Loshchilov & Hutter 2017).", cosine,
    ),
    ScheduleInfo(
        "cosine_restarts", "Cosine with warm restarts", "cosine over T, then T·m, T·m², …",
        "Each restart shakes the weights out of the present basin; read the loss at the ends of the cycles.",
        cosine_restarts,
    ),
    ScheduleInfo(
        "cyclical", "Cyclical (triangular)", "η (low + (1 − low) · triangle(t))",
        "Explores at the top of each wave and settles at its foot (Smith 2017).", cyclical,
    ),
    ScheduleInfo(
        "one_cycle", "One cycle", "η/start → η → η/(start · final)",
        "Once up, which allows a larger η, and down to almost nothing (Smith & Topin 2018).", one_cycle,
    ),
    ScheduleInfo(
        "plateau", "Reduce on plateau", "η factor^(plateaus met)",
        "Lowers the rate when the monitored loss has not improved for a while.", constant,
    ),
)

SCHEDULES: dict[str, ScheduleInfo] = {row.name: row for row in _ROWS}
