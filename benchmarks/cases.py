"""The networks everything is measured on, the same for the lab and for its peers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from training.data.dataset import Dataset
from training.data.load import load_prepared
from training.data.prepare import PreparedData, prepare
from training.experiment import Experiment
from training.validation import replace

LEARNING_RATE = 1e-3
POINTS = 1_500
IMAGES = 10_000
IMAGE_PIXELS = 784


@dataclass(frozen=True)
class Case:
    """A network with its batch size; ReLU, cross-entropy and Adam in all of them."""

    name: str
    hidden: tuple[int, ...]
    batch: int
    inputs: int = 2
    classes: int = 2
    batch_norm: bool = False

    @property
    def title(self) -> str:
        """The network in words, such as ``2-16×4-2, batch 32``."""
        repeated = len(set(self.hidden)) == 1 and len(self.hidden) > 2
        middle = f"{self.hidden[0]}×{len(self.hidden)}" if repeated else "-".join(map(str, self.hidden))
        norm = ", batch norm" if self.batch_norm else ""
        return f"{self.inputs}-{middle}-{self.classes}{norm}, batch {self.batch}"

    @property
    def widths(self) -> tuple[int, ...]:
        """Inputs, hidden widths, outputs."""
        return (self.inputs, *self.hidden, self.classes)

    @cached_property
    def experiment(self) -> Experiment:
        """The experiment of the lab: the default one with this network, and nothing that ends the run."""
        return replace(Experiment(), {
            "name": self.name,
            "data.samples": POINTS,
            "network.hidden": list(self.hidden),
            "network.normalization": "batch" if self.batch_norm else "none",
            "optimizer.lr": LEARNING_RATE,
            "batch_size": self.batch,
            "epochs": 10_000_000,
            "stopping.early.enabled": False,
            "device": "cpu",
        })

    @cached_property
    def data(self) -> PreparedData:
        """Two spirals as in the default experiment, or random pictures of MNIST's shape."""
        if self.inputs == 2:
            return load_prepared(self.experiment.data)
        return prepare(self.experiment.data, _random_images(IMAGES, self.inputs, self.classes))


def _random_images(samples: int, pixels: int, classes: int) -> Dataset:
    random = np.random.default_rng(0)
    return Dataset(
        name="random pictures",
        task="classification",
        x=random.random((samples, pixels)),
        y=random.integers(0, classes, samples),
        feature_names=tuple(f"pixel {index}" for index in range(pixels)),
        class_names=tuple(map(str, range(classes))),
    )


S = Case("S", (16,) * 4, 32)
D = Case("D", (32,) * 20, 32)
D_NORM = Case("D+BN", (32,) * 20, 32, batch_norm=True)
M = Case("M", (128, 64), 128, inputs=IMAGE_PIXELS, classes=10)
DEEP = Case("64 layers", (16,) * 63, 32)  # for the window alone

CASES = (S, D, D_NORM, M)
