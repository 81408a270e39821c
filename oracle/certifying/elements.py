"""Elements of a result one by one: what each should be, without a combination."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..answers import equations, reference
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Operands, Pass, products
from .combinations import Combinations
from .held import Held, element
from .projections import expected, weight_gradients
from .sums import EXACT_FLOAT32

_MOST_TERMS = 1 << 20
"""That are summed one by one."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """An element that is wrong.

    Parameters
    ----------
    index : tuple of int
        0-based.
    actual, expected : float
    """

    index: tuple[int, ...]
    actual: float
    expected: float


def every(pass_: Pass, operands: Operands, geometry: ConvGeometry, largest: float) -> Array:
    """The right result; of operands whose every partial sum float32 holds, without a wider copy of them."""
    if pass_ is Pass.BIAS_GRADIENT:
        cotangent = operands.output_gradient
        return np.asarray(cotangent.sum(axis=(0, *range(2, cotangent.ndim)), dtype=np.float64))
    if pass_ is not Pass.WEIGHT_GRADIENT:
        return reference.evaluate(pass_, operands.map(lambda array: array.astype(np.float64, copy=False)), geometry)
    (part,), direct = products(pass_, geometry), geometry.direct
    dtype = np.float32 if largest <= EXACT_FLOAT32 else np.float64
    cotangents, images = (
        array.reshape(len(array), direct.groups, array.shape[1] // direct.groups, *array.shape[2:]).astype(
            dtype, copy=False
        )
        for array in (getattr(operands, part.left), getattr(operands, part.right))
    )
    right = np.empty((direct.groups, cotangents.shape[2], images.shape[2], *direct.kernel))
    for output, input in np.ndindex(right.shape[1:3]):
        both = (cotangents[:, :, output : output + 1], images[:, :, input : input + 1])
        right[:, output, input] = weight_gradients(*both, direct)[:, 0]
    return right.reshape(geometry.weight_shape)


def told(
    pass_: Pass, operands: Operands, actual: Array | Held, geometry: ConvGeometry, index: tuple[int, ...]
) -> Wrong:
    """An element with the sum of its terms."""
    total = 0.0
    for number, term in enumerate(equations.terms(pass_, geometry, index, bias=operands.bias is not None)):
        if number == _MOST_TERMS:
            return Wrong(index, element(actual, index), _alone(pass_, operands, geometry, index))
        total += math.prod(float(getattr(operands, factor.tensor)[factor.index]) for factor in term.factors)
    if pass_ is Pass.UPDATE:
        total = float(operands.weight[index]) - operands.learning_rate * total
    return Wrong(index, element(actual, index), total)


def _alone(pass_: Pass, operands: Operands, geometry: ConvGeometry, index: tuple[int, ...]) -> float:
    """The right value of one element, as the combination that has no other."""
    rows, columns = pass_.result_shape(geometry)[:2]
    groups = geometry.direct.groups if pass_.result_like == "weight" else 1
    first, second = np.zeros((1, rows)), np.zeros((1, groups, columns))
    first[0, index[0]] = second[0, index[0] * groups // rows, index[1]] = 1
    return float(expected(pass_, operands, geometry, Combinations(first, second, 1))[(0, *index[2:])])
