"""Why the run does what it does: findings along its steps, what shows them, what they mean, and what can be changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from gui.diagnosis.evidence_row import EvidenceRow
from gui.diagnosis.fix_row import FixRow
from gui.diagnosis.track import FindingTrack, TrackRow, rows_of
from gui.markdown import MarkdownView
from gui.panels.panel import Panel, Table, scale
from gui.tab_order import order_tabs
from gui.theme import DARK, Theme
from gui.tips import plain_label
from training.diagnosis.explanation import explanation
from training.diagnosis.finding import Evidence, Finding, Fix
from training.diagnosis.rules import RULES
from training.history import TAIL_STEPS

if TYPE_CHECKING:
    from gui.run_view import RunView

NOTHING = "Nothing has been found yet. What is found stands here, along the steps of the run, while it trains."
FIGURES = ("finding", "severity", "confidence", "first step", "last step", "over", "sentence")


class Why(Panel):
    """Reads what was found; it asks for everything by signals.

    ``chosen_changed`` follows when another finding is told of, or other evidence pointed at. ``try_wanted`` and
    ``apply_wanted`` carry a finding and a fix: to be raced, or to be put into the form. ``opened`` follows when the
    user has chosen what to read about. ``plot_wanted`` carries the curve that evidence is about, ``close_up_wanted``
    the first and the last of the steps to be shown alone.
    """

    title = "Why"
    name = "why"
    shortcut = "W"
    chosen_changed = Signal()
    try_wanted = Signal(object, object)
    apply_wanted = Signal(object, object)
    opened = Signal()
    plot_wanted = Signal(str)
    close_up_wanted = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.findings: tuple[Finding, ...] = ()
        self.past: tuple[Finding, ...] = ()
        self.pointed: int | None = None
        self._chosen = ""
        self._built: object = None
        self.math_pill = self.add_pill(
            "mathematics", "The explanation with the mathematics, or in plain words", changed=lambda _: self._tell()
        )
        self.plots_pill = self.add_pill(
            "on plots", "Draw the evidence on the plots, quietly", checked=True, spare=1,
            changed=lambda _: self.chosen_changed.emit(),
        )
        self._make_parts()
        self._lay_out()
        self.restyle(DARK)

    # ------------------------------------------------------------------------------ building

    def _make_parts(self) -> None:
        self.nothing = self._label("muted", NOTHING)
        self.track = FindingTrack()
        self.track.chosen.connect(self._open)
        self.track.moment_wanted.connect(lambda step: self.selection.moment_wanted.emit(step))
        self.sentence = self._label()
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.sentence.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.sure = self._label("caption")
        self.evidence_title, self.fixes_title = self._label("caption", "Evidence"), self._label("caption", "Try")
        self.meaning_title = self._label("caption", "What it means")
        self.evidence_rows: list[EvidenceRow] = []
        self.fix_rows: list[FixRow] = []
        self.explained = MarkdownView(self.theme, scale())
        self.explained.setAccessibleName("What it means")

    def _label(self, role: str = "", text: str = "") -> QLabel:
        label = plain_label(text)
        label.setWordWrap(True)
        if role:
            label.setProperty("role", role)
        return label

    def _lay_out(self) -> None:
        unit = scale()
        self.content = QWidget()
        self.content.setObjectName("why")
        box = self._box = QVBoxLayout(self.content)
        box.setContentsMargins(0, 0, round(4 * unit), round(6 * unit))
        box.setSpacing(round(6 * unit))
        self.evidence_box, self.fixes_box = QVBoxLayout(), QVBoxLayout()
        self.evidence_box.setSpacing(0)
        self.fixes_box.setSpacing(round(4 * unit))
        for part in (self.nothing, self.track, self.sentence, self.sure, self.evidence_title):
            box.addWidget(part)
        box.addLayout(self.evidence_box)
        box.addWidget(self.meaning_title)
        box.addWidget(self.explained)
        box.addWidget(self.fixes_title)
        box.addLayout(self.fixes_box)
        box.addStretch(1)
        self.scroll = QScrollArea()
        self.scroll.setWidget(self.content)
        self.scroll.setWidgetResizable(True)
        self.scroll.setFrameShape(QFrame.Shape.NoFrame)
        self.scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.scroll.setMinimumSize(round(120 * unit), round(60 * unit))
        self.body.addWidget(self.scroll, 1)

    # ------------------------------------------------------------------------------ as a panel

    def start(self, run: RunView) -> None:
        replicas = run.history.replicas
        self.set_figure(*(f"about replica 1 of {replicas:,}", f"1 of {replicas:,}") if replicas > 1 else ())
        self.refresh(run)

    def refresh(self, run: RunView) -> None:
        self.track.show_rows(self.track.rows, run.history.step, self.track.current)
        self.track.look_at(run.moment.step if run.moment is not None else None)

    def clear(self) -> None:
        self.set_figure("")  # what was found stays known, for when it is shown again: see `forget`

    def show_moment(self) -> None:
        self.track.point_at(self.selection.moment)

    def restyle(self, theme: Theme) -> None:
        super().restyle(theme)
        self.track.restyle(theme)
        self.explained.restyle(theme)
        radius = round(5 * scale())
        self.content.setStyleSheet(
            f"#why {{ background: transparent; }} #evidence {{ border-radius: {radius}px; }}"
            f"#evidence:hover, #evidence:focus {{ background: {theme.raised}; }}"
        )
        self.scroll.setStyleSheet("QScrollArea { background: transparent; }")
        self.scroll.viewport().setAutoFillBackground(False)

    def table(self) -> Table | None:
        rows = [
            [one.title, one.severity, one.confidence, one.first_step, one.last_step, one.over, one.sentence]
            for row in self.track.rows for one in row.findings
        ]
        return Table(FIGURES, rows) if rows else None

    # ------------------------------------------------------------------------------ what was found

    def show_findings(self, findings: Sequence[Finding], past: Sequence[Finding]) -> None:
        """Show what is found now, what matters most first, and what was found before."""
        self.findings, self.past = tuple(findings), tuple(past)
        self.attempt(self._tell)

    def forget(self) -> None:
        """Begin anew: another run."""
        self._chosen, self.pointed = "", None
        self.show_findings((), ())

    def choose(self, name: str) -> None:
        """Tell of what a rule has found."""
        if name != self._chosen:
            self._chosen, self.pointed = name, None
            self._tell()
            self.scroll.verticalScrollBar().setValue(0)
            self.chosen_changed.emit()

    def _open(self, name: str) -> None:
        self.choose(name)
        self.opened.emit()

    def take_over(self, other: Why) -> None:
        """Tell of what the panel at another interface scale told of, in the same way."""
        self._chosen = other._chosen
        self.math_pill.setChecked(other.math_pill.isChecked())
        self.plots_pill.setChecked(other.plots_pill.isChecked())

    @property
    def told(self) -> Finding | None:
        """The finding that is told of: the one chosen, or else the first of those that hold."""
        row = next((row for row in self._rows if row.name == self._chosen), None)
        if row is not None:
            return row.last
        return next((finding for finding in self.findings if not finding.over), None)

    @property
    def _rows(self) -> tuple[TrackRow, ...]:
        return rows_of(self.findings, self.past)

    # ------------------------------------------------------------------------------ telling

    def _tell(self) -> None:
        finding = self.told
        for part in (self.sentence, self.meaning_title, self.explained):
            part.setVisible(finding is not None)
        self.sure.setVisible(finding is not None and finding.severity != "fine")
        self.nothing.setVisible(finding is None)
        self.track.show_rows(self._rows, self.track.now, finding.name if finding is not None else "")
        self.evidence_title.setVisible(finding is not None and bool(finding.evidence))
        self.fixes_title.setVisible(finding is not None and bool(finding.fixes))
        self._build(finding)
        if finding is None:
            return
        _put(self.sentence, finding.sentence)
        _put(self.sure, f"{round(100 * finding.confidence)} % sure")
        for row, evidence in zip(self.evidence_rows, finding.evidence, strict=True):
            row.show_evidence(evidence, close_up=self._is_of_the_last_steps(evidence))
        if finding.name in RULES:
            told = explanation(finding.name)
            self.explained.show_markdown(told.expert if self.math_pill.isChecked() else told.plain)

    def _build(self, finding: Finding | None) -> None:
        """Make as many rows of evidence as there are, and a button for each fix; nothing, where all are there."""
        evidence: tuple[Evidence, ...] = finding.evidence if finding is not None else ()
        fixes: tuple[Fix, ...] = finding.fixes if finding is not None else ()
        wanted = (finding.name if finding is not None else "", len(evidence), [(fix.title, fix.why) for fix in fixes])
        if wanted == self._built:
            return
        self._built = wanted
        for row in (*self.evidence_rows, *self.fix_rows):
            row.hide()
            row.deleteLater()
        self.evidence_rows = [self._evidence_row(index) for index in range(len(evidence))]
        self.fix_rows = [self._fix_row(index, fix) for index, fix in enumerate(fixes)]
        order_tabs(self.content)

    def _evidence_row(self, index: int) -> EvidenceRow:
        row = EvidenceRow(scale(), self.content)
        row.pointed.connect(lambda on: self._point(index, on))
        row.wanted.connect(lambda step, curve: self._show(index, step, curve))
        self.evidence_box.addWidget(row)
        return row

    def _fix_row(self, index: int, fix: Fix) -> FixRow:
        row = FixRow(fix, scale(), self.content)
        row.try_wanted.connect(lambda: self._ask(self.try_wanted, index))
        row.apply_wanted.connect(lambda: self._ask(self.apply_wanted, index))
        self.fixes_box.addWidget(row)
        return row

    def _ask(self, signal: Signal, index: int) -> None:
        finding = self.told
        if finding is not None and index < len(finding.fixes):
            signal.emit(finding, finding.fixes[index])  # type: ignore[attr-defined]

    def _show(self, index: int, step: float, curve: str) -> None:
        """Show a piece of evidence: the moment at which it begins, in a plot of the curve that it is about."""
        self.plot_wanted.emit(curve)
        finding = self.told
        if finding is not None and index < len(finding.evidence):
            evidence = finding.evidence[index]
            if self._is_of_the_last_steps(evidence):
                self.close_up_wanted.emit(evidence.first_step, evidence.last_step)
        self.selection.moment_wanted.emit(step)

    def _is_of_the_last_steps(self, evidence: Evidence) -> bool:
        """Tell whether it is about no more than the steps kept one by one, in a run far longer than that."""
        far_longer = self.track.now > 2 * TAIL_STEPS
        at_the_end = evidence.first_step > self.track.now - TAIL_STEPS - 1 and evidence.last_step >= self.track.now
        return far_longer and at_the_end and evidence.first_step < evidence.last_step

    def _point(self, index: int, on: bool) -> None:
        pointed = index if on else None if self.pointed == index else self.pointed
        if pointed != self.pointed:
            self.pointed = pointed
            self.chosen_changed.emit()


def _put(label: QLabel, text: str) -> None:
    if text != label.text():
        label.setText(text)
