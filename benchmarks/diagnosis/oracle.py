"""Whether a run has the fault it is meant to have: asked of runs with one thing changed, not of the rules.

Every label has a definition of its own here, in terms of what happens when the cause is taken away. Nothing is
imported from `training.diagnosis` or `training.instruments`. A run may have several faults; one that has none of
them, and does as well as the best of its alternatives, is healthy; what is neither is left out of the set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.diagnosis import measures
from benchmarks.diagnosis.counterfactuals import Counterfactuals
from benchmarks.diagnosis.runs import Run, fresh_loss
from training.experiment import Experiment

WITHIN = 1.1
"""A healthy run keeps a validation loss within 10 % of the best of its alternatives."""
NOTHING = 0.05
"""Such a share of what a constant answer has counts as nothing, so that 0.002 and 0.001 are alike."""
LATER = 0.67
"""A plateau is left where the loss falls by a third."""


@dataclass(frozen=True)
class Truth:
    """What is true of a run.

    Attributes
    ----------
    faults
        Its faults; ``{"healthy"}`` where it is sound, nothing where it is neither.
    spans
        Of a fault that passes, the steps between which it is there; the others are there at the end.
    """

    faults: frozenset[str]
    spans: Mapping[str, tuple[int, int]]


def truth_of(experiment: Experiment, meant: str = "") -> Truth:
    """Ask the counterfactual runs for every fault; only for that which is meant, where they do not confirm it."""
    with np.errstate(all="ignore"):
        cases = Counterfactuals(experiment)
        if meant in CHECKS and not CHECKS[meant](cases):
            return Truth(frozenset(), {})
        found = frozenset(name for name, holds in CHECKS.items() if holds(cases))
        if not found and healthy(cases):
            found = frozenset({"healthy"})
        return Truth(found, {name: SPANS[name](cases.run) for name in found & SPANS.keys()})


# ------------------------------------------------------------------------------------------ curves


def smoothed(curve: np.ndarray) -> np.ndarray:
    """Return the median of each value and its two neighbors on either side."""
    padded = np.pad(curve, 2, mode="edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, 5), axis=1)


def restless(run: Run) -> bool:
    """Tell whether the training loss goes up and down over the last two fifths of the run and comes nowhere.

    From one evaluation to the next it changes by 6 % of its level on average, and all its falls together are at least
    four times what they come to.
    """
    part = run.train[-max(8, round(0.4 * len(run.train))) :]
    if len(part) < 8 or not np.isfinite(part).all():
        return False
    change = np.diff(part)
    third = max(2, len(part) // 3)
    net = float(part[:third].mean() - part[-third:].mean())
    return bool(np.abs(change).mean() >= 0.06 * part.mean() and -change[change < 0].sum() >= 4 * max(net, 0.0))


def memorizes(cases: Counterfactuals) -> bool:
    """Tell whether the run would have been better off if it had been stopped in time.

    The weights of its best evaluation have a loss at least 10 % lower than those of its end, on samples that neither
    was chosen by: a thousand fresh ones where the data are generated. Its training loss has fallen in between. A
    difference of less than a twentieth of what a constant answer has counts as none.
    """
    run = cases.run
    if not run.finite or run.validation[-1] < 1.02 * run.validation.min():
        return False
    kept = {"stopping.early.enabled": True, "stopping.early.patience": 1_000_000, "stopping.early.restore_best": True}
    stopped = cases.with_changes(kept)
    through = cases.with_changes({"stopping.early.enabled": False})
    if stopped.outcome.best_step > 0.85 * stopped.steps[-1] or not through.finite:
        return False
    at_best = float(stopped.train[np.searchsorted(stopped.steps, stopped.outcome.best_step)])
    best, end = fresh_loss(stopped), fresh_loss(through)
    return end >= 1.1 * best and end - best >= NOTHING * cases.chance and through.end <= 0.9 * at_best


def longest_flat(run: Run, within: float = 0.02) -> tuple[int, int]:
    """Return the first and the last evaluation of the longest span in which the training loss stays within 2 %."""
    curve = smoothed(run.train)
    best, first = (0, 0), 0
    for last in range(len(curve)):
        while curve[first : last + 1].max() > (1 + within) * curve[first : last + 1].min():
            first += 1
        if last - first > best[1] - best[0]:
            best = (first, last)
    return best


def levels_off(run: Run) -> bool:
    """Tell whether the training loss falls by less than a twentieth over the last quarter."""
    quarter = smoothed(run.train)[-max(4, len(run.train) // 4) :]
    return bool(quarter[-1] >= 0.95 * quarter[0])


# ------------------------------------------------------------------------------------------ faults


def overfitting(cases: Counterfactuals) -> bool:
    """Stopped in time it would do at least 10 % better on fresh samples, and its training loss has gone on falling."""
    return memorizes(cases) and not _labels_are_wrong(cases)


def underfitting(cases: Counterfactuals) -> bool:
    """Both losses level off high; a larger, free network at the same rate is clearly better, and no rate is."""
    run = cases.run
    if not run.finite or run.end < 0.1 * cases.chance or not levels_off(run) or restless(run):
        return False
    if any(cases.learns_more(other) for other in cases.at_other_rates):
        return False
    return cases.clearly_better(cases.with_changes(_roomier(cases)))


def _roomier(cases: Counterfactuals) -> dict[str, object]:
    hidden = cases.experiment.network.hidden
    return {
        "network.hidden": [max(48, *hidden)] * max(2, len(hidden)) if hidden else [48, 48],
        "regularization.l2": 0.0, "regularization.l1": 0.0, "network.dropout": 0.0,
    }  # fmt: skip


def rate_too_high(cases: Counterfactuals) -> bool:
    """The loss goes up and down and comes nowhere, a smaller rate is clearly better, and a large batch is no cure."""
    run = cases.run
    if not run.finite or not restless(run):
        return False
    slower = any(cases.clearly_better(cases.at_rate(factor)) for factor in (0.1, 0.3))
    return slower and not _large_batch_helps(cases)


def noisy_batches(cases: Counterfactuals) -> bool:
    """The loss goes up and down and comes nowhere; large batches, at the same rate for as many steps, are better."""
    return cases.run.finite and restless(cases.run) and _large_batch_helps(cases)


def _large_batch_helps(cases: Counterfactuals) -> bool:
    batch = cases.experiment.batch_size
    samples = len(cases.run.data.x_train)
    if batch == "full" or batch > samples / 8:
        return False
    steps = len(cases.run.rates)
    larger = min(32 * batch, samples)
    epochs = -(-steps // -(-samples // larger))
    other = cases.with_changes({
        "batch_size": larger, "epochs": epochs, "evaluation.every": max(1, epochs // 40),
    })
    return bool(cases.learns_more(other) and not restless(other))


def diverging(cases: Counterfactuals) -> bool:
    """For a tenth of its steps or more its loss grows, finite, to ten times what it was; a smaller rate's falls."""
    run = cases.run
    finite = run.train[np.isfinite(run.train)]
    if len(finite) < 8:
        return False
    lowest = int(np.argmin(finite))
    grown = finite[-1] >= 10 * max(finite[lowest], 0.5 * cases.chance) and np.mean(np.diff(finite[lowest:]) > 0) > 0.6
    long_enough = (len(finite) - lowest) >= max(8, 0.1 * len(run.train))
    return bool(grown and long_enough and _calmer(cases).end < cases.chance)


def diverged(cases: Counterfactuals) -> bool:
    """A number is not finite any more, and a smaller rate's are, or one with clipped gradients."""
    return not cases.run.finite and _calmer(cases).finite


def _calmer(cases: Counterfactuals) -> Run:
    run = cases.at_rate(0.1)
    if run.finite:
        return run
    return cases.with_changes({"optimizer.lr": 0.01 * cases.experiment.optimizer.lr, "optimizer.clip_norm": 1.0})


def rate_too_low(cases: Counterfactuals) -> bool:
    """Three or ten times the rate is clearly better, and the loss is far from its end and does not go up and down."""
    run = cases.run
    if not run.finite or restless(run) or cases.experiment.schedule.kind != "constant":
        return False
    better = [cases.at_rate(factor) for factor in (3.0, 10.0) if cases.clearly_better(cases.at_rate(factor))]
    if not better:
        return False
    floor = min(other.end for other in better)
    start = min(run.train[0], cases.chance)
    # A tenth of the rate would be clearly worse: what holds this run back is its rate, not its start.
    slower_is_worse = cases.at_rate(0.1).end > 1.02 * run.end or run.end > 0.9 * start
    return bool((run.end - floor) >= 0.3 * (start - floor) and slower_is_worse)


def vanishing_gradients(cases: Counterfactuals) -> bool:
    """At the start the first layer gets less than 1/1000 of the last one's signal, and a remedy is clearly better."""
    run = cases.run
    if not run.finite or len(run.experiment.network.hidden) < 3:
        return False
    signal = measures.signals(run, run.initial)
    return bool(signal[0] < 1e-3 * signal[-1]) and signal[-1] > 0 and _remedy_helps(cases, (
        {"network.activation": "relu", "network.initialization.scheme": "he_normal"},
        {"network.normalization": "batch"},
        {"network.activation": "relu", "network.initialization.scheme": "he_normal", "network.normalization": "batch",
         "network.skip_every": 2},
    ))  # fmt: skip


def _remedy_helps(cases: Counterfactuals, remedies: tuple[dict[str, object], ...]) -> bool:
    return any(cases.clearly_better(cases.with_changes(_started_anew(remedy))) for remedy in remedies)


def _started_anew(remedy: dict[str, object]) -> dict[str, object]:
    return {"network.initialization.gain": 1.0, **remedy}


def exploding_gradients(cases: Counterfactuals) -> bool:
    """The signal grows a hundredfold on its way back, or the gradient is 1000 times a sound start's; that one helps."""
    run = cases.run
    if len(run.experiment.network.hidden) < 3:
        return False
    signal = measures.signals(run, run.initial)
    sound = {"network.initialization.scheme": "he_normal", "network.initialization.gain": 1.0}
    other = cases.with_changes(sound)
    larger = measures.weight_gradients(run, run.initial) / max(1e-30, measures.weight_gradients(other, other.initial))
    return bool(signal[0] > 100 * signal[-1] or larger > 1000) and cases.generalizes_better(other)


def dead_units(cases: Counterfactuals) -> bool:
    """Half of the units of a ReLU layer are 0 on all training samples, and units that cannot die are better."""
    run = cases.run
    if not run.finite or "relu" not in run.experiment.network.activations():
        return False
    if measures.dead_share(run, run.final) < 0.5:
        return False
    return any(
        cases.generalizes_better(cases.with_changes(changes))
        for changes in (
            {"network.activation": "leaky_relu"},
            {"network.activation": "elu"},
            {"network.activation": "leaky_relu", "optimizer.lr": 0.1 * cases.experiment.optimizer.lr},
        )
    )


def saturation(cases: Counterfactuals) -> bool:
    """Half of a layer's activations are on a flat part, at the start and at the end; smaller weights or inputs help."""
    run = cases.run
    if not run.finite or measures.saturated_share(run, run.final) < 0.5:
        return False
    if measures.saturated_share(run, run.initial) < 0.5:
        return False
    return any(
        cases.generalizes_better(cases.with_changes(changes))
        for changes in (
            {"network.initialization.scheme": "xavier_uniform", "network.initialization.gain": 1.0},
            {"data.scaling": "standardize"},
        )
    )


def symmetric_start(cases: Counterfactuals) -> bool:
    """Half of a layer's units have the incoming weights of another, at start and end; a random start helps."""
    run = cases.run
    if not run.finite or min(measures.alike(run.initial), measures.alike(run.final)) < 0.5:
        return False
    return _remedy_helps(
        cases, ({"network.initialization.scheme": "xavier_uniform"}, {"network.initialization.scheme": "he_normal"})
    )


def plateau(cases: Counterfactuals) -> bool:
    """The loss stays within 2 % for a fifth of the run, high; then it falls by a third, here or in three times as long.

    What falls later was possible all along: neither the size of the network nor
    the rate's end is what holds it up.
    """
    run = cases.run
    if not run.finite or len(run.train) < 20 or cases.experiment.schedule.kind != "constant" or restless(run):
        return False
    first, last = longest_flat(run)
    level = float(np.median(run.train[first : last + 1]))
    if last - first < 0.2 * len(run.train) or level < 0.4 * cases.chance or measures.alike(run.initial) >= 0.5:
        return False
    if run.end <= LATER * level:
        return True
    if last < 0.9 * len(run.train):
        return False
    longer = cases.with_changes({"epochs": 3 * cases.experiment.epochs, "stopping.early.enabled": False})
    return longer.end <= LATER * level


def premature_convergence(cases: Counterfactuals) -> bool:
    """Its schedule has brought the rate below 1/50 by half of the run, and a constant rate is clearly better."""
    run = cases.run
    if not run.finite or cases.experiment.schedule.kind == "constant":
        return False
    if run.rates[len(run.rates) // 2] > run.rates.max() / 50:
        return False
    return cases.clearly_better(cases.with_changes({"schedule.kind": "constant"}))


def badly_scaled_inputs(cases: Counterfactuals) -> bool:
    """One feature is 30 times another, or all are ten times too large; standardized they are clearly better."""
    run = cases.run
    if cases.experiment.data.scaling != "none":
        return False
    large = float(np.sqrt((run.data.x_train**2).mean())) > 10
    if not large and measures.spread_of_scales(run) < 30:
        return False
    return cases.generalizes_better(cases.with_changes({"data.scaling": "standardize"}))


def label_noise(cases: Counterfactuals) -> bool:
    """At least a fifth of the labels are wrong, it learns some of them by heart, and without them it is better."""
    return _labels_are_wrong(cases) and cases.generalizes_better(cases.with_changes({"data.label_noise": 0.0}))


def _labels_are_wrong(cases: Counterfactuals) -> bool:
    """Wrong labels by construction; and more of the training samples fitted than would be by the truth alone."""
    run, noise = cases.run, cases.experiment.data.label_noise
    if noise < 0.195 or not run.finite:
        return False
    fitted = float(np.median(run.last(run.train_score)))
    true_share = 1 - noise if run.data.task == "classification" else 1 / (1 + noise**2)
    return fitted > true_share + 0.15 * (1 - true_share)


CHECKS: dict[str, Callable[[Counterfactuals], bool]] = {
    "overfitting": overfitting,
    "underfitting": underfitting,
    "rate_too_high": rate_too_high,
    "diverging": diverging,
    "diverged": diverged,
    "rate_too_low": rate_too_low,
    "vanishing_gradients": vanishing_gradients,
    "exploding_gradients": exploding_gradients,
    "dead_units": dead_units,
    "saturation": saturation,
    "symmetric_start": symmetric_start,
    "plateau": plateau,
    "premature_convergence": premature_convergence,
    "badly_scaled_inputs": badly_scaled_inputs,
    "noisy_batches": noisy_batches,
    "label_noise": label_noise,
}


def _span_of_plateau(run: Run) -> tuple[int, int]:
    first, last = longest_flat(run)
    return int(run.steps[first]), int(run.steps[last])


def _span_of_growth(run: Run) -> tuple[int, int]:
    finite = run.train[np.isfinite(run.train)]
    return int(run.steps[np.argmin(finite)]), int(run.outcome.step) - (run.outcome.reason == "diverged")


SPANS: dict[str, Callable[[Run], tuple[int, int]]] = {"plateau": _span_of_plateau, "diverging": _span_of_growth}


def healthy(cases: Counterfactuals) -> bool:
    """It keeps a validation loss within 10 % of the best of its alternatives: other rates, and a larger network.

    It does not end with a validation loss a tenth above its best, and has learned something.
    """
    run = cases.run
    if not run.finite or restless(run) or cases.experiment.data.label_noise > 0:
        return False
    others = [*cases.at_other_rates, cases.with_changes(_wider(cases))]
    best = min(run.kept, *(other.kept for other in others))
    ends = float(np.median(run.last(run.validation)))
    if ends > WITHIN * float(smoothed(run.validation).min()) + NOTHING * cases.chance:
        return False
    return run.kept <= WITHIN * best + NOTHING * cases.chance and run.kept < 0.7 * cases.chance


def _wider(cases: Counterfactuals) -> dict[str, object]:
    return {"network.hidden": [2 * width for width in cases.experiment.network.hidden]}
