"""The table from which the honest implementations sum has the terms of the definition, and no others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from convoracle.oracle.answers.equations import terms
from convoracle.oracle.operands.data import parse_case
from convoracle.oracle.problem.passes import ARRAYS, Pass, shape_of

GEOMETRIES = (
    "n2c2k4i4x3f2x3s2x1p1x0+2g2",
    "n1c2k2i3x3f2x2s2x2t",
    "n1c1k2i5f3p2d2mreflect",
    "n2c3k1i3x2f2x1p1x1mreplicate",
    "n1c2k2i2x2x2f2x1x2g2",
    "n0c2k2i2x2f2x1",
    "n1c0k2i2x2f1x1",
    "n1c1k1i2f3",
)


@pytest.mark.parametrize("pass_", Pass, ids=str)
@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_the_table_has_the_terms_of_the_definition(
    benchmark_named: Callable[[str], ModuleType], geometry: str, pass_: Pass
) -> None:
    geometry = parse_case(f"{geometry}/float32/uniform/0").geometry
    table, there = benchmark_named("honest")._table(pass_, geometry, tuple(ARRAYS))
    names = [(name, index) for name in ARRAYS for index in np.ndindex(shape_of(name, geometry))]
    for element, index in enumerate(np.ndindex(pass_.result_shape(geometry))):
        places = table[there[:, element], element]
        listed = Counter(frozenset(names[place] for place in pair if place < len(names)) for pair in places)
        listing = terms(Pass.WEIGHT_GRADIENT if pass_ is Pass.UPDATE else pass_, geometry, index, bias=True)
        assert listed == Counter(frozenset((f.tensor, f.index) for f in term.factors) for term in listing)
