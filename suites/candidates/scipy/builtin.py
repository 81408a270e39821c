"""SciPy as a candidate: `scipy.signal.convolve`, by sums of products or by the FFT, on any number of spatial axes.

SciPy convolves two arrays and knows no stride, dilation, groups or padding. The
input is padded first. A dilated kernel is a dense one on every so manyeth element
of the input, so that no zeros are multiplied by what may be NaN; a stride keeps some
of the results, and in the weight gradient it is the dilation of the output
gradient. In the input gradient, output gradient and kernel are taken apart into pieces
whose products lie equally far apart. SciPy sums over channels, or over images in
the weight gradient, as over one more axis; the input gradient's sum over output
channels and pieces is NumPy's. int8 is widened to int32, since SciPy's result has
the dtype of its operands.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import scipy
import scipy.signal

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.padding import NUMPY_MODES
from ....oracle.problem.passes import Array, Pass
from .call_text import write_scipy_call

_DTYPES = {
    "direct": ("float64", "float32", "complex128", "complex64", "int8"),
    "fft": ("float64", "float32", "float16", "complex128", "complex64", "int8"),
}


class SciPy:
    """One method of `scipy.signal.convolve`: ``"direct"`` or ``"fft"``."""

    version = scipy.__version__

    def __init__(self, method: str) -> None:
        self.name = "scipy" if method == "direct" else "scipy-fft"
        self.conventions = {"contamination": "spreads"} if method == "direct" else {"algorithm": "transform"}
        self.accumulators = {} if method == "direct" else {"float16": "float32"}
        self.dtypes = _DTYPES[method]
        self._method = method

    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        if dtype not in _DTYPES[self._method]:
            return f"scipy.signal.convolve by method {self._method!r} does not take {dtype}"
        if geometry.padding_mode != "zeros" and pass_ is Pass.INPUT_GRADIENT:
            return "SciPy has no gradient of a padding other than zeros"
        if geometry.is_padded_by_strides:
            return "this candidate computes transposed convolutions with output padding below the stride only"
        return None

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        source, filters = _wide(input), _wide(weight)
        output = (self._input_gradient if geometry.transposed else self._forward)(source, filters, geometry.direct)
        return output if bias is None else output + bias.reshape(-1, *(1,) * geometry.rank)

    def input_gradient(self, output_gradient: Array, weight: Array, geometry: ConvGeometry) -> Array:
        gradient, filters = _wide(output_gradient), np.conj(_wide(weight))
        return (self._forward if geometry.transposed else self._input_gradient)(gradient, filters, geometry.direct)

    def weight_gradient(self, input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        source, gradient = np.conj(_wide(input)), _wide(output_gradient)
        if geometry.transposed:
            source, gradient = gradient, source
        return self._weight_gradient(source, gradient, geometry.direct)

    def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
        return write_scipy_call(pass_, geometry, dtype, method=self._method, bias=bias)

    def _forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        padded = _padded(input, geometry)
        output = np.empty(geometry.output_shape, input.dtype)
        kept = tuple(slice(None, None, stride) for stride in geometry.stride)
        for image, filter_ in np.ndindex(geometry.batch, geometry.out_channels):
            source = padded[image, _channels_of_group(filter_, geometry)]
            output[image, filter_] = self._correlate(source, weight[filter_], geometry.dilation)[kept]
        return output

    def _input_gradient(self, output_gradient: Array, weight: Array, geometry: ConvGeometry) -> Array:
        padded = np.zeros((*geometry.input_shape[:2], *geometry.padded_size), output_gradient.dtype)
        filters = geometry.out_channels // geometry.groups
        for image, channel in np.ndindex(geometry.batch, geometry.in_channels):
            group, within = divmod(channel, geometry.in_channels // geometry.groups)
            for filter_ in range(group * filters, (group + 1) * filters):
                self._scatter(
                    output_gradient[image, filter_], weight[filter_, within], geometry, padded[image, channel]
                )
        inside = (slice(low, low + size) for (low, _), size in zip(geometry.padding, geometry.size, strict=True))
        return np.ascontiguousarray(padded[:, :, *inside])

    def _weight_gradient(self, input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        padded = _padded(input, geometry)
        gradient = np.zeros(geometry.weight_shape, input.dtype)
        kept = tuple(slice(0, d * (r - 1) + 1, d) for d, r in zip(geometry.dilation, geometry.kernel, strict=True))
        for filter_, within in np.ndindex(*geometry.weight_shape[:2] if geometry.batch else (0, 0)):
            channel = _channels_of_group(filter_, geometry).start + within
            sums = self._correlate(padded[:, channel], output_gradient[:, filter_], geometry.stride)
            gradient[filter_, within] = sums[kept]
        return gradient

    def _correlate(self, source: Array, kernel: Array, dilation: Sequence[int]) -> Array:
        """The sums over the first axis and the windows of a dilated kernel, at every position."""
        axes = zip(source.shape[1:], kernel.shape[1:], dilation, strict=True)
        sums = np.empty(tuple(size - d * (r - 1) for size, r, d in axes), source.dtype)
        for first in np.ndindex(*map(min, dilation, sums.shape)):
            chosen = tuple(map(slice, first, (None,) * len(first), dilation))
            dense = source[:, *chosen]
            sums[chosen] = scipy.signal.convolve(dense, np.flip(kernel), mode="valid", method=self._method)[0]
        return sums

    def _scatter(self, gradient: Array, kernel: Array, geometry: ConvGeometry, padded: Array) -> None:
        """Add the product of each position p of the gradient and tap r of the kernel to position s p + d r.

        Of every (d / g)-th position and every (s / g)-th tap, g being the greatest common
        divisor, the products lie s d / g apart, as in a convolution.
        """
        common = tuple(map(math.gcd, geometry.stride, geometry.dilation))
        positions = tuple(d // g for d, g in zip(geometry.dilation, common, strict=True))
        taps = tuple(s // g for s, g in zip(geometry.stride, common, strict=True))
        for at in np.ndindex(*map(min, positions, gradient.shape)):
            for tap in np.ndindex(*map(min, taps, kernel.shape)):
                part = gradient[tuple(map(slice, at, (None,) * len(at), positions))]
                some = kernel[tuple(map(slice, tap, (None,) * len(tap), taps))]
                sums = scipy.signal.convolve(part, some, mode="full", method=self._method)
                starts = (s * p + d * r for s, p, d, r in zip(geometry.stride, at, geometry.dilation, tap, strict=True))
                steps = (s * n for s, n in zip(geometry.stride, positions, strict=True))
                axes = zip(starts, steps, sums.shape, strict=True)
                padded[tuple(slice(start, start + step * (n - 1) + 1, step) for start, step, n in axes)] += sums


def candidate() -> SciPy:
    """The built-in candidate ``scipy``."""
    return SciPy("direct")


def fft_candidate() -> SciPy:
    """The built-in candidate ``scipy-fft``."""
    return SciPy("fft")


def _wide(array: Array) -> Array:
    return array.astype(np.int32) if array.dtype == np.int8 else array


def _padded(input: Array, geometry: ConvGeometry) -> Array:
    return np.pad(input, ((0, 0), (0, 0), *geometry.padding), mode=NUMPY_MODES[geometry.padding_mode])  # type: ignore[call-overload,no-any-return]


def _channels_of_group(filter_: int, geometry: ConvGeometry) -> slice:
    channels = geometry.in_channels // geometry.groups
    group = filter_ // (geometry.out_channels // geometry.groups)
    return slice(group * channels, (group + 1) * channels)
