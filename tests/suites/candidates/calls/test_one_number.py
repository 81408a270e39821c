"""One number for all axes: given where a parameter says that it takes it, and declined where the axes differ."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.candidates.calls.binding import BoundFunction, bind_function
from convoracle.suites.candidates.loading.source import bind_object
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.search.collected import examine_all

ALIKE = ConvGeometry.of(size=(7, 6), kernel=3, stride=2, padding=1)
UNEVEN = ConvGeometry.of(size=(7, 6), kernel=3, stride=(2, 1), padding=1)


def bound(function: Any) -> BoundFunction:
    return bind_function(function, Pass.FORWARD)


def called(function: Any, geometry: ConvGeometry) -> object:
    return bound(function).call({"input": np.ones(2), "weight": np.ones(2)}, geometry)


def given_tuples(x, w, stride=(1, 1), padding=None):
    return stride, padding


def without_a_default(x, w, stride, padding):
    return stride, padding


def either(x, w, stride: int | tuple[int, int] = 1, padding: Any = 0):
    return stride, padding


def a_number_as_default(x, w, stride=1, padding=0):
    return stride, padding


def annotated(x, w, stride: int, padding: int = 0):
    return stride, padding


@pytest.mark.parametrize(
    ("function", "alike", "uneven"),
    [
        (given_tuples, ((2, 2), (1, 1)), ((2, 1), (1, 1))),
        (without_a_default, ((2, 2), (1, 1)), ((2, 1), (1, 1))),
        (either, (2, 1), ((2, 1), 1)),
        (a_number_as_default, (2, 1), ((2, 1), 1)),
        (annotated, (2, 1), None),
    ],
)
def test_a_number_is_given_where_annotation_or_default_say_so(function: Any, alike: object, uneven: object) -> None:
    assert called(function, ALIKE) == alike
    told = bound(function).limitation(Pass.FORWARD, UNEVEN, bias=False)
    if uneven is None:
        assert told == "annotated takes one number for `stride`, not one for each axis"
    else:
        assert told is None
        assert called(function, UNEVEN) == uneven


def test_of_one_axis_a_number_is_given_as_well() -> None:
    assert called(a_number_as_default, ConvGeometry.of(size=5, kernel=2, stride=2)) == (2, 0)


def test_true_is_no_number() -> None:
    assert called(lambda x, w, stride=True: stride, ALIKE) == (2, 2)


def padded(pad):
    return np.pad(np.ones((1, 1, 3, 3)), ((0, 0), (0, 0), (pad, pad), (pad, pad)))


@pytest.mark.parametrize("use", [lambda stride: range(0, 9, stride), padded])
def test_code_for_one_number_is_taken_to_decline_a_tuple(use: Any) -> None:
    def conv(x, w, stride=1, padding=0):
        return use(stride)

    with pytest.raises(
        NotImplementedError,
        match=r"^conv takes one number for `stride`, as its default is, going by what it raised at \(2, 1\): \w+Error$",
    ):
        called(conv, UNEVEN)


def test_who_says_that_it_takes_tuples_is_not_excused() -> None:
    def conv(x, w, stride: int | tuple[int, ...] = 1, padding=0):
        return range(0, 9, stride)

    with pytest.raises(TypeError):
        called(conv, UNEVEN)


def test_what_is_raised_where_the_axes_are_alike_is_not_excused() -> None:
    def conv(x, w, stride=1, padding=0):
        raise TypeError("mine") if stride == 2 else ValueError("of the second try")

    with pytest.raises(TypeError, match="mine"):
        called(conv, ALIKE)


@pytest.mark.parametrize("geometry", [ALIKE, UNEVEN])
def test_code_that_reads_a_tuple_is_given_one_whatever_its_default_is(geometry: ConvGeometry) -> None:
    def conv(x, w, stride=1, padding=0):
        (rows, columns), low = stride, padding[0]
        return rows, columns, low

    assert called(conv, geometry) == (*geometry.stride, 1)


def test_who_says_that_it_takes_a_number_is_not_given_a_tuple_instead() -> None:
    def number(x, w, stride: int, padding=0):
        return stride[0], padding

    def both(x, w, padding, stride: int | tuple[int, ...] = 1):
        return stride[0], padding

    for conv in (number, both):
        with pytest.raises(TypeError, match="not subscriptable"):
            called(conv, ALIKE)


def test_an_error_of_its_own_at_a_tuple_is_its_error() -> None:
    def conv(x, w, stride=1, padding=0):
        raise ValueError("could not broadcast")

    with pytest.raises(ValueError, match="could not broadcast"):
        called(conv, UNEVEN)


def test_a_call_is_written_with_the_numbers_that_are_given() -> None:
    candidate = bind_object(either)
    assert "either(x=input, w=weight, stride=2, padding=1)" in candidate.call_text(
        Pass.FORWARD, ALIKE, "float32", False
    )
    assert "stride=(2, 1), padding=1)" in candidate.call_text(Pass.FORWARD, UNEVEN, "float32", False)


class OneStride:
    """As a student writes it: right, with one number for both axes."""

    def forward(self, x, w, stride=1, padding=0):
        padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
        rows, columns = ((size - taps) // stride + 1 for size, taps in zip(padded.shape[2:], w.shape[2:], strict=True))
        if x.ndim != 4 or min(rows, columns) < 1:
            raise NotImplementedError("two axes, and something to compute")
        geometry = ConvGeometry.of(
            batch=len(x),
            in_channels=x.shape[1],
            out_channels=len(w),
            size=padded.shape[2:],
            kernel=w.shape[2:],
            stride=stride,
        )
        return reference.forward(padded, w, geometry)


def test_a_function_of_one_number_is_asked_what_it_takes() -> None:
    space = PROFILES["quick"].space(dtypes=("float32",), ranks=(2,))
    found = examine_all(InProcess(OneStride()), Budget(space, frozenset({Pass.FORWARD}), 30, 0))
    assert found.mismatches == ()
    results = [result for record in found.records if not record.declined for result in record.results]
    conforming = sum(result.verdict.outcome is Outcome.CONFORMS for result in results)
    assert conforming > len(results) / 2
    assert any(
        "takes one number for `stride`" in result.verdict.reason
        for record in found.records
        if record.declined
        for result in record.results
    )
