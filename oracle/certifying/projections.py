"""What combinations of a result's elements must be, from the operands: one image, or one channel, instead of all.

Each pass is a sum of bilinear maps, and so are its combinations over two axes. With ⋆ the correlation,
Σ u_n v_k O[n, k] = (Σ u_n X[n]) ⋆ (Σ v_k F[k]), where filters of different groups lie beside each other as channels
of one filter; Σ u_n v_c ∂X[n, c] likewise of the output gradient; and Σ u_k v_c ∂F[k, c] is the weight gradient,
summed over the groups, of one channel a group: Σ v_c X[·, c] with Σ u_k ∂O[·, k]. On the integer lattice all sums are
integers of at most 2**53, which float64 adds in any order without rounding, and float32 those of at most 2**24.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..answers import bilinear
from ..numbers.arrays import Float64
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Operands, Pass, Product, offset, products
from . import taps
from .combinations import Combinations
from .held import NONE_HELD, Held, fetched
from .lines import of_lines
from .sums import at_a_time, channel_sums, over_channels, slabs, weighed


def projected(actual: Array | Held, combinations: Combinations, largest: float = math.inf) -> Float64:
    """(t, *positions) the combinations of a result's elements; without the first axis of positions where it is summed.

    Parameters
    ----------
    actual : ndarray or Held
    combinations : Combinations
    largest : float
        No element is larger in size, in units of which all are multiples: what tells where float32 is exact.
    """
    rows, columns, *places = actual.shape
    elements, groups = math.prod(places), combinations.second.shape[1]
    total = np.zeros((combinations.count, elements))
    if isinstance(actual, Held):
        total = weighed(combinations.weights().reshape(combinations.count, -1), actual.reshape(-1, elements), largest)
    elif groups > 1:
        pairs = rows // groups * columns
        for some in slabs(groups, combinations.count * pairs):
            weights = combinations.of_groups(some).weights().reshape(combinations.count, -1)
            of_groups = slice(some.start * rows // groups, some.stop * rows // groups)
            total += weighed(weights, actual[of_groups].reshape(-1, elements), largest)
    else:
        for images, _, across, sums in over_channels(combinations.second.swapaxes(0, 1), actual, largest):
            total[:, across] += np.einsum("tn,ntp->tp", combinations.first[:, images], sums[:, 0])
    total = total.reshape(combinations.count, *places)
    return total if combinations.lines is None else np.einsum("tl,tl...->t...", combinations.lines, total)


def expected(
    pass_: Pass,
    operands: Operands,
    geometry: ConvGeometry,
    combinations: Combinations,
    largest: float = math.inf,
    held: Mapping[str, Held] = NONE_HELD,
) -> Float64:
    """(t, *positions) what the combinations of a right result are; without the first axis where that is summed.

    Parameters
    ----------
    pass_ : Pass
        Any but the bias gradient.
    operands : Operands
        On the integer lattice.
    geometry : ConvGeometry
    combinations : Combinations
    largest : float
        No element of an operand is larger in size.
    held : mapping of str to Held
        Operands like images that are read on a device.
    """
    read = {**operands.arrays(), **held}
    total = sum(_of_product(part, read, geometry.direct, combinations, largest) for part in products(pass_, geometry))
    assert isinstance(total, np.ndarray)
    if pass_ is Pass.UPDATE:
        total = projected(operands.weight, combinations, largest) - operands.learning_rate * total
    added = offset(pass_)
    column = getattr(operands, added) if added else None
    if column is not None:
        sums = combinations.first.sum(axis=1) * (combinations.second[:, 0] @ column.astype(np.float64))
        if combinations.lines is not None:
            sums *= combinations.lines.sum(axis=1)
        total = total + sums.reshape(-1, *(1,) * (total.ndim - 1))
    return total


def _of_product(
    part: Product, read: Mapping[str, Any], direct: ConvGeometry, combinations: Combinations, largest: float
) -> Float64:
    left, right = read[part.left], read[part.right]
    match part.kind:
        case Pass.FORWARD:
            return _forward(left, right, direct, combinations, largest)
        case Pass.INPUT_GRADIENT:
            return _input_gradient(left, right, direct, combinations, largest)
        case _:
            return _weight_gradient(left, right, direct, combinations, largest)


def _forward(
    input: Array | Held, weight: Array, direct: ConvGeometry, combinations: Combinations, largest: float
) -> Float64:
    factors = combinations.second[:, 0].reshape(combinations.count, direct.groups, -1).swapaxes(0, 1)
    (combined,) = channel_sums(factors, weight.reshape(1, len(weight), -1), largest)
    filters = combined.swapaxes(0, 1).reshape(combinations.count, direct.in_channels, *direct.kernel)
    return _of_images(input, filters, direct, combinations, largest)


def _input_gradient(
    output_gradient: Array | Held, weight: Array, direct: ConvGeometry, combinations: Combinations, largest: float
) -> Float64:
    if direct.groups == 1:
        filters = channel_sums(combinations.second[:, 0][None], weight, largest)[:, 0].swapaxes(0, 1)
    else:
        factors = combinations.second[:, 0].reshape(combinations.count, direct.groups, -1)
        filters = _of_grouped(weight.reshape(direct.groups, -1, *weight.shape[1:]), factors)
    return _of_images(output_gradient, filters, direct, combinations, largest, is_forward=False)


def _of_grouped(weight: Array, factors: Float64) -> Float64:
    """(t, K, *R) the sums over the input channels of each group, of a weight (G, k, j, *R), with factors (t, G, j)."""
    groups, outputs, inputs, *taps = weight.shape
    filters = np.empty((len(factors), groups, outputs, *taps))
    for some in slabs(groups, outputs * inputs * math.prod(taps)):
        filters[:, some] = np.einsum("tgj,gkj...->tgk...", factors[:, some], weight[some].astype(np.float64))
    return filters.reshape(len(factors), groups * outputs, *taps)


def _of_images(
    images: Array | Held,
    filters: Float64,
    direct: ConvGeometry,
    combinations: Combinations,
    largest: float,
    *,
    is_forward: bool = True,
) -> Float64:
    """The sum of what filters, (t, channels, *R), make of images, each with its factors.

    Images are summed first where that takes no more than half of their memory.
    """
    factors = combinations.first
    if combinations.lines is not None:
        return of_lines(images, filters, direct, combinations, largest, is_forward=is_forward)
    correlated = _correlated if is_forward else _correlated_back
    if len(images) < 4 * len(filters):
        size = direct.output_size if is_forward else direct.size
        total = np.zeros((len(filters), *size))
        for image, of_image in zip(fetched(images), factors.T, strict=True):
            total += of_image.reshape(-1, *(1,) * direct.rank) * correlated(image, filters, direct)
        return total
    summed = weighed(factors, images.reshape(len(images), math.prod(images.shape[1:])), largest)
    each = zip(summed, filters, strict=True)
    return np.concatenate([correlated(image.reshape(images.shape[1:]), one[None], direct) for image, one in each])


def _correlated(image: Array, filters: Float64, direct: ConvGeometry) -> Float64:
    """(T, *O) what filters, (T, C, *R), make of an image."""
    if _is_by_taps(image, filters, direct.output_size, direct):
        return taps.forward(image, filters, direct)
    one = replace(direct, batch=1, out_channels=len(filters), groups=1)
    made: Float64 = bilinear.forward(image[None], filters, one)[0]
    return made


def _correlated_back(image: Array, filters: Float64, direct: ConvGeometry) -> Float64:
    """(T, *I) the gradients of channels, each with its filter, (T, K, *R), of an output gradient."""
    if _is_by_taps(image, filters, direct.size, direct):
        return taps.input_gradient(image, filters, direct)
    one = replace(direct, batch=1, in_channels=len(filters), groups=1)
    gradient: Float64 = bilinear.input_gradient(image[None], filters.swapaxes(0, 1), one)[0]
    return gradient


def _is_by_taps(image: Array, filters: Float64, size: tuple[int, ...], direct: ConvGeometry) -> bool:
    """Whether windows would have more elements than what each tap comes to, which is written and read."""
    channels, *places = image.shape
    return direct.padding_mode == "zeros" and channels * math.prod(size) > 2 * len(filters) * math.prod(places)


def _weight_gradient(
    output_gradient: Array | Held, input: Array | Held, direct: ConvGeometry, combinations: Combinations, largest: float
) -> Float64:
    groups, count = direct.groups, combinations.count
    total = np.zeros((groups, count, *direct.kernel))
    of_outputs = combinations.first.reshape(count, groups, -1).swapaxes(0, 1)
    of_inputs = combinations.second.swapaxes(0, 1)
    step = at_a_time(max(math.prod(input.shape[1:]), math.prod(output_gradient.shape[1:])))
    for start in range(0, len(input), step):
        images = slice(start, start + step)
        cotangents = channel_sums(of_outputs, output_gradient[images], largest)
        total += weight_gradients(cotangents, channel_sums(of_inputs, input[images], largest), direct)
    summed: Float64 = total.sum(axis=0)
    return summed


def weight_gradients(cotangents: Array, images: Array, direct: ConvGeometry) -> Array:
    """(G, M, *R) the gradients of filters of a channel, from (N, G, M, *O) and (N, G, M, *I); in their dtype."""
    batch, groups, many, *_ = images.shape
    of_outputs, of_inputs = (array.reshape(batch, groups * many, *array.shape[3:]) for array in (cotangents, images))
    if direct.padding_mode == "zeros":
        gradient = taps.weight_gradient(of_outputs, of_inputs, direct)
    else:
        channels = dict.fromkeys(("groups", "in_channels", "out_channels"), groups * many)
        gradient = bilinear.weight_gradient(of_inputs, of_outputs, replace(direct, batch=batch, **channels))
    return gradient.reshape(groups, many, *direct.kernel)
