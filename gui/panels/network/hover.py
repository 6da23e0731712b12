"""The numbers of what lies under the pointer, as rows, and the rows as a tooltip or as one line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from gui.panels import ranges
from gui.panels.network.health import Verdict
from models.activations import ACTIVATIONS
from models.architecture import Architecture
from training.layer_statistics import LayerStatistics


@dataclass(frozen=True)
class Card:
    """What is told of one thing: a title, and rows of a name and a value."""

    title: str
    rows: tuple[tuple[str, str], ...] = ()
    note: str = ""

    def html(self, picture: str = "") -> str:
        """Return a tooltip; `picture` is HTML to show below the title."""
        rows = "".join(
            f"<tr><td style='padding-right: 14px'>{escape(name)}</td><td align='right'>{escape(value)}</td></tr>"
            for name, value in self.rows
        )
        note = f"<div>{escape(self.note)}</div>" if self.note else ""
        return f"<qt><b>{escape(self.title)}</b>{picture}<table cellspacing='1'>{rows}</table>{note}</qt>"

    def line(self) -> str:
        """Return all of it as one sentence, for screen readers."""
        return "; ".join([self.title, *(f"{name} {value}" for name, value in self.rows if name)])


@dataclass(frozen=True)
class LayerNorms:
    """What was recorded of one layer at the last step; NaN for what is not known."""

    gradient: float = math.nan
    signal: float = math.nan
    update_ratio: float = math.nan
    verdict: Verdict | None = None


def input_card(names: Sequence[str]) -> Card:
    """Return what is told of the input."""
    shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    return Card(f"input: {len(names):,} feature{'s' if len(names) > 1 else ''}", (("", shown),))


def layer_card(
    name: str, shape: Architecture, layer: int, statistics: LayerStatistics | None, norms: LayerNorms
) -> Card:
    """Return what is told of a layer; `layer` counts from 0, the output last."""
    fan_in, units = shape.widths[layer], shape.widths[layer + 1]
    title = f"{name}: {units:,} unit{'s' if units > 1 else ''}"
    rows = [("shape", f"{fan_in:,} × {units:,}"), ("parameters", f"{parameters_of(shape, layer):,}")]
    if layer < len(shape.hidden):
        title += f", {ACTIVATIONS[shape.activations[layer]].title}"
        rows += _structure_rows(shape, layer)
    if statistics is not None:
        rows += _weight_rows(statistics)
    rows += _norm_rows(norms)
    if statistics is not None:
        rows += _activation_rows(statistics)
    return Card(title, tuple(rows))


def _weight_rows(statistics: LayerStatistics) -> list[tuple[str, str]]:
    deviation = ranges.scientific(statistics.weight_std)
    return [
        ("weights, mean ± deviation", f"{signed(statistics.weight_mean)} ± {deviation}"),
        ("weights, least to largest", f"{signed(statistics.weight_min)} to {signed(statistics.weight_max)}"),
    ]


def _structure_rows(shape: Architecture, layer: int) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    if shape.normalization != "none":
        rows.append(("normalization", shape.normalization))
    if shape.dropout:
        rows.append(("dropout", f"{shape.dropout:g}"))
    if shape.skip_ends_at(layer):
        source = layer + 1 - shape.skip_every
        origin = "the input" if source == 0 else f"layer {source}"
        rows.append((f"adds {origin}", "through weights" if shape.needs_projection(layer) else "as it is"))
    return rows


def _norm_rows(norms: LayerNorms) -> list[tuple[str, str]]:
    rows = []
    if norms.verdict is not None:
        rows.append(("gradient norm", ranges.scientific(norms.gradient)))
        compared = f" (× {ranges.scientific(norms.verdict.ratio)})" if norms.verdict.ratio > 0 else ""
        rows.append(("against those near the loss", f"{norms.verdict.health.value}{compared}"))
    if not math.isnan(norms.signal):
        rows.append(("backpropagated signal", ranges.scientific(norms.signal)))
    if not math.isnan(norms.update_ratio):
        rows.append(("update / weight", ranges.scientific(norms.update_ratio)))
    return rows


def _activation_rows(statistics: LayerStatistics) -> list[tuple[str, str]]:
    deviation = ranges.scientific(statistics.activation_std)
    rows = [("activation, mean ± deviation", f"{signed(statistics.activation_mean)} ± {deviation}")]
    if not math.isnan(statistics.dead):
        rows.append(("dead units", share(statistics.dead)))
    if not math.isnan(statistics.saturated):
        rows.append(("saturated", share(statistics.saturated)))
    return rows


def unit_card(name: str, unit: int, activation: str, mean: float, rows: Sequence[tuple[str, str]] = ()) -> Card:
    """Return what is told of one unit (counted from 0)."""
    known = () if math.isnan(mean) else (("mean activation", signed(mean)),)
    suffix = f", {ACTIVATIONS[activation].title}" if activation else ""
    return Card(f"{name}, unit {unit + 1:,}{suffix}", (*known, *rows))


def edge_card(source: str, target: str, value: float, share_of_largest: float) -> Card:
    """Return what is told of one weight."""
    sign = "positive, solid" if value >= 0 else "negative, dashed"
    rows = [("weight", signed(value)), ("sign", sign)]
    if math.isfinite(share_of_largest):
        rows.append(("of the layer's largest", f"{share_of_largest:.0%}"))
    return Card(f"{source} → {target}", tuple(rows))


def parameters_of(shape: Architecture, layer: int) -> int:
    """Return how many learned values a layer has: weights, biases, normalization and projection."""
    return sum(slot.size for slot in shape.slots if slot.layer == layer)


def signed(value: float) -> str:
    """Return a number with a true minus, in two figures."""
    if math.isnan(value):
        return "–"
    return ("−" if value < 0 else "") + ranges.scientific(abs(value))


def share(value: float) -> str:
    """Return a share in percent."""
    return f"{100 * value:.3g}%"
