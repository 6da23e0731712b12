"""A pydantic type for "one name of a table", so that a table row is all it takes to add a choice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema


class Choice:
    """Annotation marker: the value must be a key of `table`.

    Use as ``Annotated[str, Choice(ACTIVATIONS)]``. The JSON Schema gets the keys as an enum.
    """

    def __init__(self, table: Mapping[str, object]) -> None:
        self.names = list(table)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.literal_schema(self.names)
