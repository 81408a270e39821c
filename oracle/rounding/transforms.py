"""What transforms can be off by: Winograd's, the FFT, and whatever else mixes all of a plane before it multiplies.

The bound of the FFT holds for a plane as a whole (Higham 2002, Accuracy and
Stability of Numerical Algorithms, theorem 24.2): each transform of m points has a
relative error of about 5 log2(m) u in the Euclidean norm. Three of them and the
products between stand for one correlation, so that every element of it is off by
at most a constant times log2(m) u times the norms of the two planes; of a sum of
planes, by Cauchy and Schwarz, times the norms of all that are summed, and once
more u times their number. Two real planes may have been transformed as one complex,
which has the norm of both: the norms are those of the longest, twice. Tiles of
Winograd's are smaller transforms, with larger constants the larger they are.

Underflow: a product that underflows is off by half a subnormal's spacing h, three
of them for a complex one. A transform doubles the squared norm of such errors from
step to step, so that after the last of log2(m) steps they have a norm of less than
11 h m. Multiplied by the other transform, whose norm is sqrt(m) times that of the
operand, and divided by m in the inverse, every element is off by less than
11 h sqrt(m) times the operand's norm. Where operands are halved (or scaled otherwise) first,
what underflows then is of this size, too, and of the result twice of all of it.
"""

from __future__ import annotations

import math

import numpy as np

from ..numbers.dtypes import Arithmetic
from ..numbers.roundings import half_spacing
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Operands, Pass, Product, products, real_parts

_CONSTANT = 16.0
"""Three transforms of about 5 log2(m) u each, and the products between."""
_TWO_PLANES_AS_ONE = 2.0
_SCALED_FIRST = 2.0


def transform_bound(pass_: Pass, operands: Operands, arithmetic: Arithmetic, geometry: ConvGeometry) -> float:
    """What every element of a pass may be off by where it is computed by transforms.

    Padding that repeats data multiplies it by how often it does.
    """
    u = max(arithmetic.accumulator.unit_roundoff, arithmetic.multiplier.unit_roundoff)
    steps, error = _steps(geometry), 0.0
    for part in products(pass_, geometry):
        left, right = _norms(part, operands, geometry.direct)
        error += (steps + _summed(part, geometry.direct)) * left * right
    h = max(half_spacing(form) for form in (arithmetic.accumulator, arithmetic.multiplier))
    repeated = most_repetitions(geometry) * _TWO_PLANES_AS_ONE
    return repeated * u * error + transform_underflow(pass_, operands, h, geometry)


def transform_underflow(pass_: Pass, operands: Operands, each: float, geometry: ConvGeometry) -> float:
    """What every element may be off by where each operation of a transform is, by so much."""
    steps, points, size = _steps(geometry), _points(geometry.direct), 0.0
    for part in products(pass_, geometry):
        summed = _summed(part, geometry.direct)
        size += math.sqrt(points * summed) * sum(_norms(part, operands, geometry.direct)) + summed
    return most_repetitions(geometry) * _SCALED_FIRST * _TWO_PLANES_AS_ONE * steps * each * size


def transform_range(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> float:
    """The largest number on the way of any element: in spectra, in their products, and in those before they are scaled.

    A spectrum is at most the sum of its plane, which is at most the root of its points times its norm.
    """
    points, largest, parts = _points(geometry.direct), 0.0, products(pass_, geometry)
    for part in parts:
        factors = [_TWO_PLANES_AS_ONE * math.sqrt(points) * norm for norm in _norms(part, operands, geometry.direct)]
        product = math.prod(factors) * most_repetitions(geometry) * len(parts)
        largest = max(largest, *factors, points * product)
    return largest


def most_repetitions(geometry: ConvGeometry) -> int:
    """How often the padding mode has the most repeated input element in the padded input."""
    most = 1
    if geometry.padding_mode != "zeros" and not geometry.is_degenerate:
        for axis in range(geometry.rank):
            most *= int(np.bincount(geometry.repeated_positions(axis)).max())
    return most


def _steps(geometry: ConvGeometry) -> float:
    return _CONSTANT * (math.log2(max(_points(geometry.direct), 2)) + 1)


def _points(direct: ConvGeometry) -> int:
    """Of the transform of one plane."""
    return math.prod(
        size + low + high + d * (r - 1)
        for size, (low, high), d, r in zip(direct.size, direct.padding, direct.dilation, direct.kernel, strict=True)
    )


def _summed(part: Product, direct: ConvGeometry) -> int:
    """How many planes are summed in one of the result."""
    return {
        Pass.FORWARD: direct.in_channels // direct.groups,
        Pass.INPUT_GRADIENT: direct.out_channels // direct.groups,
        Pass.WEIGHT_GRADIENT: direct.batch,
    }[part.kind]


def _norms(part: Product, operands: Operands, direct: ConvGeometry) -> tuple[float, float]:
    """The largest norms of the planes of each factor that are summed in one plane of the result."""
    left, right = getattr(operands, part.left), getattr(operands, part.right)
    groups, inputs, outputs = direct.groups, direct.in_channels // direct.groups, direct.out_channels // direct.groups
    match part.kind:
        case Pass.FORWARD:
            return _norm(left, (direct.batch, groups, inputs), 2), _norm(right, (direct.out_channels, inputs), 1)
        case Pass.INPUT_GRADIENT:
            return _norm(left, (direct.batch, groups, outputs), 2), _norm(right, (groups, outputs, inputs), 1)
        case _:
            return _norm(left, left.shape[:2], 0), _norm(right, right.shape[:2], 0)


def _norm(array: Array, planes: tuple[int, ...], axis: int) -> float:
    """The largest norm of planes taken together along an axis; complex numbers have two squares each."""
    values = real_parts(array)
    largest = float(np.abs(values).max(initial=0))
    if largest == 0:
        return 0.0
    squares = np.square(values / largest).reshape(*planes, math.prod(values.shape[2:]))
    return largest * math.sqrt(float(squares.sum(axis=(axis, len(planes))).max()))
