"""The built-in candidate ``mlx``.

MLX wants channels last, and has padding that differs between the sides for the
plain convolution only: what a transposed one is to lose on one side only is cut
off its result. No array is made before the process that makes the calls was
forked: MLX's threads would not survive that.
"""

from __future__ import annotations

from importlib.metadata import version as version_of

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Array, Operands, Pass
from ..calls import reverse_mode
from ..calls.adapter import Adapter
from ..calls.padding import cut_evenly, kept
from ..calls.source_text import Call, operand_names
from . import convolution as own

_DTYPES = ("float64", "float32", "float16", "bfloat16")
_NOT_WRITTEN = "unsupported data type"


class MLX(Adapter):
    """The convolutions of MLX."""

    name = "mlx"
    version = version_of("mlx")
    passes = frozenset(Pass)
    dtypes = _DTYPES

    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        if dtype not in _DTYPES:
            return f"MLX has no convolution of {dtype}"
        if geometry.rank > 3:
            return f"MLX has convolutions of 1 to 3 spatial axes, not {geometry.rank}"
        if geometry.rank == 3 and geometry.groups > 1:
            return "MLX has no groups in convolutions of 3 spatial axes"
        if geometry.padding_mode not in ("zeros", "replicate"):
            return f"MLX has no padding of mode {geometry.padding_mode}"
        return "MLX has no forward mode of a convolution" if pass_ is Pass.JVP else None

    def call(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> Call:
        derivative = getattr(reverse_mode, pass_.value)
        settings = {"derivative": derivative, "groups": geometry.groups}
        settings |= _transposed(geometry) if geometry.transposed else _plain(geometry)
        return Call(own.derived, settings, operand_names(derivative))

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        try:
            return super().evaluate(pass_, operands, geometry)
        except ValueError as error:
            if _NOT_WRITTEN in str(error):
                raise NotImplementedError(str(error)) from error
            raise


def candidate() -> MLX:
    """The built-in candidate ``mlx``."""
    return MLX()


def _plain(geometry: ConvGeometry) -> dict[str, object]:
    function = own.convolution_of_replicated if geometry.padding_mode == "replicate" else own.convolution
    settings = {"stride": geometry.stride, "padding": geometry.padding, "dilation": geometry.dilation}
    return {"convolution": function, **settings}


def _transposed(geometry: ConvGeometry) -> dict[str, object]:
    """Stride, padding, dilation and output padding are tuples, or numbers for one axis."""
    cut = cut_evenly(geometry)
    settings = {
        "stride": geometry.stride,
        "padding": cut,
        "dilation": geometry.dilation,
        "output_padding": geometry.output_padding,
    }
    return {
        "convolution": own.transposed_convolution,
        "function": f"conv_transpose{geometry.rank}d",
        "kept": kept(geometry, cut),
        **{name: axes[0] if geometry.rank == 1 else axes for name, axes in settings.items()},
    }
