"""Relations between different computations: transposed convolution and gradient, 1x1 kernel and matrix product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ....oracle.numbers.arrays import widened
from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Array, Operands, Pass
from .relation import BothSides, Derivation, RelatedCall, Relation, Wide

_FIRST_ORDER = frozenset((Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT))
_ADJOINT = {
    Pass.FORWARD: Pass.INPUT_GRADIENT,
    Pass.INPUT_GRADIENT: Pass.FORWARD,
    Pass.WEIGHT_GRADIENT: Pass.WEIGHT_GRADIENT,
}


def transposed_of(geometry: ConvGeometry) -> ConvGeometry:
    """The transposed convolution whose `ConvGeometry.direct` is this one, which is not transposed."""
    return replace(
        geometry,
        in_channels=geometry.out_channels,
        out_channels=geometry.in_channels,
        size=geometry.output_size,
        transposed=True,
        output_padding=geometry.remainders,
    )


def _derive_adjoint(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Derivation:
    """Input and output gradient exchanged; the conjugations that complex gradients have and forward passes have not."""
    other = geometry.direct if geometry.transposed else transposed_of(geometry)
    weight = operands.weight if pass_ is Pass.WEIGHT_GRADIENT else _conjugate(operands.weight)
    exchanged = Operands(operands.output_gradient, weight, None, operands.input, operands.learning_rate)
    calls = (RelatedCall(pass_, operands, geometry), RelatedCall(_ADJOINT[pass_], exchanged, other))

    def sides(values: Sequence[Wide]) -> BothSides:
        own, adjoint = values
        if pass_ is Pass.WEIGHT_GRADIENT:
            return own, _conjugate(adjoint)
        if pass_ is Pass.FORWARD and operands.bias is not None:
            return own, adjoint + widened(operands.bias).reshape(-1, *(1,) * geometry.rank)
        return own, adjoint

    return Derivation(calls, sides)


def _conjugate(array: Array) -> Array:
    return array.conj() if array.dtype.kind == "c" else array


def _is_pointwise(geometry: ConvGeometry) -> bool:
    unpadded = not any(map(any, geometry.padding))
    return set(geometry.kernel) == {1} and unpadded and not geometry.transposed


def _derive_matrix_product(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Derivation:
    return Derivation(
        (RelatedCall(pass_, operands, geometry),),
        lambda values: (values[0], _matrix_product(pass_, operands, geometry)),
    )


def _matrix_product(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Wide:
    """The pass of a 1x1 kernel as one product of matrices for each group; n image, g group, p position."""
    read: Any = (
        ...,
        *(slice(0, (o - 1) * s + 1, s) for o, s in zip(geometry.output_size, geometry.stride, strict=True)),
    )
    groups = geometry.groups
    weight = widened(operands.weight).reshape(groups, geometry.out_channels // groups, geometry.in_channels // groups)
    gradient = _in_groups(widened(operands.output_gradient), groups)
    source = _in_groups(widened(operands.input)[read], groups)
    match pass_:
        case Pass.FORWARD:
            result: Wide = np.einsum("ngcp,gkc->ngkp", source, weight, optimize=True).reshape(geometry.output_shape)
            bias = 0.0 if operands.bias is None else widened(operands.bias).reshape(-1, *(1,) * geometry.rank)
            return result + bias
        case Pass.INPUT_GRADIENT:
            result = np.zeros(geometry.input_shape, weight.dtype)
            product = np.einsum("ngkp,gkc->ngcp", gradient, weight.conj(), optimize=True)
            result[read] = product.reshape(result[read].shape)
            return result
        case _:
            sums: Wide = np.einsum("ngkp,ngcp->gkc", gradient, source.conj(), optimize=True)
            return sums.reshape(geometry.weight_shape)


def _in_groups(array: Wide, groups: int) -> Wide:
    batch, channels = array.shape[:2]
    positions = int(np.prod(array.shape[2:]))
    return array.reshape(batch, groups, channels // groups, positions)


IDENTITIES = (
    Relation(
        "transposition",
        "a transposed convolution is the input gradient of a convolution, and the other way round",
        _FIRST_ORDER,
        lambda geometry: geometry.padding_mode == "zeros" and not geometry.is_padded_by_strides,
        _derive_adjoint,
        between=frozenset((Pass.FORWARD, Pass.INPUT_GRADIENT)),
    ),
    Relation(
        "matrix-product",
        "a convolution with a 1x1 kernel is a matrix product at each position",
        _FIRST_ORDER,
        _is_pointwise,
        _derive_matrix_product,
    ),
)
"""Every relation of this kind."""
