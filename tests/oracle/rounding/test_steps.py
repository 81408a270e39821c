"""The bound of F - alpha dL/dF holds for every order of its n + 1 terms, every place of alpha and any rate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby

import numpy as np
import pytest

from convoracle.oracle.answers import exact
from convoracle.oracle.answers.equations import terms
from convoracle.oracle.judging.verdict import compare
from convoracle.oracle.numbers.dtypes import Arithmetic, format_of
from convoracle.oracle.operands.data import PLAIN_SEEDS, REAL_RATES, Case, real_operands
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.oracle.rounding.bounds import rounding_bound
from convoracle.oracle.rounding.steps import largest_factor

GEOMETRIES = ("n1c1k2i2f1", "n3c1k6i1f1", "n2c2k1i3f2", "n4c1k1i4f1", "n1c1k1i1f3p1", "n1c1k1i12f1")
FORMATS = (
    ("float32", "float32"),
    ("float16", "float16"),
    ("bfloat16", "bfloat16"),
    ("float16", "float32"),
    ("bfloat16", "float32"),
    ("float32", "float16"),
)
FILLS = ("uniform", "normal", "cancellation", "wide", "subnormal", "large")
Factor = tuple[float, float, int]
"""Two factors of a term of the gradient, and which image they are of."""
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def _summed(numbers: list, accumulator: type) -> object:
    total = numbers[0] if numbers else accumulator(0)
    for number in numbers[1:]:
        total = accumulator(total + number)
    return total


def _scaled_operands(weight: float, factors: list[Factor], rate: float, a: type, r: type) -> Iterator[object]:
    """The n + 1 terms as the accumulator gets them, alpha in one operand."""
    yield a(weight)
    for left, right, _ in factors:
        yield a(-a(a(rate) * a(left)) * a(right))


def _starting_at_the_weight(*given) -> object:
    return given[4](_summed(list(_scaled_operands(*given)), given[3]))


def _ending_with_it(*given) -> object:
    return given[4](_summed(list(_scaled_operands(*given))[::-1], given[3]))


def _by_size(*given) -> object:
    return given[4](_summed(sorted(_scaled_operands(*given), key=abs, reverse=True), given[3]))


def _pairwise(*given) -> object:
    numbers = list(_scaled_operands(*given))
    while len(numbers) > 1:
        numbers = [_summed(numbers[i : i + 2], given[3]) for i in range(0, len(numbers), 2)]
    return given[4](numbers[0])


def _scaled_products(weight: float, factors: list[Factor], rate: float, a: type, r: type) -> object:
    return r(_summed([a(weight), *(a(-a(rate) * a(a(x) * a(y))) for x, y, _ in factors)], a))


def _fused(weight: float, factors: list[Factor], rate: float, a: type, r: type) -> object:
    total = np.float64(weight)
    for x, y, _ in factors:
        total = np.float64(a(total - np.float64(a(rate * x)) * y))
    return r(a(total))


def _gradient_first(weight: float, factors: list[Factor], rate: float, a: type, r: type) -> object:
    gradient = r(_summed([a(a(x) * a(y)) for x, y, _ in factors], a))
    return r(r(weight) - r(r(rate) * gradient))


def _image_by_image(weight: float, factors: list[Factor], rate: float, a: type, r: type) -> object:
    result = r(weight)
    for _, image in groupby(factors, key=lambda factor: factor[2]):
        result = _gradient_first(float(result), list(image), rate, a, r)
    return result


WAYS: dict[str, Callable[..., object]] = {
    "starting at the weight": _starting_at_the_weight,
    "ending with it": _ending_with_it,
    "by size": _by_size,
    "pairwise": _pairwise,
    "scaled products": _scaled_products,
    "fused": _fused,
    "gradient first": _gradient_first,
    "image by image": _image_by_image,
}


def _computed(way: str, operands: Operands, geometry: ConvGeometry, arithmetic: Arithmetic) -> Array:
    a, r = arithmetic.accumulator.dtype.type, arithmetic.result.dtype.type
    result = np.zeros(operands.weight.shape, arithmetic.result.dtype)
    for index in np.ndindex(result.shape):
        factors = []
        for term in terms(Pass.WEIGHT_GRADIENT, geometry, index, bias=False):
            left, right = (float(getattr(operands, each.tensor)[each.index]) for each in term.factors)
            factors.append((left, right, term.factors[0].index[0]))
        result[index] = WAYS[way](float(operands.weight[index]), factors, operands.learning_rate, a, r)
    return result


def _ratio(way: str, case: Case, arithmetic: Arithmetic) -> float:
    """The largest error against its bound; 0 where something overflows."""
    operands = real_operands(case)
    actual = _computed(way, operands, case.geometry, arithmetic)
    if not np.isfinite(actual.astype(np.float64)).all():
        return 0.0
    result = exact.evaluate(Pass.UPDATE, operands, case.geometry)
    bound = rounding_bound(Pass.UPDATE, result, operands, arithmetic, case.geometry)
    error = compare(actual, result, bound).error
    return float(np.where(error == 0, 0.0, error / bound).max())


def _cases(fills: tuple[str, ...], dtype: str, seeds: range) -> Iterator[Case]:
    for number, text in enumerate(GEOMETRIES):
        for seed in seeds:
            fill = fills[(number + seed) % len(fills)]
            if seed % 4 == 0:
                yield Case(parse_geometry(text), False, dtype, fill, seed)
            yield Case(parse_geometry(text), False, dtype, fill, PLAIN_SEEDS + seed)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("dtype", "accumulator"), FORMATS)
def test_no_order_and_no_place_of_the_rate_is_beyond_the_bound(dtype: str, accumulator: str, way: str) -> None:
    arithmetic = Arithmetic.of(dtype, accumulator)
    for case in _cases(FILLS, dtype, range(len(REAL_RATES))):
        assert _ratio(way, case, arithmetic) <= 1, str(case)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_the_bound_is_less_than_twice_what_honest_arithmetic_reaches(dtype: str) -> None:
    cases = list(_cases(("uniform", "cancellation"), dtype, range(40)))
    assert max(_ratio("starting at the weight", case, Arithmetic.of(dtype)) for case in cases) > 0.5


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_a_step_that_lacks_a_term_is_beyond_the_bound(dtype: str) -> None:
    for seed in range(PLAIN_SEEDS, PLAIN_SEEDS + 20):
        case = Case(parse_geometry("n2c1k2i2f1"), False, dtype, "uniform", seed)
        operands, form = real_operands(case), format_of(dtype)
        result = exact.evaluate(Pass.UPDATE, operands, case.geometry)
        bound = rounding_bound(Pass.UPDATE, result, operands, Arithmetic.of(dtype), case.geometry)
        lost = operands.learning_rate * float(operands.input[0, 0, 0]) * operands.output_gradient[0, :, 0].astype("f8")
        wrong = (result.value.to_float64() + lost.reshape(-1, 1, 1)).astype(form.dtype)
        seen = compare(wrong, result, bound).wrong
        assert seen.all() or (abs(lost) < 8 * form.unit_roundoff * 2).any()


@pytest.mark.parametrize(
    ("input", "gradient", "largest"), [([0.25, -0.5], [0.125] * 2, 0.5), ([0.25] * 2, [0.75, 0], 0.75)]
)
def test_the_largest_factor_is_of_the_products_and_not_the_weight(
    input: list[float], gradient: list[float], largest: float
) -> None:
    left, right = (np.array(values).reshape(1, 1, 2) for values in (input, gradient))
    assert largest_factor(Operands(left, np.full((1, 1, 1), 8.0), None, right)) == largest


def test_an_outer_product_added_in_place_by_pytorch_is_within_the_bound() -> None:
    torch = pytest.importorskip("torch")
    arithmetic = Arithmetic.of("float32")
    for seed in range(100):
        case = Case(parse_geometry("n3c1k6i1f1"), False, "float32", "uniform", seed)
        operands = real_operands(case)
        weight = torch.from_numpy(operands.weight.reshape(6, 1).copy())
        for image, gradient in zip(operands.input, operands.output_gradient, strict=True):
            weight.addr_(
                torch.from_numpy(gradient.ravel()), torch.from_numpy(image.ravel()), alpha=-operands.learning_rate
            )
        result = exact.evaluate(Pass.UPDATE, operands, case.geometry)
        bound = rounding_bound(Pass.UPDATE, result, operands, arithmetic, case.geometry)
        assert not compare(weight.numpy().reshape(operands.weight.shape), result, bound).wrong.any()
