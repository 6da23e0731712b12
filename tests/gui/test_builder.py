"""The form, used as a person does: click a field, type, choose."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from gui import theme
from gui.builder.form import CARDS, Builder
from training.experiment import Experiment
from training.validation import TAGS, as_values, keys_of, replace, validate, variants


@pytest.fixture
def builder(qtbot: Any) -> Builder:
    made = Builder(Experiment(), theme.DARK)
    qtbot.addWidget(made)
    made.resize(304, 900)
    made.show()
    qtbot.waitExposed(made)
    return made


def click(qtbot: Any, button: Any) -> None:
    """Click a button once the layout has put it in its place."""
    qtbot.waitUntil(button.isVisible)
    QApplication.processEvents()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def type_into(qtbot: Any, editor: Any, text: str, *, enter: bool = True) -> None:
    """Click into a field, replace its text, press Enter."""
    qtbot.mouseClick(editor, Qt.MouseButton.LeftButton)
    editor.selectAll()
    qtbot.keyClick(editor, Qt.Key.Key_Delete)
    qtbot.keyClicks(editor, text)
    if enter:
        qtbot.keyClick(editor, Qt.Key.Key_Return)


def choose(qtbot: Any, editor: Any, value: str) -> None:
    """Choose an entry of a list with the keyboard."""
    editor.setFocus()
    index = editor.findData(value)
    while editor.currentIndex() != index:
        before = editor.currentIndex()
        qtbot.keyClick(editor, Qt.Key.Key_Down if index > before else Qt.Key.Key_Up)
        assert editor.currentIndex() != before


EVERY_VARIANT = [(section, tag) for section in TAGS for tag in variants(section)]


@pytest.mark.parametrize(("section", "tag"), EVERY_VARIANT, ids=lambda part: str(part))
def test_every_field_of_every_variant_has_a_control(qtbot: Any, section: str, tag: str) -> None:
    values = as_values(Experiment())
    values[section] = {TAGS[section][0]: tag}
    if tag in ("csv", "idx", "npz"):
        values[section]["path"] = "some.file"
    if section == "data":
        values["loss"] = {"kind": "mse"}
    experiment = validate(values)
    made = Builder(experiment, theme.DARK)
    qtbot.addWidget(made)
    sections = {key.rpartition(".")[0] for key in keys_of(experiment)}
    hidden = {"network.initialization.std", "network.initialization.bound", "stopping.criteria.k"}
    for key in keys_of(experiment):
        if key in sections or key in hidden:
            continue
        row = made.row(key)
        assert row is not None, key
        assert key in row.editors, key
        assert row.editors[key].field.tip or key in {f"{part}.{name}" for part, (name, _) in TAGS.items()}, key


@pytest.mark.parametrize(("key", "value", "revealed"), [
    ("network.initialization.scheme", "normal", "network.initialization.std"),
    ("network.initialization.scheme", "uniform", "network.initialization.bound"),
    ("stopping.criteria.combine", "k", "stopping.criteria.k"),
])  # fmt: skip
def test_fields_that_belong_to_a_choice_appear_with_it(
    qtbot: Any, builder: Builder, key: str, value: str, revealed: str
) -> None:
    assert builder.row(revealed) is None or revealed not in builder.row(revealed).editors
    choose(qtbot, builder.editor(key), value)
    qtbot.waitUntil(lambda: builder.editor(revealed).isVisible())


def test_typing_a_learning_rate(qtbot: Any, builder: Builder) -> None:
    type_into(qtbot, builder.editor("optimizer.lr"), "1e-3")
    assert builder.draft.experiment.optimizer.lr == 0.001
    assert builder.draft.valid


def test_a_mistake_is_told_below_its_field_and_nothing_typed_is_lost(qtbot: Any, builder: Builder) -> None:
    row = builder.row("optimizer.lr")
    type_into(qtbot, builder.editor("optimizer.lr"), "fast")
    assert row.error.isVisible()
    assert "number" in row.error.text()
    assert builder.editor("optimizer.lr").text() == "fast"
    assert "Learning rate" in builder.reason_invalid()
    type_into(qtbot, builder.editor("seed"), "9")
    assert builder.editor("optimizer.lr").text() == "fast"
    type_into(qtbot, builder.editor("optimizer.lr"), "0.2")
    assert not row.error.isVisible()
    assert builder.draft.experiment.seed == 9


def test_a_mistake_is_not_told_while_typing_but_after_a_pause(qtbot: Any, builder: Builder) -> None:
    row = builder.row("optimizer.lr")
    type_into(qtbot, builder.editor("optimizer.lr"), "1e", enter=False)
    assert not row.error.isVisible()
    assert not builder.draft.valid
    qtbot.waitUntil(row.error.isVisible, timeout=3000)


def test_escape_takes_back_what_was_typed(qtbot: Any, builder: Builder) -> None:
    editor = builder.editor("optimizer.lr")
    type_into(qtbot, editor, "x", enter=False)
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    assert builder.draft.valid
    assert editor.text() == "0.01"
    assert not builder.row("optimizer.lr").error.isVisible()


def test_a_mistake_between_fields_is_told_at_its_field(qtbot: Any, builder: Builder) -> None:
    choose(qtbot, builder.editor("network.normalization"), "batch")
    type_into(qtbot, builder.editor("batch_size"), "1")
    assert "batch normalization" in builder.row("batch_size").error.text()


def test_a_mistake_in_a_folded_field_unfolds_it(qtbot: Any, builder: Builder) -> None:
    card = builder.cards["Early stopping"]
    assert not card.open
    type_into(qtbot, builder.editor("data.held_out"), "0")
    assert "held-out" in builder.row("stopping.early.metric").error.text()
    assert card.open
    assert builder.row("stopping.early.metric").error.isVisible()


def test_a_wrong_word_gets_the_nearest_match(qtbot: Any, builder: Builder) -> None:
    type_into(qtbot, builder.editor("batch_size"), "ful")
    assert "did you mean 'full'" in builder.row("batch_size").error.text()
    type_into(qtbot, builder.editor("batch_size"), "full")
    assert builder.draft.experiment.batch_size == "full"


def test_a_regression_target_brings_a_fitting_loss(qtbot: Any, builder: Builder) -> None:
    choose(qtbot, builder.editor("data.dataset"), "sine")
    assert builder.draft.valid
    assert builder.draft.experiment.loss.kind == "mse"
    choose(qtbot, builder.editor("data.dataset"), "moons")
    assert builder.draft.experiment.loss.kind == "cross_entropy"


def test_choosing_cross_entropy_for_a_regression_is_told_at_the_loss(qtbot: Any, builder: Builder) -> None:
    choose(qtbot, builder.editor("data.dataset"), "sine")
    choose(qtbot, builder.editor("loss.kind"), "cross_entropy")
    assert "cross-entropy needs classes" in builder.row("loss.kind").error.text()


def test_another_method_brings_its_own_fields(qtbot: Any, builder: Builder) -> None:
    choose(qtbot, builder.editor("optimizer.method"), "momentum")
    assert builder.row("optimizer.beta1") is None or "optimizer.beta1" not in builder.row("optimizer.beta1").editors
    type_into(qtbot, builder.editor("optimizer.momentum"), "0.8")
    assert builder.draft.experiment.optimizer.momentum == 0.8  # type: ignore[union-attr]


def test_layers_are_edited_one_by_one(qtbot: Any, builder: Builder) -> None:
    click(qtbot, builder._edit_layers)
    layers = builder.layers
    assert layers is not None
    assert layers.isVisible()
    click(qtbot, layers.add)
    assert builder.draft.experiment.network.hidden == (16, 16, 16, 16)
    type_into(qtbot, layers._rows[1].width, "5")
    choose(qtbot, layers._rows[1].activation, "tanh")
    network = builder.draft.experiment.network
    assert network.hidden == (16, 5, 16, 16)
    assert network.activations() == ("relu", "tanh", "relu", "relu")
    assert builder.editor("network.activation").currentText() == "Per layer"
    click(qtbot, layers._rows[1].remove)
    assert builder.draft.experiment.network.activation == "relu"
    click(qtbot, layers._rows[0].duplicate)
    assert len(builder.draft.experiment.network.hidden) == 4


def test_widths_typed_keep_an_activation_for_each_layer(qtbot: Any, builder: Builder) -> None:
    builder.load(replace(Experiment(), {"network.activation": ["relu", "tanh", "gelu"]}))
    type_into(qtbot, builder.editor("network.hidden"), "8x5")
    assert builder.draft.experiment.network.activations() == ("relu", "tanh", "gelu", "gelu", "gelu")
    type_into(qtbot, builder.editor("network.hidden"), "8 8")
    assert builder.draft.experiment.network.activations() == ("relu", "tanh")


def test_extra_features_are_toggled(qtbot: Any, builder: Builder) -> None:
    builder.cards["Data"].show_more(True)
    click(qtbot, builder.editor("data.extra_features").buttons["xy"])
    assert builder.draft.experiment.data.extra_features == ("xy",)


def test_milestones_are_typed_as_a_list(qtbot: Any, builder: Builder) -> None:
    choose(qtbot, builder.editor("schedule.kind"), "multistep")
    type_into(qtbot, builder.editor("schedule.milestones"), "10, 20.5 90")
    assert builder.draft.experiment.schedule.milestones == (10.0, 20.5, 90.0)  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", list(variants("schedule")))
def test_the_schedule_is_drawn(qtbot: Any, builder: Builder, kind: str) -> None:
    builder.show_steps_per_epoch(10)
    choose(qtbot, builder.editor("schedule.kind"), kind)
    assert len(builder.preview.factors) > 2
    assert not builder.preview.grab().isNull()


def test_marks_say_what_is_live_and_what_waits(builder: Builder) -> None:
    builder.show_run(frozenset({"optimizer.lr"}), frozenset({"network.hidden"}))
    assert builder.editor("optimizer.lr")._mark == "live"
    assert "Hidden layers" in builder.notice.text.text()
    assert builder.notice.isVisible()
    builder.show_run(frozenset(), frozenset())
    assert not builder.notice.isVisible()


def test_every_choice_tells_what_it_does(builder: Builder) -> None:
    for key in ("network.activation", "network.initialization.scheme", "optimizer.method", "schedule.kind",
                "loss.kind", "network.normalization", "data.dataset", "data.scaling"):
        editor = builder.editor(key)
        for index in range(editor.count()):
            assert editor.itemData(index, Qt.ItemDataRole.ToolTipRole), (key, editor.itemText(index))


def test_cards_cover_the_sections_named_in_the_plan() -> None:
    assert [plan.title for plan in CARDS][:3] == ["Data", "Network", "Optimizer"]


def test_a_long_list_of_widths_ends_where_its_button_begins(qtbot: Any, builder: Builder) -> None:
    field = builder.editor("network.hidden")
    type_into(qtbot, field, "1024, 300, 200, 100")
    margin, button = field.textMargins().right(), builder._edit_layers.geometry()
    assert button.width() > 0
    assert field.width() - margin <= button.left() + 1
