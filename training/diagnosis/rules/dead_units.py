"""Units whose slope is zero for every sample, so that nothing reaches their weights any more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from training.diagnosis import fixes
from training.diagnosis.case import Case
from training.diagnosis.finding import Evidence, Finding, Fix, Severity
from training.diagnosis.rules.rule import Rule
from training.diagnosis.wording import percent

HALF = 0.5
LEARNED, MOSTLY_LEARNED = 0.05, 0.15
"""Share of the loss of chance below which it has not done much harm: of a whole layer, and of part of one."""
NEARLY_ALL = 0.9
NARROW = 6
"""Units of the widest layer up to which a deep network is likely to be born dead."""
FAST = 0.03
"""An update ratio in the first steps that may well have thrown units out."""


def look(case: Case) -> Finding | None:
    """Say that units are dead.

    Rule: at least half of the units of a hidden layer have slope 0 for every training sample looked at; without any
    measurement of units, all weight gradients of a layer of ReLUs are exactly 0 in all of the last steps. The
    gradient of a unit's weights is a multiple of its slope, so a dead one cannot come back by itself (Maas et al.
    2013, section 2). The narrower and the deeper a network, the likelier it is to be born so (Lu et al. 2020). It is
    but a note while the loss comes down regardless: below 0.05 of that of chance, or 0.15 where a tenth of the layer
    is alive, or half where shortcuts lead round it (and there before half of the planned steps in any case).
    """
    if not case.dead.known:
        return _by_gradients(case)
    layer, share = case.dead.worst, float(case.dead.now.max())
    if share < HALF or case.step < 1:
        return None
    sentence = (
        f"{percent(share)} of the {case.architecture.hidden[layer]} units of layer {layer + 1} are 0 for every "
        f"sample looked at: their slope is 0, so nothing reaches their weights any more."
    )
    if share == 1:
        cut = "nothing passes that layer, but for shortcuts" if case.architecture.skip_every else \
            "what comes out of the network is the same for every input, and no gradient passes that layer"
        sentence = f"All {case.architecture.hidden[layer]} units of layer {layer + 1} are dead: {cut}."
    return _found(case, sentence, case.dead.since(HALF), (layer,), share)


def _by_gradients(case: Case) -> Finding | None:
    gradients = case.recorded.last_steps("weight_grad_norm")[:, :-1]
    dying = np.array([name in fixes.DYING for name in case.architecture.activations], dtype=bool)
    if len(gradients) < 20 or not dying.any():
        return None
    silent = dying & (gradients == 0).all(0)
    if not silent.any():
        return None
    layers = tuple(int(layer) for layer in np.flatnonzero(silent))
    sentence = (
        f"Not a single weight of layer {layers[0] + 1} has received any gradient in the last {len(gradients)} steps: "
        f"units that are 0 for every sample have slope 0 and cut it off."
    )
    return _found(case, sentence, int(case.recorded.tail_steps[0]), layers, 1.0)


def _found(case: Case, sentence: str, since: int, layers: tuple[int, ...], share: float) -> Finding:
    learned = LEARNED if share > NEARLY_ALL else MOSTLY_LEARNED
    if case.architecture.skip_every:
        # Shortcuts lead round what is dead, so that the run may well get there all the same.
        learned = HALF if case.ended or case.step > case.planned_steps / 2 else np.inf
    severity: Severity = "note" if case.left < learned else ("alarm" if share > 0.99 else "warning")
    evidence = (
        Evidence("dead_units", f"{percent(share)} of layer {layers[0] + 1} are dead", since, case.step, layers, share,
                 HALF),
        Evidence("signal_norm", "what passes back through the layers", since, case.step, layers),
    )  # fmt: skip
    fast = case.pace > FAST
    if fast:
        sentence += f" The first steps moved the weights by {percent(case.pace)} of their size each."
    slower = 10.0 if fast else 1.0
    return RULE.found(
        case, sentence, since=since, confidence=0.5 + 0.45 * share, evidence=evidence, severity=severity,
        fixes=_from_the_start(
            fixes.less_held_back(case) if fixes.held_back(case) else None,
            fixes.wider(case) if max(case.architecture.hidden) <= NARROW and not fast else None,
            fixes.leaky_relu_and_he(case, slower), fixes.slower(case), fixes.batch_norm(case),
            fixes.skip_connections(case),
        ),
    )  # fmt: skip


def _from_the_start(*found: Fix | None) -> tuple[Fix | None, ...]:
    """Return fixes that begin anew: what is dead does not come back."""
    return tuple(fix and replace(fix, live=False) for fix in found)


RULE = Rule("dead_units", "Dead units", "alarm", look, explains=("plateau", "underfitting", "vanishing_gradients"))
