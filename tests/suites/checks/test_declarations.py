"""Declarations that would have made a result right: each is suggested where it is due, and wrong terms get none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.numbers.dtypes import Arithmetic
from convoracle.oracle.operands.data import Case, Numbers, parse_case
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.suites.checks.declarations import fitting
from convoracle.suites.checks.value import answer, operands_of, solve, standard

PLAIN = parse_case("n2c3k2i6x6f3x3p1x1/float32/uniform/3")


def _first(numbers: Numbers, case: Case, actual: Array, operands: Operands | None = None) -> str:
    """The declaration that fits best, by its first words; empty where none does."""
    arithmetic = Arithmetic.of(case.dtype)
    operands = operands or operands_of(numbers, case)
    exact = solve(numbers, Pass.FORWARD, operands, case.geometry)
    assert standard(numbers, Pass.FORWARD, operands, exact, arithmetic, case).judge(actual).outcome.is_mismatch
    fits = fitting(numbers, case, Pass.FORWARD, operands, exact, actual, arithmetic)
    return fits[0].alternative.declaration if fits else ""


def _forward(operands: Operands, case: Case) -> Array:
    return reference.evaluate(Pass.FORWARD, operands, case.geometry)


def _cut_off(array: Array) -> Array:
    return (np.ascontiguousarray(array).view(np.uint32) & np.uint32(0xFFFFE000)).view(np.float32)


def test_operands_in_tfloat32_suggest_it_and_cut_off_ones_that_they_are() -> None:
    case = parse_case("n1c1k50i99f1/float32/uniform/3")
    operands = operands_of(Numbers.REALS, case)
    actual = _forward(operands.map(_cut_off), case)
    declared = 'multipliers = {"float32": "tfloat32"}, conventions = {"operands": "truncated"}'
    assert _first(Numbers.REALS, case, actual) == declared
    nearest = _forward(operands.map(lambda array: array.astype(np.float16).astype(np.float32)), case)
    assert _first(Numbers.REALS, case, nearest) == 'multipliers = {"float32": "tfloat32"}'


def test_a_transform_suggests_itself_on_the_lattice() -> None:
    exact = answer(Numbers.INTEGERS, PLAIN, Pass.FORWARD).value.to_float64()
    actual = (exact + np.where(np.arange(exact.size).reshape(exact.shape) % 2, 0.01, -0.02)).astype(np.float32)
    assert _first(Numbers.INTEGERS, PLAIN, actual) == 'conventions = {"algorithm": "transform"}'


def test_flushed_subnormals_suggest_themselves() -> None:
    case = replace(PLAIN, fill="subnormal")
    actual = _forward(operands_of(Numbers.REALS, case), case)
    flushed = np.where(np.abs(actual) < 2.0**-126, np.float32(0), actual)
    assert _first(Numbers.REALS, case, flushed) == 'conventions = {"subnormals": "flushed"}'


@pytest.mark.parametrize("name", ["int8", "float16"])
def test_results_of_another_dtype_suggest_it(name: str) -> None:
    case = parse_case("n1c1k1i3f2/int8/uniform/3" if name == "int8" else "n1c1k1i3f2/float32/uniform/3")
    exact = answer(Numbers.REALS, case, Pass.FORWARD).value.to_float64()
    actual = np.clip(exact, -128, 127).astype(np.int8) if name == "int8" else exact.astype(np.float16)
    told = _first(Numbers.REALS, case, actual)
    assert told.startswith(f'results = {{"{case.dtype}": "{name}"}}')
    assert told.endswith('{"integers": "saturate"}') == (name == "int8")


def test_zeros_left_out_suggest_it() -> None:
    case = parse_case("n1c2k1i4f2/float32/uniform/2")
    lattice = operands_of(Numbers.INTEGERS, case)
    contaminated = lattice.input.copy()
    contaminated[0, 1, 2] = np.inf
    operands = replace(lattice, input=contaminated, weight=lattice.weight * 0)
    finite = _forward(operands.map(lambda a: np.where(np.isfinite(a), a, 0).astype(a.dtype)), case)
    assert _first(Numbers.CONTAMINATED, case, finite, operands) == 'conventions = {"zeros": "skipped"}'


@pytest.mark.parametrize("numbers", [Numbers.INTEGERS, Numbers.REALS])
def test_a_missing_term_suggests_nothing(numbers: Numbers) -> None:
    operands = operands_of(numbers, PLAIN)
    weight = operands.weight.copy()
    weight[..., 0, 0] = 0
    assert _first(numbers, PLAIN, _forward(replace(operands, weight=weight), PLAIN)) == ""


def _fits(text: str, operands: tuple[list[float], list[float]], actual: Array) -> list[str]:
    """The declarations that fit the one result of one window, of who sums in float64."""
    input_, weight = (np.array([[values]], np.float32) for values in operands)
    given, case = Operands(input_, weight, None, np.ones((1, 1, 1), np.float32)), parse_case(text)
    exact = solve(Numbers.REALS, Pass.FORWARD, given, case.geometry)
    arithmetic = Arithmetic.of("float32", "float64")
    found = fitting(Numbers.REALS, case, Pass.FORWARD, given, exact, actual.reshape(1, 1, -1), arithmetic)
    return [fit.alternative.declaration for fit in found]


@pytest.mark.parametrize(
    ("declaration", "error", "fits"),
    [
        ('multipliers = {"float32": "tfloat32"}', 0.028, True),
        ('multipliers = {"float32": "tfloat32"}', 0.034, False),
        ('accumulators = {"float32": "bfloat16"}', 0.48, True),
        ('accumulators = {"float32": "bfloat16"}', 0.51, False),
    ],
)
def test_errors_at_random_are_a_share_of_the_bound_and_less_than_a_term(
    declaration: str, error: float, fits: bool
) -> None:
    """Of 63 ones and a tiny term, which coarse bounds would hide: of 64 errors at random, half of their sum at most.

    Of factors in tfloat32 the bound is 2 * 2^-11 * 63 = 0.0615; of sums in bfloat16 it is 64 * 2^-8 * 63 = 15.75,
    but the average term 63 / 64, of which half is 0.492.
    """
    numbers, actual = ([2.0**-20] + [1.0] * 63, [1.0] * 64), np.array([63 + error], np.float32)
    assert (declaration in _fits("n1c1k1i64f64/float32/uniform/1", numbers, actual)) is fits


@pytest.mark.parametrize(("term", "fits"), [(0.7, True), (0.6, False)])
def test_the_error_of_a_single_term_is_at_most_half_of_it(term: float, fits: bool) -> None:
    """Rounded to the smallest number of float16, 2^-24, 0.7 of that is 0.3 off, and 0.6 of it 0.4."""
    actual = np.array([2.0**-24], np.float16)
    found = _fits("n1c1k1i1f1/float32/uniform/1", ([term * 2.0**-24], [1.0]), actual)
    assert ('results = {"float32": "float16"}' in found) is fits


def test_near_the_end_of_the_range_no_other_format_to_multiply_in_is_suggested_by_what_may_hide() -> None:
    """1 + 2^-20 off by 2^-12: in tfloat32 it may be, and so may the second term be missing."""
    numbers, actual = ([1.0, 2.0**-20], [1.0, 1.0]), np.array([1 + 2.0**-12], np.float32)
    declaration = 'multipliers = {"float32": "tfloat32"}'
    assert declaration in _fits("n1c1k1i2f2/float32/uniform/1", numbers, actual)
    assert declaration not in _fits("n1c1k1i2f2/float32/huge/1", numbers, actual)
    in_float16 = _fits("n1c1k1i2f2/float32/huge/1", numbers, actual.astype(np.float16))
    assert 'results = {"float32": "float16"}' in in_float16


def test_the_tightest_is_suggested_first_and_last_what_could_hide_a_term() -> None:
    """1.01 off by 2^-9: factors in tfloat32 may be 2^-10 off, cut off to it 2^-9, and to bfloat16 2^-6, above 0.01."""
    numbers, actual = ([1.0, 0.01], [1.0, 1.0]), np.array([1.01 + 2.0**-9], np.float32)
    first, *_, last = _fits("n1c1k1i2f2/float32/uniform/1", numbers, actual)
    assert first == 'multipliers = {"float32": "tfloat32"}, conventions = {"operands": "truncated"}'
    assert last == 'multipliers = {"float32": "bfloat16"}, conventions = {"operands": "truncated"}'


@pytest.mark.parametrize("fill", ["uniform", "huge"])
def test_no_elements_suggest_nothing(fill: str) -> None:
    case, arithmetic = parse_case(f"n0c1k1i4f2/float32/{fill}/1"), Arithmetic.of("float32")
    operands = operands_of(Numbers.REALS, case)
    exact = solve(Numbers.REALS, Pass.FORWARD, operands, case.geometry)
    actual = np.zeros((0, 1, 3), np.float32)
    assert fitting(Numbers.REALS, case, Pass.FORWARD, operands, exact, actual, arithmetic) == ()
