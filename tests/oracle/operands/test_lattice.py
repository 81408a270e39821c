"""The lattice of what is declared: nothing is rounded on it, and where nothing is declared it is as it always was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from convoracle.oracle.answers import exact
from convoracle.oracle.answers.exact import ExactResult
from convoracle.oracle.answers.smallest import known
from convoracle.oracle.numbers.dtypes import DTYPES, Arithmetic
from convoracle.oracle.numbers.scaled import Scaled, unit_of
from convoracle.oracle.operands.data import (
    LATTICE_RATES,
    PLAIN_SEEDS,
    Case,
    Numbers,
    lattice_for,
    lattice_operands,
    parse_case,
)
from convoracle.oracle.operands.lattice import Lattice, is_exact
from convoracle.oracle.problem.passes import Operands, Pass, is_defined, real_parts
from convoracle.suites.cases.space import Space
from convoracle.suites.cases.strategies import cases
from convoracle.suites.checks.value import answer, operands_of, standard

DECLARED = {
    "results in float16": Arithmetic.of("float32", result="float16"),
    "sums in float16": Arithmetic.of("float32", "float16"),
    "sums in bfloat16": Arithmetic.of("float32", "bfloat16"),
    "float8 results": Arithmetic.of("float8_e4m3fn", result="float8_e4m3fn"),
    "narrower float8 results": Arithmetic.of("float8_e5m2", "float32", result="float8_e5m2"),
    "float8 factors": Arithmetic.of("float32", multiplier="float8_e4m3fn"),
    "int8 results": Arithmetic.of("int8", result="int8"),
    "complex sums in float16": Arithmetic.of("complex64", "float16"),
    "values up to 3": Arithmetic.of("int8", largest_operand=3),
}


def _dtype(name: str) -> str:
    return "complex64" if "complex" in name else DECLARED[name].storage.name


@pytest.mark.parametrize("name", DECLARED)
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_every_sum_fits_what_is_declared(name: str, data: Any) -> None:
    arithmetic = DECLARED[name]
    case = data.draw(cases(space=Space(dtypes=(_dtype(name),), max_products=500)))
    operands = operands_of(Numbers.INTEGERS, case, arithmetic)
    multiplied = 2.0**arithmetic.multiplier.precision
    assert all(np.abs(real_parts(array)).max(initial=0) <= multiplied for array in operands.arrays().values())
    for pass_ in Pass:
        if not is_defined(pass_, case.dtype):
            continue
        result = answer(Numbers.INTEGERS, case, pass_, arithmetic)
        value, form = result.value.to_float64(), arithmetic.result.dtype
        assert np.all(is_exact(result, operands, arithmetic, start=pass_ is Pass.UPDATE))
        assert (value.astype(form).astype(np.float64) == value).all()
        held_to = standard(Numbers.INTEGERS, pass_, operands, result, arithmetic, case)
        assert not held_to.bound.any()


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_declared_as_it_is_anyway_changes_nothing(dtype: str) -> None:
    for seed in (0, 5, PLAIN_SEEDS + 3):
        case = Case(parse_case("n2c3k4i5x6f2x3/float32/uniform/0").geometry, True, dtype, "uniform", seed)
        plain, declared = (lattice_operands(case, given) for given in (None, lattice_for(case, Arithmetic.of(dtype))))
        assert plain.learning_rate == declared.learning_rate
        for name, array in plain.arrays().items():
            assert np.array_equal(array, declared.arrays()[name])


KEPT = (0.125, [-484.0, -321.0, -351.0], [427.0, 116.0])


def test_kept_cases_have_the_operands_that_they_had() -> None:
    operands = lattice_operands(parse_case("n1c1k1i3f2/float32/uniform/7"))
    assert (operands.learning_rate, operands.input.ravel().tolist(), operands.weight.ravel().tolist()) == KEPT


def test_rates_of_every_kind_are_asked_and_are_exact() -> None:
    case = parse_case("n2c2k2i4f2/float32/uniform/0")
    seen = set()
    for seed in range(PLAIN_SEEDS, PLAIN_SEEDS + 2 * len(LATTICE_RATES)):
        operands = lattice_operands(Case(case.geometry, False, "float32", "uniform", seed))
        result = exact.evaluate(Pass.UPDATE, operands, case.geometry)
        assert np.all(is_exact(result, operands, Arithmetic.of("float32"), start=True))
        seen.add(operands.learning_rate)
    assert min(seen) < -1 < 1 < max(seen)
    assert min(map(abs, seen)) < 0.01
    assert any(abs(rate) / unit_of(rate) not in (1, 2, 4, 8, 16) for rate in seen)


@pytest.mark.parametrize(("rate", "unit"), [(0.5, 0.5), (-3.0, 1.0), (0.75, 0.25), (4.0, 1.0), (2.0**-8, 2.0**-8)])
def test_the_unit_of_a_rate_is_what_steps_are_multiples_of(rate: float, unit: float) -> None:
    assert unit_of(rate) == unit


def test_sums_that_do_not_fit_are_held_to_a_bound_instead() -> None:
    """A result on the lattice of another arithmetic, as where a declaration is tried on it."""
    case, narrow = parse_case("n1c4k2i6f3/float32/uniform/3"), Arithmetic.of("float32", "float16")
    operands = operands_of(Numbers.INTEGERS, case)
    result = answer(Numbers.INTEGERS, case, Pass.FORWARD)
    assert standard(Numbers.INTEGERS, Pass.FORWARD, operands, result, narrow, case).bound.all()


def test_a_lattice_follows_from_the_narrowest_format() -> None:
    assert Lattice.of(Arithmetic.of("float32")) == Lattice(24, 512)
    assert Lattice.of(Arithmetic.of("float64", "float16")) == Lattice(11, 512)
    assert Lattice.of(Arithmetic.of("float32", multiplier="bfloat16")) == Lattice(24, 256)
    assert Lattice.of(Arithmetic.of("int8")) == Lattice(24, 127)


def test_a_transform_gets_numbers_so_small_that_they_round_to_the_right_ones() -> None:
    transform = Arithmetic.of("float32", conventions={"algorithm": "transform"})
    case = parse_case("n1c3k4i12x12f3x3p1x1/float32/uniform/3")
    for pass_ in Pass:
        operands = operands_of(Numbers.INTEGERS, case, transform)
        result = answer(Numbers.INTEGERS, case, pass_, transform)
        held_to = standard(Numbers.INTEGERS, pass_, operands, result, transform, case)
        unit = abs(operands.learning_rate) if pass_ is Pass.UPDATE else 1.0
        assert 0 < held_to.bound.max() < 0.5 * unit
        assert not held_to.judge(result.value.to_float64().astype(np.float32)).outcome.is_mismatch
        off_by_one = (result.value.to_float64() + unit).astype(np.float32)
        assert held_to.judge(off_by_one).outcome.is_mismatch


def _is_exact(most: float, sizes: list[float] | None, weight: list[float], rate: float | None) -> object:
    """In float16, whose integers end at 2048; no `sizes` are none that may be asked for."""

    def magnitude() -> NDArray[np.float64]:
        assert sizes is not None
        return np.array(sizes)

    terms = np.ones(2, np.int64)
    result = ExactResult(Scaled.of(terms, 0), magnitude, known(np.ones(2)), terms=terms, most=lambda: most)
    operands = Operands(np.ones(2), np.array(weight), None, np.ones(2), learning_rate=rate or 1.0)
    found = is_exact(result, operands, Arithmetic.of("float16"), start=rate is not None)
    return found if isinstance(found, bool) else found.tolist()


def test_sums_are_exact_where_their_sizes_fit() -> None:
    """By the largest factors, or by each sum; of a step, the weight is added, and all is in units of the rate."""
    assert _is_exact(2047, None, [9999, 9999], None) is True
    assert _is_exact(2048, [2048, 2049], [9999, 9999], None) == [True, False]
    assert _is_exact(2000, None, [20, -23], -0.5) is True
    assert _is_exact(2002, [2002, 2002], [-23, 24], -0.5) == [True, False]
    assert _is_exact(2000, [2000, 2000], [-1023, 24], 0.5) == [False, True]


def test_operands_that_a_multiplier_rounds_are_not_exact() -> None:
    operands = operands_of(Numbers.INTEGERS, parse_case("n1c1k1i3f2/float32/uniform/7"))
    result = answer(Numbers.INTEGERS, parse_case("n1c1k1i3f2/float32/uniform/7"), Pass.FORWARD)
    assert is_exact(result, operands, Arithmetic.of("float32"), start=False) is True
    assert is_exact(result, operands, Arithmetic.of("float32", multiplier="bfloat16"), start=False) is False
