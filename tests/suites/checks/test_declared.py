"""What a candidate declares, as the arithmetic that it is held to."""

from __future__ import annotations

import math

import pytest

from convoracle.reports.records.record import CandidateInfo
from convoracle.suites.checks.declared import arithmetic_of

DECLARED = CandidateInfo(
    "declared",
    accumulators=(("float16", "float32"),),
    multipliers=(("float32", "bfloat16"),),
    results=(("float8_e5m2", "float32"),),
    conventions=(("zeros", "skipped"), ("sums/float16", "compensated")),
    values=(-8, 7),
)


@pytest.mark.parametrize(
    ("dtype", "multiplier", "accumulator", "result"),
    [
        ("float16", "float16", "float32", "float16"),
        ("float32", "bfloat16", "float32", "float32"),
        ("float64", "float64", "float64", "float64"),
        ("float8_e5m2", "float8_e5m2", "float32", "float32"),
    ],
)
def test_what_is_not_declared_is_that_of_the_dtype(dtype: str, multiplier: str, accumulator: str, result: str) -> None:
    held_to = arithmetic_of(DECLARED, dtype)
    assert (held_to.storage.name, held_to.multiplier.name) == (dtype, multiplier)
    assert (held_to.accumulator.name, held_to.result.name, held_to.result_dtype) == (accumulator, result, result)


def test_a_convention_is_of_all_dtypes_or_of_one() -> None:
    half, single = arithmetic_of(DECLARED, "float16"), arithmetic_of(DECLARED, "float32")
    assert half.does("zeros", "skipped")
    assert single.does("zeros", "skipped")
    assert half.does("sums", "compensated")
    assert single.does("sums", "plain")


@pytest.mark.parametrize(
    ("values", "dtype", "largest"),
    [
        (None, "int8", math.inf),
        ((-8, 7), "int8", 7),
        ((-7, 8), "int8", 7),
        ((-128, 127), "int8", math.inf),
        ((-127, 127), "int8", 127),
        ((-128, 126), "int8", 126),
        ((-8, 7), "float32", math.inf),
    ],
)
def test_integers_are_as_large_as_both_signs_are_taken(
    values: tuple[int, int] | None, dtype: str, largest: float
) -> None:
    assert arithmetic_of(CandidateInfo("x", values=values), dtype).largest_operand == largest
