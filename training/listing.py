"""What there is to choose from, as rows: the tables of the program, and the sections of an experiment."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from models.activations import ACTIVATIONS
from models.initializers import INITIALIZERS
from models.losses import LOSSES
from training.criteria import CRITERIA
from training.data.catalog import BUNDLED, SYNTHETIC, DatasetInfo
from training.errors import InputError, did_you_mean
from training.experiment_file import shipped_experiments
from training.labs.lab_file import shipped_labs
from training.optimizers import OPTIMIZERS
from training.scenarios.scenario import GROUPS
from training.scenarios.scenario_file import shipped_scenarios
from training.schedules import SCHEDULES


@dataclass(frozen=True)
class Row:
    """One choice: the name to write in an experiment, what it is called, its formula, and what it does."""

    name: str
    title: str
    formula: str
    note: str


def rows(topic: str) -> list[Row]:
    """Return the choices of a topic.

    Raises
    ------
    InputError
        If there is no such topic.
    """
    if topic not in TOPICS:
        raise InputError(
            f"there is nothing to list under '{topic}'", allowed=", ".join(TOPICS), hint=did_you_mean(topic, TOPICS)
        )
    return TOPICS[topic]()


def _table(table: dict[str, Any]) -> Callable[[], list[Row]]:
    return lambda: [Row(row.name, row.title, row.formula, row.note) for row in table.values()]


def _datasets() -> list[Row]:
    catalog = [_dataset(row) for row in (*SYNTHETIC.values(), *BUNDLED.values())]
    return [
        *catalog,
        Row("csv", "CSV file", "classification or regression", "A table of your own: data.path, data.target."),
        Row("idx", "IDX files", "classification", "MNIST-style images: data.path and data.labels."),
        Row("npz", "NumPy archive", "classification or regression", "Arrays of your own: data.path, x and y."),
    ]


def _dataset(row: DatasetInfo) -> Row:
    features = "1 feature" if row.features == 1 else f"{row.features} features"
    return Row(row.name, row.title, f"{row.task}, {features}", row.note)


def _normalizations() -> list[Row]:
    return [
        Row("none", "None", "a = f(z)", "Nothing between the linear map and the activation."),
        Row("batch", "Batch", "(z − mean) / √(var + ε) over the batch",
            "Keeps layers at a steady scale; running statistics for evaluation (Ioffe & Szegedy 2015)."),
        Row("layer", "Layer", "(z − mean) / √(var + ε) over the units",
            "As batch normalization, but sample by sample: works with any batch size (Ba et al. 2016)."),
    ]  # fmt: skip


def _experiments() -> list[Row]:
    return [_experiment(name, path.read_bytes().decode()) for name, path in shipped_experiments().items()]


def _experiment(name: str, text: str) -> Row:
    values = tomllib.loads(text)
    dataset = values.get("data", {}).get("dataset", "two_spirals")
    sentence, period, _ = " ".join(values.get("notes", "").split()).partition(". ")
    return Row(name, values.get("name", name), dataset, sentence + period.strip())


def _scenarios() -> list[Row]:
    found = [(name, tomllib.loads(path.read_bytes().decode())) for name, path in shipped_scenarios().items()]
    found.sort(key=lambda item: (GROUPS.index(item[1]["group"]), item[1].get("order", 500)))
    return [
        Row(name, values["title"], f"{values['group']}, {values.get('minutes', 10)} min", values["summary"])
        for name, values in found
    ]


def _labs() -> list[Row]:
    found = [(name, tomllib.loads(path.read_bytes().decode())) for name, path in shipped_labs().items()]
    return [Row(name, values["title"], f"{values['minutes']} min", values["summary"]) for name, values in found]


HEADINGS = {"experiments": "data set", "scenarios": "chapter", "labs": "length", "datasets": "task"}
"""What the third column holds where it is not a formula."""

TOPICS: dict[str, Callable[[], list[Row]]] = {
    "experiments": _experiments,
    "scenarios": _scenarios,
    "labs": _labs,
    "datasets": _datasets,
    "activations": _table(ACTIVATIONS),
    "initializers": _table(INITIALIZERS),
    "normalizations": _normalizations,
    "losses": _table(LOSSES),
    "optimizers": _table(OPTIMIZERS),
    "schedules": _table(SCHEDULES),
    "criteria": _table(CRITERIA),
}
