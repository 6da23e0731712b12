"""The criteria in words: titles for any room, figures in as few characters as tell them apart, rules. No Qt."""

from __future__ import annotations

import math

from training.criteria import CRITERIA, CriterionState
from training.experiment import Criteria

# Titles of the cards, and shorter ones where there is little room; the tooltip has the whole.
TITLES = {
    "loss_plateau": ("Loss plateau", "Plateau", "Loss"),
    "gradient_norm": ("Gradient norm", "Grad. norm", "Gradient", "Grad."),
    "parameter_change": ("Parameter change", "Param. change", "Param.", "Par."),
    "validation": ("Validation", "Valid.", "Val."),
    "relative_improvement": ("Relative change", "Rel. change", "Relative", "Rel."),
}

ACTIONS = {
    "off": ("off", "Off: not judged"),
    "tell": ("tell", "Tell me when it is met"),
    "stop": ("stop", "Stop the run when it is met"),
}
"""For each action the word on the card, and the words in its menu."""


def title(name: str) -> str:
    """Return the title of a criterion in full."""
    return TITLES[name][0]


def figures(state: CriterionState) -> str:
    """Return value and threshold as one phrase."""
    value, threshold = pieces(state)[0]
    return f"{value} {threshold}"


def pieces(state: CriterionState) -> tuple[tuple[str, str], ...]:
    """Return value and threshold, in the words wanted first and then in shorter ones."""
    limit = short(state.threshold)
    if state.name == "validation":
        return _patience(state)
    if math.isnan(state.value) or state.action == "off":
        return ((short(state.value), f"< {limit}"),)
    if state.name == "relative_improvement" and state.value < 0:
        return ((f"{short(state.value)}, rising", f"< {limit}"), ("rising", f"< {limit}"))
    relation = "<" if state.value < state.threshold else "=" if state.value == state.threshold else ">"
    return ((short(state.value), f"{relation} {limit}"),)


def _patience(state: CriterionState) -> tuple[tuple[str, str], ...]:
    left = "–" if math.isnan(state.value) else f"{evaluations_left(state.value, state.threshold):.0f}"
    of = f"of {state.threshold:.0f}"
    return (f"{left} left", of), (left, of), (left, f"of {short(state.threshold)}")


def evaluations_left(waited: float, patience: float) -> float:
    """Return how many evaluations without improvement are left (NaN: not known)."""
    return max(0.0, patience - waited)


def met_sentence(name: str, value: float, threshold: float, epoch: float) -> str:
    """Say that a criterion was met, and when."""
    if name == "validation":
        what = f"no improvement for {value:.0f} evaluations"
    else:
        what = f"{short(value)} < {short(threshold)}"
    return f"{title(name)} met at epoch {epoch:g}: {what}."


def state_word(state: CriterionState) -> str:
    """Return where a criterion stands in a word or two."""
    if state.action == "off":
        return "off"
    return "met" if state.met else "not measured yet" if math.isnan(state.value) else "not met"


def armed(criteria: Criteria) -> int:
    """Return how many criteria are set to stop."""
    return sum(getattr(criteria, name).action == "stop" for name in CRITERIA)


def rule(criteria: Criteria) -> tuple[str, str, str]:
    """Return which criteria end the run: the beginning of the sentence, how many of them, and its rest."""
    count = armed(criteria)
    many = {"any": "any", "all": "all", "k": str(criteria.k)}[criteria.combine]
    if not count:
        return "No criterion ends the run;", many, "set to stop would"
    return "Ends the run when", many, f"of the {count} set to stop {'is' if many in ('any', '1') else 'are'} met"


def short(value: float) -> str:
    """Return a number with two digits: ``3.2e-2``, ``0.32``, ``2.7``, ``27``."""
    if not math.isfinite(value):
        return "∞" if value > 0 else "−∞" if value < 0 else "–"
    if value == 0:
        return "0"
    mantissa, _, exponent = f"{value:.1e}".partition("e")
    digits = mantissa.removesuffix(".0") if value == float(f"{float(mantissa):.0f}e{exponent}") else mantissa
    power, places = int(exponent), sum(character.isdigit() for character in digits)
    if power in (-1, 1):  # no longer than with an exponent, and read at once
        text = f"{float(digits) * 10.0**power:.{places if power < 0 else 0}f}"
    else:
        text = f"{digits}e{power}" if power else digits
    return text.replace("-", "−", 1) if value < 0 else text
