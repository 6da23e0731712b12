"""What stands below each key of a model: its description, read from the source when somebody asks for it.

pydantic's own `use_attribute_docstrings` reads the source of every model as it is made, which would be 0.07 s of each
start. The form asks for those of an experiment alone, which one look at its module gives; a JSON Schema comes later, if
at all.
"""

from __future__ import annotations

import ast
import inspect
from functools import cache
from itertools import pairwise
from types import ModuleType

from pydantic import BaseModel


def descriptions(model: type[BaseModel]) -> dict[str, str]:
    """Return the description of each key of a model, those of its bases included; empty without the source."""
    found: dict[str, str] = {}
    for one in reversed(model.__mro__):
        module = inspect.getmodule(one)
        if module is not None and issubclass(one, BaseModel) and one is not BaseModel:
            found.update(_in_module(module).get(one.__qualname__, {}))
    return found


@cache
def _in_module(module: ModuleType) -> dict[str, dict[str, str]]:
    """Return the descriptions in all classes of a module that stand in no other, by the name of the class."""
    try:
        tree = ast.parse(inspect.getsource(module))
    except (OSError, TypeError):  # a program packed without its source
        return {}
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return {node.name: _in_class(node) for node in classes}


def _in_class(node: ast.ClassDef) -> dict[str, str]:
    found = {}
    for key, text in pairwise(node.body):
        if not (isinstance(key, ast.AnnAssign) and isinstance(key.target, ast.Name)):
            continue
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str):
            found[key.target.id] = inspect.cleandoc(text.value.value)
    return found
