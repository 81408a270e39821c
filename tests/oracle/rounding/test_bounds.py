"""The rounding bound: no false alarm for any order of honest arithmetic, and not so loose that it is useless."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convoracle.oracle.answers import exact
from convoracle.oracle.answers.equations import Term, terms
from convoracle.oracle.judging.verdict import compare
from convoracle.oracle.numbers.dtypes import DTYPES, Arithmetic, Format, format_of
from convoracle.oracle.operands.data import Case, real_operands
from convoracle.oracle.operands.fills import FILLS, HUGE
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Operands, Pass, is_defined, real_parts
from convoracle.oracle.rounding.bounds import rounding_bound
from convoracle.suites.cases.space import Space
from convoracle.suites.cases.strategies import cases

ORDERS = ("in order", "reversed", "shuffled", "pairwise", "by size", "each sum stored")
ARITHMETICS = {
    **{dtype: Arithmetic.of(dtype) for dtype in DTYPES},
    "float16 summed in float32": Arithmetic.of("float16", "float32"),
    "bfloat16 summed in float32": Arithmetic.of("bfloat16", "float32"),
    "float32 summed in float16": Arithmetic.of("float32", "float16"),
    "float32 multiplied in tfloat32": Arithmetic.of("float32", multiplier="tfloat32"),
    "float32 multiplied in bfloat16": Arithmetic.of("float32", multiplier="bfloat16"),
    "float32 multiplied in float16": Arithmetic.of("float32", multiplier="float16"),
    "bfloat16 multiplied in float16": Arithmetic.of("bfloat16", "float32", multiplier="float16"),
    "complex64 multiplied in tfloat32": Arithmetic.of("complex64", multiplier="tfloat32"),
    "float8 stored in bfloat16": Arithmetic.of("float8_e4m3fn", "float32", result="bfloat16"),
    "float8 stored in float8": Arithmetic.of("float8_e5m2", "float32", result="float8_e5m2"),
    "int8 summed in float32": Arithmetic.of("int8", "float32", result="float32"),
    "three products": Arithmetic.of("complex64", conventions={"complex": "three products"}),
}
FINITE_FILLS = tuple(fill for fill in FILLS if fill != HUGE)
"""The threshold of overflow is not of the bound's theorem."""


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
@pytest.mark.parametrize("name", ARITHMETICS)
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_any_order_of_summation_stays_within_the_bound(name: str, data: st.DataObject) -> None:
    arithmetic = ARITHMETICS[name]
    space = Space(dtypes=(_dtype(arithmetic, name),), max_products=100)
    case = replace(data.draw(cases(space=space)), fill=data.draw(st.sampled_from(FINITE_FILLS)))
    order = data.draw(st.sampled_from(ORDERS))
    operands = real_operands(case)
    for pass_ in Pass:
        if not is_defined(pass_, case.dtype):
            continue
        result = exact.evaluate(pass_, operands, case.geometry)
        bound = rounding_bound(pass_, result, operands, arithmetic, case.geometry)
        for index in list(np.ndindex(pass_.result_shape(case.geometry)))[:4]:
            actual = np.array(_computed(pass_, operands, case.geometry, index, arithmetic, order))
            if not np.isfinite(actual.astype(np.float64)).all():
                continue
            at = tuple(slice(i, i + 1) for i in index)
            one = tuple(limb[at].reshape(-1) for limb in result.value.limbs)
            there = replace(result, value=replace(result.value, limbs=one))
            assert not compare(actual, there, bound[index].reshape(-1)).wrong.any()


def _dtype(arithmetic: Arithmetic, name: str) -> str:
    if name in DTYPES:
        return name
    return "complex64" if "complex" in name or name == "three products" else arithmetic.storage.name


def _computed(
    pass_: Pass,
    operands: Operands,
    geometry: ConvGeometry,
    index: tuple[int, ...],
    arithmetic: Arithmetic,
    order: str,
) -> list:
    """The parts of one element as an implementation would compute it, every operation rounded to the accumulator."""
    groups: dict[tuple[str, ...], list[Complex]] = {}
    for term in terms(pass_, geometry, index, bias=operands.bias is not None):
        kind = tuple(factor.tensor for factor in term.factors) if order == "each sum stored" else ()
        groups.setdefault(kind, []).append(_factors(term, pass_, operands, arithmetic))
    stored, is_complex = arithmetic.result.dtype.type, operands.input.dtype.kind == "c"
    parts = [stored(0), stored(0)] if not groups else []
    for factors in groups.values():
        sums = _sums(factors, arithmetic, order, is_complex=is_complex)
        parts = sums if not parts else [stored(a + b) for a, b in zip(parts, sums, strict=True)]
    parts = parts[: 2 if is_complex else 1]
    if pass_ is not Pass.UPDATE:
        return parts
    weight = real_parts(operands.weight[index].reshape(1)).ravel()
    steps = [stored(stored(operands.learning_rate) * part) for part in parts]
    return [stored(stored(start) - step) for start, step in zip(weight, steps, strict=True)]


Complex = tuple[tuple[float, float], ...]
"""The factors of a term, each by its real and its imaginary part."""


def _factors(term: Term, pass_: Pass, operands: Operands, arithmetic: Arithmetic) -> Complex:
    conjugated = pass_ in (Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT, Pass.UPDATE)
    factors = []
    for factor in term.factors:
        value = complex(getattr(operands, factor.tensor)[factor.index])
        if conjugated and factor.tensor != "output_gradient":
            value = value.conjugate()
        parts = (value.real, value.imag)
        if len(term.factors) > 1:
            parts = tuple(rounded_to(arithmetic.multiplier, part) for part in parts)
        factors.append(parts)
    return tuple(factors)


def rounded_to(form: Format, value: float) -> float:
    """The nearest number of a format; of TF32, which no array has, by its spacing."""
    if form.name != "tfloat32":
        return float(np.float64(value).astype(form.dtype))
    spacing = float(form.ulp(np.array(value)))
    return round(value / spacing) * spacing


def _sums(terms_: list[Complex], arithmetic: Arithmetic, order: str, *, is_complex: bool) -> list:
    """Real and imaginary sum of the terms, each stored as the result."""
    accumulator, stored = arithmetic.accumulator.dtype.type, arithmetic.result.dtype.type

    def total(numbers: list) -> object:
        return _summed(_ordered(numbers, order), accumulator, pairwise=order == "pairwise")

    def product(a: float, b: float) -> object:
        return accumulator(np.float64(a) * np.float64(b))

    added = [term[0] for term in terms_ if len(term) == 1]
    pairs = [term for term in terms_ if len(term) == 2]
    first = [product(a, c) for (a, _), (c, _) in pairs]
    if not is_complex:
        return [stored(total([*first, *(accumulator(a) for a, _ in added)])), stored(0)]
    second = [product(b, d) for (_, b), (_, d) in pairs]
    if arithmetic.does("complex", "three products"):
        third = [product(accumulator(a + b), accumulator(c + d)) for (a, b), (c, d) in pairs]
        x, y, z = (total(numbers) for numbers in (first, second, third))
        sums = [accumulator(x - y), accumulator(accumulator(z - x) - y)]
        for part in added:
            sums = [accumulator(s + accumulator(a)) for s, a in zip(sums, part, strict=True)]
        return [stored(s) for s in sums]
    crossed = [product(*pair) for (a, b), (c, d) in pairs for pair in ((a, d), (b, c))]
    real = [*first, *(-s for s in second), *(accumulator(a) for a, _ in added)]
    return [stored(total(real)), stored(total([*crossed, *(accumulator(b) for _, b in added)]))]


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


@pytest.mark.parametrize("fill", ["uniform", "normal", "wide", "cancellation"])
@pytest.mark.parametrize("storage", ["float16", "bfloat16"])
def test_a_wider_accumulator_has_a_tighter_bound(storage: str, fill: str) -> None:
    case = Case(ConvGeometry.of(in_channels=8, size=(9, 9), kernel=3), False, storage, fill, 0)
    operands = real_operands(case)
    result = exact.evaluate(Pass.FORWARD, operands, case.geometry)
    narrow = rounding_bound(Pass.FORWARD, result, operands, Arithmetic.of(storage), case.geometry)
    wide = rounding_bound(Pass.FORWARD, result, operands, Arithmetic.of(storage, "float32"), case.geometry)
    assert (wide < narrow / 4).all()


@pytest.mark.parametrize("storage", [dtype for dtype in DTYPES if dtype != "int8"])
def test_a_missing_term_of_average_size_is_above_the_bound_of_a_short_sum(storage: str) -> None:
    case = Case(ConvGeometry.of(size=(4, 4), kernel=2), False, storage, "uniform", 1)
    operands = real_operands(case)
    result = exact.evaluate(Pass.FORWARD, operands, case.geometry)
    bound = rounding_bound(Pass.FORWARD, result, operands, Arithmetic.of(storage), case.geometry)
    assert (result.magnitude / result.terms > 2 * bound).all()


def test_the_bound_of_a_float16_accumulator_catches_one_in_a_float32_path() -> None:
    case = Case(ConvGeometry.of(in_channels=64, size=(3, 3), kernel=3), False, "float32", "uniform", 2)
    operands = real_operands(case)
    result = exact.evaluate(Pass.FORWARD, operands, case.geometry)
    product = (operands.input[0].astype(np.float16) * operands.weight[0].astype(np.float16)).astype(np.float32)
    actual = np.float32(0)
    for term in product.ravel():
        actual = np.float32(np.float16(actual) + np.float16(term))
    bound = rounding_bound(Pass.FORWARD, result, operands, Arithmetic.of("float32"), case.geometry)
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
        bound = rounding_bound(Pass.FORWARD, result, operands, Arithmetic.of(storage, "float32"), case.geometry)
        assert not compare(actual, result, bound).wrong.any()


@pytest.mark.parametrize("name", ["float32 multiplied in bfloat16", "float32 multiplied in tfloat32"])
def test_operands_rounded_before_they_are_multiplied_break_the_bound_of_those_that_are_not(name: str) -> None:
    case = Case(ConvGeometry.of(in_channels=4, size=(3, 3), kernel=3), False, "float32", "uniform", 2)
    operands = real_operands(case)
    result = exact.evaluate(Pass.FORWARD, operands, case.geometry)
    actual = _computed(Pass.FORWARD, operands, case.geometry, (0, 0, 0, 0), ARITHMETICS[name], "in order")
    narrow, plain = (
        rounding_bound(Pass.FORWARD, result, operands, arithmetic, case.geometry)
        for arithmetic in (ARITHMETICS[name], ARITHMETICS["float32"])
    )
    assert compare(np.array(actual).reshape(1, 1, 1, 1), result, plain).wrong.all()
    assert not compare(np.array(actual).reshape(1, 1, 1, 1), result, narrow).wrong.any()


def test_integers_have_no_rounding_to_explain_anything() -> None:
    case = Case(ConvGeometry.of(in_channels=4, size=(3, 3), kernel=3), True, "int8", "uniform", 2)
    operands = real_operands(case)
    result = exact.evaluate(Pass.FORWARD, operands, case.geometry)
    assert not rounding_bound(Pass.FORWARD, result, operands, Arithmetic.of("int8"), case.geometry).any()


def test_each_repetition_of_an_element_in_the_padding_may_be_stored_before_the_next_is_added() -> None:
    """As frameworks do that pad first: the gradient of the padded input is stored, then folded."""
    geometry = ConvGeometry.of(size=2, kernel=2, padding=((6, 0),), padding_mode="replicate")
    for seed in range(100):
        case = Case(geometry, False, "bfloat16", "uniform", seed)
        operands, stored = real_operands(case), format_of("bfloat16").dtype.type
        padded = replace(geometry, size=(8,), padding=((0, 0),), padding_mode="zeros")
        wide = Operands(
            np.zeros(padded.input_shape, operands.input.dtype), operands.weight, None, operands.output_gradient
        )
        shares = exact.evaluate(Pass.INPUT_GRADIENT, wide, padded).value.to_float64().ravel()
        total = stored(0)
        for share in shares[:7]:
            total = stored(total + stored(share))
        result = exact.evaluate(Pass.INPUT_GRADIENT, operands, geometry)
        bound = rounding_bound(Pass.INPUT_GRADIENT, result, operands, Arithmetic.of("bfloat16", "float32"), geometry)
        actual = np.array([total, stored(shares[7])]).reshape(1, 1, 2)
        assert not compare(actual, result, bound).wrong.any()
