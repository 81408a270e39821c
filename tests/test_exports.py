"""What a room's `__init__` declares is what it has, and nothing of it is loaded before it is asked for."""

from __future__ import annotations

import importlib
import subprocess
import sys
from types import ModuleType

import pytest

ROOMS = ("convoracle.oracle", "convoracle.reports")


@pytest.mark.parametrize("room", ROOMS)
def test_all_that_is_declared_is_there(room: str) -> None:
    module = importlib.import_module(room)
    assert len(module.__all__) > 20
    assert set(module.__all__) <= set(dir(module))
    for name in module.__all__:
        assert not isinstance(getattr(module, name), ModuleType)


@pytest.mark.parametrize("room", ROOMS)
def test_nothing_is_loaded_before_it_is_asked_for(room: str) -> None:
    script = f"import sys, {room}; print(*(name for name in sys.modules if name.startswith('{room}.')))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
