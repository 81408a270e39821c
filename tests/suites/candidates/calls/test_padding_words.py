"""Padding as a word: given where it means one padding to everybody, and other cases are not asked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.candidates.calls.binding import bind_function
from convoracle.suites.candidates.loading.source import bind_object
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.search.collected import examine_all


def in_capitals(x, w, strides=1, padding="SAME", dilations=1):
    return strides, padding


def in_small_letters(x, w, stride=1, pad="valid", dilation=1):
    return stride, pad


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({}, "valid"),
        ({"stride": 2}, "valid"),
        ({"kernel": (3, 5), "padding": (1, 2)}, "same"),
        ({"kernel": 3, "dilation": 2, "padding": 2}, "same"),
        ({"kernel": 1, "padding": 0}, "valid"),
        ({"kernel": 3, "padding": 1, "stride": 2}, None),
        ({"kernel": 2, "padding": ((0, 1), (0, 1))}, None),
        ({"kernel": 3, "padding": 2}, None),
        ({"kernel": 3, "transposed": True}, None),
    ],
)
def test_words_are_given_where_they_mean_one_padding(settings: dict[str, Any], word: str | None) -> None:
    geometry = ConvGeometry.of(**{"size": (7, 7), "kernel": 3} | settings)
    for function, written in ((in_capitals, str.upper), (in_small_letters, str)):
        bound = bind_function(function, Pass.FORWARD)
        told = bound.limitation(Pass.FORWARD, geometry, bias=False)
        if word is None:
            assert told is not None
        else:
            assert told is None
            called = bound.call({"input": np.ones(2), "weight": np.ones(2)}, geometry)
            assert called == (geometry.stride[0], written(word))


def test_why_a_case_is_not_asked_is_said() -> None:
    bound = bind_function(in_capitals, Pass.FORWARD)
    told = bound.limitation(Pass.FORWARD, ConvGeometry.of(size=7, kernel=3, padding=1, stride=2), bias=False)
    assert told == "in_capitals takes words for `padding`, and none means this one to everybody"


def test_another_word_is_no_padding() -> None:
    def zeros(x, w, padding="zeros"):
        return padding

    bound = bind_function(zeros, Pass.FORWARD)
    assert bound.call({}, ConvGeometry.of(size=7, kernel=3, padding=1)) == (1,)


def test_a_call_is_written_with_the_word() -> None:
    geometry = ConvGeometry.of(size=7, kernel=3, padding=1)
    text = bind_object(in_capitals).call_text(Pass.FORWARD, geometry, "float32", False)
    assert "in_capitals(x=input, w=weight, strides=1, padding='SAME', dilations=1)" in text


class Worded:
    """As one of TensorFlow's users may write it: right, of one axis."""

    def forward1d(self, x, w, padding):
        return reference.forward(
            x,
            w,
            ConvGeometry.of(
                batch=len(x),
                in_channels=x.shape[1],
                out_channels=len(w),
                size=x.shape[2],
                kernel=w.shape[2],
                padding=padding,
            ),
        )

    def forward(self, x, w, padding="SAME"):
        return self.forward1d(x, w, {"SAME": w.shape[2] // 2, "VALID": 0}[padding])


def test_a_function_that_takes_words_is_asked_both() -> None:
    space = PROFILES["quick"].space(dtypes=("float32",), ranks=(1,))
    found = examine_all(InProcess(Worded()), Budget(space, frozenset({Pass.FORWARD}), 30, 0))
    assert found.mismatches == ()
    results = [result for record in found.records if not record.declined for result in record.results]
    assert sum(result.verdict.outcome is Outcome.CONFORMS for result in results) > len(results) / 2
