"""SciPy as a candidate: `scipy.signal.convolve`, by sums of products or by the FFT, on any number of spatial axes.

SciPy convolves two arrays and knows no stride, dilation, groups or padding. The
input is padded and the weight dilated with zeros first; a stride keeps some of
the results, and is zeros between the elements of the output gradient. SciPy sums
over channels, or over images in the weight gradient, as over one more axis.
int8 is widened to int32, since SciPy's result has the dtype of its operands. A NaN
reaches what would have read it through one of the zeros between elements.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy
import scipy.signal

from ...oracle.geometry import ConvGeometry
from ...oracle.passes import Array, Pass
from .scipy_text import PAD_MODES, write_call

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
        self._method = method

    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        if dtype not in _DTYPES[self._method]:
            return f"scipy.signal.convolve by method {self._method!r} does not take {dtype}"
        if geometry.padding_mode != "zeros" and pass_ is Pass.INPUT_GRADIENT:
            return "SciPy has no gradient of a padding other than zeros"
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
        return write_call(pass_, geometry, dtype, method=self._method, bias=bias)

    def _forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        padded, taps = _padded(input, geometry), _spread(weight, geometry.dilation)
        output = np.empty(geometry.output_shape, input.dtype)
        kept = tuple(slice(None, None, stride) for stride in geometry.stride)
        for image, filter_ in np.ndindex(geometry.batch, geometry.out_channels):
            group = _channels_of_group(filter_, geometry)
            flipped = np.flip(taps[filter_])
            sums = scipy.signal.convolve(padded[image, group], flipped, mode="valid", method=self._method)
            output[image, filter_] = sums[0][kept]
        return output

    def _input_gradient(self, output_gradient: Array, weight: Array, geometry: ConvGeometry) -> Array:
        spread, taps = _spread(output_gradient, geometry.stride), _spread(weight, geometry.dilation)
        padded = np.zeros(
            (*geometry.input_shape[:2], *map(_padded_size, geometry.size, geometry.padding)), spread.dtype
        )
        filters = geometry.out_channels // geometry.groups
        for image, channel in np.ndindex(geometry.batch, geometry.in_channels):
            group, within = divmod(channel, geometry.in_channels // geometry.groups)
            chosen = slice(group * filters, (group + 1) * filters)
            reversed_ = taps[chosen, within][::-1]
            sums = scipy.signal.convolve(spread[image, chosen], reversed_, mode="full", method=self._method)[
                filters - 1
            ]
            padded[image, channel][tuple(map(slice, sums.shape))] = sums
        inside = (slice(low, low + size) for (low, _), size in zip(geometry.padding, geometry.size, strict=True))
        return np.ascontiguousarray(padded[:, :, *inside])

    def _weight_gradient(self, input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        padded, spread = _padded(input, geometry), _spread(output_gradient, geometry.stride)
        gradient = np.zeros(geometry.weight_shape, input.dtype)
        kept = tuple(slice(0, d * (r - 1) + 1, d) for d, r in zip(geometry.dilation, geometry.kernel, strict=True))
        for filter_, within in np.ndindex(*geometry.weight_shape[:2] if geometry.batch else (0, 0)):
            channel = _channels_of_group(filter_, geometry).start + within
            flipped = np.flip(spread[:, filter_])
            sums = scipy.signal.convolve(padded[:, channel], flipped, mode="valid", method=self._method)
            gradient[filter_, within] = sums[0][kept]
        return gradient


def candidate() -> SciPy:
    """The built-in candidate ``scipy``."""
    return SciPy("direct")


def fft_candidate() -> SciPy:
    """The built-in candidate ``scipy-fft``."""
    return SciPy("fft")


def _wide(array: Array) -> Array:
    return array.astype(np.int32) if array.dtype == np.int8 else array


def _padded(input: Array, geometry: ConvGeometry) -> Array:
    return np.pad(input, ((0, 0), (0, 0), *geometry.padding), mode=PAD_MODES[geometry.padding_mode])  # type: ignore[call-overload,no-any-return]


def _padded_size(size: int, sides: tuple[int, int]) -> int:
    return size + sum(sides)


def _spread(array: Array, step: Sequence[int]) -> Array:
    """Zeros between the elements of the spatial axes, which come to lie `step` apart."""
    lengths = (each * (size - 1) + 1 for each, size in zip(step, array.shape[2:], strict=True))
    spread = np.zeros((*array.shape[:2], *lengths), array.dtype)
    spread[:, :, *(slice(None, None, each) for each in step)] = array
    return spread


def _channels_of_group(filter_: int, geometry: ConvGeometry) -> slice:
    channels = geometry.in_channels // geometry.groups
    group = filter_ // (geometry.out_channels // geometry.groups)
    return slice(group * channels, (group + 1) * channels)
