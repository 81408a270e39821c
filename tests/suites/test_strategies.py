"""The strategies that users import: legal, within what was asked, and small where they shrink to."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, find, given, settings

from convoracle.oracle.answers import exact, reference
from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.operands.data import Case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Operands, Pass
from convoracle.suites.strategies import conv_cases, conv_geometries, operands


@given(conv_geometries(ranks=(2,), settings=("stride", "padding"), max_products=500))
def test_geometries_are_of_what_was_asked(geometry: ConvGeometry) -> None:
    assert geometry.rank == 2
    assert geometry.products <= 500
    assert geometry.dilation == (1, 1)
    assert geometry.groups == 1
    assert not geometry.transposed


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(operands(conv_cases(ranks=(1, 2), dtypes=("float32",)), integers=True))
def test_integers_are_exact_in_their_own_dtype(drawn: tuple[Case, Operands]) -> None:
    case, arrays = drawn
    assert arrays.input.dtype == np.float32
    result = reference.evaluate(Pass.FORWARD, arrays, case.geometry)
    assert np.array_equal(result, exact.evaluate(Pass.FORWARD, arrays, case.geometry).rounded)


def test_they_shrink_to_the_plainest_convolution() -> None:
    case, arrays = find(operands(conv_cases(dtypes=("float64", "float32"))), lambda drawn: True)
    assert str(case) == "n1c1k1i1f1/float64/uniform/0"
    assert arrays.input.shape == (1, 1, 1)
    assert find(conv_geometries(), lambda geometry: geometry.stride[0] > 1, random=Random(0)).stride == (2,)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"ranks": (0,)}, "ranks=(0,), but should be some of 1, 2"),
        ({"dtypes": ("float31",)}, "float31"),
        ({"settings": ("strides",)}, "should be some of stride, padding"),
        ({"max_products": 0}, "max_products=0, but should be at least 1"),
    ],
)
def test_other_arguments_are_refused(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        conv_cases(**arguments)
    assert told in str(refusal.value)
