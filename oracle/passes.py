"""The passes of a convolution, the operands each one takes, and the shape it returns."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import InvalidArgument
from .geometry import ConvGeometry

Array = NDArray[Any]


class Pass(Enum):
    """A function of a convolution that an implementation offers."""

    FORWARD = "forward"
    INPUT_GRADIENT = "input_gradient"
    WEIGHT_GRADIENT = "weight_gradient"
    BIAS_GRADIENT = "bias_gradient"
    UPDATE = "update"

    def __str__(self) -> str:
        return self.value

    def result_shape(self, geometry: ConvGeometry) -> tuple[int, ...]:
        """Shape of what this pass returns for `geometry`."""
        match self:
            case Pass.FORWARD:
                return geometry.output_shape
            case Pass.INPUT_GRADIENT:
                return geometry.input_shape
            case Pass.BIAS_GRADIENT:
                return geometry.bias_shape
            case Pass.WEIGHT_GRADIENT | Pass.UPDATE:
                return geometry.weight_shape


@dataclass(frozen=True, slots=True, eq=False)
class Operands:
    """The arrays of one case, in canonical shapes and of one dtype.

    Parameters
    ----------
    input : (N, C, *I) ndarray
    weight : (K, C // groups, *R) ndarray
    bias : (K,) ndarray, or None for a convolution without bias
    output_gradient : (N, K, *O) ndarray
        Cotangent of the output, dL/dO.
    learning_rate : float
        Alpha of the update F - alpha dL/dF; a power of two, so that scaling by it is exact.
    """

    input: Array
    weight: Array
    bias: Array | None
    output_gradient: Array
    learning_rate: float = 0.5

    def arrays(self) -> dict[str, Array]:
        """The arrays by name, without an absent bias."""
        named = {name: getattr(self, name) for name in ("input", "weight", "bias", "output_gradient")}
        return {name: array for name, array in named.items() if array is not None}


def check_operands(operands: Operands, geometry: ConvGeometry, *, where: str) -> None:
    """Refuse operands whose shapes or dtypes do not fit `geometry`.

    Raises
    ------
    InvalidArgument
        Naming the first array that is not a numeric ndarray of the shape that
        `geometry` gives, or whose dtype differs from the input's.
    """
    for name, array in operands.arrays().items():
        check_array(
            name,
            array,
            getattr(geometry, "output_shape" if name == "output_gradient" else f"{name}_shape"),
            geometry,
            where=where,
        )
        if array.dtype != operands.input.dtype:
            raise InvalidArgument(
                f"{name}.dtype", str(array.dtype), f"should be that of input, {operands.input.dtype}", where=where
            )


def check_array(name: str, array: object, shape: tuple[int, ...], geometry: ConvGeometry, *, where: str) -> None:
    """Refuse an array that is not numeric or does not have the shape that `geometry` gives.

    Raises
    ------
    InvalidArgument
        With the shape received, the shape required and the geometry it follows from.
    """
    if not isinstance(array, np.ndarray):
        raise InvalidArgument(name, type(array).__name__, "should be a numpy.ndarray", where=where)
    if not _is_numeric(array):
        raise InvalidArgument(f"{name}.dtype", str(array.dtype), "should be a number type", where=where)
    if array.shape != shape:
        raise InvalidArgument(f"{name}.shape", array.shape, f"should be {shape} for {geometry}", where=where)


def _is_numeric(array: Array) -> bool:
    kind = array.dtype.kind
    return kind in "iufcO" or (kind == "V" and array.dtype.names is None and array.dtype.isbuiltin == 2)
