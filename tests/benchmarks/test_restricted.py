"""The benchmark of restricted kernels: a right one is compared, and a planted fault is found."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def restricted() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmark_restricted", FOLDER / "restricted.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(FOLDER))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(FOLDER))
    return module


def test_a_right_kernel_is_compared(restricted: ModuleType) -> None:
    row = restricted.asked("3x3 s1 p1", "quick", 0)
    assert (row.cases, row.padded, row.mismatches) == (100, 100, 0)
    assert row.compared >= 0.8 * row.verdicts


@pytest.mark.parametrize("fault", ["tail of 8", "last row", "border tap", "float16 sums"])
def test_a_fault_in_it_is_found(restricted: ModuleType, fault: str) -> None:
    assert restricted.found("3x3 s1 p1", fault, 0) != "not found"
