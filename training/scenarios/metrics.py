"""The quantities that can be expected of a run, or set as a goal: one row each, and what it needs to be told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import numpy as np
from numpy.typing import NDArray

from training.errors import Problem, did_you_mean
from training.layer_statistics import LayerStatistics, layer_statistics
from training.scenarios.curves import (
    SCORES,
    Stretch,
    best_step,
    curve_of,
    ended_step,
    layer_index,
    stretches,
    values_at,
)
from training.scenarios.fits import fitted_order, growth, noise, oscillation, rises
from training.scenarios.scenario import Measure

if TYPE_CHECKING:
    from training.scenarios.record import RunRecord

FloatArray = NDArray[np.float64]
Function = Callable[["RunRecord", Measure], FloatArray]

NEAR_ZERO = 0.01
"""A weight is as good as zero below this share of the largest of its layer."""
LOOKED_AT = 1_000
"""So many training samples are passed through the network for what is said of activations."""


@dataclass(frozen=True)
class Metric:
    """A quantity of a run.

    Attributes
    ----------
    what
        What it is, in a sentence.
    takes
        The keys of a `Measure`, beside its name, that mean something to it.
    needs
        Those of them that have to be given.
    unit
        What it is counted in, or "".
    words
        How a claim names it, with {curve}, {target} and {criterion} to be filled in; "": by its title.
    function
        Returns it for every replica.
    """

    name: str
    title: str
    what: str
    function: Function
    takes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    unit: str = ""
    words: str = ""


# ------------------------------------------------------------------------------------- how they are made


def _at(name: str) -> Function:
    return lambda record, measure: values_at(record, curve_of(record, name), measure.at)


def _of_layer(name: str) -> Function:
    return lambda record, measure: values_at(record, curve_of(record, name, layer_index(record, measure)), measure.at)


def _ratio(name: str) -> Function:
    def ratio(record: RunRecord, measure: Measure) -> FloatArray:
        first = values_at(record, curve_of(record, name, 0), measure.at)
        return _divided(first, values_at(record, curve_of(record, name, record.layers - 2), measure.at))

    return ratio


def _over(function: Callable[[Stretch, Measure], float], *, whole: bool = False) -> Function:
    """Make a quantity of the stretch of a curve; `whole`: of all the run up to the moment, not of its last part."""

    def over(record: RunRecord, measure: Measure) -> FloatArray:
        window = 1.0 if whole else measure.window
        found = stretches(record, curve_of(record, measure.of), measure.at, window)
        return np.array([function(stretch, measure) if len(stretch.values) else np.nan for stretch in found])

    return over


def _divided(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        quotient: FloatArray = numerator / denominator
        return quotient


def _best(stretch: Stretch, measure: Measure) -> float:
    finite = stretch.finite().values
    if not len(finite):
        return float("nan")
    return float(finite.max() if measure.of in SCORES else finite.min())


def _first_reached(stretch: Stretch, measure: Measure, along: FloatArray) -> float:
    assert measure.target is not None
    reached = stretch.values >= measure.target if measure.of in SCORES else stretch.values <= measure.target
    return float(along[reached.argmax()]) if reached.any() else float("inf")


def _epochs_to(stretch: Stretch, measure: Measure) -> float:
    return _first_reached(stretch, measure, stretch.epochs)


def _steps_to(stretch: Stretch, measure: Measure) -> float:
    return _first_reached(stretch, measure, stretch.steps)


def _gap(record: RunRecord, measure: Measure) -> FloatArray:
    held_out = values_at(record, curve_of(record, "val_loss"), measure.at)
    with np.errstate(invalid="ignore"):
        gap: FloatArray = held_out - values_at(record, curve_of(record, "train_loss"), measure.at)
        return gap


def _share_left(record: RunRecord, measure: Measure) -> FloatArray:
    curve = curve_of(record, measure.of)
    return _divided(values_at(record, curve, measure.at), values_at(record, curve, "start"))


def _ended(reason: str) -> Function:
    return lambda record, measure: np.array([float(outcome.reason == reason) for outcome in record.outcomes])


def _ended_epoch(record: RunRecord, measure: Measure) -> FloatArray:
    epochs: FloatArray = record.epochs[ended_step(record).astype(int)]
    return epochs


def _best_epoch(record: RunRecord, measure: Measure) -> FloatArray:
    best = best_step(record)
    return np.where(np.isnan(best), np.nan, record.epochs[np.nan_to_num(best).astype(int)])


def _met_at(record: RunRecord, measure: Measure) -> FloatArray:
    rows = _first_met(record, measure.criterion)
    epochs = np.array([evaluation.epoch for evaluation in record.evaluations] or [np.nan])
    return np.where(rows < 0, np.inf, epochs[rows])


def _value_when_met(record: RunRecord, measure: Measure) -> FloatArray:
    rows = _first_met(record, measure.criterion)
    values = [getattr(record.evaluations[row], measure.of)[replica] if row >= 0 else np.nan
              for replica, row in enumerate(rows)]  # fmt: skip
    return np.array(values, dtype=np.float64)


def _first_met(record: RunRecord, criterion: str) -> NDArray[np.int64]:
    """Return the number of the first evaluation at which each replica met a criterion; -1: it never did."""
    rows = np.full(record.replicas, -1)
    ended = ended_step(record)
    for row, evaluation in enumerate(record.evaluations):
        for replica, states in enumerate(evaluation.criteria):
            met = any(state.name == criterion and state.met for state in states)
            if met and rows[replica] < 0 and evaluation.step <= ended[replica]:
                rows[replica] = row
    return rows


def _of_weights(name: str) -> Function:
    """Make a quantity out of the statistics of one layer, or of their mean over the hidden layers."""

    def of_weights(record: RunRecord, measure: Measure) -> FloatArray:
        snapshots = record.initial if measure.at == "start" else record.final
        inputs = record.data.x_train[:LOOKED_AT]
        return np.array([_of_layers(layer_statistics(snapshot, inputs), name, measure, record)
                         for snapshot in snapshots])  # fmt: skip

    return of_weights


def _of_layers(layers: tuple[LayerStatistics, ...], name: str, measure: Measure, record: RunRecord) -> float:
    if measure.layer is not None:
        return float(getattr(layers[layer_index(record, measure)], name))
    return float(np.mean([getattr(layer, name) for layer in layers[:-1]]))


def _near_zero_share(record: RunRecord, measure: Measure) -> FloatArray:
    snapshots = record.initial if measure.at == "start" else record.final
    layer = layer_index(record, measure)
    sizes = [np.abs(snapshot.weights()[layer]) for snapshot in snapshots]
    return np.array([float((size < NEAR_ZERO * size.max()).mean()) for size in sizes])


def _distance(record: RunRecord, measure: Measure) -> FloatArray:
    pairs = zip(record.initial, record.final, strict=True)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.array([float(np.linalg.norm(end.params.astype(np.float64) - start.params)) for start, end in pairs])


def _parameters(record: RunRecord, measure: Measure) -> FloatArray:
    return np.array([float(snapshot.params.size) for snapshot in record.initial])


# ------------------------------------------------------------------------------------------- the table

_AT = ("at",)
_LAYERED = ("at", "layer")
_CURVE = ("at", "of")
_STRETCH = ("at", "of", "window")

_ROWS = (
    Metric("batch_loss", "Batch loss", "Loss of the batch of that step.", _at("batch_loss"), _AT),
    Metric("lr", "Learning rate", "Learning rate of that step, schedule included.", _at("lr"), _AT),
    Metric("grad_norm", "Gradient norm", "L2 norm of the whole gradient at that step.", _at("grad_norm"), _AT),
    Metric("update_norm", "Update norm", "L2 norm of what that step added to the parameters.", _at("update_norm"),
           _AT),
    Metric("weight_grad_norm", "Weight gradient norm", "L2 norm of the gradient of one layer's weights.",
           _of_layer("weight_grad_norm"), _LAYERED, ("layer",)),
    Metric("signal_norm", "Signal norm", "L2 norm of the signal passed back through one layer: the gradient of the "
           "loss for its pre-activations.", _of_layer("signal_norm"), _LAYERED, ("layer",)),
    Metric("update_ratio", "Update ratio", "Norm of a layer's update over the norm of its weights.",
           _of_layer("update_ratio"), _LAYERED, ("layer",)),
    Metric("train_loss", "Training loss", "Loss on the training part.", _at("train_loss"), _AT),
    Metric("val_loss", "Validation loss", "Loss on the held-out part.", _at("val_loss"), _AT),
    Metric("train_score", "Training score", "Accuracy, or R² of a regression, on the training part.",
           _at("train_score"), _AT),
    Metric("val_score", "Validation score", "Accuracy, or R² of a regression, on the held-out part.",
           _at("val_score"), _AT),
    Metric("parameter_change", "Parameter change", "L2 norm of the change of all parameters since the evaluation "
           "before.", _at("parameter_change"), _AT),
    Metric("waited", "Evaluations since the best", "Evaluations since the monitored metric of early stopping last "
           "improved, whether or not it may end the run.", _at("waited"), _AT, unit="evaluations"),
    Metric("signal_ratio", "Signal, first over last", "Signal norm at the first hidden layer over that at the last: "
           "far below 1 where gradients vanish, far above where they explode.", _ratio("signal_norm"), _AT),
    Metric("weight_grad_ratio", "Weight gradients, first over last", "Weight gradient norm of the first hidden layer "
           "over that of the last.", _ratio("weight_grad_norm"), _AT),
    Metric("gap", "Generalization gap", "Validation loss minus training loss.", _gap, _AT),
    Metric("best", "Best", "Lowest value of a loss or norm, highest of a score, up to that moment.",
           _over(_best, whole=True), _CURVE, ("of",)),
    Metric("final", "Final", "The curve's last value.",
           lambda record, measure: values_at(record, curve_of(record, measure.of), "end"), ("of",), ("of",)),
    Metric("peak", "Peak", "Highest value up to that moment.",
           _over(lambda stretch, measure: float(stretch.values.max()), whole=True), _CURVE, ("of",)),
    Metric("lowest", "Lowest", "Lowest value up to that moment.",
           _over(lambda stretch, measure: float(stretch.values.min()), whole=True), _CURVE, ("of",)),
    Metric("share_left", "Share left", "Value at that moment over the value at the start.", _share_left, _CURVE,
           ("of",)),
    Metric("mean", "Mean", "Mean over the window.",
           _over(lambda stretch, measure: float(stretch.values.mean())), _STRETCH, ("of",)),
    Metric("noise", "Noise", "Standard deviation over the window.",
           _over(lambda stretch, measure: noise(stretch)), _STRETCH, ("of",)),
    Metric("oscillation", "Oscillation", "Share of the way up and down, over the window, that was walked in vain: "
           "1 − |net change| / total variation. 0 for a curve that only falls, near 1 for one that only swings.",
           _over(lambda stretch, measure: oscillation(stretch)), _STRETCH, ("of",)),
    Metric("rises", "Rises", "Share of the successive changes over the window that go up.",
           _over(lambda stretch, measure: rises(stretch)), _STRETCH, ("of",)),
    Metric("fitted_rate", "Fitted rate", "c of a fit of C·cᵗ to the curve, less `target` if given, over the window; "
           "t in epochs. Below 1 it converges linearly, the faster the smaller.",
           _over(lambda stretch, measure: growth(stretch.epochs, stretch.values, measure.target or 0.0)),
           (*_STRETCH, "target"), ("of",), "per epoch"),
    Metric("growth", "Growth per step", "c of a fit of C·cᵗ to the curve, less `target` if given, over the window; "
           "t in steps. Above 1 it grows.",
           _over(lambda stretch, measure: growth(stretch.steps, stretch.values, measure.target or 0.0)),
           (*_STRETCH, "target"), ("of",), "per step"),
    Metric("fitted_order", "Fitted order", "p of a fit of C/tᵖ to the curve, less `target` if given, over the window: "
           "1 for the O(1/t) of a decaying rate.",
           _over(lambda stretch, measure: fitted_order(stretch, measure.target or 0.0)),
           (*_STRETCH, "target"), ("of",)),
    Metric("epochs_to", "Epochs to", "Epochs until a loss or norm is at or below the target, a score at or above; "
           "infinite if never.", _over(_epochs_to, whole=True), ("of", "target"), ("of", "target"), "epochs",
           "epochs until the {curve} {target}"),
    Metric("steps_to", "Steps to", "Steps until a loss or norm is at or below the target, a score at or above; "
           "infinite if never.", _over(_steps_to, whole=True), ("of", "target"), ("of", "target"), "steps",
           "steps until the {curve} {target}"),
    Metric("met_at", "Criterion met at", "Epoch at which a convergence criterion was first met; infinite if never. "
           "A criterion that is off is never met.", _met_at, ("criterion",), ("criterion",), "epochs",
           "epoch at which ‘{criterion}’ is first met"),
    Metric("value_when_met", "Value when met", "Value of a curve at the evaluation where a convergence criterion was "
           "first met.", _value_when_met, ("criterion", "of"), ("criterion", "of"),
           words="{curve} when ‘{criterion}’ is first met"),
    Metric("best_epoch", "Best epoch", "Epoch of the lowest validation loss (without held-out samples, of the lowest "
           "training loss).", _best_epoch, unit="epochs"),
    Metric("ended_epoch", "Ended at epoch", "Epochs the run took.", _ended_epoch, unit="epochs"),
    Metric("ended_step", "Ended at step", "Steps the run took.",
           lambda record, measure: ended_step(record), unit="steps"),
    Metric("diverged", "Diverged", "1 if the run has diverged, else 0.", _ended("diverged")),
    Metric("early_stopped", "Stopped early", "1 if early stopping ended the run, else 0.", _ended("early_stopped")),
    Metric("converged", "Converged", "1 if the convergence criteria ended the run, else 0.", _ended("converged")),
    Metric("completed", "Completed", "1 if the run went on to its last epoch, else 0.", _ended("completed")),
    Metric("dead_share", "Dead units", "Share of units that learn no more, as their activation has slope 0 for every "
           "training sample; of one layer, or the mean of the hidden ones.", _of_weights("dead"), _LAYERED),
    Metric("saturated_share", "Saturated", "Share of activations on the flat ends of their function; of one layer, or "
           "the mean of the hidden ones.", _of_weights("saturated"), _LAYERED),
    Metric("activation_std", "Spread of activations", "Standard deviation of a layer's activations over its units and "
           "the training samples.", _of_weights("activation_std"), _LAYERED, ("layer",)),
    Metric("weight_norm", "Weight norm", "L2 norm of a layer's weights.", _of_weights("weight_norm"), _LAYERED,
           ("layer",)),
    Metric("near_zero_share", "Weights near zero", "Share of a layer's weights that are smaller in size than 1 % of "
           "its largest: what a penalty on Σ|w| makes of most of them.", _near_zero_share, _LAYERED, ("layer",)),
    Metric("distance", "Distance moved", "L2 norm of the change of all parameters from the start to the end.",
           _distance),
    Metric("parameters", "Parameters", "Number of parameters of the network.", _parameters),
)  # fmt: skip

METRICS: dict[str, Metric] = {row.name: row for row in _ROWS}

OF_WEIGHTS = ("dead_share", "saturated_share", "activation_std", "weight_norm", "near_zero_share")
"""Known at the start and at the end only, as weights are not kept in between."""
_KEYS = ("at", "layer", "of", "target", "window", "criterion")
_TOLD = {
    "of": "a curve, " + ", ".join(name for name in get_args(Measure.model_fields["of"].annotation) if name),
    "layer": 'a number from 1, "first", "last" or "output"',
    "target": "a number",
    "criterion": ", ".join(name for name in get_args(Measure.model_fields["criterion"].annotation) if name),
}
"""What a key that a metric needs may hold."""


def measure_problems(measure: Measure, layers: int | None, where: str) -> list[Problem]:
    """Return what is wrong with a measure that no single key shows.

    Parameters
    ----------
    layers
        Layers of the network, the output layer included; None: not known.
    where
        Dotted key of the measure.
    """
    metric = METRICS.get(measure.metric)
    if metric is None:
        hint = _nearest(measure.metric) or f"there are {', '.join(METRICS)}"
        return [Problem(f"{where}.metric", f"no such quantity; {hint}", value=measure.metric)]
    given = {key: getattr(measure, key) for key in _KEYS if getattr(measure, key) != Measure.model_fields[key].default}
    problems = [
        Problem(f"{where}.{key}", f"means nothing to {metric.name}, which takes {_listed(metric.takes)}", value=value)
        for key, value in given.items() if key not in metric.takes
    ]  # fmt: skip
    problems += [Problem(f"{where}.{key}", f"{metric.name} has to be told this: {_TOLD[key]}") for key in metric.needs
                 if key not in given]  # fmt: skip
    if metric.name in OF_WEIGHTS and measure.at not in ("start", "end"):
        problems.append(Problem(f"{where}.at", f"{metric.name} is known at the start and at the end only",
                                value=measure.at))  # fmt: skip
    if metric.name == "value_when_met" and measure.of in ("batch_loss", "grad_norm"):
        problems.append(Problem(f"{where}.of", "is not among what an evaluation measures: take train_loss, val_loss, "
                                "train_score or val_score", value=measure.of))  # fmt: skip
    return problems + _layer_problems(metric, measure, layers, where)


def _layer_problems(metric: Metric, measure: Measure, layers: int | None, where: str) -> list[Problem]:
    if layers is None:
        return []
    if metric.name in ("signal_ratio", "weight_grad_ratio") and layers < 2:
        return [Problem(f"{where}.metric", f"{metric.name} compares hidden layers, and there is none")]
    if "layer" not in metric.takes:
        return []
    if isinstance(measure.layer, int) and measure.layer > layers:
        return [Problem(f"{where}.layer", f"there are {layers} layers, the output layer included",
                        value=measure.layer)]  # fmt: skip
    hidden = measure.layer in ("first", "last") or measure.layer is None
    if hidden and layers < 2:
        return [Problem(f"{where}.layer", "the network has no hidden layer", value=measure.layer)]
    return []


def _nearest(word: str) -> str:
    """Return ``"did you mean 'gap'?"`` for a name, for what the window calls it, or for what a curve is of."""
    said = word.casefold().replace("_", " ").strip()
    titled = [name for name, metric in METRICS.items() if metric.title.casefold() == said]
    if said == "accuracy":
        return "did you mean 'train_score' or 'val_score'?"
    return f"did you mean '{titled[0]}'?" if titled else did_you_mean(word, METRICS)


def _listed(keys: tuple[str, ...]) -> str:
    return ", ".join(keys) if keys else "nothing but its name"
