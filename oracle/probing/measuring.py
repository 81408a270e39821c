"""Measured figures of an arithmetic: errors on random numbers, beside what bounds allow. Examples, and never certain.

Errors are told in units of S, the sum of the sizes of an element's terms, as bounds are: an error of
n u S is the most that sums in any order can have. Of numbers of one sign S is the size of the sum, and
its error grows with n as the order of summation makes it; of numbers of either sign sums stay small.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..answers import exact
from ..numbers.arrays import Float64
from ..numbers.dtypes import Arithmetic, numpy_dtype
from ..problem.geometry import ConvGeometry
from ..problem.passes import Operands, Pass
from ..rounding.bounds import rounding_bound
from .dot import Ask, Dot, Unanswered

Fill = Callable[[np.random.Generator, tuple[int, ...]], Float64]

LENGTHS = tuple(2**exponent for exponent in range(3, 16, 2))
"""Of the sums whose errors are compared: 8 to 32768 terms."""
_ELEMENTS, _CALLS = 256, 8
_CHANNELS = 4
CONFIDENCE = 7.0
"""The lambda of the probabilistic bound."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Results whose error is at most so many ULPs, and more than those of the bin before."""

    most: float
    elements: int


@dataclass(frozen=True, slots=True)
class Errors:
    """The errors of some results, in units of the sums of their terms' sizes.

    Parameters
    ----------
    elements : int
    largest, root_mean_square : float
    proven : float
        The largest error that the declared arithmetic allows.
    """

    elements: int
    largest: float
    root_mean_square: float
    proven: float


@dataclass(frozen=True, slots=True)
class Measured:
    """What the errors of a pass came to on numbers of the standard normal distribution.

    Parameters
    ----------
    unit : str
        The coarsest of the formats that are declared; its unit roundoff is what errors are compared with.
    errors : Errors
    ulps : tuple of Bin
        Of the result's format: up to half of one, which is rounded right, and up to each power of two.
    """

    unit: str
    errors: Errors
    ulps: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class Rung:
    """The errors of sums of so many terms, and what the probabilistic bound expects them to be below."""

    terms: int
    errors: Errors
    probable: float


@dataclass(frozen=True, slots=True)
class Growth:
    """How errors grow with the number of terms, on numbers between 1/2 and 1.

    Parameters
    ----------
    pass_ : Pass
    dtype : str
    accumulator : str
        That is declared.
    unit : str
        As of `Measured`.
    confidence : float
        The lambda of :func:`probable_bound`.
    rungs : tuple of Rung
        From the shortest sums to the longest.
    ended : str
        Why there are no longer ones; empty if all were asked.
    """

    pass_: Pass
    dtype: str
    accumulator: str
    unit: str
    confidence: float
    rungs: tuple[Rung, ...]
    ended: str = ""


def measure(dot: Dot, arithmetic: Arithmetic) -> Measured | None:
    """The errors of all elements of a pass; None where there is no finite result to measure."""
    per_call = math.prod(dot.pass_.result_shape(dot.geometry))
    errors, allowed, ulps = [], [], []
    for seed in range(min(_CALLS, -(-_ELEMENTS // max(per_call, 1)))):
        try:
            relative, bound, of_ulps = _errors(dot, arithmetic, _normal, seed)
        except Unanswered:
            return None
        errors.append(relative)
        allowed.append(bound)
        ulps.append(of_ulps)
    if not errors or not np.isfinite(every := np.concatenate(errors)).all():
        return None
    found = _summary(every, np.concatenate(allowed))
    return Measured(coarsest(arithmetic), found, tuple(_bins(np.concatenate(ulps))))


def grow(
    ask: Ask, pass_: Pass, dtype: str, arithmetic: Arithmetic, *, rank: int = 2, lengths: Sequence[int] = LENGTHS
) -> Growth:
    """The errors of sums of more and more terms, until one is not answered.

    Parameters
    ----------
    ask, pass_, dtype
        As of :func:`.card.probe`.
    arithmetic : Arithmetic
        That is declared.
    rank : int
        How many spatial axes.
    lengths : sequence of int
        Multiples of 8.
    """
    rungs, ended = [], ""
    for terms in lengths:
        dot = Dot(ask, pass_, _of_length(pass_, terms, rank), dtype)
        try:
            relative, bound, _ = _errors(dot, arithmetic, _of_one_sign, terms)
        except Unanswered as reason:
            ended = str(reason)
            break
        if not np.isfinite(relative).all():
            ended = f"a sum of {terms} products is no finite number"
            break
        rungs.append(Rung(terms, _summary(relative, bound), probable_bound(terms, arithmetic)))
    return Growth(pass_, dtype, arithmetic.accumulator.name, coarsest(arithmetic), CONFIDENCE, tuple(rungs), ended)


def coarsest(arithmetic: Arithmetic) -> str:
    """The name of the format with the fewest bits of those that operands, sums and results are rounded to."""
    return min((arithmetic.result, arithmetic.accumulator, arithmetic.multiplier), key=lambda form: form.precision).name


def probable_bound(terms: int, arithmetic: Arithmetic, confidence: float = CONFIDENCE) -> float:
    r"""What an error is below with high probability, over S, if roundings are independent and right on average.

    Then ``exp(lambda sqrt(n) u + n u**2 / (1 - u)) - 1`` bounds the error of an inner product of n terms over S
    (Higham and Mary 2019, "A New Approach to Probabilistic Rounding Error Analysis", SIAM J. Sci. Comput. 41(5),
    theorem 3.1), but for a probability of `improbable`. A term takes part in at most n roundings, each a factor
    1 + d, abs(d) <= u. The logarithm of their product is the sum of the d to within n u**2 / (1 - u), for
    abs(log(1 + d) - d) <= u**2 / (1 - u); and the sum of n independent d of mean zero exceeds lambda sqrt(n) u
    with a probability of at most 2 exp(-lambda**2 / 2) (Hoeffding 1963), which n terms have n times. Operands that
    are rounded first, and the result that is stored, are off by their own u at most, which is added as certain.

    Roundings need not be like that. In a long sum of numbers of one sign, small terms that are added to a large
    sum are lost time after time. So an error above this is no fault, and no verdict knows of it.
    """
    u = arithmetic.accumulator.unit_roundoff
    growth = math.expm1(confidence * math.sqrt(terms) * u + terms * u * u / (1 - u))
    before = _of_operands(arithmetic)
    error = before + growth * (1 + before)
    stored = arithmetic.result.unit_roundoff if arithmetic.result.is_narrower_than(arithmetic.accumulator) else 0.0
    return error + stored * (1 + error)


def improbable(terms: int, arithmetic: Arithmetic, confidence: float = CONFIDENCE) -> float:
    """The probability with which an element may exceed `probable_bound`, at most: 2 n exp(-(lambda (1 - u))**2 / 2).

    Examples
    --------
    >>> improbable(32768, Arithmetic.of("float32")) < 2e-6
    True
    """
    kept = confidence * (1 - arithmetic.accumulator.unit_roundoff)
    return min(1.0, 2 * terms * math.exp(-kept * kept / 2))


def _of_operands(arithmetic: Arithmetic) -> float:
    if not arithmetic.multiplier.is_narrower_than(arithmetic.storage):
        return 0.0
    u = arithmetic.multiplier.unit_roundoff * (2 if arithmetic.does("operands", "truncated") else 1)
    return 2 * u + u * u


def _of_length(pass_: Pass, terms: int, rank: int) -> ConvGeometry:
    """A kernel of one element, each of whose sums has so many terms: over channels, or over positions."""
    ones = (1,) * (rank - 1)
    match pass_:
        case Pass.FORWARD:
            return ConvGeometry.of(size=(4, *ones), kernel=1, in_channels=terms, out_channels=_CHANNELS)
        case Pass.INPUT_GRADIENT:
            return ConvGeometry.of(size=(4, *ones), kernel=1, in_channels=_CHANNELS, out_channels=terms)
        case _:
            size = (terms,) if rank == 1 else (terms // 8, 8, *ones[1:])
            return ConvGeometry.of(size=size, kernel=1, in_channels=_CHANNELS, out_channels=_CHANNELS)


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Float64:
    return rng.standard_normal(shape)


def _of_one_sign(rng: np.random.Generator, shape: tuple[int, ...]) -> Float64:
    return rng.uniform(0.5, 1.0, shape)


def _errors(dot: Dot, arithmetic: Arithmetic, fill: Fill, seed: int) -> tuple[Float64, Float64, Float64]:
    """Of each element: its error and its bound over S, and its error in ULPs."""
    rng, dtype = np.random.default_rng(seed), numpy_dtype(dot.dtype)
    arrays = {name: fill(rng, array.shape).astype(dtype) for name, array in dot.zeros().items()}
    actual = dot.whole(arrays)
    operands = Operands(arrays["input"], arrays["weight"], None, arrays["output_gradient"])
    result = exact.evaluate(dot.pass_, operands, dot.geometry)
    bound = rounding_bound(dot.pass_, result, operands, arithmetic, dot.geometry)
    with np.errstate(invalid="ignore"):
        error = np.abs(actual.astype(np.float64) - result.rounded).ravel()
    sizes = np.broadcast_to(result.magnitude, actual.shape).ravel()
    kept = sizes > 0
    ulps = error / arithmetic.result.ulp(result.rounded).ravel()
    return error[kept] / sizes[kept], bound.ravel()[kept] / sizes[kept], ulps[kept]


def _summary(errors: Float64, allowed: Float64) -> Errors:
    return Errors(errors.size, float(errors.max()), float(np.sqrt(np.mean(errors**2))), float(allowed.max(initial=0.0)))


def _bins(ulps: Float64) -> Iterator[Bin]:
    most, below = 0.5, -1.0
    while below < ulps.max():
        yield Bin(most, int(((ulps > below) & (ulps <= most)).sum()))
        below, most = most, 2 * most
