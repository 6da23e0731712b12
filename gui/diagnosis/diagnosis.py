"""The diagnosis as a feature of the window: looks at the run now and then, shows what it finds, and tries fixes."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from gui.actions import Act
from gui.diagnosis.bar import Offer, Told
from gui.diagnosis.fix_race import FixRace, race_of, verdict_of
from gui.diagnosis.fix_row import TIP, button_title
from gui.diagnosis.steady import Steady
from gui.diagnosis.telling import EXPLAIN, earlier, outcome_of, story_of, told_of, told_of_nothing, told_of_race
from gui.diagnosis.then import Then, case_of
from gui.diagnosis.track import when
from gui.evidence import ShownEvidence
from gui.feature import Feature
from gui.narrator import Words
from gui.race.races import Races
from gui.run_control import News
from gui.run_view import RunView
from gui.stage import BOARD
from gui.timeline.time_travel import TimeTravel
from gui.workspace import Workspace
from training.diagnosis.doctor import Doctor
from training.diagnosis.finding import Finding, Fix
from training.errors import InputError

if TYPE_CHECKING:
    from gui.window import MainWindow

LOOK_SECONDS = 0.5
"""Between two looks at a run that trains."""
MOST_SHARE = 0.01
"""Of the time of the window, so much at the most goes into looking: dear looks come less often."""
THEN_SECONDS = 0.1
"""Between two looks at past moments, while the handle of the timeline is dragged."""
EVERY_STEP = frozenset({"batch_loss", "grad_norm", "signal_norm", "update_ratio"})
"""Curves that have a value for every step."""
Room = Literal["unbegun", "run", "finding"]
EVERYTHING = "*"
"""In the place of a rule's name: looking as such has failed."""


class Diagnosis(Feature):
    """What the window knows of what is the matter with its run.

    Attributes
    ----------
    doctor
        Who looks at the run.
    findings
        What is shown of what was found, what matters most first.
    then
        What is found at the past moment that is looked at.
    look_seconds
        What the last look has cost, in seconds of this thread.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.doctor, self._steady, self.then = Doctor(), Steady(), Then()
        self.findings: list[Finding] = []
        self.look_seconds = 0.0
        self._looked_at = self._looked_back_at = float("-inf")
        self._looked_step: tuple[int, bool] | None = None
        self._pause = LOOK_SECONDS
        self._broken: set[str] = set()
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
        self.why.opened.connect(self._turn_plots)
        self.why.plot_wanted.connect(self._bring_plot)
        self.why.close_up_wanted.connect(self._close_up)
        workspace.board.changed.connect(self._show_evidence)
        self._said = ()
        self._show_history()

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
        self._steady, self.then, self.findings, self._broken = Steady(), Then(), [], set()
        self._looked_step, self._pause = None, LOOK_SECONDS
        self._show_history()
        self._show()

    def look(self, news: News, now: float) -> None:
        view = self.window.control.view
        if view is not None and (news.ended or now - self._looked_at >= self._pause):
            state = view.history.step, view.playing
            if state != self._looked_step or news.ended:
                self._looked_at, self._looked_step = now, state
                self._examine(view, now)
        if view is not None and not self.then.knows(view):
            self._look_back(view, now)
        self._say()

    # ------------------------------------------------------------------------------ looking

    def _examine(self, view: RunView, now: float) -> None:
        """Look at the run once."""
        if view.history.step == 0:
            return
        started = time.thread_time()
        found: list[Finding] = []
        self._attempt(lambda: found.extend(self.doctor.look(case_of(view))))
        before = {finding.name for finding in self.findings}
        self.findings = self._steady.take(found, now, settled=not view.playing)
        for finding in self.findings:
            if finding.name not in before and finding.severity != "fine" and not finding.over:
                self.window.log.add("info", f"{finding.title}, {when(finding)}: {finding.sentence}")
        self._show_history()
        self.look_seconds = time.thread_time() - started
        self._pause = max(LOOK_SECONDS, self.look_seconds / MOST_SHARE)
        self.window.frames.spend(self.look_seconds)

    def _look_back(self, view: RunView, now: float) -> None:
        """Look at the run as it stood at the moment that is looked at, if none was looked at just before."""
        if view.moment is None or now - self._looked_back_at >= THEN_SECONDS:
            started = time.thread_time()
            self._looked_back_at = now
            self.then.turn_to(view)
            self._attempt(lambda: self.then.look(view, self.doctor.broken))
            self.window.frames.spend(time.thread_time() - started)

    def _attempt(self, look: Callable[[], object]) -> None:
        """Look, unless looking as such has failed; each fault is told of once a run, and the run goes on."""
        if EVERYTHING in self._broken:
            return
        faults = self.doctor.broken
        try:
            look()
        except Exception as error:  # not a rule, which the doctor sees to
            faults = {**faults, EVERYTHING: error}
        for name in faults.keys() - self._broken:
            error, what = faults[name], "Diagnosis" if name == EVERYTHING else f"Diagnosis, rule {name}"
            self.window.errors.view_failed(f"{what}: {error!r}", "".join(traceback.format_exception(error)))
        self._broken |= faults.keys()

    # ------------------------------------------------------------------------------ showing

    def _show_history(self) -> None:
        """Show what was found along the run: in the panel that says why, and below the timeline."""
        self.why.show_findings(self.findings, self.doctor.past)
        lasting = [finding for finding in self.findings if not finding.over]
        self.window.feature(TimeTravel).bar.track.show_findings([*self.doctor.past, *lasting])

    @property
    def top(self) -> Finding | None:
        """What matters most of what holds now."""
        return next((finding for finding in self.findings if not finding.over), None)

    @property
    def shown(self) -> Finding | None:
        """What matters most of what holds at the moment that is looked at."""
        view = self.window.control.view
        if view is None or view.moment is None:
            return self.top
        return next(iter(self.then.found), None)

    def _show(self) -> None:
        """Show what there is, at once."""
        self._said = ()
        self._say()

    def _say(self) -> None:
        """Tell in the corner what there is to tell, if that is something else than before."""
        guest, view = self.window.hosting.guest is not None, self.window.control.view
        if guest:
            said: tuple[object, ...] = (self.race, self.races.outcome)
        elif view is not None and not self.then.knows(view):
            return  # as soon as it is known what held at that moment
        else:
            said = (self._room_of(view), view.moment if view is not None else None, self.shown)
        if len(said) == len(self._said) and all(one is other for one, other in zip(said, self._said, strict=True)):
            return
        self._said = said
        if guest:
            self._say_of_race()
        else:
            self._say_of_run(view)
        self._show_evidence()

    def _room_of(self, view: RunView | None) -> Room:
        """Return who has the room where nothing calls for something to be done."""
        if view is None or view.history.step == 0:
            return "unbegun"
        if view.moment is not None:
            return "finding"
        forked = view.forked_at == view.history.step and not view.playing
        return "run" if self.window.control.phase == "finished" or forked or self.corner.banner.warns else "finding"

    def _say_of_run(self, view: RunView | None) -> None:
        finding, room = self.shown, self._room_of(view)
        if view is None or (finding is None and room == "unbegun"):
            self.corner.say_little(None)
        elif finding is not None and finding.severity != "fine":
            self.corner.say_much(told_of(finding, view), [*self._offers(finding), self._explain(finding)])
        else:
            told = told_of_nothing(view, over=room == "run") if finding is None else told_of(finding, view)
            explain = None if finding is None else self._explain(finding)
            if room == "finding":
                self.corner.say_much(told, [*self._before(view), *([explain] if explain is not None else [])])
            else:
                self.corner.say_little(told, explain)

    def _before(self, view: RunView) -> list[Offer]:
        """Offer to read about what was found before, and was over by the moment that is looked at."""
        told = earlier([finding for finding in self.doctor.past if finding.last_step <= view.shown_step])
        if told is None:
            return []
        text, tip, last = told
        return [Offer(text, f"{tip}\nClick to read about it in the panel Why", lambda: self.explain(last))]

    def _offers(self, finding: Finding) -> list[Offer]:
        return [
            Offer(
                button_title(fix.title), f"{fix.why}\nClick: {TIP[:1].lower()}{TIP[1:]}",
                lambda fix=fix: self.try_fix(finding, fix),
                (
                    (f"Race with {fix.title}", lambda fix=fix: self.try_fix(finding, fix)),
                    (f"Apply {fix.title} without a race", lambda fix=fix: self.apply(fix)),
                ),
            )
            for fix in finding.fixes
        ]  # fmt: skip

    def _explain(self, finding: Finding) -> Offer:
        return Offer("Explain…", EXPLAIN, lambda: self.explain(finding), lasting=True)

    def explain(self, finding: Finding) -> None:
        """Bring the panel that says why, and tell of a finding there."""
        self.window.workspace.stage.show_only(BOARD)
        board = self.window.board
        if not self.why.isVisible():
            board.show_panel(self.why)
        self.why.choose(finding.name)
        self._turn_plots()
        self.why.track.setFocus()

    def _show_evidence(self) -> None:
        """Draw on the plots the evidence of what is read about, or else of what matters most; of nothing fine."""
        finding = self.why.told if self.why.isVisible() else self.shown
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

    def _turn_plots(self) -> None:
        """Turn every plot to the view that the first evidence about it is seen in, when a finding is opened."""
        finding = self.why.told
        if finding is None or not self.why.plots_pill.isChecked():
            return
        for panel in self.window.panels:
            curve = next((item.curve for item in finding.evidence if item.curve in panel.curves), None)
            if curve is not None:
                panel.attempt(panel.show_curve, curve)

    def _bring_plot(self, curve: str) -> None:
        """Bring a panel that shows a curve, unless one is there; those that are there turn to that curve."""
        board = self.window.board
        panels = [panel for panel in self.window.panels if curve in panel.curves]
        if panels and not any(board.shows(panel) for panel in panels):
            board.show_panel(panels[0])
        for panel in panels:
            panel.attempt(panel.show_curve, curve)

    def _close_up(self, first: int, last: int) -> None:
        """Show some of the last steps alone in the plots that have something of each of them."""
        for panel in self.window.panels:
            if panel.curves & EVERY_STEP and self.window.board.shows(panel):
                panel.attempt(panel.zoom_to_steps, first, last)

    # ------------------------------------------------------------------------------ fixes

    def _can_try(self) -> bool:
        shown = self.shown
        return self.window.hosting.guest is None and shown is not None and bool(shown.fixes)

    def try_first_fix(self) -> None:
        """Race the first fix of what matters most."""
        shown = self.shown
        if self._can_try() and shown is not None:
            self.try_fix(shown, shown.fixes[0])

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
        self.races.start_runs(race.title, race.runs, play=True, purpose=race, story=story_of(race))

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
        if not any(one.run.history.step for one in self.races.entrants):
            self.races.close_race()  # ended before its first step: there is nothing to judge
            return
        by_hand = [one.outcome for one in self.races.entrants if one.outcome and one.outcome.reason == "stopped"]
        stopped_at = max((outcome.epoch for outcome in by_hand), default=None)
        self._outcome = outcome_of(race, verdict_of(self.races.entrants), stopped_at)
        self.races.outcome = Words(self._outcome.title, self._outcome.sentence)
        self.window.show_soon()

    def _say_of_race(self) -> None:
        race = self.race
        if race is None or not self.races.on_stage:
            self.corner.say_little(None)
        elif self.races.outcome is None or self._outcome is None:
            judge = Offer("Judge now", "End the race here, and judge it by how far it came (S)", self.races.stop,
                          lasting=True)  # fmt: skip
            self.corner.say_much(told_of_race(race), [judge, self._back()])
        else:
            keep = Offer("Keep this change", "Put it into the form and go back to the run (Ctrl+Z takes it back)",
                         self.keep, lasting=True)  # fmt: skip
            self.corner.say_much(self._outcome, [keep, self._back()])

    def _back(self) -> Offer:
        return Offer("Back", "Leave everything as it was (Esc)", self.races.close_race, lasting=True)

    def keep(self) -> None:
        """Take the fix that was tried into the form, and go back to the run."""
        race = self.race
        if race is not None:
            self.races.close_race()
            self.apply(race.fix)

