"""Conventions of arithmetic: right where they are declared, seen where they are not, and wrong code is caught."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from convoracle.oracle.answers import exact
from convoracle.oracle.answers.equations import terms
from convoracle.oracle.judging.contamination import (
    contaminate,
    expect_contaminated,
    of_compensated_sums,
    of_skipped_zeros,
)
from convoracle.oracle.judging.nonfinite import judge_nonfinite
from convoracle.oracle.judging.overflow import expect_overflow
from convoracle.oracle.judging.verdict import compare
from convoracle.oracle.numbers.conventions import alternatives
from convoracle.oracle.numbers.dtypes import CONVENTIONS, DTYPES, Arithmetic
from convoracle.oracle.operands.data import parse_case, real_operands
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.oracle.rounding.bounds import rounding_bound

COMPENSATED = Arithmetic.of("float32", conventions={"sums": "compensated"})
PLAIN = Arithmetic.of("float32")
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def _elementwise(pass_: Pass, operands: Operands, geometry: Any, summed: Callable[[list], object]) -> Array:
    """Each element by a way of summing the factors of its terms."""
    result = np.zeros(pass_.result_shape(geometry), np.float32)
    for index in np.ndindex(result.shape):
        of_element = terms(pass_, geometry, index, bias=operands.bias is not None)
        result[index] = summed([[getattr(operands, f.tensor)[f.index] for f in term.factors] for term in of_element])
    return result


def _kahan(factors: list) -> np.float32:
    total = lost = np.float32(0)
    for each in factors:
        number = np.float32(np.prod(each, dtype=np.float32)) - lost
        new = np.float32(total + number)
        lost = np.float32(np.float32(new - total) - number)
        total = new
    return total


def _skipping(factors: list) -> np.float32:
    total = np.float32(0)
    for each in factors:
        if all(factor != 0 for factor in each):
            total = np.float32(total + np.prod(each, dtype=np.float32))
    return total


def test_compensated_sums_that_overflow_are_nan_and_that_must_be_declared() -> None:
    seen = [0, 0, 0]
    for seed in range(40):
        case = parse_case(f"n1c2k2i4f3/float32/huge/{seed}")
        operands = real_operands(case)
        actual = _elementwise(Pass.FORWARD, operands, case.geometry, _kahan)
        seen[2] += int(np.isnan(actual).any())
        for number, arithmetic in enumerate((PLAIN, COMPENSATED)):
            expectation = expect_overflow(Pass.FORWARD, operands, case.geometry, arithmetic)
            seen[number] += judge_nonfinite(actual, expectation, "float32").outcome.is_mismatch
            clamped = np.where(np.isnan(actual), np.float32(3e38), actual)
            if np.isnan(actual).any():
                assert judge_nonfinite(clamped, expectation, "float32").outcome.is_mismatch
    assert seen[0] == seen[2] > 0
    assert seen[1] == 0


@pytest.mark.parametrize("fill", ["uniform", "cancellation", "wide", "subnormal"])
def test_compensated_sums_are_within_the_bound_of_plain_ones(fill: str) -> None:
    for seed in range(30):
        case = parse_case(f"n1c2k2i4f3/bias/float32/{fill}/{seed}")
        operands = real_operands(case)
        result = exact.evaluate(Pass.FORWARD, operands, case.geometry)
        bound = rounding_bound(Pass.FORWARD, result, operands, COMPENSATED, case.geometry)
        actual = _elementwise(Pass.FORWARD, operands, case.geometry, _kahan)
        assert not compare(actual, result, bound).wrong.any()


@pytest.mark.parametrize("way", ["skipping", "compensated"])
def test_nan_and_inf_follow_what_is_declared(way: str, geometry_of: Callable, lattice: Callable) -> None:
    summed = {"skipping": _skipping, "compensated": _kahan}[way]
    differing = 0
    for seed in range(60):
        geometry = geometry_of(seed)
        operands = contaminate(lattice(geometry, "float32", seed, zeros=0.4), seed)
        for pass_ in (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT):
            plain = expect_contaminated(pass_, operands, geometry)
            declared = (
                of_skipped_zeros(plain, pass_, operands, geometry) if way == "skipping" else of_compensated_sums(plain)
            )
            actual = _elementwise(pass_, operands, geometry, summed)
            assert not judge_nonfinite(actual, declared, "float32").outcome.is_mismatch
            differing += judge_nonfinite(actual, plain, "float32").outcome.is_mismatch
            lost = np.isnan(actual) & ~declared.finite & ~declared.plus & ~declared.minus
            if lost.any():
                cleared = np.where(np.isnan(actual), np.float32(0), actual)
                assert judge_nonfinite(cleared, declared, "float32").outcome.is_mismatch
    assert differing > 0


def _cut_off(array: Array) -> Array:
    return (np.ascontiguousarray(array).view(np.uint32) & np.uint32(0xFFFFE000)).view(np.float32)


def test_operands_cut_off_to_tfloat32_need_twice_the_bound_of_rounded_ones() -> None:
    rounded = Arithmetic.of("float32", multiplier="tfloat32")
    cut_off = replace(rounded, conventions={"operands": "truncated"})
    beyond = [0, 0]
    for fill in ("uniform", "normal", "wide", "large"):
        for seed in range(20):
            case = parse_case(f"n1c1k20i20f1/float32/{fill}/{seed}")
            operands = real_operands(case)
            given: dict[str, Any] = {"input": _cut_off(operands.input), "weight": _cut_off(operands.weight)}
            actual = _elementwise(Pass.FORWARD, replace(operands, **given), case.geometry, _skipping)
            result = exact.evaluate(Pass.FORWARD, operands, case.geometry)
            for number, arithmetic in enumerate((rounded, cut_off)):
                bound = rounding_bound(Pass.FORWARD, result, operands, arithmetic, case.geometry)
                beyond[number] += int(compare(actual, result, bound).wrong.any())
    assert beyond[0] > 0
    assert beyond[1] == 0


@pytest.mark.parametrize("dtype", DTYPES)
def test_alternatives_are_declarations_that_change_something(dtype: str) -> None:
    declared = Arithmetic.of(dtype)
    found = list(alternatives(declared, dtype))
    assert len({each.declaration for each in found}) == len(found) > 1
    for each in found:
        assert each.arithmetic != declared
        for name, value in each.arithmetic.conventions.items():
            assert value in CONVENTIONS[name][1:]
        again = [other.declaration for other in alternatives(each.arithmetic, dtype)]
        assert each.declaration not in again


@pytest.mark.parametrize(
    ("convention", "promised", "less"),
    [
        ("order", "pairwise", "any"),
        ("order", "blocks of 32", "any"),
        ("sums", "compensated", "plain"),
        ("algorithm", "winograd F(4, 3)", "transform"),
    ],
)
def test_what_was_promised_can_be_let_go(convention: str, promised: str, less: str) -> None:
    declared = Arithmetic.of("float32", conventions={convention: promised})
    found = {each.declaration: each.arithmetic for each in alternatives(declared, "float32")}
    arithmetic = found[f'conventions = {{"{convention}": "{less}"}}']
    assert arithmetic.value(convention) == less
    assert not [each for each in alternatives(arithmetic, "float32") if each.arithmetic == arithmetic]
