"""A scenario made of a recorded run: its story, and what of the run must come out on any seed."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from gui.builder import wording
from gui.builder.editors import Combo
from gui.panels.panel import scale
from gui.recordings.to_scenario import OFFERS, SEEDS, Told, scenario_of, with_expectations
from gui.recordings.trial_thread import TrialThread
from gui.scenarios.card import LEVELS
from gui.tall_content import TallContent
from gui.threads import EndingThreads
from gui.tips import plain_label
from training.errors import ExperimentError, InputError
from training.experiment import Experiment
from training.labs.bounds import changes_between
from training.recordings.recording import Recording
from training.scenarios.scenario import GROUPS, Scenario
from training.scenarios.scenario_file import save

POLL_MS = 50
MOST_NAMES = 3
FIELDS = {
    "title": "Title", "summary": "Summary", "story": "Story", "group": "Chapter", "level": "Level",
    "minutes": "Minutes", "explanation": "Explanation", "variants.changed.title": "Name of the variant",
}  # fmt: skip


class ScenarioDialog(QDialog):
    """Asks for what only an author knows, runs the experiment on ten seeds, and saves.

    Attributes
    ----------
    saved
        The file, once there is one.

    Parameters
    ----------
    ending
        Takes what is still at work when the dialog is closed.
    """

    def __init__(
        self, recording: Recording, form: Experiment, ending: EndingThreads, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("scenarioDialog")
        self.setWindowTitle("Save as scenario")
        self.recording, self.form = recording, form
        self.saved: Path | None = None
        self._ending = ending
        self._thread: TrialThread | None = None
        self._scenario: Scenario | None = None
        self._told: Told | None = None
        self._poll = QTimer(self)
        self._poll.setInterval(POLL_MS)
        self._poll.timeout.connect(self._look)
        self._build()

    # ------------------------------------------------------------------------------ building

    def _build(self) -> None:
        self._scale = scale()
        content = QWidget(self)
        self.title = self._line(self.recording.name, "Title", "What the card and the page are headed with")
        self.summary = self._line("", "Summary", "One or two sentences for the card")
        self.summary.setPlaceholderText("One or two sentences for the card")
        self.group = self._choice(GROUPS, "Chapter", "Where in the course it stands")
        self.level = self._choice(LEVELS, "Level", "How much it asks of a learner")
        self.minutes = QSpinBox(self)
        self.minutes.setRange(1, 240)
        self.minutes.setValue(10)
        self.minutes.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.minutes.setToolTip("How long it takes a learner")
        self.minutes.setAccessibleName("Minutes")
        self.story = self._text("Story", "What this is about, in Markdown; read before the run")
        self.explanation = self._text("Explanation", "Why it came out so, in Markdown; shown after the run")
        self.claims = {offer.name: self._claim(offer.name, offer.title) for offer in OFFERS}
        self.margin = QSpinBox(self)
        self.margin.setRange(0, 200)
        self.margin.setSingleStep(5)
        self.margin.setValue(25)
        self.margin.setSuffix(" %")
        self.margin.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.margin.setToolTip("How much worse than the worst of ten seeds it may come out")
        self.margin.setAccessibleName("Margin")
        self.variant = QCheckBox(self._variant_text(), self)
        self.variant.setToolTip("Let it race against the recorded run")
        self.variant.setEnabled(bool(self._changes()))
        self.variant_title = self._line("Changed", "Name of the variant", "What legends call it")
        self.variant_title.setEnabled(False)
        self.variant.toggled.connect(self.variant_title.setEnabled)
        self.message = plain_label(parent=self)
        self.message.setWordWrap(True)
        self.message.setProperty("role", "muted")
        self.save_button = QPushButton("Check and save…", self)
        self.save_button.setProperty("role", "primary")
        self.save_button.setDefault(True)
        self.save_button.setToolTip(f"Run it on {SEEDS} seeds, take what came out as expectations, and save")
        self.save_button.clicked.connect(lambda _=False: self.check())
        self.cancel_button = QPushButton("Cancel", self)
        self.cancel_button.setAutoDefault(False)
        self.cancel_button.clicked.connect(lambda _=False: self.reject())
        self._lay_out(content)

    def _line(self, text: str, name: str, tip: str) -> QLineEdit:
        line = QLineEdit(text, self)
        line.setAccessibleName(name)
        line.setToolTip(tip)
        return line

    def _choice(self, values: tuple[str, ...], name: str, tip: str) -> Combo:
        box = Combo(self)
        for value in values:
            box.addItem(value.capitalize(), value)
        box.setAccessibleName(name)
        box.setToolTip(tip)
        return box

    def _text(self, name: str, tip: str) -> QPlainTextEdit:
        text = QPlainTextEdit(self)
        text.setAccessibleName(name)
        text.setToolTip(tip)
        text.setPlaceholderText(tip)
        text.setTabChangesFocus(True)
        text.setFixedHeight(self._px(84))
        return text

    def _claim(self, name: str, title: str) -> QCheckBox:
        box = QCheckBox(title[:1].upper() + title[1:], self)
        box.setToolTip("Expect it: what came out on ten seeds, with the margin")
        box.setChecked(name in ("train_loss", "diverged") and not self.recording.figures.get("diverged"))
        return box

    def _px(self, size: float) -> int:
        return round(size * self._scale)

    def _lay_out(self, content: QWidget) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(self._px(12))
        grid.setVerticalSpacing(self._px(7))
        grid.setColumnMinimumWidth(1, self._px(430))
        places = QHBoxLayout()
        places.setSpacing(self._px(8))
        for widget in (self.group, self.level, self.minutes):
            places.addWidget(widget)
        places.addWidget(self._caption("minutes"))
        places.addStretch(1)
        claims = QVBoxLayout()
        claims.setSpacing(self._px(3))
        for box in self.claims.values():
            claims.addWidget(box)
        margin = QHBoxLayout()
        margin.addWidget(self._caption("Margin"))
        margin.addWidget(self.margin)
        margin.addStretch(1)
        claims.addLayout(margin)
        variant = QVBoxLayout()
        variant.addWidget(self.variant)
        variant.addWidget(self.variant_title)
        rows = (
            ("Title", self.title), ("Summary", self.summary), ("Chapter and level", places), ("Story", self.story),
            ("Explanation", self.explanation), ("Expect", claims), ("Variant", variant),
        )
        for index, (text, what) in enumerate(rows):
            grid.addWidget(self._caption(text), index, 0, Qt.AlignmentFlag.AlignTop)
            if isinstance(what, QWidget):
                grid.addWidget(what, index, 1)
            else:
                grid.addLayout(what, index, 1)
        inner = QVBoxLayout(content)
        inner.setContentsMargins(*(self._px(px) for px in (18, 14, 18, 6)))
        inner.addLayout(grid)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.save_button)
        below = QVBoxLayout()
        below.setContentsMargins(*(self._px(px) for px in (18, 4, 18, 14)))
        below.addWidget(self.message)
        below.addLayout(buttons)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(TallContent(content, self._px(110), self), 1)
        box.addLayout(below)
        self.message.setMinimumHeight(self._px(34))

    def _caption(self, text: str) -> QLabel:
        label = plain_label(text, self)
        label.setProperty("role", "label")
        return label

    def _changes(self) -> list[str]:
        changed = changes_between(self.recording.experiment, self.form)
        return [key for key in changed if key != "device" and not key.startswith("data.path")]

    def _variant_text(self) -> str:
        names = list(dict.fromkeys(wording.label(key) for key in self._changes()))
        if not names:
            return "The form has the same experiment"
        more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        return f"The experiment in the form, with {', '.join(names[:MOST_NAMES])}{more} changed"

    # ------------------------------------------------------------------------------ doing

    def told(self) -> Told:
        """Return what was typed and chosen."""
        return Told(
            title=self.title.text().strip(), summary=self.summary.text().strip(), group=self.group.currentData(),
            level=self.level.currentData(), minutes=self.minutes.value(), story=self.story.toPlainText().strip(),
            explanation=self.explanation.toPlainText().strip(),
            claims=tuple(name for name, box in self.claims.items() if box.isChecked()),
            margin=self.margin.value() / 100, variant_title=self.variant_title.text().strip(),
        )  # fmt: skip

    def check(self) -> None:
        """Say what is missing, or run it on ten seeds."""
        told = self._told = self.told()
        if not told.story:
            self._say("Story: write what this is about.", wrong=True)
            self.story.setFocus()
            return
        try:
            self._scenario = scenario_of(self.recording, told, self.form if self.variant.isChecked() else None)
        except InputError as error:
            self._say(_in_words(error), wrong=True)
            return
        self.save_button.setEnabled(False)
        self._say(f"Running it on {SEEDS} seeds …")
        self._thread = TrialThread(self._scenario, SEEDS)
        self._thread.start()
        self._poll.start()

    def _look(self) -> None:
        thread = self._thread
        if thread is None or self._scenario is None or self._told is None:
            return
        if not thread.isFinished():
            share = min(1.0, thread.epoch / max(1, self._scenario.experiment.epochs))
            self._say(f"Running it on {SEEDS} seeds … {share:.0%}")
            return
        self._poll.stop()
        self._thread = None
        self.save_button.setEnabled(True)
        if thread.error:
            self._say(f"It cannot be run: {thread.error}", wrong=True)
            return
        scenario = with_expectations(self._scenario, self._told, thread.records)
        left_out = len(self._told.claims) - len(scenario.expectations)
        expected = "; ".join(expectation.text for expectation in scenario.expectations) or "nothing"
        told = f" {left_out} of those chosen cannot be expected on all seeds." if left_out else ""
        self._say(f"Expected: {expected}.{told}")
        self._ask_file(scenario)

    def _ask_file(self, scenario: Scenario) -> None:
        name = "".join(letter if letter.isalnum() else "_" for letter in scenario.title.lower()).strip("_")
        path, _ = QFileDialog.getSaveFileName(self, "Save the scenario", f"{name}.toml", "Scenarios (*.toml)")
        if not path:
            return
        file = Path(path) if Path(path).suffix else Path(path).with_suffix(".toml")
        try:
            save(scenario, file)
        except InputError as error:
            self._say(f"Not saved: {error.message()}", wrong=True)
            return
        self.saved = file
        self.accept()

    def _say(self, text: str, *, wrong: bool = False) -> None:
        role = "error" if wrong else "muted"
        if self.message.property("role") != role:
            self.message.setProperty("role", role)
            self.message.style().unpolish(self.message)
            self.message.style().polish(self.message)
        self.message.setText(text)

    def reject(self) -> None:
        self._end()
        super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._end()
        super().closeEvent(event)

    def _end(self) -> None:
        self._poll.stop()
        if self._thread is not None:
            self._thread.close()
            self._ending.add(self._thread)
            self._thread = None


def _in_words(error: InputError) -> str:
    """Return what is wrong by the names of the fields."""
    if not isinstance(error, ExperimentError):
        return error.message()
    return "\n".join(f"{FIELDS.get(problem.key, problem.key)}: {problem.message}" for problem in error.problems)
