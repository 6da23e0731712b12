"""scikit-learn's MLPClassifier with the same widths, batch size and Adam, in whichever setting is fastest here."""

from __future__ import annotations

import warnings
from contextlib import nullcontext

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from benchmarks.cases import LEARNING_RATE, Case

NEVER = 1_000_000_000


class ScikitLearn:
    """Fits for a number of epochs at a time; it records one loss an epoch, and no norms."""

    def __init__(self, case: Case, dtype: str, one_thread: bool) -> None:
        self.title = f"{dtype}, {'one thread' if one_thread else 'default threads'}"
        self.x = np.ascontiguousarray(case.data.x_train.astype(dtype))
        self.y = case.data.y_train
        self.one_thread = one_thread
        self.steps_per_epoch = -(-len(self.x) // case.batch)
        self.classifier = MLPClassifier(
            case.hidden, solver="adam", learning_rate_init=LEARNING_RATE, batch_size=case.batch, alpha=0.0,
            early_stopping=False, tol=0.0, n_iter_no_change=NEVER, random_state=0,
        )

    def run(self, steps: int) -> int:
        """Do the epochs that hold at least `steps` steps, in one call of `fit`."""
        epochs = -(-steps // self.steps_per_epoch)
        self.classifier.set_params(max_iter=epochs)
        with threadpool_limits(1) if self.one_thread else nullcontext(), warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is what is wanted here
            self.classifier.fit(self.x, self.y)
        return int(self.classifier.n_iter_) * self.steps_per_epoch


def settings(case: Case) -> dict[str, ScikitLearn]:
    """Return the settings it may be fastest in."""
    found = [ScikitLearn(case, dtype, one) for dtype in ("float32", "float64") for one in (True, False)]
    return {peer.title: peer for peer in found}
