"""What a vector expects: an equal result, or one within a bound, or one of several things."""

from __future__ import annotations

import numpy as np
import pytest

from convoracle.oracle.operands.data import Case, Numbers, parse_case
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.suites.checks.value import answer, operands_of, solve
from convoracle.suites.vectors.expectations import FINITE, MINUS, NAN, PLUS, expected_arrays, in_dtype

CASE = parse_case("n1c1k1i4f2/float32/uniform/1")


def expected(numbers: Numbers, case: Case, operands: Operands) -> dict[str, Array]:
    exact = solve(numbers, Pass.FORWARD, operands, case.geometry)
    return expected_arrays(numbers, case, Pass.FORWARD, operands, exact)


def given(*numbers: float) -> Operands:
    """Four elements and the kernel 4, 5."""
    arrays = np.array([[numbers]], np.float32), np.array([[[4, 5]]], np.float32)
    return Operands(*arrays, None, np.ones((1, 1, 3), np.float32))


def test_integers_are_to_be_equal_in_the_results_own_dtype() -> None:
    arrays = expected(Numbers.INTEGERS, CASE, given(1, 2, 3, 4))
    assert set(arrays) == {"expected"}
    assert arrays["expected"].dtype == np.float32
    assert arrays["expected"].tolist() == [[[14, 23, 32]]]


def test_reals_are_to_be_within_a_bound_in_float64() -> None:
    arrays = expected(Numbers.REALS, CASE, given(0.1, 0.2, 0.3, 0.4))
    assert set(arrays) == {"expected", "bound"}
    assert arrays["expected"].dtype == arrays["bound"].dtype == np.float64
    assert 0 < arrays["bound"].max() < 1e-6
    assert np.allclose(arrays["expected"], [[[1.4, 2.3, 3.2]]], atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_bound_has_few_bits_and_is_never_below_that_of_the_check(dtype: str) -> None:
    """So that it does not depend on the order in which sizes are summed."""
    case = parse_case(f"n2c4k6i6x5f3x2s2x1/bias/{dtype}/uniform/3")
    operands, exact = operands_of(Numbers.REALS, case), answer(Numbers.REALS, case, Pass.FORWARD)
    bound = expected_arrays(Numbers.REALS, case, Pass.FORWARD, operands, exact)["bound"]
    fractions, _ = np.frexp(bound)
    assert (np.ldexp(fractions, 20) % 1 == 0).all()
    assert (bound >= exact.magnitude * 2.0**-53).all()


@pytest.mark.parametrize(("last", "bits"), [(np.nan, NAN), (np.inf, PLUS), (-np.inf, MINUS), (4.0, FINITE)])
def test_where_nan_and_inf_may_be_is_told_in_bits(last: float, bits: int) -> None:
    arrays = expected(Numbers.CONTAMINATED, CASE, given(1, 2, 3, last))
    assert arrays["allowed"].dtype == np.uint8
    assert arrays["allowed"].tolist() == [[[FINITE, FINITE, bits]]]
    assert arrays["expected"][0, 0, :2].tolist() == [14, 23]


def test_a_sum_beyond_the_range_is_plus_infinity() -> None:
    huge = parse_case("n1c1k1i4f2/float32/huge/1")
    arrays = expected(Numbers.REALS, huge, given(3e38, 3e38, 0, 0))
    assert (arrays["allowed"][0, 0] & PLUS).tolist() == [PLUS, PLUS, 0]


@pytest.mark.parametrize(
    ("values", "dtype", "result"),
    [
        ([1.0, 2.0], "bfloat16", np.array([1, 2]).astype(np.dtype("bfloat16"))),
        ([[1.0, 2.0], [3.0, -4.0]], "complex64", np.array([1 + 2j, 3 - 4j], np.complex64)),
        ([1.0, 300.0], "int8", np.array([1, 300], np.int32)),
    ],
)
def test_exact_values_in_the_dtype_of_results(values: list[object], dtype: str, result: Array) -> None:
    got = in_dtype(np.array(values), dtype)
    assert got.dtype == result.dtype
    assert np.array_equal(got, result)
