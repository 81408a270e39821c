"""The passes of a convolution: the operands each one takes, the products it sums, and the shape it returns."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, fields, replace
from enum import Enum
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidArgument
from .geometry import ConvGeometry

Array = NDArray[Any]


class Pass(Enum):
    """A function of a convolution that an implementation offers.

    The last four are of second order. With directions V of the input, U of the
    weight and c of the bias, and E = <V, dL/dX> + <U, dL/dF> + <c, dL/db>:

    JVP is the forward-mode derivative of the output, V * F + X * U + c;
    DOUBLE_BACKWARD_OUTPUT_GRADIENT is dE/d(dL/dO), the same sum by the other way;
    DOUBLE_BACKWARD_INPUT is dE/dX, the input gradient with U for the weight;
    DOUBLE_BACKWARD_WEIGHT is dE/dF, the weight gradient with V for the input.
    """

    FORWARD = "forward"
    INPUT_GRADIENT = "input_gradient"
    WEIGHT_GRADIENT = "weight_gradient"
    BIAS_GRADIENT = "bias_gradient"
    UPDATE = "update"
    JVP = "jvp"
    DOUBLE_BACKWARD_OUTPUT_GRADIENT = "double_backward_output_gradient"
    DOUBLE_BACKWARD_INPUT = "double_backward_input"
    DOUBLE_BACKWARD_WEIGHT = "double_backward_weight"

    def __str__(self) -> str:
        return self.value

    @property
    def is_second_order(self) -> bool:
        """Whether it takes the directions among the operands."""
        return self in SECOND_ORDER

    @property
    def is_over_images(self) -> bool:
        """Whether its result is a sum over the images, so that that of some of them is no part of it."""
        return self.result_like not in ("input", "output")

    @property
    def result_like(self) -> str:
        """Which of ``input``, ``weight``, ``bias`` and ``output`` its result is like."""
        match self:
            case Pass.FORWARD | Pass.JVP | Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT:
                return "output"
            case Pass.INPUT_GRADIENT | Pass.DOUBLE_BACKWARD_INPUT:
                return "input"
            case Pass.BIAS_GRADIENT:
                return "bias"
            case Pass.WEIGHT_GRADIENT | Pass.UPDATE | Pass.DOUBLE_BACKWARD_WEIGHT:
                return "weight"

    def result_shape(self, geometry: ConvGeometry) -> tuple[int, ...]:
        """Shape of what this pass returns for `geometry`."""
        return _shape(self.result_like, geometry)


FORWARDS = tuple(pass_ for pass_ in Pass if pass_.result_like == "output")
INPUT_GRADIENTS = tuple(pass_ for pass_ in Pass if pass_.result_like == "input")
WEIGHT_GRADIENTS = tuple(pass_ for pass_ in Pass if pass_.result_like == "weight")
LINKED = (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT, Pass.BIAS_GRADIENT)
"""The output and its three gradients: what the adjoint identity links."""
CONJUGATING = frozenset((Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT, Pass.UPDATE))
"""Passes that conjugate the local gradient of complex numbers, dL/dX = sum dL/dO conj(F).

It is the direction in which L, a real number, grows fastest.
"""


def is_defined(pass_: Pass, dtype: str) -> bool:
    """Whether a pass is asked of operands of this dtype.

    An integer weight cannot take a step; of complex numbers, the double backward
    passes depend on conventions that frameworks do not share.
    """
    if dtype.startswith("int"):
        return pass_ in LINKED
    return not dtype.startswith("complex") or pass_ in (*LINKED, Pass.UPDATE, Pass.JVP)


SECOND_ORDER = frozenset(
    (Pass.JVP, Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT, Pass.DOUBLE_BACKWARD_INPUT, Pass.DOUBLE_BACKWARD_WEIGHT)
)


@dataclass(frozen=True, slots=True)
class Product:
    """One of the bilinear maps that a pass is the sum of.

    Parameters
    ----------
    kind : Pass
        FORWARD, INPUT_GRADIENT or WEIGHT_GRADIENT, of a convolution that is not transposed.
    left, right : str
        Names of the operands: of input and weight, of output gradient and weight,
        or of output gradient and input.
    """

    kind: Pass
    left: str
    right: str


_PRODUCTS = {
    Pass.FORWARD: (Product(Pass.FORWARD, "input", "weight"),),
    Pass.INPUT_GRADIENT: (Product(Pass.INPUT_GRADIENT, "output_gradient", "weight"),),
    Pass.WEIGHT_GRADIENT: (Product(Pass.WEIGHT_GRADIENT, "output_gradient", "input"),),
    Pass.BIAS_GRADIENT: (),
    Pass.UPDATE: (Product(Pass.WEIGHT_GRADIENT, "output_gradient", "input"),),
    Pass.JVP: (
        Product(Pass.FORWARD, "input_direction", "weight"),
        Product(Pass.FORWARD, "input", "weight_direction"),
    ),
    Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT: (
        Product(Pass.FORWARD, "input_direction", "weight"),
        Product(Pass.FORWARD, "input", "weight_direction"),
    ),
    Pass.DOUBLE_BACKWARD_INPUT: (Product(Pass.INPUT_GRADIENT, "output_gradient", "weight_direction"),),
    Pass.DOUBLE_BACKWARD_WEIGHT: (Product(Pass.WEIGHT_GRADIENT, "output_gradient", "input_direction"),),
}


def products(pass_: Pass, geometry: ConvGeometry) -> tuple[Product, ...]:
    """The bilinear maps of :attr:`ConvGeometry.direct` that a pass sums; of the update, its gradient's.

    A transposed convolution is the adjoint of its direct one: its input takes
    the place of the output gradient there, and its output gradient that of the input.
    """
    return tuple(map(_adjoint, _PRODUCTS[pass_])) if geometry.transposed else _PRODUCTS[pass_]


def factors_of(pass_: Pass, geometry: ConvGeometry) -> frozenset[str]:
    """Names of the operands that a pass multiplies with each other; of the update, those of its gradient."""
    return frozenset(name for part in products(pass_, geometry) for name in (part.left, part.right))


def present_products(pass_: Pass, geometry: ConvGeometry, names: Collection[str]) -> tuple[Product, ...]:
    """The products of a pass without those of a direction that is not among the operands given, which is zero.

    Raises
    ------
    InvalidArgument
        If a pass of second order is given no direction that it takes.
    """
    parts = products(pass_, geometry)
    if not pass_.is_second_order:
        return parts
    present = tuple(part for part in parts if not {part.left, part.right} & _DIRECTIONS - set(names))
    if not present:
        wanted = " or ".join(sorted({part.left, part.right} & _DIRECTIONS)[0] for part in parts)
        raise InvalidArgument(wanted, None, f"should be an array for the pass {pass_}", where="present_products")
    return present


def _adjoint(product: Product) -> Product:
    match product.kind:
        case Pass.FORWARD:
            return Product(Pass.INPUT_GRADIENT, product.left, product.right)
        case Pass.INPUT_GRADIENT:
            return Product(Pass.FORWARD, product.left, product.right)
        case _:
            return Product(Pass.WEIGHT_GRADIENT, product.right, product.left)


def offset(pass_: Pass) -> str | None:
    """The operand of shape (K,), if there is one in a case, that a pass adds to each channel of its result."""
    return _OFFSETS.get(pass_)


_OFFSETS = {
    Pass.FORWARD: "bias",
    Pass.JVP: "bias_direction",
    Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT: "bias_direction",
}


@dataclass(frozen=True, slots=True, eq=False)
class Operands:
    """The arrays of one case, in canonical shapes and of one dtype.

    Parameters
    ----------
    input : (N, C, *I) ndarray
    weight : (K, C // groups, *R) ndarray; of a transposed convolution (C, K // groups, *R)
    bias : (K,) ndarray, or None for a convolution without bias
    output_gradient : (N, K, *O) ndarray
        Cotangent of the output, dL/dO.
    learning_rate : float
        Alpha of the update F - alpha dL/dF: a number of the arrays' dtype, of either sign.
    input_direction, weight_direction, bias_direction : ndarray or None
        V, U and c of the passes of second order, of the shapes of input, weight and bias. One of V and U that
        is left out of a pass that sums over both counts as zero.
    """

    input: Array
    weight: Array
    bias: Array | None
    output_gradient: Array
    learning_rate: float = 0.5
    input_direction: Array | None = None
    weight_direction: Array | None = None
    bias_direction: Array | None = None

    def arrays(self) -> dict[str, Array]:
        """The arrays by name, without those that are absent."""
        return {name: array for name in ARRAYS if (array := getattr(self, name)) is not None}

    def map(self, change: Callable[[Array], Array]) -> Operands:
        """The operands with each array changed."""
        changed: dict[str, Any] = {name: change(array) for name, array in self.arrays().items()}
        return replace(self, **changed)

    def of(self, pass_: Pass) -> Operands:
        """The operands without the directions, for a pass that takes none."""
        if pass_.is_second_order or self.input_direction is None:
            return self
        return Operands(self.input, self.weight, self.bias, self.output_gradient, self.learning_rate)


_DIRECTIONS = frozenset(("input_direction", "weight_direction"))
OF_IMAGES = ("input", "output_gradient", "input_direction")
"""Names of the operands whose first axis is the batch."""
ARRAYS = tuple(field.name for field in fields(Operands) if field.name != "learning_rate")
"""Names of the operands that are arrays."""


def shape_of(name: str, geometry: ConvGeometry) -> tuple[int, ...]:
    """Shape of the operand called `name`."""
    return _shapes(geometry)[name]


@lru_cache(maxsize=256)
def _shapes(geometry: ConvGeometry) -> dict[str, tuple[int, ...]]:
    return {name: _shape(tensor_of(name), geometry) for name in ARRAYS}


def tensor_of(name: str) -> str:
    """Which of ``input``, ``weight``, ``bias`` and ``output`` the operand called `name` is shaped as."""
    return "output" if name == "output_gradient" else name.removesuffix("_direction")


def _shape(tensor: str, geometry: ConvGeometry) -> tuple[int, ...]:
    shape: tuple[int, ...] = getattr(geometry, f"{tensor}_shape")
    return shape


def most_elements(geometry: ConvGeometry) -> int:
    """Elements of the largest array that takes part: the input, the weight or the output."""
    return max(math.prod(_shape(tensor, geometry)) for tensor in ("input", "weight", "output"))


def real_parts(array: Array) -> NDArray[np.float64]:
    """The numbers of an array as float64; of complex ones with one more axis, the real and the imaginary part."""
    if array.dtype.kind == "c":
        return np.stack((array.real, array.imag), axis=-1).astype(np.float64)
    return array.astype(np.float64)


def check_operands(operands: Operands, geometry: ConvGeometry, *, where: str) -> None:
    """Refuse operands whose shapes or dtypes do not fit `geometry`.

    Raises
    ------
    InvalidArgument
        Naming the first array that is not a numeric ndarray of the shape that
        `geometry` gives, or whose dtype differs from the input's.
    """
    shapes = _shapes(geometry)
    check_array("input", operands.input, shapes["input"], geometry, where=where)
    dtype = operands.input.dtype
    for name, array in operands.arrays().items():
        if type(array) is np.ndarray and array.dtype == dtype and array.shape == shapes[name]:
            continue
        check_array(name, array, shapes[name], geometry, where=where)
        if array.dtype != dtype:
            raise InvalidArgument(f"{name}.dtype", str(array.dtype), f"should be that of input, {dtype}", where=where)


def check_array(name: str, array: object, shape: tuple[int, ...], geometry: ConvGeometry, *, where: str) -> None:
    """Refuse an array that is not of numbers, or of Python's own, or that does not have the shape of `geometry`.

    Raises
    ------
    InvalidArgument
        With the shape received, the shape required and the geometry it follows from.
    """
    if not isinstance(array, np.ndarray):
        raise InvalidArgument(name, type(array).__name__, "should be a numpy.ndarray", where=where)
    if not (is_numeric(array.dtype) or array.dtype.kind == "O"):
        raise InvalidArgument(f"{name}.dtype", str(array.dtype), "should be a number type", where=where)
    if array.shape != shape:
        raise InvalidArgument(f"{name}.shape", array.shape, f"should be {shape} for {geometry}", where=where)


def is_numeric(dtype: np.dtype[Any]) -> bool:
    """Whether its elements are numbers; those of ml_dtypes are of kind V, as structures and raw bytes are."""
    return dtype.kind in "iufc" or (dtype.kind == "V" and dtype.names is None and dtype.isbuiltin == 2)
