"""The picture on a scenario's card: data kept beside the scenarios, and told to be of this very scenario or not."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from training.experiment_file import PRESETS
from training.scenarios.scenario import Scenario
from training.toml_file import MAX_BYTES

SHOWN = ("experiment", "variants", "edits", "picture", "base_title")
"""What of a scenario its picture depends on."""


def fingerprint(scenario: Scenario) -> str:
    """Return a short text that changes with all that a scenario's picture is made from."""
    values = scenario.model_dump(mode="json", include=set(SHOWN))
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


def shipped_picture(name: str) -> dict[str, Any] | None:
    """Return the picture of a shipped scenario as it was made, or None if there is none that can be read."""
    path = PRESETS / "pictures" / f"{name}.json"
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return values if isinstance(values, dict) else None
