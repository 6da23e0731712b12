"""Descriptions of keys: the same that pydantic reads, and there for every key of an experiment."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from training.descriptions import descriptions
from training.experiment import Experiment, Preparation, Section, SyntheticData


class Base(BaseModel):
    """What the other is made of."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    first: int = 0
    """Of the base,
    in two lines."""
    silent: float = 1.0


class Derived(Base):
    """Adds keys."""

    second: str = ""
    """Its own."""

    third: tuple[int, ...] = ()

    def method(self) -> None:
        """Belongs to no key."""


def test_they_are_what_pydantic_reads() -> None:
    for model in (Base, Derived):
        expected = {key: info.description for key, info in model.model_fields.items() if info.description}
        assert descriptions(model) == expected
    assert descriptions(Derived) == {"first": "Of the base,\nin two lines.", "second": "Its own."}


def test_those_of_the_bases_are_included() -> None:
    assert descriptions(SyntheticData).keys() == SyntheticData.model_fields.keys()
    assert descriptions(SyntheticData)["held_out"] == descriptions(Preparation)["held_out"]


def test_every_key_of_an_experiment_that_is_no_section_is_described_in_its_schema() -> None:
    schema = Experiment.model_json_schema()
    models = [schema, *schema["$defs"].values()]
    missing = [
        (model["title"], key) for model in models for key, row in model.get("properties", {}).items()
        if not (row.get("description") or "const" in row or "$ref" in str(row))
    ]  # fmt: skip
    assert missing == []


def test_no_section_has_pydantic_read_its_source() -> None:
    below = [Section]
    for model in below:
        below.extend(model.__subclasses__())
    assert len(below) > 20
    assert [model.__name__ for model in below if model.model_config.get("use_attribute_docstrings")] == []
