"""The scripts of the documentation and the examples as modules: they are in no package, and import their neighbours."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def script_named() -> Callable[[str], ModuleType]:
    def load(name: str) -> ModuleType:
        path = ROOT / name
        sys.path.insert(0, str(path.parent))
        try:
            return importlib.import_module(path.stem)
        finally:
            sys.path.remove(str(path.parent))

    return load
