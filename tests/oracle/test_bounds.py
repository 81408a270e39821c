"""The rounding bound: no false alarm for any order of honest arithmetic, and not so loose that it is useless."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convoracle.oracle import exact
from convoracle.oracle.bounds import rounding_bound
from convoracle.oracle.data import FILLS, Case, real_operands
from convoracle.oracle.dtypes import FORMATS, Arithmetic, Format, format_of
from convoracle.oracle.geometry import ConvGeometry
from convoracle.oracle.passes import Array, Operands, Pass
from convoracle.oracle.verdict import compare
from convoracle.suites.strategies import Space, cases

SPACE = Space(max_products=400)


@settings(max_examples=150, deadline=None)
@given(cases(space=SPACE), st.sampled_from(["in order", "reversed", "shuffled", "pairwise", "by size"]))
def test_any_order_of_summation_stays_within_the_bound(case: Case, order: str) -> None:
    operands, form = real_operands(case), format_of(case.dtype)
    for pass_ in Pass:
        result = exact.evaluate(pass_, operands, case.geometry)
        bound = rounding_bound(pass_, result, operands, Arithmetic.of(case.dtype))
        for index in list(np.ndindex(result.terms.shape))[:5]:
            actual = _computed(pass_, operands, case.geometry, index, form, order)
            value = replace(result, value=replace(result.value, integers=_one(result.value.integers, index)))
            assert not compare(np.array([actual]), value, bound[index].reshape(1)).wrong.any()


def _one(array: Array, index: tuple[int, ...]) -> Array:
    return array[tuple(slice(i, i + 1) for i in index)].reshape(1)


def _computed(
    pass_: Pass, operands: Operands, geometry: ConvGeometry, index: tuple[int, ...], form: Format, order: str
) -> object:
    """One element as an implementation would compute it, with every operation rounded to `form`."""
    from convoracle.oracle.equations import terms

    dtype = form.dtype.type
    products = []
    for term in terms(pass_, geometry, index, bias=operands.bias is not None):
        product = dtype(1)
        for factor in term.factors:
            product = dtype(product * getattr(operands, factor.tensor)[factor.index])
        products.append(product)
    total = _summed(_ordered(products, order), dtype, pairwise=order == "pairwise")
    if pass_ is not Pass.UPDATE:
        return total
    return dtype(operands.weight[index] - dtype(dtype(operands.learning_rate) * total))


def _ordered(products: list, order: str) -> list:
    match order:
        case "reversed":
            return products[::-1]
        case "shuffled":
            return [products[i] for i in np.random.default_rng(len(products)).permutation(len(products))]
        case "by size":
            return sorted(products, key=abs, reverse=True)
        case _:
            return products


def _summed(products: list, dtype: type, *, pairwise: bool) -> object:
    if not products:
        return dtype(0)
    if pairwise and len(products) > 1:
        half = len(products) // 2
        return dtype(_summed(products[:half], dtype, pairwise=True) + _summed(products[half:], dtype, pairwise=True))
    total = products[0]
    for product in products[1:]:
        total = dtype(total + product)
    return total


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("storage", ["float16", "bfloat16"])
def test_a_wider_accumulator_has_a_tighter_bound(storage: str, fill: str) -> None:
    case = Case(ConvGeometry.of(in_channels=8, size=(9, 9), kernel=3), False, storage, fill, 0)
    operands = real_operands(case)
    result = exact.evaluate(Pass.FORWARD, operands, case.geometry)
    narrow = rounding_bound(Pass.FORWARD, result, operands, Arithmetic.of(storage))
    wide = rounding_bound(Pass.FORWARD, result, operands, Arithmetic.of(storage, "float32"))
    assert (wide < narrow / 4).all()


@pytest.mark.parametrize("storage", FORMATS)
def test_a_missing_term_of_average_size_is_above_the_bound_of_a_short_sum(storage: str) -> None:
    case = Case(ConvGeometry.of(size=(4, 4), kernel=2), False, storage, "uniform", 1)
    operands = real_operands(case)
    result = exact.evaluate(Pass.FORWARD, operands, case.geometry)
    bound = rounding_bound(Pass.FORWARD, result, operands, Arithmetic.of(storage))
    assert (result.magnitude / result.terms > 2 * bound).all()


def test_the_bound_of_a_float16_accumulator_catches_one_in_a_float32_path() -> None:
    case = Case(ConvGeometry.of(in_channels=64, size=(3, 3), kernel=3), False, "float32", "uniform", 2)
    operands = real_operands(case)
    result = exact.evaluate(Pass.FORWARD, operands, case.geometry)
    product = (operands.input[0].astype(np.float16) * operands.weight[0].astype(np.float16)).astype(np.float32)
    actual = np.float32(0)
    for term in product.ravel():
        actual = np.float32(np.float16(actual) + np.float16(term))
    bound = rounding_bound(Pass.FORWARD, result, operands, Arithmetic.of("float32"))
    assert compare(np.full((1, 1, 1, 1), actual), result, bound).wrong.all()


@pytest.mark.parametrize("storage", ["float16", "bfloat16"])
def test_a_bias_may_be_added_after_the_sum_is_stored(storage: str) -> None:
    """Convolution and bias as two operations, each rounding to storage, as frameworks do."""
    dtype = format_of(storage).dtype
    for seed in range(300):
        case = Case(ConvGeometry.of(size=1, kernel=1), True, storage, "uniform", seed)
        operands = real_operands(case)
        assert operands.bias is not None
        product = (operands.input.astype(np.float32) * operands.weight.astype(np.float32)).astype(dtype)
        actual = (product.astype(np.float32) + operands.bias.astype(np.float32)).astype(dtype)
        result = exact.evaluate(Pass.FORWARD, operands, case.geometry)
        bound = rounding_bound(Pass.FORWARD, result, operands, Arithmetic.of(storage, "float32"))
        assert not compare(actual, result, bound).wrong.any()
