"""The calls that a pass is asked among: legal, other in one respect, and in a dtype that the candidate takes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convoracle.oracle.answers import equations
from convoracle.oracle.operands.data import Numbers, parse_case
from convoracle.oracle.problem.passes import LINKED, Pass, shape_of
from convoracle.reports.records.record import CandidateInfo
from convoracle.suites.calling.company import IMAGE, LATTICE, REALS, SQUARE
from convoracle.suites.checks.companions import calls_of, companions, numbers_of

CASE = parse_case("n2c3k4i6x5f3x2p1x1/bias/float32/wide/1")
ANYONE = CandidateInfo("anyone")
EVERYDAY = ("float32", "float64", "float16", "bfloat16")


def test_each_differs_in_one_respect() -> None:
    found = companions(CASE, Pass.FORWARD, EVERYDAY)
    assert found["dtype"].dtype == "float64"
    assert found["dtype"].geometry == CASE.geometry
    assert found["batch"].geometry.batch == 3
    assert found[IMAGE].geometry.batch == 1
    assert found["size"].geometry.size == (7, 6)
    assert {case.dtype for name, case in found.items() if name != "dtype"} == {"float32"}


def test_there_is_no_single_image_beside_one() -> None:
    assert IMAGE not in companions(parse_case("n1c1k1i1f1/float32/uniform/0"), Pass.FORWARD, EVERYDAY)


@pytest.mark.parametrize(
    ("taken", "dtype"),
    [(("float32",), None), (("float32", "int8"), "int8"), (("int8", "float32", "float64"), "float64")],
)
def test_only_a_dtype_that_is_taken_is_asked(taken: tuple[str, ...], dtype: str | None) -> None:
    other = companions(CASE, Pass.FORWARD, taken).get("dtype")
    assert (None if other is None else other.dtype) == dtype


def test_a_pass_that_a_dtype_does_not_have_is_not_asked_in_it() -> None:
    assert "dtype" not in companions(CASE, Pass.UPDATE, ("float32", "int8"))


@pytest.mark.parametrize(
    "text", ["n2c3k4i6x5f3x2p1x1", "n1c6k3i9f4s3d2g3", "n2c4k2i5x4f3x3s2x1t", "n1c1k1i4f2p1+0mreflect", "n1c5k5i3f1"]
)
def test_the_square_one_has_one_shape_for_all(text: str) -> None:
    case = parse_case(f"{text}/float32/uniform/1")
    square = companions(case, Pass.FORWARD, EVERYDAY)[SQUARE].geometry
    shapes = {shape_of(name, square) for name in ("input", "weight", "output_gradient")}
    assert len(shapes) == 1
    assert square.output_shape == square.input_shape


def test_the_square_ones_operands_are_alike_and_its_sums_exact() -> None:
    for pass_ in LINKED:
        call = calls_of(CASE, pass_, companions(CASE, pass_, EVERYDAY), ANYONE)[SQUARE]
        arrays = call.operands.arrays()
        assert np.array_equal(arrays["input"], arrays["weight"])
        assert np.array_equal(arrays["input"], arrays["output_gradient"])
        exact = equations.evaluate(pass_, call.operands, call.geometry)
        assert max(abs(value) for value in exact.flat) < 2**24


def test_the_call_itself_is_on_integers_and_on_reals() -> None:
    calls = calls_of(CASE, Pass.FORWARD, {}, ANYONE)
    assert set(calls) == {LATTICE, REALS}
    assert np.array_equal(calls[LATTICE].operands.input, np.rint(calls[LATTICE].operands.input))
    assert not np.array_equal(calls[REALS].operands.input, np.rint(calls[REALS].operands.input))


@pytest.mark.parametrize(("text", "channels"), [("n1c5k6i3f1", 4), ("n1c3k2i3f1", 2), ("n1c0k2i3f1", 1)])
def test_the_square_one_has_as_many_channels_as_both_up_to_four(text: str, channels: int) -> None:
    square = companions(parse_case(f"{text}/float32/uniform/1"), Pass.FORWARD, EVERYDAY)[SQUARE].geometry
    assert (square.in_channels, square.groups) == (channels, 1)


@pytest.mark.parametrize(
    ("name", "dtype", "numbers"),
    [
        (LATTICE, "float32", Numbers.INTEGERS),
        (REALS, "float32", Numbers.REALS),
        (REALS, "int8", Numbers.INTEGERS),
        ("dtype", "float64", Numbers.REALS),
        ("dtype", "int8", Numbers.INTEGERS),
        ("size", "float32", Numbers.INTEGERS),
    ],
)
def test_reals_are_asked_where_the_want_of_precision_in_a_dtype_would_show(
    name: str, dtype: str, numbers: Numbers
) -> None:
    assert numbers_of(name, replace(CASE, dtype=dtype)) is numbers
