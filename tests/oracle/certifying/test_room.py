"""Integers of whole layers: as ever, unless a layer is deep or has very many channels."""

from __future__ import annotations

import math

import numpy as np
import pytest

from convoracle.oracle.certifying.room import is_sparse, lattice_of_layer
from convoracle.oracle.numbers.dtypes import Arithmetic
from convoracle.oracle.operands.data import Case, lattice_for, lattice_operands, most_summed
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Pass


def case(geometry: str, dtype: str = "float32") -> Case:
    return Case(parse_geometry(geometry), False, dtype, "uniform", 0)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_a_usual_layer_has_the_lattice_of_its_dtype(dtype: str) -> None:
    layer = case("n32c2048k512i7x7f1x1", dtype)
    arithmetic = Arithmetic.of(dtype)
    assert lattice_of_layer(layer, arithmetic, list(Pass)) == lattice_for(layer, arithmetic)


def test_float64_has_room_for_sums_of_more_than_2_to_the_27_terms_and_float32_has_not() -> None:
    deep = f"n1c{(1 << 27) + 64}k1i1f1"
    wide, narrow = (
        lattice_of_layer(case(deep, dtype), Arithmetic.of(dtype), [Pass.FORWARD]) for dtype in ("float64", "float32")
    )
    assert not is_sparse(case(deep, "float64"), wide)
    assert is_sparse(case(deep), narrow)


def test_float64_that_is_summed_in_float32_has_not() -> None:
    declared = Arithmetic.of("float64", accumulator="float32")
    deep = case(f"n1c{(1 << 27) + 64}k1i1f1", "float64")
    assert is_sparse(deep, lattice_of_layer(deep, declared, [Pass.FORWARD]))


def test_sums_over_all_pairs_of_channels_leave_less_for_each() -> None:
    many = case("n1c4300000k4300000i1f1g8600", "float16")
    lattice = lattice_of_layer(many, Arithmetic.of("float16"), [Pass.WEIGHT_GRADIENT])
    assert not is_sparse(many, lattice)
    wide = case("n1c4300000k4300000i1f1g8600")
    pairs = math.prod(wide.geometry.weight_shape[:2])
    precision = lattice_of_layer(wide, Arithmetic.of("float32"), [Pass.WEIGHT_GRADIENT]).precision
    assert precision < 24
    assert pairs * 2**precision * 2**4 <= 2**53


def test_all_sums_of_the_deepest_pass_fit() -> None:
    layer = case("n1c3000k2i5f3", "float64")
    lattice = lattice_of_layer(layer, Arithmetic.of("float64"), list(Pass))
    operands = lattice_operands(layer, lattice)
    largest = max(float(np.abs(array).max()) for array in operands.arrays().values())
    assert operands.input.all()
    assert most_summed(layer) * largest**2 <= 2 ** (lattice.precision - 1)
