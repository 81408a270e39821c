"""Integer results that do not fit: as declared, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from convoracle.oracle.answers import exact
from convoracle.oracle.answers.integers import held
from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.numbers.dtypes import Arithmetic
from convoracle.oracle.operands.data import Numbers, parse_case
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.checks.value import answer, operands_of, standard

CASE = parse_case("n2c3k4i5x5f3x3/bias/int8/normal/3")
SATURATING = Arithmetic.of("int8", result="int8", conventions={"integers": "saturate"})
WRAPPING = Arithmetic.of("int8", result="int8")


def _judged(numbers: Numbers, actual: np.ndarray, arithmetic: Arithmetic) -> Outcome:
    operands, result = operands_of(numbers, CASE, arithmetic), answer(numbers, CASE, Pass.FORWARD, arithmetic)
    return standard(numbers, Pass.FORWARD, operands, result, arithmetic, CASE).judge(actual).outcome


def _sums(numbers: Numbers, arithmetic: Arithmetic) -> np.ndarray:
    return answer(numbers, CASE, Pass.FORWARD, arithmetic).value.to_float64().astype(np.int64)


def test_what_does_not_fit_is_wrapped_or_cut_off_as_declared() -> None:
    sums = _sums(Numbers.REALS, WRAPPING)
    wrapped, cut = sums.astype(np.int8), np.clip(sums, -128, 127).astype(np.int8)
    assert not _judged(Numbers.REALS, wrapped, WRAPPING).is_mismatch
    assert _judged(Numbers.REALS, cut, WRAPPING) is Outcome.VIOLATES
    assert _judged(Numbers.REALS, wrapped, SATURATING) is Outcome.VIOLATES
    assert not _judged(Numbers.REALS, cut, SATURATING).is_mismatch


@pytest.mark.parametrize("arithmetic", [WRAPPING, SATURATING])
def test_on_the_lattice_all_sums_fit(arithmetic: Arithmetic) -> None:
    sums = _sums(Numbers.INTEGERS, arithmetic)
    assert np.abs(sums).max() <= 127
    assert not _judged(Numbers.INTEGERS, sums.astype(np.int8), arithmetic).is_mismatch
    assert _judged(Numbers.INTEGERS, (sums + 1).astype(np.int8), arithmetic) is Outcome.VIOLATES


def test_sums_that_fit_are_left_alone() -> None:
    result = exact.evaluate(Pass.FORWARD, operands_of(Numbers.REALS, CASE), CASE.geometry)
    assert held(result, Arithmetic.of("int8")) is result
    assert held(result, Arithmetic.of("int8", "float32", result="float32")) is result


def test_the_ends_of_the_range_are_asked() -> None:
    """Sums of -128 times -128, and of -128 times 127, as no random signs give them."""
    case = parse_case("n1c64k1i5x5f5x5/int8/large/0")
    sums = [
        abs(answer(Numbers.REALS, parse_case(f"{case.geometry}/int8/{fill}/{seed}"), Pass.FORWARD).value.to_float64())
        for fill in ("large", "tall")
        for seed in range(4)
    ]
    assert max(each.max() for each in sums) >= 2**24
    assert operands_of(Numbers.REALS, case).input.min() in (-128, 127)
