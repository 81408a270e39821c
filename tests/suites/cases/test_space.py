"""Spaces: what lies in one, and which there are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.operands.data import parse_case
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.cases.space import Space


def test_no_case_has_a_weight_of_gigabytes_that_fits_into_no_input() -> None:
    space, huge = PROFILES["quick"].space(), parse_case("n1c1560k456i2x2x2f16x16x16p0+1x0+1x0+1g24/float32/uniform/1")
    assert huge.geometry.products == 0
    assert huge not in space
    assert replace(huge, geometry=parse_geometry("n1c3k4i2x2x2f16x16x16")) in space


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"ranks": ()}, "ranks=(), but should be some of 1, 2, 3"),
        ({"ranks": (7,)}, "ranks=(7,), but should be some of 1, 2, 3, 4, 5, 6"),
        ({"dtypes": ("int32",)}, "should be some of float64, float32, float16, bfloat16, float8_e4m3fn"),
        ({"max_products": 0}, "max_products=0, but should be at least 1"),
        ({"settings": frozenset({"speed"})}, "settings={'speed'}, but should be some of"),
    ],
)
def test_an_impossible_space_is_refused(arguments: dict, told: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        Space(**arguments)
    assert told in str(refusal.value)
