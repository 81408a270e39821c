"""The benchmark of restricted kernels: a right one is compared, and a planted fault is found."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def restricted(benchmark_named: Callable[[str], ModuleType]) -> ModuleType:
    return benchmark_named("restricted")


def test_a_right_kernel_is_compared(restricted: ModuleType) -> None:
    row = restricted.asked("3x3 s1 p1", "quick", 0)
    assert (row.cases, row.padded, row.mismatches) == (100, 100, 0)
    assert row.compared >= 0.8 * row.verdicts


@pytest.mark.parametrize("fault", ["tail of 8", "last row", "border tap", "float16 sums"])
def test_a_fault_in_it_is_found(restricted: ModuleType, fault: str) -> None:
    assert restricted.found("3x3 s1 p1", fault, 0) != "not found"
