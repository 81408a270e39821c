"""The oracle's audit of itself: silent where results are those of their definition, loud where anything is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from convoracle.oracle.answers import exact
from convoracle.oracle.answers.exact import ExactResult
from convoracle.oracle.answers.smallest import known
from convoracle.oracle.judging.self_audit import OracleFault, audit, is_audited
from convoracle.oracle.numbers.arrays import Float64
from convoracle.oracle.numbers.scaled import Scaled
from convoracle.oracle.operands.data import Case, lattice_operands, parse_case, real_operands
from convoracle.oracle.problem.passes import Operands, Pass, is_defined

CASES = [f"n2c2k2i4x3f2x2p1x1/bias/{dtype}/normal/64" for dtype in ("float32", "float64", "complex64", "int8")]


@pytest.mark.parametrize("text", CASES)
def test_what_is_right_passes(text: str) -> None:
    case = parse_case(text)
    for pass_ in (each for each in Pass if is_defined(each, case.dtype)):
        operands = real_operands(case)
        audit(exact.evaluate(pass_, operands, case.geometry), pass_, operands, case)


@pytest.mark.parametrize("text", CASES)
def test_anything_else_is_told_with_the_case(text: str) -> None:
    case = parse_case(text)
    operands = real_operands(case)
    right = exact.evaluate(Pass.FORWARD, operands, case.geometry)
    integers = right.value.integers.astype(object)
    integers.flat[-1] += 1
    smallest = right.smallest.everywhere().copy()
    smallest.flat[0] = np.nextafter(smallest.flat[0], np.inf)
    for name, wrong in {
        "value": replace(right, value=Scaled.of(integers, right.value.exponent)),
        "magnitude": replace(right, magnitude=right.magnitude[:1]),
        "smallest": replace(right, smallest=known(smallest)),
        "terms": replace(right, terms=right.terms + 1),
    }.items():
        with pytest.raises(OracleFault) as told:
            audit(wrong, Pass.FORWARD, operands, case)
        assert str(told.value) == f"the exact forward of {text} is not what its definition gives: wrong {name}"


def _with_first_size(result: ExactResult, sizes: Float64, size: float) -> ExactResult:
    """The result with a magnitude that differs from the sums of absolute values in its first element."""
    magnitude = sizes.copy()
    magnitude.flat[0] = size
    return replace(result, magnitude=magnitude)


@pytest.mark.parametrize("text", CASES)
@pytest.mark.parametrize("make", [real_operands, lattice_operands])
def test_a_magnitude_is_not_below_the_sum_and_of_reals_only_a_little_above(
    text: str, make: Callable[[Case], Operands]
) -> None:
    case = parse_case(text)
    operands = make(case)
    right = exact.evaluate(Pass.FORWARD, operands, case.geometry)
    sizes = exact.exact_magnitude(Pass.FORWARD, operands, case.geometry)
    first = sizes.flat[0]
    is_exact = make is lattice_operands or case.dtype == "int8"
    most = first * (1 if is_exact else 1 + 2.0**-16)
    for size in (first, most):
        audit(_with_first_size(right, sizes, size), Pass.FORWARD, operands, case)
    for size in (np.nextafter(first, 0), np.nextafter(most, np.inf)):
        with pytest.raises(OracleFault, match=r"wrong magnitude$"):
            audit(_with_first_size(right, sizes, size), Pass.FORWARD, operands, case)


def test_integers_are_on_the_lattice_up_to_its_largest_value() -> None:
    """Beyond it, a magnitude may be above its sum."""
    case = parse_case("n1c1k1i2f2/float32/normal/64")
    for largest, is_exact in ((512, True), (513, False)):
        numbers = np.full((1, 1, 2), largest, np.float32)
        operands = Operands(numbers, numbers, None, np.ones((1, 1, 1), np.float32))
        right = exact.evaluate(Pass.FORWARD, operands, case.geometry)
        above = replace(right, magnitude=right.magnitude * (1 + 2.0**-17))
        if is_exact:
            with pytest.raises(OracleFault, match=r"wrong magnitude$"):
                audit(above, Pass.FORWARD, operands, case)
        else:
            audit(above, Pass.FORWARD, operands, case)


def test_the_sample_is_of_small_cases_and_of_few_seeds() -> None:
    def sampled(geometry: str) -> list[int]:
        cases = (parse_case(f"{geometry}/float32/uniform/{seed}") for seed in range(200))
        return [case.seed for case in cases if is_audited(case)]

    assert sampled("n1c1k1i3f2") == [0, 64, 128, 192]
    assert sampled("n4c16k16i16x16f3x3") == []
    assert sampled("n1c1k1i2000f1") == [0, 64, 128, 192]
    assert sampled("n1c1k1i2001f1") == []
