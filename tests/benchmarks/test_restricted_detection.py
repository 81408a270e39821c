"""The benchmark of faults in restricted kernels: which can show is known without the search, and they are found."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest

from convoracle.oracle.faults import fault_named

KERNELS = ("3x3 s1 p1", "depthwise 3x3", "transposed only", "1x1 only")


@pytest.fixture(scope="module")
def detection(benchmark_named: Callable[[str], ModuleType]) -> ModuleType:
    return benchmark_named("restricted_detection")


@pytest.mark.parametrize("name", KERNELS)
def test_its_cases_are_what_the_kernel_takes(detection: ModuleType, name: str) -> None:
    kernel, cases = detection.Kernel(name), tuple(detection.cases(name))
    assert {kernel.limitation(None, case.geometry, case.dtype) for case in cases} == {None}
    assert len(set(cases)) == detection.CASES
    assert cases == tuple(detection.cases(name))


@pytest.mark.parametrize(
    ("kernel", "shown", "not_shown"),
    [
        ("3x3 s1 p1", ("kernel-rotated", "nan-leaks-through-padding", "sums-in-float16"), ("stride-ignored",)),
        ("depthwise 3x3", ("stride-ignored", "momentum-left-in"), ("tfloat32-for-multiples-of-4-channels",)),
        ("transposed only", ("output-padding-ignored", "lowest-integer-not-negated"), ("padding-mode-ignored",)),
        ("1x1 only", ("padding-mode-ignored", "strides-ignored"), ("kernel-rotated", "dilation-ignored")),
    ],
)
def test_what_cannot_show_there_is_told_from_what_can(
    detection: ModuleType, kernel: str, shown: tuple[str, ...], not_shown: tuple[str, ...], monkeypatch
) -> None:
    monkeypatch.setattr(detection, "CASES", 100)
    models = tuple(map(fault_named, (*shown, *not_shown)))
    assert [model.name for model in detection.unable(kernel, models)] == list(not_shown)


def test_a_fault_is_found_in_the_first_case_whatever_was_declined_before(detection: ModuleType, monkeypatch) -> None:
    """Without a covering, which takes long to choose and has no part in the first case."""
    monkeypatch.setattr("convoracle.suites.audits.own_covering.own_covering", lambda *_: ())
    fault, number, _ = detection.found("1x1 only", 1, 0, "returns-zeros")
    assert (fault, number) == ("returns-zeros", 1)
    assert detection.found("1x1 only", 1, 0, "kernel-rotated")[1] is None


def test_a_row_counts_what_was_found(detection: ModuleType) -> None:
    row = detection.row([("one", 3, 1.0), ("another", 6, 2.0), ("a third", None, 3.0)])
    assert row == "2 of 3 | 4.5 | 6 | 1.50 | 2.00"
    assert detection.row([("one", None, 1.0)]).startswith("0 of 1 | ")
