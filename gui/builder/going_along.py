"""Changes that a choice brings with it, so that one choice never leaves the form broken. No Qt."""

from __future__ import annotations

from typing import Any

from gui.builder.draft import Draft
from training.data.catalog import task_of


def loss_for(draft: Draft, dataset: str) -> dict[str, Any]:
    """Return the loss that another data set asks for, if the one chosen does not fit its task."""
    task, kind = task_of(dataset), draft.tag("loss")
    if task == "regression" and kind == "cross_entropy":
        return {"loss.kind": "mse"}
    if task == "classification" and kind != "cross_entropy":
        return {"loss.kind": "cross_entropy"}
    return {}


def fitting(draft: Draft, changes: dict[str, Any]) -> dict[str, Any]:
    """Return what layers set elsewhere bring with them: an activation for each, and no skip over more than all."""
    widths = changes.get("network.hidden")
    if not isinstance(widths, list | tuple):
        return {}
    found: dict[str, Any] = {}
    names, skip = draft.get("network.activation"), draft.get("network.skip_every")
    if "network.activation" not in changes and not isinstance(names, str):
        found["network.activation"] = stretched(names, len(widths))
    if "network.skip_every" not in changes and isinstance(skip, int) and skip > len(widths):
        found["network.skip_every"] = len(widths)
    return found


def stretched(names: Any, count: int) -> Any:
    """Return one activation for each of `count` layers, the last one repeated."""
    kept = list(names)[:count]
    kept += [kept[-1] if kept else "relu"] * (count - len(kept))
    return kept[0] if kept and len(set(kept)) == 1 else kept or "relu"


def same(one: Any, other: Any) -> bool:
    """Tell whether two values of a key are the same; a list and a tuple may be."""
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return list(one) == list(other)
    return type(one) is type(other) and bool(one == other)
