"""The integer lattice of an arithmetic: how many bits its sums may take, how large its numbers may be.

Integers are summed without rounding, in any order, while every sum of absolute
terms fits the significand of the accumulator and of the result; and multiplied
as they are while each fits those of the storage and the multiplier. So the
lattice follows from what a candidate declares, and is that of the dtype where it
declares nothing.

A transform rounds even there, but to the right integer wherever its error bound
is below 1/2. Its lattice has numbers so small that this holds for all elements, if it does for any.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from ..answers.exact import ExactResult, term_counts
from ..answers.smallest import known
from ..numbers.arrays import Mask
from ..numbers.dtypes import Arithmetic, Format, format_of, result_dtype
from ..numbers.scaled import Scaled, unit_of
from ..problem.geometry import ConvGeometry
from ..problem.passes import ARRAYS, Operands, Pass, real_parts, shape_of
from ..rounding.bounds import rounding_bound

_PRECISION = 24
LARGEST_VALUE = 512
_MOST_OFF = 0.45
"""Below 1/2 by what the drawn values can be longer than their average."""


@dataclass(frozen=True, slots=True)
class Lattice:
    """What integers the structure check feeds.

    Parameters
    ----------
    precision : int
        The bits within which every partial sum stays.
    largest : int
        The largest absolute value of an operand.
    """

    precision: int
    largest: int

    @classmethod
    def of(cls, arithmetic: Arithmetic) -> Lattice:
        """The lattice on which an arithmetic that sums products rounds nothing."""
        formats = (arithmetic.accumulator, arithmetic.result)
        precision = min(storage_precision(arithmetic.storage.name), *(form.precision for form in formats))
        factors = (_whole(arithmetic.storage), _whole(arithmetic.multiplier), arithmetic.largest_operand)
        return cls(precision, int(min(LARGEST_VALUE, *factors)))


def storage_precision(dtype: str) -> int:
    """The bits of sums of operands of a dtype, where nothing else is declared."""
    return min(format_of(result_dtype(dtype)).precision, _PRECISION)


def _whole(form: Format) -> float:
    """The number up to which a format has all integers."""
    return form.largest if form.is_integer else 2.0**form.precision


def lattice_of(arithmetic: Arithmetic, passes: tuple[Pass, ...], geometry: ConvGeometry) -> Lattice:
    """The lattice of an arithmetic for the passes of a geometry: of a transform, one of smaller numbers.

    The bound of a bilinear map is as the square of its operands' size, and that of ones is known.
    """
    lattice = Lattice.of(arithmetic)
    if not arithmetic.does("algorithm", "transform"):
        return lattice
    formats = (arithmetic.storage, arithmetic.multiplier, arithmetic.accumulator, arithmetic.result)
    conventions = tuple(sorted(arithmetic.conventions.items()))
    worst = _bound_of_ones(passes, formats, arithmetic.result_dtype, conventions, geometry)
    largest = math.isqrt(int(_MOST_OFF / worst)) if worst else lattice.largest
    return replace(lattice, largest=max(1, min(lattice.largest, largest)))


@lru_cache(maxsize=256)
def _bound_of_ones(
    passes: tuple[Pass, ...],
    formats: tuple[Format, Format, Format, Format],
    result_dtype: str,
    conventions: tuple[tuple[str, str], ...],
    geometry: ConvGeometry,
) -> float:
    """The largest bound of an element of any pass where every operand is 1."""
    arithmetic = Arithmetic(*formats, result_dtype, dict(conventions))
    one = np.ones((), arithmetic.storage.dtype)
    ones: dict[str, Any] = {name: np.broadcast_to(one, shape_of(name, geometry)) for name in ARRAYS}
    operands = Operands(**ones, learning_rate=1.0)

    def bound(pass_: Pass) -> float:
        shape = pass_.result_shape(geometry)
        terms = np.broadcast_to(term_counts(pass_, geometry) + 1, shape)
        exact = ExactResult(Scaled.of(terms, 0), terms.astype(np.float64), known(np.ones(shape)), terms=terms)
        return float(rounding_bound(pass_, exact, operands, arithmetic, geometry).max(initial=0))

    return max(map(bound, passes))


def is_exact(exact: ExactResult, operands: Operands, arithmetic: Arithmetic, *, start: bool) -> Mask | bool:
    """Where sums of integers are not rounded: their absolute terms fit the accumulator and the result.

    True if the largest terms would fit if all were as large, which takes less time to tell.

    Parameters
    ----------
    exact : ExactResult
    operands : Operands
        Of integers.
    arithmetic : Arithmetic
        Of sums of products.
    start : bool
        Whether the sum is a step of gradient descent, in units of which its weight and its gradient are.
    """
    formats = (arithmetic.accumulator, arithmetic.result)
    limit = min(2.0**form.precision for form in formats)
    if arithmetic.multiplier != arithmetic.storage and not _fit(operands, _whole(arithmetic.multiplier)):
        return False
    if not start:
        return exact.most() < limit or np.asarray(exact.magnitude <= limit)
    rate, weight = abs(operands.learning_rate), np.abs(real_parts(operands.weight))
    limit *= unit_of(operands.learning_rate)
    return bool(rate * exact.most() + weight.max(initial=0) < limit) or rate * exact.magnitude + weight <= limit


def _fit(operands: Operands, largest: float) -> bool:
    return all(np.abs(real_parts(array)).max(initial=0) <= largest for array in operands.arrays().values())
