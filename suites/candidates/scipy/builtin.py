"""The built-in candidates of SciPy: `scipy.signal.convolve`, by sums of products or by the FFT."""

from __future__ import annotations

from collections.abc import Callable

import scipy

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.padding import NUMPY_MODES
from ....oracle.problem.passes import Array, Pass
from ..calls.adapter import Adapter
from ..calls.source_text import Call
from . import convolution as own

_DTYPES = {
    "direct": ("float64", "float32", "complex128", "complex64", "int8"),
    "fft": ("float64", "float32", "float16", "complex128", "complex64", "int8"),
}
_OPERANDS = {
    Pass.FORWARD: ("input", "weight", "bias"),
    Pass.INPUT_GRADIENT: ("output_gradient", "weight"),
    Pass.WEIGHT_GRADIENT: ("input", "output_gradient"),
}
_FUNCTIONS: dict[tuple[Pass, bool], tuple[Callable[..., Callable[..., Array]], Callable[..., Array]]] = {
    (Pass.FORWARD, False): (own.forward, own.convolution),
    (Pass.FORWARD, True): (own.forward, own.transposed_convolution),
    (Pass.INPUT_GRADIENT, False): (own.input_gradient, own.transposed_convolution),
    (Pass.INPUT_GRADIENT, True): (own.input_gradient, own.convolution),
    (Pass.WEIGHT_GRADIENT, False): (own.weight_gradient, own.products_over_images),
    (Pass.WEIGHT_GRADIENT, True): (own.weight_gradient, own.transposed_products_over_images),
}
"""Pass and whether the convolution is transposed -> what prepares it, and the function of two arrays."""


class SciPy(Adapter):
    """One method of `scipy.signal.convolve`: ``"direct"`` or ``"fft"``."""

    version = scipy.__version__
    passes = frozenset(_OPERANDS)

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

    def call(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> Call:
        prepare, function = _FUNCTIONS[pass_, geometry.transposed]
        direct = geometry.direct
        settings: dict[str, object] = {
            "function": function,
            "size": pass_.result_shape(geometry)[2:],
            "stride": direct.stride,
            "padding": direct.padding,
            "dilation": direct.dilation,
            "groups": direct.groups,
            "method": self._method,
        }
        if function is not own.transposed_convolution:
            settings["mode"] = NUMPY_MODES[direct.padding_mode]
        return Call(prepare, settings, _OPERANDS[pass_])


def candidate() -> SciPy:
    """The built-in candidate ``scipy``."""
    return SciPy("direct")


def fft_candidate() -> SciPy:
    """The built-in candidate ``scipy-fft``."""
    return SciPy("fft")
