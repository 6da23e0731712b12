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
    """Fits for a number of epochs at a time; it records one loss an epoch, and no norms.

    Where it validates, it measures the accuracy on the held-out part once an epoch.
    """

    def __init__(self, case: Case, dtype: str, one_thread: bool, *, validates: bool = False) -> None:
        self.title = f"{dtype}, {'one thread' if one_thread else 'default threads'}"
        data = case.data
        self.x, self.y = data.x_train.astype(dtype), data.y_train
        if validates:  # it takes its held-out part from what it is given
            self.x, self.y = np.concatenate([self.x, data.x_val.astype(dtype)]), np.concatenate([self.y, data.y_val])
        self.one_thread = one_thread
        self.steps_per_epoch = -(-len(data.x_train) // case.batch)
        self.classifier = MLPClassifier(
            case.hidden, solver="adam", learning_rate_init=LEARNING_RATE, batch_size=case.batch, alpha=0.0,
            early_stopping=validates, validation_fraction=len(data.x_val) / len(data.dataset.x),
            tol=0.0, n_iter_no_change=NEVER, random_state=0,
        )

    def validating(self, case: Case) -> ScikitLearn:
        """Return the same that validates."""
        return ScikitLearn(case, str(self.x.dtype), self.one_thread, validates=True)

    def run(self, steps: int) -> int:
        """Do the epochs that hold at least `steps` steps, in one call of `fit`."""
        epochs = -(-steps // self.steps_per_epoch)
        self.classifier.set_params(max_iter=epochs)
        with threadpool_limits(1) if self.one_thread else nullcontext(), warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is what is wanted here
            self.classifier.fit(self.x, self.y)
        assert self.classifier.n_iter_ == epochs
        return epochs * self.steps_per_epoch


def settings(case: Case) -> dict[str, ScikitLearn]:
    """Return the settings it may be fastest in."""
    found = [ScikitLearn(case, dtype, one) for dtype in ("float32", "float64") for one in (True, False)]
    return {peer.title: peer for peer in found}
