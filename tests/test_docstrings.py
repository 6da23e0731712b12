"""The examples in the docstrings of the core do what they say."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import models
import training

MODULES = sorted(
    module.name
    for package in (models, training)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
