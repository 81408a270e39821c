"""Honest implementations: the table from which they sum has the terms of the definition; gradients by Winograd."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from convoracle.oracle.answers import exact
from convoracle.oracle.answers.equations import terms
from convoracle.oracle.judging.verdict import compare
from convoracle.oracle.numbers.dtypes import Arithmetic
from convoracle.oracle.operands.data import parse_case, real_operands
from convoracle.oracle.problem.passes import ARRAYS, Array, Pass, shape_of
from convoracle.oracle.rounding.bounds import rounding_bound
from convoracle.oracle.rounding.winograd import winograd_range

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


@pytest.mark.parametrize("m", [2, 4, 6])
@pytest.mark.parametrize(
    "text", ["n2c2k3i7x5f3x3p1x1", "n1c3k2i11f3", "n1c2k1i4x5x3f3x1x3p1x0x2", "n1c1k2i3x2f3x3p3x3"]
)
def test_gradients_by_either_algorithm_stay_within(
    benchmark_named: Callable[[str], ModuleType], text: str, m: int
) -> None:
    for fill in ("uniform", "wide", "subnormal"):
        case = parse_case(f"{text}/float32/{fill}/{m}")
        operands, geometry = real_operands(case), case.geometry
        for transposed in (False, True):
            implementation = benchmark_named("honest_winograd").winograd(m, transposed=transposed)
            for pass_ in (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT):
                result = exact.evaluate(pass_, operands, geometry)
                arithmetic = Arithmetic.of("float32", conventions={"algorithm": f"winograd F({m}, 3)"})
                bound = rounding_bound(pass_, result, operands, arithmetic, geometry)
                assert not compare(implementation(pass_, operands, geometry), result, bound).wrong.any()


@pytest.mark.parametrize("m", [2, 4, 6])
@pytest.mark.parametrize("text", ["n2c2k3i7x5f3x3p1x1", "n1c1k2i4x5x3f3x1x3p1x0x2", "n1c1k1i3x4x3f3x3x3"])
def test_no_number_on_the_way_is_beyond_the_range_of_the_algorithm(
    benchmark_named: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch, text: str, m: int
) -> None:
    module, met = benchmark_named("honest_winograd"), list[float]()
    transformed = module._transformed

    def recorded(tiles: Array, each: list[Array]) -> Array:
        result = transformed(tiles, each)
        met.extend(float(np.abs(numbers).max()) for numbers in (tiles, result))
        return result

    monkeypatch.setattr(module, "_transformed", recorded)
    case = parse_case(f"{text}/float64/uniform/{m}")
    operands, geometry = real_operands(case).map(np.abs), case.geometry
    for transposed in (False, True):
        for pass_ in (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT):
            met.clear()
            result = module.winograd(m, transposed=transposed)(pass_, operands, geometry)
            largest = max(*met, float(np.abs(result).max()))
            assert 1 < largest <= winograd_range((m, 3), pass_, operands, geometry)
