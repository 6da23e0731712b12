"""Which cards the form has, and which fields stand in sight there."""

from __future__ import annotations

from gui.builder.card import CardPlan

CARDS = (
    CardPlan("Data", sections=("data",), first=(
        "data.dataset", "data.path", "data.target", "data.noise", "data.samples", "data.held_out", "data.scaling",
    )),
    CardPlan("Network", sections=("network",), first=(
        "network.hidden", "network.activation", "network.initialization.scheme", "network.normalization",
        "network.skip_every", "network.dropout",
    )),
    CardPlan("Optimizer", sections=("optimizer", "loss"), keys=("batch_size",), first=(
        "optimizer.method", "optimizer.lr", "optimizer.momentum", "optimizer.weight_decay", "batch_size",
        "optimizer.clip_norm", "loss.kind", "loss.delta",
    )),
    CardPlan("Schedule", sections=("schedule",), first=(
        "schedule.kind", "schedule.warmup", "schedule.every", "schedule.gamma", "schedule.milestones", "schedule.tau",
        "schedule.length", "schedule.period", "schedule.half_period", "schedule.power", "schedule.factor",
        "schedule.patience",
    )),
    CardPlan("Regularization", sections=("regularization",), first=("regularization.l1", "regularization.l2")),
    CardPlan("Early stopping", sections=("stopping.early",), first=(
        "stopping.early.enabled", "stopping.early.patience", "stopping.early.restore_best",
    )),
    CardPlan("Convergence criteria", sections=("stopping.criteria",), first=(
        "stopping.criteria.loss_plateau.threshold", "stopping.criteria.gradient_norm.threshold",
        "stopping.criteria.parameter_change.threshold", "stopping.criteria.validation.threshold",
        "stopping.criteria.relative_improvement.threshold", "stopping.criteria.combine",
    )),
    CardPlan("Run", sections=("", "evaluation"), first=("name", "epochs", "seed", "replicas")),
)
