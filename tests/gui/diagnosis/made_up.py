"""Findings that nobody had to train for."""

from __future__ import annotations

from training.diagnosis.finding import Evidence, Finding, Fix

FIXES = (
    Fix("relu_and_he", "ReLU + He", "ReLU passes the gradient whole.",
        {"network.activation": "relu", "network.initialization.scheme": "he_normal"}),
    Fix("batch_norm", "Batch norm", "Every unit's input is centered.", {"network.normalization": "batch"}),
    Fix("skip_connections", "Skip connections", "A way round.", {"network.skip_every": 2}),
)  # fmt: skip
VANISHING = Finding(
    "vanishing_gradients", "Vanishing gradients", "alarm", 0.87,
    "Layer 1 receives 1/2 300 of the signal that layer 8 receives. Sigmoid's slope is at most ¼, so eight layers "
    "shrink the signal by up to 4⁸.", 4, 30,
    (Evidence("signal_norm", "layer 1 over layer 8: 1/2 300", 4, 30, (0, 2), 4e-4, 0.01),
     Evidence("train_loss", "0.99 of the loss of a guess", 10, 30)),
    FIXES,
)  # fmt: skip
OVERFITTING = Finding(
    "overfitting", "Overfitting", "warning", 0.7, "The validation loss rises.", 20, 30,
    (Evidence("val_loss", "12 % above its best", 20, 30),),
)  # fmt: skip
HEALTHY = Finding("healthy", "Healthy convergence", "fine", 0.9, "Both losses fall.", 2, 30)
PAST = Finding("plateau", "Plateau", "note", 0.6, "Nothing moved.", 2, 12, over=True)
