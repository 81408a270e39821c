"""The oracle's audit of itself: silent where results are those of their definition, loud where anything is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convoracle.oracle.answers import exact
from convoracle.oracle.answers.smallest import known
from convoracle.oracle.judging.self_audit import OracleFault, audit, is_audited
from convoracle.oracle.numbers.scaled import Scaled
from convoracle.oracle.operands.data import parse_case, real_operands
from convoracle.oracle.problem.passes import Pass, is_defined

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
    magnitude, smallest = right.magnitude.copy(), right.smallest.everywhere().copy()
    magnitude.flat[0] = np.nextafter(magnitude.flat[0], np.inf)
    smallest.flat[0] = np.nextafter(smallest.flat[0], np.inf)
    for name, wrong in {
        "value": replace(right, value=Scaled.of(integers, right.value.exponent)),
        "magnitude": replace(right, magnitude=magnitude),
        "smallest": replace(right, smallest=known(smallest)),
        "terms": replace(right, terms=right.terms + 1),
    }.items():
        with pytest.raises(OracleFault) as told:
            audit(wrong, Pass.FORWARD, operands, case)
        assert str(told.value) == f"the exact forward of {text} is not what its definition gives: wrong {name}"


def test_the_sample_is_of_small_cases_and_of_few_seeds() -> None:
    def sampled(geometry: str) -> list[int]:
        cases = (parse_case(f"{geometry}/float32/uniform/{seed}") for seed in range(200))
        return [case.seed for case in cases if is_audited(case)]

    assert sampled("n1c1k1i3f2") == [0, 64, 128, 192]
    assert sampled("n4c16k16i16x16f3x3") == []
