"""Convolutions by `scipy.signal.convolve` and loops around it; of convoracle they import nothing.

SciPy convolves two arrays and knows no stride, dilation, groups or padding. The
input is padded first. A dilated kernel is a dense one on every so manyeth element
of the input, so that no zeros are multiplied by what may be NaN; a stride keeps some
of the results, and in the weight gradient it is the dilation of the output
gradient. In the input gradient, output gradient and kernel are taken apart into pieces
whose products lie equally far apart. SciPy sums over channels, or over images in
the weight gradient, as over one more axis; the input gradient's sum over output
channels and pieces is NumPy's.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from scipy import signal


def forward(function: Callable[..., np.ndarray], **settings: object) -> Callable[..., np.ndarray]:
    """What computes the output, by a function of the input and the weight."""

    def compute(input: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None) -> np.ndarray:
        output = function(wide(input), wide(weight), **settings)
        return output if bias is None else output + bias.reshape(-1, *[1] * (output.ndim - 2))

    return compute


def input_gradient(function: Callable[..., np.ndarray], **settings: object) -> Callable[..., np.ndarray]:
    """What computes the input's gradient, by a function of the output's gradient and the weight."""
    return lambda output_gradient, weight: function(wide(output_gradient), np.conj(wide(weight)), **settings)


def weight_gradient(function: Callable[..., np.ndarray], **settings: object) -> Callable[..., np.ndarray]:
    """What computes the weight's gradient, by a function of the input and the output's gradient."""
    return lambda input, output_gradient: function(np.conj(wide(input)), wide(output_gradient), **settings)


def wide(array: np.ndarray) -> np.ndarray:
    """int8 as int32, since SciPy's result has the dtype of its operands."""
    return array.astype(np.int32) if array.dtype == np.int8 else array


def convolution(
    source: np.ndarray,
    weight: np.ndarray,
    *,
    size: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[tuple[int, int]],
    dilation: Sequence[int],
    groups: int,
    mode: Literal["constant", "reflect", "edge", "wrap"],
    method: str,
) -> np.ndarray:
    """The output, of spatial `size`."""
    padded = np.pad(source, ((0, 0), (0, 0), *padding), mode=mode)
    output = np.empty((len(source), len(weight), *size), source.dtype)
    kept = tuple(slice(None, None, step) for step in stride)
    columns = weight.shape[1]
    for n, k in np.ndindex(output.shape[:2]):
        group = k // (len(weight) // groups)
        channels = padded[n, group * columns : (group + 1) * columns]
        output[n, k] = correlate(channels, weight[k], dilation, method)[kept]
    return output


def transposed_convolution(
    source: np.ndarray,
    weight: np.ndarray,
    *,
    size: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[tuple[int, int]],
    dilation: Sequence[int],
    groups: int,
    method: str,
) -> np.ndarray:
    """The output, of spatial `size`, off whose edges the padding was cut: the input gradient of a convolution."""
    whole = tuple(n + sum(sides) for n, sides in zip(size, padding, strict=True))
    output = np.zeros((len(source), weight.shape[1] * groups, *whole), source.dtype)
    rows = len(weight) // groups
    for n, c in np.ndindex(output.shape[:2]):
        group, column = divmod(c, weight.shape[1])
        for k in range(group * rows, (group + 1) * rows):
            add_products(source[n, k], weight[k, column], stride, dilation, method, output[n, c])
    inside = (slice(low, low + n) for n, (low, _) in zip(size, padding, strict=True))
    return np.ascontiguousarray(output[:, :, *inside])


def products_over_images(
    source: np.ndarray,
    gradient: np.ndarray,
    *,
    size: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[tuple[int, int]],
    dilation: Sequence[int],
    groups: int,
    mode: Literal["constant", "reflect", "edge", "wrap"],
    method: str,
) -> np.ndarray:
    """The gradient of a weight of spatial `size`."""
    padded = np.pad(source, ((0, 0), (0, 0), *padding), mode=mode)
    result = np.zeros((gradient.shape[1], source.shape[1] // groups, *size), source.dtype)
    kept = tuple(slice(0, d * (r - 1) + 1, d) for d, r in zip(dilation, size, strict=True))
    for k, column in np.ndindex(*result.shape[:2] if len(source) else (0, 0)):
        c = k // (len(result) // groups) * result.shape[1] + column
        result[k, column] = correlate(padded[:, c], gradient[:, k], stride, method)[kept]
    return result


def transposed_products_over_images(source: np.ndarray, gradient: np.ndarray, **settings: Any) -> np.ndarray:
    """The gradient of a transposed convolution's weight: that of a convolution from the output to the input."""
    return products_over_images(gradient, source, **settings)


def correlate(source: np.ndarray, kernel: np.ndarray, dilation: Sequence[int], method: str) -> np.ndarray:
    """The sums over the first axis and the windows of a dilated kernel, at every position."""
    axes = zip(source.shape[1:], kernel.shape[1:], dilation, strict=True)
    sums = np.empty(tuple(size - d * (r - 1) for size, r, d in axes), source.dtype)
    for first in np.ndindex(*map(min, dilation, sums.shape)):
        chosen = tuple(slice(start, None, d) for start, d in zip(first, dilation, strict=True))
        sums[chosen] = signal.convolve(source[:, *chosen], np.flip(kernel), mode="valid", method=method)[0]
    return sums


def add_products(
    source: np.ndarray,
    kernel: np.ndarray,
    stride: Sequence[int],
    dilation: Sequence[int],
    method: str,
    output: np.ndarray,
) -> None:
    """Add the product of each position p of the source and tap r of the kernel to position s p + d r of the output.

    Of every (d / g)-th position and every (s / g)-th tap, g being the greatest common
    divisor, the products lie s d / g apart, as in a convolution.
    """
    common = tuple(map(math.gcd, stride, dilation))
    positions = tuple(d // g for d, g in zip(dilation, common, strict=True))
    taps = tuple(s // g for s, g in zip(stride, common, strict=True))
    for at in np.ndindex(*map(min, positions, source.shape)):
        for tap in np.ndindex(*map(min, taps, kernel.shape)):
            part = source[tuple(slice(start, None, step) for start, step in zip(at, positions, strict=True))]
            some = kernel[tuple(slice(start, None, step) for start, step in zip(tap, taps, strict=True))]
            sums = signal.convolve(part, some, mode="full", method=method)
            starts = (s * p + d * r for s, p, d, r in zip(stride, at, dilation, tap, strict=True))
            axes = zip(starts, map(math.prod, zip(stride, positions, strict=True)), sums.shape, strict=True)
            output[tuple(slice(start, start + step * (n - 1) + 1, step) for start, step, n in axes)] += sums
