"""The diagnosis as a feature of the window: looks at the run now and then, shows what it finds, and tries fixes."""

from __future__ import annotations

import time
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING

from gui.actions import Act
from gui.diagnosis.bar import Offer, Told
from gui.diagnosis.fix_race import FixRace, race_of, verdict_of
from gui.diagnosis.steady import Steady
from gui.diagnosis.track import when
from gui.evidence import ShownEvidence
from gui.feature import Feature
from gui.narrator import Words
from gui.race.races import Races
from gui.race.wording import in_common
from gui.run_control import News
from gui.run_view import RunView
from gui.stage import BOARD
from gui.workspace import Workspace
from training.diagnosis.case import Case
from training.diagnosis.doctor import Doctor
from training.diagnosis.finding import Finding, Fix, Severity
from training.diagnosis.verdict import Kind
from training.errors import InputError
from training.population import replicas_of

if TYPE_CHECKING:
    from gui.window import MainWindow

LOOK_SECONDS = 0.5
"""Between two looks at a run that trains."""
MOST_SHARE = 0.01
"""Of the time of the window, so much at the most goes into looking: dear looks come less often."""
READ_SECONDS = 2.0
"""The figures in a sentence stay as they are for so long, to be read."""
SEVERITIES: dict[Kind, Severity] = {"better": "fine", "same": "note", "worse": "warning"}
SAYS: dict[Kind, str] = {"better": "Better with", "same": "The same with", "worse": "Worse with"}
TONES: dict[Kind, str] = {"better": "ok", "same": "", "worse": "warn"}


class Diagnosis(Feature):
    """What the window knows of what is the matter with its run.

    Attributes
    ----------
    doctor
        Who looks at the run.
    findings
        What is shown of what was found, what matters most first.
    look_seconds
        What the last look has cost, in seconds of this thread.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.doctor, self._steady = Doctor(), Steady()
        self.findings: list[Finding] = []
        self.look_seconds = 0.0
        self._looked_at = self._said_at = float("-inf")
        self._looked_step: tuple[int, bool] | None = None
        self._pause = LOOK_SECONDS
        self._broken = False
        self._said: tuple[object, ...] = ()
        self._outcome: Told | None = None
        self._workspace: Workspace | None = None

    # ------------------------------------------------------------------------------ as a feature

    def adopt(self, workspace: Workspace) -> None:
        if self._workspace is not None:
            workspace.why.take_over(self._workspace.why)
        self._workspace = workspace
        self.corner, self.why, self._selection = workspace.corner, workspace.why, workspace.selection
        self.why.chosen_changed.connect(self._show_evidence)
        self.why.try_wanted.connect(self.try_fix)
        self.why.apply_wanted.connect(lambda _, fix: self.apply(fix))
        workspace.board.changed.connect(self._show_evidence)
        self._said = ()

    def meet(self) -> None:
        self.races = self.window.feature(Races)
        self.races.ended.connect(self._race_ended)

    def acts(self) -> list[Act]:
        return [
            Act("Run", "Try the first fix in a race", ("Ctrl+Alt+F",), self.try_first_fix, works=self._can_try),
        ]

    def started(self) -> None:
        view = self.window.control.view
        if view is None or view.forked_at is None:  # of a fork, what was found up to its moment stays known
            self.doctor = Doctor()
            self.why.forget()
        self._steady, self.findings, self._broken = Steady(), [], False
        self._looked_step, self._pause = None, LOOK_SECONDS
        self._show()

    def look(self, news: News, now: float) -> None:
        view = self.window.control.view
        if view is not None and (news.ended or now - self._looked_at >= self._pause):
            state = view.history.step, view.playing
            if state != self._looked_step or news.ended:
                self._looked_at, self._looked_step = now, state
                self._examine(view, now)
        self._say(now)

    # ------------------------------------------------------------------------------ looking

    def _examine(self, view: RunView, now: float) -> None:
        """Look at the run once; a rule that breaks is told of once, and the run is not looked at any more."""
        if self._broken or view.history.step == 0:
            return
        started = time.thread_time()
        try:
            found = self.doctor.look(case_of(view))
        except Exception as error:  # one rule must not take the window along
            self._broken, found = True, []
            self.window.errors.view_failed(f"Diagnosis: {error!r}", "".join(traceback.format_exception(error)))
        before = {finding.name for finding in self.findings}
        self.findings = self._steady.take(found, now, settled=not view.playing)
        for finding in self.findings:
            if finding.name not in before and finding.severity != "fine" and not finding.over:
                self.window.log.add("info", f"{finding.title}, {when(finding)}: {finding.sentence}")
        self.why.show_findings(self.findings, self.doctor.past)
        self.look_seconds = time.thread_time() - started
        self._pause = max(LOOK_SECONDS, self.look_seconds / MOST_SHARE)
        self.window.frames.spend(self.look_seconds)

    # ------------------------------------------------------------------------------ showing

    @property
    def top(self) -> Finding | None:
        """What matters most of what holds now."""
        return next((finding for finding in self.findings if not finding.over), None)

    def _show(self) -> None:
        """Show what there is, at once."""
        self._said = ()
        self._say(time.perf_counter())

    def _say(self, now: float) -> None:
        """Tell in the corner what there is to tell, if that is something else than before."""
        guest, top = self.window.hosting.guest is not None, self.top
        said = (guest, self.race, self.races.outcome) if guest else (guest, top)
        if len(said) == len(self._said) and all(one is other for one, other in zip(said, self._said, strict=True)):
            return
        if not guest and self._figures_stay(top, now):
            return
        self._said, self._said_at = said, now
        if guest:
            self._say_of_race()
        else:
            self._say_of_run(top)
        self._show_evidence()

    def _figures_stay(self, top: Finding | None, now: float) -> bool:
        """Tell whether only figures have changed, while the run trains, and there was no time yet to read them."""
        view, before = self.window.control.view, self._said[-1] if len(self._said) == 2 else None
        same = isinstance(before, Finding) and top is not None and top.name == before.name
        return same and view is not None and view.playing and now - self._said_at < READ_SECONDS

    def _say_of_run(self, top: Finding | None) -> None:
        view = self.window.control.view
        if top is None or view is None:
            self.corner.say_little(None)
        elif top.severity == "fine":
            self.corner.say_little(self._told(top, view), self._explain(top))
        else:
            self.corner.say_much(self._told(top, view), [*self._offers(top), self._explain(top)])

    def _told(self, finding: Finding, view: RunView) -> Told:
        replicas = view.history.replicas
        which = f"replica 1 of {replicas:,}" if replicas > 1 else ""
        figure = finding.evidence[0].sentence if finding.evidence else ""
        tip = "\n".join(part for part in (
            f"{round(100 * finding.confidence)} % sure, {when(finding)}", f"About {which}" if which else "",
        ) if part)  # fmt: skip
        return Told(
            finding.severity, finding.title, " · ".join(part for part in (which, figure) if part), finding.sentence, tip
        )

    def _offers(self, finding: Finding) -> list[Offer]:
        return [
            Offer(
                fix.title, f"{fix.why}\nClick to race the run as it is against the same run with this change",
                lambda fix=fix: self.try_fix(finding, fix),
                (
                    (f"Race with {fix.title}", lambda fix=fix: self.try_fix(finding, fix)),
                    (f"Apply {fix.title} without a race", lambda fix=fix: self.apply(fix)),
                ),
            )
            for fix in finding.fixes
        ]  # fmt: skip

    def _explain(self, finding: Finding) -> Offer:
        return Offer(
            "Explain…", "What it means, what shows it and what can be done, in the panel Why (W)",
            lambda: self.explain(finding), lasting=True,
        )  # fmt: skip

    def explain(self, finding: Finding) -> None:
        """Bring the panel that says why, and tell of a finding there."""
        self.window.workspace.stage.show_only(BOARD)
        board = self.window.board
        if not self.why.isVisible():
            board.show_panel(self.why)
        self.why.choose(finding.name)
        self.why.track.setFocus()

    def _show_evidence(self) -> None:
        """Draw on the plots the evidence of what is read about, or else of what matters most; of nothing fine."""
        finding = self.why.told if self.why.isVisible() else self.top
        shown = finding is not None and finding.severity != "fine" and self.why.plots_pill.isChecked()
        if finding is None or not shown or not finding.evidence or self.window.hosting.guest is not None:
            self._selection.show_evidence(None)
            return
        pointed = self.why.pointed
        if pointed is not None and (pointed >= len(finding.evidence) or not self.why.isVisible()):
            pointed = None
        # The look that was last saw the evidence from where it was unbroken; the finding knows since when it is made.
        first = min(finding.first_step, finding.evidence[0].first_step)
        items = (replace(finding.evidence[0], first_step=first), *finding.evidence[1:])
        self._selection.show_evidence(ShownEvidence(finding.title, finding.severity, items, pointed))

    # ------------------------------------------------------------------------------ fixes

    def _can_try(self) -> bool:
        top = self.top
        return self.window.hosting.guest is None and top is not None and bool(top.fixes)

    def try_first_fix(self) -> None:
        """Race the first fix of what matters most."""
        top = self.top
        if self._can_try() and top is not None:
            self.try_fix(top, top.fixes[0])

    def try_fix(self, finding: Finding, fix: Fix) -> None:
        """Race the run as it is against the same run with a fix."""
        view = self.window.control.view
        if view is None:
            return
        try:
            race = race_of(view, finding, fix)
        except InputError as error:
            self.window.banner.show_error(f"{fix.title} cannot be tried: {error.message()}")
            return
        self.races.start_runs(race.title, race.runs, play=True, purpose=race)

    def apply(self, fix: Fix) -> None:
        """Put a fix into the form, as one change that can be undone."""
        window = self.window
        window.builder.apply_changes(dict(fix.changes))
        under_way = window.form_and_run.under_way
        how = "" if not under_way else " at once" if fix.live else ": reset (R) to train with it"
        window.status.say(f"{fix.title} is in the form{how}. Ctrl+Z takes it back.", "ok")

    @property
    def race(self) -> FixRace | None:
        """The fix that is being tried, or None."""
        return self.races.purpose if isinstance(self.races.purpose, FixRace) else None

    def _race_ended(self) -> None:
        race = self.race
        if race is None or len(self.races.entrants) != 2:
            return
        verdict = verdict_of(self.races.entrants)
        heading, view = f"{SAYS[verdict.kind]} {race.fix.title}", self.races.control.view
        self.races.outcome = Words(heading, verdict.sentence, TONES[verdict.kind])
        shared = in_common(view) if view is not None else ""
        self._outcome = Told(
            SEVERITIES[verdict.kind], heading, verdict.by_how_much, f"{verdict.sentence} {shared}".strip(),
            "By the loss of the weights that each run keeps; less than 2 % of difference counts as the same",
        )  # fmt: skip
        self.window.show_soon()

    def _say_of_race(self) -> None:
        race = self.race
        if race is None or not self.races.on_stage:
            self.corner.say_little(None)
        elif self.races.outcome is None or self._outcome is None:
            self.corner.say_little(Told("note", f"Trying {race.fix.title}", race.since, ""))
        else:
            self.corner.say_much(self._outcome, [
                Offer("Keep this change", "Put it into the form and go back to the run (Ctrl+Z takes it back)",
                      self.keep, lasting=True),
                Offer("Back", "Leave everything as it was (Esc)", self.races.close_race, lasting=True),
            ])  # fmt: skip

    def keep(self) -> None:
        """Take the fix that was tried into the form, and go back to the run."""
        race = self.race
        if race is not None:
            self.races.close_race()
            self.apply(race.fix)


def case_of(view: RunView) -> Case:
    """Return what rules look at of the first replica of a run."""
    original = view.original or view.experiment
    return Case.of(
        view.history, replicas_of(view.experiment)[0], view.data, original=replicas_of(original)[0],
        instruments=view.instruments, snapshot=view.snapshot,
    )  # fmt: skip
