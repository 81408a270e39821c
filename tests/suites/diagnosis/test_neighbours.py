"""The same case with other data: what any sum of products keeps, and what depends on the data."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.explaining.reproduction import Observation
from convoracle.oracle.numbers.dtypes import Arithmetic
from convoracle.oracle.operands.data import lattice_operands, parse_case
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.suites.diagnosis.neighbours import look_around, what_memory_does

CASE = parse_case("n1c1k1i4f2/bias/float32/uniform/1")
Answer = Callable[[Operands], Array]


def right(operands: Operands) -> Array:
    return reference.forward(operands.input, operands.weight, CASE.geometry, operands.bias)


def observed(answer: Answer, operands: Operands) -> Observation:
    return Observation(
        answer(operands), Pass.FORWARD, operands, CASE.geometry, Arithmetic.of(operands.input.dtype.name)
    )


def objections(answer: Answer, layout: str = "contiguous") -> dict[str, str]:
    first = observed(answer, lattice_operands(CASE))
    return dict(look_around(first, layout, lambda operands: observed(answer, operands)).objections)


@pytest.mark.parametrize("answer", [right, lambda operands: -right(operands), lambda operands: 0 * right(operands)])
def test_what_sums_products_right_or_wrong_is_linear(answer: Answer) -> None:
    first = observed(answer, lattice_operands(CASE))
    seen = look_around(first, "contiguous", lambda operands: observed(answer, operands))
    assert seen.objections == ()
    assert seen.is_repeatable
    factors = [each.operands.input / first.operands.input for each in seen.observations[:3]]
    assert [set(factor.flat) for factor in factors] == [{-1}, {4}, {0.25}]
    even, odd = (each.operands for each in seen.observations[3:])
    assert np.array_equal(even.input + odd.input, first.operands.input)
    assert even.input[0, 0, 1] == odd.input[0, 0, 0] == 0
    assert (even.bias is not None, odd.bias.tolist()) == (True, [0])  # type: ignore[union-attr]
    assert even.weight is first.operands.weight


@pytest.mark.parametrize(
    ("answer", "names", "told"),
    [
        (lambda operands: np.abs(right(operands)), {"sign", "not-additive"}, "It depends on signs: the opposite input"),
        (lambda operands: np.clip(right(operands), -1, 1), {"size", "not-additive"}, "It depends on sizes: "),
        (lambda operands: right(operands) + 1, {"sign", "size", "not-additive"}, "does not give the opposite result"),
        (lambda operands: np.zeros(3), set(), ""),
    ],
)
def test_what_depends_on_the_data_is_told(answer: Answer, names: set[str], told: str) -> None:
    found = objections(answer)
    assert names <= set(found)
    assert told in " ".join(found.values())


def test_the_first_element_that_does_not_follow_is_named() -> None:
    def answer(operands: Operands) -> Array:
        return np.array([[[operands.input[0, 0, 0], 7.0, 9.0]]])

    first = observed(answer, lattice_operands(CASE)).operands.input[0, 0, 0]
    assert first != 0
    found = objections(answer)
    assert found["sign"].endswith(": at [0, 0, 1] 7 becomes 7.")
    assert found["not-additive"] == "The results of two parts of an operand do not add up to that of the whole."


def test_another_shape_is_named() -> None:
    def answer(operands: Operands) -> Array:
        return np.zeros(3) if operands.input.sum() > 0 else np.zeros(2)

    given = lattice_operands(CASE)
    positive = Operands(np.abs(given.input), given.weight, given.bias, given.output_gradient)
    seen = look_around(observed(answer, positive), "contiguous", lambda operands: observed(answer, operands))
    assert dict(seen.objections)["sign"].endswith(": its shape is (2,) instead of (3,).")


def test_a_call_that_does_not_repeat_ends_it() -> None:
    counts = iter(range(10))
    first = observed(lambda operands: np.full(1, next(counts)), lattice_operands(CASE))
    seen = look_around(
        first, "contiguous", lambda operands: observed(lambda operands: np.full(1, next(counts)), operands)
    )
    assert not seen.is_repeatable
    assert seen.objections == (("unrepeatable", "The same call returns something else the second time."),)
    assert len(seen.observations) == 1


def test_where_elements_share_memory_none_is_set_to_zero() -> None:
    assert "not-additive" in objections(lambda operands: right(operands) + 1)
    assert "not-additive" not in objections(lambda operands: right(operands) + 1, "broadcast")


def test_who_declines_is_not_objected_to() -> None:
    first = observed(right, lattice_operands(CASE))
    assert look_around(first, "contiguous", lambda operands: None).objections == ()


def test_nan_stays_nan() -> None:
    assert objections(lambda operands: np.full((1, 1, 3), np.nan)) == {}


def test_integers_are_not_scaled() -> None:
    given = lattice_operands(parse_case("n1c1k1i4f2/int8/uniform/1"))
    seen = look_around(observed(right, given), "contiguous", lambda operands: observed(right, operands))
    assert len(seen.observations) == 3


def memory(*results: float) -> Callable[[Operands], Observation | None]:
    """Gives one result after the other; NaN stands for none."""
    left = iter(results)

    def observe(operands: Operands) -> Observation | None:
        value = next(left)
        return None if np.isnan(value) else observed(lambda operands: np.full((1, 1, 3), value), operands)

    return observe


@pytest.mark.parametrize(
    ("usual", "other", "is_told"),
    [
        ((5.0, 5.0), (7.0, 7.0), True),
        ((5.0, 5.0), (5.0, 5.0), False),
        ((5.0, 5.0), (7.0, 8.0), False),
        ((5.0, 5.0), (7.0, 5.0), False),
        ((4.0, 4.0), (7.0, 7.0), False),
        ((5.0, 7.0), (7.0, 7.0), False),
        ((5.0, np.nan), (7.0, 7.0), False),
        ((5.0, 5.0), (np.nan, 7.0), False),
    ],
)
def test_what_memory_does_is_told_where_it_alone_makes_a_difference(
    usual: tuple[float, ...], other: tuple[float, ...], is_told: bool
) -> None:
    first = observed(lambda operands: np.full((1, 1, 3), 5.0), lattice_operands(CASE))
    told = what_memory_does(first, memory(*usual), memory(*other))
    assert (told is not None) is is_told
    if told is not None:
        assert not told.is_repeatable
        ((name, sentence),) = told.objections
        assert name == "uninitialised-memory"
        assert sentence == "It reads memory that nobody wrote: with other bytes there at [0, 0, 0] 5 becomes 7."


def test_elements_that_are_nothing_but_memory_were_not_written() -> None:
    def holding(byte: int) -> Observation:
        result = np.array([[[1.0, 2.0, 3.0]]])
        result.view(np.uint8)[..., 8:16] = byte
        return observed(lambda operands: result, lattice_operands(CASE))

    told = what_memory_does(holding(0xBF), lambda _: holding(0xBF), lambda _: holding(0xC0))
    assert told is not None
    assert told.leaves_memory
    assert told.objections[0][1].startswith("It leaves elements of the result unwritten: ")
    other = np.array([[[1.0, 7.0, 3.0]]])
    mixed = what_memory_does(
        holding(0xBF), lambda _: holding(0xBF), lambda _: observed(lambda _: other, lattice_operands(CASE))
    )
    assert mixed is not None
    assert not mixed.leaves_memory
