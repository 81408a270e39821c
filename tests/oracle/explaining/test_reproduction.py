"""Whether a faulty implementation returns what was seen: exactly, but for rounding where there is any."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convoracle.oracle.explaining.reproduction import LEAVING_MEMORY, Effort, Observation, evaluate, explains
from convoracle.oracle.faults import FaultModel, Kind, fault_named
from convoracle.oracle.faults.planting import planting, with_result
from convoracle.oracle.numbers.dtypes import Arithmetic
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Array, Operands, Pass

ROW = parse_geometry("n1c1k1i4f2")
FLOAT32 = Arithmetic.of("float32")


def operands(input: list, weight: list, dtype: str = "float32", rate: float = 0.5) -> Operands:
    x, f = (np.array(values, dtype).reshape(1, 1, -1) for values in (input, weight))
    return Operands(x, f, None, np.ones((1, 1, 3), dtype), rate)


LATTICE = operands([1, 2, 3, 4], [10, 1])


def seen(actual: object, given: Operands = LATTICE, pass_: Pass = Pass.FORWARD, *, exactly: bool = True) -> Observation:
    return Observation(np.array(actual, np.float32).reshape(1, 1, -1), pass_, given, ROW, FLOAT32, exactly)


def model(change: object, passes: tuple[Pass, ...] = (Pass.FORWARD,)) -> FaultModel:
    """A model that changes results by a function of them."""
    plant = planting(with_result(lambda result, pass_, geometry: change(result)), passes)  # type: ignore[operator]
    return FaultModel("a-change", "", "", Kind.VALUES, frozenset(passes), lambda pass_, geometry: True, plant)


@pytest.mark.parametrize(
    ("geometry", "evaluations", "spent"),
    [
        ("n1c1k1i1f1", 1, 1),
        ("n1c1k1i1f1", 3, 3),
        ("n1c99k101i1f1", 1, 1),
        ("n1c100k100i1f1", 1, 2),
        ("n1c100k200i1f1", 2, 6),
    ],
)
def test_effort_is_counted_by_products(geometry: str, evaluations: int, spent: int) -> None:
    effort = Effort(6)
    effort.spend(parse_geometry(geometry), evaluations)
    assert effort.left == 6 - spent
    assert effort.is_spent is (spent >= 6)


def test_what_a_hypothesis_gives_is_explained_by_it_alone() -> None:
    rotated = (fault_named("kernel-rotated"),)
    assert explains((), seen([12, 23, 34]))
    assert explains(rotated, seen([21, 32, 43]))
    assert not explains(rotated, seen([12, 23, 34]))
    assert not explains((), seen([12, 23, 35]))
    assert not explains((), seen([12, 23, 34 + 2.0**-17]))


def test_two_faults_are_planted_one_after_the_other() -> None:
    twice_and_one = (model(lambda result: 2 * result), model(lambda result: result + 1))
    assert evaluate(twice_and_one, Pass.FORWARD, LATTICE, ROW).ravel().tolist() == [25, 47, 69]
    assert explains(twice_and_one, seen([25, 47, 69]))
    assert not explains(twice_and_one[::-1], seen([25, 47, 69]))


def test_the_result_has_the_dtype_that_it_should_have() -> None:
    assert evaluate((), Pass.FORWARD, operands([1, 2, 3, 100], [100, 1], "int8"), ROW).dtype == np.int32
    assert evaluate((), Pass.FORWARD, LATTICE, ROW).dtype == np.float32


def test_another_shape_or_other_numbers_are_not_explained() -> None:
    assert not explains((), replace(seen([12, 23, 34]), actual=np.array([12, 23, 34], np.float32)))
    assert not explains((), replace(seen([12, 23, 34]), actual=np.array([[[12, 23, 34]]], np.complex64)))


def test_nan_is_like_nan_and_infinity_like_itself() -> None:
    broken = (model(lambda result: np.array([[[np.nan, np.inf, 34]]], np.float32)),)
    assert explains(broken, seen([np.nan, np.inf, 34]))
    for actual in ([12, np.inf, 34], [np.nan, -np.inf, 34], [np.nan, 23, 34], [np.inf, np.inf, 34]):
        assert not explains(broken, seen(actual))
        assert not explains(broken, seen(actual, exactly=False))


@pytest.mark.parametrize(("factor", "is_rounded"), [(1 / 3, True), (0.5, False), (0.125, False), (0.0625, True)])
def test_of_exact_sums_only_what_was_divided_may_be_rounded(factor: float, is_rounded: bool) -> None:
    """Halves, quarters and eighths are exact."""
    divided = (model(lambda result: (result * factor).astype(np.float32)),)
    given = evaluate(divided, Pass.FORWARD, LATTICE, ROW).ravel()
    assert explains(divided, seen(given))
    assert explains(divided, seen(np.nextafter(given, np.float32(99)))) is is_rounded
    assert not explains(divided, seen(given * np.float32(1.001)))


@pytest.mark.parametrize(("rate", "is_rounded"), [(0.0625, False), (0.5, False), (0.1, False)])
def test_multiples_of_the_learning_rates_unit_were_not_divided(rate: float, is_rounded: bool) -> None:
    given = operands([1, 2, 3, 4], [10, 1], rate=rate)
    right = evaluate((), Pass.UPDATE, given, ROW).ravel()
    assert explains((), seen(right, given, Pass.UPDATE))
    assert explains((), seen(np.nextafter(right, np.float32(99)), given, Pass.UPDATE)) is is_rounded


def test_reals_may_be_rounded_as_the_arithmetic_allows() -> None:
    given = operands([1.1, 2.2, 3.3, 4.4], [0.1, 0.7])
    rotated = (fault_named("kernel-rotated"),)
    wrong = evaluate(rotated, Pass.FORWARD, given, ROW).ravel()
    near = np.nextafter(wrong, np.float32(99))
    assert explains(rotated, seen(near, given, exactly=False))
    assert not explains((), seen(near, given, exactly=False))
    assert not explains(rotated, seen(wrong * np.float32(1 + 2.0**-18), given, exactly=False))
    coarse = replace(seen(wrong * np.float32(1 + 2.0**-18), given, exactly=False), arithmetic=Arithmetic.of("bfloat16"))
    assert explains(rotated, coarse)


def test_cancelled_terms_count_by_their_size() -> None:
    given = operands([1e4, 1e4, 1.0, 1.0], [1.1, -1.1])
    right = evaluate((), Pass.FORWARD, given, ROW).ravel()
    off = right + np.array([1e-3, 0, 0], np.float32)
    assert explains((), seen(off, given, exactly=False))
    assert not explains((), seen(off + np.array([0, 0, 1e-3], np.float32), given, exactly=False))


def test_what_is_left_in_memory_may_be_anything() -> None:
    geometry = ConvGeometry.of(size=5, kernel=1, stride=2)
    ((name,),) = ([name for name in LEAVING_MEMORY if name.startswith("unreached")],)
    given = Operands(
        np.ones((1, 1, 5), np.float32), np.full((1, 1, 1), 3, np.float32), None, np.ones((1, 1, 3), np.float32)
    )

    def observed(values: list[float]) -> Observation:
        actual: Array = np.array([[values]], np.float32)
        return Observation(actual, Pass.INPUT_GRADIENT, given, geometry, FLOAT32)

    assert explains((fault_named(name),), observed([3, 77, 3, np.nan, 3]))
    assert not explains((fault_named(name),), observed([3, 77, 4, 5, 3]))
    assert not explains((fault_named("kernel-rotated"),), observed([3, 77, 3, 5, 3]))
