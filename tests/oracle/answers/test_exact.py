"""The exact passes against the equations, on integers and on reals of any exponent."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from convoracle.oracle.answers import equations, exact, term_by_term
from convoracle.oracle.answers.exact import most_terms, term_counts
from convoracle.oracle.answers.magnitude import MOST_EXCESS
from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.numbers.dtypes import DTYPES
from convoracle.oracle.operands.data import Case, lattice_operands, real_operands
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import ARRAYS, Array, Operands, Pass, is_defined, shape_of
from convoracle.suites.cases.space import Space
from convoracle.suites.cases.strategies import cases, conv_geometries

SMALL = Space(max_products=300)


def _integers(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.integers(-9, 10, shape).astype(np.float64)


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.standard_normal(shape)


def _wide(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return np.ldexp(rng.standard_normal(shape), rng.integers(-300, 300, shape))


FILLS = {"integers": _integers, "normal": _normal, "wide": _wide}


def _operands(
    geometry: ConvGeometry, fill: str, rng: np.random.Generator, *, bias: bool, is_complex: bool = False
) -> Operands:
    def drawn(name: str) -> Array:
        real, imaginary = (FILLS[fill](rng, shape_of(name, geometry)) for _ in range(2))
        return real + 1j * imaginary if is_complex else real

    arrays = {name: drawn(name) for name in ARRAYS if bias or not name.startswith("bias")}
    return Operands(**{"bias": None, **arrays}, learning_rate=0.25)


def _is_quick(geometry: ConvGeometry) -> bool:
    return sum(np.prod(pass_.result_shape(geometry)) for pass_ in Pass) <= 2000


@settings(max_examples=60, deadline=None)
@given(conv_geometries(space=SMALL), st.sampled_from(sorted(FILLS)), st.booleans(), st.integers(0, 99))
def test_equal_to_the_equations(geometry: ConvGeometry, fill: str, bias: bool, seed: int) -> None:
    assume(_is_quick(geometry))
    operands = _operands(geometry, fill, np.random.default_rng(seed), bias=bias)
    for pass_ in Pass:
        result = exact.evaluate(pass_, operands, geometry)
        assert (result.value.to_fractions() == equations.evaluate(pass_, operands, geometry)).all()
        for index in list(np.ndindex(result.terms.shape))[:20]:
            _assert_statistics(result, pass_, operands, geometry, index)


@settings(max_examples=40, deadline=None)
@given(conv_geometries(space=SMALL), st.sampled_from(sorted(FILLS)), st.booleans(), st.integers(0, 99))
def test_complex_results_equal_the_equations(geometry: ConvGeometry, fill: str, bias: bool, seed: int) -> None:
    assume(_is_quick(geometry))
    operands = _operands(geometry, fill, np.random.default_rng(seed), bias=bias, is_complex=True)
    for pass_ in Pass:
        result = exact.evaluate(pass_, operands, geometry)
        assert result.value.integers.shape == (*pass_.result_shape(geometry), 2)
        assert (result.value.to_fractions() == equations.evaluate(pass_, operands, geometry)).all()
        for index in list(np.ndindex(pass_.result_shape(geometry)))[:20]:
            _assert_complex_statistics(result, pass_, operands, geometry, index)


def _assert_statistics(
    result: exact.ExactResult, pass_: Pass, operands: Operands, geometry: ConvGeometry, index: tuple[int, ...]
) -> None:
    sizes = _sizes(equations.terms(pass_, geometry, index, bias=operands.bias is not None), operands)
    rate = operands.learning_rate if pass_ is Pass.UPDATE else 1.0
    start = [abs(float(operands.weight[index]))] if pass_ is Pass.UPDATE else []
    assert result.terms[index] == len(sizes)
    _assert_magnitude(result.magnitude[index], sum(sizes))
    smallest = min([rate * s for s in sizes] + start, default=np.inf)
    assert result.smallest.everywhere()[index] == pytest.approx(smallest, rel=1e-12)


def _assert_complex_statistics(
    result: exact.ExactResult, pass_: Pass, operands: Operands, geometry: ConvGeometry, index: tuple[int, ...]
) -> None:
    """A product of two complex numbers is two real terms of the real and two of the imaginary part."""
    found = equations.terms(pass_, geometry, index, bias=operands.bias is not None)
    rate = operands.learning_rate if pass_ is Pass.UPDATE else 1.0
    arrays = operands.arrays()
    parts = [{name: array.real for name, array in arrays.items()}, {name: array.imag for name, array in arrays.items()}]
    for component in range(2):
        sizes = []
        for term in found:
            values = [[abs(float(part[f.tensor][f.index])) for part in parts] for f in term.factors]
            if len(values) == 1:
                sizes.append(values[0][component])
            else:
                (a, b), (c, d) = values
                sizes += [a * c, b * d] if component == 0 else [a * d, b * c]
        start = [abs(float(parts[component]["weight"][index]))] if pass_ is Pass.UPDATE else []
        at = (*index, component)
        assert result.terms[at] == len(sizes)
        _assert_magnitude(result.magnitude[at], sum(sizes))
        smallest = min([rate * s for s in sizes] + start, default=np.inf)
        assert result.smallest.everywhere()[at] == pytest.approx(smallest, rel=1e-12)


def _assert_magnitude(found: float, of_sizes: float) -> None:
    assert of_sizes * (1 - 1e-12) <= found <= of_sizes * (1 + MOST_EXCESS) * (1 + 1e-12)


def _sizes(terms: list[equations.Term], operands: Operands) -> list[float]:
    return [abs(float(np.prod([float(getattr(operands, f.tensor)[f.index]) for f in t.factors]))) for t in terms]


@pytest.mark.parametrize("dtype", DTYPES)
def test_operands_of_every_dtype_have_an_exact_form(dtype: str) -> None:
    geometry = ConvGeometry.of(in_channels=2, out_channels=2, size=4, kernel=2, padding=1, padding_mode="circular")
    case = Case(geometry, True, dtype, "wide", 5)
    operands = real_operands(case)
    for pass_ in Pass:
        if is_defined(pass_, dtype):
            result = exact.evaluate(pass_, operands, geometry).value.to_fractions()
            assert (result == equations.evaluate(pass_, operands, geometry)).all()


@settings(max_examples=40)
@given(conv_geometries(space=SMALL))
def test_term_counts_need_no_data(geometry: ConvGeometry) -> None:
    arrays = {name: np.ones(shape_of(name, geometry)) for name in ARRAYS if not name.startswith("bias")}
    ones = Operands(bias=None, **arrays)
    for pass_ in set(Pass) - {Pass.UPDATE}:
        assert most_terms(pass_, geometry) == term_counts(pass_, geometry).max(initial=0)
        counted = np.broadcast_to(term_counts(pass_, geometry), pass_.result_shape(geometry))
        assert (exact.evaluate(pass_, ones, geometry).value.to_float64() == counted).all()


@pytest.mark.parametrize("transposed", [False, True])
def test_chunks_do_not_change_the_sum(transposed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    geometry = ConvGeometry.of(
        batch=2, in_channels=2, out_channels=2, size=(6, 5), kernel=3, padding=1, groups=2, transposed=transposed
    )
    operands = _operands(geometry, "integers", np.random.default_rng(0), bias=False)
    whole = {pass_: exact.by_definition(pass_, operands, geometry).value.to_fractions() for pass_ in Pass}
    monkeypatch.setattr(term_by_term, "_CHUNK_PRODUCTS", 50)
    for pass_ in Pass:
        assert (exact.by_definition(pass_, operands, geometry).value.to_fractions() == whole[pass_]).all()


def test_sums_beyond_int64_are_exact() -> None:
    geometry = ConvGeometry.of(size=4, kernel=4)
    large = np.array([[[2.0**52 + 1, 2.0**52 + 3, 1.0, 2.0**-40]]])
    operands = Operands(large, large, None, np.ones((1, 1, 1)))
    expected = sum(Fraction(value) ** 2 for value in large.ravel().tolist())
    result = exact.evaluate(Pass.FORWARD, operands, geometry)
    assert (result.value.to_fractions().item(), result.error) == (expected, 0)


def test_a_value_beyond_float64_is_shown_as_infinite() -> None:
    geometry = ConvGeometry.of(size=1, kernel=1)
    operands = Operands(np.full((1, 1, 1), 1e200), np.full((1, 1, 1), -1e200), None, np.ones((1, 1, 1)))
    result = exact.evaluate(Pass.FORWARD, operands, geometry)
    assert result.value.to_float64().item() == -np.inf
    assert result.value.to_fractions().item() == Fraction(1e200) * Fraction(-1e200)


@pytest.mark.parametrize("pass_", [pass_ for pass_ in Pass if pass_.is_second_order], ids=str)
def test_a_pass_of_second_order_without_its_directions_is_refused(pass_: Pass) -> None:
    geometry = ConvGeometry.of(size=2, kernel=2)
    operands = Operands(np.ones((1, 1, 2)), np.ones((1, 1, 2)), None, np.ones((1, 1, 1)))
    with pytest.raises(InvalidArgument, match="_direction=None, but should be an array for the pass"):
        exact.evaluate(pass_, operands, geometry)


@settings(max_examples=30)
@given(cases(space=Space(dtypes=("float32", "int8", "complex64"), max_products=300)))
def test_no_magnitude_is_above_the_most(case: Case) -> None:
    for make in (real_operands, lattice_operands):
        for pass_ in (each for each in Pass if is_defined(each, case.dtype)):
            result = exact.evaluate(pass_, make(case), case.geometry)
            assert (result.magnitude <= result.most() * (1 + MOST_EXCESS)).all()


def test_the_most_is_reached_where_all_terms_are_as_large() -> None:
    geometry = ConvGeometry.of(batch=2, in_channels=3, out_channels=4, size=5, kernel=2)
    operands = Operands(**{name: np.full(shape_of(name, geometry), -3, np.float32) for name in ARRAYS})  # type: ignore[arg-type]
    for pass_ in Pass:
        result = exact.evaluate(pass_, operands, geometry)
        assert result.magnitude.max() == result.most()
