"""One generator for each fault, and one for runs without any."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks.diagnosis.cases import SETS, Candidate, Draw, SetName, stretched
from training.experiment import Experiment


def healthy(draw: Draw) -> Experiment:
    """Usual choices, of which most work."""
    dataset = draw.one(*draw.settings.classes, *draw.settings.values)
    activation = draw.one("relu", "relu", "tanh", "gelu", "leaky_relu", "silu", "elu")
    deep = draw.one(False, False, True)
    more = {"network__normalization": draw.one("batch", "layer", "none"), "network__skip_every": 2} if deep else {}
    hidden = draw.hidden(4, 8) if deep else draw.hidden(1, 3)
    spirals = "spiral" in dataset or dataset in ("checkerboard", "gaussians")
    method = draw.one("adam", "adam", "adamw", "momentum", "nesterov", "rmsprop")
    rate = draw.log(0.02, 0.08) if method in ("momentum", "nesterov") else draw.log(0.004, 0.015)
    if dataset in ("blobs", "iris", "breast_cancer", "wine", "diabetes"):
        hidden, rate = hidden[:2], 0.6 * rate
    small = {"iris": 8, "wine": 16, "diabetes": 32}.get(dataset)
    if small:
        more |= {"batch_size": small}
    return draw.experiment(
        dataset, hidden, network__activation=activation, optimizer__method=method, optimizer__lr=rate,
        epochs=20 if dataset == "digits" else (90 if spirals else draw.whole(40, 70)),
        schedule__kind=draw.one("constant", "constant", "cosine"), stopping__early__enabled=draw.one(True, True, False),
        stopping__early__patience=draw.whole(12, 30), regularization__l2=draw.one(0.0, 0.0, 1e-4, 1e-3), **more,
    )  # fmt: skip


def overfitting(draw: Draw) -> Experiment:
    """Few samples with noise, a large network, and nothing that ends the run in time."""
    dataset = draw.one("sine", "polynomial", "moons", "circles", "diabetes", "blobs", "gaussians", "plane")
    few = {} if dataset == "diabetes" else {"data__samples": draw.whole(40, 110), "data__noise": {
        "sine": 0.4, "polynomial": 0.8, "moons": 1.5, "circles": 1.2, "blobs": 1.5, "gaussians": 0.3, "plane": 0.4,
    }[dataset]}  # fmt: skip
    return draw.experiment(
        dataset, [draw.one(32, 48, 64)] * draw.whole(1, 3), network__activation=draw.one("relu", "tanh", "gelu"),
        data__held_out=0.5, optimizer__lr=draw.log(0.005, 0.015), batch_size=draw.one(16, 32),
        epochs=draw.whole(120, 220), stopping__early__enabled=False, **few,
    )  # fmt: skip


def underfitting(draw: Draw) -> Experiment:
    """Too few units, or penalties that forbid to use them."""
    dataset = draw.one(*draw.settings.curved, "gaussians")
    if draw.one(True, True, False):
        hidden, more = draw.one([], [1], [2], [2], [1, 1]), {}
    else:
        hidden, more = draw.hidden(1, 2), {"regularization__l2": draw.log(0.1, 0.5)}
    return draw.experiment(
        dataset, hidden, network__activation=draw.one("tanh", "relu", "gelu"), optimizer__lr=draw.log(0.01, 0.03),
        epochs=draw.whole(70, 110), **more,
    )  # fmt: skip


def rate_too_high(draw: Draw) -> Experiment:
    """A rate at which the loss bounces and does not fall."""
    dataset = draw.one(*draw.settings.classes, *draw.settings.values)
    adaptive = draw.one(True, True, False) or dataset in draw.settings.values
    method = draw.one("adam", "rmsprop", "amsgrad", "adam") if adaptive else draw.one("sgd", "momentum")
    rate = draw.log(0.2, 1.5) if adaptive else draw.log(3.0, 15.0) * (0.2 if method == "momentum" else 1.0)
    return draw.experiment(
        dataset, draw.hidden(2, 5), network__activation=draw.one("tanh", "tanh", "relu", "gelu", "leaky_relu", "silu"),
        optimizer__method=method, optimizer__lr=rate, batch_size=draw.one("full", 64, 100, 32),
        epochs=25 if dataset == "digits" else draw.whole(50, 90),
    )  # fmt: skip


def diverging(draw: Draw) -> Experiment:
    """A rate just beyond the limit of stability of a squared error: growth by the step, and a long way to overflow."""
    dataset = draw.one(*draw.settings.values)
    method = draw.one("sgd", "sgd", "momentum")
    limit = {"plane": 1.0, "sine": 1.0, "polynomial": 1.0, "gaussians": 1.0, "diabetes": 0.27}[dataset]
    if method == "momentum":
        limit *= 1.9
    hidden = draw.one([], [], [draw.one(*draw.settings.widths)])
    if hidden:
        limit *= 0.5
    return draw.experiment(
        dataset, hidden, network__activation="identity" if hidden else "tanh", optimizer__method=method,
        optimizer__lr=limit * draw.log(1.01, 1.1), batch_size="full", epochs=draw.whole(150, 350),
        stopping__early__enabled=False,
    )  # fmt: skip


def diverged(draw: Draw) -> Experiment:
    """A rate far too high for a squared error."""
    dataset = draw.one(*draw.settings.values)
    method = draw.one("sgd", "momentum", "nesterov")
    return draw.experiment(
        dataset, draw.hidden(1, 4), network__activation=draw.one("relu", "leaky_relu", "gelu", "elu", "identity"),
        optimizer__method=method, optimizer__lr=draw.log(0.6, 6.0), epochs=draw.whole(30, 60),
    )


def rate_too_low(draw: Draw) -> Experiment:
    """A rate at which the run is nowhere near its end when it ends."""
    dataset = draw.one(*draw.settings.classes, *draw.settings.values)
    method = draw.one("adam", "adamw", "sgd", "momentum", "rmsprop")
    rate = draw.log(2e-5, 2e-4) if method in ("adam", "adamw", "rmsprop") else draw.log(2e-4, 1.5e-3)
    rate *= 0.2 if method == "momentum" else 1.0
    return draw.experiment(
        dataset, draw.hidden(1, 4), network__activation=draw.one("relu", "tanh", "gelu", "silu"),
        optimizer__method=method, optimizer__lr=rate, epochs=15 if dataset == "digits" else draw.whole(40, 80),
    )


def vanishing_gradients(draw: Draw) -> Experiment:
    """Deep networks through which the signal fades."""
    dataset = draw.one(*draw.settings.curved, *draw.settings.values)
    activation = draw.one("sigmoid", "sigmoid", *draw.settings.smooth, "tanh")
    depth = draw.whole(8, 16)
    hidden = [draw.one(*draw.settings.widths)] * depth
    small = {} if activation == "sigmoid" else {
        "network__initialization__scheme": "normal",
        "network__initialization__std": draw.log(0.25, 0.5) / hidden[0] ** 0.5,
    }  # fmt: skip
    return draw.experiment(
        dataset, hidden, network__activation=activation, optimizer__lr=draw.log(5e-4, 5e-3),
        optimizer__method=draw.one("adam", "sgd", "momentum"), epochs=draw.whole(40, 60), **small,
    )  # fmt: skip


def exploding_gradients(draw: Draw) -> Experiment:
    """Deep networks whose weights start too large."""
    dataset = draw.one(*draw.settings.curved, *draw.settings.values)
    hidden = [draw.one(*draw.settings.widths)] * draw.whole(6, 14)
    return draw.experiment(
        dataset, hidden, network__activation=draw.one("relu", "leaky_relu", "gelu", "elu", "relu"),
        network__initialization__scheme=draw.one("he_normal", "he_uniform"),
        network__initialization__gain=draw.log(2.0, 3.5), optimizer__lr=draw.log(3e-4, 3e-3),
        optimizer__method=draw.one("adam", "sgd", "momentum", "sgd"), epochs=draw.whole(30, 60),
    )  # fmt: skip


def dead_units(draw: Draw) -> Experiment:
    """ReLU networks that are too narrow for their depth, or that one large step has killed."""
    dataset = draw.one(*draw.settings.curved, *draw.settings.values, "digits")
    if draw.one(True, False) and dataset != "digits":
        return draw.experiment(
            dataset, [draw.whole(3, 5)] * draw.whole(7, 14), optimizer__lr=draw.log(0.003, 0.02),
            epochs=draw.whole(40, 70),
        )
    return draw.experiment(
        dataset, draw.hidden(2, 5), optimizer__lr=draw.log(0.08, 0.4), epochs=20 if dataset == "digits" else 60,
        network__activation="relu",
    )


def saturation(draw: Draw) -> Experiment:
    """Sigmoid-like units that start at their ends, where they hardly have a slope."""
    dataset = draw.one(*draw.settings.curved, *draw.settings.values)
    changes = {
        "network__activation": draw.one(*draw.settings.smooth), "network__initialization__gain": draw.log(8.0, 40.0),
        "optimizer__lr": draw.log(1e-3, 8e-3),
    }  # fmt: skip
    return draw.experiment(dataset, draw.hidden(1, 4), epochs=draw.whole(50, 80), **changes)


def symmetric_start(draw: Draw) -> Experiment:
    """All units of a layer start alike, and remain so."""
    dataset = draw.one(*draw.settings.curved, "gaussians", "digits", "blobs")
    start = draw.one(
        {"network__initialization__scheme": "zeros"},
        {"network__initialization__scheme": "zeros"},
        {"network__initialization__scheme": "normal", "network__initialization__std": 0.0},
        {"network__initialization__gain": 0.0},
    )
    return draw.experiment(
        dataset, draw.hidden(1, 4), network__activation=draw.one("sigmoid", "tanh", "relu", "softplus"),
        optimizer__lr=draw.log(0.005, 0.03), optimizer__method=draw.one("adam", "momentum", "sgd"),
        epochs=15 if dataset == "digits" else draw.whole(40, 80), **start,
    )  # fmt: skip


def plateau(draw: Draw) -> Experiment:
    """Small weights near the saddle at zero: nothing happens for long."""
    dataset = draw.one("xor", "circles", "sine", "polynomial", "plane", "moons", "blobs")
    hidden = draw.hidden(2, 3)
    method = draw.one("momentum", "momentum", "sgd", "adam")
    rate = {"momentum": draw.log(0.01, 0.04), "sgd": draw.log(0.08, 0.3), "adam": draw.log(0.0005, 0.002)}[method]
    return draw.experiment(
        dataset, hidden, network__activation=draw.one("tanh", "tanh", "gelu", "softsign", "sigmoid"),
        network__initialization__scheme="normal",
        network__initialization__std=draw.log(0.3, 0.8) / hidden[0] ** 0.5 / (len(hidden) - 1),
        optimizer__method=method, optimizer__lr=rate, epochs=draw.whole(80, 140), stopping__early__enabled=False,
    )  # fmt: skip


def premature_convergence(draw: Draw) -> Experiment:
    """A rate that decays to nothing long before anything is learned."""
    dataset = draw.one(*draw.settings.curved, *draw.settings.values)
    schedule = draw.one(
        {"schedule__kind": "exponential", "schedule__gamma": draw.log(0.4, 0.7)},
        {"schedule__kind": "step", "schedule__every": float(draw.whole(1, 3)), "schedule__gamma": 0.1},
        {"schedule__kind": "multistep", "schedule__milestones": [1.0, 3.0, 5.0], "schedule__gamma": 0.1},
        {"schedule__kind": "polynomial", "schedule__length": float(draw.whole(3, 6)), "schedule__power": 2.0},
    )
    return draw.experiment(
        dataset, draw.hidden(1, 4), network__activation=draw.one("relu", "tanh", "gelu"),
        optimizer__lr=draw.log(0.003, 0.015), optimizer__method=draw.one("adam", "rmsprop"),
        epochs=draw.whole(60, 90), **schedule,
    )  # fmt: skip


def badly_scaled_inputs(draw: Draw) -> Experiment:
    """Features of very different size, as they are."""
    usual = {
        "data__scaling": "none", "network__activation": draw.one("relu", "tanh", "gelu", "leaky_relu"),
        "epochs": draw.whole(40, 70),
    }  # fmt: skip
    method = draw.one("adam", "adam", "sgd", "momentum")
    usual |= {"optimizer__method": method, "optimizer__lr": draw.log(0.002, 0.01)}
    if method != "adam":
        usual["optimizer__lr"] *= 0.01
    if draw.one(True, False):
        return draw.experiment(draw.one(*draw.settings.tables), draw.hidden(1, 3), **usual)
    factors = draw.one((1.0, draw.log(100, 1000)), (draw.log(100, 1000), 1.0), (0.01, draw.log(10, 100)))
    path = stretched(draw, draw.one("moons", "circles", "xor", "two_spirals"), factors)
    return draw.experiment("npz", draw.hidden(1, 3), data__path=path, **usual)


def noisy_batches(draw: Draw) -> Experiment:
    """One or two samples a step at a rate that suits large batches."""
    dataset = draw.one(*draw.settings.values, "moons", "circles", "blobs", "xor")
    method = draw.one("sgd", "sgd", "momentum", "adam")
    rate = {"sgd": draw.log(0.08, 0.3), "momentum": draw.log(0.01, 0.03), "adam": draw.log(0.02, 0.05)}[method]
    return draw.experiment(
        dataset, draw.hidden(1, 2), network__activation=draw.one("tanh", "relu", "gelu"), optimizer__method=method,
        optimizer__lr=rate, batch_size=draw.one(1, 1, 2), epochs=draw.whole(20, 30),
        data__held_out=0.5, stopping__early__enabled=False,
    )  # fmt: skip


def label_noise(draw: Draw) -> Experiment:
    """Wrong labels, and a network large enough to learn them by heart."""
    dataset = draw.one("moons", "circles", "blobs", "xor", "iris", "digits", "breast_cancer", "wine", "sine")
    share = draw.log(0.2, 0.4) if dataset != "sine" else draw.log(0.6, 1.0)
    few = {} if dataset in ("iris", "digits", "breast_cancer", "wine") else {"data__samples": draw.whole(150, 240)}
    return draw.experiment(
        dataset, [draw.one(48, 56, 64)] * draw.whole(2, 3), data__label_noise=share,
        network__activation=draw.one("relu", "gelu", "leaky_relu", "tanh"), optimizer__lr=draw.log(0.006, 0.015),
        batch_size=64 if dataset == "digits" else draw.one(16, 24),
        epochs=40 if dataset == "digits" else draw.whole(130, 200), stopping__early__enabled=False, **few,
    )  # fmt: skip


FAMILIES: dict[str, Callable[[Draw], Experiment]] = {
    "healthy": healthy,
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
FAULTS = tuple(name for name in FAMILIES if name != "healthy")


def candidate(which: SetName, fault: str, number: int, folder: Path) -> Candidate:
    """Return one candidate; the same arguments give the same one."""
    draw = Draw(SETS[which], list(FAMILIES).index(fault), number, folder)
    return Candidate(f"{which}/{fault}-{number:03d}", fault, FAMILIES[fault](draw))
