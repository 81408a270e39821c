"""Classes of elements of an image: no output reads two of one, by what the equations read."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from convoracle.oracle.answers import equations
from convoracle.oracle.answers.reach import classes
from convoracle.oracle.operands.data import Case
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.cases.space import Space
from convoracle.suites.cases.strategies import cases


@settings(max_examples=60, deadline=None)
@given(cases(space=Space(dtypes=("float64",), max_products=300)))
def test_what_an_output_reads_is_the_element_named_of_its_class(case: Case) -> None:
    geometry = case.geometry
    if geometry.is_degenerate or not geometry.batch or np.prod(geometry.output_size) > 200:
        return
    of_group, found = geometry.in_channels // geometry.groups, classes(geometry)
    assert np.array_equal(found.masks.sum(axis=-1), np.ones((of_group, *geometry.size)))
    numbers = found.masks.argmax(axis=-1)
    for number, position in enumerate(np.ndindex(geometry.output_size)):
        for term in equations.terms(Pass.FORWARD, geometry, (0, 0, *position)):
            _, channel, *index = next(factor.index for factor in term.factors if factor.tensor == "input")
            of_channel, in_channel = divmod(numbers[channel, *index], found.read.shape[1])
            assert of_channel == channel
            assert found.read[number, in_channel] == np.ravel_multi_index(index, geometry.size)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("n1c1k1i20f3", 3),
        ("n1c2k1i20x9f3x2d2x1", 2 * 5 * 2),
        ("n1c4k2i20f3s2p1g2", 2 * 3),
        ("n1c1k1i20f5s2t", 3),
        ("n1c1k1i20f2s3t", 1),
        ("n1c1k1i4f3p9d5", 4),
        ("n1c1k1i20f3p1mcircular", 20),
    ],
)
def test_a_class_for_each_position_that_an_output_reads(text: str, count: int) -> None:
    assert classes(parse_geometry(text)).masks.shape[-1] == count
