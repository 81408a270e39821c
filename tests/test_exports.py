"""What a room's `__init__` declares is what it has."""

from __future__ import annotations

import importlib
from types import ModuleType

import pytest


@pytest.mark.parametrize("room", ["convoracle.oracle", "convoracle.reports"])
def test_all_is_what_is_visible(room: str) -> None:
    module = importlib.import_module(room)
    visible = {
        name for name, value in vars(module).items() if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert visible == set(module.__all__)
    assert list(module.__all__) == sorted(module.__all__, key=lambda name: (not name.isupper(), name))
