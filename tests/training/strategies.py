"""Hypothesis strategies that make valid experiments of every kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from pydantic import BaseModel

from models.activations import ACTIVATIONS
from models.initializers import INITIALIZERS
from training.data.catalog import BUNDLED, SYNTHETIC, task_of
from training.experiment import Experiment
from training.validation import validate, variants

positive = st.floats(1e-6, 1e3, allow_nan=False)
non_negative = st.one_of(st.just(0.0), positive)
fraction = st.floats(0, 0.99)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)

paths = st.text("abcÄ é-_0", min_size=1, max_size=20).map(lambda name: str(Path(f"/data/x{name}x.csv").resolve()))


def section(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


preparation: dict[str, st.SearchStrategy[Any]] = {
    "held_out": st.floats(0.1, 0.9),
    "stratify": st.booleans(),
    "split_seed": st.integers(0, 2**31 - 1),
    "scaling": st.sampled_from(["none", "standardize", "minmax"]),
    "target_scaling": st.sampled_from(["none", "standardize"]),
    "extra_features": st.lists(st.sampled_from(["x^2", "y^2", "xy", "sin x", "sin y"]), unique=True),
    "label_noise": st.floats(0, 1),
}


@st.composite
def data(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["synthetic", "bundled", "csv", "idx", "npz"]))
    values = draw(section(**preparation))
    if kind == "synthetic":
        more = section(samples=st.integers(4, 1_000_000), noise=st.floats(0, 10), seed=st.integers(0, 99))
        return {**values, **draw(more), "dataset": draw(st.sampled_from(list(SYNTHETIC)))}
    if kind == "bundled":
        return {**values, "dataset": draw(st.sampled_from(list(BUNDLED)))}
    if kind == "csv":
        more = section(
            target=text, features=st.lists(text, max_size=3), delimiter=st.sampled_from(["auto", ";", "\t"]),
            missing=st.sampled_from(["error", "drop"]), task=st.sampled_from(["auto", "classification", "regression"]),
        )  # fmt: skip
        return {**values, **draw(more), "dataset": "csv", "path": draw(paths)}
    more = section(labels=paths if kind == "idx" else text, inputs=text, limit=st.integers(0, 100))
    return {**values, **draw(more), "dataset": kind, "path": draw(paths)}


@st.composite
def networks(draw: st.DrawFn) -> dict[str, Any]:
    hidden = draw(st.lists(st.integers(1, 1024), max_size=12))
    names = st.sampled_from(list(ACTIVATIONS))
    activation = draw(st.one_of(names, st.lists(names, min_size=len(hidden), max_size=len(hidden))))
    initialization = section(
        scheme=st.sampled_from(list(INITIALIZERS)), gain=non_negative, std=non_negative, bound=non_negative
    )
    return {
        "hidden": hidden,
        "activation": activation,
        "initialization": draw(initialization),
        "normalization": draw(st.sampled_from(["none", "batch", "layer"])),
        "skip_every": draw(st.integers(0, len(hidden))),
        "dropout": draw(fraction),
    }


@st.composite
def variant(draw: st.DrawFn, name: str, tag: str, fields: dict[str, st.SearchStrategy[Any]]) -> dict[str, Any]:
    kind, model = draw(st.sampled_from(sorted(variants(name).items())))
    own = {key: strategy for key, strategy in fields.items() if key in model.model_fields}
    return {**draw(section(**own)), tag: kind}


optimizer_fields = {
    "lr": non_negative, "reference_batch": st.integers(0, 512), "clip_norm": non_negative, "clip_value": non_negative,
    "gradient_noise": non_negative, "momentum": fraction, "beta1": fraction, "beta2": fraction, "eps": positive,
    "weight_decay": non_negative, "alpha": fraction, "centered": st.booleans(), "lr_decay": non_negative,
}  # fmt: skip
schedule_fields = {
    "unit": st.sampled_from(["epoch", "step"]), "gamma": st.floats(0.01, 1), "every": positive, "tau": positive,
    "milestones": st.lists(positive, max_size=4), "floor": fraction, "power": positive, "period": positive,
}  # fmt: skip


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    """Draw a valid experiment: the parts are drawn freely, then made to fit together."""
    values: dict[str, Any] = {
        "name": draw(text.filter(bool)),
        "notes": draw(text),
        "data": draw(data()),
        "network": draw(networks()),
        "optimizer": draw(variant("optimizer", "method", optimizer_fields)),
        "schedule": draw(variant("schedule", "kind", schedule_fields)),
        "regularization": draw(section(l1=non_negative, l2=non_negative)),
        "batch_size": draw(st.one_of(st.integers(2, 1_000_000), st.just("full"))),
        "epochs": draw(st.integers(1, 10_000_000)),
        "seed": draw(st.integers(0, 2**31 - 5000)),
        "replicas": draw(st.integers(1, 4096)),
        "dtype": draw(st.sampled_from(["float32", "float64"])),
        "device": draw(st.sampled_from(["auto", "cpu", "cuda"])),
    }
    task = task_of(values["data"]["dataset"]) or values["data"].get("task")
    kinds = ["mse", "mae", "huber"] if task == "regression" else ["cross_entropy", "mse", "mae", "huber"]
    values["loss"] = {"kind": draw(st.sampled_from(kinds))}
    criterion = section(action=st.sampled_from(["off", "tell", "stop"])).flatmap(
        lambda chosen: non_negative.map(lambda threshold: {**chosen, "threshold": threshold})
    )
    values["stopping"] = {
        "early": draw(section(patience=st.integers(1, 1000), min_delta=non_negative, restore_best=st.booleans())),
        "criteria": draw(
            section(loss_plateau=criterion, gradient_norm=criterion, combine=st.sampled_from(["any", "all"]))
        ),
    }
    return validate(values)


def leaves(model: BaseModel) -> list[object]:
    """Return every value of a model that is not itself a model."""
    found: list[object] = []
    for name in type(model).model_fields:
        value = getattr(model, name)
        found.extend(leaves(value) if isinstance(value, BaseModel) else [value])
    return found


ANY_VALUE = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**12), 10**12), st.floats(), text,
    st.lists(st.one_of(st.integers(), text), max_size=3), st.dictionaries(text, st.integers(), max_size=2),
)  # fmt: skip
